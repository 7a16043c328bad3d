"""Electric and magnetic field of the line at any point near the pole, and its radio noise.

Wires hang straight and level at the heights of their supports; the wind gives them a slope there. Answers are
rms phasors against the voltage of phase a, axes east, north, up.
"""

from functools import cached_property

import numpy as np

from envirosense.core.protocols import Array, Phasors, Position
from envirosense.physics.electric.harmonics import HARMONICS
from envirosense.physics.electric.line_fields import (
    Wires,
    electric_geometry_per_m,
    kink_directions,
    magnetic_geometry_t_a,
)
from envirosense.physics.electric.line_kernels import superposed
from envirosense.physics.electric.partial_discharge import square_charge_factor
from envirosense.physics.electric.pulse_noise import PULSE_S, band_current_a, element_field_t_a
from envirosense.physics.storms.lightning import Strikes, stroke_band_t2_s
from envirosense.pole.fields.inputs import WorldInputs
from envirosense.pole.fields.line_causes import check_discharge
from envirosense.pole.fields.line_supply import Supply, make_supply
from envirosense.pole.fields.line_sway import wire_slopes
from envirosense.pole.site import PHASES, Site
from envirosense.scenarios import Discharge

RADIO_BANDS_HZ = ((2e3, 10e3), (10e3, 40e3), (40e3, 100e3), (450e3, 550e3))
# Noise of everyone's converters on a phase over its fundamental current, by band: assumed
CONVERTER_NOISE = np.array([2e-5, 5e-6, 2e-6, 1e-7])
NEUTRAL_DIAMETER = 0.7  # of the neutral over a phase conductor: assumed, 6.4 over 9.1 mm of the worked pole


def site_wires(site: Site) -> Wires:
    """Phases a, b, c and the neutral of a site, across from the pole's axis to the right of the line."""
    top_m = site.crossarm_height_m + site.insulator_height_m
    radius_m = 0.5 * site.conductor_diameter_m
    return Wires(
        np.array([*site.phase_offsets_m, site.neutral_offset_m]),
        np.array([top_m, top_m, top_m, site.neutral_height_m]),
        radius_m * np.array([1.0, 1.0, 1.0, NEUTRAL_DIAMETER]),
    )


class LineFields:
    """Fields of the line over all ticks of an episode; harmonics in the order of `harmonics`."""

    harmonics = HARMONICS

    def __init__(
        self, inputs: WorldInputs, strikes: Strikes | None = None, supply: Supply | None = None
    ) -> None:
        """Fields of a line under its load and causes, and the radio noise of lightning.

        `supply` saves working out currents and voltages that are known.

        Raises:
            ConfigError: if a cause has a wrong shape, an unknown harmonic or an impossible value.
        """
        self._inputs = inputs
        self._lightning_t2 = _lightning_t2(inputs, strikes)
        self._wires = site_wires(inputs.site)
        self._supply = make_supply(inputs) if supply is None else supply
        self._discharges = tuple(inputs.discharges())
        for discharge in self._discharges:
            check_discharge(discharge, inputs.grid.n)
        self._steady = np.ones((inputs.grid.n, len(PHASES)))
        self._along = np.array(inputs.site.place(0.0, 1.0, 0.0))
        # rows of the frame in which fields are computed: across the line, up
        self._frame = np.array([inputs.site.place(1.0, 0.0, 0.0), (0.0, 0.0, 1.0)])

    def magnetic_t(self, at: Position) -> Phasors:
        """Magnetic flux density, (time, harmonic, 3) [T]; inside a wire that of its surface."""
        across_m, up_m = self._frame @ np.array(at)
        geometry = self._frame.T @ magnetic_geometry_t_a(self._wires, across_m, up_m)
        toward = kink_directions(self._wires, across_m, up_m)[0]
        field = superposed(self._wire_a, np.ascontiguousarray(geometry), 1.0 + toward * self._slopes)
        tap_a = self._supply.tap_a
        return np.asarray(field if tap_a is None else field + self._tap_field_t(tap_a, at, geometry))

    def electric_v_m(self, at: Position) -> Phasors:
        """Electric field strength, (time, harmonic, 3) [V/m]; below ground that of its surface."""
        across_m, up_m = self._frame @ np.array(at)
        geometry = self._frame.T @ electric_geometry_per_m(self._wires, across_m, up_m)
        phases = np.ascontiguousarray(geometry[:, : len(PHASES)])  # the neutral is grounded
        return np.asarray(superposed(self._supply.voltage_v, phases, self._steady))

    def radio_t(self, at: Position) -> Array:
        """Magnetic field of discharges, converters and lightning in RADIO_BANDS_HZ, (time, band) rms [T].

        A discharge sends half of its current each way along its phase; echoes from the line's ends keep the
        two halves from cancelling at the pole. The other part is its own upright path, as long as an
        insulator. Sources add in power.
        """
        across_m, up_m = self._frame @ np.array(at)
        per_ampere = np.linalg.norm(magnetic_geometry_t_a(self._wires, across_m, up_m), axis=0)[: len(PHASES)]
        square = (self.phase_current_a() ** 2 @ per_ampere**2)[:, None] * CONVERTER_NOISE**2
        for discharge in self._discharges:
            guided = 0.5 * per_ampere[PHASES.index(discharge.phase)]
            near = self._near_field_t_a(discharge, at)
            square += (guided**2 + near**2) * self._pulse_current_a(discharge) ** 2
        if self._lightning_t2 is not None:
            square += self._lightning_t2
        return np.asarray(np.sqrt(square))

    def mains_hz(self) -> Array:
        """Frequency of the mains, (time,) [Hz]."""
        return self._supply.mains_hz

    def phase_current_a(self) -> Array:
        """Fundamental current of each phase, (time, phase) rms [A]."""
        return np.abs(self._supply.current_a[:, 0, :])

    def neutral_current_a(self) -> Array:
        """Current in the neutral by harmonic, (time, harmonic) rms [A]."""
        return np.abs(self._supply.neutral_a)

    def line_voltage_v(self) -> Array:
        """Fundamental voltage of each phase to ground, (time, phase) rms [V]."""
        return np.abs(self._supply.voltage_v[:, 0, :])

    @cached_property
    def _wire_a(self) -> Phasors:
        """Currents of phases and neutral, (time, harmonic, wire)."""
        return np.concatenate([self._supply.current_a, self._supply.neutral_a[:, :, None]], axis=2)

    @cached_property
    def _slopes(self) -> Array:
        """Slopes of the wires at the pole, (time, wire)."""
        return wire_slopes(self._inputs, len(PHASES) + 1)

    def _tap_field_t(self, tap_a: Phasors, at: Position, geometry: Array) -> Phasors:
        """Field of the transformer's excess current, (time, harmonic, 3) [T].

        It comes along phase a from one side only and ends at the pole, and returns there in the neutral.
        """
        ends = self._one_sided(at)
        there, back = ends[0] * geometry[:, 0], ends[-1] * geometry[:, -1]
        share = self._supply.neutral_share[:, None, None]
        return np.asarray(tap_a[:, :, None] * (there - share * back))

    def _one_sided(self, at: Position) -> Array:
        """Field of a wire that ends at the pole over that of an endless one, (wire,), exact."""
        across_m, up_m = self._frame @ np.array(at)
        distance_m = np.hypot(across_m - self._wires.across_m, up_m - self._wires.up_m)
        along_m = float(self._along @ np.array(at))
        return np.asarray(
            0.5 * (1.0 - along_m / np.hypot(np.maximum(distance_m, self._wires.radius_m), along_m))
        )

    def _pulse_current_a(self, discharge: Discharge) -> Array:
        """Current of a discharge's pulses in each radio band, (time, band) rms [A].

        Charges scatter around their mean, and Campbell's theorem needs the mean of their squares.
        """
        rms_c = discharge.charge_c * np.sqrt(square_charge_factor(discharge.kind))
        return band_current_a(rms_c, discharge.pulses_per_s, RADIO_BANDS_HZ, PULSE_S[discharge.kind])

    def _near_field_t_a(self, discharge: Discharge, at: Position) -> float:
        way_m = np.array(at) - np.array(discharge.at)
        return element_field_t_a(way_m, self._inputs.site.insulator_height_m)


def _lightning_t2(inputs: WorldInputs, strikes: Strikes | None) -> Array | None:
    """Mean square of the lightning's field in each tick, the same all over the site, (time, band) [T2]."""
    if strikes is None or strikes.time_s.size == 0:
        return None
    grid = inputs.grid
    distance_m = np.hypot(strikes.x_m, strikes.y_m)
    energy_t2_s = stroke_band_t2_s(1e3 * np.abs(strikes.peak_current_ka), distance_m, RADIO_BANDS_HZ)
    square = np.zeros((grid.n, len(RADIO_BANDS_HZ)))
    np.add.at(square, np.minimum((strikes.time_s / grid.dt_s).astype(np.int64), grid.n - 1), energy_t2_s)
    return square / grid.dt_s
