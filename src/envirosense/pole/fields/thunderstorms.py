"""Lightning around the pole: the storms that scenarios name, and those that the weather brings."""

import math
from collections import Counter

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array
from envirosense.physics.storms.lightning import Strikes, sorted_strikes, strikes_between
from envirosense.physics.storms.storm import Cell, cell_strikes, natural_cell, storm_weather
from envirosense.pole.fields.inputs import WorldInputs
from envirosense.scenarios import Storm

# An hour of the weather brings a thunderstorm when all of these hold; all assumed
RAIN_MM_H = 5.0  # mean of the hour's ticks
DEW_POINT_K = 291.15  # 18 degC
LOCAL_HOURS = (12.0, 22.0)  # afternoon and evening
ROUNDING_MM_H = 1e-9  # numerical choice: less rain than this is none
RAIN_CELL_M = 4000.0  # standard deviation of how far its centre passes: it rains at the pole

type NamedCell = tuple[tuple[str | int, ...], Cell]  # the names of its random stream


def storm_cell(storm: Storm) -> Cell:
    """Cell of a storm that a scenario names."""
    return Cell(
        storm.closest_s,
        storm.closest_m,
        math.radians(storm.bearing_deg),
        storm.speed_m_s,
        storm.peak_flashes_per_min,
        storm.lifetime_s,
    )


class Thunderstorms:
    """Strokes of an episode; a field draws each cell from a stream named after it."""

    def __init__(self, inputs: WorldInputs) -> None:
        """Draw every cell's strokes and keep those of the episode."""
        self.cells = [*_named_cells(inputs), *_natural_cells(inputs)]
        strikes = [cell_strikes(cell, inputs.rng("lightning", *name)) for name, cell in self.cells]
        self._strikes = strikes_between(sorted_strikes(strikes), 0.0, inputs.grid.duration_s)

    def strikes(self) -> Strikes:
        """Strokes and cloud pulses of the episode, in order of time since its start."""
        return self._strikes


def _named_cells(inputs: WorldInputs) -> list[NamedCell]:
    # two causes may carry the same name: their place among those tells them apart, whatever else is named
    seen: Counter[str] = Counter()
    cells: list[NamedCell] = []
    for storm in inputs.storms():
        cells.append((("storm", storm.name, seen[storm.name]), storm_cell(storm)))
        seen[storm.name] += 1
    return cells


def _natural_cells(inputs: WorldInputs) -> list[NamedCell]:
    """One cell for each clock hour with thundery weather, nearest where its rain is centred."""
    rain = _own_rain_mm_h(inputs)
    if not np.any(rain > 0.0):
        return []
    t_s, hour = inputs.grid.t_s, np.floor(inputs.atmosphere.hour_of_year).astype(np.int64)
    cells: list[NamedCell] = []
    for number in np.unique(hour[rain > 0.0]):
        here = hour == number
        if _is_thundery(inputs, here, rain):
            # whole seconds: rounding left by the rain of a named storm moves no stroke
            middle_s = float(np.round(np.average(t_s[here], weights=rain[here])))
            rng = inputs.rng("lightning", "natural_cell", int(number))
            cells.append((("natural", int(number)), natural_cell(middle_s, RAIN_CELL_M, rng)))
    return cells


def _own_rain_mm_h(inputs: WorldInputs) -> Array:
    """Rain of the ticks less that of the storms that scenarios name, which have their cells, (time,)."""
    rain = inputs.atmosphere.weather.rain_mm_h
    for storm in inputs.storms():
        rain = rain - storm_weather(inputs.grid.t_s, storm_cell(storm)).rain_mm_h
    return np.where(rain > ROUNDING_MM_H, rain, 0.0)


def _is_thundery(inputs: WorldInputs, here: npt.NDArray[np.bool_], rain: Array) -> bool:
    air = inputs.atmosphere
    local_h = float(air.hour_local[here][0])
    wet = float(rain[here].mean()) > RAIN_MM_H
    muggy = float(air.weather.dew_point_k[here].mean()) > DEW_POINT_K
    return wet and muggy and LOCAL_HOURS[0] <= local_h < LOCAL_HOURS[1]
