"""Table of the rows that a dataset's quality rules reject: which row, which rule, why, what it says."""

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

MOST_PER_RULE: Final = 10_000  # rows kept of one rule, so that memory stays bounded; all are counted
SCHEMA: Final = pa.schema(
    [
        ("episode_id", pa.string()),
        ("stream", pa.string()),
        ("row", pa.int64()),  # within the episode's rows of the stream; null where it is no row
        ("tick", pa.int64()),
        ("column", pa.string()),  # "" where the rule is about the row
        ("rule", pa.string()),
        ("severity", pa.string()),
        ("reason", pa.string()),
        ("value", pa.float64()),  # null where the column is no number
    ]
)


@dataclass(slots=True)
class Rejections:
    """Rejected rows of one rule, at most `MOST_PER_RULE`."""

    rule: str
    severity: str
    _rows: list[dict[str, Any]] = field(default_factory=list)

    def add(
        self,
        table: pa.Table,
        rows: npt.NDArray[np.intp],
        episode_id: str,
        stream: str,
        detail: str,
        reason: str,
    ) -> None:
        """Rows of an episode's stream that failed for one reason."""
        kept = rows[: MOST_PER_RULE - len(self._rows)]
        inside = kept[kept < table.num_rows]
        ticks = table["tick"].take(inside).to_pylist() if "tick" in table.column_names else None
        values = _values(table, detail, inside)
        for place, row in enumerate(kept.tolist()):
            known = place < len(inside)
            self._rows.append({
                "episode_id": episode_id, "stream": stream, "row": row, "column": detail,
                "tick": ticks[place] if ticks is not None and known else None,
                "reason": reason, "value": values[place] if known else None,
            })  # fmt: skip

    def note(
        self,
        episode_id: str,
        stream: str,
        reason: str,
        row: int | None = None,
        value: float | None = None,
        column: str = "",
        tick: int | None = None,
    ) -> None:
        """A failure that is no row of one table."""
        if len(self._rows) < MOST_PER_RULE:
            self._rows.append({
                "episode_id": episode_id, "stream": stream, "row": row, "tick": tick, "column": column,
                "reason": reason, "value": value,
            })  # fmt: skip

    def table(self) -> pa.Table:
        """Everything kept, in the order found."""
        named = [{**row, "rule": self.rule, "severity": self.severity} for row in self._rows]
        return pa.Table.from_pylist(named, SCHEMA)


def _values(table: pa.Table, column: str, rows: npt.NDArray[np.intp]) -> list[float | None]:
    if column not in table.column_names:
        return [None] * len(rows)
    kind = table.schema.field(column).type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        return [None] * len(rows)
    values: list[float | None] = table[column].take(rows).cast(pa.float64(), safe=False).to_pylist()
    return values
