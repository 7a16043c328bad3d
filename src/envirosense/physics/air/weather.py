"""Weather within the hour: from hourly means to a series at any step.

A piece is one hour of the weather year. It is a pure function of the hourly values of five hours
around it and of the generators of those hours, so an episode of any length is made hour by hour
and neither block size nor order can show. Turbulence is added elsewhere: the wind here is the
mean wind that carries it.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.physics.air.humidity import relative_humidity
from envirosense.physics.air.weather_rain import rain_rate_mm_h
from envirosense.physics.air.weather_shapes import (
    HOUR_S,
    HourStreams,
    centred,
    edge_values,
    forced,
    hour_curve,
    hour_noise,
    hour_ticks_s,
    positive_edge_values,
)
from envirosense.physics.air.weather_sky import sky_of_hour

type Floats = npt.NDArray[np.float64]

AIR_NOISE_K: Final = 0.15  # standard deviation within the hour  # assumed
DEW_POINT_NOISE_K: Final = 0.15  # gives the one-minute RH steps of SURFRAD Alamosa  # assumed
FREE_DEPRESSION_K: Final = 0.65  # three standard deviations of the depression's noise
PRESSURE_NOISE_PA: Final = 5.0  # assumed
NOISE_TIME_S: Final = 600.0  # correlation time of the three  # assumed
WIND_NOISE_FRACTION: Final = 0.1  # of the mean wind, below the frequencies of turbulence  # assumed
WIND_TIME_S: Final = 1200.0  # assumed
VEER_RAD: Final = 0.1  # slow change of direction within the hour  # assumed
VEER_TIME_S: Final = 1800.0  # assumed
CALM_M_S: Final = 0.26  # half a knot: below it the observer wrote calm  # assumed
CALM_RANGE_M_S: Final = (0.2, 1.3)  # what an observed calm may hide, under 3 knots  # assumed
LEAST_WIND_M_S: Final = 0.05  # keeps 1/U finite  # assumed
WIND_STEP_M_S: Final = 0.514  # one knot, the step of the observations
WIND_DITHER: Final = 0.015  # at most this share, so hourly means stay within 2 %  # assumed
DIRECTION_STEP_RAD: Final = float(np.radians(10.0))  # step of the observations [TMY3]
GUST_PEAK_FACTOR: Final = 3.0  # 3 s gust over the hour, in standard deviations of turbulence  # assumed


@dataclass(frozen=True, slots=True)
class HourlySlice:
    """Hourly values of five hours, (5,) each; the middle one is the hour to fill."""

    hour: int  # number of the middle hour; names its random streams
    air_c: Floats
    dew_point_c: Floats
    pressure_pa: Floats
    wind_m_s: Floats
    wind_from_deg: Floats
    ghi_w_m2: Floats
    dhi_w_m2: Floats
    opaque_cover_tenths: Floats
    ceiling_m: Floats
    rain_mm: Floats
    cos_zenith: Floats  # evenly spaced over the five hours, both ends included, (5 k + 1,)


@dataclass(frozen=True, slots=True)
class WeatherSeries:
    """Weather at the ticks of one hour, arrays of (time,)."""

    air_k: Floats
    dew_point_k: Floats
    relative_humidity: Floats  # 0..1
    pressure_pa: Floats
    wind_m_s: Floats  # mean wind at 10 m, without turbulence
    wind_from_rad: Floats  # where it blows from, clockwise from north, 0..2 pi
    ghi_w_m2: Floats
    dni_w_m2: Floats
    dhi_w_m2: Floats
    rain_mm_h: Floats  # mean of the tick
    cloud_fraction: Floats  # opaque cover, 0..1
    cloud_base_m: Floats  # above ground


def synthesise_hour(hours: HourlySlice, dt_s: float, streams: HourStreams) -> WeatherSeries:
    """Weather of the middle hour at steps of `dt_s`, (time,).

    Args:
        hours: five hours of the weather year.
        dt_s: step that divides 3600 s.
        streams: (kind, hour number) -> generator at its start. Kinds: air, dew_point, pressure,
            wind_dither, wind, veer_dither, veer, cloud, rain. Hours from two before to two after.
    """
    t_s = hour_ticks_s(dt_s)
    share = t_s / HOUR_S
    air_c, dew_point_c = _air_and_dew_point_c(hours, t_s, streams)
    mean_wind_m_s = _mean_wind_m_s(hours, t_s, streams)
    cover = np.clip(hours.opaque_cover_tenths / 10.0, 0.0, 1.0)
    sky = sky_of_hour(
        hours.ghi_w_m2,
        hours.dhi_w_m2,
        cover,
        hours.cos_zenith,
        float(hours.wind_m_s[2]),
        t_s,
        streams,
        hours.hour,
    )
    return WeatherSeries(
        air_k=air_c + ZERO_CELSIUS_K,
        dew_point_k=dew_point_c + ZERO_CELSIUS_K,
        relative_humidity=relative_humidity(air_c + ZERO_CELSIUS_K, dew_point_c + ZERO_CELSIUS_K),
        pressure_pa=_pressure_pa(hours, t_s, streams),
        wind_m_s=mean_wind_m_s,
        wind_from_rad=_wind_from_rad(hours, t_s, streams),
        ghi_w_m2=sky.ghi_w_m2,
        dni_w_m2=sky.dni_w_m2,
        dhi_w_m2=sky.dhi_w_m2,
        rain_mm_h=rain_rate_mm_h(float(hours.rain_mm[2]), t_s, streams("rain", hours.hour)),
        cloud_fraction=_through_middle(cover, share),
        cloud_base_m=_through_middle(hours.ceiling_m, share),
    )


def turbulence_intensity(height_m: float, roughness_m: float) -> float:
    """Standard deviation of the wind over its mean in neutral air: 1 / ln(z / z0)."""
    return float(1.0 / np.log(height_m / roughness_m))


def gust_factor(height_m: float, roughness_m: float) -> float:
    """Strongest 3 s wind of an hour over the hourly mean, neutral air."""
    return 1.0 + GUST_PEAK_FACTOR * turbulence_intensity(height_m, roughness_m)


def _pressure_pa(hours: HourlySlice, t_s: Floats, streams: HourStreams) -> Floats:
    """Station pressure, (time,) [Pa]; the hourly values hold the tides."""
    share = t_s / HOUR_S
    noise = centred(hour_noise(streams, "pressure", hours.hour, t_s, NOISE_TIME_S), share)
    course = hour_curve(share, edge_values(hours.pressure_pa), float(hours.pressure_pa[2]))
    return course + PRESSURE_NOISE_PA * noise


def _air_and_dew_point_c(hours: HourlySlice, t_s: Floats, streams: HourStreams) -> tuple[Floats, Floats]:
    """Air and dew point, (time,) [degC]; the dew point is never above the air.

    The depression between them is the curve, so that near saturation its noise can fade: cutting
    the two at each other would dry every fog.
    """
    share = t_s / HOUR_S
    air_noise, moist_noise = (
        centred(hour_noise(streams, kind, hours.hour, t_s, NOISE_TIME_S), share)
        for kind in ("air", "dew_point")
    )
    air_c = hour_curve(share, edge_values(hours.air_c), float(hours.air_c[2])) + AIR_NOISE_K * air_noise
    hourly_k = np.maximum(hours.air_c - hours.dew_point_c, 0.0)
    depression_k = hour_curve(share, positive_edge_values(hourly_k), float(hourly_k[2]))
    freedom = np.minimum(depression_k / FREE_DEPRESSION_K, 1.0)
    noise_k = AIR_NOISE_K * air_noise - DEW_POINT_NOISE_K * moist_noise
    return air_c, air_c - np.maximum(depression_k + freedom * noise_k, 0.0)


def _mean_wind_m_s(hours: HourlySlice, t_s: Floats, streams: HourStreams) -> Floats:
    """Mean wind, (time,) [m/s], above zero; its hourly mean is the observation without its steps."""
    observed = hours.wind_m_s
    wind = np.array([_undithered(observed[i], hours.hour + i - 2, streams) for i in range(5)])
    share = t_s / HOUR_S
    course = hour_curve(share, positive_edge_values(wind), float(wind[2]))
    factor = 1.0 + WIND_NOISE_FRACTION * hour_noise(streams, "wind", hours.hour, t_s, WIND_TIME_S)
    wavering = forced(course * factor, np.ones(t_s.size), float(wind[2]), share)
    return np.maximum(wavering, LEAST_WIND_M_S)


def _undithered(observed_m_s: float, hour: int, streams: HourStreams) -> float:
    """One hour's mean wind off the grid of the observations; a calm becomes a faint wind [m/s]."""
    rng = streams("wind_dither", hour)
    if observed_m_s < CALM_M_S:
        return float(rng.uniform(*CALM_RANGE_M_S))
    reach_m_s = min(0.5 * WIND_STEP_M_S, WIND_DITHER * observed_m_s)
    return observed_m_s + float(rng.uniform(-reach_m_s, reach_m_s))


def _wind_from_rad(hours: HourlySlice, t_s: Floats, streams: HourStreams) -> Floats:
    """Direction the mean wind comes from, (time,) [rad], 0..2 pi, turning the short way round."""
    reach_rad = 0.5 * DIRECTION_STEP_RAD
    dither = [streams("veer_dither", hours.hour + i).uniform(-reach_rad, reach_rad) for i in (-1, 0, 1)]
    before, middle, after = np.radians(hours.wind_from_deg[1:4]) + np.array(dither)
    share = t_s / HOUR_S
    edges = middle + 0.5 * _short_turn(before - middle), middle + 0.5 * _short_turn(after - middle)
    veer = VEER_RAD * hour_noise(streams, "veer", hours.hour, t_s, VEER_TIME_S)
    return np.asarray(np.mod(hour_curve(share, edges, middle) + veer, 2.0 * np.pi))


def _short_turn(angle_rad: float) -> float:
    """The same angle in -pi..pi [rad]."""
    return float(np.mod(angle_rad + np.pi, 2.0 * np.pi) - np.pi)


def _through_middle(hourly: Floats, share: Floats) -> Floats:
    """Straight lines from the mean with each neighbour through the middle value, (time,)."""
    knots = [hourly[1:3].mean(), hourly[2], hourly[2:4].mean()]
    return np.asarray(np.interp(share, [0.0, 0.5, 1.0], knots), dtype=np.float64)
