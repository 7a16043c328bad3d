"""Writes what was collected as training data: a folder a cycle, and one of all cycles so far.

Data files get their names before the metadata that holds their checksums; a reader checks those, so that an
export that was broken off is noticed and made again from the journals.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from envirosense.core.errors import ConfigError, DatasetError, SchemaVersionError
from envirosense.core.fingerprint import fingerprint
from envirosense.datasets.files import commit_all, file_sha256, storing, write_whole
from envirosense.factory.collection.export_files import SCHEMA_VERSION, read_rows, write_rows
from envirosense.factory.collection.journal import cycles_in, entries, journal_path
from envirosense.factory.collection.lineage_file import LINEAGE, TRAINING_DATA, lineage_table, write_lineage
from envirosense.factory.collection.point import CollectionPoint, Exporter, Row
from envirosense.factory.collection.records import Collected
from envirosense.factory.collection.report import CollectionReport, report_of
from envirosense.factory.collection.rules import FilterRule

AGGREGATED: Final = "aggregated"
METADATA: Final = "metadata.json"
REPORT: Final = "collection.json"
QUARANTINE: Final = "quarantine"

type Points = Mapping[str, CollectionPoint]
type Rules = Mapping[str, Sequence[FilterRule]]


@dataclass(frozen=True, slots=True)
class _Harvest:
    """Everything that one export is made of, by point."""

    points: Points
    filters: Mapping[str, Row]  # what the metadata says of them
    collected: Mapping[str, list[Collected]]
    told: Row  # twin and cycles
    has_consumer: Mapping[str, bool]

    def of(self, exporter: Exporter) -> list[str]:
        """Points that feed an export."""
        return [name for name, point in self.points.items() if point.exporter.folder == exporter.folder]

    def accepted(self, names: Iterable[str]) -> list[Collected]:
        """Accepted records of some points."""
        return [one for name in names for one in self.collected[name] if one.is_accepted]


def export_cycle(folder: Path, report: CollectionReport, points: Points, rules: Rules) -> Path:
    """Folder of a cycle, after writing it, its lineage and quarantine, and what all cycles hold."""
    target = folder / TRAINING_DATA / f"cycle_{report.cycle}"
    for left_over in (folder / TRAINING_DATA).rglob(".*.tmp"):  # of a process that was killed: one writer
        left_over.unlink(missing_ok=True)
    cycles = cycles_in(folder)
    own = _harvest(folder, [report.cycle], points, rules, {"twin": report.twin, "cycle": report.cycle})
    everything = _harvest(folder, cycles, points, rules, {"twin": report.twin, "cycles": cycles})
    _write_quarantine(folder / QUARANTINE / f"cycle_{report.cycle}", own.collected)
    _write_folders(target, own)
    names = {name: filter_name(name, rules[name]) for name in points}
    write_lineage(target / LINEAGE, lineage_table(own.accepted(points), points, names))
    write_whole(target / REPORT, _json(report.to_json()))
    _write_folders(target.with_name(AGGREGATED), everything)
    return target


def _harvest(folder: Path, cycles: Sequence[int], points: Points, rules: Rules, told: Row) -> _Harvest:
    paths = {name: [journal_path(folder, cycle, name) for cycle in cycles] for name in points}
    filters = {
        name: {
            "filter": filter_name(name, found),
            "rules": [rule.model_dump(mode="json", exclude_defaults=True) for rule in found],
        }
        for name, found in rules.items()
    }
    collected = {name: _once(_entries(folder, name, cycles)) for name in points}
    fed = {name: any(path.exists() for path in found) for name, found in paths.items()}
    return _Harvest(points, filters, collected, told, fed)


def read_export(folder: Path | str, exporter: Exporter) -> dict[str, list[Row]]:
    """Rows of every file of an export by its name, checked; empty lists where the points are still waiting.

    Args:
        folder: `training_data/cycle_N`, or `training_data/aggregated`.
        exporter: as the twin registers it.

    Raises:
        DatasetError: if a file is missing, or is not the one that the metadata speaks of.
    """
    place = Path(folder) / exporter.folder
    told = read_metadata(place)
    files = {one.name: one for one in exporter.files}
    for name in files | told["files"]:
        path = place / name
        known = told["files"].get(name, {}).get("sha256")
        if name not in files or not path.exists() or file_sha256(path) != known:
            raise DatasetError(f"{path}: not the file that {METADATA} speaks of; export the cycle again")
    return {name: read_rows(place / name, file) for name, file in files.items()}


def read_metadata(place: Path | str) -> dict[str, Any]:
    """Metadata of one export, such as `training_data/cycle_0/gnn_synergy`."""
    path = Path(place) / METADATA
    try:
        told: dict[str, Any] = json.loads(path.read_text("utf-8"))
        version = int(told["schema_version"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError("export", str(path), f"cannot be read ({error}); export the cycle again") from None
    if version > SCHEMA_VERSION:
        raise SchemaVersionError(path, version, SCHEMA_VERSION)
    return told


def filter_name(point: str, rules: Sequence[FilterRule]) -> str:
    """Name of a filter with the hash of its rules: what stands in lineage."""
    return f"filter:{point}@{fingerprint([one.model_dump(mode='json') for one in rules])[:12]}"


def _entries(folder: Path, point: str, cycles: Iterable[int]) -> list[Collected]:
    found = [one for cycle in cycles for one in entries(journal_path(folder, cycle, point), point, cycle)]
    return sorted(found, key=lambda one: (*one.order, one.cycle, one.occurrence))


def _once(found: Iterable[Collected]) -> list[Collected]:
    """The same without what an earlier cycle collected from the same source."""
    first: dict[tuple[str, int], Collected] = {}
    for one in found:
        first.setdefault((one.data_id, one.occurrence), one)
    return list(first.values())


def _write_folders(target: Path, harvest: _Harvest) -> None:
    exporters = {point.exporter.folder: point.exporter for point in harvest.points.values()}
    finals: dict[Path, Path] = {}
    metadata: dict[Path, bytes] = {}
    for name, exporter in exporters.items():
        place = target / name
        facts = _write_files(place, exporter, harvest.accepted(harvest.of(exporter)))
        finals |= {_temporary(place, file): place / file for file in facts}
        metadata[place / METADATA] = _json(_metadata(exporter, harvest) | {"files": facts})
    commit_all(finals)
    for path, data in metadata.items():
        write_whole(path, data)


def _temporary(place: Path, file: str) -> Path:
    return place / f".{file}.tmp"


def _write_files(place: Path, exporter: Exporter, accepted: list[Collected]) -> dict[str, Row]:
    """What the metadata says of each file, after writing it under a temporary name, without rows or with."""
    with storing(place):
        place.mkdir(parents=True, exist_ok=True)
    facts: dict[str, Row] = {}
    for file in exporter.files:
        path = _temporary(place, file.name)
        rows = file.rows(accepted)
        with storing(place / file.name):
            write_rows(path, file, rows)
        facts[file.name] = {
            "sha256": file_sha256(path), "n_bytes": path.stat().st_size, "n_rows": len(rows)
        }  # fmt: skip
    return facts


def _metadata(exporter: Exporter, harvest: _Harvest) -> Row:
    names = harvest.of(exporter)
    accepted = harvest.accepted(names)
    reports = [report_of(name, harvest.collected[name], harvest.has_consumer[name]) for name in names]
    states = {one.status for one in reports}
    return {
        "schema_version": SCHEMA_VERSION,
        "export": exporter.folder,
        **harvest.told,
        "status": next(one for one in ("fed", "refused", "waiting") if one in states),
        "counts": {"records": len(accepted), **(exporter.counts(accepted) if exporter.counts else {})},
        "points": {one.point: one.to_json() | harvest.filters[one.point] for one in reports},
        "sources": {
            "sites": sorted({one.source.site for one in accepted}),
            "n_episodes": len({one.source.episode_id for one in accepted}),
            "tests": sorted({one.source.test for one in accepted if one.source.test}),
            "origins": dict(sorted(Counter(one.origin for one in accepted).items())),
        },
        "lineage": {
            "files": [f"cycle_{cycle}/{LINEAGE}" for cycle in sorted({one.cycle for one in accepted})],
            "n_data_ids": len(accepted),
            "data_ids_sha256": fingerprint([one.data_id for one in accepted]),
        },
    }


def _write_quarantine(place: Path, collected: Mapping[str, list[Collected]]) -> None:
    for point, found in collected.items():
        lines = [
            {
                "data_id": one.data_id,
                "source": dict(zip(("site", "episode_id", "test"), one.source.key, strict=True)),
                "reasons": one.reasons,
                "details": one.details,
                "record": one.record,
            }
            for one in found
            if one.reasons and not one.occurrence
        ]
        path = place / f"{point}.jsonl"
        if lines:
            with storing(path):
                place.mkdir(parents=True, exist_ok=True)
            write_whole(path, ((json.dumps(line, ensure_ascii=False) + "\n").encode() for line in lines))


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False, sort_keys=False) + "\n").encode()
