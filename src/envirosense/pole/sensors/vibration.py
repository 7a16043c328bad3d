"""Motion of the pole: rms acceleration by band and axis, natural frequencies, and tilt.

Accelerations are in mg, a thousandth of standard gravity, as data sheets and field engineers have them.
"""

import math
from functools import cached_property
from typing import ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array, MotionField
from envirosense.instruments import stages as st
from envirosense.instruments.base import BaseSensor
from envirosense.instruments.channels import Channel
from envirosense.instruments.conditions import Conditions, SensorWorld
from envirosense.instruments.faults import GENERIC_FAULTS
from envirosense.instruments.sensor_config import SensorConfig
from envirosense.instruments.status import Status
from envirosense.physics.motion.vibration import VIBRATION_BANDS_HZ, noise_shape
from envirosense.pole.sensors.vibration_mounting import CREST, Axes, LooseMount, RangeLimit
from envirosense.pole.sensors.vibration_stages import (
    AXES,
    MAINS_BAND,
    MG_PER_M_S2,
    N_CHANNELS,
    N_RMS,
    NATURAL,
    NO_FLOOR,
    RMS,
    TILT,
    TOTAL,
    WIDTH_HZ,
    MotionNoise,
    OnChannels,
    Sums,
    TiltDrift,
    per_kind,
    share_sigma,
    with_sums,
)
from envirosense.pole.sensors.vibration_tracker import Clock, FrequencyLag, FrequencyNoise, Swing

RECTIFIED = math.sqrt(0.5 - 0.5 / math.pi)  # sigma of the positive part of a normal variable


class MotionWorld(SensorWorld, MotionField, Protocol):
    """A world with a pole that moves."""


class VibrationSensor(BaseSensor[SensorConfig, MotionWorld]):
    """Three-axis accelerometer on the pole, (time, 23): rms [mg], mains' share, f1 [Hz], tilt [deg].

    Axes lie along the line, across it and up. Shocks show in the rms of their tick; their peaks do not,
    since the world tells a waveform only of windows that are asked for.
    """

    sensor_type: ClassVar[str] = "vibration_sensor"
    part_kind: ClassVar[str] = "vibration_sensor"
    stream: ClassVar[str] = "vibration"
    fault_kinds: ClassVar[tuple[str, ...]] = (*GENERIC_FAULTS, "loose")

    def _kinds(self, name: str) -> Array:
        """One value per channel from the part's list of those of rms, share, frequency and tilt."""
        rms, share, natural, tilt = self.values.numbers(name, "reading", 4).tolist()
        return per_kind(rms, share, natural, tilt)

    @cached_property
    def channels(self) -> tuple[Channel, ...]:
        """Bands by axis, axes, and what is made of them."""
        names = [
            (f"rms_{axis}_{low:.0f}_{high:.0f}_hz_mg", "mg", f"rms acceleration {axis}, {low:g}-{high:g} Hz")
            for low, high in VIBRATION_BANDS_HZ
            for axis in AXES
        ]
        names += [(f"rms_{axis}_mg", "mg", f"rms acceleration {axis}, 0.1-500 Hz") for axis in AXES]
        names.append(("mains_share", "1", "share of the energy at 110-130 Hz"))
        names += [(f"natural_{axis}_hz", "Hz", f"lowest natural frequency {axis}") for axis in AXES[:2]]
        names += [(f"tilt_{side}_deg", "deg", f"lean towards {side}") for side in ("east", "north")]
        steps, sigmas = self._kinds("range.resolution").tolist(), self._noise_sigma().tolist()
        return tuple(
            Channel(*named, step, sigma) for named, step, sigma in zip(names, steps, sigmas, strict=True)
        )

    def _noise_sigma(self) -> Array:
        """Noise of each channel at rest, but of the frequencies in a strong wind, (23,)."""
        floor, mean_s = self._noise.floor_mg2(), self.config.interval_s
        shape = np.array([noise_shape(width_hz, mean_s) for width_hz in WIDTH_HZ])
        scatter = floor / np.sqrt(shape)
        axis = math.sqrt(float(np.square(scatter).sum() / floor.sum())) / 2.0
        share = RECTIFIED * share_sigma(0.0, floor[MAINS_BAND], shape[MAINS_BAND])
        clean_hz = math.sqrt(0.5 * self._swing.wander * math.sqrt(self._swing.damping / (2.0 * math.pi)))
        filtered_s = max(2.0 * self.values.number("tilt.filter", "s"), mean_s)
        y = per_kind(axis, share, clean_hz, self._noise.tilt_deg(filtered_s))
        y[RMS] = np.repeat(scatter / np.sqrt(floor) / 2.0, len(AXES))
        return y

    def respond(self, world: MotionWorld) -> Array:
        """Motion and lean of the pole at the sensor's height, (time, 23)."""
        y = np.empty((world.grid.n, N_CHANNELS))
        motion = world.acceleration_m_s2(self.position_3d[2])
        y[:, RMS] = MG_PER_M_S2 * motion.reshape(-1, N_RMS)
        y[:, NATURAL] = world.natural_hz()[:, 0]
        y[:, TILT] = np.degrees(world.tilt_rad())
        return with_sums(y)

    def stages(self) -> tuple[st.AnyStage, ...]:
        """Mounting, element, noise, zero, firmware, output."""
        v = self.values
        loose = self.faults("loose")
        return (
            *((self._loose_mount(loose),) if loose else ()),
            Axes(
                "axes",
                level_deg=v.number("mounting.level", "deg"),
                azimuth_deg=v.number("mounting.azimuth", "deg"),
                gain_spread_ln=v.number("calibration.gain_spread", "ln"),
                cross_spread=v.number("calibration.cross_axis", "1"),
            ),
            FrequencyLag("frequency_lag", self._swing),
            FrequencyNoise("frequency_noise", self._swing),
            RangeLimit("range", 1000.0 * v.number("range.limit", "g")),
            self._noise,
            *self._zero_stages(),
            Sums("sums", self._floor_taken_off()),
            *self.warm_up_stages(),
            *self.fault_stages(),
            st.ClipQuantise(
                "digital",
                self._kinds("range.resolution"),
                v.reading_numbers("range.low", N_CHANNELS),
                v.reading_numbers("range.high", N_CHANNELS),
            ),
        )

    def _floor_taken_off(self) -> Array:
        """Noise energy that the device expects in each band of an axis, (5,) [mg2]."""
        off = self.config.stages_off
        is_noisy = not off if isinstance(off, bool) else self._noise.name not in off
        return self._noise.floor_mg2() if is_noisy else NO_FLOOR

    def _loose_mount(self, spells: st.Spells) -> LooseMount:
        v = self.values
        return LooseMount(
            "loose",
            v.number("loose.resonance", "Hz"),
            v.number("loose.damping", "1"),
            v.number("loose.sag", "deg"),
            spells,
        )

    @cached_property
    def _noise(self) -> MotionNoise:
        density = self.values.number("white.density", "mg/sqrt(Hz)")
        return MotionNoise("white", density, self.values.number("white.bandwidth_factor", "1"))

    @cached_property
    def _swing(self) -> Swing:
        v = self.values
        return Swing(
            damping=v.number("tracker.damping", "1"),
            density=v.number("white.density", "mg/sqrt(Hz)"),
            wander=v.number("tracker.wander", "Hz/sqrt(s)"),
            first_hz=v.number("tracker.first", "Hz"),
        )

    def _zero_stages(self) -> tuple[st.AnyStage, ...]:
        """Clock, zero of the tilt, and the firmware's mean of it."""
        v = self.values
        deg_per_mg = math.degrees(1e-3)
        filter_s, warm = v.number("tilt.filter", "s"), deg_per_mg * v.number("temperature.spread", "mg/K")
        level = st.Calibration("level", offset_spread=v.number("tilt.level", "deg"))
        temperature = st.TemperatureError(
            "temperature", 0.0, warm, v.number("temperature.reference", "K"), "body"
        )
        return (
            Clock("clock", v.number("clock.spread", "ln")),
            OnChannels("level", TILT, level),
            TiltDrift(
                "drift",
                walk_per_sqrt_day=deg_per_mg * v.number("drift.walk", "mg/sqrt(day)"),
                age_days=self.drift_days,
            ),
            OnChannels("temperature", TILT, temperature),
            OnChannels("tilt_filter", TILT, st.Lag("tilt_filter", filter_s, filter_s)),
        )

    def status_flags(
        self, world: MotionWorld, conditions: Conditions, reading: Array
    ) -> npt.NDArray[np.uint16]:
        """At its limit once the greatest peaks, of four sigma, pass the range."""
        limit_mg = 1000.0 * self.values.number("range.limit", "g")
        beyond = (CREST * reading[:, TOTAL] > limit_mg).any(axis=1)
        return np.where(beyond, int(Status.AT_LIMIT), 0).astype(np.uint16)
