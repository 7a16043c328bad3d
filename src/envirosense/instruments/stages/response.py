"""How a transducer follows its quantity: delay, hysteresis, response strength, saturation."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.stages.contract import Description, Transform, as_description, per_channel
from envirosense.instruments.stages.kernels import lag, play


def lag_gain(dt_s: float, tau_s: Array) -> Array:
    """Share of the gap closed in one tick, 1 - exp(-dt / tau); a tau of 0 closes it at once."""
    with np.errstate(divide="ignore"):
        return np.asarray(-np.expm1(-dt_s / tau_s))


@dataclass(frozen=True, slots=True, eq=False)
class Lag:
    """First-order response with its own time constant up and down; exact for steps between ticks.

    The first value counts as settled. tau is the time to 63 % of a step [s], one number or (channel,).
    """

    name: str
    rise_s: float | Array
    fall_s: float | Array

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> Array:
        """Response so far, (channel,); NaN until the first value."""
        return np.full(n_channels, np.nan)

    def apply(
        self, x: Array, carry: Array, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Delayed signal, (time, channel)."""
        state = carry.copy()
        rise, fall = (
            lag_gain(conditions.dt_s, per_channel(tau_s, x.shape[1])) for tau_s in (self.rise_s, self.fall_s)
        )
        return lag(x, state, rise, fall), state

    def describe(self, carry: Array) -> Description:
        """Time constants and the response so far."""
        return as_description({"rise_s": self.rise_s, "fall_s": self.fall_s, "response": carry})


@dataclass(frozen=True, slots=True, eq=False)
class Compress(Transform):
    """ln(G / G0) = beta ln(1 + c / K) of the channels marked; the others pass.

    Metal oxides answer the logarithm of a mixture; K is where the response sets in.
    """

    name: str
    k: Array
    beta: Array
    applies: npt.NDArray[np.bool_]

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        """Nothing to remember."""

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Log response where the channel is compressed, (time, channel)."""
        y = x.copy()
        y[:, self.applies] = self.beta[self.applies] * np.log1p(x[:, self.applies] / self.k[self.applies])
        return y, None

    def slope(self, x: Array, conditions: Conditions) -> float | Array:
        """Beta / (K + c) of the channels that apply."""
        return np.where(self.applies, self.beta / np.maximum(self.k + x, 1e-3 * self.k), 1.0)

    def describe(self, carry: None) -> Description:
        """The law's constants."""
        return as_description({"k": self.k, "beta": self.beta, "applies": self.applies})


@dataclass(frozen=True, slots=True, eq=False)
class Expand(Transform):
    """c = K (exp(ln(G / G0) / beta) - 1) of the channels marked: the inverse of `Compress`."""

    name: str
    k: Array
    beta: Array
    applies: npt.NDArray[np.bool_]

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        """Nothing to remember."""

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Mole fraction again, (time, channel)."""
        y = x.copy()
        y[:, self.applies] = self.k[self.applies] * np.expm1(x[:, self.applies] / self.beta[self.applies])
        return y, None

    def slope(self, x: Array, conditions: Conditions) -> float | Array:
        """K / beta exp(ln(G / G0) / beta) of the channels that apply."""
        grown = np.exp(np.where(self.applies, x / self.beta, 0.0))
        return np.where(self.applies, self.k / self.beta * grown, 1.0)

    def describe(self, carry: None) -> Description:
        """The law's constants."""
        return as_description({"k": self.k, "beta": self.beta, "applies": self.applies})


@dataclass(frozen=True, slots=True, eq=False)
class Saturation:
    """Straight up to a knee, then an exponential approach to the limit; slope is continuous.

    The hard limit of the output belongs to `ClipQuantise`.
    """

    name: str
    knee: float | Array
    limit: float | Array

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        """Nothing to remember."""

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Signal below its limit, (time, channel)."""
        above = x > self.knee
        if not above.any():
            return x, None
        knee, limit = (per_channel(value, x.shape[1]) for value in (self.knee, self.limit))
        room = limit - knee
        excess = np.where(above, x - knee, 0.0)
        return np.where(above, knee - room * np.expm1(-excess / room), x), None

    def describe(self, carry: None) -> Description:
        """Knee and limit."""
        return as_description({"knee": self.knee, "limit": self.limit})


@dataclass(frozen=True, slots=True, eq=False)
class Hysteresis:
    """The reading stays up to `amplitude` behind after a swing of `reach` or more (play operator)."""

    name: str
    amplitude: float | Array
    reach: float | Array

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> Array:
        """Where the play stands, (channel,); NaN until the first value."""
        return np.full(n_channels, np.nan)

    def apply(
        self, x: Array, carry: Array, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Signal that depends on which way it came, (time, channel)."""
        state = carry.copy()
        reach = per_channel(self.reach, x.shape[1])
        behind = x - play(x, state, reach)
        return x - per_channel(self.amplitude, x.shape[1]) * behind / reach, state

    def describe(self, carry: Array) -> Description:
        """Amplitude, reach and where the play stands."""
        return as_description({"amplitude": self.amplitude, "reach": self.reach, "play": carry})
