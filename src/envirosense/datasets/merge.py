"""Two datasets of one twin as one: shards linked, episodes kept once, groups in one split."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

import numpy as np
from pydantic import JsonValue

from envirosense.core.errors import ConfigError, DatasetError
from envirosense.core.fingerprint import fingerprint
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.episode_table import EpisodeTable
from envirosense.datasets.files import write_whole
from envirosense.datasets.finish import RUN, write_documents
from envirosense.datasets.lock import FolderLock
from envirosense.datasets.manifest import EPISODES, MANIFEST, Manifest
from envirosense.datasets.manifest_text import as_json
from envirosense.datasets.output import prepare_output
from envirosense.datasets.plan import Plan
from envirosense.datasets.rewriting import EpisodesById, Stored
from envirosense.datasets.shard import STAGING, write_shard
from envirosense.datasets.splits import assign_splits, split_leaks
from envirosense.datasets.union import (
    check_alike,
    place_files,
    union_manifest,
    union_run_facts,
    unite,
    write_table,
)
from envirosense.datasets.union_parts import Part, stems_of

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
    tables = [found.short.select(["episode_id", "group", "split", "category"]) for found in (first, second)]
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
    known = set(first.short["episode_id"].to_pylist())
    is_new = [one not in known for one in second.short["episode_id"].to_pylist()]
    taken = first.table, second.table.part(np.flatnonzero(is_new))
    parts, rest = [], []
    for found, table in zip(pair, taken, strict=True):
        whole, left = _whole_shards(found, table, splits)
        parts.append(Part(found, whole, splits))
        rest.append((found.files, left))
    if any(len(left) for _, left in rest):
        rewritten = _rewritten(folder / STAGING / "rest", EpisodesById(rest), splits, first)
        parts.append(Part(rewritten, rewritten.table))
    union = unite(parts)
    place_files(union.sources(), folder, copy)
    listed = write_table(union.pieces(), folder / EPISODES)
    manifest = union_manifest(
        union,
        listed,
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
    facts = union_run_facts([Part(found, found.table) for found in pair], started_utc)
    write_whole(folder / RUN, as_json(facts))
    write_whole(folder / MANIFEST, manifest.pieces())


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
    told = dict(_digests(first))
    for episode_id, found in _digests(second):
        if told.get(episode_id, found) != found:
            raise DatasetError(
                f"{second.folder}: episode {episode_id} has other rows than in {first.folder}; "
                "verify both and generate the damaged or older one anew"
            )


def _digests(dataset: Dataset) -> Iterator[tuple[str, bytes]]:
    """Id of every episode, and a digest of the content hashes of its streams."""
    for piece in dataset.table.pieces(["episode_id", "content_hashes"]):
        for episode_id, hashes in zip(*(column.to_pylist() for column in piece.columns), strict=True):
            yield episode_id, bytes.fromhex(fingerprint(json.loads(hashes)))


def _whole_shards(
    dataset: Dataset, taken: EpisodeTable, splits: Mapping[str, str]
) -> tuple[EpisodeTable, EpisodeTable]:
    """Rows whose shards can be linked as they are, and the others."""
    every, own = Counter(stems_of(dataset.table)), stems_of(taken)
    group, split = (taken.short[name].to_pylist() for name in ("group", "split"))
    moved = {stem for stem, one, now in zip(own, group, split, strict=True) if splits[one] != now}
    # An episode without rows lies in no shard: its row alone changes split.
    linked = {
        stem for stem, n in Counter(own).items() if not stem or (n == every[stem] and stem not in moved)
    }
    keep = np.array([stem in linked for stem in own], dtype=bool)
    return taken.part(np.flatnonzero(keep)), taken.part(np.flatnonzero(~keep))


def _rewritten(folder: Path, episodes: EpisodesById, splits: Mapping[str, str], like: Dataset) -> Dataset:
    """Dataset of stored episodes under their new splits, made in `folder` or taken up where it stopped."""
    n_bytes = like.manifest.files.n_bytes // max(len(like), 1)
    plan = Plan.build(
        name=like.manifest.name,
        twin=like.manifest.twin,
        seed=like.manifest.seed,
        episodes=((episode.spec, splits[episode.group]) for episode in episodes.values()),
        settings={"origin": like.manifest.origin},
        code_version=version("envirosense"),
        physics_version=like.manifest.physics_version,
        bytes_per_episode=n_bytes,
    )
    stored = Stored(episodes)
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
