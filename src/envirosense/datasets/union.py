"""Datasets put together shard by shard: nothing in a shard changes, only its name and who lists it."""

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import JsonValue

from envirosense.core.errors import DatasetError
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.files import commit, commit_all, file_sha256, storing
from envirosense.datasets.finish import EPISODE_COLUMNS, RUN
from envirosense.datasets.hashing import FAILED, logical_hash
from envirosense.datasets.manifest import EPISODES, Manifest, Origin, StreamFacts
from envirosense.datasets.output import drop_abandoned
from envirosense.datasets.schema import stream_schema
from envirosense.datasets.shard import FileRecord


@dataclass(frozen=True, slots=True)
class Part:
    """What is taken of a dataset: rows of its episode table, and the shards that hold exactly these."""

    dataset: Dataset
    episodes: pa.Table

    @property
    def shards(self) -> tuple[str, ...]:
        """Stems of the shards, such as `train-00000`, sorted."""
        return tuple(sorted({stem for stem in map(shard_of, self.episodes["locations"].to_pylist()) if stem}))


@dataclass(frozen=True, slots=True)
class Union:
    """Several parts as one dataset, not yet on disk."""

    episodes: pa.Table
    files: Mapping[str, FileRecord]  # by path inside the union, without the episode table
    sources: Mapping[str, Path]  # where each of them lies now
    streams: Mapping[str, StreamFacts]
    spec_fingerprints: tuple[str, ...]
    logical_hash: str


def shard_of(locations: str) -> str:
    """Stem of the shard that an episode lies in, from its `locations`; "" for one that left no rows."""
    found = json.loads(locations)
    return Path(next(iter(found.values()))["file"]).stem if found else ""


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
    ticks_s = {dt_s for found in (one, other) for dt_s in found.episodes["dt_s"].to_pylist()}
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
    files: dict[str, FileRecord] = {}
    sources: dict[str, Path] = {}
    tables: list[pa.Table] = []
    fingerprints: dict[str, str] = {}
    next_shard: Counter[str] = Counter()
    next_index = 0
    for part in parts:
        names = _shard_names(part.shards, next_shard, keep=not tables)
        for place, record in part.dataset.manifest.files.items():
            stream, _, file = place.partition("/")
            if (stem := Path(file).stem) in names:
                new_place = f"{stream}/{names[stem]}.parquet"
                files[new_place], sources[new_place] = record, part.dataset.folder / place
        table = _renamed(part.episodes, names, None if not tables else next_index)
        next_index = max([next_index, *(one + 1 for one in table["index"].to_pylist())])
        fingerprints |= {one[:16]: one for one in part.dataset.manifest.spec_fingerprints}
        tables.append(table)
    episodes = pa.concat_tables(tables)
    return Union(
        episodes,
        dict(sorted(files.items())),
        sources,
        _streams(parts, files),
        tuple(fingerprints[one] for one in episodes["episode_id"].to_pylist()),
        logical_hash(_entries(episodes)),
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


def _renamed(episodes: pa.Table, names: Mapping[str, str], first_index: int | None) -> pa.Table:
    """Rows with the new shard names, and positions from `first_index` on in their own order."""
    schema = stream_schema(EPISODE_COLUMNS)
    table = episodes.sort_by("index").select(schema.names).cast(schema)
    if first_index is None:
        return table
    index = pa.array(range(first_index, first_index + table.num_rows), pa.int64())
    locations = pa.array([_relocated(text, names) for text in table["locations"].to_pylist()], pa.string())
    for name, column in (("index", index), ("locations", locations)):
        table = table.set_column(schema.get_field_index(name), schema.field(name), column)
    return table


def _relocated(locations: str, names: Mapping[str, str]) -> str:
    found = json.loads(locations)
    for stream, place in found.items():
        place["file"] = f"{stream}/{names[Path(place['file']).stem]}.parquet"
    return json.dumps(found)


def _streams(parts: Sequence[Part], files: Mapping[str, FileRecord]) -> dict[str, StreamFacts]:
    found: dict[str, StreamFacts] = {}
    for part in parts:
        for stream, facts in part.dataset.manifest.streams.items():
            first = found.setdefault(stream, facts)
            check_columns(stream, first, facts, part.dataset.folder)
    for stream, facts in found.items():
        own = [record for place, record in files.items() if place.startswith(f"{stream}/")]
        size = {"rows": sum(one.rows for one in own), "bytes": sum(one.bytes for one in own)}
        found[stream] = facts.model_copy(update=size)
    return {name: found[name] for name in sorted(found) if any(p.startswith(f"{name}/") for p in files)}


def _entries(episodes: pa.Table) -> list[tuple[str, ...]]:
    """What the logical hash is made of, from an episode table."""
    entries: list[tuple[str, ...]] = []
    columns = (episodes[name].to_pylist() for name in ("episode_id", "outcome", "content_hashes"))
    for episode_id, outcome, hashes in zip(*columns, strict=True):
        if outcome == "failed":
            entries.append((episode_id, FAILED))
        entries += [(episode_id, stream, one) for stream, one in json.loads(hashes).items()]
    return entries


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
    outcomes = union.episodes["outcome"].to_pylist()
    splits = union.episodes["split"].to_pylist()
    usable = Counter(split for split, one in zip(splits, outcomes, strict=True) if one == "ok")
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
        counts={
            "episodes": len(outcomes),
            "ok": outcomes.count("ok"),
            "failed": outcomes.count("failed"),
        },
        splits={split: usable[split] for split in sorted(set(splits))},
        streams=dict(union.streams),
        spec_fingerprints=union.spec_fingerprints,
        files={EPISODES: table, **union.files},
    )


def write_table(episodes: pa.Table, path: Path) -> FileRecord:
    """Record of an episode table, written whole."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with storing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        drop_abandoned(path.parent)
        pq.write_table(episodes, temporary, compression="zstd", compression_level=3, row_group_size=1000)
    commit(temporary, path)
    return FileRecord(rows=episodes.num_rows, bytes=path.stat().st_size, sha256=file_sha256(path))


def place_files(sources: Mapping[str, Path], folder: Path, copy: bool = False) -> None:
    """Give files their place in a folder: as hard links, or as copies where asked or where links fail."""
    pending: dict[Path, Path] = {}
    for parent in {(folder / place).parent for place in sources}:
        drop_abandoned(parent)  # of a call that was killed: nothing lists them
    for place, source in sources.items():
        final = folder / place
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
