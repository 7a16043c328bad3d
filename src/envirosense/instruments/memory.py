"""What a sensor remembers between blocks, and what a block of it looks like."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array


@dataclass(slots=True)
class SensorMemory:
    """One unit in one episode: its own constants, the carry of every stage, and its noise streams.

    `BaseSensor.run` advances it in place; use one memory for one series of blocks.
    """

    unit: Any  # what `BaseSensor.draw_unit` returned: only that sensor class looks inside
    carries: dict[str, Any]
    noise: dict[str, np.random.Generator]


@dataclass(frozen=True, slots=True)
class SensorBlock:
    """Readings of one block: `ideal` and `reading` (time, channel), `sampled` (time,).

    A reading is NaN where the sensor did not sample, dropped out or was switched off.
    """

    ideal: Array
    reading: Array
    sampled: npt.NDArray[np.bool_]
