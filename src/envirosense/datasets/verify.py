"""Check that a dataset on disk is whole and says what its manifest says."""

import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from envirosense.core.errors import DatasetError
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.episode import Episode, Files, damaged
from envirosense.datasets.files import file_sha256
from envirosense.datasets.finish import RUN
from envirosense.datasets.hashing import FAILED, LogicalHash, StreamHasher
from envirosense.datasets.manifest import EPISODES, MANIFEST, Manifest, schema_metadata
from envirosense.datasets.schema import describe_columns
from envirosense.datasets.shard import STAGING
from envirosense.datasets.versions import files_of_all_versions

DOCUMENTS = frozenset(
    {
        MANIFEST,
        RUN,
        "README.md",
        "croissant.json",
        "stats.json",
        "quality.json",
        "rejected.parquet",
        "export.json",  # the last two where the dataset is an export of another
        "episodes.jsonl",
    }
)
CARD = ("README.md", "stats.json", "croissant.json")  # written together
REPAIR = ".repair"  # folder of a repair while it lasts
_JSON = ("stats.json", "croissant.json", "quality.json", RUN)
_OLD_VERSION = (
    "restore it; or delete it: that version then cannot be opened any more, the newest holds all its episodes"
)
_REGENERATE = (
    "repair it with `envirosense dataset verify --repair`, restore the file or generate the dataset again"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: where, what, and what to do."""

    file: str
    problem: str
    fix: str

    def __str__(self) -> str:
        return f"{self.file}: {self.problem}; {self.fix}"


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """Outcome of a check of a whole dataset."""

    folder: Path
    findings: tuple[Finding, ...]
    n_files: int
    n_bytes: int
    logical_hash: str  # recomputed; "" if a file could not be read

    @property
    def is_ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def raise_if_damaged(self) -> None:
        """Raise the first finding as a `DatasetError`."""
        if self.findings:
            raise DatasetError(f"{self.folder}/{self.findings[0]}")


def verify(
    path: Path | str, version: int | None = None, on_episode: Callable[[int, int], None] | None = None
) -> VerifyReport:
    """Report on presence, size and checksum of every file, schemas, rows, and recomputed content hashes.

    An earlier `version` of a dataset that grew is checked by its own manifest. `on_episode` hears how many
    episodes are hashed again, and of how many.

    Raises:
        DatasetError: if the manifest or the episode table cannot be read at all.
    """
    dataset = Dataset.open(path, version)
    manifest = dataset.manifest
    findings = [*_file_findings(dataset.files), *_table_copy(dataset.files)]
    findings += [*_unlisted(dataset.folder, manifest), *_document_findings(dataset.folder)]
    bad_files = {finding.file for finding in findings}
    recomputed = ""
    if not bad_files & manifest.files.keys():
        findings += _schema_findings(dataset, manifest)
        recomputed, content_findings = _content(dataset, on_episode)
        findings += content_findings
        if recomputed != manifest.logical_hash:
            findings.append(Finding(MANIFEST, "logical hash differs from the data", _REGENERATE))
    n_bytes = manifest.files.n_bytes
    return VerifyReport(dataset.folder, tuple(findings), len(manifest.files), n_bytes, recomputed)


def recompute_logical_hash(path: Path | str) -> str:
    """Logical hash computed again from the stored rows."""
    recomputed, findings = _content(Dataset.open(path))
    if findings:
        raise DatasetError(f"{path}/{findings[0]}")
    return recomputed


def _file_findings(files: Files) -> Iterator[Finding]:
    for place, file in files.manifest.files.items():
        path = files.path(place)
        if not path.is_file():
            yield Finding(place, "missing", _REGENERATE)
        elif (size := path.stat().st_size) != file.bytes:
            yield Finding(place, f"{size} bytes instead of {file.bytes} (truncated or changed)", _REGENERATE)
        elif file_sha256(path) != file.sha256:
            yield Finding(place, "checksum differs (damaged or changed)", _REGENERATE)


def _table_copy(files: Files) -> Iterator[Finding]:
    """The episode table that other tools read, where it is not that of the newest version."""
    copy, own = files.folder / EPISODES, files.path(EPISODES)
    is_newest = Manifest.load(files.folder).version == files.manifest.version
    if not is_newest or copy == own:
        return
    if not copy.is_file() or file_sha256(copy) != file_sha256(own):
        yield Finding(EPISODES, "not the table of the newest version", f"copy {own} over it")


def _document_findings(folder: Path) -> Iterator[Finding]:
    """Documents beside the data that are missing, empty or cut off; they have no checksum."""
    is_described = any((folder / name).exists() for name in CARD[1:])
    for name in dict.fromkeys((*CARD, *_JSON)):
        path = folder / name
        fix = "delete it, it only says cost and dates" if name == RUN else "write it with `dataset card`"
        if not path.exists():
            if is_described and name in CARD:
                yield Finding(name, "missing", fix)
        elif not _is_whole(path):
            yield Finding(name, "empty or damaged", fix)


def _is_whole(path: Path) -> bool:
    try:
        text = path.read_text(encoding="utf-8")
        return bool(json.loads(text) if path.suffix == ".json" else text.strip())
    except ValueError:
        return False


def _unlisted(folder: Path, manifest: Manifest) -> Iterator[Finding]:
    if (folder / REPAIR).exists():
        yield Finding(REPAIR, "left over from a repair", "run `envirosense dataset verify --repair` again")
    if (folder / STAGING).exists():
        yield Finding(
            STAGING, "left over from generation", "run the same generate command again or delete it"
        )
    every, damaged = files_of_all_versions(folder)
    for place in damaged:
        yield Finding(place, "manifest of an old version, damaged", _OLD_VERSION)
    if damaged:
        return  # what it lists is not known, so no other file can be called a stranger
    strangers: defaultdict[str, list[str]] = defaultdict(list)
    for path in _files_below(folder):
        place = path.relative_to(folder).as_posix()
        if place.startswith(".") or place in DOCUMENTS or place in manifest.files or place in every:
            continue
        strangers[place.partition("/")[0]].append(place)
    for top, places in strangers.items():
        if len(places) == 1:
            yield Finding(places[0], "not listed in the manifest", "move it out of the dataset")
        else:
            problem = f"{len(places)} files are not listed in the manifest"
            yield Finding(f"{top}/", problem, "move them out of the dataset")


def _files_below(folder: Path) -> Iterator[Path]:
    """Files in a folder and in those below, sorted, one folder in memory at a time."""
    for name in sorted(os.listdir(folder)):
        path = folder / name
        if not path.is_dir():
            yield path
        elif not path.is_symlink():
            yield from _files_below(path)


def _schema_findings(dataset: Dataset, manifest: Manifest) -> Iterator[Finding]:
    for place, file in manifest.files.items():
        facts = manifest.streams.get(place.partition("/")[0])
        with dataset.files.open(place) as opened:
            schema, n_rows = opened.schema_arrow, opened.metadata.num_rows
        if n_rows != file.rows:
            yield Finding(place, f"{n_rows} rows instead of {file.rows}", _REGENERATE)
        if facts and (list(facts.columns), facts.metadata) != (
            describe_columns(schema),
            schema_metadata(schema),
        ):
            yield Finding(place, "columns differ from the manifest", _REGENERATE)


def _content(
    dataset: Dataset, on_episode: Callable[[int, int], None] | None = None
) -> tuple[str, list[Finding]]:
    """Logical hash from the rows themselves, and where they differ from the episode table."""
    hashed, findings = LogicalHash(), []
    for episode in dataset.failed:
        hashed.add(episode.episode_id, FAILED)
    total = len(dataset)
    for done, episode in enumerate(dataset, 1):
        for stream in episode.streams:
            found = _stored_hash(dataset.files, episode, stream)
            hashed.add(episode.episode_id, stream, found)
            if found != episode.content_hashes[stream]:
                place = episode.locations[stream]["file"]
                problem = f"rows of episode {episode.episode_id} differ from their content hash"
                findings.append(Finding(place, problem, _REGENERATE))
        if on_episode is not None:
            on_episode(done, total)
    return hashed.hexdigest(), findings


def _stored_hash(files: Files, episode: Episode, stream: str) -> str:
    """Content hash of a stream of an episode, read one row group at a time."""
    place = episode.locations[stream]
    with files.open(place["file"]) as opened:
        hasher = StreamHasher(opened.schema_arrow)
        first = place["first_row_group"]
        try:
            for group in range(first, first + place["row_groups"]):
                hasher.update(opened.read_row_group(group, use_threads=False))
        except (OSError, pa.ArrowException) as error:
            raise damaged(files.folder / place["file"], error) from None
    return hasher.hexdigest()
