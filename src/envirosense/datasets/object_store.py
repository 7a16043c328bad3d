"""A folder of an object store, or of any file system that pyarrow reaches: files put and got whole."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.fs as pafs

from envirosense.core.errors import ConfigError, DatasetError, StorageError
from envirosense.datasets.files import flush, storing

_CHUNK_BYTES: Final = 8 * 2**20
_WITHOUT_FOLDERS: Final = ("s3", "gcs", "abfs")
_WAYS: Final = "write s3://bucket/prefix, gs://bucket/prefix, abfss://... or file:///folder"


def is_url(place: str) -> bool:
    """Whether a target is a URL such as `s3://bucket/prefix` and no local path."""
    return "://" in place


def shown_url(url: str) -> str:
    """The URL without its secrets."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}" if is_url(url) else url


@dataclass(frozen=True, slots=True)
class ObjectFolder:
    """Files below one URL, each whole or absent."""

    url: str  # without secrets
    files: pafs.FileSystem
    root: str

    @classmethod
    def of(cls, url: str, filesystem: pafs.FileSystem | None = None) -> Self:
        """Folder of a URL; of a path where a file system is given.

        Raises:
            ConfigError: if pyarrow knows no file system for it.
        """
        shown = shown_url(url)
        if filesystem is not None:
            return cls(shown, filesystem, url.rstrip("/"))
        if not is_url(url):
            raise ConfigError("target", url, f"is no URL; {_WAYS}")
        try:
            found, root = pafs.FileSystem.from_uri(url)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise ConfigError("target", shown, f"cannot be used ({_line(error)}); {_WAYS}") from None
        if not root.strip("/"):
            raise ConfigError("target", shown, f"names no bucket; {_WAYS}")
        return cls(shown, found, root.rstrip("/"))

    def sizes(self) -> dict[str, int]:
        """Bytes of every file below, by place."""
        with self._reached():
            chosen = pafs.FileSelector(self.root, recursive=True, allow_not_found=True)
            found = [one for one in self.files.get_file_info(chosen) if one.is_file]
        return {one.path.removeprefix(self.root).lstrip("/"): one.size for one in found}

    def has(self, place: str) -> bool:
        """Whether a file is there."""
        with self._reached(place):
            return bool(self.files.get_file_info(self._path(place)).is_file)

    def get(self, place: str) -> bytes:
        """A small file."""
        with self._reached(place), self.files.open_input_stream(self._path(place)) as opened:
            return bytes(opened.read())

    def put(self, place: str, data: bytes) -> None:
        """Write a small file."""
        try:
            with self._reached(place), self._writer(place) as opened:
                opened.write(data)
        except BaseException:
            self._take_away(place)  # closing a stream may have stored the half of it
            raise

    def send(self, path: Path, place: str, sha256: str) -> None:
        """Write a local file; one that does not have its checksum is taken away again.

        Raises:
            DatasetError: for a local file that is missing or has another checksum.
        """
        digest = hashlib.sha256()
        try:
            source = path.open("rb")
        except OSError:
            raise DatasetError(f"{path}: missing; restore it or generate the dataset again") from None
        with source:
            try:
                with self._reached(place), self._writer(place) as opened:
                    while piece := source.read(_CHUNK_BYTES):
                        digest.update(piece)
                        opened.write(piece)
            except BaseException:
                self._take_away(place)  # closing a stream may have stored the half of it
                raise
        if digest.hexdigest() != sha256:
            self._take_away(place)
            raise DatasetError(f"{path}: checksum differs (damaged or changed); generate the dataset again")

    def fetch(self, place: str, path: Path, sha256: str) -> None:
        """Read a file to a local one.

        Raises:
            DatasetError: if it is missing or has another checksum.
        """
        temporary, digest = path.with_name(f".{path.name}.{os.getpid()}.tmp"), hashlib.sha256()
        with storing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with storing(path), temporary.open("wb") as target:
                for piece in self._pieces(place):
                    digest.update(piece)
                    target.write(piece)
            if digest.hexdigest() != sha256:
                raise DatasetError(
                    f"{self.url}/{place}: checksum differs (damaged); upload the dataset again"
                )
            with storing(path):
                flush(temporary)
                os.replace(temporary, path)
        finally:
            with suppress(OSError):
                temporary.unlink()

    def _pieces(self, place: str) -> Iterator[bytes]:
        with self._reached(place), self.files.open_input_stream(self._path(place)) as opened:
            while piece := opened.read(_CHUNK_BYTES):
                yield piece

    def drop(self, place: str) -> None:
        """Take away a file."""
        with self._reached(place):
            self.files.delete_file(self._path(place))

    def _path(self, place: str) -> str:
        return f"{self.root}/{place}"

    def _writer(self, place: str) -> pa.NativeFile:
        path = self._path(place)
        if self.files.type_name not in _WITHOUT_FOLDERS:
            self.files.create_dir(path.rpartition("/")[0], recursive=True)
        return self.files.open_output_stream(path)

    def _take_away(self, place: str) -> None:
        with suppress(OSError):
            self.files.delete_file(self._path(place))

    @contextmanager
    def _reached(self, place: str = "") -> Iterator[None]:
        """Say of every error of the store what it is about, in one line."""
        try:
            yield
        except FileNotFoundError:
            raise DatasetError(f"{self.url}/{place}: missing; upload the dataset again") from None
        except (OSError, pa.ArrowException) as error:
            raise StorageError(
                f"{self.url}/{place}: cannot be reached ({_line(error)}); check bucket, rights and network, "
                "then run the same command again to resume"
            ) from error


def _line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
