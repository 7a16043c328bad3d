"""One day of a device in the world of a scenario: readings beside ideal ones, truth, status and grades."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array
from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.factory.request import EpisodeRequest
from envirosense.instruments.base import BaseSensor
from envirosense.instruments.configuration import SensorConfiguration
from envirosense.instruments.memory import SensorBlock
from envirosense.pole.guardian import VirtualGridGuardian
from envirosense.pole.run import EpisodeRun
from envirosense.pole.sensors.thermal_camera import ThermalCameraSensor
from envirosense.pole.sensors.thermal_camera_frames import FrameBlock
from envirosense.pole.sheet.errors import errors, within_accuracy
from envirosense.pole.twin import PoleTwin
from envirosense.scenarios import SCENARIOS

FRAME_S: Final = 600.0  # between the frames of a sheet: a day of them is shown whole
BLOCKS: Final = 12  # that a day is cut into; progress is told after each


@dataclass(frozen=True, slots=True)
class ScalarDay:
    """One scalar sensor: `reported` (time,) marks the ticks that it has something to say about."""

    sensor: BaseSensor[Any, Any]
    t_s: Array
    block: SensorBlock
    truth: Array  # (time, channel); NaN where no truth has the channel's unit
    error: Array
    within: Array | None
    reported: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class CameraDay:
    """One camera: frames in degC, (frame, row, column), and their status and grades, (frame,)."""

    sensor: ThermalCameraSensor
    t_s: Array
    reading_c: Array
    ideal_c: Array
    status: npt.NDArray[np.uint16]
    quality: Array
    confidence: Array
    status_t_s: Array  # also of frames that did not come


@dataclass(frozen=True, slots=True)
class DaySheet:
    """A day of every sensor of one device."""

    run: EpisodeRun
    scalars: tuple[ScalarDay, ...]
    cameras: tuple[CameraDay, ...]


def open_day(
    scenario: str, seed: int, duration_s: float, dt_s: float, options: Mapping[str, Any]
) -> EpisodeRun:
    """A scenario's world and device, drawn as the first episode of a dataset with this seed.

    The camera takes a frame every ten minutes, or as seldom as its settings say.

    Raises:
        UnknownNameError: if no scenario has that id.
        ConfigError: if an option cannot be used.
    """
    SCENARIOS[scenario]  # refuses an unknown name before anything is drawn
    spec = PoleTwin().draw(scenario, EpisodeRequest(seed, 0, 1, duration_s, dt_s, options))
    sensing = SensorConfiguration.parse(spec.sensing, "sensing")
    every_s = dt_s * max(1, round(FRAME_S / dt_s))
    sensors = [
        sensor.model_copy(update={"interval_s": max(every_s, sensor.interval_s)})
        if sensor.sensor_type == ThermalCameraSensor.sensor_type
        else sensor
        for sensor in sensing.sensors
    ]
    rare = sensing.model_copy(update={"sensors": tuple(sensors)})
    return EpisodeRun(spec.model_copy(update={"sensing": rare.model_dump(mode="json")}))


def watch_day(run: EpisodeRun, tell: Callable[[], None] = lambda: None) -> DaySheet:
    """Every sensor over the whole episode; `tell` is called after each of BLOCKS."""
    device = run.device
    pieces: dict[str, list[SensorBlock]] = {name: [] for name in device.scalar_sensors}
    truths: dict[str, list[Array]] = {name: [] for name in pieces}
    films = {name: _Film(run, camera) for name, camera in device.cameras.items()}
    for first, stop in _blocks(run.spec.grid.n):
        state = run.world.state(first, stop)
        seen = device.observe(state)
        for name, sensor in device.scalar_sensors.items():
            pieces[name].append(seen.readings[name])
            truths[name].append(_truth(sensor, state))
        for name, frames in seen.frames.items():
            films[name].add(frames)
        tell()
    t_s = run.spec.grid.t_s
    scalars = [_scalar_day(device, name, t_s, pieces[name], truths[name]) for name in pieces]
    return DaySheet(run, tuple(scalars), tuple(film.day() for film in films.values()))


def _blocks(n: int) -> Iterator[tuple[int, int]]:
    edges = np.unique(np.linspace(0, n, BLOCKS + 1).astype(int)).tolist()
    return pairwise(edges)


def truth_places(sensor: BaseSensor[Any, Any]) -> tuple[int | None, ...]:
    """Column of the world truth that has a channel's unit and meaning, (channel,); None without one."""
    truths = sensor.truth_channels
    is_alike = len(truths) == len(sensor.channels)
    found: list[int | None] = []
    for i, channel in enumerate(sensor.channels):
        named = [
            at for at, t in enumerate(truths) if t.unit == channel.unit and channel.name.endswith(t.name)
        ]
        same_place = is_alike and truths[i].unit == channel.unit
        found.append(named[0] if named else i if same_place else None)
    return tuple(found)


def _truth(sensor: BaseSensor[Any, Any], state: Any) -> Array:
    """World truth beside each channel, (time, channel); NaN where nothing has its unit."""
    found = sensor.truth(state)
    beside = np.full((state.grid.n, len(sensor.channels)), np.nan)
    for i, place in enumerate(truth_places(sensor)):
        if place is not None:
            beside[:, i] = found[:, place]
    return beside


def joined(blocks: list[SensorBlock]) -> SensorBlock:
    """Blocks that follow one another as one."""
    names = ("ideal", "reading", "sampled", "status", "quality", "confidence")
    return SensorBlock(*(np.concatenate([getattr(block, name) for block in blocks]) for name in names))


def _scalar_day(
    device: VirtualGridGuardian, name: str, t_s: Array, blocks: list[SensorBlock], truths: list[Array]
) -> ScalarDay:
    sensor, block = device.sensors[name], joined(blocks)
    error = errors(sensor, block.reading, block.ideal)
    within = within_accuracy(sensor, block.reading, error)
    reported = block.sampled | (block.status > 0)
    return ScalarDay(sensor, t_s, block, np.concatenate(truths), error, within, reported)


class _Film:
    """Frames of one camera, gathered block by block with the ideal one of each."""

    def __init__(self, run: EpisodeRun, camera: ThermalCameraSensor) -> None:
        self._run = run
        self._camera = camera
        self._blocks: list[FrameBlock] = []
        self._ideal_k: list[Array] = []

    def add(self, block: FrameBlock) -> Self:
        """Take in the frames of a block."""
        self._blocks.append(block)
        for tick in block.ticks.tolist():
            self._ideal_k.append(self._camera.respond(self._run.world.state(tick, tick + 1)))
        return self

    def day(self) -> CameraDay:
        """All of them."""
        blocks, dt_s = self._blocks, self._run.spec.grid.dt_s
        reading_k = np.concatenate([block.temperature_k() for block in blocks])
        ideal_k = np.concatenate(self._ideal_k) if self._ideal_k else np.empty_like(reading_k)
        ticks = np.concatenate([t for b in blocks for t in (b.ticks, b.lost_ticks)])
        status = np.concatenate([s for b in blocks for s in (b.status, b.lost_status)])
        order = np.argsort(ticks, kind="stable")
        return CameraDay(
            sensor=self._camera,
            t_s=dt_s * np.concatenate([block.ticks for block in blocks]),
            reading_c=self._pictures(reading_k),
            ideal_c=self._pictures(ideal_k),
            status=status[order],
            quality=np.concatenate([block.quality for block in blocks]),
            confidence=np.concatenate([block.confidence for block in blocks]),
            status_t_s=dt_s * ticks[order],
        )

    @cached_property
    def _shape(self) -> tuple[int, int]:
        return self._camera.camera.rows, self._camera.camera.columns

    def _pictures(self, pixels_k: Array) -> Array:
        return pixels_k.reshape(-1, *self._shape) - ZERO_CELSIUS_K
