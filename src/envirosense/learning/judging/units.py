"""Samples of one unit taken together: was there something, and was there an alarm?"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import DatasetError
from envirosense.learning.samples import Samples
from envirosense.learning.tasks import ModelTask

type Floats = npt.NDArray[np.float64]
type Bools = npt.NDArray[np.bool_]
type Texts = npt.NDArray[np.str_]


@dataclass(frozen=True, slots=True, eq=False)
class UnitOutcomes:
    """One row a unit, sorted by its name.

    Attributes:
        unit: (unit,)
        group: (unit,)
        label: Its class: the commonest positive one, or the negative class.
        positive: Whether any of its samples is of a positive class.
        alarmed: Of a positive unit, an alarm on a positive sample; of a negative one, any alarm.
        first: A sample of the unit, to read its conditions from: the first positive one, or the first.
    """

    unit: Texts
    group: Texts
    label: Texts
    positive: Bools
    alarmed: Bools
    first: npt.NDArray[np.intp]

    @property
    def right(self) -> Bools:
        """Whether there was an alarm exactly where something was, (unit,)."""
        return np.asarray(self.alarmed == self.positive)

    def __len__(self) -> int:
        return len(self.unit)

    def select(self, chosen: Bools) -> "UnitOutcomes":
        """Some of the units."""
        return UnitOutcomes(**{name: getattr(self, name)[chosen] for name in self.__slots__})


def unit_outcomes(samples: Samples, alarm: Bools, task: ModelTask) -> UnitOutcomes:
    """Outcome of every unit under the alarms of its samples, (sample,).

    Raises:
        DatasetError: if a unit is in two groups.
    """
    names, first, member = np.unique(samples.unit, return_index=True, return_inverse=True)
    if np.any(samples.group[first][member] != samples.group):
        odd = str(samples.unit[samples.group[first][member] != samples.group][0])
        raise DatasetError(f"unit {odd!r} is in two groups; a unit belongs to one site or home")
    is_positive = np.asarray(samples.y != task.negative)
    positive = np.bincount(member, is_positive, len(names)) > 0
    counts = np.where(positive[member], alarm & is_positive, alarm)
    label, first = samples.y[first].copy(), first.copy()
    for rows in np.split(np.argsort(member, kind="stable"), np.cumsum(np.bincount(member))[:-1]):
        if rows.size and is_positive[rows].any():
            found, times = np.unique(samples.y[rows][is_positive[rows]], return_counts=True)
            at = member[rows[0]]
            label[at], first[at] = found[times.argmax()], rows[is_positive[rows].argmax()]
    alarmed = np.bincount(member, counts, len(names)) > 0
    return UnitOutcomes(names, samples.group[first], label, positive, alarmed, first)


def threshold_for(samples: Samples, score: Floats, task: ModelTask) -> float:
    """Least threshold at which no more than `alarm_share` of the negative units have an alarm.

    Args:
        samples: of validation groups, which training did not see.
        score: alarm score, (sample,).
        task: says which share.

    Raises:
        DatasetError: without a negative unit there is nothing to choose it on.
    """
    names, member = np.unique(samples.unit, return_inverse=True)
    greatest = np.full(len(names), -np.inf)
    np.maximum.at(greatest, member, score)
    is_positive = np.bincount(member, samples.y != task.negative, len(names)) > 0
    quiet = np.sort(greatest[~is_positive])[::-1]
    if not quiet.size:
        raise DatasetError(
            f"validation samples hold no unit of class {task.negative!r}: no threshold; add some"
        )
    return float(quiet[int(task.alarm_share * quiet.size)])
