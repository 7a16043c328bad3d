"""Meander of weak wind: slow swings of speed and direction that no law of turbulence explains.

Each horizontal component wanders with the correlation exp(-p t) cos(q t) of [Anfossi2005] (from memory).
Surface-layer turbulence already holds part of the horizontal variance, in its low frequencies and in its
floor; the meander only fills what is missing to 0.5 m/s, so nothing is counted twice.
"""

from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import i0e, i1e

from envirosense.physics.air.airflow import ou_path
from envirosense.physics.air.weather_shapes import HourStreams, forced, hour_noise, hour_ticks_s

type Array = npt.NDArray[np.float64]
type Values = float | Array

LEAST_SIGMA_M_S: Final = 0.5  # of one horizontal component over the hour [Anfossi2005] (from memory)
PERIOD_S: Final = 1500.0  # swings of 1000-2000 s [Anfossi2005] (from memory)
DECAY_S: Final = 500.0  # 1/p; p < q is what tells a meander from turbulence  # assumed
SWING_RAD_S: Final = 2.0 * np.pi / PERIOD_S
_CALM_RATIO: Final = float(np.sqrt(np.pi / 2.0))  # mean speed over sigma where no direction prevails, exact


def meander_sigma_m_s(sigma_v_m_s: Values) -> Array:
    """Standard deviation of the meander of one component, same shape [m/s]: the rest to 0.5 m/s."""
    missing = LEAST_SIGMA_M_S**2 - np.asarray(sigma_v_m_s, dtype=np.float64) ** 2
    return np.asarray(np.sqrt(np.maximum(missing, 0.0)))


def meander_correlation(lag_s: Values) -> Array:
    """Autocorrelation of one component, same shape [1]."""
    lag = np.abs(np.asarray(lag_s, dtype=np.float64))
    return np.asarray(np.exp(-lag / DECAY_S) * np.cos(SWING_RAD_S * lag))


def meander_hour(streams: HourStreams, hour: int, dt_s: float) -> Array:
    """Two independent components of unit variance over one hour, (time, 2) [1], joined to its neighbours.

    Each is the real part of a complex Ornstein-Uhlenbeck process that turns at q; its values on the hours
    are the streams' first draws, kinds `meander_0` to `meander_3`.
    """
    t_s = hour_ticks_s(dt_s)
    parts = [hour_noise(streams, f"meander_{k}", hour, t_s, DECAY_S) for k in range(4)]
    return _turning(parts, 3600.0 * hour + t_s)


def meander_path(n: int, dt_s: float, rng: np.random.Generator) -> Array:
    """As `meander_hour`, in one stretch of any length, (n, 2) [1]."""
    parts = [ou_path(rng.standard_normal(n), dt_s, DECAY_S, float(rng.standard_normal())) for _ in range(4)]
    return _turning(parts, np.arange(n, dtype=np.float64) * dt_s)


def _turning(parts: list[Array], time_s: Array) -> Array:
    angle = SWING_RAD_S * time_s
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.stack([parts[0] * cosine + parts[1] * sine, parts[2] * cosine + parts[3] * sine], axis=1)


def prevailing_wind_m_s(mean_speed_m_s: Values, sigma_m_s: Values) -> Array:
    """Vector mean of a wind with this mean speed and meander, broadcast shape [m/s].

    Inverse of the mean of the Rice distribution (exact; read from a table within 1e-4). Zero where the
    meander alone makes the speed: sigma must not exceed `mean_speed_m_s` sqrt(2/pi).
    """
    speed, sigma = np.broadcast_arrays(np.asarray(mean_speed_m_s, float), np.asarray(sigma_m_s, float))
    ratio = speed / np.maximum(sigma, 1e-9 * np.maximum(speed, 1e-9))
    vector, scalar = _rice_table()
    strong = np.sqrt(np.maximum(speed**2 - sigma**2, 0.0))  # first two terms of the mean for large ratios
    return np.asarray(np.where(ratio < scalar[-1], sigma * np.interp(ratio, scalar, vector), strong))


@lru_cache(maxsize=1)
def _rice_table() -> tuple[Array, Array]:
    """Vector mean and mean speed, both over sigma."""
    vector = np.linspace(0.0, 40.0, 4001)
    x = 0.25 * vector**2
    return vector, _CALM_RATIO * ((1.0 + 2.0 * x) * i0e(x) + 2.0 * x * i1e(x))


def meandering_hour(
    speed_m_s: Array, from_rad: Array, sigma_m_s: Array, streams: HourStreams, hour: int, dt_s: float
) -> tuple[Array, Array]:
    """Speed [m/s] and direction it comes from [rad] of an hour's wind with its meander, (time,) each.

    The mean speed of the hour stays: the prevailing wind gives way to the meander, and what this sample of
    it leaves over is bent away inside the hour. Without meander both arrays come back as they are.
    """
    if not sigma_m_s.any():
        return speed_m_s, from_rad
    sigma = np.minimum(sigma_m_s, speed_m_s / _CALM_RATIO)
    swing = meander_hour(streams, hour, dt_s) * sigma[:, None]
    along, left = prevailing_wind_m_s(speed_m_s, sigma) + swing[:, 0], swing[:, 1]
    share = np.arange(speed_m_s.size) / speed_m_s.size
    speed = forced(np.hypot(along, left), np.ones(share.size), float(speed_m_s.mean()), share)
    # a wind that turns to its left comes from further back on the compass
    return speed, np.mod(from_rad - np.arctan2(left, along), 2.0 * np.pi)
