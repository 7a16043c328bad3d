"""Collection points of any twin: records taken in, filtered, exported and traced."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envirosense.factory.collection.collector import TrainingDataCollector
    from envirosense.factory.collection.export import filter_name, read_export, read_metadata
    from envirosense.factory.collection.lineage_file import LINEAGE_SCHEMA, query_lineage, write_lineage
    from envirosense.factory.collection.point import (
        COLLECTION_POINTS,
        CollectionPoint,
        Exporter,
        ExportFile,
        points_of,
    )
    from envirosense.factory.collection.records import Collected, RecordSource
    from envirosense.factory.collection.report import CollectionReport, PointReport
    from envirosense.factory.collection.rules import FilterRule, read_filters

_HOMES = {
    "collector": ("TrainingDataCollector",),
    "export": ("filter_name", "read_export", "read_metadata"),
    "lineage_file": ("LINEAGE_SCHEMA", "query_lineage", "write_lineage"),
    "point": ("COLLECTION_POINTS", "CollectionPoint", "ExportFile", "Exporter", "points_of"),
    "records": ("Collected", "RecordSource"),
    "report": ("CollectionReport", "PointReport"),
    "rules": ("FilterRule", "read_filters"),
}

__all__ = [
    "COLLECTION_POINTS",
    "LINEAGE_SCHEMA",
    "Collected",
    "CollectionPoint",
    "CollectionReport",
    "ExportFile",
    "Exporter",
    "FilterRule",
    "PointReport",
    "RecordSource",
    "TrainingDataCollector",
    "filter_name",
    "points_of",
    "query_lineage",
    "read_export",
    "read_filters",
    "read_metadata",
    "write_lineage",
]


def __getattr__(name: str) -> object:
    from importlib import import_module

    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
