"""Where an hour of a weather year stands among all its hours."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from envirosense.climate.year import HOURS_PER_YEAR, WeatherYear
from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.physics.air.humidity import relative_humidity

type Floats = npt.NDArray[np.float64]

_KNOWN: dict[str, Mapping[str, Floats]] = {}  # by digest; a year's arrays are no key


def weather_ranks(year: WeatherYear, hour_of_year: float) -> dict[str, float]:
    """Share of the year's hours below one hour, ties counted half, 0..1 by quantity."""
    hour = int(hour_of_year) % HOURS_PER_YEAR
    return {name: float(ranks[hour]) for name, ranks in _ranks(year).items()}


def _ranks(year: WeatherYear) -> Mapping[str, Floats]:
    """Ranks of every hour, kept by the year's digest."""
    if year.digest not in _KNOWN:
        air_k, dew_point_k = year.air_c + ZERO_CELSIUS_K, year.dew_point_c + ZERO_CELSIUS_K
        quantities = {
            "air_k": air_k,
            "relative_humidity": relative_humidity(air_k, dew_point_k),
            "wind_m_s": year.wind_m_s,
            "ghi_w_m2": year.ghi_w_m2,
            "rain_mm_h": year.rain_mm,
            "pressure_pa": year.pressure_pa,
        }
        _KNOWN[year.digest] = {name: _shares(values) for name, values in quantities.items()}
    return _KNOWN[year.digest]


def _shares(values: Floats) -> Floats:
    """Share of values below each, ties counted half, (hour,)."""
    ordered = np.sort(values)
    below, up_to = (np.searchsorted(ordered, values, side=side) for side in ("left", "right"))
    return np.asarray((below + up_to) / (2.0 * values.size))
