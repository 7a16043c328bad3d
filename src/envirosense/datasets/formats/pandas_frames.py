"""pandas: a DataFrame a stream, its columns of Arrow types, so that null and NaN stay apart."""

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from envirosense.core.errors import MissingExtraError
from envirosense.datasets.formats.columns import canonical_schema
from envirosense.datasets.formats.memory import MemoryFormat

if TYPE_CHECKING:
    import pandas as pd


class PandasFormat(MemoryFormat["pd.DataFrame"]):
    """A DataFrame of Arrow-backed columns a stream."""

    name = "pandas"
    title = "notebooks"

    def from_table(self, table: pa.Table) -> "pd.DataFrame":
        """Rows as a DataFrame."""
        return table.to_pandas(types_mapper=_pandas().ArrowDtype)

    def to_table(self, rows: "pd.DataFrame", schema: pa.Schema) -> pa.Table:
        """The table again."""
        return pa.Table.from_pandas(rows, canonical_schema(schema), preserve_index=False)


def _pandas() -> Any:
    try:
        import pandas as pd
    except ImportError:
        raise MissingExtraError("pandas", "pandas") from None
    return pd
