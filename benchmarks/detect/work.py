"""What a worker does with one episode: simulate, look, score, forget."""

from typing import Final

import numpy as np
import numpy.typing as npt
from sets import DAY_S, Job
from task import fire_task

from envirosense.datasets.memory import MemorySink
from envirosense.datasets.window_sources import memory_streams
from envirosense.datasets.windows import Windows, windows_of_episode
from envirosense.factory.twins import TWINS
from envirosense.pole.detectors.fire_alarm import (
    FireAlarm,
    Lesson,
    Looks,
    lesson_of,
    looks_at,
    window_signals,
)

UNWANTED: Final = (
    "truth", "fields", "components", "regimes", "status", "strikes", "response", "states", "sensor_faults",
    "bands", "masks",
)  # fmt: skip
QUIET_OF_A_DAY: Final = 200  # windows of an ordinary day that are learned from

type Floats = npt.NDArray[np.float64]


def seen_episode(job: Job) -> tuple[MemorySink, Windows, Looks]:
    """One episode, its windows without readings, and what the alarm looks at."""
    spec, unwanted = job.spec(), UNWANTED if job.has_fire else (*UNWANTED, "observability")
    sink = MemorySink(spec, unwanted)
    TWINS[spec.twin]().simulate(spec, sink)
    windows = windows_of_episode(sink)
    looks = looks_at(window_signals(windows, memory_streams(sink)))
    return sink, windows.without_readings(), looks


def lesson(job: Job) -> Lesson:
    """What one episode teaches."""
    sink, windows, looks = seen_episode(job)
    observability = sink.table("observability") if job.has_fire else None
    return lesson_of(windows, looks, observability, QUIET_OF_A_DAY if job.duration_s == DAY_S else 40)


def evidence(job: Job, alarms: tuple[FireAlarm, ...]) -> tuple[Windows, Floats]:
    """Windows of one episode, asked about fire, and the evidence of each alarm, (alarm, half, window)."""
    _, windows, looks = seen_episode(job)
    return fire_task(windows), np.stack([alarm.evidence(looks) for alarm in alarms])
