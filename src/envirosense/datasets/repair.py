"""Damaged files of a dataset made again, from the specs in it, to the same rows and bytes."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from envirosense.core.errors import DatasetError, StorageError
from envirosense.core.protocols import Sink
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.episode import Episode
from envirosense.datasets.files import blocks_of, commit_all, file_sha256, storing, write_whole
from envirosense.datasets.hashing import FAILED, logical_hash
from envirosense.datasets.lock import FolderLock
from envirosense.datasets.manifest import EPISODES, MANIFEST, Manifest
from envirosense.datasets.output import lock_path
from envirosense.datasets.shard import STAGING, FileRecord, Simulate
from envirosense.datasets.store import EpisodeSink, ShardFiles, StreamRecord
from envirosense.datasets.verify import CARD, REPAIR, Finding, verify
from envirosense.datasets.versions import VERSIONS, episodes_path

_REMADE = frozenset({*CARD, "quality.json"})  # documents that are made from the data


@dataclass(frozen=True, slots=True)
class Maker:
    """What can simulate the episodes of a dataset again, and in which versions it is here."""

    simulate: Simulate
    code_version: str
    physics_version: str

    def check(self, manifest: Manifest) -> None:
        """Refuse a dataset of other versions, whose episodes would come out different.

        Raises:
            DatasetError: naming both versions.
        """
        made, here = _versions(manifest), _versions(self)
        if made != here:
            raise DatasetError(
                f"made by {made}, here is {here}: install that version to make it again, or restore the file"
            )


def _versions(of: Maker | Manifest) -> str:
    return f"envirosense {of.code_version}, physics {of.physics_version or 'without a version'}"


@dataclass(frozen=True, slots=True)
class RepairReport:
    """What a repair did, and what is still wrong."""

    folder: Path
    repaired: tuple[str, ...]  # paths inside the dataset
    left: tuple[Finding, ...]  # each with the reason why it stays as its fix
    logical_hash: str  # recomputed; "" if a file cannot be read

    @property
    def is_ok(self) -> bool:
        """Whether the dataset is whole now."""
        return not self.left


def repair(
    path: Path | str, maker: Maker | str, describe: Callable[[Dataset], object] | None = None
) -> RepairReport:
    """Report on a dataset after making its damaged and missing files again.

    Only damaged streams of damaged shards are simulated. A file takes its place when its rows have the
    content hash that the episode table states; until then the damaged one is kept.

    Args:
        path: folder of the dataset.
        maker: what simulates its episodes, or the reason why nothing can.
        describe: writes the documents made from the data anew.

    Raises:
        DatasetError: if manifest or episode table are lost: the specs of all episodes are in them.
        ConfigError: if another process writes to the folder.
        StorageError: if the disk refuses; what was there before is still there.
    """
    folder = Path(path).expanduser().absolute()
    Manifest.load(folder)  # no dataset here: leave no trace
    with _sole_writer(folder):
        repaired = _mend_table(folder)
        found = verify(folder)
        dataset = Dataset.open(folder)
        reasons: dict[str, str] = {}
        for stem, places in _damaged_shards(dataset.manifest, found.findings).items():
            try:
                _remake(dataset, stem, places, maker)
                repaired += places
            except DatasetError as error:
                reasons |= dict.fromkeys(places, str(error))
        if any(finding.file == STAGING for finding in found.findings):
            _drop_staging(folder)
            repaired.append(STAGING)
        damaged = sorted(_REMADE & {finding.file for finding in found.findings})
        if damaged and describe is not None and not reasons:
            describe(Dataset.open(folder))
            repaired += damaged
    after = verify(folder)
    left = tuple(replace(one, fix=reasons.get(one.file, one.fix)) for one in after.findings)
    return RepairReport(folder, tuple(repaired), left, after.logical_hash)


@contextmanager
def _sole_writer(folder: Path) -> Iterator[None]:
    lock = FolderLock(folder / REPAIR / "lock")
    lock.acquire()
    try:
        _bring_back(folder)
        yield
        shutil.rmtree(folder / REPAIR, ignore_errors=True)
    finally:
        lock.release()


def _bring_back(folder: Path) -> None:
    """Return what a repair that was killed left in quarantine, where nothing took its place."""
    damaged = folder / REPAIR / "damaged"
    for kept in sorted(damaged.rglob("*.parquet")):
        if not (final := folder / kept.relative_to(damaged)).exists():
            with storing(final):
                os.replace(kept, final)


def _drop_staging(folder: Path) -> None:
    """Remove what a generation that is over left behind."""
    lock = FolderLock(lock_path(folder))
    lock.acquire()
    shutil.rmtree(folder / STAGING, ignore_errors=True)
    lock.release()


def _mend_table(folder: Path) -> list[str]:
    """Places of an episode table restored from its copy, where the dataset has two of them."""
    manifest = Manifest.load(folder)
    tables = [episodes_path(folder, manifest), folder / EPISODES]
    stated = manifest.files[EPISODES].sha256
    whole = [path for path in tables if path.is_file() and file_sha256(path) == stated]
    damaged = [path for path in dict.fromkeys(tables) if path not in whole]
    if whole:
        for path in damaged:
            write_whole(path, blocks_of(whole[0]))
        return [path.relative_to(folder).as_posix() for path in damaged]
    raise DatasetError(
        f"{folder / EPISODES}: damaged or missing, and the specs of all episodes are in it; restore it, or "
        f"generate the dataset again in another folder from the settings in {MANIFEST}"
    )


def _damaged_shards(manifest: Manifest, findings: Sequence[Finding]) -> dict[str, list[str]]:
    """Damaged files by the shard they belong to."""
    shards: dict[str, list[str]] = {}
    for place in sorted({finding.file for finding in findings} & manifest.files.keys()):
        if place != EPISODES:
            shards.setdefault(Path(place).stem, []).append(place)
    return shards


def _remake(dataset: Dataset, stem: str, places: Sequence[str], maker: Maker | str) -> None:
    """Simulate the episodes of a shard and put new files in the place of damaged ones."""
    if isinstance(maker, str):
        raise DatasetError(maker)
    maker.check(dataset.manifest)
    if logical_hash(_stated(dataset)) != dataset.manifest.logical_hash:
        raise DatasetError(f"{EPISODES} and {MANIFEST} state different hashes; restore them first")
    temporary = dataset.folder / REPAIR / "tmp"
    with storing(temporary):
        temporary.mkdir(exist_ok=True)
    files = ShardFiles(temporary, stem)
    streams = [place.partition("/")[0] for place in places]
    try:
        for episode in _members(dataset, places):
            _simulate(episode, streams, files, maker)
        _exchange(dataset, stem, files)
    finally:
        files.discard()


def _stated(dataset: Dataset) -> Iterator[tuple[str, ...]]:
    """Entries of the logical hash as the episode table states them."""
    for episode in dataset.failed:
        yield episode.episode_id, FAILED
    for episode in dataset:
        for stream, content_hash in episode.content_hashes.items():
            yield episode.episode_id, stream, content_hash


def _members(dataset: Dataset, places: Sequence[str]) -> list[Episode]:
    """Episodes with rows in some files of one shard, in the order in which they lie there."""
    held = [one for one in dataset if any(place["file"] in places for place in one.locations.values())]
    return sorted(
        held,
        key=lambda one: [
            place["first_row_group"]
            for _, place in sorted(one.locations.items())
            if place["file"] in places
        ] + [one.row["index"]],
    )  # fmt: skip


class _Chosen:
    """Sink that keeps some streams."""

    def __init__(self, out: Sink, streams: Sequence[str]) -> None:
        self._out = out
        self._streams = streams

    def wants(self, stream: str) -> bool:
        """Whether the stream is kept."""
        return stream in self._streams

    def write(self, stream: str, batch: pa.RecordBatch) -> None:
        """Append rows to a stream, if it is kept."""
        if self.wants(stream):
            self._out.write(stream, batch)


def _simulate(episode: Episode, streams: Sequence[str], files: ShardFiles, maker: Maker) -> None:
    """Write streams of an episode to new files.

    Raises:
        DatasetError: if it fails now, or a stream is not the stored one.
    """
    sink = EpisodeSink(episode.spec, files, episode.episode_id)
    try:
        maker.simulate(episode.spec, _Chosen(sink, streams))
        found = sink.close()
    except (StorageError, DatasetError, MemoryError):
        raise
    except Exception as error:
        raise DatasetError(f"episode {episode.episode_id} cannot be simulated again ({error})") from error
    for stream in streams:
        if _as_stored(found.get(stream)) != _stored(episode, stream):
            raise DatasetError(
                f"stream {stream!r} of episode {episode.episode_id} comes out different; if the dataset was "
                "made from another one, make it again from that, else restore the file"
            )


def _as_stored(record: StreamRecord | None) -> dict[str, Any] | None:
    return None if record is None else record.model_dump()


def _stored(episode: Episode, stream: str) -> dict[str, Any] | None:
    if stream not in episode.locations:
        return None
    place = {key: value for key, value in episode.locations[stream].items() if key != "file"}
    return {**place, "content_hash": episode.content_hashes[stream]}


def _exchange(dataset: Dataset, stem: str, files: ShardFiles) -> None:
    """Put finished files in the place of damaged ones, and state their checksums where those differ."""
    folder, made, finals = dataset.folder, {}, {}
    for stream, opened in sorted(files.streams.items()):
        opened.close()
        place = f"{stream}/{stem}.parquet"
        size = opened.path.stat().st_size
        made[place] = FileRecord(rows=opened.n_rows, bytes=size, sha256=file_sha256(opened.path))
        finals[opened.path] = folder / place
    with _set_aside(folder, list(made)):
        commit_all(finals)
    if changed := {place: one for place, one in made.items() if one != dataset.manifest.files[place]}:
        _relist(folder, changed)  # the same rows by another version of the Parquet writer


@contextmanager
def _set_aside(folder: Path, places: Sequence[str]) -> Iterator[None]:
    """Context in which damaged files lie in quarantine; they come back where nothing took their place."""
    aside = {folder / place: folder / REPAIR / "damaged" / place for place in places}
    try:
        for final, kept in aside.items():
            if final.exists():
                with storing(kept):
                    kept.parent.mkdir(parents=True, exist_ok=True)
                    os.replace(final, kept)
        yield
    finally:
        _bring_back(folder)


def _relist(folder: Path, changed: Mapping[str, FileRecord]) -> None:
    """State other checksums in every manifest that lists the files."""
    for path in (*(folder / VERSIONS).glob("manifest-*.json"), folder / MANIFEST):
        try:
            there = Manifest.read(path)
        except DatasetError:
            if path.name == MANIFEST:
                raise
            continue  # of an old version: `verify` names it
        write_whole(path, there.restated(changed).pieces())
