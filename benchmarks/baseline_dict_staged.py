"""The other scalar sensors of the per-sample baseline: the product's stages, one tick at a time.

Nobody has written these out by hand. Array stages on rows of one value are slower than plain numbers;
by how much is measured on the sensors that exist in both forms (`bench_pole`), and the time of these is
scaled down by it. What the world gives (the ideal reading) is worked out for the whole hour at once.
"""

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

import numpy as np
from baseline_world import Hour

from envirosense.instruments.base import BaseSensor
from envirosense.instruments.chain import through_stages
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.memory import SensorMemory


class StagedSensor:
    """One sensor with what it would read at each tick without imperfections."""

    def __init__(self, sensor: BaseSensor[Any, Any], memory: SensorMemory, hour: Hour) -> None:
        self.sensor, self.memory = sensor, memory
        _, self.signal = sensor.transduce(hour.state, memory.unit)
        self.names = [channel.name for channel in sensor.channels]

    def sample(self, tick: int, conditions: Conditions) -> dict[str, float | None]:
        """Reading of this second."""
        x = through_stages(self.signal[tick : tick + 1], self.sensor._active, self.memory, conditions)
        values = (None if value != value else value for value in x[0].tolist())
        return dict(zip(self.names, values, strict=True))


def one_by_one(conditions: Conditions) -> Iterator[Conditions]:
    """The surroundings of each tick."""
    names = [f.name for f in fields(conditions) if isinstance(getattr(conditions, f.name), np.ndarray)]
    arrays = {name: getattr(conditions, name) for name in names}
    for tick in range(conditions.t_s.size):
        here: dict[str, Any] = {name: values[tick : tick + 1] for name, values in arrays.items()}
        yield replace(conditions, first_tick=tick, **here)
