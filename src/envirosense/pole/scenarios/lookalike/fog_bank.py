"""A fog bank drifts over the pole: optical counters take its droplets for smoke."""

from typing import ClassVar, Final

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.physics.air.fog import fog_water_g_m3
from envirosense.physics.air.humidity import relative_humidity
from envirosense.physics.air.weather import WeatherSeries
from envirosense.physics.gas.source_courses import passage
from envirosense.pole.matter.sources import air_mass
from envirosense.pole.scenarios.lookalike.courses import flicker
from envirosense.pole.scenarios.lookalike.lookalike import LookalikeScenario
from envirosense.scenarios import (
    BaseRate,
    Conditions,
    EventSubtype,
    Forcing,
    Grading,
    LogUniform,
    Parameter,
    ParameterSpace,
    Uniform,
    WeatherChange,
)

PART_G_M3 = 0.1  # water of the part's typical fog
SUN_IN_FOG: Final = 0.4  # of sunlight that comes through; assumed
PATCH_TAU_S, PATCH = 300.0, 0.3  # fog is patchy; assumed


class FogBankScenario(LookalikeScenario):
    """Fog that comes and goes."""

    name: ClassVar[str] = "fog_bank"
    description: ClassVar[str] = "A fog bank drifts over the pole: saturated air, droplets, little sun"
    expected_duration: ClassVar[float] = 7200.0
    subtype: ClassVar[EventSubtype] = EventSubtype.FOG
    course: ClassVar[str] = "fog_bank_g_m3"
    grading: ClassVar[Grading] = Grading(0.005, 0.4, (("mist", 0.0), ("fog", 0.02)), "log")
    phases: ClassVar[tuple[str, ...]] = grading.stage_names
    source: ClassVar[str] = "air_mass"
    strength: ClassVar[tuple[str, str]] = ("water_g_m3", "g/m3")
    limits: ClassVar[str] = (
        "Air is not cooled by the fog; the camera sees through it; in hot dry air its dew point rises far."
    )
    rate: ClassVar[BaseRate] = BaseRate(15.0, 7200.0, "assumed: about one day in twenty-five")
    tags: ClassVar[tuple[str, ...]] = ("fog", "weather")
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "water_g_m3": Parameter(
                LogUniform(0.005, 0.035),
                "g/m3",
                "liquid water at its thickest",
                "assumed: thinner than the fog of an advisory, 0.039 g/m3 at 400 m of sight",
            ),
            "onset_fraction": Parameter(
                Uniform(0.02, 0.5), "1", "when it comes, as a fraction of the episode", "assumed"
            ),
            "rise_s": Parameter(LogUniform(120.0, 1200.0), "s", "until it is thickest", "assumed"),
            "stay_s": Parameter(LogUniform(600.0, 14400.0), "s", "of thick fog", "assumed"),
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Moist air with droplets and the shade they give."""
        grid, weather = conditions.grid, conditions.weather
        rise_s = self.number("rise_s")
        begin_s = self.number("onset_fraction") * grid.duration_s
        course = np.minimum(passage(grid.t_s, grid.dt_s, begin_s, rise_s, self.number("stay_s"), rise_s), 1.0)
        water_g_m3 = self.number("water_g_m3") * course * flicker(grid, rng, PATCH_TAU_S, PATCH)
        moist = WeatherChange(
            dew_point_k=course * (weather.air_k - weather.dew_point_k),
            sun_factor=1.0 - (1.0 - SUN_IN_FOG) * course,
        )
        own_g_m3 = _own_water_g_m3(grid, weather, moist)
        drifting = np.maximum(water_g_m3 - own_g_m3, 0.0) / PART_G_M3
        droplets = air_mass("fog", grid, drifting)
        return Forcing(air_masses=(droplets,), weather=(moist,), states={self.course: water_g_m3})


def _own_water_g_m3(grid: TimeGrid, weather: WeatherSeries, moist: WeatherChange) -> Array:
    """Water that calm air of this humidity forms anyway, (time,): it is not counted twice."""
    dew_point_k = weather.dew_point_k + (0.0 if moist.dew_point_k is None else moist.dew_point_k)
    sun = 1.0 if moist.sun_factor is None else moist.sun_factor
    humidity = relative_humidity(weather.air_k, dew_point_k)
    return fog_water_g_m3(humidity, weather.wind_m_s, weather.ghi_w_m2 * sun, grid.dt_s)
