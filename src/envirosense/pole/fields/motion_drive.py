"""What shakes a pole all the time: gusts on the pole, and the vibration of the wires it holds.

Means are taken on knots two minutes apart, since the mean wind changes slowly; a tick's own gust scales them.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array
from envirosense.core.units import DRY_AIR_GAS_CONSTANT_J_KG_K
from envirosense.physics.air.airflow import WIND_FLOOR_M_S, turbulence_sigmas_m_s, wind_speed_m_s
from envirosense.physics.motion.vibration import (
    VIBRATION_BANDS_HZ,
    Gusts,
    aerodynamic_damping,
    band_share,
    gust_acceleration_ms,
    gust_psd,
    line_psd,
    response_squared,
)
from envirosense.physics.motion.wires import (
    aeolian_amplitude_m,
    gallop_force_n,
    galloping_amplitude_m,
    loop_force_n,
    sag_m,
    span_hz,
    strouhal_hz,
)
from envirosense.pole.fields.inputs import WorldInputs
from envirosense.pole.fields.structure import ARM_DROP_SHARE, WIRE_KG_M, WIRES, Plane, PoleStructure

KNOT_S = 120.0  # short against the 20 min over which the mean wind changes
UP_SHARE = 0.1  # of the sideways rms that the bracket turns upward, assumed
LINE_WIDTH = 0.05  # relative width of an aeolian or galloping line, assumed
MOST_DAMPING = 0.9  # of critical: laws of a swing end at one, which only winds over 100 m/s reach
AXIAL_DAMPING = 0.05  # of the pole as a standing bar, assumed

type Ticks = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class WireLine:
    """One kind of vibration of the wires; arrays (knot,)."""

    hz: Array
    force_n2: Array  # mean square of the vertical force that all wires put on the arm


@dataclass(frozen=True, slots=True)
class PlaneDrive:
    """Gusts on one plane at the knots; arrays (knot, mode)."""

    plane: Plane
    natural_hz: Array
    damping: Array
    push_n_s_m: Array
    gusts: Gusts
    modal_ms: Array  # (knot, mode, band)

    def gust_ms(self, height_m: float) -> Array:
        """Mean square acceleration that gusts give, (knot, band) [m2/s4]."""
        return np.asarray(np.einsum("kmb,m->kb", self.modal_ms, self.plane.modes.at(height_m) ** 2))

    def gust_density(self, knot: int, frequency_hz: Array, height_m: float) -> Array:
        """Density of the acceleration that gusts give at one knot, (n,) [m2/s4/Hz]."""
        one = slice(knot, knot + 1)
        g = self.gusts
        here = Gusts(
            g.wind_m_s[one], g.sigma_u_m_s[one], g.sigma_v_m_s[one], g.u_share[one], g.v_share[one],
            g.height_m, g.length_m,
        )  # fmt: skip
        weight = (self.plane.modes.at(height_m) * self.push_n_s_m[knot]) ** 2
        response = np.zeros(frequency_hz.size)
        for w, hz, zeta in zip(weight, self.natural_hz[knot], self.damping[knot], strict=True):
            response += w * response_squared(frequency_hz / hz, zeta)
        return np.asarray(response * gust_psd(frequency_hz, here)[0])

    def answer(self, hz: Array, arm_m: float, height_m: float) -> Array:
        """Mean square acceleration per mean square force on the arm at a frequency, (knot,) [1/kg2]."""
        modes = self.plane.modes
        weight = (modes.at(height_m) * modes.at(arm_m)) ** 2
        return np.asarray(response_squared(hz[:, None] / self.natural_hz, self.damping) @ weight)


@dataclass(frozen=True, slots=True)
class Drive:
    """Everything that shakes the pole all the time, at the knots."""

    ticks: Ticks  # of the knots
    wind_m_s: Array  # mean at the pole's top
    planes: tuple[PlaneDrive, PlaneDrive]  # along, across
    lines: tuple[WireLine, ...]
    arm_m: float
    top_m: float
    axial_hz: float
    total_kg: float

    def gust_ms(self, height_m: float) -> Array:
        """Mean square acceleration from gusts, (knot, band, axis) [m2/s4]."""
        along, across = (plane.gust_ms(height_m) for plane in self.planes)
        return np.stack([along, across, UP_SHARE**2 * (along + across)], axis=2)

    def wire_ms(self, height_m: float) -> Array:
        """Mean square acceleration from the wires, (knot, band, axis) [m2/s4]."""
        total = np.zeros((self.ticks.size, len(VIBRATION_BANDS_HZ), 3))
        for line in self.lines:
            shares = band_share(line.hz, LINE_WIDTH)
            total += shares[:, :, None] * self._line_ms(line, height_m)[:, None, :]
        return total

    def _line_ms(self, line: WireLine, height_m: float) -> Array:
        """Mean square acceleration of one line, (knot, axis)."""
        across = ARM_DROP_SHARE**2 * self.planes[1].answer(line.hz, self.arm_m, height_m)
        up = response_squared(line.hz / self.axial_hz, AXIAL_DAMPING) / self.total_kg**2
        up = up * np.sin(np.pi / 2.0 * height_m / self.top_m) ** 2  # a bar that stands on its foot
        return np.asarray(line.force_n2[:, None] * np.stack([np.zeros_like(across), across, up], axis=1))

    def densities(self, knot: int, frequency_hz: Array, height_m: float) -> tuple[Array, Array]:
        """Densities of the acceleration from gusts and from wires at one knot, (axis, n) each [m2/s4/Hz]."""
        along, across = (plane.gust_density(knot, frequency_hz, height_m) for plane in self.planes)
        gusts = np.stack([along, across, UP_SHARE**2 * (along + across)])
        wires = np.zeros_like(gusts)
        for line in self.lines:
            shape = line_psd(frequency_hz, float(line.hz[knot]), LINE_WIDTH)
            wires += self._line_ms(line, height_m)[knot][:, None] * shape
        limits = VIBRATION_BANDS_HZ[0][0], VIBRATION_BANDS_HZ[-1][1]
        inside = (frequency_hz >= limits[0]) & (frequency_hz < limits[1])
        return np.asarray(gusts * inside), np.asarray(wires * inside)


def knot_ticks(inputs: WorldInputs) -> Ticks:
    """Ticks of the knots, the last tick included, (knot,)."""
    n, stride = inputs.grid.n, max(round(KNOT_S / inputs.grid.dt_s), 1)
    return np.unique(np.append(np.arange(0, n, stride), n - 1))


def make_drive(
    inputs: WorldInputs, structure: PoleStructure, natural_hz: Array, tension_factor: Array, ice_kg_m: Array
) -> Drive:
    """Gusts and wires over an episode.

    Args:
        inputs: Place and air of the episode.
        structure: The pole.
        natural_hz: (time, mode, plane).
        tension_factor: Of the wires, (time,).
        ice_kg_m: On the wires, (time,).
    """
    ticks, air, site = knot_ticks(inputs), inputs.atmosphere, inputs.site
    top_m, calm = structure.beam.length_m, air.stability
    u_star, inv_l = calm.friction_velocity_m_s[ticks], calm.inv_obukhov_per_m[ticks]
    wind = np.maximum(wind_speed_m_s(top_m, u_star, inv_l, air.roughness_m), WIND_FLOOR_M_S)
    sigmas = turbulence_sigmas_m_s(u_star, inv_l, top_m)
    cos2 = (air.downwind[ticks] @ np.array(site.along_line)) ** 2
    sin2 = np.maximum(1.0 - cos2, 0.0)
    density = air.weather.pressure_pa[ticks] / (DRY_AIR_GAS_CONSTANT_J_KG_K * air.weather.air_k[ticks])
    planes = []
    for number, (plane, head_on, side_on) in enumerate(
        ((structure.along, cos2, sin2), (structure.across, sin2, cos2))
    ):
        gusts = Gusts(wind, sigmas.u, sigmas.v, head_on, side_on / 4.0, top_m, top_m)
        planes.append(_plane_drive(plane, natural_hz[ticks, :, number], density * wind, gusts))
    bar_m_s = np.sqrt(structure.beam.modulus_pa / structure.beam.density_kg_m3)
    return Drive(
        ticks,
        wind,
        (planes[0], planes[1]),
        _wire_lines(
            inputs, structure, wind * np.sqrt(sin2), sigmas.u / wind, tension_factor[ticks], ice_kg_m[ticks]
        ),
        site.crossarm_height_m,
        top_m,
        float(bar_m_s / (4.0 * top_m)),
        structure.total_kg,
    )


def _plane_drive(plane: Plane, natural_hz: Array, mass_flux_kg_m2_s: Array, gusts: Gusts) -> PlaneDrive:
    flux = mass_flux_kg_m2_s[:, None]
    damping = np.minimum(
        plane.damping + aerodynamic_damping(natural_hz, flux * plane.gust_damping), MOST_DAMPING
    )
    push = flux * plane.gust_push
    modal_ms = gust_acceleration_ms(natural_hz, damping, push, gusts)
    return PlaneDrive(plane, natural_hz, damping, push, gusts, modal_ms)


def _wire_lines(
    inputs: WorldInputs,
    structure: PoleStructure,
    across_m_s: Array,
    intensity: Array,
    tension_factor: Array,
    ice_kg_m: Array,
) -> tuple[WireLine, ...]:
    diameter_m = inputs.site.conductor_diameter_m
    tension_n = np.maximum(structure.tension_n * tension_factor, 1.0)
    mass = WIRE_KG_M + ice_kg_m
    shed_hz = strouhal_hz(across_m_s, diameter_m)
    # a slack or iced wire does not lock in
    loops_m = (
        aeolian_amplitude_m(across_m_s, diameter_m, intensity) * (tension_factor > 0.1) * (ice_kg_m < 0.05)
    )
    loop_n = loop_force_n(shed_hz, loops_m, tension_n, mass)
    lines = [WireLine(np.maximum(shed_hz, 1e-3), WIRES * loop_n**2)]  # two sides a wire, half of peak squared
    if np.any(ice_kg_m > 0.0):
        swing_hz = span_hz(1.0, structure.span_m, tension_n, mass)
        sag = np.minimum(sag_m(structure.span_m, tension_n, mass), structure.span_m / 10.0)
        swing_m = galloping_amplitude_m(across_m_s, ice_kg_m, sag)
        gallop_n = gallop_force_n(swing_hz, swing_m, structure.span_m, mass)
        lines.append(WireLine(swing_hz, WIRES * gallop_n**2 / 2.0))
    return tuple(lines)
