"""Questions and answers for a soft prompt: one export that two points feed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from envirosense.factory.collection.export import read_export
from envirosense.factory.collection.point import Exporter, ExportFile, Row
from envirosense.factory.collection.records import Collected
from envirosense.factory.collection.rules import is_filled

TABLE: Final = "ask_ai_queries"
_ANSWER: Final = pa.struct([("confidence", pa.float64()), ("description", pa.string())])
_QUERIES: Final = pa.schema(
    [
        ("data_id", pa.string()),
        ("home_id", pa.string()),
        ("collected_at", pa.string()),  # the point
        ("original_query", pa.string()),
        ("suggestions", pa.list_(_ANSWER)),  # the best first; JSON in the database
        ("approval", pa.string()),  # null where nobody decided
    ]
)


def _queries(found: Sequence[Collected]) -> list[Row]:
    return [
        {
            "data_id": one.data_id,
            "home_id": one.source.site,
            "collected_at": one.point,
            **(_generated(one.record) if "suggestion" in one.record else _asked(one.record)),
        }
        for one in found
    ]


def _asked(record: Any) -> Row:
    """Row of a conversation: what was suggested, or else what was said."""
    kept = ("confidence", "description")
    offered = [{name: one[name] for name in kept} for one in record["suggestions"]
               if is_filled(one["description"])]  # fmt: skip
    if not offered:
        offered = [{"confidence": record["confidence"], "description": record["response"]}]
    offered.sort(key=lambda one: -1.0 if one["confidence"] is None else one["confidence"], reverse=True)
    return {
        "original_query": record["original_query"],
        "suggestions": offered,
        "approval": record["approval"],
    }


def _generated(record: Any) -> Row:
    """Row of a suggestion that nobody asked for: the prompt that made it, and what came."""
    suggestion = record["suggestion"]
    answer = {"confidence": suggestion["confidence"], "description": record["response"]}
    approved = {"deployed": "approved", "rejected": "rejected"}.get(suggestion["status"])
    return {"original_query": record["prompt"], "suggestions": [answer], "approval": approved}


def _counts(found: Sequence[Collected]) -> dict[str, int]:
    rows = _queries(found)
    return {
        "distinct_queries": len({row["original_query"] for row in rows}),
        "distinct_answers": len({row["suggestions"][0]["description"] for row in rows}),
    }


SOFT_PROMPT: Final = Exporter(
    "soft_prompt",
    (
        ExportFile("queries.json", _queries, targets=("original_query", "suggestions")),
        ExportFile(f"{TABLE}.sqlite", _queries, _QUERIES, TABLE, ("original_query", "suggestions")),
    ),
    _counts,
)


def read_soft_prompt(folder: Path | str) -> dict[str, list[Row]]:
    """Rows by file name of `training_data/cycle_N` or `training_data/aggregated`, checked."""
    return read_export(folder, SOFT_PROMPT)
