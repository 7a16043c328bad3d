"""The Grid Guardian: every sensor of one configuration, run over blocks of a world."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, cast

import numpy as np

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.protocols import Position
from envirosense.instruments.base import BaseSensor
from envirosense.instruments.conditions import SensorWorld
from envirosense.instruments.configuration import SensorConfiguration, parsed_sensor
from envirosense.instruments.memory import SensorBlock, SensorMemory
from envirosense.instruments.registry import build_sensor
from envirosense.instruments.sensor_config import SensorConfig
from envirosense.pole.device_causes import (
    DeviceTimes,
    Flags,
    device_times,
    unheard,
    unheard_frames,
    with_planted_faults,
)
from envirosense.pole.device_power import DeviceEnergy, device_energy
from envirosense.pole.sensors.acoustic import AcousticSensor, AcousticWorld
from envirosense.pole.sensors.acoustic_waveform import EventWindow
from envirosense.pole.sensors.thermal_camera import CameraMemory, FrameBlock, ThermalCameraSensor
from envirosense.pole.state import Environment3DState
from envirosense.pole.world import EnvironmentOrchestrator
from envirosense.scenarios import BaseScenario


@dataclass(frozen=True, slots=True)
class GuardianBlock:
    """Readings of every sensor over one block, by sensor id, and the waveforms that events set off."""

    readings: Mapping[str, SensorBlock]
    frames: Mapping[str, FrameBlock]
    windows: Mapping[str, Sequence[EventWindow]]


@dataclass(frozen=True, slots=True)
class ScenarioState:
    """One moment of a scenario in a world: what a training sample is taken from."""

    scenario: BaseScenario
    environment_3d_state: SensorWorld
    tick: int


class VirtualGridGuardian:
    """One device. `observe` runs all sensors over a block; the dict methods look at one tick."""

    def __init__(self, configuration: SensorConfiguration, sensing_seed: int = 0) -> None:
        """Device of a configuration; `sensing_seed` names its noise.

        Guardians of one world share the world and not their noise: give each a seed of its own.
        """
        self.configuration = configuration
        self.sensing_seed = sensing_seed
        self._sensors: dict[str, BaseSensor[Any, Any]] = {}
        self._memories: dict[str, SensorMemory] = {}
        self._frame_memories: dict[str, CameraMemory] = {}
        self._power: DeviceEnergy | None = None
        self._times = DeviceTimes()
        for config in configuration.sensors:
            self._add(config)

    def couple(self, world: EnvironmentOrchestrator) -> None:
        """Let the sensors load the battery in this world, where the configuration asks for that.

        What the world's causes do to the device's power and link holds from here on; faults of its
        sensors are settings, which `with_planted_faults` adds before the device is built.
        What the device draws follows from its sensors and their rates alone, so it is known for the whole
        episode before the first reading.
        """
        if self.configuration.power_coupling == "on":
            self._power = device_energy(world.settled.power, self.configuration.sensors)
        self._times = device_times(world.forcings)

    @property
    def power(self) -> "DeviceEnergy | None":
        """Energy of this device over the episode, and which sensors had power; None without coupling."""
        return self._power

    def _add(self, config: SensorConfig) -> None:
        sensor = build_sensor(config, self.sensing_seed)
        self._sensors[config.sensor_id] = sensor
        if isinstance(sensor, ThermalCameraSensor):
            self._frame_memories[config.sensor_id] = sensor.start_frames(self.sensing_seed)
        else:
            self._memories[config.sensor_id] = sensor.start(self.sensing_seed)

    @property
    def sensors(self) -> Mapping[str, BaseSensor[Any, Any]]:
        """Sensors by id, in the order of the configuration."""
        return self._sensors

    @property
    def memories(self) -> Mapping[str, SensorMemory]:
        """Memory of every scalar sensor, by id."""
        return self._memories

    @property
    def cameras(self) -> dict[str, ThermalCameraSensor]:
        """Cameras by id."""
        return {name: s for name, s in self._sensors.items() if isinstance(s, ThermalCameraSensor)}

    @property
    def scalar_sensors(self) -> dict[str, BaseSensor[Any, Any]]:
        """Sensors that report numbers, by id."""
        return {name: s for name, s in self._sensors.items() if not isinstance(s, ThermalCameraSensor)}

    @property
    def streams(self) -> dict[str, tuple[str, ...]]:
        """Ids of the scalar sensors by the stream that their readings go to."""
        names = dict.fromkeys(sensor.stream for sensor in self.scalar_sensors.values())
        return {
            name: tuple(i for i, sensor in self.scalar_sensors.items() if sensor.stream == name)
            for name in names
        }

    def sensor(self, sensor_id: str) -> BaseSensor[Any, Any]:
        """Sensor with this id.

        Raises:
            UnknownNameError: if the device has no such sensor.
        """
        if sensor_id not in self._sensors:
            raise UnknownNameError("sensor_id", sensor_id, self._sensors)
        return self._sensors[sensor_id]

    def describe_camera(self, sensor_id: str) -> dict[str, dict[str, float]]:
        """Amplitudes and drawn constants of one camera, by kind."""
        unit = self._frame_memories[sensor_id].unit
        drawn = {
            "bias_k": unit.bias_k,
            "window_loss": unit.window_loss,
            "since_ffc_s": unit.since_ffc_s,
            "n_dead": float(unit.dead.size),
            "n_hot": float(unit.hot.size),
            "n_blinking": float(unit.blinking.size),
        }
        amplitudes = {
            f.name: float(value)
            for f in fields(unit.settings)
            if isinstance(value := getattr(unit.settings, f.name), float)
        }
        return {"unit": drawn, "amplitudes": amplitudes}

    def observe(self, world: SensorWorld) -> GuardianBlock:
        """Readings and frames over a block; blocks must follow one another."""
        ticks = slice(world.first_tick, world.first_tick + world.grid.n)
        if self._power is not None and isinstance(world, Environment3DState):
            world = world.with_energy(self._power.energy.cut(ticks))
        readings = {
            name: sensor.run(world, self._memories[name], self._powered(name, ticks))
            for name, sensor in self.scalar_sensors.items()
        }
        frames = {
            name: camera.run_frames(world, self._frame_memories[name], self._powered(name, ticks))
            for name, camera in self.cameras.items()
        }
        windows = {
            name: sensor.event_windows(cast(AcousticWorld, world), readings[name], self._memories[name])
            for name, sensor in self._sensors.items()
            if isinstance(sensor, AcousticSensor)
        }
        return self._heard(GuardianBlock(readings, frames, windows), ticks)

    def _powered(self, sensor_id: str, ticks: slice) -> Flags | None:
        """Ticks of a block at which a sensor has power, (time,); None for all."""
        fed = None if self._power is None else self._power.powered.get(sensor_id)
        masks = [mask[ticks] for mask in (fed, self._times.is_on) if mask is not None]
        return np.logical_and.reduce(masks) if masks else None

    def heard_ticks(self, sensor_id: str) -> Flags | bool:
        """Ticks of the episode at which a sensor has power and its readings arrive, (time,); True for all."""
        found = self._powered(sensor_id, slice(None)), self._times.is_linked
        masks = [mask for mask in found if mask is not None]
        return np.logical_and.reduce(masks) if masks else True

    def _heard(self, block: GuardianBlock, ticks: slice) -> GuardianBlock:
        """What arrives of a block; the device itself goes on while its link is down."""
        if self._times.is_linked is None or (linked := self._times.is_linked[ticks]).all():
            return block
        first, silent = ticks.start, ~linked
        return GuardianBlock(
            {name: unheard(found, silent) for name, found in block.readings.items()},
            {name: unheard_frames(found, silent, first) for name, found in block.frames.items()},
            {
                name: [window for window in found if not silent[window.tick - first]]
                for name, found in block.windows.items()
            },
        )

    def sample_environment(self, environment_3d_state: SensorWorld) -> dict[str, dict[str, Any]]:
        """Reading of every sensor at the state's one tick, by sensor id: `observe` as plain values.

        Raises:
            ConfigError: if the state has more than one tick.
        """
        if environment_3d_state.grid.n != 1:
            fix = "must be 1; use observe() for a block"
            raise ConfigError("environment_3d_state.grid.n", environment_3d_state.grid.n, fix)
        block = self.observe(environment_3d_state)
        return {name: self._record(name, block) for name in self._sensors}

    def _record(self, name: str, block: GuardianBlock) -> dict[str, Any]:
        """One sensor's entries at the block's one tick, None where there is no reading."""
        if name in block.frames:
            frames, camera = block.frames[name], self.cameras[name].camera
            shape = camera.rows, camera.columns
            return {"image_k": frames.temperature_k().reshape(shape) if frames.ticks.size else None}
        values = block.readings[name].reading[0].tolist()
        return {
            channel.name: None if math.isnan(value) else value
            for channel, value in zip(self._sensors[name].channels, values, strict=True)
        }

    def get_ground_truth_data(self, environment_3d_state: SensorWorld) -> dict[str, dict[str, Any]]:
        """World truth at every sensor at the state's one tick, by sensor id."""
        return {name: sensor.get_ground_truth(environment_3d_state) for name, sensor in self._sensors.items()}

    def generate_training_sample(
        self, scenario_state: ScenarioState, include_labels: bool = True
    ) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
        """Readings and labels of one tick; labels are empty unless asked for."""
        s = scenario_state
        readings = self.sample_environment(s.environment_3d_state)
        labels = s.scenario.get_ground_truth_labels(s.tick, s.environment_3d_state) if include_labels else {}
        return readings, labels

    def generate_dataset(
        self, scenarios: Sequence[tuple[BaseScenario, EnvironmentOrchestrator]], num_samples_per_scenario: int
    ) -> list[tuple[dict[str, dict[str, Any]], dict[str, Any]]]:
        """Labelled ticks of each scenario in its world, (readings, labels), scenario after scenario.

        For more than a look, write a dataset with `MLDataGenerator`: it holds columns, not dicts.

        Raises:
            ConfigError: if a world has fewer ticks than asked for.
        """
        samples = []
        for scenario, world in scenarios:
            if num_samples_per_scenario > world.grid.n:
                fix = f"a sample is a tick, and {scenario.scenario_id} has {world.grid.n}; give a longer grid"
                raise ConfigError("num_samples_per_scenario", num_samples_per_scenario, fix)
            scenario.setup_environment(world)
            scenario.update(0, world)
            planted = with_planted_faults(self.configuration, world.forcings)
            device = VirtualGridGuardian(planted, self.sensing_seed)
            device.couple(world)
            for tick in range(num_samples_per_scenario):
                state = world.state(tick, tick + 1)
                samples.append(device.generate_training_sample(ScenarioState(scenario, state, tick)))
        return samples

    def enable(self, sensor_id: str) -> None:
        """Let a sensor report from the next block on."""
        self.sensor(sensor_id).enable()

    def disable(self, sensor_id: str) -> None:
        """Let a sensor report nothing until enabled again."""
        self.sensor(sensor_id).disable()

    def reposition(self, sensor_id: str, position_m: Position) -> None:
        """Move a sensor."""
        self.sensor(sensor_id).update_position(position_m)

    def reconfigure(self, config: SensorConfig) -> None:
        """Replace the sensor of the same id, or add one; it starts afresh.

        What the device draws from its battery stays what `couple` found.
        """
        config = parsed_sensor(config.model_dump())
        others = [c for c in self.configuration.sensors if c.sensor_id != config.sensor_id]
        self.configuration = self.configuration.model_copy(update={"sensors": (*others, config)})
        for known in (self._sensors, self._memories, self._frame_memories):
            known.pop(config.sensor_id, None)
        self._add(config)
