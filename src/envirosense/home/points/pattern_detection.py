"""What pattern detectors found in a home, with what is true of it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, Literal

import pyarrow as pa
from pydantic import Field, NonNegativeFloat, NonNegativeInt

from envirosense.core.config import FrozenModel
from envirosense.factory.collection.export import read_export
from envirosense.factory.collection.point import CollectionPoint, Exporter, ExportFile, Row
from envirosense.factory.collection.records import Collected
from envirosense.factory.collection.rules import FilterRule
from envirosense.home.patterns.truth_records import PatternRecord

type Share = Annotated[float, Field(ge=0.0, le=1.0)]


class _Found(FrozenModel):
    """What every kind of pattern has: the keys of a pattern row.

    Attributes:
        device_id: Entities joined by `+`, the trigger first.
        occurrences: Times that it was seen.
        total_events: Events in which it could have been seen.
        confidence: As the detector states it; None where it states none.
    """

    device_id: str
    occurrences: NonNegativeInt
    total_events: NonNegativeInt
    confidence: Share | None = None
    raw_confidence: Share | None = None
    calibrated: bool = False
    first_seen: str | None = None
    last_seen: str | None = None
    trend_direction: Literal["rising", "falling", "steady"] | None = None
    trend_strength: float | None = None
    deprecated: bool = False
    needs_review: bool = False


class TimeOfDayMetadata(FrozenModel):
    """Spread of a time of the day; hours are local."""

    avg_time_decimal: float = Field(ge=0.0, lt=24.0)
    std_minutes: NonNegativeFloat
    cluster_id: int | None = None
    time_range: tuple[float, float] | None = None
    occurrence_ratio: Share | None = None
    thresholds: dict[str, float] = Field(default_factory=dict)


class TimeOfDayPattern(_Found):
    """One thing done at about the same time."""

    pattern_type: Literal["time_of_day"] = "time_of_day"
    hour: int = Field(ge=0, le=23)
    minute: int = Field(ge=0, le=59)
    metadata: TimeOfDayMetadata


class LagMetadata(FrozenModel):
    """How one thing follows another."""

    window_minutes: NonNegativeFloat
    support: NonNegativeFloat | None = None
    device1_count: NonNegativeInt | None = None
    device2_count: NonNegativeInt | None = None
    avg_time_delta_seconds: float | None = None
    variance: NonNegativeFloat | None = None
    std: NonNegativeFloat | None = None


class CoOccurrencePattern(_Found):
    """Two things that come together."""

    pattern_type: Literal["co_occurrence"] = "co_occurrence"
    device1: str
    device2: str
    metadata: LagMetadata


class SequencePattern(_Found):
    """Things that come one after another."""

    pattern_type: Literal["sequence"] = "sequence"
    devices: tuple[str, ...] = Field(min_length=2)
    metadata: LagMetadata


class Context(FrozenModel):
    """A state without which a pattern does not happen.

    Attributes:
        contrast: Share of occurrences under it over the share of triggers under it.
    """

    entity_id: str
    state: str
    contrast: NonNegativeFloat | None = None


class ContextualPattern(_Found):
    """Two things that come together while a third is in a state."""

    pattern_type: Literal["contextual"] = "contextual"
    device1: str
    device2: str
    context: Context
    metadata: LagMetadata


class ExpectedPattern(FrozenModel):
    """The planted pattern that a detector should have found.

    Attributes:
        frequency: Events per day on which it lives.
        confidence: Share of its triggers that were followed.
    """

    pattern_id: str
    pattern_type: str
    description: str
    devices: tuple[str, ...]
    trigger_device: str | None = None
    action_devices: tuple[str, ...]
    conditions: tuple[str, ...] = ()
    frequency: NonNegativeFloat | None = None
    confidence: Share | None = None


class DetectionMetrics(FrozenModel):
    """What was measured of one finding; None where nobody measured it.

    Attributes:
        match_score: How well it agrees with the expected pattern.
        lift: Over what chance would give.
        quality: Score of the deployed model that it is right.
    """

    match_score: Share | None = None
    lift: NonNegativeFloat | None = None
    quality: Share | None = None


class PatternDetectionRecord(FrozenModel):
    """A pattern, what is true of it, and metrics.

    Attributes:
        is_right: Whether it is really there: from truth, never from the finding; None where nobody knows.
        expected: Planted pattern that it was matched with; None where it is wrong, or right by a rule of
            the home that nobody planted.
    """

    pattern: Annotated[
        TimeOfDayPattern | CoOccurrencePattern | SequencePattern | ContextualPattern,
        Field(discriminator="pattern_type"),
    ]
    is_right: bool | None = None
    expected: ExpectedPattern | None = None
    metrics: DetectionMetrics = DetectionMetrics()


def expected_pattern(planted: PatternRecord) -> ExpectedPattern:
    """A planted pattern as the record has it."""
    first = planted.links[0]
    n_triggers = sum(link.n_triggers for link in planted.links)
    return ExpectedPattern(
        pattern_id=planted.pattern_id,
        pattern_type=planted.pattern_type,
        description=planted.description,
        devices=planted.devices,
        trigger_device=first.trigger.entity_id if first.trigger else None,
        action_devices=tuple(dict.fromkeys(link.action.entity_id for link in planted.links)),
        conditions=tuple(f"{one.entity_id}={one.state}" for one in planted.conditions),
        frequency=first.support,
        confidence=sum(link.n_followed for link in planted.links) / n_triggers if n_triggers else None,
    )


RULES: Final = (
    FilterRule(code="device_missing", test="filled", fields=("pattern.device_id",)),
    FilterRule(code="confidence_missing", test="filled", fields=("pattern.confidence",)),
    FilterRule(code="confidence_low", test="at_least", fields=("pattern.confidence",), value=0.5),
    FilterRule(code="occurrences_few", test="at_least", fields=("pattern.occurrences",), value=2),
    FilterRule(code="same_device", test="differ", fields=("pattern.device1", "pattern.device2")),
    FilterRule(code="truth_missing", test="filled", fields=("is_right",)),
)

_PATTERNS: Final = pa.schema(
    [
        ("data_id", pa.string()),
        ("home_id", pa.string()),
        ("pattern_type", pa.string()),
        ("device_id", pa.string()),
        ("devices", pa.list_(pa.string())),
        ("hour", pa.int8()),
        ("minute", pa.int8()),
        ("occurrences", pa.int64()),
        ("total_events", pa.int64()),
        ("confidence", pa.float64()),
        ("first_seen", pa.string()),
        ("last_seen", pa.string()),
        ("metadata", pa.string()),  # JSON
    ]
)
_TRUTH: Final = pa.schema(
    [
        ("data_id", pa.string()),
        ("home_id", pa.string()),
        ("is_right", pa.bool_()),
        ("match_score", pa.float64()),
        ("lift", pa.float64()),
        ("quality", pa.float64()),
        ("pattern_id", pa.string()),
        ("pattern_type", pa.string()),
        ("devices", pa.list_(pa.string())),
        ("trigger_device", pa.string()),
        ("conditions", pa.list_(pa.string())),
        ("frequency", pa.float64()),
        ("confidence", pa.float64()),
    ]
)


def _named(one: Collected) -> Row:
    return {"data_id": one.data_id, "home_id": one.source.site}


def _patterns(found: Sequence[Collected]) -> list[Row]:
    return [{**_named(one), **one.record["pattern"]} for one in found]


def _truths(found: Sequence[Collected]) -> list[Row]:
    return [
        {
            **_named(one),
            "is_right": one.record["is_right"],
            **one.record["metrics"],
            "expected": one.record["expected"],
        }
        for one in found
    ]


def _pattern_columns(found: Sequence[Collected]) -> list[Row]:
    rows = _patterns(found)
    for row in rows:
        context = {"context": row["context"]} if "context" in row else {}
        row["devices"] = row["device_id"].split("+")
        row["metadata"] = json.dumps(row["metadata"] | context)
    return [{name: row.get(name) for name in _PATTERNS.names} for row in rows]


def _truth_columns(found: Sequence[Collected]) -> list[Row]:
    rows = [{**(row["expected"] or {}), **row} for row in _truths(found)]
    return [{name: row.get(name) for name in _TRUTH.names} for row in rows]


def _counts(found: Sequence[Collected]) -> dict[str, int]:
    n_right = sum(bool(one.record["is_right"]) for one in found)
    return {"right": n_right, "wrong": len(found) - n_right}


PATTERN_DETECTION: Final = Exporter(
    "pattern_detection",
    (
        ExportFile("patterns.json", _patterns),
        ExportFile("ground_truth.json", _truths, targets=("is_right",)),
        ExportFile("patterns.parquet", _pattern_columns, _PATTERNS),
        ExportFile("ground_truth.parquet", _truth_columns, _TRUTH, targets=("is_right",)),
    ),
    _counts,
)

POINT: Final = CollectionPoint(
    "pattern_detection",
    PatternDetectionRecord,
    RULES,
    PATTERN_DETECTION,
    event="expected.pattern_id",
    opinions=("metrics.quality",),
    note="detectors of patterns that run on a home's events",
)


def read_pattern_detection(folder: Path | str) -> dict[str, list[Row]]:
    """Rows by file name of `training_data/cycle_N` or `training_data/aggregated`, checked."""
    return read_export(folder, PATTERN_DETECTION)
