"""Finished datasets and exports in an object store, through pyarrow.fs.

A dataset is sent shard by shard, its manifest last: a half upload is never a dataset. While it lasts, the
object `.upload` says of which dataset it is, so that another try sends only what lacks. What is sent and what
is read back is held to the manifest's checksums.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pyarrow.fs as pafs
import pyarrow.parquet as pq

from envirosense.core.errors import ConfigError, DatasetError
from envirosense.core.settings import settings
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.episode import Files
from envirosense.datasets.files import file_sha256, write_whole
from envirosense.datasets.formats.documents import EXPORT, ExportedFile, ExportFacts
from envirosense.datasets.manifest import EPISODES, MANIFEST, Manifest
from envirosense.datasets.object_store import ObjectFolder
from envirosense.datasets.shard import FileRecord
from envirosense.datasets.verify import DOCUMENTS
from envirosense.datasets.versions import VERSIONS, episodes_of, load_version, stored_versions, table_path

CLAIM: Final = ".upload"  # says which dataset an unfinished upload is of
_LAST: Final = (MANIFEST, EXPORT)  # what makes the files of a folder a dataset, an export

type Told = Callable[[int, int], None]  # files done, files in all
type Listed = dict[str, FileRecord | ExportedFile]  # by place


def _silent(_done: int, _total: int) -> None:
    """Say nothing."""


@dataclass(frozen=True, slots=True)
class Upload:
    """What an upload did."""

    url: str
    n_files: int  # with a checksum, of the whole dataset
    n_bytes: int
    n_sent: int  # of them in this run


def upload(
    folder: Path | str, url: str, *, filesystem: pafs.FileSystem | None = None, on_file: Told = _silent
) -> Upload:
    """Upload of a finished dataset or export; one that broke off is taken up where it stopped.

    Over an earlier version of the same dataset only what is new is sent.

    Args:
        folder: the dataset or export.
        url: where to, such as `s3://bucket/prefix`; a path where `filesystem` is given.
        filesystem: one of pyarrow; that of the URL when None.
        on_file: hears how many files are there.

    Raises:
        ConfigError: if something else is there already, or the URL cannot be used.
        DatasetError: if a local file is damaged; it is not left there.
        StorageError: if the store refuses.
    """
    source = Path(folder).expanduser().absolute()
    there, (closing, listed) = ObjectFolder.of(url, filesystem), _told_of(source)
    found = there.sizes()
    held, claim = _held(source, there, found), _claim(closing)
    is_begun = CLAIM in found
    if is_begun and there.get(CLAIM) != claim:
        fix = "holds half an upload of another dataset; choose another prefix, or delete what is there"
        raise ConfigError("target", there.url, fix)
    if found and not held and not is_begun:
        raise ConfigError("target", there.url, f"holds other files ({min(found)}); choose an empty prefix")
    lacking = {
        place
        for place, file in listed.items()
        if found.get(place) != file.bytes or held.get(place, file.sha256 if is_begun else "") != file.sha256
    }
    there.put(CLAIM, claim)
    for place in _versions(source):  # before the newest table takes the place of the one that is read there
        there.put(place, (source / place).read_bytes())
    for done, (place, file) in enumerate(listed.items(), start=1):
        if place in lacking:
            there.send(_local(source, place, file), place, file.sha256)
        on_file(done, len(listed))
    for place in _documents(source, listed):
        there.put(place, (source / place).read_bytes())
    for place, data in closing.items():  # as read at the start: the dataset may have grown since
        there.put(place, data)
    there.drop(CLAIM)
    return Upload(there.url, len(listed), sum(file.bytes for file in listed.values()), len(lacking))


def _claim(closing: Mapping[str, bytes]) -> bytes:
    """What tells this dataset from others."""
    return " ".join(hashlib.sha256(data).hexdigest() for data in closing.values()).encode()


def _told_of(folder: Path) -> tuple[dict[str, bytes], Listed]:
    """Closing documents of a local folder and the files they list, of one version though it may grow."""
    while True:
        closing = {name: (folder / name).read_bytes() for name in _closing(folder)}
        listed = listed_files(folder)
        if all((folder / name).read_bytes() == data for name, data in closing.items()):
            return closing, listed


def _local(folder: Path, place: str, file: FileRecord | ExportedFile) -> Path:
    """Where a listed file lies: the episode table may have been followed by that of a newer version."""
    tables = sorted((folder / VERSIONS).glob(EPISODES.replace(".", "-*."))) if place == EPISODES else []
    return next((path for path in tables if file_sha256(path) == file.sha256), folder / place)


def listed_files(folder: Path) -> Listed:
    """Files of a finished dataset or export that have a checksum, its episode table last.

    Raises:
        DatasetError: if there is none.
    """
    listed: Listed = {}
    if (folder / EXPORT).exists():
        listed |= ExportFacts.load(folder).files
    else:
        listed |= Manifest.load(folder).files
    for place in listed:
        if Path(place).is_absolute() or ".." in Path(place).parts:
            raise DatasetError(f"{folder}: names a file outside the folder ({place})")
    places = sorted(listed, key=lambda place: (place == EPISODES, place))
    return {place: listed[place] for place in places if place not in _LAST}


def _documents(folder: Path, listed: Mapping[str, object]) -> list[str]:
    """What lies beside the listed files: card, statistics."""
    named = (name for name in sorted(DOCUMENTS - set(_LAST)) if (folder / name).is_file())
    return [place for place in named if place not in listed]


def _versions(folder: Path) -> list[str]:
    """Manifests and episode tables of the versions of a dataset that grew."""
    found = sorted(path for path in (folder / VERSIONS).glob("[!.]*") if path.is_file())
    return [path.relative_to(folder).as_posix() for path in found]


def _closing(folder: Path) -> list[str]:
    return [name for name in _LAST if (folder / name).exists()]


def _held(source: Path, there: ObjectFolder, found: Mapping[str, int]) -> dict[str, str]:
    """Checksums by place of what the store holds of this dataset, finished; {} for nothing.

    Raises:
        ConfigError: if it holds another one.
    """
    if not any(name in found for name in _LAST):
        return {}
    with _told(there) as told:
        for name in _closing(told):
            ours = (source / name).exists() and (source / name).read_bytes() == (told / name).read_bytes()
            if not ours and not (name == MANIFEST and _is_earlier(told, source)):
                fix = (
                    f"holds another dataset ({name} differs); choose another prefix, or delete what is there"
                )
                raise ConfigError("target", there.url, fix)
        return {place: file.sha256 for place, file in listed_files(told).items()}


def _is_earlier(told: Path, source: Path) -> bool:
    """Whether a manifest is that of an earlier version of a dataset."""
    if not (source / MANIFEST).exists():
        return False
    hashes = {load_version(source, n).logical_hash for n in stored_versions(source)}
    return Manifest.load(told).logical_hash in hashes


@contextmanager
def _told(there: ObjectFolder) -> Iterator[Path]:
    """Folder with the closing documents of a store, while the context lasts.

    Raises:
        DatasetError: if there is none: no dataset, or half of one.
    """
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for name in _LAST:
            if there.has(name):
                (folder / name).write_bytes(there.get(name))
        if not _closing(folder):
            raise DatasetError(
                f"{there.url}: no finished dataset here (no {MANIFEST}); finish its upload, or check the URL"
            )
        yield folder


def download(
    url: str, folder: Path | str, *, filesystem: pafs.FileSystem | None = None, on_file: Told = _silent
) -> Path:
    """Folder with the dataset or export of a URL, every file held to its checksum.

    One that broke off is taken up where it stopped.

    Raises:
        DatasetError: if there is none, it is half uploaded, or a file does not have its checksum.
        ConfigError: if the folder holds another dataset.
    """
    there, target = ObjectFolder.of(url, filesystem), Path(folder).expanduser().absolute()
    with _told(there) as told:
        for name in _closing(target):
            if not (told / name).exists() or (told / name).read_bytes() != (target / name).read_bytes():
                raise ConfigError("out", str(target), f"holds another dataset ({name}); choose a new folder")
        listed, closing = listed_files(told), {name: (told / name).read_bytes() for name in _closing(told)}
    for done, (place, file) in enumerate(listed.items(), start=1):
        path = target / place
        if not _is_copy(path, file):
            there.fetch(place, path, file.sha256)
        on_file(done, len(listed))
    for place in there.sizes():
        is_version = Path(place).parts == (VERSIONS, Path(place).name)  # and nothing outside the folder
        if is_version or (place in DOCUMENTS and place not in (*listed, *closing)):
            _write(target / place, there.get(place))
    for name, data in closing.items():
        _write(target / name, data)
    return target


def _is_copy(path: Path, file: FileRecord | ExportedFile) -> bool:
    return path.is_file() and path.stat().st_size == file.bytes and file_sha256(path) == file.sha256


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, data)


class RemoteFiles(Files):
    """Files of a dataset in an object store: each is fetched when it is first read."""

    __slots__ = ("_held", "_there")

    def __init__(self, folder: Path, manifest: Manifest, there: ObjectFolder) -> None:
        super().__init__(folder, manifest)
        self._there = there
        self._held: set[str] = set()  # copies held to their checksum

    def path(self, place: str) -> Path:
        """Where the copy of a file lies."""
        return self.folder / place

    def open(self, place: str) -> pq.ParquetFile:
        """Parquet file of the dataset, fetched and held to its checksum if it is not here yet."""
        path, file = self.path(place), self.manifest.files[place]
        if place not in self._held or not path.is_file():
            if not _is_copy(path, file):  # the folder may hold those of another dataset
                self._fetch(place, path, file.sha256)
            self._held.add(place)
        return super().open(place)

    def _fetch(self, place: str, path: Path, sha256: str) -> None:
        """Fetch a file; an episode table that a newer version has replaced lies among the versions."""
        own = table_path(Path(), self.manifest.version).as_posix()
        try:
            self._there.fetch(place, path, sha256)
        except DatasetError:
            if place != EPISODES or not self._there.has(own):
                raise
            self._there.fetch(own, path, sha256)


def open_remote(
    url: str, *, cache: Path | str | None = None, filesystem: pafs.FileSystem | None = None
) -> Dataset:
    """Dataset of a URL; a shard is fetched, and held to its checksum, when something in it is first read.

    Args:
        url: of the dataset.
        cache: folder of the copies; by default one below `remote/` in ENVIROSENSE_HOME, or `.envirosense`.
        filesystem: one of pyarrow; that of the URL when None.

    Raises:
        DatasetError: if there is no finished dataset.
    """
    there = ObjectFolder.of(url, filesystem)
    with _told(there) as told:
        manifest, digest = Manifest.load(told), file_sha256(told / MANIFEST)
        listed_files(told)
    home = settings().home or Path(".envirosense")
    folder = Path(cache) if cache is not None else home / "remote" / digest[:16]
    files = RemoteFiles(folder.expanduser().absolute(), manifest, there)
    with files.open(EPISODES) as opened:
        n_groups = opened.metadata.num_row_groups
    episodes = files.read(EPISODES, range(n_groups), None)
    return Dataset(files, episodes_of(manifest, episodes).sort_by("index"))
