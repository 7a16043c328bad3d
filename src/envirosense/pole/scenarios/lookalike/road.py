"""A straight road past the pole, and vehicles on it as sources that follow one another."""

import math
from dataclasses import dataclass

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array, Position
from envirosense.pole.scenarios.lookalike.courses import presence

STRETCH_M = 160.0  # of road on which a vehicle counts; assumed
STATIONS = 5  # places that stand for the stretch; numerical choice
SPACING_M = STRETCH_M / STATIONS
STATION_M = SPACING_M / math.sqrt(12.0)  # standard deviation of an even stretch


@dataclass(frozen=True, slots=True)
class Road:
    """Road whose nearest point lies at a distance and bearing; it runs across that direction."""

    distance_m: float
    bearing_deg: float

    def stations(self, up_m: float) -> tuple[Position, ...]:
        """Places along the road in the order that a vehicle passes them."""
        angle = math.radians(self.bearing_deg)
        east, north = math.sin(angle), math.cos(angle)
        along_m = SPACING_M * (np.arange(STATIONS) - 0.5 * (STATIONS - 1))
        near, far = self.distance_m * east, self.distance_m * north
        return tuple((near + s * north, far - s * east, up_m) for s in along_m.tolist())


def visits(grid: TimeGrid, begin_s: Array, speed_m_s: float) -> Array:
    """Vehicles at each station as tick means, (station, time) [1]; `begin_s` (vehicle,) is the first's entry.

    A vehicle counts where it is, so the sum over stations is 1 while it drives along the stretch.
    """
    stay_s = SPACING_M / speed_m_s
    return np.stack([presence(grid, begin_s + k * stay_s, stay_s) for k in range(STATIONS)])
