"""Runs the shards of a plan on an executor: bounded, restartable, interruptible."""

import os
import platform
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    wait,
)
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Final

from envirosense.core.episode import EpisodeSpec, EpisodeSummary
from envirosense.core.errors import DatasetError, EnviroSenseError
from envirosense.core.logs import get_logger
from envirosense.core.protocols import Sink
from envirosense.datasets.lock import holds
from envirosense.datasets.output import lock_path
from envirosense.datasets.plan import Shard
from envirosense.datasets.shard import STAGING, ShardRecord, write_shard
from envirosense.factory.dask_executor import is_gone, is_lost
from envirosense.factory.executors import WorkerPool
from envirosense.factory.twins import TwinFactory, twin_for

MAX_ATTEMPTS: Final = 3
_POLL_S: Final = 0.25


class WorkerDied(EnviroSenseError):
    """A worker process that was killed again and again on the same shard."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a run gives a worker along with a shard, so that no worker writes for a run that is over."""

    holder: str  # what the lock of the folder says while the run holds it
    code_version: str
    attempt: int = 0  # an executor that remembers calls must not take a second try for the first

    def check(self, folder: Path) -> None:
        """Refuse a folder that the run does not hold.

        Raises:
            DatasetError: if the run is over, or this worker sees another folder.
        """
        if not holds(lock_path(folder), self.holder):
            raise DatasetError(
                f"{folder}: worker {os.getpid()} on {platform.node()} does not find the run that sent it; "
                "all workers must see the folder of the run, and one that is left over stops here"
            )

    def check_version(self) -> None:
        """Refuse a worker with another version of the code.

        Raises:
            DatasetError: if there is one.
        """
        if (here := version("envirosense")) != self.code_version:
            raise DatasetError(
                f"worker {os.getpid()} on {platform.node()} has envirosense {here}, the run "
                f"{self.code_version}; install the same version on every worker"
            )


def run_shard(
    folder: Path, shard: Shard, make_twin: TwinFactory, ticket: Ticket | None = None
) -> ShardRecord:
    """Journal entry of a shard; what a worker runs.

    Raises:
        DatasetError: if the run of the ticket is over; nothing of the shard is written then.
    """
    if ticket is not None:
        ticket.check(folder)
        ticket.check_version()
    twin = make_twin()
    ticks = tick_file(folder, shard)

    def simulate(spec: EpisodeSpec, out: Sink) -> EpisodeSummary:
        try:
            summary = twin.simulate(spec, out)
        finally:
            with suppress(OSError), ticks.open("ab") as opened:  # a full disk must not fail the episode
                opened.write(b".")
        if ticket is not None:
            ticket.check(folder)
        return summary

    return write_shard(folder, shard, simulate)


def tick_file(folder: Path, shard: Shard) -> Path:
    """File that grows by a byte with each episode of a running shard."""
    return folder / STAGING / "tmp" / f"{shard.name}.ticks"


class ShardRun:
    """Shards on their way through an executor.

    At most `window` shards are handed over at a time. If a worker dies, the shards that were in
    flight are tried again one at a time, so that only the one that kills its worker is blamed.
    An executor of the caller is expected to replace its workers itself, as a Dask cluster does;
    one that refuses to go on ends the run. `holder` is the ticket of the folder's lock.
    """

    def __init__(
        self, folder: Path, make_twin: TwinFactory, executor: Executor, window: int, holder: str = ""
    ) -> None:
        self._folder = folder
        self._make_twin = make_twin
        self._executor = executor
        self._window = window
        self._ticket = Ticket(holder, version("envirosense")) if holder else None
        self._running: dict[Future[ShardRecord], Shard] = {}
        self._suspects: deque[Shard] = deque()
        self._attempts: dict[str, int] = {}
        self._n_lost = 0

    def results(self, shards: tuple[Shard, ...], heartbeat: Callable[[int], None]) -> Iterator[ShardRecord]:
        """Journal entries as they come; `heartbeat` hears how many episodes of running shards are done.

        Raises:
            WorkerDied: if a shard killed its worker three times, or the executor's cluster is gone.
        """
        waiting = deque(shards)
        while waiting or self._suspects or self._running:
            if is_gone(self._executor):
                raise WorkerDied("the scheduler of the executor is gone; start it again and resume")
            self._hand_over(waiting)
            done, _ = wait(self._running, timeout=_POLL_S, return_when=FIRST_COMPLETED)
            for future in done:
                if (record := self._outcome(future)) is not None:
                    get_logger(__name__).info(
                        "shard stored", shard=record.name, episodes=len(record.episodes)
                    )
                    yield record
            heartbeat(sum(self._progress(shard) for shard in self._running.values()))

    def abandon(self) -> None:
        """Wait for the running shards and drop the rest, so that nothing writes to the folder any more.

        Where an executor cannot wait for a call it has cancelled, the call ends by itself after its
        present episode, because its ticket is void.
        """
        left = [future for future in self._running if not future.cancel()]
        if not is_gone(self._executor):
            wait(left)  # a cancelled one may never tell that it is done

    def _outcome(self, future: Future[ShardRecord]) -> ShardRecord | None:
        """Journal entry of a finished future; None where its worker was lost, and its shard waits again."""
        if future not in self._running:
            return None  # its pool broke while an earlier one was handled
        try:
            record = future.result()
        except BrokenExecutor as error:
            self._recover(error, list(self._running))
            return None
        except Exception as error:
            if not (isinstance(error, CancelledError) or is_lost(error)):
                raise
            self._recover(error, [future])
            return None
        del self._running[future]
        return record

    def _hand_over(self, waiting: deque[Shard]) -> None:
        source, room = (self._suspects, 1) if self._suspects else (waiting, self._window)
        alone = self._attempts and any(shard.name in self._attempts for shard in self._running.values())
        while source and not alone and len(self._running) < room:
            shard = source.popleft()
            try:
                future = self._submit(shard)
            except BrokenExecutor as error:
                self._suspects.append(shard)
                self._recover(error, list(self._running))
                return
            self._running[future] = shard

    def _submit(self, shard: Shard) -> Future[ShardRecord]:
        ticket = self._ticket and replace(self._ticket, attempt=self._n_lost)
        try:
            make_twin = twin_for(self._make_twin, [one.episode_id for one in shard.episodes])
            return self._executor.submit(run_shard, self._folder, shard, make_twin, ticket)
        except Exception as error:
            is_gone = isinstance(error, BrokenExecutor | RuntimeError) or is_lost(error)
            if isinstance(self._executor, WorkerPool) or not is_gone:
                raise
            raise WorkerDied(f"a worker of the executor died ({error}); start it again and resume") from error

    def _recover(self, error: Exception, futures: Iterable[Future[ShardRecord]]) -> None:
        """Take the shards of lost futures back, to be tried one at a time."""
        is_alone = len(self._running) == 1
        lost = [self._running.pop(future) for future in futures]
        self._n_lost += 1
        for shard in lost:
            attempts = self._attempts.get(shard.name, 0) + is_alone
            self._attempts[shard.name] = attempts
            if attempts >= MAX_ATTEMPTS:
                raise WorkerDied(
                    f"shard {shard.name}: its worker was killed {attempts} times (out of memory?); "
                    "use fewer workers or shorter episodes, then run the same command again to resume"
                ) from error
        self._suspects.extend(lost)
        get_logger(__name__).warning("worker died, shards run again", shards=[shard.name for shard in lost])
        if isinstance(self._executor, WorkerPool):
            self._executor.rebuild()

    def _progress(self, shard: Shard) -> int:
        try:
            return min(tick_file(self._folder, shard).stat().st_size, len(shard.episodes))
        except OSError:
            return 0
