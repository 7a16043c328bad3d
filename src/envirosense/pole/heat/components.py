"""The pole's components as a heat network, by name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from envirosense.core.errors import UnknownNameError
from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.physics.thermal.conductor import LINNET, resistance_ohm_m
from envirosense.physics.thermal.heat import HeatNetwork
from envirosense.physics.thermal.joint import RESISTANCE_REFERENCE_K
from envirosense.pole.heat.component_nodes import (
    ALUMINIUM_W_M_K,
    CONDUCTOR_AREA_M2,
    CONDUCTOR_SPAN_M,
    COPPER_W_M_K,
    FITTINGS,
    JUMPER_AREA_M2,
    JUMPER_DIAMETER_M,
    Node,
    links,
    nodes,
)
from envirosense.pole.site import PHASES, Site
from envirosense.scenarios.forcing import Surface

WIRE_20_OHM_M = float(resistance_ohm_m(LINNET, RESISTANCE_REFERENCE_K - ZERO_CELSIUS_K))
WIRE_SLOPE_PER_K = float(resistance_ohm_m(LINNET, 21.0) - resistance_ohm_m(LINNET, 20.0)) / WIRE_20_OHM_M


@dataclass(frozen=True, slots=True)
class Components:
    """Heat network of one pole with the order of its nodes."""

    nodes: tuple[Node, ...]
    network: HeatNetwork

    @property
    def names(self) -> tuple[str, ...]:
        """Names in the order of the network."""
        return self.network.names

    def index(self, name: str) -> int:
        """Place of a component in the network.

        Raises:
            UnknownNameError: if the pole has no such component.
        """
        if name not in self.network.names:
            raise UnknownNameError("component", name, self.network.names)
        return self.network.names.index(name)

    def link(self, a: str, b: str) -> int:
        """Place of the link between two components."""
        n = self.network
        return int(np.flatnonzero((n.link_a == self.index(a)) & (n.link_b == self.index(b)))[0])

    @property
    def wires(self) -> tuple[str, ...]:
        """Names of the conductors that currents heat, in the order of the network."""
        return tuple(self.network.names[i] for i in self.network.wire_node)

    @property
    def joints(self) -> tuple[str, ...]:
        """Names of the current-carrying joints, in the order of the network."""
        return tuple(self.network.names[i] for i in self.network.joint_node)


@dataclass(frozen=True, slots=True)
class _Joint:
    component: str
    fin: str  # component that stands for the far end of its conductors
    diameter_m: float
    area_m2: float
    conductivity_w_m_k: float


def _joints(site: Site) -> tuple[_Joint, ...]:
    aluminium = (site.conductor_diameter_m, CONDUCTOR_AREA_M2, ALUMINIUM_W_M_K)
    copper = (JUMPER_DIAMETER_M, JUMPER_AREA_M2, COPPER_W_M_K)
    clamps = (_Joint(f"clamp_{p}", f"conductor_{p}", *aluminium) for p in PHASES)
    return (*clamps, _Joint("cutout", "neutral", *copper), _Joint("bushing_secondary", "neutral", *copper))


def _wires() -> tuple[str, ...]:
    return (*(f"conductor_{p}" for p in PHASES), "neutral")


def build_components(
    site: Site, fuel_g: Mapping[str, float] | None = None, surfaces: Iterable[Surface] = ()
) -> Components:
    """Components of a site's pole; `fuel_g` sets the wood that takes part at a fitting [g].

    `surfaces` replace those that components have by themselves.

    Raises:
        UnknownNameError: if `fuel_g` names anything but the wood of a fitting.
    """
    woods = [f"{name}_wood" for name in FITTINGS]
    for name in fuel_g or {}:
        if name not in woods:
            raise UnknownNameError("fuel", name, woods)
    parts = _resurfaced(nodes(site, fuel_g or {}), surfaces)
    place = {node.name: i for i, node in enumerate(parts)}
    linked = links(site)

    def column(field: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.array([float(getattr(node, field)) for node in parts])

    joint, wire = _joints(site), _wires()
    network = HeatNetwork(
        names=tuple(place),
        capacity_j_k=column("capacity_j_k"),
        area_m2=column("area_m2"),
        emissivity=column("emissivity"),
        absorptivity=column("absorptivity"),
        sun_area_m2=column("sun_area_m2"),
        sky_view=column("sky_view"),
        diameter_m=column("diameter_m"),
        fixed=np.array([node.fixed for node in parts]),
        link_a=np.array([place[a] for a, _, _ in linked], dtype=np.int64),
        link_b=np.array([place[b] for _, b, _ in linked], dtype=np.int64),
        link_w_k=np.array([w for _, _, w in linked]),
        joint_node=np.array([place[j.component] for j in joint], dtype=np.int64),
        fin_node=np.array([place[j.fin] for j in joint], dtype=np.int64),
        fin_diameter_m=np.array([j.diameter_m for j in joint]),
        fin_area_m2=np.array([j.area_m2 for j in joint]),
        fin_conductivity=np.array([j.conductivity_w_m_k for j in joint]),
        wire_node=np.array([place[name] for name in wire], dtype=np.int64),
        wire_ohm=np.full(len(wire), WIRE_20_OHM_M * CONDUCTOR_SPAN_M),
        wire_slope_per_k=np.full(len(wire), WIRE_SLOPE_PER_K),
    )
    return Components(parts, network)


def _resurfaced(parts: tuple[Node, ...], surfaces: Iterable[Surface]) -> tuple[Node, ...]:
    """The same nodes with the surfaces that causes give them."""
    place = {node.name: i for i, node in enumerate(parts)}
    changed = list(parts)
    for surface in surfaces:
        at = place[surface.component]
        old = changed[at]
        changed[at] = replace(
            old,
            emissivity=old.emissivity if surface.emissivity is None else surface.emissivity,
            absorptivity=old.absorptivity if surface.absorptivity is None else surface.absorptivity,
        )
    return tuple(changed)
