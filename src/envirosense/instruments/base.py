"""The sensor contract: an ideal reading and the stages between it and what is reported."""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import ConfigError
from envirosense.core.parts import load_part, part_ids
from envirosense.core.protocols import Array, Position
from envirosense.core.rng import stream
from envirosense.instruments import metadata
from envirosense.instruments.chain import active_stages, through_stages
from envirosense.instruments.channels import Channel
from envirosense.instruments.conditions import Conditions, SensorWorld, conditions_at
from envirosense.instruments.memory import SensorBlock, SensorMemory
from envirosense.instruments.part_values import PartValues
from envirosense.instruments.sensor_config import SensorConfig
from envirosense.instruments.stages.contract import AnyStage, Description
from envirosense.instruments.stages.faults import Dropout, Stuck

AS_BUILT: Final = "as_built"  # how this unit's projection differs from the ideal; in stages_off like a stage


class BaseSensor[ConfigT: SensorConfig](ABC):
    """One instrument. An author writes `channels`, `respond` and `stages`; the rest follows.

    Arrays first: `start` gives a memory, and `run` turns a world block and the memory into
    readings. The methods that take one state and return a dict are the same call on one tick,
    with a memory the sensor keeps for itself.
    """

    sensor_type: ClassVar[str]
    config_type: ClassVar[type[SensorConfig]] = SensorConfig
    part_kind: ClassVar[str] = ""  # folder its parts are in; any part when empty

    def __init__(self, config: ConfigT, sensing_seed: int = 0) -> None:
        self.config = config
        if self.part_kind and not config.part.startswith(self.part_kind + "/"):
            known = ", ".join(part for part in part_ids() if part.startswith(self.part_kind + "/"))
            raise ConfigError(f"{config.sensor_id}.part", config.part, f"must be one of {known}")
        self.values = PartValues(load_part(config.part), config.overrides)
        self._sensing_seed = sensing_seed
        self._position_m = config.position_m
        self._enabled = config.enabled
        self._active = active_stages(self.stages(), config.stages_off, (AS_BUILT,))

    # --- what an author writes

    @property
    @abstractmethod
    def channels(self) -> tuple[Channel, ...]:
        """Reported quantities, in the order of the channel axis."""

    @abstractmethod
    def respond(self, world: SensorWorld) -> Array:
        """Ideal reading: what a perfect instrument of this kind reports, (time, channel)."""

    @abstractmethod
    def stages(self) -> tuple[AnyStage, ...]:
        """Imperfections in the order the signal meets them."""

    # --- what an author may write

    def fault_stages(self) -> tuple[AnyStage, ...]:
        """Spells without readings, and of one reading repeated, as part and settings give them."""
        up_s, down_s, free_s, stuck_s = (
            self.values.number(f"fault.{name}", "s") or math.inf for name in ("up", "down", "free", "stuck")
        )
        spells_s = self.config.stuck_spells_s
        return Dropout("dropout", up_s, down_s), Stuck("stuck", free_s, stuck_s, spells_s)

    def draw_unit(self, unit_rng: np.random.Generator) -> Any:
        """What makes this unit's projection its own; handed to `transduce`."""
        return None

    def transduce(self, world: SensorWorld, unit: Any) -> tuple[Array, Array]:
        """Ideal reading and what this unit makes of the world before any stage, both (time, channel).

        `unit` is None where `as_built` is switched off: then the two are equal.
        """
        ideal = self.respond(world)
        return ideal, ideal

    @property
    def truth_channels(self) -> tuple[Channel, ...]:
        """World truth this sensor is about, in the order of `truth`."""
        return self.channels

    def truth(self, world: SensorWorld) -> Array:
        """World truth at the sensor, (time, truth channel)."""
        return self.respond(world)

    # --- blocks

    def start(self, sensing_seed: int, *names: str | int) -> SensorMemory:
        """Memory before the first tick; streams are named (`names`, sensor, stage, kind of draw)."""
        path = (*names, self.config.sensor_id)
        n_channels = len(self.channels)
        return SensorMemory(
            unit=self.draw_unit(stream(sensing_seed, *path, AS_BUILT, "unit")) if self._is_as_built else None,
            carries={
                stage.name: stage.start(n_channels, stream(sensing_seed, *path, stage.name, "unit"))
                for stage in self._active
            },
            noise={stage.name: stream(sensing_seed, *path, stage.name, "noise") for stage in self._active},
        )

    def run(self, world: SensorWorld, memory: SensorMemory) -> SensorBlock:
        """Readings over the ticks of a world block; `memory` is advanced past it.

        A sensor that is switched off reports nothing and draws nothing.
        """
        n_time = world.grid.n
        if not self._enabled:
            nothing = np.full((n_time, len(self.channels)), np.nan)
            return SensorBlock(nothing, nothing.copy(), np.zeros(n_time, dtype=np.bool_))
        ideal, signal = self.transduce(world, memory.unit)
        if signal.shape != (n_time, len(self.channels)):
            fix = f"must return (time, channel), here {(n_time, len(self.channels))}"
            raise ConfigError(f"{self.sensor_type}.respond", signal.shape, fix)
        reading = through_stages(signal, self._active, memory, self._conditions(world))
        sampled = self.sampled(world)
        reading[~sampled] = np.nan
        return SensorBlock(ideal, reading, sampled)

    def sampled(self, world: SensorWorld) -> npt.NDArray[np.bool_]:
        """Ticks at which the sensor reports, (time,); a tick longer than the interval always does.

        Raises:
            ConfigError: if the interval is longer than a tick and no multiple of it.
        """
        every = self.config.ticks_apart(world.grid.dt_s)
        ticks_of_block = np.arange(world.first_tick, world.first_tick + world.grid.n)
        return np.equal(ticks_of_block % every, 0)

    def describe(self, memory: SensorMemory) -> dict[str, Description]:
        """Parameters and present state of every active stage, by its name."""
        return {stage.name: stage.describe(memory.carries[stage.name]) for stage in self._active}

    def _conditions(self, world: SensorWorld) -> Conditions:
        return conditions_at(world, self._position_m, self.config.interval_s)

    @property
    def _is_as_built(self) -> bool:
        off = self.config.stages_off
        return not (off if isinstance(off, bool) else AS_BUILT in off)

    def imperfect(self, ideal: Array, conditions: Conditions) -> Array:
        """Readings that a fresh unit makes of ideal ones, (time, channel); no world is asked."""
        return through_stages(ideal, self._active, self.start(self._sensing_seed), conditions)

    # --- one state at a time

    @cached_property
    def _memory(self) -> SensorMemory:
        return self.start(self._sensing_seed)

    def sample(self, environment_3d_state: SensorWorld) -> dict[str, float | None]:
        """Reading of each channel at the one tick of the state, None where there is none."""
        self._require_one_tick(environment_3d_state)
        return self._record(self.run(environment_3d_state, self._memory).reading)

    def get_ground_truth(self, environment_3d_state: SensorWorld) -> dict[str, float | None]:
        """World truth at the sensor at the one tick of the state."""
        self._require_one_tick(environment_3d_state)
        names = (channel.name for channel in self.truth_channels)
        return dict(zip(names, self.truth(environment_3d_state)[0].tolist(), strict=True))

    def apply_imperfections(
        self, true_reading: Mapping[str, float], environment_3d_state: SensorWorld
    ) -> dict[str, float | None]:
        """Reading that the stages make of an ideal one given by channel.

        Advances the same memory as `sample`.
        """
        self._require_one_tick(environment_3d_state)
        ideal = np.array([[true_reading[channel.name] for channel in self.channels]])
        conditions = self._conditions(environment_3d_state)
        return self._record(through_stages(ideal, self._active, self._memory, conditions))

    def get_ml_metadata(self) -> dict[str, Any]:
        """Everything a learner may want to know about this sensor, as plain data."""
        return {
            "sensor_id": self.sensor_id,
            "sensor_type": self.sensor_type,
            "part": self.config.part,
            "part_sources": metadata.source_counts(self.values.part),
            "position_m": list(self._position_m),
            "interval_s": self.config.interval_s,
            "channels": metadata.channel_records(self.channels),
            "ground_truth": self.ground_truth_capability,
            "stages": metadata.plain_views(self.describe(self._memory), self._active),
        }

    def _record(self, reading: Array) -> dict[str, float | None]:
        names = (channel.name for channel in self.channels)
        values = (None if np.isnan(value) else float(value) for value in reading[0])
        return dict(zip(names, values, strict=True))

    def _require_one_tick(self, world: SensorWorld) -> None:
        if world.grid.n != 1:
            raise ConfigError("environment_3d_state.grid.n", world.grid.n, "must be 1; use run() for a block")

    # --- state and views

    def enable(self) -> None:
        """Report from the next block on."""
        self._enabled = True

    def disable(self) -> None:
        """Report nothing until enabled again."""
        self._enabled = False

    def update_position(self, position_m: Position) -> None:
        """Move the sensor."""
        self._position_m = position_m

    @property
    def sensor_id(self) -> str:
        """Name of this sensor within its guardian."""
        return self.config.sensor_id

    @property
    def is_enabled(self) -> bool:
        """Whether the sensor reports."""
        return self._enabled

    @property
    def position_3d(self) -> Position:
        """Where the sensor is: east, north, up [m]."""
        return self._position_m

    @property
    def sampling_volume(self) -> float:
        """Volume a reading is about [m3]; 0 for a point."""
        name = "sampling_volume"
        return self.values.number(name, "m3") if name in self.values else 0.0

    @property
    def ground_truth_capability(self) -> dict[str, str]:
        """Name and unit of every truth that `get_ground_truth` gives."""
        return {channel.name: channel.unit for channel in self.truth_channels}

    @property
    def noise_characteristics(self) -> metadata.StageViews:
        """Noise stages: parameters and present state."""
        kept = [stage for stage in self._active if isinstance(stage, metadata.NOISE_STAGES)]
        return metadata.plain_views(self.describe(self._memory), kept)

    @property
    def drift_parameters(self) -> metadata.StageViews:
        """Drift stages: parameters and present state."""
        kept = [stage for stage in self._active if isinstance(stage, metadata.DRIFT_STAGES)]
        return metadata.plain_views(self.describe(self._memory), kept)
