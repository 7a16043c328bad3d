"""Is the serving version worse in the field than when it was promoted? Two bets on what people said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.rng import stream
from envirosense.learning.deployment.deployment import ModelDeployment
from envirosense.learning.feedback.field_log import FieldAnswers, FieldLog, answers_of
from envirosense.learning.intervals import Estimate, by_group, proportion
from envirosense.learning.judging.units import unit_outcomes
from envirosense.learning.models.bundle import ModelBundle, alarm_score
from envirosense.learning.retraining.config import DegradationSettings
from envirosense.learning.retraining.degradation import degradation
from envirosense.learning.samples import Samples
from envirosense.learning.tasks import ModelTask

type Floats = npt.NDArray[np.float64]
type Bools = npt.NDArray[np.bool_]

_N_BETS: Final = 2  # on events seen and on quiet: each has half of the budget
_MOST_GROUPS: Final = 1000


@dataclass(frozen=True, slots=True, eq=False)
class FieldState:
    """What was said of the serving version, and what its evaluation on the frozen test set promised.

    Attributes:
        recall: Lower end of the share of positive units with an alarm; None where the test holds none.
        false_alarms: Upper end of the share of quiet samples with an alarm.
    """

    answers: FieldAnswers
    recall: float | None
    false_alarms: float | None


@dataclass(frozen=True, slots=True)
class FieldFinding:
    """What the two bets say together."""

    fired: bool
    words: str
    is_calm: bool = True


def field_state(
    logs: Sequence[FieldLog],
    model: ModelBundle | None,
    deployment: ModelDeployment,
    test: Samples,
    task: ModelTask,
    seed: int,
) -> FieldState | None:
    """What is known of the serving version from the field; None where nothing serves, or nobody spoke."""
    serving = deployment.serving()
    if serving is None or model is None or not logs:
        return None
    since = max(one.at_utc for one in deployment.history() if one.to_version == serving.label)
    answers = answers_of(logs, serving.label, datetime.fromisoformat(since))
    return FieldState(answers, *_promised(model, test, task, seed))


def field_fall(state: FieldState, settings: DegradationSettings) -> FieldFinding:
    """Whether either bet was won: that it misses more events, or has more false alarms, than promised."""
    answers, limit = state.answers, _N_BETS / settings.field_alpha
    if not answers.n_events and not answers.n_false:
        return FieldFinding(False, "nobody spoke of the version that serves")
    found = []
    if state.recall is not None and len(answers.seen):
        held = state.recall * (1 - settings.fall)
        found.append(_events(answers, held, limit))
    elif state.recall is not None:
        least = _least_groups(state.recall * (1 - settings.fall), limit)
        found.append(FieldFinding(False, f"no reported event; {_needed(least, 'with one')}"))
    if state.false_alarms is not None and len(answers.quiet):
        found.append(_quiet(answers, min(state.false_alarms * (1 + settings.fall), 1.0), limit))
    if not found:
        return FieldFinding(False, "the test set does not tell what to hold it to")
    words = "; ".join(one.words for one in found)
    return FieldFinding(any(one.fired for one in found), words, all(one.is_calm for one in found))


def _events(answers: FieldAnswers, held: float, limit: float) -> FieldFinding:
    bet, n = degradation(answers.seen, held), len(answers.seen)
    words = (
        f"an alarm at {bet.right:.1%} of {answers.n_events} reported events, by group, in {n} groups, "
        f"held to {held:.1%}, evidence {bet.evidence:.3g} of {limit:g}"
    )
    lacking = _least_groups(held, limit) - n
    if lacking > 0:
        words += f", too few to tell: {_needed(lacking, 'with a reported event')}"
    return FieldFinding(bet.evidence >= limit, words, bet.right >= held)


def _quiet(answers: FieldAnswers, most: float, limit: float) -> FieldFinding:
    """Of false alarms; here right is quiet."""
    bet = degradation(answers.quiet, 1.0 - most)
    words = (
        f"{answers.n_false} false alarms on {1 - bet.right:.2%} of the quiet samples of "
        f"{len(answers.quiet)} groups, held to at most {most:.2%}, evidence {bet.evidence:.3g} of {limit:g}"
    )
    lacking = _least_groups(1.0 - most, limit) - len(answers.quiet)
    if lacking > 0:
        words += f", too few to tell: {_needed(lacking, 'with recorded logs')}"
    return FieldFinding(bet.evidence >= limit, words, bet.right >= bet.held)


def _needed(n: int, which: str) -> str:
    return f"{n} more group{'' if n == 1 else 's'} {which} {'is' if n == 1 else 'are'} needed"


def _least_groups(held: float, limit: float) -> int:
    """Groups that would win the bet if the model were wrong about all: below that nothing can fire."""
    for n in range(1, _MOST_GROUPS):
        if degradation(np.zeros(n), held).evidence >= limit:
            return n
    return _MOST_GROUPS


def _promised(
    model: ModelBundle, test: Samples, task: ModelTask, seed: int
) -> tuple[float | None, float | None]:
    """Recall of units at least, and share of quiet samples with an alarm at most, on the frozen test set."""
    if not len(test) or model.card.features != test.features:
        return None, None
    alarm = np.asarray(alarm_score(model, test) > model.threshold)
    units, quiet = unit_outcomes(test, alarm, task), np.asarray(test.y == task.negative)
    seen, group = units.alarmed[units.positive], units.group[units.positive]
    recall = _shares(seen, group, seed) if len(seen) else None
    false = _shares(alarm[quiet], test.group[quiet], seed) if quiet.any() else None
    return (
        None if recall is None else min(one.low for one in recall if one.low is not None),
        None if false is None else max(one.high for one in false if one.high is not None),
    )


def _shares(hit: Bools, group: npt.NDArray[np.str_], seed: int) -> tuple[Estimate, Estimate]:
    """A share with its interval over groups, and over cases: among groups a share of 0 or 1 has no spread."""
    value, rng = hit.astype(np.float64), stream(seed, "retraining", "field")
    spread = by_group(lambda weight: float((weight * value).sum() / weight.sum()), group, rng)
    return spread, proportion(int(hit.sum()), len(hit))
