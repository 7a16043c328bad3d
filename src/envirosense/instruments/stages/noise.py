"""Noise of a transducer: white, one over f, random walk.

Densities are one-sided: white noise of density e [unit/sqrt(Hz)] averaged over a tick of dt has
sigma e / sqrt(2 dt), so its spectrum does not depend on the tick.
"""

import math
from dataclasses import dataclass

import numpy as np

from envirosense.core.protocols import Array
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.stages.contract import Description, as_description, per_channel
from envirosense.instruments.stages.kernels import autoregression, autoregression_sum


def white_sigma(density: float | Array, interval_s: float) -> float | Array:
    """Standard deviation of white noise in a mean over an interval, in the unit of density * sqrt(Hz)."""
    return density / math.sqrt(2.0 * interval_s)


@dataclass(frozen=True, slots=True, eq=False)
class WhiteNoise:
    """Independent noise of a one-sided density [unit/sqrt(Hz)], less in readings averaged for longer."""

    name: str
    density: float | Array

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        """Nothing to remember."""

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Signal with noise, (time, channel)."""
        sigma = white_sigma(self.density, max(conditions.dt_s, conditions.averaged_s))
        return x + sigma * noise_rng.standard_normal(x.shape), None

    def spread(self, x: Array, carry: None, conditions: Conditions) -> float | Array:
        """Noise of one reading."""
        return white_sigma(self.density, max(conditions.dt_s, conditions.averaged_s))

    def describe(self, carry: None) -> Description:
        """Density."""
        return as_description({"density_per_sqrt_hz": self.density})


@dataclass(frozen=True, slots=True, eq=False)
class FlickerNoise:
    """Noise of spectrum h / f with a flat Allan deviation, from Ornstein-Uhlenbeck terms.

    Terms of equal variance and relaxation times a factor `_RATIO` apart add to h / f within 0.4 %
    between the shortest and the longest. Allan floor^2 = 2 ln 2 h (closed form for 1 / f), and
    h = variance / ln(ratio). Each term is weighted so that its spectrum at low frequency is that
    of the continuous process whatever the tick.
    """

    name: str
    allan_floor: float | Array
    shortest_s: float
    longest_s: float

    _RATIO = 4.0  # ripple 2 / cosh(pi^2 / ln 4) = 0.3 % of the spectrum

    def _taus_s(self) -> Array:
        n_terms = 1 + round(math.log(self.longest_s / self.shortest_s, self._RATIO))
        return self.shortest_s * self._RATIO ** np.arange(n_terms, dtype=np.float64)

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> Array:
        """Every term at a draw of its stationary law, (term, channel)."""
        sigma = per_channel(self.allan_floor, n_channels) * self._sigma_per_floor()
        return np.asarray(sigma * unit_rng.standard_normal((self._taus_s().size, n_channels)))

    def _sigma_per_floor(self) -> float:
        return math.sqrt(math.log(self._RATIO) / (2.0 * math.log(2.0)))

    def apply(
        self, x: Array, carry: Array, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Signal with noise, (time, channel)."""
        state = carry.copy()
        ratio = conditions.dt_s / self._taus_s()
        keep = np.exp(-ratio)
        weight = np.sqrt(2.0 / ratio * np.tanh(ratio / 2.0))
        sigma = per_channel(self.allan_floor, x.shape[1]) * self._sigma_per_floor()
        kick = np.sqrt(-np.expm1(-2.0 * ratio))[:, None] * sigma
        noise = noise_rng.standard_normal((x.shape[0], state.size))
        return x + autoregression_sum(noise, state, keep, kick, weight), state

    def spread(self, x: Array, carry: Array, conditions: Conditions) -> float | Array:
        """Stationary sigma of all terms together."""
        return self.allan_floor * self._sigma_per_floor() * math.sqrt(self._taus_s().size)

    def describe(self, carry: Array) -> Description:
        """Allan floor, range of relaxation times and the present excursion."""
        return as_description(
            {
                "allan_floor": self.allan_floor,
                "shortest_s": self.shortest_s,
                "longest_s": self.longest_s,
                "excursion": carry.sum(axis=0),
            }
        )


@dataclass(frozen=True, slots=True)
class WalkState:
    """Step of this unit [unit/sqrt(s)] and where its walk stands, both (channel,)."""

    per_sqrt_s: Array
    value: Array


@dataclass(frozen=True, slots=True, eq=False)
class RandomWalk:
    """Random walk [unit/sqrt(s)], pulled back with a relaxation time unless that is infinite.

    Units differ: the step is lognormal with `unit_spread_ln` around its median. With a pull-back
    the walk starts at a draw of its stationary law, else at zero.
    """

    name: str
    per_sqrt_s: float | Array
    pull_back_s: float = math.inf
    unit_spread_ln: float = 0.0

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> WalkState:
        """Step of this unit and its first value."""
        spread, first = unit_rng.standard_normal((2, n_channels))
        step = per_channel(self.per_sqrt_s, n_channels) * np.exp(self.unit_spread_ln * spread)
        pulled = math.isfinite(self.pull_back_s)
        return WalkState(step, step * math.sqrt(self.pull_back_s / 2.0) * first if pulled else 0.0 * first)

    def apply(
        self, x: Array, carry: WalkState, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, WalkState]:
        """Signal with the walk added, (time, channel)."""
        value = carry.value.copy()
        keep, kick_s = walk_coefficients(conditions.dt_s, self.pull_back_s)
        noise = noise_rng.standard_normal(x.shape)
        walk = autoregression(noise, value, np.full(value.size, keep), carry.per_sqrt_s * math.sqrt(kick_s))
        return x + walk, WalkState(carry.per_sqrt_s, value)

    def spread(self, x: Array, carry: WalkState, conditions: Conditions) -> float | Array:
        """Stationary sigma; of a walk without a pull-back, what it gained since the episode's start."""
        since_s = conditions.t_s[:, None] if math.isinf(self.pull_back_s) else 0.5 * self.pull_back_s
        return self.per_sqrt_s * np.sqrt(since_s)

    def describe(self, carry: WalkState) -> Description:
        """Step of this unit, pull-back (0 for none) and where the walk stands."""
        pull_back_s = self.pull_back_s if math.isfinite(self.pull_back_s) else 0.0
        return as_description(
            {"per_sqrt_s": carry.per_sqrt_s, "pull_back_s": pull_back_s, "excursion": carry.value}
        )


def walk_coefficients(dt_s: float, pull_back_s: float) -> tuple[float, float]:
    """Share kept over a tick, and variance gained per squared step [s]; exact for any tick."""
    if math.isinf(pull_back_s):
        return 1.0, dt_s
    return math.exp(-dt_s / pull_back_s), -0.5 * pull_back_s * math.expm1(-2.0 * dt_s / pull_back_s)
