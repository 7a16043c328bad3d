"""Price of electricity by tariff: hours of peak and rest, and the demand where it follows the market."""

from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.home.model import Home
from envirosense.home.surroundings.context_tables import context_row, price_level

type Floats = npt.NDArray[np.float64]

STEPS_PER_HOUR: Final = 4
DEMAND: Final = (0.9, 1.2)  # least and most that demand moves the price by [homes.md 1.2]
DEMAND_MEAN, DEMAND_SLOPE = 1.03, 0.08  # of the price by unit spread of the carbon intensity  # assumed


def prices(
    home: Home, weekday: npt.NDArray[np.int8], is_holiday: npt.NDArray[np.bool_], carbon: Floats
) -> Floats:
    """Price in the home's currency, constant over each hour, (step,) [1/kWh].

    `weekday` and `is_holiday` are given by the day; where a tariff follows the market, it is dear when the
    grid is, as its carbon intensity tells.
    """
    tariff = context_row("tariffs", home.tariff)
    peak, middle, rest = tariff["factors"]
    hour = np.arange(24)
    factor = np.full(24, float(rest))
    factor[_within(hour, tariff["middle_h"])] = middle
    factor[_within(hour, tariff["peak_h"])] = peak
    quiet = np.minimum(factor, middle if tariff["weekend_peak"] is False else np.inf)
    is_quiet = (weekday >= 5) | is_holiday
    hourly = (
        float(tariff["base"])
        * price_level(home.currency)
        * np.where(is_quiet[:, None], quiet, factor).ravel()
    )
    if tariff["follows"]:
        hourly = hourly * _demand(home, carbon)
    return np.repeat(np.round(hourly, 4), STEPS_PER_HOUR)


def _within(hour: npt.NDArray[np.int64], spans: list[list[int]]) -> npt.NDArray[np.bool_]:
    inside = np.zeros(hour.size, dtype=np.bool_)
    for start, end in spans:
        inside |= (hour >= start) & (hour < end)
    return inside


def _demand(home: Home, carbon: Floats) -> Floats:
    """Factor of the demand, (hour,)."""
    grid = context_row("grids", home.grid_zone)
    units = (carbon.reshape(-1, STEPS_PER_HOUR).mean(axis=1) - grid["mean"]) / grid["sd"]
    return np.asarray(np.clip(DEMAND_MEAN + DEMAND_SLOPE * units, *DEMAND))
