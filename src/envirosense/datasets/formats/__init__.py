"""Formats: a dataset written for another tool, and read back to the same logical hash.

`FORMATS["csv"]().write(dataset["train"], "out")` writes, `Export.open("out")` reads,
`check_export("out")` proves it; `FORMATS["pandas"]().write(dataset)["readings"]` stays in memory.
"""

from envirosense.datasets.formats.arrow_files import ArrowFormat
from envirosense.datasets.formats.base import FileFormat, Format
from envirosense.datasets.formats.check import ExportCheck, check_export
from envirosense.datasets.formats.csv_files import CsvFormat
from envirosense.datasets.formats.documents import EpisodeEntry, ExportFacts
from envirosense.datasets.formats.export import Export, ExportedEpisode
from envirosense.datasets.formats.hdf5_file import Hdf5Format
from envirosense.datasets.formats.json_files import JsonFormat, JsonLinesFormat
from envirosense.datasets.formats.memory import DictsFormat, Held, MemoryFormat
from envirosense.datasets.formats.pandas_frames import PandasFormat
from envirosense.datasets.formats.parquet_files import ParquetFormat
from envirosense.datasets.formats.polars_frames import PolarsFormat
from envirosense.datasets.formats.registry import FORMATS
from envirosense.datasets.formats.selection import select
from envirosense.datasets.formats.sqlite_file import SqliteFormat
from envirosense.datasets.formats.webdataset_tars import WebDatasetFormat

_OURS: tuple[type[Format], ...] = (
    ArrowFormat,
    CsvFormat,
    DictsFormat,
    Hdf5Format,
    JsonFormat,
    JsonLinesFormat,
    PandasFormat,
    ParquetFormat,
    PolarsFormat,
    SqliteFormat,
    WebDatasetFormat,
)
for _one in _OURS:
    if _one.name not in FORMATS:  # an installation from before the entry points were listed
        FORMATS.register(_one.name)(_one)

__all__ = [
    "FORMATS",
    "EpisodeEntry",
    "Export",
    "ExportCheck",
    "ExportFacts",
    "ExportedEpisode",
    "FileFormat",
    "Format",
    "Held",
    "MemoryFormat",
    "check_export",
    "select",
]
