"""What causes do to the weather of an episode: additions add up, factors multiply, in any order."""

from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np

from envirosense.core.errors import ConfigError
from envirosense.core.protocols import Array
from envirosense.physics.air.humidity import relative_humidity
from envirosense.physics.air.weather import LEAST_WIND_M_S, WeatherSeries
from envirosense.scenarios.forcing import WeatherChange

_WIND = ("wind_factor", "wind_m_s", "veer_rad")
_TURBULENT = ("air_k", "wind_factor", "wind_m_s", "sun_factor")  # what stability is made from


def is_empty(change: WeatherChange, n_ticks: int) -> bool:
    """Whether a change leaves everything alone.

    Raises:
        ConfigError: if a field does not hold one finite value per tick, or a factor is negative.
    """
    given = {f.name: v for f in fields(change) if (v := getattr(change, f.name)) is not None}
    for name, values in given.items():
        if values.shape != (n_ticks,) or not np.isfinite(values).all():
            raise ConfigError(f"weather.{name}", values.shape, f"needs one finite value per tick ({n_ticks})")
        if name.endswith("_factor") and values.min() < 0.0:
            raise ConfigError(f"weather.{name}", float(values.min()), "a factor must not be negative")
    return not given


def moves_turbulence(change: WeatherChange) -> bool:
    """Whether stability and turbulence must follow."""
    return any(getattr(change, name) is not None for name in _TURBULENT)


def _total(changes: Sequence[WeatherChange], name: str) -> Array | None:
    """Sum or product of one field over all changes; None where no change has it."""
    given = [v for change in changes if (v := getattr(change, name)) is not None]
    if not given:
        return None
    rule = np.multiply if name.endswith("_factor") else np.add
    return np.asarray(rule.reduce(np.stack(given)))


def changed_weather(weather: WeatherSeries, changes: Sequence[WeatherChange]) -> WeatherSeries:
    """Everything but the wind after all changes: dew point never above the air, humidity of both."""
    new: dict[str, Array] = {}
    for name, low, high in (
        ("air_k", 0.0, np.inf),
        ("dew_point_k", 0.0, np.inf),
        ("pressure_pa", 0.0, np.inf),
        ("rain_mm_h", 0.0, np.inf),
        ("cloud_fraction", 0.0, 1.0),
    ):
        added = _total(changes, name)
        if added is not None:
            new[name] = np.clip(getattr(weather, name) + added, low, high)
    sun = _total(changes, "sun_factor")
    if sun is not None:
        new |= {name: getattr(weather, name) * sun for name in ("ghi_w_m2", "dni_w_m2", "dhi_w_m2")}
    if "air_k" in new or "dew_point_k" in new:
        air_k = new.get("air_k", weather.air_k)
        new["dew_point_k"] = np.minimum(new.get("dew_point_k", weather.dew_point_k), air_k)
        new["relative_humidity"] = relative_humidity(air_k, new["dew_point_k"])
    return replace(weather, **new)


def changed_wind(
    weather: WeatherSeries, swing_rad: Array, changes: Sequence[WeatherChange]
) -> tuple[Array, Array, Array]:
    """Mean speed [m/s], where it comes from and its swing off the prevailing wind [rad], (time,) each.

    A stronger wind blows along the prevailing direction and leaves the meander across it as it was, so a
    gust does not swing about like the calm it breaks.
    """
    factor, added, veer = (_total(changes, name) for name in _WIND)
    speed, from_rad = weather.wind_m_s, weather.wind_from_rad
    if factor is not None or added is not None:
        speed, from_rad, swing_rad = _stronger(speed, from_rad, swing_rad, factor, added)
    if veer is not None:
        from_rad = np.where(veer == 0.0, from_rad, np.mod(from_rad + veer, 2.0 * np.pi))
    return speed, from_rad, swing_rad


def _stronger(
    speed: Array, from_rad: Array, swing_rad: Array, factor: Array | None, added: Array | None
) -> tuple[Array, Array, Array]:
    scale = np.ones_like(speed) if factor is None else factor
    more = np.zeros_like(speed) if added is None else np.maximum(added, -scale * speed)
    along = scale * speed * np.cos(swing_rad) + more
    right = np.minimum(scale, 1.0) * speed * np.sin(swing_rad)
    new_swing = np.arctan2(right, along)
    is_same = (scale == 1.0) & (more == 0.0)
    return (
        np.where(is_same, speed, np.maximum(np.hypot(along, right), LEAST_WIND_M_S)),
        np.where(is_same, from_rad, np.mod(from_rad - swing_rad + new_swing, 2.0 * np.pi)),
        np.where(is_same, swing_rad, new_swing),
    )
