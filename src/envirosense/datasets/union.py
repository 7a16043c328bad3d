"""Datasets put together shard by shard: nothing in a shard changes, only its name and who lists it."""

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import batched, chain
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import JsonValue

from envirosense.core.errors import DatasetError
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.file_list import FileList
from envirosense.datasets.files import commit, commit_all, file_sha256, storing
from envirosense.datasets.fingerprints import Fingerprints
from envirosense.datasets.finish import RUN
from envirosense.datasets.manifest import EPISODES, Manifest, Origin, StreamFacts
from envirosense.datasets.output import drop_abandoned
from envirosense.datasets.shard import FileRecord
from envirosense.datasets.union_parts import Part, Renamed, said_by

_GROUP_ROWS: Final = 1000
_FILES_AT_ONCE: Final = 1000  # put in place before their names are forgotten


@dataclass(frozen=True, slots=True)
class Union:
    """Several parts as one dataset, not yet on disk; of the episode table only what the manifest needs."""

    parts: tuple[Renamed, ...]
    usable: Mapping[str, int]  # episodes that did not fail, by split
    counts: Mapping[str, int]
    files: FileList  # by path inside the union, without the episode table
    streams: Mapping[str, StreamFacts]
    spec_fingerprints: Fingerprints
    logical_hash: str

    def pieces(self) -> Iterator[pa.Table]:
        """Rows of the episode table, a thousand at a time."""
        return chain.from_iterable(part.pieces() for part in self.parts)

    def sources(self) -> Iterator[tuple[str, Path]]:
        """Path of each file inside the union, and where it lies now."""
        for part in self.parts:
            folder = part.part.dataset.folder
            for new_place, place, _ in part.files():
                yield new_place, folder / place


def check_alike(one: Dataset, other: Dataset) -> None:
    """Refuse two datasets whose episodes could not stand in one.

    Raises:
        DatasetError: naming the first thing in which they differ.
    """
    here, there = one.manifest, other.manifest
    for field in ("twin", "origin", "physics_version"):
        if getattr(here, field) != getattr(there, field):
            raise DatasetError(
                f"{other.folder}: {field} is {getattr(there, field)!r}, that of {one.folder} is "
                f"{getattr(here, field)!r}; only datasets of one kind can be put together"
            )
    ticks_s = {dt_s for found in (one, other) for dt_s in found.short["dt_s"].to_pylist()}
    if len(ticks_s) > 1:
        listing = ", ".join(f"{dt_s:g} s" for dt_s in sorted(ticks_s))
        raise DatasetError(f"{other.folder}: ticks differ ({listing}); a dataset has one tick")
    for stream in sorted(here.streams.keys() & there.streams.keys()):
        check_columns(stream, here.streams[stream], there.streams[stream], other.folder)


def check_columns(stream: str, mine: StreamFacts, theirs: StreamFacts, where: object) -> None:
    """Refuse a stream whose columns are not those it has in another dataset."""
    if (mine.columns, mine.metadata) == (theirs.columns, theirs.metadata):
        return
    ours = {column["name"]: column for column in mine.columns}
    others = {column["name"]: column for column in theirs.columns}
    differing = [name for name in {**ours, **others} if ours.get(name) != others.get(name)]
    which = f"column {differing[0]!r}" if differing else "their order or metadata"
    raise DatasetError(
        f"{where}: stream {stream!r} has other columns ({which}); the same sensors must have written both"
    )


def unite(parts: Sequence[Part]) -> Union:
    """Parts as one dataset; the first keeps names and positions, the others go on after it."""
    renamed: list[Renamed] = []
    next_shard: Counter[str] = Counter()
    next_index = 0
    for part in parts:
        names = _shard_names(part.shards, next_shard, keep=not renamed)
        renamed.append(Renamed(part, names, next_index if renamed else None))
        next_index = renamed[-1].next_index
    said = said_by(renamed)
    files = FileList((place, record) for part in renamed for place, _, record in part.files())
    known = Fingerprints(chain.from_iterable(part.dataset.manifest.spec_fingerprints for part in parts))
    return Union(
        tuple(renamed),
        said.usable,
        said.counts,
        FileList(files.in_order()),
        _streams(parts, files),
        known.of_episodes(said.ids),
        said.hashes.hexdigest(),
    )


def _shard_names(shards: Iterable[str], taken: Counter[str], keep: bool) -> dict[str, str]:
    """New stem of every shard; `taken` counts the indices in use by split."""
    names = {}
    for stem in shards:
        split, _, number = stem.rpartition("-")
        index = int(number) if keep else taken[split]
        taken[split] = max(taken[split], index + 1)
        names[stem] = f"{split}-{index:05d}"
    return names


def _streams(parts: Sequence[Part], files: FileList) -> dict[str, StreamFacts]:
    found: dict[str, StreamFacts] = {}
    for part in parts:
        for stream, facts in part.dataset.manifest.streams.items():
            first = found.setdefault(stream, facts)
            check_columns(stream, first, facts, part.dataset.folder)
    rows, sizes = Counter[str](), Counter[str]()
    for place, record in files.items():
        stream = place.partition("/")[0]
        rows[stream] += record.rows
        sizes[stream] += record.bytes
    return {
        name: found[name].model_copy(update={"rows": rows[name], "bytes": sizes[name]})
        for name in sorted(found)
        if name in sizes
    }


def union_manifest(
    union: Union,
    table: FileRecord,
    like: Manifest,
    *,
    settings: Mapping[str, JsonValue],
    plan_fingerprint: str,
    code_version: str,
    name: str = "",
    version: int = 1,
    parent_hash: str = "",
) -> Manifest:
    """Manifest of a union whose episode table is written; the rest is as in `like`."""
    origin: Origin = like.origin
    return Manifest(
        version=version,
        parent_hash=parent_hash,
        origin=origin,
        name=name or like.name,
        twin=like.twin,
        seed=like.seed,
        code_version=code_version,
        physics_version=like.physics_version,
        settings=dict(settings),
        plan_fingerprint=plan_fingerprint,
        logical_hash=union.logical_hash,
        counts=dict(union.counts),
        splits=dict(union.usable),
        streams=dict(union.streams),
        spec_fingerprints=union.spec_fingerprints,
        files=FileList(chain([(EPISODES, table)], union.files.items())),
    )


def write_table(pieces: Iterable[pa.Table], path: Path) -> FileRecord:
    """Record of an episode table, written whole, a piece at a time."""
    temporary, n_rows = path.with_name(f".{path.name}.{os.getpid()}.tmp"), 0
    rows = iter(pieces)
    first = next(rows)
    with storing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        drop_abandoned(path.parent)
    with (
        storing(path),
        pq.ParquetWriter(temporary, first.schema, compression="zstd", compression_level=3) as opened,
    ):
        for piece in chain([first], rows):
            opened.write_table(piece, row_group_size=_GROUP_ROWS)
            n_rows += piece.num_rows
    commit(temporary, path)
    return FileRecord(rows=n_rows, bytes=path.stat().st_size, sha256=file_sha256(path))


def place_files(sources: Iterable[tuple[str, Path]], folder: Path, copy: bool = False) -> None:
    """Give files their place in a folder: as hard links, or as copies where asked or where links fail."""
    cleaned: set[Path] = set()
    for part in batched(sources, _FILES_AT_ONCE):
        _place(part, folder, copy, cleaned)


def _place(sources: Iterable[tuple[str, Path]], folder: Path, copy: bool, cleaned: set[Path]) -> None:
    pending: dict[Path, Path] = {}
    for place, source in sources:
        final = folder / place
        if final.parent not in cleaned:
            drop_abandoned(final.parent)  # of a call that was killed: nothing lists them
            cleaned.add(final.parent)
        if not copy and final.exists() and final.samefile(source):
            continue
        temporary = final.with_name(f".{final.name}.{os.getpid()}.tmp")
        with storing(final):
            final.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):
                temporary.unlink()
            link_or_copy(source, temporary, copy)
        pending[temporary] = final
    commit_all(pending)


def link_or_copy(source: Path, target: Path, copy: bool = False) -> None:
    """Hard link of a file, or a copy where asked or where the file system has none."""
    if not copy:
        with suppress(OSError):
            os.link(source, target)
            return
    shutil.copy2(source, target)


def union_run_facts(parts: Sequence[Part], started_utc: str) -> dict[str, Any]:
    """Facts for run.json: what the parts cost together, and when they were put together."""
    told = [_run_facts(part.dataset.folder) for part in parts]
    failures: dict[str, Any] = {}
    for one in told:
        failures |= one.get("failures", {})
    return {
        **(told[-1] if told else {}),
        "started_utc": started_utc,
        "finished_utc": datetime.now(UTC).isoformat(),
        "shard_wall_s": sum(one.get("shard_wall_s", 0.0) for one in told),
        "shard_cpu_s": sum(one.get("shard_cpu_s", 0.0) for one in told),
        "failures": failures,
    }


def _run_facts(folder: Path) -> dict[str, Any]:
    try:
        facts = json.loads((folder / RUN).read_bytes())
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}
