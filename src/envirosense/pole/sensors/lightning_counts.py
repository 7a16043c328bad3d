"""What a lightning chip counts: disturbers, and all that gathers between two reports.

Signals are those of `lightning_stages`.
"""

from dataclasses import dataclass

import numpy as np

from envirosense.core.protocols import Array
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.stages import Description, as_description
from envirosense.instruments.stages.contract import Draws
from envirosense.instruments.stages.drift import DAY_S
from envirosense.pole.sensors.lightning_kernels import count_up, poisson
from envirosense.pole.sensors.lightning_stages import DISTURBERS, ENERGY, STRIKES


@dataclass(frozen=True, slots=True)
class DisturberCount(Draws):
    """Disturbers as Poisson counts of a rate that grows with how much noise disturbs, 0 to 1."""

    name: str
    per_day: float  # in a usual place
    noisy_factor: float  # of the rate in full noise
    share: float  # that the filter of the settings passes

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        """Nothing to remember."""

    def expected(self, conditions: Conditions) -> Array:
        """Mean count of each tick, (time,)."""
        per_tick = self.share * self.per_day * conditions.dt_s / DAY_S
        loudness = getattr(conditions, "loudness", None)
        loud = np.zeros(conditions.t_s.size) if loudness is None else np.asarray(loudness)
        return np.asarray(per_tick * (1.0 + (self.noisy_factor - 1.0) * loud))

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Signal with counted disturbers, (time, 4)."""
        y = x.copy()
        y[:, DISTURBERS] = poisson(self.expected(conditions), noise_rng.random(x.shape[:1]))
        return y, None

    def describe(self, carry: None) -> Description:
        """Rates and the share that passes."""
        return as_description(
            {"per_day": self.per_day, "noisy_factor": self.noisy_factor, "share": self.share}
        )


@dataclass(frozen=True, slots=True)
class Counter:
    """Counts gather between reports, which come every `interval_s` or tick, whichever is longer."""

    name: str
    interval_s: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> Array:
        """Events, energy of the last and disturbers since the last report, (3,)."""
        return np.zeros(3)

    def apply(
        self, x: Array, carry: Array, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Signal with what has gathered, (time, 4)."""
        every = max(1, round(self.interval_s / conditions.dt_s))
        if every == 1:
            return x, carry
        state = carry.copy()
        tick = conditions.first_tick + np.arange(x.shape[0])
        reports = (tick % every == 0).astype(np.float64)
        y = np.array(x, order="F")
        count_up(y[:, STRIKES], y[:, ENERGY], y[:, DISTURBERS], reports, state)
        return y, state

    def describe(self, carry: Array) -> Description:
        """Interval and the events that wait."""
        return as_description({"interval_s": self.interval_s, "waiting": carry[0]})
