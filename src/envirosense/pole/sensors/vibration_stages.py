"""Channels of an accelerometer on a pole, its noise, and what concerns some channels only.

The signal is (time, 23): rms in five bands of three axes, band by band, then rms of each axis [mg], the
mains' share of the energy, two natural frequencies [Hz] and two tilts [deg].
"""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from envirosense.core.protocols import Array
from envirosense.core.units import GRAVITY_M_S2
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.stages import (
    AnyStage,
    Description,
    Drift,
    Transform,
    Uncertain,
    WhiteNoise,
    as_description,
)
from envirosense.instruments.stages.drift import DriftState
from envirosense.physics.motion.vibration import N_BANDS, VIBRATION_BANDS_HZ, noise_shape
from envirosense.pole.sensors.vibration_kernels import fill_sums, noisy_rms

AXES: Final = ("along", "across", "up")
MAINS_BAND: Final = 3  # of VIBRATION_BANDS_HZ: 110-130 Hz holds twice the mains frequency
N_RMS: Final = N_BANDS * len(AXES)
RMS: Final = slice(0, N_RMS)
TOTAL: Final = slice(N_RMS, N_RMS + 3)
SHARE: Final = N_RMS + 3
NATURAL: Final = slice(N_RMS + 4, N_RMS + 6)
TILT: Final = slice(N_RMS + 6, N_RMS + 8)
N_CHANNELS: Final = N_RMS + 8
WIDTH_HZ: Final = np.array([high - low for low, high in VIBRATION_BANDS_HZ])
MG_PER_M_S2: Final = 1000.0 / GRAVITY_M_S2
LEAST_SHARED_MG: Final = 5.0  # rms of all axes below which the mains' share fades out  # assumed
NO_FLOOR: Final = np.zeros(N_BANDS)


def per_kind(rms: float, share: float, natural: float, tilt: float) -> Array:
    """One value per channel, (23,), from one for each kind of channel."""
    y = np.empty(N_CHANNELS)
    y[RMS], y[TOTAL], y[SHARE], y[NATURAL], y[TILT] = rms, rms, share, natural, tilt
    return y


def with_sums(x: Array, floor_mg2: Array = NO_FLOOR) -> Array:
    """`x` itself with the rms of each axis and the mains' share made from its bands; no share at rest.

    The share is of what stands above a noise floor (band,), and fades below LEAST_SHARED_MG.
    """
    fill_sums(x, N_BANDS, MAINS_BAND, floor_mg2, LEAST_SHARED_MG**2)
    return x


def share_sigma(energy_mg2: float, floor_mg2: float, shape: float) -> float:
    """Chance of the mains' share where all motion is at the mains' band and has some energy [1].

    Noise of mean energy N on each of three axes, on `shape` independent values each: the energy of the band
    scatters by sqrt((3 N^2 + 2 E N) / shape).
    """
    whole = energy_mg2 + LEAST_SHARED_MG**2
    return math.sqrt((3.0 * floor_mg2**2 + 2.0 * energy_mg2 * floor_mg2) / shape) / whole


def noise_energy(density: float, bandwidth_factor: float) -> Array:
    """Energy of white noise in each band, (5,) [mg2]: density^2 x factor x width, density in mg/sqrt(Hz)."""
    return density**2 * bandwidth_factor * WIDTH_HZ


@dataclass(frozen=True, slots=True, eq=False)
class MotionNoise(WhiteNoise):
    """White noise of the accelerometer [mg/sqrt(Hz)]: it adds to the energy of bands, and to the tilt.

    A band's mean square over a time T rests on as many independent values as a noise of its width has
    (`noise_shape`): its energy follows the noncentral chi-square law of that many.
    """

    bandwidth_factor: float = 1.0  # noise bandwidth of the band filters over their width

    def floor_mg2(self) -> Array:
        """Noise energy in each band of an axis, (5,)."""
        return noise_energy(float(np.asarray(self.density)), self.bandwidth_factor)

    def tilt_deg(self, mean_s: float) -> float:
        """Sigma of the tilt in a mean over some time [deg]."""
        return math.degrees(1e-3 * float(np.asarray(self.density)) / math.sqrt(2.0 * mean_s))

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Motion with noise, (time, 23)."""
        mean_s = max(conditions.dt_s, conditions.averaged_s)
        normals = noise_rng.standard_normal((x.shape[0], N_RMS + 2), dtype=np.float32)
        shape = np.array([noise_shape(width_hz, mean_s) for width_hz in WIDTH_HZ])
        y = x.copy()
        y[:, RMS] = noisy_rms(x[:, RMS], np.repeat(self.floor_mg2(), 3), np.repeat(shape, 3), normals)
        y[:, TILT] += self.tilt_deg(mean_s) * normals[:, N_RMS:]
        return y, None

    def bias(self, x: Array, carry: None, conditions: Conditions) -> Array:
        """What noise lifts rms by, (time, 23)."""
        energy, floor = np.square(x[:, RMS]).reshape(-1, N_BANDS, 3), self.floor_mg2()
        lift = np.zeros_like(x)
        lift[:, RMS] = (np.sqrt(energy + floor[:, None]) - np.sqrt(energy)).reshape(-1, N_RMS)
        whole = energy.sum(axis=1)
        lift[:, TOTAL] = np.sqrt(whole + floor.sum()) - np.sqrt(whole)
        return lift

    def spread(self, x: Array, carry: None, conditions: Conditions) -> Array:
        """Scatter about that, and of the mains' share and the tilt, (time, 23)."""
        mean_s = max(conditions.dt_s, conditions.averaged_s)
        shape = np.array([noise_shape(width_hz, mean_s) for width_hz in WIDTH_HZ])[:, None]
        energy, floor = np.square(x[:, RMS]).reshape(-1, N_BANDS, 3), self.floor_mg2()[:, None]
        variance = floor * (floor + 2.0 * energy) / shape
        y = np.zeros_like(x)
        y[:, RMS] = (0.5 * np.sqrt(variance / (energy + floor))).reshape(-1, N_RMS)
        whole = energy.sum(axis=1)
        y[:, TOTAL] = 0.5 * np.sqrt(variance.sum(axis=1) / (whole + floor.sum()))
        mains_sigma = np.sqrt(variance[:, MAINS_BAND].sum(axis=1))
        y[:, SHARE] = mains_sigma / (whole.sum(axis=1) + LEAST_SHARED_MG**2)
        y[:, TILT] = self.tilt_deg(mean_s)
        return y

    def describe(self, carry: None) -> Description:
        """Density and the floor of each band."""
        return as_description({"density_per_sqrt_hz": self.density, "floor_mg": np.sqrt(self.floor_mg2())})


@dataclass(frozen=True, slots=True, eq=False)
class OnChannels:
    """A stage that concerns some channels only: the others pass."""

    name: str
    channels: slice
    stage: AnyStage

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> Any:
        """What the stage starts with."""
        return self.stage.start(len(range(*self.channels.indices(n_channels))), unit_rng)

    def apply(
        self, x: Array, carry: Any, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, Any]:
        """Signal after the stage, (time, 23)."""
        y = x.copy()
        part = np.ascontiguousarray(x[:, self.channels])
        y[:, self.channels], carry = self.stage.apply(part, carry, conditions, noise_rng)
        return y, carry

    def spread(self, x: Array, carry: Any, conditions: Conditions) -> float | Array:
        """What the stage adds to its channels."""
        if not isinstance(self.stage, Uncertain):
            return 0.0
        error = np.asarray(self.stage.spread(x[:, self.channels], carry, conditions))
        y = np.zeros((*error.shape[:-1], x.shape[1]))
        y[..., self.channels] = error
        return y

    def describe(self, carry: Any) -> Description:
        """What the stage tells."""
        return self.stage.describe(carry)


@dataclass(frozen=True, slots=True, eq=False)
class TiltDrift(Drift):
    """Zero of the tilt that walks with age [deg/sqrt(day)]."""

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> DriftState:
        """Walks of this unit, (2,)."""
        return Drift.start(self, 2, unit_rng)

    def apply(
        self, x: Array, carry: DriftState, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, DriftState]:
        """Signal with the tilt's drift, (time, 23)."""
        y = x.copy()
        y[:, TILT], carry = Drift.apply(self, x[:, TILT], carry, conditions, noise_rng)
        return y, carry

    def spread(self, x: Array, carry: DriftState, conditions: Conditions) -> Array:
        """What has grown of it over the age."""
        return per_kind(0.0, 0.0, 0.0, float(np.asarray(Drift.spread(self, x, carry, conditions))))


@dataclass(frozen=True, slots=True, eq=False)
class Sums(Transform):
    """Rms of each axis and the mains' share, made from the bands as the device finds them.

    The device knows the noise floor of its part, (band,), and takes it off the share.
    """

    name: str
    floor_mg2: Array

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        """Nothing to remember."""

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Bands and what is made of them, (time, 23)."""
        return with_sums(x.copy(), self.floor_mg2), None

    def describe(self, carry: None) -> Description:
        """Nothing but the law."""
        return {}
