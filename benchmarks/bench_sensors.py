"""Where the time of each sensor goes: its surroundings, its ideal reading, stages, grading, writing.

Processor time in milliseconds per pole-hour, on the real path of a worker. `world` is what the sensor's
questions to the world took: of a field that several ask for, the first pays. Writing, its content hash
included, is that of the sensor's stream, shared out by columns, and of its three columns of status.
"""

import statistics
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import modules
import workload  # before numpy: it sets the number of BLAS threads
from figures import Figure, print_table
from parts import Stopwatch

from envirosense.core.episode import EpisodeSpec
from envirosense.datasets import store
from envirosense.instruments import block_sensor, grading
from envirosense.instruments.block_sensor import BlockSensor
from envirosense.pole import device_streams, run
from envirosense.pole.guardian import VirtualGridGuardian
from envirosense.pole.sensors import thermal_camera
from envirosense.pole.sensors.thermal_camera import ThermalCameraSensor

STEPS = ("world", "surroundings", "respond", "stages", "grading", "rest", "writing")
TURNS = 3
STREAM = "stream: "


def measure(quick: bool = False) -> list[Figure]:
    """Time of every sensor, and of its steps."""
    workload.use_one_core()
    table = sensor_times_ms(workload.specs(3 if quick else 9))
    total = {name: sum(steps.values()) for name, steps in table.items()}
    by_time = sorted(table, key=lambda name: -total[name])
    figures = [Figure(name, total[name], "ms", note=_in_words(table[name])) for name in by_time]
    sums = {step: sum(table[name][step] for name in table) for step in STEPS}
    scalars = sum(total.values()) - total["thermal_camera"]
    return [
        *figures,
        Figure("scalar sensors together", scalars, "ms"),
        Figure("all sensors", sum(total.values()), "ms", note=_in_words(sums)),
    ]


def _in_words(steps: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {steps[name]:.1f}" for name in STEPS)


def sensor_times_ms(chosen: list[EpisodeSpec]) -> dict[str, dict[str, float]]:
    """Processor time per pole-hour [ms], by sensor and step; medians of a few turns."""
    with workload.scratch() as folder:
        workload.write_episodes(chosen, folder / "first")
        device = run.EpisodeRun(chosen[0]).device
        turns = [_one_turn(chosen, folder / str(turn), device) for turn in range(TURNS)]
    scale = 1e3 / len(chosen)
    medians = {
        part: scale * statistics.median(turn.get(part, 0.0) for turn in turns) for part in set().union(*turns)
    }
    table = {
        name: {step: medians.get(f"{name}.{step}", 0.0) for step in STEPS[:-1]} for name in device.sensors
    }
    for name, ms in _writing_ms(device, medians).items():
        table[name]["writing"] = ms
    return table


def _writing_ms(device: VirtualGridGuardian, medians: Mapping[str, float]) -> dict[str, float]:
    """Time of each sensor's columns."""
    status = medians[f"{STREAM}status"] / len(device.sensors)
    camera = medians[f"{STREAM}thermal"]
    found = dict.fromkeys(device.cameras, camera + status)
    for stream, names in device.streams.items():
        width = {name: len(device.sensors[name].channels) for name in names}
        each = medians[f"{STREAM}{stream}"] / sum(width.values())
        found |= {name: each * width[name] + status for name in names}
    return found


def _one_turn(chosen: list[EpisodeSpec], folder: Path, device: VirtualGridGuardian) -> dict[str, float]:
    watch = Stopwatch()
    with _watched(watch, {name: sensor.stream for name, sensor in device.sensors.items()}):
        workload.write_episodes(chosen, folder)
    watch.switch()
    return watch.times_s


@contextmanager
def _watched(watch: Stopwatch, streams: Mapping[str, str]) -> Iterator[None]:
    """Book what happens inside a sensor to the sensor and the step, and writing to the stream."""
    now = ["outside"]

    def step(name: str) -> Callable[..., str]:
        return lambda *_: f"{now[0]}.{name}"

    def sensing(function: Callable[..., Any]) -> Callable[..., Any]:
        timed = watch.timed(function, step("rest"))

        def wrapped(sensor: Any, *args: Any, **kwargs: Any) -> Any:
            now[0] = sensor.sensor_id
            try:
                return timed(sensor, *args, **kwargs)
            finally:
                now[0] = "outside"

        return wrapped

    with ExitStack() as stack:
        for owner, name, part in (*_steps(step), *_writing(streams)):
            stack.enter_context(patch.object(owner, name, watch.timed(getattr(owner, name), part)))
        for owner, name in ((BlockSensor, "run"), (ThermalCameraSensor, "run_frames")):
            stack.enter_context(patch.object(owner, name, sensing(getattr(owner, name))))
        for module in modules.MODULES:
            for owner, name in modules.places(module):
                member = modules.timed_member(owner, name, lambda f: watch.timed(f, step("world")))
                stack.enter_context(patch.object(owner, name, member))
        yield


def _steps(step: Callable[[str], Callable[..., str]]) -> list[tuple[Any, str, Callable[..., str]]]:
    """Functions that make up the steps."""
    transducers = {kind for kind in _kinds(BlockSensor) if "transduce" in vars(kind)}
    flags = {kind for kind in _kinds(BlockSensor) if "status_flags" in vars(kind)}
    return [
        (BlockSensor, "_conditions", step("surroundings")),
        (ThermalCameraSensor, "_surroundings", step("surroundings")),
        *((kind, "transduce", step("respond")) for kind in transducers),
        (block_sensor, "through_stages", step("stages")),
        (thermal_camera, "record_frames", step("stages")),
        (grading.Grader, "__init__", step("grading")),
        (grading.Grader, "meet", step("grading")),
        (grading.Grader, "grade", step("grading")),
        (block_sensor, "known_flags", step("grading")),
        *((kind, "status_flags", step("grading")) for kind in flags),
        (ThermalCameraSensor, "_graded", step("grading")),
    ]


def _writing(streams: Mapping[str, str]) -> list[tuple[Any, str, Callable[..., str]]]:
    """Functions that make tables and store them."""

    def stream(schema: Any, *_: Any) -> str:
        sensor = schema.names[1].partition(".")[0]  # after the tick
        return STREAM + streams[sensor]

    return [
        (device_streams, "readings_batch", stream),
        (device_streams, "status_batch", lambda *_: f"{STREAM}status"),
        (device_streams, "frames_batch", lambda *_: f"{STREAM}thermal"),
        (store.EpisodeSink, "_flush", lambda _, pending, *__: STREAM + pending.name),
    ]


def _kinds(base: type) -> Iterator[type]:
    yield base
    for kind in base.__subclasses__():
        yield from _kinds(kind)


if __name__ == "__main__":
    print_table(measure())
