"""A twin of three points for tests of the engine: two that feed one export, and a lonely one."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from envirosense.core.config import FrozenModel
from envirosense.factory.collection import (
    COLLECTION_POINTS,
    Collected,
    CollectionPoint,
    Exporter,
    ExportFile,
    FilterRule,
    RecordSource,
)

TWIN = "toy"
SOURCE = RecordSource("site-1", "0123abcd", "nightly", ("finder@2",))
OTHER = RecordSource("site-2", "4567abcd")


class ToyRecord(FrozenModel):
    name: str
    score: float | None = None
    target: str = ""
    parts: tuple[str, ...] = ()
    is_big: bool | None = None
    event: str | None = None


COLUMNS = pa.schema(
    [
        ("data_id", pa.string()),
        ("name", pa.string()),
        ("score", pa.float64()),
        ("target", pa.string()),
        ("parts", pa.list_(pa.string())),
        ("is_big", pa.bool_()),
        ("event", pa.string()),
    ]
)

RULES = (
    FilterRule(code="score_missing", test="filled", fields=("score",)),
    FilterRule(code="score_low", test="at_least", fields=("score",), value=0.5),
    FilterRule(code="target_empty", test="filled", fields=("target",)),
)


def rows(found: Sequence[Collected]) -> list[dict[str, Any]]:
    return [{"data_id": one.data_id, **one.record} for one in found]


def counts(found: Sequence[Collected]) -> Mapping[str, int]:
    return {"big": sum(one.record["is_big"] is True for one in found)}


EXPORT = Exporter(
    "toys",
    (
        ExportFile("toys.json", rows, targets=("target",)),
        ExportFile("toys.parquet", rows, COLUMNS, targets=("target",)),
        ExportFile("toys.csv", rows, COLUMNS),
        ExportFile("toys.sqlite", rows, COLUMNS, "toys"),
    ),
    counts,
)
LONELY = Exporter("lonely", (ExportFile("lonely.json", rows),))
POINTS = (
    CollectionPoint("toys", ToyRecord, RULES, EXPORT, event="event"),
    CollectionPoint("more_toys", ToyRecord, (), EXPORT),
    CollectionPoint("lonely", ToyRecord, RULES, LONELY),
)
for point in POINTS:
    if f"{TWIN}/{point.name}" not in COLLECTION_POINTS:
        COLLECTION_POINTS.register(f"{TWIN}/{point.name}")(point)


def toy(number: int = 0, **fields: Any) -> dict[str, Any]:
    """A record that passes."""
    return {"name": f"toy {number}", "score": 0.9, "target": "a target", **fields}
