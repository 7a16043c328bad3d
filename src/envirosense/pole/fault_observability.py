"""Whether a device, or who hears it, could tell that something is wrong with the device itself.

A fault moves no ideal reading. What it does to readings is found by running the sensors that it touches twice
in the same world with the same draws, with and without the cause.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array
from envirosense.instruments.base import BaseSensor
from envirosense.instruments.memory import SensorBlock
from envirosense.instruments.registry import build_sensor
from envirosense.instruments.sensor_config import SensorConfig
from envirosense.instruments.stages.kernels import hold
from envirosense.instruments.stages.spells import Spells
from envirosense.pole.device_causes import DeviceTimes, Flags, device_times, unheard, unheard_frames
from envirosense.pole.device_power import device_energy
from envirosense.pole.guardian import VirtualGridGuardian
from envirosense.pole.looks import LookMeans
from envirosense.pole.observability import (
    detectable_ticks,
    detection_limits_snr,
    excess_snr,
    last_sample,
    look_sigma,
)
from envirosense.pole.sensors.thermal_camera import FrameBlock, ThermalCameraSensor
from envirosense.pole.state import Environment3DState
from envirosense.pole.world import EnvironmentOrchestrator
from envirosense.scenarios import Forcing, SensorFault

BLOCK_TICKS: Final = 3600
FRAME_BLOCK_TICKS: Final = 300  # two runs of pictures at once would fill memory
_LOST: Final = 1 << 16  # beside the bits of a status: a frame was due and did not come
_NOT_DUE: Final = -1


@dataclass(frozen=True, slots=True)
class Sight:
    """What every sensor makes of one cause, each (time,) by sensor.

    `snr` is how far a reading departs, in sigmas: the ideal one from the world without the cause, or that of
    a faulty sensor from that of a sound one. `is_told` marks ticks at which a reading is lost that would have
    come, or its status is another; it knows only sensors that the cause touches. `limit_snr` is one number
    by sensor: from which departure on it is believed.
    """

    snr: dict[str, Array]
    limit_snr: dict[str, float]
    is_told: dict[str, Flags]

    def detectable_ticks(self, dt_s: float) -> dict[str, Flags]:
        """Ticks at which each sensor could see it, (time,) by sensor."""
        return {
            name: detectable_ticks(snr, dt_s, self.limit_snr[name], self.is_told.get(name))
            for name, snr in self.snr.items()
        }


def sight_of_cause(device: VirtualGridGuardian, world: EnvironmentOrchestrator, cause_id: int = 0) -> Sight:
    """What every sensor of a coupled device, with its faults planted, could make of one cause of its world.

    A sensor that repeats itself is held against the ideal reading, which has moved on or has not: that it no
    longer scatters is not counted.
    """
    snr, is_told = excess_snr(device, world, cause_id), {}
    forcing = world.forcings[cause_id]
    if forcing.sensor_faults or forcing.device:
        touch = _Touch(device, world, cause_id)
        for name in touch.sensors:
            departure, is_told[name] = _signs(touch, name)
            snr[name] = np.maximum(snr[name], departure)
    return Sight(snr, detection_limits_snr(device, world.grid.dt_s), is_told)


@dataclass(frozen=True, slots=True)
class _Supply:
    """When the sensors have power and a link."""

    times: DeviceTimes
    powered: Mapping[str, Flags]  # what the battery leaves on, by sensor

    def power(self, sensor_id: str, ticks: slice) -> Flags | None:
        """Ticks of a block with power, (time,); None for all."""
        found = self.powered.get(sensor_id), self.times.is_on
        masks = [mask[ticks] for mask in found if mask is not None]
        return np.logical_and.reduce(masks) if masks else None

    def silent(self, ticks: slice) -> Flags | None:
        """Ticks of a block without a link, (time,); None for none."""
        return None if self.times.is_linked is None else ~self.times.is_linked[ticks]


class _Touch:
    """One cause that touches the device, and the same device without it."""

    def __init__(self, device: VirtualGridGuardian, world: EnvironmentOrchestrator, cause_id: int) -> None:
        self.device, self.world, self.cause_id = device, world, cause_id
        self.forcing = world.forcings[cause_id]

    @cached_property
    def _changes_supply(self) -> bool:
        """Whether the cause takes the power or the link of sensors; the battery does where they load it."""
        is_coupled = self.device.power is not None
        return any(
            change.is_off is not None
            or change.is_silent is not None
            or (is_coupled and change.changes_energy)
            for change in self.forcing.device
        )

    @property
    def sensors(self) -> tuple[str, ...]:
        """Sensors that the cause touches."""
        types = {fault.sensor_type for fault in self.forcing.sensor_faults}
        return tuple(
            name
            for name, sensor in self.device.sensors.items()
            if sensor.is_enabled and (self._changes_supply or sensor.sensor_type in types)
        )

    @cached_property
    def supply(self) -> _Supply:
        """Power and link as they are."""
        power = self.device.power
        return _Supply(device_times(self.world.forcings), {} if power is None else power.powered)

    @cached_property
    def sound_supply(self) -> _Supply:
        """Power and link without the cause."""
        others = [forcing for i, forcing in enumerate(self.world.forcings) if i != self.cause_id]
        powered = self.supply.powered
        if self.device.power is not None and any(change.changes_energy for change in self.forcing.device):
            power = self.world.without(self.cause_id).power
            powered = device_energy(power, self.device.configuration.sensors).powered
        return _Supply(device_times(others), powered)

    def sound(self, sensor_id: str) -> BaseSensor[Any, Any]:
        """The sensor without the faults of this cause, with the same draws."""
        sensor = self.device.sensor(sensor_id)
        config = _without_faults(sensor.config, self.forcing)
        return sensor if config is sensor.config else build_sensor(config, self.device.sensing_seed)

    def stuck(self, sensor_id: str) -> Spells:
        """When this cause makes the sensor repeat itself."""
        sensor_type = self.device.sensor(sensor_id).sensor_type
        return Spells.of(
            (fault.begin_s, fault.end_s, fault.severity)
            for fault in self.forcing.sensor_faults
            if (fault.sensor_type, fault.kind) == (sensor_type, "stuck")
        )

    def state(self, ticks: slice) -> Environment3DState:
        """The world over a block, with this device's own energy."""
        state, power = self.world.state(ticks.start, ticks.stop), self.device.power
        return state if power is None else state.with_energy(power.energy.cut(ticks))


def _without_faults(config: SensorConfig, forcing: Forcing) -> SensorConfig:
    """Settings less the faults that a cause planted; faults of other causes and of the settings stay."""
    left = list(config.faults)
    for planted in forcing.sensor_faults:
        if planted.sensor_type == config.sensor_type:
            same = next((fault for fault in left if _is_same(planted, fault)), None)
            left = left if same is None else [fault for fault in left if fault is not same]
    return config if len(left) == len(config.faults) else config.model_copy(update={"faults": tuple(left)})


def _is_same(planted: SensorFault, fault: Any) -> bool:
    said = planted.kind, planted.begin_s, planted.end_s, planted.severity
    return said == (fault.kind, fault.begin_s, fault.stop_s, fault.severity)


def _signs(touch: _Touch, sensor_id: str) -> tuple[Array, Flags]:
    """How far looks at one sensor depart [sigma], and what tells besides, (time,) each."""
    grid, sensor = touch.world.grid, touch.device.sensor(sensor_id)
    is_camera = isinstance(sensor, ThermalCameraSensor)
    pair = _FramePair(touch, sensor_id) if is_camera else _ReadingPair(touch, sensor_id)
    spells, stuck = touch.stuck(sensor_id), _Held()
    departure, is_told = np.zeros(grid.n), np.zeros(grid.n, np.bool_)
    step = FRAME_BLOCK_TICKS if is_camera else BLOCK_TICKS
    for first in range(0, grid.n, step):
        ticks = slice(first, min(first + step, grid.n))
        state = touch.state(ticks)
        departure[ticks], is_told[ticks], is_lost = pair.compare(state, ticks)
        if spells:
            is_stuck = spells.severity(grid.t_s[ticks]) > 0.0
            moved = pair.sigmas(stuck.behind(sensor.observable(state), is_stuck))
            departure[ticks] = np.where(is_stuck, moved, departure[ticks])
            is_told[ticks] &= is_lost | ~is_stuck  # what noise does to the status of the sound one is no sign
    sampled = last_sample(sensor.config.ticks_apart(grid.dt_s), grid.n)
    is_heard = touch.device.heard_ticks(sensor_id)
    departure = np.where(is_heard, departure[sampled], 0.0)
    return departure if is_camera else LookMeans(grid.dt_s).of(departure), is_told[sampled]


class _Held:
    """Ideal readings of a sensor that repeats itself."""

    def __init__(self) -> None:
        self._held: Array | None = None

    def behind(self, ideal: Array, is_stuck: Flags) -> Array:
        """How far what is repeated lies from the ideal readings of the next block, (time, channel)."""
        if self._held is None:
            self._held = np.full(ideal.shape[1], np.nan)
        frozen = np.repeat(is_stuck[:, None].astype(np.float64), ideal.shape[1], axis=1)
        return hold(np.ascontiguousarray(ideal), self._held, frozen) - ideal


class _ReadingPair:
    """A scalar sensor and its sound twin, run side by side."""

    def __init__(self, touch: _Touch, sensor_id: str) -> None:
        seed = touch.device.sensing_seed
        self._sensors = touch.device.sensor(sensor_id), touch.sound(sensor_id)
        self._memories = tuple(sensor.start(seed) for sensor in self._sensors)
        self._supplies = touch.supply, touch.sound_supply
        self._noise = look_sigma(self._sensors[0], touch.world.grid.dt_s)
        self._is_angle = np.array([channel.unit == "deg" for channel in self._sensors[0].channels])

    def compare(self, state: Environment3DState, ticks: slice) -> tuple[Array, Flags, Flags]:
        """Departure [sigma], whether anything else tells, and whether it is a lost reading, (time,) each."""
        found, sound = (self._run(i, state, ticks) for i in range(2))
        is_lost = (np.isnan(found.reading) & ~np.isnan(sound.reading)).any(axis=1)
        is_told = is_lost | (found.sampled & (found.status != sound.status))
        return self.sigmas(found.reading - sound.reading), is_told, is_lost

    def _run(self, i: int, state: Environment3DState, ticks: slice) -> SensorBlock:
        sensor, supply = self._sensors[i], self._supplies[i]
        block = sensor.run(state, self._memories[i], supply.power(sensor.sensor_id, ticks))
        silent = supply.silent(ticks)
        return block if silent is None else unheard(block, silent)

    def sigmas(self, difference: Array) -> Array:
        """Greatest of the channels, (time,); a count without noise of its own tells no strength."""
        away = np.abs(np.nan_to_num(difference))
        away = np.where(self._is_angle, np.minimum(away, np.abs(360.0 - away)), away)
        noisy = self._noise > 0.0
        return np.asarray((away[:, noisy] / self._noise[noisy]).max(axis=1, initial=0.0))


class _FramePair:
    """A camera and its sound twin, run side by side."""

    def __init__(self, touch: _Touch, sensor_id: str) -> None:
        sound = touch.sound(sensor_id)
        assert isinstance(sound, ThermalCameraSensor)
        self._cameras = touch.device.cameras[sensor_id], sound
        self._memories = tuple(camera.start_frames(touch.device.sensing_seed) for camera in self._cameras)
        self._supplies = touch.supply, touch.sound_supply

    def compare(self, state: Environment3DState, ticks: slice) -> tuple[Array, Flags, Flags]:
        """Departure [sigma], whether anything else tells, and whether it is a lost frame, (time,) each."""
        found, sound = (self._run(i, state, ticks) for i in range(2))
        n, first = state.grid.n, ticks.start
        marks, sound_marks = _marks(found, first, n), _marks(sound, first, n)
        departure = np.zeros(n)
        both, at, sound_at = np.intersect1d(found.ticks, sound.ticks, return_indices=True)
        departure[both - first] = self.sigmas(found.temperature_k()[at] - sound.temperature_k()[sound_at])
        is_lost = (marks >= _LOST) & (sound_marks >= 0) & (sound_marks < _LOST)
        return departure, marks != sound_marks, is_lost

    def _run(self, i: int, state: Environment3DState, ticks: slice) -> FrameBlock:
        camera, supply = self._cameras[i], self._supplies[i]
        block = camera.run_frames(state, self._memories[i], supply.power(camera.sensor_id, ticks))
        silent = supply.silent(ticks)
        return block if silent is None else unheard_frames(block, silent, ticks.start)

    def sigmas(self, difference: Array) -> Array:
        """Greatest of the pixels, (time,)."""
        return np.asarray(np.abs(difference).max(axis=1) / self._cameras[0].detection_sigma_k)


def _marks(block: FrameBlock, first: int, n: int) -> npt.NDArray[np.int64]:
    """Status at each tick, (time,), marked where a frame was lost, or where none was due."""
    marks = np.full(n, _NOT_DUE)
    marks[block.ticks - first] = block.status
    marks[block.lost_ticks - first] = block.lost_status.astype(np.int64) + _LOST
    return marks
