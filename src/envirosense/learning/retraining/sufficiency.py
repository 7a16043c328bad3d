"""Is there enough to train on? Every no says how much of what is missing."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Annotated, Any, Final

import numpy as np
import numpy.typing as npt
from pydantic import Field, PositiveInt

from envirosense.core.config import FrozenModel
from envirosense.core.errors import ConfigError
from envirosense.learning.retraining.learning_curve import LearningCurve, learning_curve, score_elsewhere
from envirosense.learning.samples import Samples

type Share = Annotated[float, Field(ge=0, le=1)]

N_BINS: Final = 4  # of a condition that is a number
_MUCH: Final = 10.0  # times as much as there is: beyond it the curve is no guide


class SufficiencyNeeds(FrozenModel):
    """What a kind of model needs before it is worth training.

    Attributes:
        units_per_class: of the training samples.
        groups: such as sites; what is held out together.
        groups_per_class: groups in which each class occurs.
        least_share: share of the units that the rarest class must have.
        accepted_share: share of the collected records that must have passed the quality filters.
        conditions: what the model will meet: the values of a condition, or its range, which is cut into four.
        coverage: share of the values of each condition that must be there.
        unseen_loss: mean recall taken to be lost in conditions never seen where only one was, from which
            nothing can be measured.
        target: mean recall of the classes on held-out groups that training must be expected to reach; None
            asks for counts alone.
    """

    units_per_class: PositiveInt = 3
    groups: PositiveInt = 4
    groups_per_class: PositiveInt = 2
    least_share: Share = 0.01
    accepted_share: Share = 0.7
    conditions: dict[str, tuple[str, ...] | tuple[float, float]] = Field(default_factory=dict)
    coverage: Share = 0.0
    unseen_loss: Share = 0.1  # assumed
    target: Share | None = 0.7


@dataclass(frozen=True, slots=True)
class SufficiencyVerdict:
    """Whether there is enough.

    Attributes:
        is_enough: Whether training may start.
        reasons: What is missing and how much of it, one sentence each; empty where nothing is.
        expected: Mean recall of the classes that training should reach on held-out groups; None where it
            could not be measured or was not asked for.
        curve: What the expectation comes from.
        cautions: What the expectation had to assume, in words.
    """

    is_enough: bool
    reasons: tuple[str, ...]
    expected: float | None = None
    curve: LearningCurve | None = None
    cautions: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """All of it as plain data."""
        return asdict(self)


class DataSufficiencyChecker:
    """Judges training samples against what a kind of model needs."""

    def __init__(self, needs: SufficiencyNeeds | None = None, seed: int = 0) -> None:
        self.needs: Final = needs or SufficiencyNeeds()
        self.seed: Final = seed

    def check(self, samples: Samples, accepted_share: float | None = None) -> SufficiencyVerdict:
        """Verdict on training samples.

        Args:
            samples: that would be trained on.
            accepted_share: share of the collected records that passed the filters; None where none were.

        Raises:
            ConfigError: if the needs name a condition that the samples lack.
        """
        places = {name: _cells(samples, name, wanted) for name, wanted in self.needs.conditions.items()}
        short = [
            *_few_units(samples, self.needs),
            *_few_groups(samples, self.needs),
            *_few_conditions(places, self.needs),
            *_poor_quality(accepted_share, self.needs),
        ]
        if short or self.needs.target is None:
            return SufficiencyVerdict(not short, tuple(short))
        curve = learning_curve(samples, self.seed)
        expected, unseen = self._expected(samples, curve, places)
        weak = tuple(_weak(samples, curve, expected, unseen, self.needs.target))
        return SufficiencyVerdict(not weak, weak, expected, curve, _assumed(places, self.needs))

    def _expected(
        self, samples: Samples, curve: LearningCurve, places: Mapping[str, "_Cells"]
    ) -> tuple[float, "_Unseen | None"]:
        """Score where the model will work: seen conditions as in the curve, others as when left out."""
        gaps = [(len(one.missing) / len(one.names), name) for name, one in places.items() if one.missing]
        if not gaps:
            return curve.at(1.0), None
        share, name = max(gaps)
        one = places[name]
        if len(one.seen) < 2:
            elsewhere = max(curve.at(1.0) - self.needs.unseen_loss, 1.0 / len(samples.classes))
        else:
            known = one.cell >= 0
            elsewhere = score_elsewhere(samples.select(known), one.cell[known], curve, self.seed)
        return (1 - share) * curve.at(1.0) + share * elsewhere, _Unseen(name, one.missing, elsewhere)


@dataclass(frozen=True, slots=True)
class _Unseen:
    condition: str
    missing: tuple[str, ...]
    score: float


@dataclass(frozen=True, slots=True)
class _Cells:
    """Values of a condition that the model will meet, and which of them each sample is from, -1 for none."""

    name: str
    names: tuple[str, ...]
    cell: npt.NDArray[np.intp]

    @property
    def seen(self) -> tuple[str, ...]:
        return tuple(name for at, name in enumerate(self.names) if np.any(self.cell == at))

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(name for name in self.names if name not in self.seen)


def _cells(samples: Samples, name: str, wanted: tuple[str, ...] | tuple[float, float]) -> _Cells:
    if name not in samples.slices:
        known = ", ".join(sorted(samples.slices))
        raise ConfigError(f"conditions.{name}", name, f"is no condition of the samples; they have {known}")
    values = samples.slices[name]
    if isinstance(wanted[0], str):
        names = tuple(str(one) for one in wanted)
        place = {one: at for at, one in enumerate(names)}
        return _Cells(
            name, names, np.array([place.get(str(one), -1) for one in values.tolist()], dtype=np.intp)
        )
    low, high = float(wanted[0]), float(wanted[1])
    edges = np.linspace(low, high, N_BINS + 1)
    numbers = np.asarray(values, dtype=np.float64)
    inside = (numbers >= low) & (numbers <= high)
    at = np.clip(np.searchsorted(edges, numbers, side="right") - 1, 0, N_BINS - 1)
    unit = samples.slice_units.get(name, "")
    names = tuple(f"{a:g} to {b:g} {unit}".strip() for a, b in pairwise(edges))
    return _Cells(name, names, np.where(inside, at, -1).astype(np.intp))


def _few_units(samples: Samples, needs: SufficiencyNeeds) -> Iterator[str]:
    if len(samples.classes) < 2:
        only = f"only {samples.classes[0]}" if samples.classes else "nothing"
        yield f"holds {only}: needs {needs.units_per_class} units of at least one other class"
    n_units = len(np.unique(samples.unit))
    for name in samples.classes:
        n = len(np.unique(samples.unit[samples.y == name]))
        if n < needs.units_per_class:
            yield f"needs {needs.units_per_class - n} more units of class {name} (has {n})"
        elif n < needs.least_share * n_units:
            more = math.ceil((needs.least_share * n_units - n) / (1 - needs.least_share))
            yield (
                f"needs {more} more units of class {name} for a share of {needs.least_share:.0%} "
                f"(has {n} of {n_units})"
            )


def _few_groups(samples: Samples, needs: SufficiencyNeeds) -> Iterator[str]:
    n = len(samples.groups)
    if n < needs.groups:
        yield f"needs {needs.groups - n} more groups (has {n})"
    for name in samples.classes:
        n = len(np.unique(samples.group[samples.y == name]))
        if n < needs.groups_per_class:
            yield f"needs class {name} in {needs.groups_per_class - n} more groups (has it in {n})"


def _few_conditions(places: Mapping[str, _Cells], needs: SufficiencyNeeds) -> Iterator[str]:
    for name, one in places.items():
        wanted = math.ceil(needs.coverage * len(one.names))
        if len(one.seen) < wanted:
            listed = ", ".join(one.missing)
            yield (
                f"needs {wanted - len(one.seen)} more values of {name} (has {len(one.seen)} of "
                f"{len(one.names)}; missing: {listed})"
            )


def _assumed(places: Mapping[str, _Cells], needs: SufficiencyNeeds) -> tuple[str, ...]:
    return tuple(
        f"only one value of {name} was seen ({', '.join(one.seen)}): a loss of {needs.unseen_loss:.2f} "
        f"in the {len(one.missing)} others is assumed, not measured"
        for name, one in places.items()
        if len(one.seen) < 2 and one.missing
    )


def _poor_quality(accepted_share: float | None, needs: SufficiencyNeeds) -> Iterator[str]:
    if accepted_share is not None and accepted_share < needs.accepted_share:
        yield (
            f"needs {needs.accepted_share:.0%} of the collected records to pass the quality filters "
            f"({accepted_share:.0%} do); mend the source of the refused ones"
        )


def _weak(
    samples: Samples, curve: LearningCurve, expected: float, unseen: _Unseen | None, target: float
) -> Iterator[str]:
    """What would lift the expected score to the target, in words."""
    if expected >= target:
        return
    said = f"expects a mean recall of {expected:.2f} on held-out groups, needs {target:.2f}"
    if unseen is not None:
        listed = ", ".join(unseen.missing)
        yield (
            f"{said}: needs samples of {len(unseen.missing)} more values of {unseen.condition} ({listed}), "
            f"where it expects {unseen.score:.2f}"
        )
        if curve.at(1.0) >= target:
            return
    share = curve.share_for(target)
    n_groups, n_units = len(samples.groups), len(np.unique(samples.unit))
    if share <= _MUCH:
        yield (
            f"{said}: needs about {math.ceil((share - 1) * n_groups)} more groups with "
            f"{math.ceil((share - 1) * n_units)} more units like these"
        )
    else:
        yield (
            f"{said}: more of the same levels off at {curve.ceiling:.2f}; "
            "needs features or conditions that tell the classes apart"
        )
