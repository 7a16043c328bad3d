"""Feedback counted, by class and by sensor: what was right, and what to ask the simulator for."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from envirosense.core.errors import ConfigError
from envirosense.learning.feedback.record import FeedbackRecord, latest
from envirosense.learning.intervals import Estimate, proportion

UNCERTAIN: Final = (0.3, 0.7)  # assumed: an alarm score between these is a guess


@dataclass(frozen=True, slots=True)
class FeedbackCount:
    """Verdicts on one class or one sensor.

    Attributes:
        misclassified: Of the confirmed ones, those that were called another class.
        uncertain: Of all, those whose score was a guess.
    """

    confirmed: int = 0
    false: int = 0
    missed: int = 0
    misclassified: int = 0
    uncertain: int = 0

    @property
    def n_errors(self) -> int:
        """Verdicts that the model was wrong."""
        return self.false + self.missed + self.misclassified

    @property
    def precision(self) -> Estimate:
        """Share of the judged alarms that were confirmed."""
        return proportion(self.confirmed, self.confirmed + self.false)

    @property
    def recall(self) -> Estimate:
        """Share of the reported events that raised an alarm; events that nobody noticed are in no count."""
        return proportion(self.confirmed, self.confirmed + self.missed)


@dataclass(frozen=True, slots=True)
class FeedbackCounts:
    """Verdicts counted; a record of several sensors counts for each of them."""

    total: FeedbackCount
    by_class: Mapping[str, FeedbackCount]
    by_sensor: Mapping[str, FeedbackCount]

    def __str__(self) -> str:
        """Table for a person, the most errors first."""
        parts = {**{f"class {k}": v for k, v in self.by_class.items()}}
        parts |= {f"sensor {k}": v for k, v in self.by_sensor.items()}
        ordered = sorted(parts.items(), key=lambda part: (-part[1].n_errors, part[0]))
        head = f"{'':<32} confirmed false missed misclassified uncertain"
        return "\n".join([head, *(_row(name, one) for name, one in [("all", self.total), *ordered])])


def _row(name: str, one: FeedbackCount) -> str:
    verdicts = f"{one.confirmed:>9} {one.false:>5} {one.missed:>6}"
    return f"{name:<32} {verdicts} {one.misclassified:>13} {one.uncertain:>9}"


def feedback_counts(
    records: Iterable[FeedbackRecord], uncertain: tuple[float, float] = UNCERTAIN
) -> FeedbackCounts:
    """Verdicts by class and by sensor; the last word on a place counts.

    Args:
        records: as `read_feedback` gives them.
        uncertain: alarm scores between these two count as uncertain.

    Raises:
        ConfigError: if the two are not in order within 0..1.
    """
    low, high = uncertain
    if not 0 <= low <= high <= 1:
        raise ConfigError("uncertain", uncertain, "must be two scores in order, within 0..1")
    words = latest(records)
    classes: dict[str, list[FeedbackRecord]] = {}
    sensors: dict[str, list[FeedbackRecord]] = {}
    for record in words:
        classes.setdefault(record.event_type, []).append(record)
        for sensor in dict.fromkeys(record.sensors):
            sensors.setdefault(sensor, []).append(record)
    return FeedbackCounts(
        total=_count(words, low, high),
        by_class={name: _count(found, low, high) for name, found in sorted(classes.items())},
        by_sensor={name: _count(found, low, high) for name, found in sorted(sensors.items())},
    )


def _count(records: list[FeedbackRecord], low: float, high: float) -> FeedbackCount:
    verdicts = Counter(record.verdict for record in records)
    return FeedbackCount(
        confirmed=verdicts["confirmed"],
        false=verdicts["false"],
        missed=verdicts["missed"],
        misclassified=sum(record.is_misclassified for record in records),
        uncertain=sum(record.score is not None and low <= record.score <= high for record in records),
    )
