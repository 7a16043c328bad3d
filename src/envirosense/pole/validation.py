"""The pole's physics as functions that measurements can be held against; signatures are frozen.

Each runs the same code as the world. `docs/validation.md` describes inputs and results, and lists every
published value and closed form that the tests hold the physics to.
"""

import numpy as np

from envirosense.physics.storms.lightning import Strikes
from envirosense.physics.storms.storm import natural_storm
from envirosense.pole.matter.concentration import PointSource, concentration
from envirosense.pole.pairs import SharedTruth, paired_sensors
from envirosense.pole.picture.render import Frames, RenderScene, render
from envirosense.pole.wind_series import wind_series

__all__ = [
    "Frames",
    "PointSource",
    "RenderScene",
    "SharedTruth",
    "Strikes",
    "concentration",
    "paired_sensors",
    "render",
    "storm",
    "wind_series",
]


def storm(duration_s: float, rng: np.random.Generator) -> Strikes:
    """Strokes and cloud pulses of ordinary thunderstorms within reach of the pole, in order of time.

    Args:
        duration_s: Length of the record; at least one cell is active in it.
        rng: Source of every draw.

    Raises:
        ValueError: if the duration is not positive.
    """
    return natural_storm(duration_s, rng)
