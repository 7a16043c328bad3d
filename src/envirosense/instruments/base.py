"""A sensor as one object: blocks, one state at a time, and views of its part and stages as plain data."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np

from envirosense.core.errors import ConfigError
from envirosense.core.protocols import Array, Position
from envirosense.instruments import metadata
from envirosense.instruments.block_sensor import BlockSensor, ConfigT, WorldT
from envirosense.instruments.calibration_history import calibration_history
from envirosense.instruments.chain import through_stages
from envirosense.instruments.memory import SensorMemory
from envirosense.instruments.power_draw import mean_power_w


class BaseSensor(BlockSensor[ConfigT, WorldT]):
    """One instrument. An author writes `channels`, `respond` and `stages`; the rest follows.

    Arrays first: `start` gives a memory, and `run` turns a world block and the memory into
    readings. The methods that take one state and return a dict are the same call on one tick,
    with a memory the sensor keeps for itself.
    """

    # --- one state at a time

    @cached_property
    def _memory(self) -> SensorMemory:
        return self.start(self._sensing_seed)

    def sample(self, environment_3d_state: WorldT) -> dict[str, float | None]:
        """Reading of each channel at the one tick of the state, None where there is none."""
        self._require_one_tick(environment_3d_state)
        return self._record(self.run(environment_3d_state, self._memory).reading)

    def get_ground_truth(self, environment_3d_state: WorldT) -> dict[str, float | None]:
        """World truth at the sensor at the one tick of the state."""
        self._require_one_tick(environment_3d_state)
        names = (channel.name for channel in self.truth_channels)
        return dict(zip(names, self.truth(environment_3d_state)[0].tolist(), strict=True))

    def apply_imperfections(
        self, true_reading: Mapping[str, float], environment_3d_state: WorldT
    ) -> dict[str, float | None]:
        """Reading that the stages make of an ideal one given by channel.

        Advances the same memory as `sample`.
        """
        self._require_one_tick(environment_3d_state)
        ideal = np.array([[true_reading[channel.name] for channel in self.channels]])
        conditions = self._conditions(environment_3d_state, self._memory)
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
            "age_days": self.config.age_days,
            "used_days": self.used_days,
            "calibration_history": self.calibration_history,
            "faults": [fault.model_dump(mode="json") for fault in self.config.faults],
            "status_flags": metadata.status_bits(),
            "channels": metadata.channel_records(self.channels),
            "ground_truth": self.ground_truth_capability,
            "stages": metadata.plain_views(self.describe(self._memory), self._active),
        }

    def _record(self, reading: Array) -> dict[str, float | None]:
        names = (channel.name for channel in self.channels)
        values = (None if np.isnan(value) else float(value) for value in reading[0])
        return dict(zip(names, values, strict=True))

    def _require_one_tick(self, world: WorldT) -> None:
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
    def power_w(self) -> float:
        """Mean draw at its interval [W].

        Raises:
            UnknownNameError: if its part does not say what it draws.
        """
        return mean_power_w(self.values, self.config.interval_s)

    @property
    def calibration_history(self) -> list[dict[str, Any]]:
        """Calibrations of this unit and what each of them corrected."""
        return calibration_history(self.config, self._active, self._memory, self._sensing_seed)

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
