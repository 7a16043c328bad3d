"""What detectors said of a pole's windows, with what is true of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import pyarrow as pa
from pydantic import Field, NonNegativeInt, PositiveFloat

from envirosense.core.config import FrozenModel
from envirosense.factory.collection.export import read_export
from envirosense.factory.collection.point import CollectionPoint, Exporter, ExportFile, Row
from envirosense.factory.collection.records import Collected
from envirosense.factory.collection.rules import FilterRule

type Score = Annotated[float, Field(ge=0.0, le=1.0)]


class DetectionRecord(FrozenModel):
    """One window.

    Attributes:
        tick: First tick of the window.
        window_s: Its length [s].
        scores: Score of each class; None where no model was deployed yet.
        alarm: Whether the detector raised one; None where it had no say.
        truth_class: Class of the most severe active event; None where nobody knows.
        detectable: False where an event is under way that no sensor of the device could see yet.
        sensors: Types of the sensors that were on.
        event_id: The event that the class is of.
        model: `NAME@VERSION` of what gave the scores.
    """

    site: str
    scenario: str
    episode_id: str
    tick: NonNegativeInt
    window_s: PositiveFloat
    scores: dict[str, Score] | None = None
    alarm: bool | None = None
    truth_class: str | None = None
    detectable: bool | None = None
    sensors: tuple[str, ...] = ()
    event_id: str | None = None
    model: str | None = None


RULES: Final = (
    FilterRule(code="truth_missing", test="filled", fields=("truth_class",)),
    FilterRule(code="detectable_missing", test="filled", fields=("detectable",)),
    FilterRule(code="not_detectable", test="is", fields=("detectable",), value=True),
    FilterRule(code="sensors_missing", test="filled", fields=("sensors",)),
)

_CLASS_SCORE: Final = pa.struct([("class_name", pa.string()), ("score", pa.float64())])
_COLUMNS: Final = pa.schema(
    [
        ("data_id", pa.string()),
        ("site", pa.string()),
        ("scenario", pa.string()),
        ("episode_id", pa.string()),
        ("tick", pa.int64()),
        ("window_s", pa.float64()),
        ("scores", pa.list_(_CLASS_SCORE)),  # null before the first model
        ("alarm", pa.bool_()),
        ("truth_class", pa.string()),
        ("detectable", pa.bool_()),
        ("sensors", pa.list_(pa.string())),
        ("event_id", pa.string()),
        ("model", pa.string()),
        ("origin", pa.string()),
    ]
)


def _detections(found: Sequence[Collected]) -> list[Row]:
    rows = [{**one.record, "data_id": one.data_id, "origin": one.origin} for one in found]
    return [{**row, "scores": _pairs(row["scores"])} for row in sorted(rows, key=_place)]


def _place(row: Row) -> tuple[str, str, int]:
    return row["site"], row["episode_id"], row["tick"]


def _pairs(scores: dict[str, float] | None) -> list[Row] | None:
    if scores is None:
        return None
    return [{"class_name": name, "score": score} for name, score in sorted(scores.items())]


def _counts(found: Sequence[Collected]) -> dict[str, int]:
    records = [one.record for one in found]
    return {
        "scored": sum(one["scores"] is not None for one in records),
        "alarms": sum(one["alarm"] is True for one in records),
        **{f"class:{name}": sum(one["truth_class"] == name for one in records)
           for name in sorted({one["truth_class"] for one in records})},
    }  # fmt: skip


DETECTIONS: Final = Exporter(
    "detections",
    (ExportFile("detections.parquet", _detections, _COLUMNS, targets=("truth_class",)),),
    _counts,
)

POINT: Final = CollectionPoint(
    "detections",
    DetectionRecord,
    RULES,
    DETECTIONS,
    event="event_id",
    opinions=("scores", "alarm", "model"),
    note="a detector that scores windows of a pole's readings",
)


def read_detections(folder: Path | str) -> dict[str, list[Row]]:
    """Rows by file name of `training_data/cycle_N` or `training_data/aggregated`, checked."""
    return read_export(folder, DETECTIONS)
