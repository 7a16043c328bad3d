"""Component heat network: metal, wood and ground nodes under wind, sun, sky, current and heat links.

Each node stores heat and may exchange it with air (a cylinder or a flat face), with sky and ground by
radiation, with sun, and with other nodes through links:

    C dT/dt = P + a S E + e A (f L_sky + (1 - f) sigma T_ground^4 - sigma T^4) - h A (T - T_air) + links

A joint adds I^2 R (1 + 0.0039 (T - 293.15)) to its node and two conductor fins from there to the fin node;
a wire heats its node by the same law with its own slope, and wind along it cools it less [IEEE738].
"""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from envirosense.core.units import STEFAN_BOLTZMANN_W_M2_K4
from envirosense.physics.thermal.convection import (
    NATURAL_W_M2_K,
    cylinder_film_w_m2_k,
    flat_film_w_m2_k,
    natural_film_w_m2_k,
)
from envirosense.physics.thermal.heat_kernels import step_network
from envirosense.physics.thermal.joint import RESISTANCE_SLOPE_PER_K, fin_conductance_w_k

type Floats = npt.NDArray[np.float64]
type Ints = npt.NDArray[np.int64]

FIN_EXCESS_K = 20.0  # rise at which the fins' free convection is taken # assumed
_SETTLE_STEP_S = 1e7  # longer than any time constant of a pole: each step is one Newton iteration
_SETTLE_STEPS = 64


@dataclass(frozen=True, slots=True)
class HeatNetwork:
    """Nodes, links and joints; every array is as long as its kind in brackets.

    A node without contact to air has area 0; a fixed node keeps its start temperature.
    """

    names: tuple[str, ...]
    capacity_j_k: Floats  # (node,)
    area_m2: Floats  # (node,) surface that meets air and sky
    emissivity: Floats  # (node,) long-wave
    absorptivity: Floats  # (node,) of sunlight
    sun_area_m2: Floats  # (node,) that the node's irradiance falls on
    sky_view: Floats  # (node,) share of the hemisphere that is sky, 0..1; the rest is ground
    diameter_m: Floats  # (node,) of a cylinder in cross flow; 0 is a flat face
    fixed: npt.NDArray[np.bool_]  # (node,)
    link_a: Ints  # (link,)
    link_b: Ints  # (link,)
    link_w_k: Floats  # (link,)
    joint_node: Ints  # (joint,) where the contact heat arises
    fin_node: Ints  # (joint,) conductor that the fins lead to
    fin_diameter_m: Floats  # (joint,)
    fin_area_m2: Floats  # (joint,) conducting cross-section
    fin_conductivity: Floats  # (joint,) [W/m/K]
    wire_node: Ints  # (wire,) conductors in the direction of the line
    wire_ohm: Floats  # (wire,) resistance of the node at 20 degC
    wire_slope_per_k: Floats  # (wire,) growth of the resistance over that at 20 degC

    def __post_init__(self) -> None:
        sizes = {"link": self.link_a.size, "joint": self.joint_node.size, "fin": self.joint_node.size}
        sizes["wire"] = self.wire_node.size
        for field in fields(self)[1:]:
            expected = sizes.get(field.name.split("_")[0], len(self.names))
            if getattr(self, field.name).shape != (expected,):
                raise ValueError(f"{field.name}: shape must be ({expected},)")
        if np.any((self.capacity_j_k <= 0.0) & ~self.fixed):
            raise ValueError("capacity_j_k: must be positive; mark a boundary node as fixed")


@dataclass(frozen=True, slots=True)
class HeatDrive:
    """What acts on a network; row i is the mean over the step that ends at row i."""

    air_k: Floats  # (time,)
    wind_m_s: Floats  # (time,)
    sky_w_m2: Floats  # (time,) downwelling long-wave
    ground_k: Floats  # (time,) radiating temperature of the ground
    irradiance_w_m2: Floats  # (time, node) in the node's own plane
    power_w: Floats  # (time, node) any other heating
    current_a: Floats  # (time, joint)
    resistance_ohm: Floats  # (time, joint) at 20 degC
    wire_a: Floats  # (time, wire)
    wind_angle_factor: Floats  # (time,) film of wires over that in wind across them, 0.388..1
    link_share: Floats  # (time, link) of each link's conductance that is in effect

    def rows(self, start: int, stop: int) -> "HeatDrive":
        """The rows from start to before stop."""
        return HeatDrive(*(getattr(self, field.name)[start:stop] for field in fields(self)))


def solve_network(network: HeatNetwork, drive: HeatDrive, step_s: float, start_k: Floats) -> Floats:
    """Node temperatures at the drive's times, (time, node) [K].

    `start_k` (node,) holds one step before row 0, so the last row of a block is the carry of the next and
    blocks give the bits of one call. Stable for any step and capacity; second order in the step where the
    drive is constant or made of step means.
    """
    n = network
    temperature_k = np.empty((drive.air_k.size, len(n.names)))
    step_network(
        np.array(start_k, dtype=np.float64),
        float(step_s),
        _packed(n.capacity_j_k),
        np.ascontiguousarray(n.fixed, dtype=np.bool_),
        _packed(STEFAN_BOLTZMANN_W_M2_K4 * n.emissivity * n.area_m2),
        _packed(natural_w_k125(n)),
        _packed(drive.air_k),
        _packed(absorbed_w(n, drive)),
        _packed(film_w_k(n, drive)),
        _joined(n.link_a, n.joint_node),
        _joined(n.link_b, n.fin_node),
        _packed(_links_w_k(n, drive)),
        _joined(n.joint_node, n.wire_node),
        current_heat_w(n, drive),
        np.concatenate([np.full(n.joint_node.size, RESISTANCE_SLOPE_PER_K), n.wire_slope_per_k]),
        temperature_k,
    )
    return temperature_k


def equilibrium_k(network: HeatNetwork, drive: HeatDrive, start_k: Floats) -> Floats:
    """Steady temperatures under the drive's first row, (node,) [K]; fixed nodes keep their `start_k`."""
    held = HeatDrive(*(np.repeat(getattr(drive, f.name)[:1], _SETTLE_STEPS, axis=0) for f in fields(drive)))
    return np.array(solve_network(network, held, _SETTLE_STEP_S, start_k)[-1])


def part_of(network: HeatNetwork, drive: HeatDrive, nodes: Ints) -> tuple[HeatNetwork, HeatDrive]:
    """Some nodes with the links between them, without currents, and what acts on them.

    It gives the nodes' own temperatures where nothing flows in from the others.
    """
    place = np.full(len(network.names), -1)
    place[nodes] = np.arange(nodes.size)
    kept = np.flatnonzero((place[network.link_a] >= 0) & (place[network.link_b] >= 0))
    none = np.empty(0, dtype=np.int64)
    values: dict[str, Any] = {}
    for field in fields(network)[1:]:
        kind = field.name.split("_")[0]
        chosen = kept if kind == "link" else none if kind in ("joint", "fin", "wire") else nodes
        values[field.name] = getattr(network, field.name)[chosen]
    values["link_a"], values["link_b"] = place[values["link_a"]], place[values["link_b"]]
    part = HeatNetwork(names=tuple(network.names[i] for i in nodes), **values)
    columns = {"irradiance_w_m2": nodes, "power_w": nodes, "link_share": kept}
    columns |= dict.fromkeys(("current_a", "resistance_ohm", "wire_a"), none)
    return part, replace(drive, **{name: getattr(drive, name)[:, i] for name, i in columns.items()})


def slab(
    spacing_m: Floats, conductivity_w_m_k: float, capacity_j_m3_k: float, area_m2: float
) -> tuple[Floats, Floats]:
    """Capacities (node,) [J/K] and links (node - 1,) [W/K] of a slab cut at right angles to the heat flow.

    Nodes lie `spacing_m` (node - 1,) apart, the first and the last on the slab's faces.
    """
    depth_m = np.zeros(spacing_m.size + 1)
    depth_m[:-1] += 0.5 * spacing_m
    depth_m[1:] += 0.5 * spacing_m
    return capacity_j_m3_k * area_m2 * depth_m, conductivity_w_m_k * area_m2 / spacing_m


def current_heat_w(network: HeatNetwork, drive: HeatDrive) -> Floats:
    """Heat of currents at 20 degC, joints then wires, (time, joint + wire) [W]."""
    joints_w = np.square(drive.current_a) * drive.resistance_ohm
    return np.concatenate([joints_w, np.square(drive.wire_a) * network.wire_ohm], axis=1)


def absorbed_w(network: HeatNetwork, drive: HeatDrive) -> Floats:
    """Heat that does not depend on a node's temperature, (time, node) [W]: power, sun, sky and ground."""
    ground_w_m2 = STEFAN_BOLTZMANN_W_M2_K4 * drive.ground_k**4
    longwave_w_m2 = np.multiply.outer(drive.sky_w_m2, network.sky_view)
    longwave_w_m2 += np.multiply.outer(ground_w_m2, 1.0 - network.sky_view)
    sun_m2 = network.absorptivity * network.sun_area_m2
    absorbed = drive.power_w + sun_m2 * drive.irradiance_w_m2
    return np.asarray(absorbed + network.emissivity * network.area_m2 * longwave_w_m2)


def film_w_k(network: HeatNetwork, drive: HeatDrive) -> Floats:
    """Conductance to air by wind alone, (time, node) [W/K]."""
    diameters_m, kind = np.unique(network.diameter_m, return_inverse=True)
    film = np.empty((drive.air_k.size, diameters_m.size))
    for column, diameter_m in enumerate(diameters_m):
        if diameter_m > 0.0:
            film[:, column] = cylinder_film_w_m2_k(float(diameter_m), drive.wind_m_s, drive.air_k)
        else:
            film[:, column] = flat_film_w_m2_k(drive.wind_m_s)
    out = film[:, kind] * network.area_m2
    out[:, network.wire_node] *= drive.wind_angle_factor[:, None]
    return np.asarray(out)


def natural_w_k125(network: HeatNetwork) -> Floats:
    """Free-convection conductance at 1 K excess, (node,) [W/K]; grows with its fourth root; flat faces 0."""
    cylinder = network.diameter_m > 0.0
    safe_m = np.where(cylinder, network.diameter_m, 1.0)
    return np.where(cylinder, NATURAL_W_M2_K * network.area_m2 / safe_m**0.25, 0.0)


def fin_film_w_m2_k(network: HeatNetwork, drive: HeatDrive) -> Floats:
    """Film of the fins by wind, free convection and linearised radiation, (time, joint) [W/m2/K]."""
    emissivity = network.emissivity[network.fin_node]
    film = np.empty(drive.current_a.shape)
    for diameter_m in np.unique(network.fin_diameter_m):
        forced = cylinder_film_w_m2_k(float(diameter_m), drive.wind_m_s, drive.air_k)
        free = natural_film_w_m2_k(float(diameter_m), FIN_EXCESS_K)
        both = np.maximum(forced * drive.wind_angle_factor, free)
        film[:, network.fin_diameter_m == diameter_m] = both[:, None]
    radiation = 4.0 * STEFAN_BOLTZMANN_W_M2_K4 * np.multiply.outer(drive.air_k**3, emissivity)
    return np.asarray(film + radiation)


def _links_w_k(network: HeatNetwork, drive: HeatDrive) -> Floats:
    fins = fin_conductance_w_k(
        fin_film_w_m2_k(network, drive), network.fin_diameter_m, network.fin_conductivity, network.fin_area_m2
    )
    return np.concatenate([network.link_w_k * drive.link_share, fins], axis=1)


def _packed(values: Floats) -> Floats:
    return np.ascontiguousarray(values, dtype=np.float64)


def _joined(*indices: Ints) -> Ints:
    return np.concatenate(indices).astype(np.int64)
