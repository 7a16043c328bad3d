"""What a microphone does to sound: port, response, overload, gain."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import erf, ndtr, ndtri

from envirosense.core.protocols import Array
from envirosense.instruments import stages as st
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.stages.drift import DAY_S, DriftState
from envirosense.physics.sound.acoustics import BANDS, energy_of_db
from envirosense.pole.sensors.acoustic_kernels import weighted_sum
from envirosense.pole.sensors.acoustic_signal import (
    A_COLUMN,
    A_WEIGHTS,
    DB_PER_NEPER,
    LEAST_ENERGY,
    LEVELS,
    N_BANDS,
    N_CHANNELS,
    energy,
)

LIMIT_SIGMAS: Final = 2.0  # tolerance of a part over its spread: units beyond are not sold  # assumed
LEFT_SIGMA: Final = 0.87963  # of a normal variable cut off at LIMIT_SIGMAS


def on_bands(gain: Array) -> Array:
    """Gain of every channel from that of the bands, (time or 1, channel); 1 for what is no band."""
    others = np.ones((gain.shape[0], N_CHANNELS - N_BANDS))
    return np.concatenate([gain, others], axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class Port:
    """Sound port that dust and ice close: losses of each band [dB] when closed, by each cause.

    Dust settles at a rate of the unit, exponential around `dust_per_day` [share of closed/day].
    """

    name: str
    dust_db: Array
    ice_db: Array
    dust_per_day: float
    age_days: float
    fouled: st.Spells
    iced: st.Spells

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> float:
        """Share of this unit's port that dust has closed, 0..1."""
        return float(min(self.dust_per_day * self.age_days * unit_rng.standard_exponential(), 1.0))

    def gain_db(self, carry: float, conditions: Conditions) -> Array:
        """Gain of each band, (time or 1, band) [dB]."""
        if not (self.fouled or self.iced):
            return np.asarray(-carry * self.dust_db[None])
        dust = np.minimum(carry + self.fouled.severity(conditions.t_s), 1.0)
        ice = self.iced.severity(conditions.t_s)
        return np.asarray(-np.outer(dust, self.dust_db) - np.outer(ice, self.ice_db))

    def apply(
        self, x: Array, carry: float, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, float]:
        """Signal behind the port, (time, channel)."""
        if carry == 0.0 and not (self.fouled or self.iced):
            return x, carry
        return x * on_bands(energy(self.gain_db(carry, conditions))), carry

    def bias(self, x: Array, carry: float, conditions: Conditions) -> Array:
        """Loss by the dust that a port of this age may be expected to hold, (time, channel) [dB]."""
        loss_db = min(self.dust_per_day * self.age_days, 1.0) * self.dust_db
        bands = np.maximum(x[:, :N_BANDS], LEAST_ENERGY)
        gain = np.zeros_like(x)
        gain[:, :N_BANDS] = -loss_db
        left = (bands @ (A_WEIGHTS * energy(-loss_db))) / (bands @ A_WEIGHTS)
        gain[:, A_COLUMN] = DB_PER_NEPER * np.log(left)
        return gain

    def spread(self, x: Array, carry: float, conditions: Conditions) -> Array:
        """How ports of this age differ: an exponential law's deviation is its mean, (time, channel) [dB]."""
        return np.abs(self.bias(x, carry, conditions))

    def describe(self, carry: float) -> st.Description:
        """Share closed by dust before any fault, and what closing costs."""
        return st.as_description({"closed": carry, "dust_db": self.dust_db, "ice_db": self.ice_db})


@dataclass(frozen=True, slots=True, eq=False)
class Response:
    """Departure of this unit from the part's response, which the device corrects.

    Normal: one of the whole microphone, cut off at the part's tolerance, and one of each band on top.
    """

    name: str
    common_spread_db: float
    band_spread_db: Array

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> Array:
        """Gain of each band of this unit, (band,) [dB]."""
        below = ndtr(-LIMIT_SIGMAS)
        common = ndtri(below + (1.0 - 2.0 * below) * unit_rng.random())
        own = unit_rng.standard_normal(N_BANDS)
        return np.asarray(self.common_spread_db * common + self.band_spread_db * own)

    def gain_db(self, carry: Array, conditions: Conditions) -> Array:
        """Gain of each band, (1, band) [dB]."""
        return carry[None]

    def apply(
        self, x: Array, carry: Array, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Signal as this unit answers it, (time, channel)."""
        return x * on_bands(energy(self.gain_db(carry, conditions))), carry

    def spread(self, x: Array, carry: Array, conditions: Conditions) -> Array:
        """How units differ, (channel,) [dB]; bands average out in the A-weighted level."""
        common_db = LEFT_SIGMA * self.common_spread_db
        return np.concatenate([np.hypot(common_db, self.band_spread_db), [common_db, 0.0, 0.0]])

    def describe(self, carry: Array) -> st.Description:
        """Gain of each band of this unit."""
        return st.as_description({"gain_db": carry})


@dataclass(frozen=True, slots=True, eq=False)
class Overload:
    """Peaks cut at the overload point, for sound of Gaussian pressure (Bussgang's theorem, from memory).

    A limiter at a standard deviations passes the share erf^2(a / sqrt 2) of every band's energy; the rest of
    its output is distortion. That is laid flat up to three times the sound's mean frequency and falls with
    the fourth power above (assumed). `raw_gain` (band,) is the energy gain in front of the limiter.
    """

    name: str
    overload_db: float
    raw_gain: Array

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        """Nothing to remember."""

    def is_near(self, raw_energy: Array) -> Array:
        """Where the limiter stands within four standard deviations, shape of the energy."""
        return np.asarray(16.0 * raw_energy > 2.0 * energy_of_db(self.overload_db))

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Signal after the limiter, (time, channel)."""
        near = self.is_near(weighted_sum(x, self.raw_gain))
        if not near.any():
            return x, None
        y = x.copy()
        y[near, :N_BANDS] = self._limited(x[near, :N_BANDS] * self.raw_gain) / self.raw_gain
        return y, None

    def _limited(self, raw: Array) -> Array:
        power = raw.sum(axis=1, keepdims=True)
        a = np.sqrt(2.0 * energy_of_db(self.overload_db) / power)
        inside = erf(a / np.sqrt(2.0))
        tail = np.sqrt(2.0 / np.pi) * a * np.exp(-0.5 * a * a)
        out = power * (inside - tail + a * a * (1.0 - inside))
        centre_hz = BANDS.centre_hz
        knee_hz = 3.0 * np.sqrt((raw * centre_hz**2).sum(axis=1, keepdims=True) / power)
        spectrum = BANDS.width_hz / (1.0 + (centre_hz / knee_hz) ** 4)
        spectrum /= spectrum.sum(axis=1, keepdims=True)
        return np.asarray(raw * inside**2 + (out - power * inside**2) * spectrum)

    def describe(self, carry: None) -> st.Description:
        """Overload point and the gain in front of it."""
        return st.as_description({"overload_db": self.overload_db, "raw_gain": self.raw_gain})


@dataclass(frozen=True, slots=True, eq=False)
class GainShift(st.TemperatureError):
    """Gain of the electronics that follows their temperature: one slope for all levels [dB/K]."""

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> Array:
        """Slope of this unit on every channel, (channel,)."""
        return np.asarray((self.per_k + self.spread_per_k * unit_rng.standard_normal()) * LEVELS)

    def gain_db(self, carry: Array, conditions: Conditions) -> Array:
        """Gain, (time, 1) [dB]."""
        return np.asarray(carry[0] * (conditions.body_k - self.reference_k)[:, None])

    def spread(self, x: Array, carry: Array, conditions: Conditions) -> Array:
        """What nobody has corrected, (time, channel) [dB]."""
        away_k = np.abs(conditions.body_k - self.reference_k)
        return np.outer(np.hypot(self.per_k, self.spread_per_k) * away_k, LEVELS)


@dataclass(frozen=True, slots=True, eq=False)
class GainDrift(st.Drift):
    """Gain that moves with age: one rate for all levels [dB/day]."""

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> DriftState:
        """Rate of this unit on every channel."""
        rate = self.per_day + self.spread_per_day * unit_rng.standard_normal()
        return DriftState(np.asarray(rate * LEVELS), np.zeros(n_channels))

    def gain_db(self, carry: DriftState, conditions: Conditions) -> Array:
        """Gain, (time, 1) [dB]."""
        age_days = self.age_days + conditions.t_s / DAY_S
        return np.asarray(carry.per_day[0] * age_days[:, None])

    def apply(
        self, x: Array, carry: DriftState, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, DriftState]:
        """Levels by the gain of the moment, (time, channel)."""
        return x + LEVELS * self.gain_db(carry, conditions), carry

    def spread(self, x: Array, carry: DriftState, conditions: Conditions) -> Array:
        """What the age may be expected to have moved, (channel,) [dB]."""
        return np.asarray(np.hypot(self.per_day, self.spread_per_day) * self.age_days * LEVELS)
