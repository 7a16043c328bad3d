"""A sensor run over a series of world blocks."""

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from envirosense.instruments.base import BaseSensor
from envirosense.instruments.memory import SensorBlock
from envirosense.testing.worlds import UniformWorld

type AnySensor = BaseSensor[Any]

SEED: Final = 20


def readings(sensor: AnySensor, blocks: Iterable[UniformWorld], seed: int = SEED) -> SensorBlock:
    """One series of blocks through a fresh memory, joined."""
    memory = sensor.start(seed)
    parts = [sensor.run(block, memory) for block in blocks]
    return SensorBlock(
        np.concatenate([part.ideal for part in parts]),
        np.concatenate([part.reading for part in parts]),
        np.concatenate([part.sampled for part in parts]),
    )
