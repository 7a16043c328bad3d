"""polars: a DataFrame a stream; frames are binary, times have a time zone."""

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from envirosense.core.errors import MissingExtraError
from envirosense.datasets.formats.memory import MemoryFormat

if TYPE_CHECKING:
    import polars as pl


class PolarsFormat(MemoryFormat["pl.DataFrame"]):
    """A DataFrame a stream."""

    name = "polars"
    title = "fast data frames, lazy queries"

    def from_table(self, table: pa.Table) -> "pl.DataFrame":
        """Rows as a DataFrame."""
        found: pl.DataFrame = _polars().from_arrow(table)
        return found

    def to_table(self, rows: "pl.DataFrame", schema: pa.Schema) -> pa.Table:
        """The table again."""
        return rows.select(schema.names).to_arrow()


def _polars() -> Any:
    try:
        import polars as pl
    except ImportError:
        raise MissingExtraError("polars", "polars") from None
    return pl
