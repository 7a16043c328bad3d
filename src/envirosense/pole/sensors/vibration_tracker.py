"""How well a natural frequency is known: from the swinging of the last minutes, above the noise.

A mode shaken by gusts shows as the line P / (1 + x^2) with x = (f - f1) / h, half width h = zeta f1, above a
noise of even density N. The information of its spectrum about f1 is, per second, the integral of
(d ln S / d f1)^2 over frequency (Whittle's likelihood), in closed form 2 pi J / (zeta f1) with
J = s^2 / (c (1 + c)^3), s = P / N, c = sqrt(1 + s). Without noise J = 1, and a record of length T gives a
variance of zeta f1 / (2 pi T). No estimator without bias does better; the device's is taken to do as well.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from envirosense.core.protocols import Array
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.stages import Description, Draws, as_description
from envirosense.pole.sensors.vibration_kernels import follow, swing_information, tracker_gain
from envirosense.pole.sensors.vibration_stages import NATURAL, per_kind

COMMON_HZ: Final = 1.1  # lowest frequency of a pole: within 0.6-1.8 Hz, the project's reference
LEAST_TOLD: Final = 1e-12  # 1/Hz2 in a tick: a calm tells nothing, but must not divide by zero


@dataclass(frozen=True, slots=True)
class Swing:
    """What the device takes for granted of the mode it tracks.

    Damping as a share of critical, density of its noise [mg/sqrt(Hz)], how far the frequency wanders
    [Hz/sqrt(s)] and how well it is known at the start [Hz].
    """

    damping: float
    density: float
    wander: float
    first_hz: float

    def information(self, x: Array) -> Array:
        """What a second tells about the frequencies along and across, (time, 2) [1/(Hz2 s)].

        Of the signal (time, 23) before noise; the energy of the lowest band counts as the mode's.
        """
        return swing_information(x, NATURAL.start, self.damping, self.density)

    def sigma_hz(self, x: Array) -> Array:
        """Error of an estimate that has long run, (time, 2) [Hz]; no more than at the start.

        Half of its variance is noise, the other half lag.
        """
        settled = np.sqrt(self.wander**2 / np.maximum(self.information(x), 1e-12))
        return np.sqrt(np.minimum(settled, self.first_hz**2))


@dataclass(frozen=True, slots=True)
class TrackState:
    """Variance of the estimate [Hz2] and where it stands [Hz], (2,) each."""

    variance: Array
    value: Array


@dataclass(frozen=True, slots=True, eq=False)
class FrequencyLag:
    """Estimate that follows the frequency as fast as the swinging allows; in a calm it stands still."""

    name: str
    swing: Swing

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> TrackState:
        """Settled on the first value, known as well as at the start."""
        return TrackState(np.full(2, self.swing.first_hz**2), np.full(2, np.nan))

    def apply(
        self, x: Array, carry: TrackState, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, TrackState]:
        """Frequencies as they are known, (time, 23)."""
        variance, value = carry.variance.copy(), carry.value.copy()
        told = self.swing.information(x) * conditions.dt_s
        gain = tracker_gain(told, variance, self.swing.wander**2 * conditions.dt_s)
        y = x.copy()
        y[:, NATURAL] = follow(x[:, NATURAL], gain, value)
        return y, TrackState(variance, value)

    def describe(self, carry: TrackState) -> Description:
        """Error of the estimate and where it stands."""
        return as_description({"sigma_hz": np.sqrt(carry.variance), "estimate_hz": carry.value})


@dataclass(frozen=True, slots=True, eq=False)
class FrequencyNoise(Draws):
    """Statistical error of the estimate: the swinging is heard with noise, and forgotten as more is."""

    name: str
    swing: Swing

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> TrackState:
        """Error at the start, drawn by its sigma."""
        first_hz = self.swing.first_hz
        return TrackState(np.full(2, first_hz**2), first_hz * unit_rng.standard_normal(2))

    def apply(
        self, x: Array, carry: TrackState, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, TrackState]:
        """Frequencies as they are estimated, (time, 23)."""
        variance, value = carry.variance.copy(), carry.value.copy()
        told = self.swing.information(x) * conditions.dt_s
        gain = tracker_gain(told, variance, self.swing.wander**2 * conditions.dt_s)
        heard_hz = noise_rng.standard_normal(gain.shape) / np.sqrt(np.maximum(told, LEAST_TOLD))
        y = x.copy()
        y[:, NATURAL] += follow(heard_hz, gain, value)
        return y, TrackState(variance, value)

    def spread(self, x: Array, carry: TrackState, conditions: Conditions) -> Array:
        """Error of an estimate that has run since the episode's start in such a motion, (time, 23)."""
        told = self.swing.information(x) * conditions.t_s[:, None]
        first = self.swing.first_hz**2
        y = np.zeros(x.shape)
        y[:, NATURAL] = np.maximum(self.swing.sigma_hz(x), np.sqrt(first / (1.0 + first * told)))
        return y

    def describe(self, carry: TrackState) -> Description:
        """Error expected of the estimate, and the one it has."""
        return as_description({"sigma_hz": np.sqrt(carry.variance), "error_hz": carry.value})


@dataclass(frozen=True, slots=True, eq=False)
class Clock:
    """Frequencies told by a clock that runs a little wrong: lognormal between units."""

    name: str
    spread_ln: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> Array:
        """Rate of this unit's clock, (1,)."""
        return np.asarray(np.exp(self.spread_ln * unit_rng.standard_normal(1)))

    def apply(
        self, x: Array, carry: Array, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Frequencies by that clock, (time, 23)."""
        y = x.copy()
        y[:, NATURAL] *= carry
        return y, carry

    def spread(self, x: Array, carry: Array, conditions: Conditions) -> Array:
        """Error of the frequency of a common pole."""
        return per_kind(0.0, 0.0, self.spread_ln * COMMON_HZ, 0.0)

    def describe(self, carry: Array) -> Description:
        """Rate of this unit's clock."""
        return as_description({"rate": carry[0]})
