"""The last thing that happens to a value: range and resolution of the output."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.stages.contract import Description, as_description


@dataclass(frozen=True, slots=True, eq=False)
class ClipQuantise:
    """Nearest multiple of `step` within `low`..`high`; a channel with a `period` wraps instead.

    Belongs at the end, once: a clip before noise would lift the mean of a zero signal by 0.40 sigma.
    """

    name: str
    step: float | Array
    low: float | Array
    high: float | Array
    period: float | Array = 0.0  # 0: the channel does not wrap

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        """Nothing to remember."""

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Output codes in their unit, (time, channel); missing values stay missing."""
        y = np.divide(x, self.step)
        np.rint(y, out=y)
        y *= self.step
        y += 0.0  # turns -0.0 into 0.0
        np.clip(y, self.low, self.high, out=y)
        period = np.broadcast_to(self.period, x.shape[1:])
        for c in np.flatnonzero(period):
            y[:, c] = np.where(y[:, c] >= period[c], y[:, c] - period[c], y[:, c])
        return y, None

    def spread(self, x: Array, carry: None, conditions: Conditions) -> float | Array:
        """Of rounding to a step."""
        return np.asarray(self.step) / math.sqrt(12.0)

    def at_limit(self, y: Array) -> npt.NDArray[np.bool_]:
        """Ticks at which a channel stands at an end of its range, (time,).

        A range that begins at zero has no lower limit in this sense, nor has an angle any.
        """
        step, low, high, period = (
            np.broadcast_to(value, y.shape[1:]) for value in (self.step, self.low, self.high, self.period)
        )
        straight = period == 0.0
        least = np.where(straight & (low != 0.0), low + 0.5 * step, -np.inf)
        most = np.where(straight, high - 0.5 * step, np.inf)
        found = np.zeros(y.shape[0], np.bool_)
        for channel in range(y.shape[1]):  # a reduction over so short an axis costs more
            found |= (y[:, channel] <= least[channel]) | (y[:, channel] >= most[channel])
        return found

    def describe(self, carry: None) -> Description:
        """Resolution and range."""
        return as_description({"step": self.step, "low": self.low, "high": self.high, "period": self.period})
