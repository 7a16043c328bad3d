"""What the next cycle asks the simulator for: weak spots, and even draws so that nothing starves."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
from pydantic import Field, NonNegativeInt

from envirosense.core.config import FrozenModel
from envirosense.core.errors import ConfigError
from envirosense.factory.weak_spots import WeakSpot, episodes_of_spots
from envirosense.learning.active.evidence import ModelOutputs
from envirosense.learning.active.manager import ActiveLearningManager
from envirosense.learning.active.slice_cases import SCENARIO
from envirosense.learning.active.slices import WeakSlice
from envirosense.learning.judging.units import unit_outcomes
from envirosense.learning.loop.subject import LoopSubject
from envirosense.learning.models.bundle import ModelBundle, alarm_score
from envirosense.learning.retraining.sufficiency import SufficiencyNeeds
from envirosense.learning.samples import Samples
from envirosense.learning.tasks import ModelTask

_MOST_SHOWN: Final = 6


class Question(FrozenModel):
    """A weak spot in words; `refusal` says why it cannot be asked for, `left_out` which part of it cannot.

    `origin` is `feedback` where people reported it, and else `held out`.
    """

    words: str
    p: float
    error: float
    error_outside: float
    n_cases: NonNegativeInt
    ranges: dict[str, Any] = Field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    refusal: str = ""
    origin: str = "held out"

    def __str__(self) -> str:
        source = " from feedback" if self.origin == "feedback" else ""
        return f"weak spot{source}: {self.words}" + (
            f" (not asked for: {self.refusal})" if self.refusal else ""
        )


class Part(FrozenModel):
    """Episodes of a weak spot, or even draws where there is none."""

    spot: WeakSpot | None = None
    episodes: NonNegativeInt


class Plan(FrozenModel):
    """What a cycle generates."""

    asked: tuple[Part, ...]

    @classmethod
    def of(cls, parts: Sequence[tuple[WeakSpot | None, int]]) -> "Plan":
        """Plan of spots and episodes."""
        return cls(asked=tuple(Part(spot=spot, episodes=n) for spot, n in parts if n))

    @property
    def parts(self) -> list[tuple[WeakSpot | None, int]]:
        """Spot and episodes of each part."""
        return [(one.spot, one.episodes) for one in self.asked]

    @property
    def said(self) -> str:
        """In words."""
        even = sum(one.episodes for one in self.asked if one.spot is None)
        spots = [one for one in self.asked if one.spot is not None]
        targeted = sum(one.episodes for one in spots)
        said = f"{even} episodes drawn evenly"
        if not spots:
            return said
        n_told = sum(one.spot is not None and one.spot.origin == "feedback" for one in spots)
        told = f" ({n_told} of them from feedback)" if n_told else ""
        return f"{said}, {targeted} from {len(spots)} places where more is needed{told}"


def asked_next(
    manager: ActiveLearningManager,
    model: ModelBundle,
    validation: Samples,
    episodes: int,
    in_the_field: Sequence[WeakSlice] = (),
) -> tuple[list[Question], Plan]:
    """Weak spots, those of the field first, then those on validation groups, and the next cycle's plan."""
    outputs = ModelOutputs(
        validation,
        model.score(validation),
        model.classes,
        model.threshold,
        model.negative,
        model.score_members(validation),
    )
    found = (*in_the_field, *manager.identify_weak_spots(outputs))
    plan = Plan.of(manager.plan(found, episodes))
    return [_question(manager, one) for one in found[:_MOST_SHOWN]], plan


def lacking_plan(samples: Samples, needs: SufficiencyNeeds, subject: LoopSubject, episodes: int) -> Plan:
    """Half of the episodes for scenarios of classes that are too rare to train on; the rest even draws."""
    spots: list[WeakSpot] = []
    for name in samples.classes if SCENARIO in samples.slices else ():
        rows = samples.y == name
        lacking = needs.units_per_class - len(np.unique(samples.unit[rows]))
        if name == subject.task.negative or lacking <= 0:
            continue
        scenarios = np.unique(samples.slices[SCENARIO][rows]).tolist()
        reason = f"{lacking} more units of class {name} are needed"
        found = [WeakSpot(scenario=str(one), weight=lacking, reason=reason) for one in scenarios]
        spots += [one for one in found if _can_be_asked(subject, one)]
    n = episodes // 2 if spots else 0
    counts = episodes_of_spots([one.weight for one in spots], n) if spots else []
    return Plan.of([(None, episodes - n), *zip(spots, counts, strict=True)])


def _can_be_asked(subject: LoopSubject, spot: WeakSpot) -> bool:
    try:
        subject.request_for(spot, 1, 0)
    except ConfigError:
        return False
    return True


def family_loss(model: ModelBundle, validation: Samples, task: ModelTask) -> Mapping[str, float]:
    """Share of wrong units of each family of scenarios on validation groups: what asking is rewarded by."""
    if SCENARIO not in validation.slices:
        return {}
    units = unit_outcomes(validation, alarm_score(model, validation) > model.threshold, task)
    family = np.array([str(one).partition("/")[0] for one in validation.slices[SCENARIO][units.first]])
    return {str(name): float(1.0 - units.right[family == name].mean()) for name in np.unique(family)}


def family_costs(plan: Plan) -> Mapping[str, float]:
    """Episodes that a plan spends on each family that it names."""
    costs: dict[str, float] = {}
    for spot, episodes in plan.parts:
        if spot is not None and "*" not in spot.scenario.partition("/")[0]:
            name = spot.scenario.partition("/")[0]
            costs[name] = costs.get(name, 0.0) + episodes
    return costs


def teach(
    manager: ActiveLearningManager, losses: Sequence[Mapping[str, float]], plans: Sequence[Plan]
) -> None:
    """Tell a manager what every round so far taught; made anew each cycle, it is the same after a kill.

    Args:
        manager: has learned nothing yet.
        losses: of the families after each cycle, oldest first.
        plans: what was asked for between each two of them.
    """
    for (before, after), plan in zip(pairwise(losses), plans, strict=True):
        known = before.keys() & after.keys()
        costs = {name: cost for name, cost in family_costs(plan).items() if name in known}
        manager.learn(before, after, costs)


def _question(manager: ActiveLearningManager, one: WeakSlice) -> Question:
    changes = manager.suggest_scenario_modifications([one])
    refusals = [change.refusal for change in changes if change.refusal]
    return Question(
        words=one.words,
        p=one.p,
        error=one.error,
        error_outside=one.error_outside,
        n_cases=one.n_cases,
        ranges={
            name: list(found) if isinstance(found, tuple) else found for name, found in one.ranges.items()
        },
        left_out=tuple(dict.fromkeys(text for change in changes for text in change.left_out)),
        refusal=refusals[0] if len(refusals) == len(changes) and refusals else "",
        origin=one.origin,
    )
