"""What simulates the samples of a stream: the caller, processes of our own, or an executor that was given."""

import os
import pickle
import shutil
import tempfile
import weakref
from collections.abc import Iterable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

from envirosense.core.episode import EpisodeSpec
from envirosense.core.errors import ConfigError, DatasetError, StorageError
from envirosense.datasets.files import storing
from envirosense.datasets.memory import MemorySink
from envirosense.factory.executors import InlineExecutor, WorkerPool
from envirosense.factory.twins import TwinFactory

_SHARED_MEMORY: Final = Path("/dev/shm")  # Linux
_ROOM_BYTES: Final = 2**30  # less is a container's default, too little for pictures


@dataclass(frozen=True, slots=True)
class Simulated:
    """An episode, or why there is none."""

    episode: MemorySink | None
    reason: str = ""


type Result = Simulated | Path  # a process of ours leaves the episode in a file


def simulate_sample(make_twin: TwinFactory, spec: EpisodeSpec, unwanted: tuple[str, ...]) -> Simulated:
    """Episode of a spec, without the streams that are unwanted."""
    sink = MemorySink(spec, unwanted)
    try:
        summary = make_twin().simulate(spec, sink)
    except (StorageError, DatasetError, MemoryError):
        raise
    except Exception as error:
        return Simulated(None, f"{type(error).__name__}: {error}")
    return Simulated(None, summary.reason) if summary.outcome == "failed" else Simulated(sink)


def leave_sample(path: Path, make_twin: TwinFactory, spec: EpisodeSpec, unwanted: tuple[str, ...]) -> Path:
    """File that holds the episode of a spec; what a process of ours runs.

    Through a pool's own pipe an episode goes in pieces, and a process killed between two of them leaves the
    reader of the pipe waiting for ever; the name of a file goes whole.
    """
    simulated = simulate_sample(make_twin, spec, unwanted)
    with storing(path), path.open("wb") as opened:
        pickle.dump(simulated, opened, protocol=5)
    return path


def _handover_folder() -> Path:
    """New private folder, in memory where the machine has room there."""
    place = None
    if _SHARED_MEMORY.is_dir() and os.access(_SHARED_MEMORY, os.W_OK):
        free = os.statvfs(_SHARED_MEMORY)
        place = _SHARED_MEMORY if free.f_bavail * free.f_frsize >= _ROOM_BYTES else None
    return Path(tempfile.mkdtemp(prefix="envirosense-", dir=place))


def _stop(pool: WorkerPool, folder: Path) -> None:
    pool.kill()
    shutil.rmtree(folder, ignore_errors=True)


class _Pool:
    """Processes of our own and the folder in which they leave episodes."""

    def __init__(self, workers: int, preload: tuple[str, ...]) -> None:
        self.folder = _handover_folder()
        self.workers = WorkerPool(workers, preload)
        self._names = count()
        self.stop = weakref.finalize(self, _stop, self.workers, self.folder)

    def new_file(self) -> Path:
        return self.folder / str(next(self._names))

    def rebuild(self) -> None:
        self.workers.rebuild()
        for path in self.folder.iterdir():  # of processes that are gone
            path.unlink()


class SampleWorkers:
    """Runs the episodes of a stream."""

    def __init__(
        self, make_twin: TwinFactory, workers: int, given: Executor | None, unwanted: tuple[str, ...]
    ) -> None:
        if workers < 0:
            raise ConfigError("workers", workers, "must be 0 (in the caller) or more")
        self._make_twin, self._count, self._unwanted = make_twin, workers, unwanted
        self._given = given if workers or given is not None else InlineExecutor()
        self._pool: _Pool | None = None
        is_inline = isinstance(self._given, InlineExecutor)
        self.window = 1 if is_inline else 2 * max(workers, 1)  # episodes under way or waiting to be taken

    def submit(self, spec: EpisodeSpec) -> Future[Result]:
        """Future of an episode; our own processes start with the first."""
        call = (self._make_twin, spec, self._unwanted)
        if self._given is not None:
            return self._given.submit(simulate_sample, *call)
        if self._pool is None:
            readies = (__name__, self._make_twin.__module__, *getattr(self._make_twin, "preload", ()))
            self._pool = _Pool(self._count, readies)
        return self._pool.workers.submit(leave_sample, self._pool.new_file(), *call)

    def received(self, future: Future[Result]) -> Simulated:
        """What a future brings, when it is there; a file is read and removed."""
        result = future.result()
        if isinstance(result, Simulated):
            return result
        with result.open("rb") as opened:
            simulated: Simulated = pickle.load(opened)
        result.unlink()
        return simulated

    def rebuild(self) -> bool:
        """Start other processes in place of dead ones; False if they are not ours."""
        if self._pool is not None:
            self._pool.rebuild()
        return self._pool is not None

    def stop(self, flying: Iterable[Future[Result]]) -> None:
        """Kill our own processes, or take back from an executor of others what it has not begun."""
        if self._pool is not None:
            self._pool.stop()
            self._pool = None
            return
        for future in flying:
            future.cancel()
