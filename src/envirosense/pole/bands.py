"""What every channel may be expected to read while nothing is wrong, minute by minute, from the truth alone.

The band of a minute holds what a perfect sensor would have read in it, widened by the accuracy that the part
states and by three sigmas of a steady reading's noise. It is the baseline label of a normal episode; others
have none.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from envirosense.core.protocols import Array
from envirosense.datasets import Column, stream_schema
from envirosense.datasets.schema import TICK
from envirosense.instruments.base import BaseSensor
from envirosense.pole.columns import F32, OWN_KEY, TEXT, batch
from envirosense.pole.guardian import GuardianBlock, VirtualGridGuardian

EVERY_S = 60.0
NOISE_SIGMAS = 3.0
BANDS = stream_schema(
    (
        TICK,
        Column("sensor_id", TEXT, "", "sensor of the device", False),
        Column("channel", TEXT, "", "one of its channels", False, OWN_KEY),
        Column(
            "low",
            F32,
            "",
            "least reading expected in the minute from the tick on, in the channel's unit; null for no bound",
        ),
        Column("high", F32, "", "greatest; null for no bound"),
    ),
    {"role": "label", "description": "Expected range of every channel in a normal episode."},
)

type Ticks = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Range:
    """Least and greatest ideal reading of each minute, (minute, channel)."""

    minute: Ticks
    low: Array
    high: Array


@dataclass
class Bands:
    """Collects the ideal readings of an episode's blocks; how they are cut does not matter."""

    device: VirtualGridGuardian
    ticks_per_minute: int
    _pieces: dict[str, list[_Range]] = field(default_factory=dict)

    @classmethod
    def of(cls, device: VirtualGridGuardian, dt_s: float) -> "Bands":
        """Collector for ticks of `dt_s`; a tick longer than a minute is its own minute."""
        return cls(device, max(1, round(EVERY_S / dt_s)))

    def add(self, ticks: Ticks, block: GuardianBlock) -> None:
        """Take in the ideal readings of one block."""
        minute = ticks // self.ticks_per_minute
        starts = np.flatnonzero(np.diff(minute, prepend=minute[0] - 1))
        for name, found in block.readings.items():
            low, high = (rule.reduceat(found.ideal, starts, axis=0) for rule in (np.minimum, np.maximum))
            self._pieces.setdefault(name, []).append(_Range(minute[starts], low, high))

    def rows(self) -> pa.RecordBatch:
        """One row per minute and channel of every scalar sensor."""
        tables = [self._of_sensor(name, pieces) for name, pieces in self._pieces.items()]
        if not tables:
            return pa.RecordBatch.from_pylist([], schema=BANDS)
        columns = {name: np.concatenate([table[name] for table in tables]) for name in BANDS.names}
        return batch(BANDS, columns)

    def _of_sensor(self, name: str, pieces: list[_Range]) -> dict[str, npt.NDArray[Any]]:
        sensor = self.device.scalar_sensors[name]
        minute = np.concatenate([piece.minute for piece in pieces])
        starts = np.flatnonzero(np.diff(minute, prepend=minute[0] - 1))
        low = np.minimum.reduceat(np.concatenate([piece.low for piece in pieces]), starts, axis=0)
        high = np.maximum.reduceat(np.concatenate([piece.high for piece in pieces]), starts, axis=0)
        low, high = low - _margin(sensor, low), high + _margin(sensor, high)
        channels = [channel.name for channel in sensor.channels]
        return {
            "tick": np.repeat(minute[starts] * self.ticks_per_minute, len(channels)),
            "sensor_id": np.full(low.size, name, dtype=object),
            "channel": np.tile(np.array(channels, dtype=object), starts.size),
            "low": _bound(low),
            "high": _bound(high),
        }


def _bound(edges: Array) -> npt.NDArray[np.float32]:
    """Edges of all bands, NaN where the part states no accuracy, so that anything may be read."""
    return np.where(np.isfinite(edges), edges, np.nan).ravel().astype(np.float32)


def _margin(sensor: BaseSensor[Any, Any], reading: Array) -> Array:
    """Stated accuracy and noise at a reading, (minute, channel)."""
    noise = NOISE_SIGMAS * np.array([channel.noise_sigma for channel in sensor.channels])
    accuracy = sensor.stated_accuracy(reading)
    return np.asarray(noise if accuracy is None else accuracy + noise)
