"""Carbon intensity of a grid: a day's course, weekends, and spells of wind and calm."""

from itertools import accumulate
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.rng import stream
from envirosense.home.model import Home
from envirosense.home.surroundings.context_tables import context_row

type Floats = npt.NDArray[np.float64]

STEPS_PER_DAY: Final = 96
WEEKEND_LAG: Final = 0.3  # a week's square wave a day later: (1/7 - 4/49) / (10/49)
ROUGH_SHARE: Final = 0.02  # of the variance changes from quarter to quarter  # assumed
ROUGH_H: Final = 1.5  # memory of that [h]  # assumed
SOFT: Final = 0.15  # of the spread: how near its bounds the series is bent  # assumed
LEAST_SHARE: Final = 0.05  # of the variance is left to the spells, whatever the row says


def draw_carbon(home: Home, weekday: npt.NDArray[np.int8], seed: int) -> Floats:
    """Carbon intensity from the first midnight on, (step,) [gCO2/kWh].

    `weekday` is given by the day. Over long spans mean, spread, ratio of weekends to working days and the
    correlation with the day before are those of the grid's row, but for what its limits cut off.
    """
    grid = context_row("grids", home.grid_zone)
    mean, sd, ratio, daily = (float(grid[name]) for name in ("mean", "sd", "weekend", "daily"))
    working = 7.0 / (5.0 + 2.0 * ratio)
    levels = np.array([working - 1.0, ratio * working - 1.0]) * mean / sd  # working day, weekend
    week_share = float(np.dot([5.0, 2.0], levels**2)) / 7.0
    slow_share = max(1.0 - daily - week_share - ROUGH_SHARE, LEAST_SHARE)
    slow_lag = np.clip((grid["lag_24"] - daily - WEEKEND_LAG * week_share) / slow_share, 0.05, 0.97)
    kicks = stream(seed, "home", home.home_id, "carbon").standard_normal((weekday.size * STEPS_PER_DAY, 2))
    units = np.repeat(levels[(weekday >= 5).astype(np.intp)], STEPS_PER_DAY)
    units += np.sqrt(daily) * np.tile(_day(float(grid["dip"])), weekday.size)
    units += np.sqrt(slow_share) * spell(kicks[:, 0], float(slow_lag ** (1.0 / STEPS_PER_DAY)))
    units += np.sqrt(ROUGH_SHARE) * spell(kicks[:, 1], float(np.exp(-24.0 / STEPS_PER_DAY / ROUGH_H)))
    low, high = grid["limits"]
    return _bounded(mean + sd * units, float(low), float(high), SOFT * sd)


def _bounded(values: Floats, low: float, high: float, soft: float) -> Floats:
    """Values that near two bounds without lying on them, and elsewhere stay, shape of the input."""
    over_low = low + soft * np.logaddexp(0.0, (values - low) / soft)
    return np.asarray(high - soft * np.logaddexp(0.0, (high - over_low) / soft))


def spell(kicks: Floats, keep: float) -> Floats:
    """First-order autoregression of unit spread from unit kicks, (step,)."""
    gain = float(np.sqrt(1.0 - keep**2))
    return np.array(list(accumulate(kicks.tolist(), lambda level, kick: keep * level + gain * kick)))


def _day(dip: float) -> Floats:
    """Course of a day, mean 0 and spread 1: a dip around noon, a rise in the evening, (step of a day,)."""
    h = np.arange(STEPS_PER_DAY) * 24.0 / STEPS_PER_DAY
    # heights and widths  # assumed
    course = 0.8 * _hump(h, 19.0, 2.0) + 0.3 * _hump(h, 8.0, 1.8) - 0.35 * _hump(h, 3.5, 2.5)
    course -= dip * _hump(h, 12.5, 2.2)
    course -= course.mean()
    return np.asarray(course / course.std())


def _hump(h: Floats, middle_h: float, width_h: float) -> Floats:
    return np.exp(-(((h - middle_h) / width_h) ** 2))
