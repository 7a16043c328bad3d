"""Files that are either whole or absent, and errors of the disk said in one line."""

import errno
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from envirosense.core.errors import StorageError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_RESUME = "then run the same command again to resume"


def _fix(error: OSError) -> str:
    if error.errno in _FULL:
        return f"free disk space, {_RESUME}"
    if error.errno in _FORBIDDEN:
        return "make it writable or choose another folder"
    return f"check the folder, {_RESUME}"


def size_text(n_bytes: float) -> str:
    """Size as an error says it: GB with two decimals, or three digits of what is less."""
    if n_bytes >= 1e9:
        return f"{n_bytes / 1e9:.2f} GB"
    unit, size = next(
        one for one in (("MB", 1e6), ("kB", 1e3), ("B", 1.0)) if n_bytes >= one[1] or one[1] == 1.0
    )
    return f"{n_bytes / size:.3g} {unit}"


def free_space(folder: Path) -> int:
    """Free space where a folder is or will be [byte].

    Raises:
        StorageError: where none can be made: below a file, on what holds no files, or for want of the right.
    """
    nearest = next(one for one in (folder, *folder.parents) if one.exists())
    usage = shutil.disk_usage(nearest)
    if not nearest.is_dir() or not usage.total or not os.access(nearest, os.W_OK | os.X_OK):
        raise StorageError(f"{folder}: cannot be made in {nearest}; name a folder that you may write to")
    return usage.free


@contextmanager
def storing(path: Path) -> Iterator[None]:
    """Context in which an `OSError` becomes a `StorageError` naming the path and the fix."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error).splitlines()[0]
        raise StorageError(f"{path}: cannot be written ({reason}); {_fix(error)}") from error


def flush(path: Path) -> None:
    """Force a file or folder to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def commit(temporary: Path, final: Path) -> None:
    """Give a finished temporary file its name; after this it survives a power cut."""
    commit_all({temporary: final})


def commit_all(finals: Mapping[Path, Path]) -> None:
    """Give finished temporary files their names; after this all of them survive a power cut.

    Folders are flushed last: where the file system keeps a journal, the first flush then serves all.
    """
    for temporary, final in finals.items():
        with storing(final):
            final.parent.mkdir(parents=True, exist_ok=True)
            flush(temporary)
            os.replace(temporary, final)
    for folder in dict.fromkeys(final.parent for final in finals.values()):
        with storing(folder):
            flush(folder)


def write_whole(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Write a file, given whole or in pieces, so that a reader sees all of it or the one before.

    Raises:
        StorageError: if the path is a folder's, or the disk refuses.
    """
    if path.is_dir():
        raise StorageError(f"{path}: is a folder; name a file in it")
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with storing(path), temporary.open("wb") as opened:
            opened.writelines([data] if isinstance(data, bytes) else data)
        commit(temporary, path)
    except BaseException:
        with suppress(OSError):  # the first error says what is wrong
            temporary.unlink()
        raise


def blocks_of(path: Path) -> Iterator[bytes]:
    """A file in pieces of a megabyte."""
    with path.open("rb") as opened:
        while block := opened.read(2**20):
            yield block


def file_sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
