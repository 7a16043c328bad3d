"""Fronts and spells of weather as courses over time, added to the weather of an ordinary day.

Each function is deterministic: the same times and sizes give the same course. Courses are made of smooth
ramps, so nothing jumps. Default sizes are the middle of the observed ranges named beside them. Keys are
the fields of `scenarios.forcing.WeatherChange`: `WeatherChange(**cold_front(t_s, 7200.0))`.
"""

from typing import Final, TypedDict

import numpy as np
import numpy.typing as npt

from envirosense.physics.air.humidity import dew_point_k

type Array = npt.NDArray[np.float64]

HOUR_S: Final = 3600.0
NORTH_EAST_RAD: Final = float(np.radians(45.0))  # where Diablo and Santa Ana winds come from
SPELL_EDGE_S: Final = 6.0 * HOUR_S  # a dry wind rises and dies within six hours  # assumed


class WeatherCourse(TypedDict, total=False):
    """Departure from the weather, arrays of (time,); absent fields stay alone."""

    air_k: Array  # added
    dew_point_k: Array  # added
    pressure_pa: Array  # added
    wind_factor: Array
    wind_m_s: Array  # added to the mean wind at 10 m
    veer_rad: Array  # added to the direction the wind comes from, clockwise
    rain_mm_h: Array  # added
    sun_factor: Array
    cloud_fraction: Array  # added


def ramp(t_s: Array, start_s: float, length_s: float) -> Array:
    """Smooth rise from 0 to 1 that starts at `start_s`, same shape: 3 x^2 - 2 x^3."""
    x = np.clip((np.asarray(t_s, dtype=np.float64) - start_s) / length_s, 0.0, 1.0)
    return np.asarray(x * x * (3.0 - 2.0 * x))


def spell(t_s: Array, start_s: float, stop_s: float, edge_s: float) -> Array:
    """Rise to 1 from `start_s` and fall back to 0 by `stop_s`, same shape."""
    return ramp(t_s, start_s, edge_s) * (1.0 - ramp(t_s, stop_s - edge_s, edge_s))


def cold_front(
    t_s: Array,
    passage_s: float,
    *,
    pressure_fall_pa: float = 600.0,  # 300-1000
    fall_s: float = 9.0 * HOUR_S,  # 6-12 h
    pressure_rise_pa_h: float = 200.0,  # 100-300
    rise_s: float = 5.0 * HOUR_S,  # assumed
    cooling_k: float = 8.0,  # 5-12
    cooling_s: float = 2.0 * HOUR_S,  # 1-3 h
    drying_k: float = 11.0,  # of the dew point; more than the cooling, so humidity ends lower  # assumed
    veer_rad: float = 1.6,  # 60-120 deg
    veer_s: float = 1800.0,  # 10-60 min
    wind_m_s: float = 5.0,  # around the passage  # assumed
    rain_mm_h: float = 4.0,  # peak  # assumed
) -> WeatherCourse:
    """Course of a cold front whose line passes at `passage_s`, each (time,).

    Pressure falls before and rises after; at the passage the wind veers, the air cools within hours while
    the dew point follows over three times as long: relative humidity goes up, then down.
    """
    rise_pa = pressure_rise_pa_h * rise_s / HOUR_S
    band = spell(t_s, passage_s - 0.5 * cooling_s, passage_s + cooling_s, 0.5 * cooling_s)
    clouds = spell(t_s, passage_s - 0.5 * fall_s, passage_s + 2.0 * cooling_s, cooling_s)
    return WeatherCourse(
        pressure_pa=rise_pa * ramp(t_s, passage_s, rise_s)
        - pressure_fall_pa * ramp(t_s, passage_s - fall_s, fall_s),
        air_k=-cooling_k * ramp(t_s, passage_s, cooling_s),
        dew_point_k=-drying_k * ramp(t_s, passage_s, 3.0 * cooling_s),
        veer_rad=veer_rad * ramp(t_s, passage_s - 0.5 * veer_s, veer_s),
        wind_m_s=wind_m_s * spell(t_s, passage_s - 0.3 * fall_s, passage_s + rise_s, 0.3 * fall_s),
        rain_mm_h=rain_mm_h * band,
        cloud_fraction=0.8 * clouds,
        sun_factor=1.0 - 0.7 * clouds,
    )


def gust_front(
    t_s: Array,
    arrival_s: float,
    *,
    pressure_jump_pa: float = 250.0,  # 100-400
    cooling_k: float = 7.0,  # 5-10
    jump_s: float = 600.0,  # 5-15 min
    gust_m_s: float = 16.0,  # 10-25
    lull_s: float = 2400.0,  # from the gust back to the ordinary wind  # assumed
    veer_rad: float = 1.2,  # away from the storm  # assumed
    rain_lead_s: float = 1200.0,  # 10-30 min
    rain_mm_h: float = 40.0,  # peak of the shower  # assumed
    rain_s: float = 1800.0,  # assumed
    recovery_s: float = 2.0 * HOUR_S,  # assumed
) -> WeatherCourse:
    """Course of a thunderstorm's outflow that arrives at `arrival_s`; rain comes later, each (time,)."""
    burst = ramp(t_s, arrival_s, 0.5 * jump_s)
    calming = 1.0 - ramp(t_s, arrival_s + jump_s, lull_s)
    rain_start_s = arrival_s + rain_lead_s
    cold = ramp(t_s, arrival_s, jump_s) * (1.0 - ramp(t_s, rain_start_s + rain_s, recovery_s))
    shower = spell(t_s, rain_start_s, rain_start_s + rain_s, 0.5 * rain_s)
    anvil = spell(t_s, arrival_s - 1800.0, rain_start_s + rain_s + recovery_s, 1800.0)
    return WeatherCourse(
        pressure_pa=pressure_jump_pa * cold,
        air_k=-cooling_k * cold,
        dew_point_k=-0.3 * cooling_k * cold,  # drier air from aloft, moistened by rain  # assumed
        wind_m_s=gust_m_s * burst * calming,
        veer_rad=veer_rad * burst * calming,
        rain_mm_h=rain_mm_h * shower,
        cloud_fraction=0.9 * anvil,
        sun_factor=1.0 - 0.8 * anvil,
    )


def heat_wave(
    t_s: Array,
    start_s: float,
    stop_s: float,
    *,
    warming_k: float = 8.0,  # assumed
    moistening_k: float = 2.0,  # assumed
    edge_s: float = 24.0 * HOUR_S,  # assumed
) -> WeatherCourse:
    """Course of a hot spell with clear sky, weak wind and high pressure, each (time,)."""
    share = spell(t_s, start_s, stop_s, edge_s)
    return WeatherCourse(
        air_k=warming_k * share,
        dew_point_k=moistening_k * share,
        pressure_pa=400.0 * share,  # assumed
        wind_factor=1.0 - 0.3 * share,  # assumed
        cloud_fraction=-0.5 * share,  # assumed
    )


def cold_snap(
    t_s: Array,
    start_s: float,
    stop_s: float,
    *,
    cooling_k: float = 14.0,  # assumed
    onset_s: float = 8.0 * HOUR_S,  # assumed
    pressure_pa: float = 1200.0,  # of the arctic high  # assumed
) -> WeatherCourse:
    """Course of an outbreak of arctic air: fast onset, slow end over three times as long, each (time,)."""
    share = ramp(t_s, start_s, onset_s) * (1.0 - ramp(t_s, stop_s - 3.0 * onset_s, 3.0 * onset_s))
    onset = spell(t_s, start_s, start_s + 2.0 * onset_s, onset_s)
    return WeatherCourse(
        air_k=-cooling_k * share,
        dew_point_k=-1.2 * cooling_k * share,  # assumed: drier too
        pressure_pa=pressure_pa * share,
        wind_m_s=6.0 * onset,  # assumed
        cloud_fraction=-0.3 * share,  # assumed
    )


def dry_wind(
    t_s: Array,
    start_s: float,
    stop_s: float,
    air_k: Array,
    ordinary_dew_point_k: Array,
    wind_from_rad: Array,
    *,
    wind_m_s: float = 16.0,  # 12-20  # assumed
    relative_humidity: float = 0.08,  # 0.05-0.12  # assumed
    warming_k: float = 3.0,  # of the sinking air  # assumed
    from_rad: float = NORTH_EAST_RAD,
    edge_s: float = SPELL_EDGE_S,
) -> WeatherCourse:
    """Course of a Diablo or Santa Ana wind, each (time,): wind, direction and humidity are taken over.

    Args:
        t_s: Time.
        start_s: First breath of it.
        stop_s: Last.
        air_k: Ordinary air, (time,).
        ordinary_dew_point_k: Ordinary dew point, (time,).
        wind_from_rad: Where the ordinary wind comes from, (time,).
        wind_m_s: Mean wind of the event.
        relative_humidity: Of the event, 0..1.
        warming_k: Above the ordinary air.
        from_rad: Where the event's wind comes from, clockwise from north.
        edge_s: Rise and fall.
    """
    share = spell(t_s, start_s, stop_s, edge_s)
    dry_k = dew_point_k(air_k + warming_k, relative_humidity)
    # unwrapped: a wind that swings through the opposite direction must not make the turn jump
    turn = np.unwrap(np.mod(from_rad - wind_from_rad + np.pi, 2.0 * np.pi) - np.pi)
    return WeatherCourse(
        air_k=warming_k * share,
        dew_point_k=np.minimum(dry_k - ordinary_dew_point_k, 0.0) * share,
        wind_factor=1.0 - share,
        wind_m_s=wind_m_s * share,
        veer_rad=turn * share,
        cloud_fraction=-share,
    )
