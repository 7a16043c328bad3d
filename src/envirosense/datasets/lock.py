"""One writer a folder: a lock that the system drops when its holder dies."""

import fcntl
import os
from pathlib import Path

from envirosense.core.errors import ConfigError
from envirosense.datasets.files import storing


class FolderLock:
    """Exclusive lock held through an open file that names the holder's process id."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

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
            holder = os.read(descriptor, 32).decode().strip() or "unknown"
            os.close(descriptor)
            folder = str(self._path.parent.parent)
            raise ConfigError(
                "out", folder, f"process {holder} is writing here; wait for it or stop it"
            ) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
