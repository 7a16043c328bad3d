"""What each kind of severe weather does to the ordinary weather, and the state that it is judged by.

States are those of the weather with this cause alone; a wind that is added to the natural one is taken to
blow along it.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import numpy as np

from envirosense.core.protocols import Array
from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.physics.air.felt_temperature import heat_index_c, wind_chill_c
from envirosense.physics.air.fog import fog_water_g_m3
from envirosense.physics.air.fronts import HOUR_S, cold_front, cold_snap, heat_wave
from envirosense.physics.air.weather import WeatherSeries
from envirosense.physics.gas.source_courses import passage
from envirosense.physics.particles.wind_dust import raised_share
from envirosense.physics.storms.flash_rate import near_flashes_per_min
from envirosense.pole.fields.thunderstorms import storm_cell
from envirosense.pole.matter.aerosol_parts import aerosol_kind
from envirosense.pole.matter.sources import air_mass
from envirosense.pole.scenarios.environmental.weather_grades import (
    COLD,
    DUST,
    FOG,
    FRONT,
    HEAT,
    LIGHTNING,
    NEAR_M,
    RAIN,
    WIND,
)
from envirosense.pole.scenarios.lookalike.courses import flicker
from envirosense.pole.storms import storm_change
from envirosense.pole.weather_changes import changed_weather
from envirosense.scenarios import BaseScenario, Conditions, EventSubtype, Forcing, Storm, WeatherChange

type Cause = Callable[[BaseScenario, Conditions, np.random.Generator], Forcing]

EXCESS: Final = "air_excess_k"  # state: how far the spell lifts the air over the ordinary
EDGE_S: Final = {"wind": 1800.0, "rain": 240.0, "fog": 900.0, "dust": 600.0}  # of setting in # assumed
EDGE_SHARE: Final = 0.4  # of the length, at most # assumed
GUSTY_S, GUSTY = 1200.0, 0.06  # slow waves of a strong wind # assumed
BURST_S, BURST = 60.0, 0.4  # rain is uneven # assumed
PATCH_S, PATCH = 300.0, 0.3  # so are fog and dust # assumed
RAIN_SUN, FOG_SUN, DUST_SUN = 0.25, 0.4, 0.6  # of sunlight that comes through # assumed
RAIN_DEPRESSION: Final = 0.2  # of the dew point's depression left in rain # assumed
FOG_CALM: Final = 0.5  # of the ordinary wind # assumed
DUST_DRIER_K: Final = 4.0  # fall of the dew point in dusty air # assumed
BINDS_MM_H: Final = 0.1  # rain that binds the soil # assumed
FOG_PART_UG_M3, DUST_PART_UG_M3 = 1e5, 150.0  # levels of the parts' air masses


def _course(scenario: BaseScenario, conditions: Conditions) -> Array:
    """Rise, stay and fall of what sets in within the episode, tick means (time,), 0..1."""
    grid, length_s = conditions.grid, scenario.number("length_s")
    edge_s = min(EDGE_S[scenario.text("kind")], EDGE_SHARE * length_s)
    begin_s = scenario.number("onset_fraction") * grid.duration_s
    share = passage(grid.t_s, grid.dt_s, begin_s, edge_s, length_s - 2.0 * edge_s, edge_s)
    return np.minimum(share, 1.0)  # a rounding above it would make the factor on the wind negative


def weather_under(conditions: Conditions, change: WeatherChange) -> WeatherSeries:
    """Natural weather with one change; an added wind blows along the natural one."""
    natural = conditions.weather
    factor = 1.0 if change.wind_factor is None else change.wind_factor
    added_m_s = 0.0 if change.wind_m_s is None else change.wind_m_s
    return replace(changed_weather(natural, [change]), wind_m_s=natural.wind_m_s * factor + added_m_s)


def _blowing(scenario: BaseScenario, conditions: Conditions, rng: np.random.Generator) -> WeatherChange:
    """The drawn mean wind takes the place of a weaker one."""
    course, grid = _course(scenario, conditions), conditions.grid
    full_m_s = scenario.number("wind_m_s") * flicker(grid, rng, GUSTY_S, GUSTY)
    wanted_m_s = np.maximum(full_m_s, conditions.weather.wind_m_s)
    return WeatherChange(wind_factor=1.0 - course, wind_m_s=course * wanted_m_s)


def _wind(scenario: BaseScenario, conditions: Conditions, rng: np.random.Generator) -> Forcing:
    change = _blowing(scenario, conditions, rng)
    return Forcing(weather=(change,), states={WIND.state: weather_under(conditions, change).wind_m_s})


def _rain(scenario: BaseScenario, conditions: Conditions, rng: np.random.Generator) -> Forcing:
    course, weather = _course(scenario, conditions), conditions.weather
    change = WeatherChange(
        rain_mm_h=scenario.number("rain_mm_h") * course * flicker(conditions.grid, rng, BURST_S, BURST),
        dew_point_k=course * (1.0 - RAIN_DEPRESSION) * (weather.air_k - weather.dew_point_k),
        sun_factor=1.0 - (1.0 - RAIN_SUN) * course,
        cloud_fraction=course * (1.0 - weather.cloud_fraction),
    )
    return Forcing(weather=(change,), states={RAIN.state: weather_under(conditions, change).rain_mm_h})


def _spell_s(scenario: BaseScenario) -> tuple[float, float]:
    """Start and end of a spell that has lasted for some time when the episode begins [s]."""
    length_s = scenario.number("length_s")
    start_s = -scenario.number("since_fraction") * length_s
    return start_s, start_s + length_s


def _heat_wave(scenario: BaseScenario, conditions: Conditions, rng: np.random.Generator) -> Forcing:
    start_s, stop_s = _spell_s(scenario)
    warming_k = scenario.number("warming_k")
    course = heat_wave(conditions.grid.t_s, start_s, stop_s, warming_k=warming_k)
    change = WeatherChange(**course)
    under = weather_under(conditions, change)
    felt_c = heat_index_c(under.air_k - ZERO_CELSIUS_K, under.relative_humidity)
    return Forcing(weather=(change,), states={HEAT.state: felt_c, EXCESS: course["air_k"]})


def _cold_snap(scenario: BaseScenario, conditions: Conditions, rng: np.random.Generator) -> Forcing:
    start_s, stop_s = _spell_s(scenario)
    cooling_k = scenario.number("cooling_k")
    course = cold_snap(conditions.grid.t_s, start_s, stop_s, cooling_k=cooling_k)
    change = WeatherChange(**course)
    under = weather_under(conditions, change)
    below_k = -wind_chill_c(under.air_k - ZERO_CELSIUS_K, under.wind_m_s)
    return Forcing(weather=(change,), states={COLD.state: below_k, EXCESS: course["air_k"]})


def _front(scenario: BaseScenario, conditions: Conditions, rng: np.random.Generator) -> Forcing:
    grid, cooling_k = conditions.grid, scenario.number("cooling_k")
    passage_s = scenario.number("onset_fraction") * grid.duration_s
    now, before = (
        cold_front(t_s, passage_s, cooling_k=cooling_k, cooling_s=scenario.number("length_s"))
        for t_s in (grid.t_s, grid.t_s - HOUR_S)
    )
    change = WeatherChange(**now)
    under = weather_under(conditions, change)
    states = {
        FRONT.state: before["air_k"] - now["air_k"],
        WIND.state: under.wind_m_s,
        RAIN.state: under.rain_mm_h,
    }
    return Forcing(weather=(change,), states=states)


def _thunderstorm(scenario: BaseScenario, conditions: Conditions, rng: np.random.Generator) -> Forcing:
    grid = conditions.grid
    storm = Storm(
        name="weather_event_storm",
        closest_s=scenario.number("onset_fraction") * grid.duration_s,
        closest_m=scenario.number("closest_m"),
        bearing_deg=scenario.number("bearing_deg"),
        speed_m_s=scenario.number("speed_m_s"),
        peak_flashes_per_min=scenario.number("flashes_per_min"),
        lifetime_s=scenario.number("length_s"),
    )
    under = weather_under(conditions, storm_change(storm, grid, conditions.weather.wind_from_rad))
    states = {
        LIGHTNING.state: near_flashes_per_min(grid.t_s, storm_cell(storm), NEAR_M),
        WIND.state: under.wind_m_s,
        RAIN.state: under.rain_mm_h,
    }
    return Forcing(storms=(storm,), states=states)


def _fog(scenario: BaseScenario, conditions: Conditions, rng: np.random.Generator) -> Forcing:
    grid, weather, course = conditions.grid, conditions.weather, _course(scenario, conditions)
    change = WeatherChange(
        dew_point_k=course * (weather.air_k - weather.dew_point_k),
        wind_factor=1.0 - (1.0 - FOG_CALM) * course,
        sun_factor=1.0 - (1.0 - FOG_SUN) * course,
    )
    under = weather_under(conditions, change)
    own_g_m3 = fog_water_g_m3(under.relative_humidity, under.wind_m_s, under.ghi_w_m2, grid.dt_s)
    drawn_g_m3 = scenario.number("fog_g_m3") * course * flicker(grid, rng, PATCH_S, PATCH)
    water_g_m3 = np.maximum(drawn_g_m3, own_g_m3)
    drifting = air_mass("fog", grid, 1e6 * (water_g_m3 - own_g_m3) / FOG_PART_UG_M3)
    return Forcing(
        weather=(change,),
        air_masses=(replace(drifting, name="weather_event_fog"),),
        states={FOG.state: water_g_m3},
    )


def _dust(scenario: BaseScenario, conditions: Conditions, rng: np.random.Generator) -> Forcing:
    grid, course = conditions.grid, _course(scenario, conditions)
    blowing = _blowing(scenario, conditions, rng)
    wind_m_s = weather_under(conditions, blowing).wind_m_s
    raised = np.minimum(raised_share(wind_m_s, scenario.number("wind_m_s")), 1.0)
    raised = raised * course * (conditions.weather.rain_mm_h < BINDS_MM_H)
    pm10_ug_m3 = scenario.number("dust_ug_m3") * raised * flicker(grid, rng, PATCH_S, PATCH)
    pm10_share = float(aerosol_kind("dust").pm_shares()[2])
    dust = air_mass("dust_haze", grid, pm10_ug_m3 / pm10_share / DUST_PART_UG_M3)
    change = replace(blowing, dew_point_k=-DUST_DRIER_K * course, sun_factor=1.0 - (1.0 - DUST_SUN) * raised)
    return Forcing(
        weather=(change,),
        air_masses=(replace(dust, name="weather_event_dust"),),
        states={DUST.state: pm10_ug_m3, WIND.state: wind_m_s},
    )


CAUSES: Final[Mapping[str, Cause]] = MappingProxyType(
    {
        EventSubtype.WIND.value: _wind,
        EventSubtype.RAIN.value: _rain,
        EventSubtype.HEAT_WAVE.value: _heat_wave,
        EventSubtype.COLD_SNAP.value: _cold_snap,
        EventSubtype.FRONT.value: _front,
        EventSubtype.THUNDERSTORM.value: _thunderstorm,
        EventSubtype.FOG.value: _fog,
        EventSubtype.DUST.value: _dust,
    }
)
