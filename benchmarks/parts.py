"""Where the processor time of a pole-hour goes: exclusive times of parts and physics modules, no profiler."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import modules
import workload

from envirosense.core.episode import EpisodeSpec
from envirosense.datasets import shard, store
from envirosense.instruments.base import BaseSensor
from envirosense.pole import run
from envirosense.pole.sensors.thermal_camera import ThermalCameraSensor

REST = "plan, keys, batches, journal"
WORLD = "world: "  # before the name of a physics module


class Stopwatch:
    """Exclusive processor time by part: a part that is called inside another stops the outer one's clock."""

    def __init__(self) -> None:
        self.times_s: dict[str, float] = {}
        self._open = [REST]
        self._since_s = time.process_time()

    def switch(self) -> None:
        """Book the time since the last switch to the part that is open."""
        now_s = time.process_time()
        part = self._open[-1]
        self.times_s[part] = self.times_s.get(part, 0.0) + now_s - self._since_s
        self._since_s = now_s

    def timed(self, function: Callable[..., Any], part: Callable[..., str]) -> Callable[..., Any]:
        """The function with its time booked to `part(*args)`."""

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            self.switch()
            self._open.append(part(*args))
            try:
                return function(*args, **kwargs)
            finally:
                self.switch()
                self._open.pop()

        return wrapped


def _stream_part(stream_file: store.StreamFile, *_: Any) -> str:
    return "writing frames" if ".thermal." in stream_file.path.name else "writing scalars"


def _named(part: str) -> Callable[..., str]:
    return lambda *_: part


PARTS: tuple[tuple[Any, str, Callable[..., str]], ...] = (
    (run.EpisodeRun, "__init__", _named("site, scenario and device set-up")),
    (run.EpisodeRun, "write_block", _named("tables of truth and labels")),
    (run.EpisodeRun, "write_causes", _named("tables of truth and labels")),
    (run.EpisodeRun, "summary", _named("tables of truth and labels")),
    (run, "sight_of_cause", _named("observability")),
    (BaseSensor, "run", _named("scalar sensors")),
    (ThermalCameraSensor, "run_frames", _named("thermal camera")),
    (store.StreamHasher, "update", _named("content hash")),
    (shard, "file_sha256", _named("file checksum")),
    (shard, "commit_all", _named("fsync and rename")),
    (store.StreamFile, "append", _stream_part),
    (store.EpisodeSink, "write", _named(REST)),
    (store.EpisodeSink, "close", _named(REST)),
)


@contextmanager
def _instrumented(watch: Stopwatch) -> Iterator[None]:
    with ExitStack() as stack:
        for owner, name, part in PARTS:
            stack.enter_context(patch.object(owner, name, watch.timed(getattr(owner, name), part)))
        for module in modules.MODULES:
            part = _named(WORLD + module)
            for owner, name in modules.places(module):
                member = modules.timed_member(owner, name, lambda f, part=part: watch.timed(f, part))
                stack.enter_context(patch.object(owner, name, member))
        yield


def part_times_s(chosen: list[EpisodeSpec], folder: Path) -> dict[str, float]:
    """Processor time of writing episodes, by part [s]."""
    watch = Stopwatch()
    with _instrumented(watch):
        workload.write_episodes(chosen, folder)
    watch.switch()
    return watch.times_s
