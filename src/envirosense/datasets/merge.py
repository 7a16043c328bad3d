"""Two datasets of one twin as one: shards linked, episodes kept once, groups in one split."""

import json
import shutil
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from pydantic import JsonValue

from envirosense.core.errors import ConfigError, DatasetError
from envirosense.core.fingerprint import fingerprint
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.episode import Episode
from envirosense.datasets.files import write_whole
from envirosense.datasets.finish import RUN, write_documents
from envirosense.datasets.lock import FolderLock
from envirosense.datasets.manifest import EPISODES, MANIFEST, Manifest
from envirosense.datasets.output import prepare_output
from envirosense.datasets.plan import Plan
from envirosense.datasets.rewriting import Stored
from envirosense.datasets.shard import STAGING, write_shard
from envirosense.datasets.splits import assign_splits, split_leaks
from envirosense.datasets.union import (
    Part,
    check_alike,
    place_files,
    shard_of,
    union_manifest,
    union_run_facts,
    unite,
    write_table,
)

_ASKED: Final = "merge.txt"
_NAMED: Final = 6


def merge(
    one: Dataset | Path | str,
    other: Dataset | Path | str,
    out: Path | str,
    *,
    resplit: bool = False,
    copy: bool = False,
) -> Dataset:
    """Dataset of the episodes of two, in the folder `out`; the same call goes on after a kill.

    Shards are hard links to those of the two datasets; only a shard with an episode that the other
    holds too, or whose split changes, is written anew. The hash is that of all episodes together.

    Args:
        one: a finished dataset, whose episodes come first.
        other: a dataset of the same twin, physics, tick and columns.
        out: folder of the merged dataset, new or empty.
        resplit: split all groups anew, instead of refusing groups that are in different splits.
        copy: copy the shards instead of linking them.

    Raises:
        DatasetError: if the two differ in kind, an episode differs, or groups lie in different splits.
        ConfigError: if `out` holds something else.
    """
    first, second = _opened(one), _opened(other)
    check_alike(first, second)
    splits = _splits_of_groups(first, second, resplit)
    asked = fingerprint({"merge": [first.logical_hash, second.logical_hash], "splits": splits})
    folder = Path(out).expanduser().absolute()
    if (done := _finished(folder, asked)) is not None:
        return done
    lock = FolderLock(folder / STAGING / "lock")
    lock.acquire()
    try:
        _claim(folder, asked)
        _write(folder, (first, second), splits, asked, resplit, copy)
        shutil.rmtree(folder / STAGING, ignore_errors=True)
    finally:
        lock.release()
    from envirosense.datasets.catalog import register_dataset  # imports SQLAlchemy

    merged = Dataset.open(folder)
    register_dataset(merged.manifest, folder)
    return merged


def _opened(dataset: Dataset | Path | str) -> Dataset:
    return dataset if isinstance(dataset, Dataset) else Dataset.open(dataset)


def _finished(folder: Path, asked: str) -> Dataset | None:
    if folder.exists() and not folder.is_dir():
        raise ConfigError("out", str(folder), "is a file; choose a folder")
    if (folder / MANIFEST).exists():
        found = Dataset.open(folder)
        if found.manifest.plan_fingerprint != asked:
            raise ConfigError("out", str(folder), "holds another dataset; choose a new or empty folder")
        shutil.rmtree(folder / STAGING, ignore_errors=True)
        return found
    foreign = sorted(one.name for one in folder.iterdir()) if folder.exists() else []
    if foreign and not (folder / STAGING / _ASKED).exists() and foreign != [STAGING]:
        raise ConfigError(
            "out", str(folder), f"holds other files ({foreign[0]}); choose a new or empty folder"
        )
    return None


def _claim(folder: Path, asked: str) -> None:
    """Mark the folder as the place of this merge, or refuse one left by another."""
    mark = folder / STAGING / _ASKED
    others = (folder / STAGING / "journal").exists()  # of a generation
    if others or (mark.exists() and mark.read_text() != asked):
        raise ConfigError("out", str(folder), "holds an unfinished run of something else; delete it first")
    write_whole(mark, asked.encode())


def _splits_of_groups(first: Dataset, second: Dataset, resplit: bool) -> dict[str, str]:
    """Split of every group of the union."""
    tables = [
        found.episodes.select(["episode_id", "group", "split", "category"]) for found in (first, second)
    ]
    rows = list({row["episode_id"]: row for table in tables for row in table.to_pylist()}.values())
    groups = [row["group"] for table in tables for row in table.to_pylist()]
    if resplit:
        own = [row["group"] for row in rows]
        return assign_splits(own, seed=first.manifest.seed, categories=[row["category"] for row in rows])
    found = [row["split"] for table in tables for row in table.to_pylist()]
    if leaks := split_leaks(groups, found):
        named = ", ".join(f"{group} ({'/'.join(splits)})" for group, splits in list(leaks.items())[:_NAMED])
        more = f" and {len(leaks) - _NAMED} more" if len(leaks) > _NAMED else ""
        raise DatasetError(
            f"{second.folder}: {len(leaks)} groups lie in another split than in {first.folder}: "
            f"{named}{more}; use --resplit to split all groups anew"
        )
    return dict(sorted(zip(groups, found, strict=True)))


def _write(
    folder: Path,
    pair: tuple[Dataset, Dataset],
    splits: Mapping[str, str],
    asked: str,
    resplit: bool,
    copy: bool,
) -> None:
    """Link, rewrite and list everything; the manifest comes last."""
    started_utc = datetime.now(UTC).isoformat()
    first, second = pair
    _check_equal(first, second)
    known = set(first.episodes["episode_id"].to_pylist())
    is_new = [one not in known for one in second.episodes["episode_id"].to_pylist()]
    taken = first.episodes, second.episodes.filter(pa.array(is_new, pa.bool_()))
    parts, rest = [], []
    for found, table in zip(pair, taken, strict=True):
        whole, left = _whole_shards(found, table, splits)
        parts.append(Part(found, whole))
        rest += left
    if rest:
        rewritten = _rewritten(folder / STAGING / "rest", rest, splits, first)
        parts.append(Part(rewritten, rewritten.episodes))
    union = unite(parts)
    place_files(union.sources, folder, copy)
    table = write_table(union.episodes, folder / EPISODES)
    manifest = union_manifest(
        union,
        table,
        first.manifest,
        name=_name(first.manifest, second.manifest),
        settings={
            "merged_from": [found.logical_hash for found in pair],
            "merged": [_parent(found.manifest) for found in pair],
            "resplit": resplit,
        },
        plan_fingerprint=asked,
        code_version=version("envirosense"),
    )
    facts = union_run_facts([Part(found, found.episodes) for found in pair], started_utc)
    write_whole(folder / RUN, _as_json(facts))
    write_whole(folder / MANIFEST, _as_json(manifest.model_dump(mode="json")))


def _as_json(value: object) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def _name(first: Manifest, second: Manifest) -> str:
    return first.name if first.name == second.name else f"{first.name}_{second.name}"


def _parent(manifest: Manifest) -> dict[str, JsonValue]:
    return {
        "name": manifest.name,
        "version": manifest.version,
        "logical_hash": manifest.logical_hash,
        "seed": manifest.seed,
        "code_version": manifest.code_version,
        "settings": manifest.settings,
    }


def _check_equal(first: Dataset, second: Dataset) -> None:
    """Refuse two datasets that tell different things of one episode."""
    told = dict(
        zip(*(first.episodes[name].to_pylist() for name in ("episode_id", "content_hashes")), strict=True)
    )
    for episode_id, hashes in zip(
        *(second.episodes[name].to_pylist() for name in ("episode_id", "content_hashes")), strict=True
    ):
        if episode_id in told and json.loads(told[episode_id]) != json.loads(hashes):
            raise DatasetError(
                f"{second.folder}: episode {episode_id} has other rows than in {first.folder}; "
                "verify both and generate the damaged or older one anew"
            )


def _whole_shards(
    dataset: Dataset, taken: pa.Table, splits: Mapping[str, str]
) -> tuple[pa.Table, list[Episode]]:
    """Rows whose shards can be linked as they are, and the episodes of the others."""
    every = dict(_by_shard(dataset.episodes))
    own = dict(_by_shard(taken))
    group, split = ((taken[name].to_pylist()) for name in ("group", "split"))
    moved = [splits[one] != now for one, now in zip(group, split, strict=True)]
    linked = {
        stem
        for stem, rows in own.items()
        if not stem or (len(rows) == len(every[stem]) and not any(moved[row] for row in rows))
    }
    keep = np.zeros(taken.num_rows, dtype=bool)
    for stem in linked:
        keep[own[stem]] = True
    whole = taken.filter(pa.array(keep))
    position = whole.schema.get_field_index("split")
    # An episode without rows lies in no shard: its row alone changes split.
    now = pa.array([splits[one] for one in whole["group"].to_pylist()], pa.string())
    whole = whole.set_column(position, whole.schema.field("split"), now)
    left = [Episode(dataset.files, taken.slice(int(row), 1).to_pylist()[0]) for row in np.flatnonzero(~keep)]
    return whole, left


def _by_shard(episodes: pa.Table) -> Iterator[tuple[str, list[int]]]:
    found: dict[str, list[int]] = {}
    for row, locations in enumerate(episodes["locations"].to_pylist()):
        found.setdefault(shard_of(locations), []).append(row)
    yield from found.items()


def _rewritten(
    folder: Path, episodes: Collection[Episode], splits: Mapping[str, str], like: Dataset
) -> Dataset:
    """Dataset of stored episodes under their new splits, made in `folder` or taken up where it stopped."""
    n_bytes = sum(file.bytes for file in like.manifest.files.values()) // max(len(like), 1)
    plan = Plan.build(
        name=like.manifest.name,
        twin=like.manifest.twin,
        seed=like.manifest.seed,
        episodes=[(episode.spec, splits[episode.group]) for episode in episodes],
        settings={"origin": like.manifest.origin},
        code_version=version("envirosense"),
        physics_version=like.manifest.physics_version,
        bytes_per_episode=n_bytes,
    )
    stored = Stored({episode.episode_id: episode for episode in episodes})
    with prepare_output(plan, folder) as output:
        for shard in output.pending:
            write_shard(output.folder, shard, stored.simulate)
        if not output.is_finished:
            write_documents(output)
    made = Dataset.open(folder)
    for episode in made:
        if episode.content_hashes != stored.episodes[episode.episode_id].content_hashes:
            raise DatasetError(
                f"episode {episode.episode_id}: its stored rows are damaged; verify the datasets"
            )
    return made
