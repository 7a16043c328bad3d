"""A sensor run over a series of world blocks."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any, Final

import numpy as np

from envirosense.instruments.base import BaseSensor
from envirosense.instruments.memory import SensorBlock
from envirosense.testing.worlds import UniformWorld

type AnySensor = BaseSensor[Any, Any]

SEED: Final = 20


def readings(sensor: AnySensor, blocks: Iterable[UniformWorld], seed: int = SEED) -> SensorBlock:
    """One series of blocks through a fresh memory, joined."""
    memory = sensor.start(seed)
    parts = [sensor.run(block, memory) for block in blocks]
    names = [field.name for field in fields(SensorBlock)]
    return SensorBlock(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
