"""A challenger against the running version on the same units: what is gained, and what falls too far."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import special

from envirosense.core.errors import DatasetError
from envirosense.learning.judging.ranking import is_ranked_worse
from envirosense.learning.judging.results import Comparison, ModelEvaluation, Regression
from envirosense.learning.tasks import LOWER_IS_BETTER, Metric, ModelTask

type Bools = npt.NDArray[np.bool_]
type Pair = tuple[ModelEvaluation, ModelEvaluation]  # champion and challenger

_CHANCE: Final = 0.05  # one-sided, of the sign test and the bootstrap
_TINY: Final = 1e-12


def compared(champion: ModelEvaluation, challenger: ModelEvaluation, task: ModelTask) -> Comparison:
    """Gains and regressions of a challenger.

    A gated metric regresses when it is worse by more than `most_fall`, relative to the champion's. False
    alarms regress when the share of quiet units falls that far, or when they are that far above the
    champion's, and above what the task allows, by more than chance.

    Raises:
        DatasetError: if the two were judged on different samples.
    """
    if champion.test_hash != challenger.test_hash:
        raise DatasetError(
            "champion and challenger were judged on different samples; judge both on the same set"
        )
    gains: dict[Metric, float] = {}
    for name, before in champion.overall.items():
        after = challenger.overall[name]
        if before.value is not None and after.value is not None:
            gains[name] = after.value - before.value
    pair = (champion, challenger)
    found = [*_overall(pair, task), *_in_slices(pair, task)]
    return Comparison(champion.model_id, challenger.model_id, gains, tuple(found))


def _overall(pair: Pair, task: ModelTask) -> Iterator[Regression]:
    units = pair[0].units
    everything = None if units is None else np.ones(len(units), dtype=bool)
    for metric in task.gated:
        values = (pair[0].value(metric), pair[1].value(metric))
        yield from _regression("overall", metric, values, task, pair, everything, is_many=True)


def _in_slices(pair: Pair, task: ModelTask) -> Iterator[Regression]:
    for before, after in zip(pair[0].slices, pair[1].slices, strict=True):
        for metric in task.gated:
            n = before.n_units if metric == "pr_auc" else before.metrics[metric].n
            if n < task.least_units:
                continue
            values = (before.metrics[metric].value, after.metrics[metric].value)
            is_many = n >= task.enough_units
            yield from _regression(before.name, metric, values, task, pair, before.chosen, is_many)


def _regression(
    where: str, metric: Metric, values: tuple[float | None, float | None], task: ModelTask, pair: Pair,
    chosen: Bools | None, is_many: bool,
) -> Iterator[Regression]:  # fmt: skip
    """The regression of one metric in one place, if there is one."""
    before, after = values
    if before is None:
        return
    if after is None:
        yield Regression(where, metric, before, float("nan"), 1.0, before)
        return
    if metric in LOWER_IS_BETTER:
        held_to = max(before, task.alarm_share)
        fallen = (after - held_to) / held_to
        is_far = (after - before) / max(1.0 - before, _TINY) > task.most_fall + _TINY
        if fallen > task.most_fall + _TINY and (is_far or _is_beyond_chance(metric, pair, chosen)):
            yield Regression(where, metric, before, after, fallen, held_to)
        return
    fallen = (before - after) / before if before else 0.0
    if fallen > task.most_fall + _TINY and (is_many or _is_beyond_chance(metric, pair, chosen)):
        yield Regression(where, metric, before, after, fallen, before)


def _is_beyond_chance(metric: Metric, pair: Pair, chosen: Bools | None) -> bool:
    """Whether a fall is more than chance: by a paired bootstrap of a ranking, else by the exact sign test."""
    if chosen is None:
        return False
    if metric == "pr_auc":
        before, after = pair[0].ranking, pair[1].ranking
        return before is not None and after is not None and is_ranked_worse(before, after, chosen, _CHANCE)
    return _is_lost_more(metric, pair, chosen)


def _is_lost_more(metric: Metric, pair: Pair, chosen: Bools) -> bool:
    """Whether more units of the metric's kind were lost than won."""
    champion, challenger = pair[0].units, pair[1].units
    if champion is None or challenger is None:
        return False
    about = chosen & (~champion.positive if metric in LOWER_IS_BETTER else champion.positive)
    lost = int((about & champion.right & ~challenger.right).sum())
    won = int((about & ~champion.right & challenger.right).sum())
    return lost > won and float(special.betainc(lost, won + 1, 0.5)) <= _CHANCE
