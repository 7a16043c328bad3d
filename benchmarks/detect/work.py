"""What a worker does with one episode: simulate, look, score, forget."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from rules import RulesAlarm
from sets import DAY_S, Job
from task import fire_task

from envirosense.core.episode import EpisodeSpec
from envirosense.datasets.memory import MemorySink
from envirosense.datasets.window_sources import memory_streams
from envirosense.datasets.windows import Windows, windows_of_episode
from envirosense.pole.detectors.fire_alarm import (
    FireAlarm,
    Lesson,
    Looks,
    lesson_of,
    looks_at,
    seen_windows,
    window_signals,
)
from envirosense.pole.detectors.fire_alarm.lessons import FIRE
from envirosense.pole.run import EpisodeRun
from envirosense.pole.streams import OBSERVABILITY

UNWANTED: Final = (
    "truth", "fields", "components", "regimes", "status", "strikes", "response", "states", "sensor_faults",
    "bands", "masks", "observability",
)  # fmt: skip
BLOCK_TICKS: Final = 3600
QUIET_OF_A_DAY, QUIET_OF_HOURS = 200, 40  # windows without a fire that are learned from

type Floats = npt.NDArray[np.float64]
type Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Seen:
    """An episode in memory, with what could be seen of its fires alone."""

    sink: MemorySink
    observability: pa.Table
    seen: Mapping[str, Bools]  # windows in which each half's sensors could see a fire

    @property
    def spec(self) -> EpisodeSpec:
        """What the episode was asked to be."""
        return self.sink.spec

    @property
    def streams(self) -> Collection[str]:
        """Names of its streams."""
        return (*self.sink.streams, "observability")

    def table(self, stream: str) -> pa.Table:
        """All rows of one stream."""
        return self.observability if stream == "observability" else self.sink.table(stream)


def simulated(job: Job) -> Seen:
    """The episode; what each sensor could see is worked out for fires, which alone are asked for."""
    spec = job.spec()
    sink, run = MemorySink(spec, UNWANTED), EpisodeRun(spec)
    for first in range(0, spec.grid.n, BLOCK_TICKS):
        run.write_block(first, min(first + BLOCK_TICKS, spec.grid.n), sink)
    run.write_causes(sink)
    fires = [(i, event) for i, event in enumerate(run.labels.events) if event.event_type.value in FIRE]
    rows = [run.observed(i, event) for i, event in fires]
    seen = seen_windows([run.seen_ticks(event) for _, event in fires], spec.grid.n, spec.grid.dt_s)
    run.world.forget()
    return Seen(sink, pa.Table.from_batches(rows, schema=OBSERVABILITY), seen)


def seen_episode(job: Job) -> tuple[Windows, Looks, Mapping[str, Bools]]:
    """Windows of one episode, what the alarm looks at, and when its halves could see a fire."""
    episode = simulated(job)
    windows = windows_of_episode(episode)
    return windows, looks_at(window_signals(windows, memory_streams(episode.sink))), episode.seen


def lesson(job: Job) -> Lesson:
    """What one episode teaches."""
    windows, looks, seen = seen_episode(job)
    most_quiet = QUIET_OF_A_DAY if job.duration_s == DAY_S else QUIET_OF_HOURS
    return lesson_of(windows.without_readings(), looks, seen, most_quiet)


def evidence(job: Job, alarms: tuple[FireAlarm | RulesAlarm, ...]) -> tuple[Windows, list[Floats]]:
    """Windows of one episode, asked about fire, and the evidence of each alarm, (half, window)."""
    windows, looks, _ = seen_episode(job)
    found = [
        alarm.evidence(windows) if isinstance(alarm, RulesAlarm) else alarm.evidence(looks)
        for alarm in alarms
    ]
    asked = fire_task(windows.without_readings())
    name = job.fire or job.acts[0]
    events = replace(asked.events, scenario=np.full(len(asked.events), name))
    return replace(asked, scenario=np.full(len(asked), name), events=events), found
