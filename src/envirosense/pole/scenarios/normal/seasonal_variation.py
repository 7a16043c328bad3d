"""An ordinary hour whose weather belongs to another part of the season: an early spring, a late autumn."""

from typing import ClassVar, Final

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.scenarios import (
    BaseRate,
    BaseScenario,
    Category,
    Conditions,
    Forcing,
    Labels,
    Normal,
    Parameter,
    ParameterSpace,
    Response,
    Uniform,
    WeatherChange,
)

YEAR_D: Final = 365.25
AMPLITUDE_K: Final = 11.0  # half of July's mean less January's, Greensboro, the shipped year # assumed
COLDEST_DAY: Final = 20.0  # of the year, northern mid-latitudes # assumed
LATITUDE_RAD: Final = float(np.radians(36.0))  # of the shipped year's station
OBLIQUITY_RAD: Final = float(np.radians(23.44))  # of the ecliptic
EQUINOX_DAY: Final = 80.0  # 21 March
DEW_SHARE: Final = 0.9  # of the air's shift that the dew point makes too # assumed
CLEAREST_W_M2: Final = 1000.0  # beam of the clearest sky at the ground # assumed


class SeasonalVariationScenario(BaseScenario):
    """A healthy pole in weather that is weeks early or late."""

    name: ClassVar[str] = "seasonal_variation"
    description: ClassVar[str] = "A healthy pole in weather of some weeks earlier or later in the year"
    category: ClassVar[Category] = Category.NORMAL
    difficulty_level: ClassVar[str] = "unmeasured"
    expected_duration: ClassVar[float] = 3600.0
    phases: ClassVar[tuple[str, ...]] = ()
    limits: ClassVar[str] = (
        "The sun keeps the date's path and length of day; only its strength moves, and cloud, wind and rain "
        "stay. Load does not answer. The annual "
        "course is that of one place."
    )
    rate: ClassVar[BaseRate] = BaseRate(60.0, 86_400.0, "assumed: one day in six is weeks off its date")
    tags: ClassVar[tuple[str, ...]] = ("weather",)
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "offset_d": Parameter(
                Uniform(-60.0, 60.0), "d", "by which the weather is late in the year", "assumed"
            ),
            "anomaly_k": Parameter(
                Normal(0.0, 2.0, -5.0, 5.0),
                "K",
                "of a warm or a cold year on top",
                "assumed: below the 5 K of a spell",
            ),
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Air, dew point and sunlight of the other day less those of this one."""
        day = float(conditions.grid.start_utc.timetuple().tm_yday)
        other = day + self.number("offset_d")
        shift_k = _season_k(other) - _season_k(day) + self.number("anomaly_k")
        steady = np.ones(conditions.grid.n)
        change = WeatherChange(
            air_k=shift_k * steady,
            dew_point_k=DEW_SHARE * shift_k * steady,
            sun_factor=_sun_factor(_noon_sine(other) / _noon_sine(day), conditions.weather.dni_w_m2),
        )
        return Forcing(weather=(change,))

    def labels(self, forcing: Forcing, response: Response, grid: TimeGrid) -> Labels:
        """No events."""
        return Labels()


def _season_k(day: float) -> float:
    """Air of a day of the year over the year's mean [K]: one sine."""
    return float(-AMPLITUDE_K * np.cos(2.0 * np.pi * (day - COLDEST_DAY) / YEAR_D))


def _noon_sine(day: float) -> float:
    """Sine of the sun's height at noon [1]."""
    declination_rad = OBLIQUITY_RAD * np.sin(2.0 * np.pi * (day - EQUINOX_DAY) / YEAR_D)
    return float(np.cos(LATITUDE_RAD - declination_rad))


def _sun_factor(ratio: float, dni_w_m2: Array) -> Array:
    """Factor on sunlight, (time,): the ratio, but no beam beyond that of the clearest sky."""
    room = CLEAREST_W_M2 / np.maximum(dni_w_m2, 1.0)
    return np.minimum(ratio, np.maximum(room, 1.0))
