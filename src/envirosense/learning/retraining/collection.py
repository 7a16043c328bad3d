"""What there is to train on and judge by, and what the running model makes of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.rng import stream
from envirosense.learning.feedback.field_log import FieldLog
from envirosense.learning.intervals import by_group
from envirosense.learning.judging.units import UnitOutcomes, unit_outcomes
from envirosense.learning.models.bundle import ModelBundle, alarm_score
from envirosense.learning.retraining.history import RetrainingRun
from envirosense.learning.samples import Samples
from envirosense.learning.tasks import ModelTask

type Floats = npt.NDArray[np.float64]

_DISARMING: Final = frozenset({"degradation", "drift"})  # they would fire again for the same cause


@dataclass(frozen=True, slots=True, eq=False)
class Collection:
    """Everything there is to train on and judge by, at one time.

    Attributes:
        name: Of the last that was collected, such as `cycle_3`.
        samples: All collected samples.
        validation: To choose the threshold on; of groups of its own.
        test: Frozen; of groups of its own.
        watched: Collected samples that were drawn evenly, for drift and degradation; None takes all. Samples
            asked for weak spots differ on purpose.
        accepted_share: Share of the collected records that passed the filters; None where none were.
        field: What people said of alarms on recorded logs, by dataset.
    """

    name: str
    samples: Samples
    validation: Samples
    test: Samples
    watched: Samples | None = None
    accepted_share: float | None = None
    field: tuple[FieldLog, ...] = ()


def unseen(samples: Samples, trained: Samples | None) -> Samples:
    """Samples that the last training did not see."""
    if trained is None:
        return samples
    return samples.select(~np.isin(samples.sample_id, trained.sample_id))


def comparable(trained: Samples | None, watched: Samples | None) -> Samples | None:
    """Samples of the last training to compare watched ones with: those drawn evenly too, or else all."""
    if trained is None or watched is None:
        return trained
    is_even = np.isin(trained.sample_id, watched.sample_id)
    return trained.select(is_even) if is_even.any() else trained


def disarmed(runs: Sequence[RetrainingRun]) -> frozenset[str]:
    """Triggers that were answered and have not been calm since."""
    if not runs:
        return frozenset()
    told = runs[-1].decision
    fired = {one["trigger"] for one in told.get("findings", ()) if one["fired"]}
    answered = fired & _DISARMING if runs[-1].status == "trained" else set()
    return frozenset(answered | set(told.get("disarmed", ())))


def _outcomes(model: ModelBundle, samples: Samples, task: ModelTask) -> UnitOutcomes:
    return unit_outcomes(samples, alarm_score(model, samples) > model.threshold, task)


def share_right(model: ModelBundle, test: Samples, task: ModelTask, seed: int) -> float | None:
    """Lower end of the share of units that a model is right on."""
    if not len(test) or model.card.features != test.features:
        return None
    units = _outcomes(model, test, task)
    right = units.right.astype(np.float64)
    rng = stream(seed, "retraining", "judged")
    found = by_group(lambda weight: float((weight * right).sum() / weight.sum()), units.group, rng)
    return found.value if found.low is None else found.low


def tried(model: ModelBundle, new: Samples, task: ModelTask) -> Floats | None:
    """Share of the units of each new group that the model is right on, before training on them, (group,).

    Groups are in order of first appearance: as they came, which a bet on them needs.
    """
    if not len(new) or model.card.features != new.features:
        return None
    units = _outcomes(model, new, task)
    _, first = np.unique(new.group, return_index=True)
    _, member = np.unique(units.group, return_inverse=True)  # units are by name, not as they came
    right = np.bincount(member, units.right) / np.bincount(member)
    return np.asarray(right[np.argsort(first)], dtype=np.float64)
