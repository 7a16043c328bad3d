"""Formats: a dataset written for another tool, and read back to the same logical hash.

`FORMATS["csv"]().write(dataset["train"], "out")` writes, `Export.open("out")` reads,
`check_export("out")` proves it; `FORMATS["pandas"]().write(dataset)["readings"]` stays in memory.
"""

from envirosense.datasets.formats.base import FileFormat, Format, RowFormat
from envirosense.datasets.formats.check import ExportCheck, check_export
from envirosense.datasets.formats.documents import EpisodeEntry, ExportFacts
from envirosense.datasets.formats.export import Export, ExportedEpisode
from envirosense.datasets.formats.memory import Held, MemoryFormat
from envirosense.datasets.formats.registry import FORMATS
from envirosense.datasets.formats.selection import select

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
    "RowFormat",
    "check_export",
    "select",
]
