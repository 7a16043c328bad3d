"""One writer a folder: a lock that the system drops when its holder dies."""

import fcntl
import os
import platform
from pathlib import Path
from uuid import uuid4

from envirosense.core.errors import ConfigError
from envirosense.datasets.files import storing

_LONGEST = 400  # bytes of what a lock file says


class FolderLock:
    """Exclusive lock held through an open file that says who holds it.

    `ticket` is what the file says while the lock is held. A worker, on whatever machine, shows with it
    that the run that sent it still holds the folder: see `holds`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None
        self.ticket = ""

    def acquire(self) -> None:
        """Take the lock; one left by a dead process is free.

        Raises:
            ConfigError: if a living process holds it.
        """
        with storing(self._path):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _holder(os.read(descriptor, _LONGEST).decode())
            os.close(descriptor)
            folder = str(self._path.parent.parent)
            raise ConfigError("out", folder, f"{holder} is writing here; wait for it or stop it") from None
        ticket = f"{os.getpid()} {platform.node()} {uuid4().hex}"
        try:
            with storing(self._path):
                os.ftruncate(descriptor, 0)
                os.write(descriptor, ticket.encode())
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor, self.ticket = descriptor, ticket

    def release(self) -> None:
        """Give the lock back; from now on its ticket is void."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None


def holds(path: Path, ticket: str) -> bool:
    """Whether the lock at a path is still the one that the ticket is of."""
    try:
        return path.read_text() == ticket
    except OSError:
        return False


def _holder(said: str) -> str:
    """Holder of a lock in words, with its machine where that is another one."""
    process, _, rest = said.partition(" ")
    machine = rest.partition(" ")[0]
    where = "" if machine in ("", platform.node()) else f" on {machine}"
    return f"process {process or 'unknown'}{where}"
