"""When to train again: each reason says whether it holds, why, and how often it would be wrong."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from envirosense.learning.retraining.config import (
    DegradationSettings,
    DriftSettings,
    ScheduleSettings,
    TriggerSettings,
    VolumeSettings,
)
from envirosense.learning.retraining.degradation import degradation
from envirosense.learning.retraining.drift import feature_drift
from envirosense.learning.retraining.field import FieldState, field_fall
from envirosense.learning.retraining.label_free import Expectation
from envirosense.learning.samples import Samples

type Floats = npt.NDArray[np.float64]

_NEVER: Final = "never: it counts"


@dataclass(frozen=True, slots=True, eq=False)
class RetrainingState:
    """What the triggers look at.

    Attributes:
        now: Time of the look.
        trained: Samples of the last training; None before the first.
        reference: Those of `trained` that `watched` may be compared with; None takes all.
        new: Collected samples that it did not see.
        watched: Those of `new` that were drawn evenly; samples asked for weak spots differ on purpose.
        trained_at: Time of the last training.
        attempted_at: Time of the last training that was tried, whatever came of it.
        judged: Share of the units that the running model was right on when it was evaluated.
        answers: Share of the units of each group that the running model was right on since, in the order
            they came, (group,); groups, as units of one depend on one another.
        expected: How right the running model should be on `watched`, by its own scores.
        field: What people said of it on real devices; None where nobody did.
        manual: A reason given by hand that was not met yet.
        disarmed: Triggers that have fired for this model and were not quiet since.
        seed: Of the draws of this look.
    """

    now: datetime
    new: Samples
    watched: Samples
    trained: Samples | None = None
    reference: Samples | None = None
    trained_at: datetime | None = None
    attempted_at: datetime | None = None
    judged: float | None = None
    answers: Floats | None = None
    expected: Expectation | None = None
    field: FieldState | None = None
    manual: str = ""
    disarmed: frozenset[str] = frozenset()
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """What one trigger says.

    Attributes:
        trigger: Its name.
        fired: Whether it asks for training.
        words: Why, or why not.
        false_alarms: How often it fires where nothing has changed, in words.
        is_calm: Whether a fired trigger may fire again.
    """

    trigger: str
    fired: bool
    words: str
    false_alarms: str
    is_calm: bool = True

    def __str__(self) -> str:
        return f"{self.trigger}: {'fires' if self.fired else 'quiet'}, {self.words}"

    def to_json(self) -> dict[str, Any]:
        """All of it as plain data."""
        return asdict(self)


class Trigger(Protocol):
    """One reason to train again."""

    def look(self, state: RetrainingState) -> Finding:
        """What it says now."""
        ...


@dataclass(frozen=True, slots=True)
class Volume:
    """Enough units that the last training did not see."""

    settings: VolumeSettings

    def look(self, state: RetrainingState) -> Finding:
        """Fires at the number of new units that the settings ask for."""
        n = len(np.unique(state.new.unit))
        seen = 0 if state.trained is None else len(np.unique(state.trained.unit))
        wanted = max(self.settings.new_units, int(np.ceil(self.settings.share * seen)))
        words = f"{n} new units, {wanted} are asked for"
        return Finding("volume", n >= wanted, words, _NEVER)


@dataclass(frozen=True, slots=True)
class Fall:
    """The model is right less often than when it was judged."""

    settings: DegradationSettings

    def look(self, state: RetrainingState) -> Finding:
        """Fires when a bet on its answers has won, or one on what people said of it."""
        tried = self._tried(state)
        if state.field is None:
            return tried
        real, chance = (
            field_fall(state.field, self.settings),
            f"{self.settings.field_alpha:.2%} of real origin",
        )
        return Finding(
            "degradation",
            tried.fired or real.fired,
            f"new samples: {tried.words}; origin real: {real.words}",
            f"{tried.false_alarms}; {chance}",
            is_calm=tried.is_calm and real.is_calm,
        )

    def _tried(self, state: RetrainingState) -> Finding:
        """What it makes of the new samples."""
        budget = f"{self.settings.alpha:.2%} over the life of a model, however often one looks"
        if state.judged is None or state.answers is None or not len(state.answers):
            missing = "no model was judged yet" if state.judged is None else "no group to judge it by since"
            return Finding("degradation", False, missing, budget)
        found = degradation(state.answers, state.judged * (1 - self.settings.fall))
        words = (
            f"right on {found.right:.1%} of the units of {found.n} groups, held to {found.held:.1%}; "
            f"evidence {found.evidence:.3g} of {1 / self.settings.alpha:g}"
        )
        fired = found.evidence >= 1 / self.settings.alpha
        return Finding("degradation", fired, words, budget, is_calm=found.right >= found.held)


@dataclass(frozen=True, slots=True)
class Drift:
    """Features of new samples differ from those of the last training."""

    settings: DriftSettings

    def look(self, state: RetrainingState) -> Finding:
        """Fires when whole groups cannot be exchanged between old and new."""
        budget = f"{self.settings.alpha:.2%} of the collections of a stable stream"
        if state.trained is None or not len(state.watched):
            missing = "nothing was trained on yet" if state.trained is None else "no new samples to compare"
            return Finding("drift", False, missing, budget)
        reference = state.trained if state.reference is None else state.reference
        report = feature_drift(reference, state.watched, state.seed, self.settings.alpha)
        expected = "" if state.expected is None else f"; {state.expected}"
        if not report.can_tell:
            n = len(state.watched.groups)
            words = f"{n} new groups are too few to tell (least p {report.least_p:.2g}){expected}"
            return Finding("drift", False, words, budget)
        first = report.shifts[0]
        words = f"{len(report.found)} of {len(report.shifts)} features changed, foremost {first}{expected}"
        return Finding("drift", bool(report.found), words, budget, is_calm=first.p >= self.settings.rearm)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Time has passed since the last training."""

    settings: ScheduleSettings

    def look(self, state: RetrainingState) -> Finding:
        """Fires at the age that the settings ask for; there must be something new."""
        if state.trained_at is None:
            return Finding("schedule", False, "nothing was trained yet", _NEVER)
        age = state.now - state.trained_at
        due = age >= timedelta(days=self.settings.every_days)
        words = (
            f"{age / timedelta(days=1):.1f} days since the last training, due at {self.settings.every_days:g}"
        )
        if due and not len(state.new):
            return Finding("schedule", False, f"{words}; nothing new", _NEVER)
        return Finding("schedule", due, words, _NEVER)


@dataclass(frozen=True, slots=True)
class Manual:
    """Somebody asked."""

    def look(self, state: RetrainingState) -> Finding:
        """Fires for a reason that was not met yet."""
        return Finding("manual", bool(state.manual), state.manual or "nobody asked", _NEVER)


def triggers_of(settings: TriggerSettings) -> tuple[Trigger, ...]:
    """The triggers that are on."""
    found: list[Trigger] = []
    if settings.volume:
        found.append(Volume(settings.volume))
    if settings.degradation:
        found.append(Fall(settings.degradation))
    if settings.drift:
        found.append(Drift(settings.drift))
    if settings.schedule:
        found.append(Schedule(settings.schedule))
    return (*found, Manual())


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether to train now.

    Attributes:
        fire: Whether to.
        reasons: What speaks for it, or against it.
        findings: Of every trigger.
        disarmed: Triggers that have fired for this model and are not calm yet.
    """

    fire: bool
    reasons: tuple[str, ...]
    findings: tuple[Finding, ...]
    disarmed: frozenset[str] = frozenset()

    def __str__(self) -> str:
        lines = [f"{'train' if self.fire else 'do not train'}: {'; '.join(self.reasons)}"]
        return "\n".join([*lines, *(f"  {one} (false alarms: {one.false_alarms})" for one in self.findings)])

    def to_json(self) -> dict[str, Any]:
        """All of it as plain data."""
        return {**asdict(self), "disarmed": sorted(self.disarmed)}


def decide(state: RetrainingState, settings: TriggerSettings) -> Decision:
    """Whether any trigger fires that is armed, out of the cool-down."""
    findings = tuple(one.look(state) for one in triggers_of(settings))
    by_name: Mapping[str, Finding] = {one.trigger: one for one in findings}
    disarmed = frozenset(name for name in state.disarmed if name in by_name and not by_name[name].is_calm)
    fired = [one for one in findings if one.fired and one.trigger not in disarmed]
    if fired and fired[-1].trigger != "manual" and (wait := _cooldown(state, settings)):
        return Decision(False, (wait,), findings, disarmed)
    if fired:
        return Decision(True, tuple(str(one) for one in fired), findings, disarmed)
    held = [f"{one.trigger} fires still and was answered" for one in findings if one.fired]
    return Decision(False, tuple(held) or ("no trigger fires",), findings, disarmed)


def _cooldown(state: RetrainingState, settings: TriggerSettings) -> str:
    """Why it is too early, empty where it is not."""
    if state.attempted_at is None:
        return ""
    left = state.attempted_at + timedelta(hours=settings.cooldown_h) - state.now
    return f"cool-down for {left / timedelta(hours=1):.1f} more hours" if left > timedelta(0) else ""
