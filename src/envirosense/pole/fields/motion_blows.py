"""Blows on the pole: the energy they put into every tick and band, their waveform, and what stays."""

from dataclasses import dataclass

import numpy as np

from envirosense.core.protocols import Array
from envirosense.physics.motion.beam import Modes, permanent_tilt_rad
from envirosense.physics.motion.impact import (
    Blow,
    bending_wave_per_m,
    contact_acceleration_m_s2,
    modal_acceleration,
    pulse_band_share,
    pulse_energy,
    ring_energy,
)
from envirosense.physics.motion.vibration import N_BANDS, VIBRATION_BANDS_HZ
from envirosense.pole.fields.inputs import WorldInputs
from envirosense.pole.fields.structure import PoleStructure
from envirosense.scenarios import Impact

UP_SHARE = 0.3  # of a blow's push that goes up the pole, assumed
RING_LIMIT = 25.0  # decay times after which a ring-down is over: 1e-11 of it is left
_SAMPLES = 64  # in the length of a blow


@dataclass(frozen=True, slots=True)
class PoleBlow:
    """One impact as a pole takes it."""

    impact: Impact
    structure: PoleStructure
    direction: tuple[float, float]  # of the push, along and across the line
    planes: tuple[Blow, Blow]

    def energy_ms(self, t_s: Array, dt_s: float, height_m: float) -> Array:
        """Mean square acceleration in the ticks from the blow on, (time, band, axis) [m2/s4]."""
        edges_s = np.append(t_s, t_s[-1] + dt_s)
        total = np.zeros((t_s.size, N_BANDS, 3))
        for axis, blow in enumerate(self.planes):
            weight = self._modes(axis).at(height_m) ** 2
            bands = _band_of(blow.omega / (2.0 * np.pi))
            rung = ring_energy(edges_s, blow) * weight
            for mode, band in enumerate(bands):
                total[:, band, axis] += rung[:, mode]
        pulse = pulse_energy(edges_s, self.impact.at_s, self.impact.duration_s) * 2.0  # of mean square one
        share = pulse_band_share(self.impact.duration_s)
        total += pulse[:, None, None] * share[:, None] * self._blow_ms(height_m)
        return total

    def waveform_m_s2(self, t_s: Array, height_m: float) -> Array:
        """Acceleration at times, (sample, axis) [m/s2]."""
        out = np.zeros((t_s.size, 3))
        for axis, blow in enumerate(self.planes):
            out[:, axis] = modal_acceleration(t_s, blow) @ self._modes(axis).at(height_m)
        since = (t_s - self.impact.at_s) / self.impact.duration_s
        pulse = np.where((since >= 0.0) & (since < 1.0), np.sin(np.pi * since), 0.0)
        return out + pulse[:, None] * self._contact_m_s2(height_m)

    def tilt_rad(self) -> tuple[float, float]:
        """Lean that stays, along and across [rad]."""
        beam = self.structure.beam
        lean = permanent_tilt_rad(
            self.impact.impulse_n_s, self.impact.height_m, beam.inertia_kg_m2, beam.soil_n_m_rad
        )
        return lean * self.direction[0], lean * self.direction[1]

    def _modes(self, axis: int) -> Modes:
        return (self.structure.along, self.structure.across)[axis].modes

    def _blow_ms(self, height_m: float) -> Array:
        """Mean square acceleration while the blow lasts, (axis,)."""
        x = (np.arange(_SAMPLES) + 0.5) / _SAMPLES
        return np.mean(
            self.waveform_m_s2(self.impact.at_s + x * self.impact.duration_s, height_m) ** 2, axis=0
        )

    def _contact_m_s2(self, height_m: float) -> Array:
        """Peak of the pulse that the modes leave out, fading along the pole, (axis,)."""
        s, blow = self.structure, self.impact
        receptance = float(np.sum(s.across.modes.at(blow.height_m) ** 2))
        peak = contact_acceleration_m_s2(
            blow.impulse_n_s, blow.duration_s, s.bending_n_m2, s.mass_kg_m, receptance
        )
        wave = bending_wave_per_m(np.pi / blow.duration_s, s.bending_n_m2, s.mass_kg_m)
        fade = np.exp(-wave * abs(height_m - blow.height_m))
        return np.asarray(peak * fade * np.array([*self.direction, UP_SHARE]))


def _band_of(hz: Array) -> list[int]:
    uppers = [high for _, high in VIBRATION_BANDS_HZ[:-1]]
    return [int(band) for band in np.searchsorted(uppers, hz, side="right")]


def pole_blows(inputs: WorldInputs, structure: PoleStructure, natural_hz: Array) -> list[PoleBlow]:
    """Blows of an episode; `natural_hz` is (time, mode, plane)."""
    east, north = inputs.site.along_line
    blows = []
    for impact in inputs.impacts():
        azimuth = np.radians(impact.azimuth_deg)
        push = np.sin(azimuth), np.cos(azimuth)
        direction = float(push[0] * east + push[1] * north), float(push[0] * north - push[1] * east)
        tick = int(np.clip(impact.at_s / inputs.grid.dt_s, 0, inputs.grid.n - 1))
        planes = []
        for number, plane in enumerate((structure.along, structure.across)):
            omega = 2.0 * np.pi * natural_hz[tick, :, number]
            impulse = impact.impulse_n_s * direction[number] * plane.modes.at(impact.height_m)
            planes.append(
                Blow(impact.at_s, impact.duration_s, omega, np.full(omega.size, plane.damping), impulse)
            )
        blows.append(PoleBlow(impact, structure, direction, (planes[0], planes[1])))
    return blows
