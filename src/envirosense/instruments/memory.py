"""What a sensor remembers between blocks, and what a block of it looks like."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array
from envirosense.core.rng import stream
from envirosense.instruments.status import Status


class NoiseStreams(dict[str, np.random.Generator]):
    """Generator of each stage's noise by its name, made when the stage first runs."""

    def __init__(self, root: int, *names: str | int) -> None:
        """Streams named `names`, stage, noise under a root."""
        super().__init__()
        self._root, self._names = root, names

    def __missing__(self, stage: str) -> np.random.Generator:
        self[stage] = stream(self._root, *self._names, stage, "noise")
        return self[stage]


@dataclass(slots=True)
class SensorMemory:
    """One unit in one episode: its own constants, the carry of every stage, and its noise streams.

    `BaseSensor.run` advances it in place; use one memory for one series of blocks.
    """

    unit: Any  # what `BaseSensor.draw_unit` returned: only that sensor class looks inside
    carries: dict[str, Any]
    noise: Mapping[str, np.random.Generator]
    on_at_s: float | None = None  # last switch-on since the episode's start; None: long on, NaN: off
    grade: tuple[float, float] | None = None  # quality and confidence at the last tick; None when just on


@dataclass(frozen=True, slots=True)
class SensorBlock:
    """Readings of one block: `ideal` and `reading` (time, channel); the rest is (time,).

    A reading is NaN where the sensor did not sample, dropped out or was switched off. `status` holds the
    bits of `Status`. `confidence` is the chance that the error lies within the accuracy that the part states,
    `quality` the error expected of a new unit over the one expected now, both of the worst channel and once a
    minute; both are 0 without a reading and NaN where nothing is sampled.
    """

    ideal: Array
    reading: Array
    sampled: npt.NDArray[np.bool_]
    status: npt.NDArray[np.uint16]
    quality: Array
    confidence: Array


def no_readings(n_time: int, n_channels: int) -> SensorBlock:
    """Block of a sensor that is switched off."""
    nothing, unknown = np.full((n_time, n_channels), np.nan), np.full(n_time, np.nan)
    flags = np.full(n_time, Status.OFF, np.uint16)
    sampled = np.zeros(n_time, dtype=np.bool_)
    return SensorBlock(nothing, nothing.copy(), sampled, flags, unknown, unknown.copy())
