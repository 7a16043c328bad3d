"""Wetting of dirty surfaces: what the hour's own weather does, and a wet spell that a scenario brings.

Dry hours are most of a year, and nothing leaks then. A scenario may bring its own fog, drizzle or rain; that
is a change of the weather like any other, so every weather sensor shows it too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from envirosense.core.protocols import Array
from envirosense.physics.air.fronts import spell
from envirosense.physics.air.weather import WeatherSeries
from envirosense.physics.electric.leakage import DEW_ONSET_RH, salt_deposit, settled_deposit, water_film
from envirosense.physics.thermal.insulator import wetness
from envirosense.pole.weather_changes import changed_weather
from envirosense.scenarios import (
    BaseScenario,
    Choice,
    Conditions,
    Follows,
    Parameter,
    Uniform,
    WeatherChange,
)

EDGE: Final = 0.2  # of a wet spell, in which it sets in and ends # assumed


@dataclass(frozen=True, slots=True)
class _Spell:
    """What a wet spell at its height does to the weather; all assumed."""

    rain_mm_h: float
    sun_factor: float
    wind_factor: float
    cloud_fraction: float


_SPELLS: Final = MappingProxyType(
    {
        "fog": _Spell(0.0, 0.3, 0.4, 0.0),
        "drizzle": _Spell(0.3, 0.3, 0.8, 0.8),
        "rain": _Spell(3.0, 0.2, 1.0, 0.9),
    }
)

WETTING_PARAMETERS: Final[Mapping[str, Parameter]] = MappingProxyType(
    {
        "wetting": Parameter(
            Choice(("natural", *_SPELLS), (0.5, 0.2, 0.2, 0.1)),
            "1",
            "what wets the surfaces; natural leaves the weather of the hour alone",
            "assumed: pole fires follow light rain and fog after dry spells [AIEE1947]",
        ),
        "saturation": Parameter(
            Follows(Uniform(0.8, 1.0), "relative_humidity", 0.6),
            "1",
            "share of the way from dew point to air temperature that the wet spell brings",
            "assumed: moist hours turn wet more easily",
        ),
        "wet_onset_fraction": Parameter(
            Uniform(0.03, 0.3), "1", "start of the wet spell, as a fraction of the episode", "assumed"
        ),
        "wet_fraction": Parameter(
            Uniform(0.4, 1.2), "1", "length of the wet spell, as a fraction of the episode", "assumed"
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Wetting:
    """Weather with its wet spell, and what it does to a surface; arrays are (time,)."""

    changes: tuple[WeatherChange, ...]
    weather: WeatherSeries  # wind as it was before the spell
    film: Array  # water on a surface, 0 dry to 1 soaked
    dt_s: float

    @property
    def wet_share(self) -> Array:
        """How wet dirt is, (time,), 0 to 1."""
        return np.maximum(wetness(self.weather.relative_humidity, self.weather.rain_mm_h), self.film)

    @property
    def surface_humidity(self) -> Array:
        """Relative humidity as a surface sees it that rain may wet, (time,), 0 to 1."""
        return np.asarray(np.maximum(self.weather.relative_humidity, self.film))

    def salt_mg_cm2(self, settled_mg_cm2: float) -> Array:
        """Salt deposit that the episode's rain washes, (time,) [mg/cm2]."""
        return salt_deposit(self.weather.rain_mm_h, self.dt_s, settled_deposit(settled_mg_cm2)).salt_mg_cm2


def wetting(scenario: BaseScenario, conditions: Conditions) -> Wetting:
    """Wetting that a scenario with `WETTING_PARAMETERS` brings into the weather of the hour."""
    kind = scenario.text("wetting")
    if kind == "natural":
        return natural_wetting(conditions)
    return _wetting(conditions, (_change(scenario, conditions, _SPELLS[kind]),))


def natural_wetting(conditions: Conditions) -> Wetting:
    """Wetting by the weather of the hour alone."""
    return _wetting(conditions, ())


def _wetting(conditions: Conditions, changes: tuple[WeatherChange, ...]) -> Wetting:
    """What weather with these changes does to a surface that has stood in its first tick for long."""
    dt_s, weather = conditions.grid.dt_s, changed_weather(conditions.weather, changes)
    humidity, rain_mm_h = weather.relative_humidity, weather.rain_mm_h
    dew = float(np.clip((humidity[0] - DEW_ONSET_RH) / (1.0 - DEW_ONSET_RH), 0.0, 1.0))
    film = water_film(rain_mm_h, humidity, dt_s, start=1.0 if rain_mm_h[0] > 0.0 else dew)
    return Wetting(changes, weather, film, dt_s)


def _change(scenario: BaseScenario, conditions: Conditions, at_height: _Spell) -> WeatherChange:
    grid, weather = conditions.grid, conditions.weather
    length_s = scenario.number("wet_fraction") * grid.duration_s
    start_s = scenario.number("wet_onset_fraction") * grid.duration_s
    share = spell(grid.t_s, start_s, start_s + length_s, EDGE * length_s)
    return WeatherChange(
        dew_point_k=scenario.number("saturation") * share * (weather.air_k - weather.dew_point_k),
        rain_mm_h=at_height.rain_mm_h * share,
        sun_factor=1.0 - (1.0 - at_height.sun_factor) * share,
        wind_factor=1.0 - (1.0 - at_height.wind_factor) * share,
        cloud_fraction=at_height.cloud_fraction * share,
    )
