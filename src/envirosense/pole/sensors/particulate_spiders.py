"""Animals in the beam of a particle counter."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.stages import Description, Draws, as_description
from envirosense.instruments.stages.faults import change_chances
from envirosense.instruments.stages.kernels import hold, two_state
from envirosense.instruments.stages.spells import NEVER, Spells


@dataclass(frozen=True, slots=True)
class SpiderState:
    """Whether something is in the beam, and how much it reflects in normal units, both (1,)."""

    present: Array
    size: Array


@dataclass(frozen=True, slots=True, eq=False)
class Spider(Draws):
    """Animals and threads in the beam, for exponential times of mean `stay_s`.

    Each shows as a lognormal PM2.5 of its own that adds `shape` (channel,) per ug/m3. They come every
    `between_s` on average; while the fault is on, at once and then every `infested_s` over its severity.
    """

    name: str
    between_s: float
    infested_s: float
    stay_s: float
    median_ug_m3: float
    spread_ln: float
    shape: Array
    infested: Spells = NEVER

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> SpiderState:
        """Nothing in the beam."""
        return SpiderState(np.zeros(1), np.full(1, np.nan))

    def apply(
        self, x: Array, carry: SpiderState, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, SpiderState]:
        """Signal with what the animals add, (time, channel)."""
        draws = noise_rng.random((x.shape[0], 2))  # whether one comes or goes; its size
        arrivals_hz = np.full(x.shape[0], 1.0 / self.between_s)
        if self.infested:
            arrivals_hz = arrivals_hz + self.infested.severity(conditions.t_s) / self.infested_s
        present, size = carry.present.copy(), carry.size.copy()
        comes, goes = change_chances(conditions.dt_s, 1.0 / arrivals_hz, self.stay_s)
        begins = self._begins(conditions)
        comes[begins], goes[begins] = 1.0, 0.0
        here = two_state(np.ascontiguousarray(draws[:, :1]), present, comes, goes)
        if not (here.any() or carry.present.any()):
            return x, SpiderState(present, np.full(1, np.nan))
        arrives = here[:, 0] > np.concatenate((carry.present, here[:-1, 0]))
        size_ln = hold(np.ascontiguousarray(draws[:, 1:]), size, (~arrives).astype(np.float64)[:, None])[:, 0]
        shown_ug_m3 = np.where(here[:, 0] > 0.0, self.median_ug_m3 * self._factor(size_ln), 0.0)
        return x + shown_ug_m3[:, None] * self.shape, SpiderState(present, size)

    def _begins(self, conditions: Conditions) -> npt.NDArray[np.bool_]:
        """Ticks at which the fault begins, (time,)."""
        now, before = (self.infested.severity(conditions.t_s - lag_s) for lag_s in (0.0, conditions.dt_s))
        return np.asarray((now > 0.0) & (before == 0.0))

    def _factor(self, quantile: Array) -> Array:
        from scipy.special import ndtri

        return np.asarray(np.exp(self.spread_ln * ndtri(np.clip(quantile, 1e-9, 1.0 - 1e-9))))

    def describe(self, carry: SpiderState) -> Description:
        """How often, how long, how large, and whether one is there."""
        return as_description(
            {
                "between_s": self.between_s,
                "stay_s": self.stay_s,
                "median_ug_m3": self.median_ug_m3,
                "spread_ln": self.spread_ln,
                "is_present": carry.present[0],
            }
        )
