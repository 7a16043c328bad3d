"""Particles, line fields, sound, motion and lightning of the mock world, in closed form.

None of them depends on the place, but for particles near a source and motion, which grows with height.
"""

from typing import Annotated, Final

import numpy as np
from pydantic import Field, NonNegativeFloat, PositiveFloat

from envirosense.core.config import FrozenModel
from envirosense.core.errors import ConfigError
from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array, Phasors
from envirosense.core.volumes import Volume
from envirosense.physics.electric.harmonics import HARMONICS
from envirosense.physics.motion.vibration import VIBRATION_BANDS_HZ
from envirosense.physics.sound.acoustics import BANDS, REFERENCE_PA
from envirosense.physics.storms.lightning import Strikes, strikes_between
from envirosense.pole.fields.power import Energy

type Place = tuple[float, float, float] | Volume
type Swing = Annotated[float, Field(ge=-1, le=1)]  # of the mean

ARM_M: Final = 10.0  # height at which the acceleration is that of the settings
AIR_BANDS: Final = len(BANDS)
# Amplitude of each harmonic over the fundamental, by HARMONICS
CURRENT_SHARES: Final = (1.0, 0.005, 0.06, 0.04, 0.025, 0.012, 0.01)


class MockStroke(FrozenModel):
    """One return stroke, a flash of its own."""

    time_s: NonNegativeFloat = 75.0  # since the episode's start
    east_m: float = 5000.0
    north_m: float = 0.0
    peak_current_ka: float = -30.0


class MockFieldSettings(FrozenModel):
    """Means and swings: particles, line fields and motion are mean (1 + swing f), sound is mean + swing f."""

    particle_ug_m3: dict[str, NonNegativeFloat] = Field(
        default_factory=lambda: {"background_fine": 8.0, "background_coarse": 10.0}
    )
    phase_current_a: tuple[NonNegativeFloat, NonNegativeFloat, NonNegativeFloat] = (200.0, 190.0, 210.0)
    magnetic_t: tuple[float, float, float] = (6e-6, 0.0, 8e-6)  # fundamental, rms; east, north, up
    magnetic_phase_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)  # of all harmonics
    electric_v_m: tuple[float, float, float] = (30.0, 0.0, 280.0)  # fundamental only, rms
    radio_t: tuple[NonNegativeFloat, NonNegativeFloat, NonNegativeFloat, NonNegativeFloat] = (
        2e-10, 5e-11, 2e-11, 1e-12,
    )  # fmt: skip
    mains_hz: PositiveFloat = 60.0
    sound_level_db: Annotated[tuple[float, ...], Field(min_length=AIR_BANDS, max_length=AIR_BANDS)] = (
        45.0, 43.0, 40.0, 38.0, 36.0, 33.0, 30.0, 26.0, 15.0, 12.0, 10.0, 8.0,
    )  # fmt: skip
    mains_modulation: Annotated[float, Field(ge=0, le=1)] = 0.05
    acceleration_m_s2: Annotated[tuple[NonNegativeFloat, ...], Field(min_length=5, max_length=5)] = (
        0.02, 0.01, 0.005, 0.04, 0.01,
    )  # by band, on each axis, 10 m up  # fmt: skip
    natural_hz: tuple[PositiveFloat, ...] = (1.1, 6.9, 17.0)
    tilt_rad: tuple[float, float] = (0.004, -0.002)  # towards east and north
    strokes: tuple[MockStroke, ...] = (MockStroke(),)
    particle_swing: Swing = 0.5
    current_swing: Swing = 0.3
    harmonic_swing: Swing = 0.0  # of the harmonics, beside that of the current
    electric_swing: Swing = 0.1
    sound_swing_db: float = 10.0
    motion_swing: Swing = 0.5
    mains_swing: Swing = 0.0
    natural_swing: Swing = 0.0
    modulation_swing: Swing = 0.0
    panel_w: NonNegativeFloat = 8.0
    battery_charge: Annotated[float, Field(ge=0, le=1)] = 0.8
    battery_v: PositiveFloat = 13.2
    battery_a: float = -0.4  # positive when it discharges
    board_k: PositiveFloat = 297.15
    energy_swing: Annotated[float, Field(ge=-0.25, le=0.25)] = 0.0  # of all but temperatures
    board_swing_k: float = 0.0


class MockFields:
    """What the settings say, over a range of ticks; arrays start with (time,)."""

    grid: TimeGrid
    first_tick: int
    harmonics = HARMONICS

    @property
    def _fields(self) -> MockFieldSettings:
        raise NotImplementedError

    def course_at(self, t_s: Array) -> Array:
        """Course f of everything that moves at times since the episode's start, shape of `t_s` [1]."""
        raise NotImplementedError

    def course(self) -> Array:
        """Course f(t) of everything that moves, (time,) [1]."""
        ticks = np.arange(self.first_tick, self.first_tick + self.grid.n)
        return self.course_at(ticks * np.float64(self.grid.dt_s))

    # --- the line

    def phase_current_a(self) -> Array:
        """Current of each phase, rms, (time, 3) [A]."""
        return np.outer(1.0 + self._fields.current_swing * self.course(), self._fields.phase_current_a)

    def current_a(self) -> Array:
        """Mean of the phase currents, (time,) [A]."""
        return np.asarray(self.phase_current_a().mean(axis=1))

    def magnetic_t(self, at: Place) -> Phasors:
        """Magnetic flux density east, north, up, rms phasors, (time, harmonic, 3) [T]."""
        phasor = np.array(self._fields.magnetic_t) * np.exp(1j * np.radians(self._fields.magnetic_phase_deg))
        by_harmonic = np.outer(CURRENT_SHARES, phasor)
        strength = 1.0 + self._fields.current_swing * self.course()
        field = np.asarray(strength[:, None, None] * by_harmonic, dtype=np.complex128)
        field[:, 1:] *= 1.0 + self._fields.harmonic_swing * self.course()[:, None, None]
        return field

    def electric_v_m(self, at: Place) -> Phasors:
        """Electric field east, north, up, rms phasors, (time, harmonic, 3) [V/m]."""
        field = np.zeros((self.grid.n, len(HARMONICS), 3), np.complex128)
        field[:, 0] = np.outer(1.0 + self._fields.electric_swing * self.course(), self._fields.electric_v_m)
        return field

    def radio_t(self, at: Place) -> Array:
        """Magnetic noise, rms in each radio band, (time, band) [T]."""
        return np.outer(1.0 + self._fields.current_swing * self.course(), self._fields.radio_t)

    def mains_hz(self) -> Array:
        """Frequency of the mains, (time,) [Hz]."""
        return self._fields.mains_hz * (1.0 + self._fields.mains_swing * self.course())

    # --- sound

    def sound_level_db(self, at: Place) -> Array:
        """Level in each band, (time, band) [dB re 20 uPa]."""
        swell_db = self._fields.sound_swing_db * self.course()
        return np.asarray(swell_db[:, None] + np.array(self._fields.sound_level_db))

    def mains_modulation(self, at: Place) -> Array:
        """Share of each band's energy that swells at twice the mains frequency, (time, band) [1]."""
        share = self._fields.mains_modulation * (1.0 + self._fields.modulation_swing * self.course())
        return np.repeat(share[:, None], AIR_BANDS, axis=1)

    def sound_pa(self, at: Place, start_s: float, duration_s: float, rate_hz: float) -> Array:
        """Sound pressure in a window, (sample,) [Pa]: one tone at the middle of each band below Nyquist."""
        t_s = _samples_s(start_s, duration_s, rate_hz)
        levels_db = self._fields.sound_level_db
        tones = [
            10.0 ** (0.05 * level_db) * np.sin(2.0 * np.pi * hz * t_s)
            for hz, level_db in zip(BANDS.centre_hz.tolist(), levels_db, strict=True)
            if hz < 0.5 * rate_hz
        ]
        swell = 10.0 ** (0.05 * self._fields.sound_swing_db * self.course_at(t_s))
        return np.asarray(np.sqrt(2.0) * REFERENCE_PA * swell * np.sum([0.0 * t_s, *tones], axis=0))

    # --- motion

    def acceleration_m_s2(self, height_m: float) -> Array:
        """Rms acceleration in each band, (time, band, axis) [m/s2]: it grows with the height."""
        strength = height_m / ARM_M * (1.0 + self._fields.motion_swing * self.course())
        by_band = np.outer(strength, self._fields.acceleration_m_s2)
        return np.repeat(by_band[:, :, None], 3, axis=2)

    def natural_hz(self) -> Array:
        """Natural frequencies, the same along and across the line, (time, mode, 2) [Hz]."""
        modes = np.outer(1.0 + self._fields.natural_swing * self.course(), self._fields.natural_hz)
        return np.repeat(modes[:, :, None], 2, axis=2)

    def tilt_rad(self) -> Array:
        """Lean towards east and north, (time, 2) [rad]."""
        return np.outer(1.0 + self._fields.motion_swing * self.course(), self._fields.tilt_rad)

    def motion_m_s2(self, height_m: float, start_s: float, duration_s: float, rate_hz: float) -> Array:
        """Acceleration in a window, (sample, axis) [m/s2]: a tone amid each band below Nyquist."""
        t_s = _samples_s(start_s, duration_s, rate_hz)
        tones = [
            rms * np.sin(2.0 * np.pi * np.sqrt(low * high) * t_s)
            for (low, high), rms in zip(VIBRATION_BANDS_HZ, self._fields.acceleration_m_s2, strict=True)
            if np.sqrt(low * high) < 0.5 * rate_hz
        ]
        swell = np.sqrt(2.0) * height_m / ARM_M * (1.0 + self._fields.motion_swing * self.course_at(t_s))
        return np.repeat((swell * np.sum([0.0 * t_s, *tones], axis=0))[:, None], 3, axis=1)

    # --- energy

    def energy(self) -> Energy:
        """Panel, battery and board of the device over these ticks, in standard mode."""
        f, course = self._fields, self.course()
        strength = 1.0 + f.energy_swing * course
        n = self.grid.n
        return Energy(
            panel_irradiance_w_m2=50.0 * f.panel_w * strength,
            panel_w=f.panel_w * strength,
            charge=f.battery_charge * strength,
            voltage_v=f.battery_v * (1.0 + 0.1 * f.energy_swing * course),
            current_a=f.battery_a * strength,
            mode=np.zeros(n, np.int8),
            is_powered=np.ones(n, np.bool_),
            board_k=f.board_k + f.board_swing_k * course,
        )

    def board_k(self) -> Array:
        """Temperature of the board inside the device, (time,) [K]."""
        return self.energy().board_k

    # --- lightning

    def strikes(self) -> Strikes:
        """Strokes within these ticks; times since the episode's start."""
        strokes = sorted(self._fields.strokes, key=lambda stroke: stroke.time_s)
        n = len(strokes)
        every = Strikes(
            np.array([stroke.time_s for stroke in strokes]),
            np.array([stroke.east_m for stroke in strokes]),
            np.array([stroke.north_m for stroke in strokes]),
            np.array([stroke.peak_current_ka for stroke in strokes]),
            np.arange(n),
            np.ones(n, dtype=np.bool_),
            np.zeros(n),
        )
        dt_s = self.grid.dt_s
        return strikes_between(every, self.first_tick * dt_s, (self.first_tick + self.grid.n) * dt_s)


def _samples_s(start_s: float, duration_s: float, rate_hz: float) -> Array:
    if not (start_s >= 0.0 and duration_s > 0.0 and rate_hz > 0.0 and duration_s * rate_hz <= 1e8):
        fix = "must start at 0 s or later and hold 1 to 1e8 samples"
        raise ConfigError("window", (start_s, duration_s, rate_hz), fix)
    return start_s + np.arange(max(round(duration_s * rate_hz), 1)) / rate_hz
