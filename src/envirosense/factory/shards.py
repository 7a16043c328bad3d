"""Runs the shards of a plan on an executor: bounded, restartable, interruptible."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from contextlib import suppress
from pathlib import Path
from typing import Final

from envirosense.core.episode import EpisodeSpec, EpisodeSummary
from envirosense.core.errors import EnviroSenseError
from envirosense.core.logs import get_logger
from envirosense.core.protocols import Sink
from envirosense.datasets.plan import Shard
from envirosense.datasets.shard import STAGING, ShardRecord, write_shard
from envirosense.factory.executors import WorkerPool
from envirosense.factory.twins import TwinFactory

MAX_ATTEMPTS: Final = 3
_POLL_S: Final = 0.25


class WorkerDied(EnviroSenseError):
    """A worker process that was killed again and again on the same shard."""


def run_shard(folder: Path, shard: Shard, make_twin: TwinFactory) -> ShardRecord:
    """Journal entry of a shard; what a worker runs."""
    twin = make_twin()
    ticks = tick_file(folder, shard)

    def simulate(spec: EpisodeSpec, out: Sink) -> EpisodeSummary:
        try:
            return twin.simulate(spec, out)
        finally:
            with suppress(OSError), ticks.open("ab") as opened:  # a full disk must not fail the episode
                opened.write(b".")

    return write_shard(folder, shard, simulate)


def tick_file(folder: Path, shard: Shard) -> Path:
    """File that grows by a byte with each episode of a running shard."""
    return folder / STAGING / "tmp" / f"{shard.name}.ticks"


class ShardRun:
    """Shards on their way through an executor.

    At most `window` shards are handed over at a time. If a worker dies, the shards that were in
    flight are tried again one at a time, so that only the one that kills its worker is blamed.
    """

    def __init__(self, folder: Path, make_twin: TwinFactory, executor: Executor, window: int) -> None:
        self._folder = folder
        self._make_twin = make_twin
        self._executor = executor
        self._window = window
        self._running: dict[Future[ShardRecord], Shard] = {}
        self._suspects: deque[Shard] = deque()
        self._attempts: dict[str, int] = {}

    def results(self, shards: tuple[Shard, ...], heartbeat: Callable[[int], None]) -> Iterator[ShardRecord]:
        """Journal entries as they come; `heartbeat` hears how many episodes of running shards are done.

        Raises:
            WorkerDied: if a shard killed its worker three times.
        """
        waiting = deque(shards)
        while waiting or self._suspects or self._running:
            self._hand_over(waiting)
            done, _ = wait(self._running, timeout=_POLL_S, return_when=FIRST_COMPLETED)
            for future in done:
                if future not in self._running:
                    continue  # its pool broke while an earlier one was handled
                try:
                    record = future.result()
                except BrokenExecutor as error:
                    self._recover(error)
                else:
                    del self._running[future]
                    get_logger(__name__).info(
                        "shard stored", shard=record.name, episodes=len(record.episodes)
                    )
                    yield record
            heartbeat(sum(self._progress(shard) for shard in self._running.values()))

    def abandon(self) -> None:
        """Wait for the running shards and drop the rest, so that nothing writes to the folder any more."""
        for future in self._running:
            future.cancel()
        wait(self._running)

    def _hand_over(self, waiting: deque[Shard]) -> None:
        source, room = (self._suspects, 1) if self._suspects else (waiting, self._window)
        alone = self._attempts and any(shard.name in self._attempts for shard in self._running.values())
        while source and not alone and len(self._running) < room:
            shard = source.popleft()
            try:
                future = self._executor.submit(run_shard, self._folder, shard, self._make_twin)
            except BrokenExecutor as error:
                self._suspects.append(shard)
                self._recover(error)
                return
            self._running[future] = shard

    def _recover(self, error: BrokenExecutor) -> None:
        if not isinstance(self._executor, WorkerPool):
            raise WorkerDied(f"a worker of the executor died ({error}); start it again and resume") from error
        lost = list(self._running.values())
        self._running.clear()
        for shard in lost:
            attempts = self._attempts.get(shard.name, 0) + (len(lost) == 1)
            self._attempts[shard.name] = attempts
            if attempts >= MAX_ATTEMPTS:
                raise WorkerDied(
                    f"shard {shard.name}: its worker was killed {attempts} times (out of memory?); "
                    "use fewer workers or shorter episodes, then run the same command again to resume"
                ) from error
        self._suspects.extend(lost)
        get_logger(__name__).warning("worker died, shards run again", shards=[shard.name for shard in lost])
        self._executor.rebuild()

    def _progress(self, shard: Shard) -> int:
        try:
            return min(tick_file(self._folder, shard).stat().st_size, len(shard.episodes))
        except OSError:
            return 0
