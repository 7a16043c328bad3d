"""When to stop asking: the next episodes are no longer worth what they cost."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from pydantic import NonNegativeFloat, PositiveInt

from envirosense.core.config import FrozenModel
from envirosense.core.errors import ConfigError

_LEAST_GAIN: Final = 1e-12


class StopRule(FrozenModel):
    """Stops where the predicted gain per unit of cost stays under a floor.

    Attributes:
        floor: Least gain of the score per unit of cost that is worth going on for.
        rounds: So many rounds in a row under it.
        window: Rounds that a prediction is made from.
    """

    floor: NonNegativeFloat = 1e-4
    rounds: PositiveInt = 3
    window: PositiveInt = 4


@dataclass(frozen=True, slots=True)
class StopVerdict:
    """Whether to stop, and why."""

    is_time: bool
    predicted_gain_per_cost: float | None
    reason: str


def judge_stop(rule: StopRule, costs: list[float], scores: list[float]) -> StopVerdict:
    """Verdict on rounds with these costs, after which the scores stood.

    Raises:
        ConfigError: if a cost is not above 0, or the numbers of costs and scores differ.
    """
    if len(costs) != len(scores):
        raise ConfigError("scores", len(scores), f"must be as many as the costs, {len(costs)}")
    for cost in costs:
        if not cost > 0:
            raise ConfigError("cost", cost, "must be above 0")
    if len(scores) < rule.rounds + 1:
        return StopVerdict(False, None, f"{len(scores)} rounds; judged from {rule.rounds + 1} on")
    predicted = [
        predicted_gain_per_cost(costs[:end], scores[:end], rule.window)
        for end in range(len(scores) - rule.rounds + 1, len(scores) + 1)
    ]
    under = [one < rule.floor for one in predicted]
    last = predicted[-1]
    if all(under):
        return StopVerdict(
            True, last, f"{rule.rounds} rounds in a row promise less than {rule.floor:g} per cost"
        )
    return StopVerdict(False, last, f"the next round promises {last:.2g} per cost, floor {rule.floor:g}")


def predicted_gain_per_cost(costs: list[float], scores: list[float], window: int) -> float:
    """Gain of the next unit of cost: slope of the last rounds' best scores over the log of the cost.

    Learning curves rise about evenly in the logarithm of the data, so the slope is over that, and the next
    unit of cost is worth slope / cost so far.
    """
    if len(scores) < 2:
        return np.inf
    spent = np.cumsum(costs)[-window - 1 :]
    best = np.maximum.accumulate(np.asarray(scores, dtype=np.float64))[-window - 1 :]
    across = np.log(spent) - np.log(spent).mean()
    slope = float((across * (best - best.mean())).sum() / max((across**2).sum(), _LEAST_GAIN))
    return max(slope, 0.0) / float(spent[-1])
