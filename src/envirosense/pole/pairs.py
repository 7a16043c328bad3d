"""Several units of one part side by side, reading the same truth."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.protocols import Array
from envirosense.instruments.base import BaseSensor
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.registry import SENSORS
from envirosense.pole.domain import require_generator

LONGEST_SEED: Final = 2**63


@dataclass(frozen=True, slots=True)
class SharedTruth:
    """Ideal readings over time and the surroundings the units stand in.

    `values` is (time, channel) in the part's own channels and units, or (time,) for one channel; the
    surroundings are numbers or (time,).
    """

    values: npt.ArrayLike
    dt_s: float = 1.0
    air_k: npt.ArrayLike = 293.15
    relative_humidity: npt.ArrayLike = 0.5
    pressure_pa: npt.ArrayLike = 101_325.0
    wind_m_s: npt.ArrayLike = 2.0
    ghi_w_m2: npt.ArrayLike = 0.0
    rain_mm_h: npt.ArrayLike = 0.0
    age_days: float = 0.0


def paired_sensors(
    part: str, truth: SharedTruth | npt.ArrayLike, n_units: int, rng: np.random.Generator
) -> Array:
    """Readings of `n_units` units of a part, (unit, time, channel), NaN where one did not report.

    Each unit draws its own constants and noise. How a unit's projection of gases differs from the ideal
    belongs to the world it stands in and is left out here: the truth is the ideal reading.
    A truth beyond the part's range reads as its end, so every reading of one far outside is the same.

    Args:
        part: Id `kind/name` of a part of a scalar sensor.
        truth: What all of them read; a bare array is taken at 1 s, 20 degC and 50 % humidity.
        n_units: How many.
        rng: Source of the units' seeds.

    Raises:
        ConfigError: if the part is of no scalar sensor, or the truth does not fit its channels.
    """
    require_generator(rng)
    shared = truth if isinstance(truth, SharedTruth) else SharedTruth(truth)
    if n_units < 1:
        raise ConfigError("n_units", n_units, "must be at least 1")
    units = [_unit(part, shared, int(seed)) for seed in rng.integers(LONGEST_SEED, size=n_units)]
    return np.stack([_readings(unit, shared) for unit in units])


def _unit(part: str, shared: SharedTruth, seed: int) -> BaseSensor[Any, Any]:
    kinds = {sensor.part_kind: sensor for _, sensor in SENSORS.items() if sensor.part_kind}
    kind = part.split("/")[0]
    if kind not in kinds or not issubclass(kinds[kind], BaseSensor):
        raise UnknownNameError("part", part, [f"{name}/..." for name in kinds])
    sensor_type = kinds[kind]
    config = sensor_type.config_type(
        sensor_id="unit",
        sensor_type=sensor_type.sensor_type,
        part=part,
        position_m=(0.0, 0.0, 2.0),
        interval_s=shared.dt_s,
        age_days=shared.age_days,
    )
    return sensor_type(config, seed)


def _readings(unit: BaseSensor[Any, Any], shared: SharedTruth) -> Array:
    values = np.asarray(shared.values, dtype=np.float64)
    values = values[:, None] if values.ndim == 1 else values
    if values.ndim != 2 or values.shape[1] != len(unit.channels) or not np.all(np.isfinite(values)):
        names = ", ".join(channel.name for channel in unit.channels)
        raise ConfigError("truth.values", values.shape, f"needs finite (time, channel) with channels {names}")
    return unit.imperfect(values, _conditions(shared, values.shape[0]))


def _conditions(shared: SharedTruth, n: int) -> Conditions:
    def course(value: npt.ArrayLike) -> Array:
        return np.ascontiguousarray(np.broadcast_to(np.asarray(value, dtype=np.float64), (n,)))

    return Conditions(
        first_tick=0,
        dt_s=shared.dt_s,
        t_s=np.arange(n, dtype=np.float64) * np.float64(shared.dt_s),
        air_k=course(shared.air_k),
        relative_humidity=course(shared.relative_humidity),
        pressure_pa=course(shared.pressure_pa),
        wind_m_s=course(shared.wind_m_s),
        ghi_w_m2=course(shared.ghi_w_m2),
        rain_mm_h=course(shared.rain_mm_h),
        averaged_s=shared.dt_s,
    )
