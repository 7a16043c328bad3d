"""What a steady release makes of the air on the axis of its mean plume, and how far a part could tell it.

Neutral air, flat ground, one wind: the mean of the world's own plume, without gusts, wander or background
that moves. A device sees less of a source at any bearing, since most plumes pass beside or under it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np

from envirosense.core.parts import load_part
from envirosense.core.protocols import Array
from envirosense.core.species import species
from envirosense.core.units import GAS_CONSTANT_J_MOL_K
from envirosense.instruments.base import BaseSensor
from envirosense.instruments.registry import build_sensor
from envirosense.physics.air.airflow import (
    WIND_FLOOR_M_S,
    friction_velocity_m_s,
    sigma_theta_rad,
    turbulence_sigmas_m_s,
    wind_speed_m_s,
)
from envirosense.physics.electric.discharge_chemistry import OZONE_GSD, discharge_emission_g_s
from envirosense.physics.fire.combustion import SMOULDER_MCE
from envirosense.physics.gas.dispersion import mean_chi_s_m3, plume_rise_m, plume_spread
from envirosense.pole.detection_limit import detection_limit_snr
from envirosense.pole.matter.wood import wood_factors
from envirosense.pole.observability import noise_sigma, watched_channels
from envirosense.pole.outfit import default_configuration
from envirosense.pole.sensors.voc import VOCArraySensor
from envirosense.pole.site import Site

WINDS_M_S: Final = (1.0, 2.0, 4.0, 8.0)  # at 10 m
FARTHEST_M: Final = 10_000.0  # the law of spread is measured from 50 to 800 m
NEAREST_M: Final = 1.0
AIR_K: Final = 293.15  # of every number here
AIR_PA: Final = 101_325.0
LOW_M: Final = 0.3  # height of a fire in litter # assumed, as in `fire/early_combustion`
SPARK_M: Final = 0.05  # of a discharge, as in the world
TICK_S: Final = 10.0
_VANE_M: Final = 2.0  # lowest height of the wind's direction, as in the world
_GRID_M: Final = np.geomspace(NEAREST_M, FARTHEST_M, 801)


@dataclass(frozen=True, slots=True)
class SteadySource:
    """A release that does not change; `heat_j_g` lifts the plume, per gram of the rate."""

    height_m: float
    size_m: float
    heat_j_g: float = 0.0


@dataclass(frozen=True, slots=True)
class Trace:
    """One substance at one channel of a part with `n_channels`.

    `per_chi` is its rise for 1 g/s of the source at a chi of 1 s/m3.
    """

    name: str
    unit: str
    sigma: float
    per_chi: float
    n_channels: int

    @property
    def limit(self) -> float:
        """Rise from which it counts as seen, the detection limit of the part."""
        return detection_limit_snr(self.n_channels) * self.sigma


@dataclass(frozen=True, slots=True)
class Forbidden:
    """Ozone of one discharge on the axis of its plume at the wind that brings most, at the gas array."""

    discharge: str
    power_w: float
    ozone_scale: float  # yield over the median
    distance_m: float
    ozone_ppb: float
    snr: float  # greatest of the channels
    limit_snr: float  # of the part

    @property
    def is_detectable(self) -> bool:
        """Whether the best channel passes the detection limit of the array."""
        return self.snr >= self.limit_snr


def smoulder_in_litter(is_lifted: bool = False) -> SteadySource:
    """A hand-sized patch of wood that smoulders on the ground, its plume lifted by its heat or not."""
    part = load_part("sources/smouldering_wood")
    return SteadySource(LOW_M, float(part["size"]), float(part["heat"]) if is_lifted else 0.0)


def mean_chi(
    source: SteadySource,
    distance_m: float | Array,
    wind_m_s: float,
    rate_g_s: float = 1.0,
    receptor_m: float | None = None,
) -> Array:
    """Mean concentration per unit emission straight downwind, shape of the distance [s/m3].

    Args:
        source: Where the plume begins.
        distance_m: Downwind.
        wind_m_s: Mean wind at 10 m.
        rate_g_s: Of the release; its heat lifts the plume.
        receptor_m: Height of the receptor; the plume's own axis without one.
    """
    roughness_m, x_m = Site().roughness_m, np.asarray(distance_m, dtype=np.float64)
    u_star = float(friction_velocity_m_s(wind_m_s, 10.0, 0.0, roughness_m))
    seen_m = max(source.height_m, _VANE_M)
    there_m_s = max(float(wind_speed_m_s(seen_m, u_star, 0.0, roughness_m)), WIND_FLOOR_M_S)
    sigma_v = turbulence_sigmas_m_s(u_star, 0.0, Site().device_height_m).v
    axis_m = source.height_m + plume_rise_m(source.heat_j_g * rate_g_s, x_m, there_m_s)
    theta = sigma_theta_rad(sigma_v, there_m_s)
    spread = plume_spread(x_m, axis_m, u_star, 0.0, roughness_m, theta, source.size_m)
    return mean_chi_s_m3(0.0, axis_m if receptor_m is None else receptor_m, axis_m, spread)


def farthest_m(
    source: SteadySource, trace: Trace, rate_g_s: float, wind_m_s: float, receptor_m: float | None = None
) -> float | None:
    """Greatest distance at which the mean rise equals the detection limit [m]; None where it never does.

    It is held at `FARTHEST_M`.
    """
    chi = mean_chi(source, _GRID_M, wind_m_s, rate_g_s, receptor_m)
    over = np.log(np.maximum(trace.per_chi * rate_g_s * chi, 1e-300) / trace.limit)
    above = np.flatnonzero(over >= 0.0)
    if not above.size:
        return None
    last = int(above[-1])
    if last + 1 == _GRID_M.size:
        return FARTHEST_M
    share = over[last] / (over[last] - over[last + 1])
    return float(_GRID_M[last] * (_GRID_M[last + 1] / _GRID_M[last]) ** share)


def ppb_per_g_m3(gas: str) -> float:
    """Mole fraction of a gas at 20 degC and one atmosphere per concentration [ppb m3/g]."""
    return 1e9 * GAS_CONSTANT_J_MOL_K * AIR_K / (AIR_PA * species(gas).molar_mass_g_mol)


def smoke_traces(mce: float = SMOULDER_MCE) -> tuple[Trace, ...]:
    """PM2.5, formaldehyde and phenol of wood that burns at this efficiency, at the default device."""
    factors = wood_factors(mce)
    array, dust = _part("voc_array"), _part("particulate_matter")
    gases = {"formaldehyde": "ch1_formaldehyde_ppb", "phenol": "ch4_phenol_ppb"}
    return (
        _trace("PM2.5", "ug/m3", dust, "pm2_5_ug_m3", 1e6 * factors.particle_g_kg / 1000.0),
        *(
            _trace(gas, "ppb", array, name, ppb_per_g_m3(gas) * factors.gas_g_kg[gas] / 1000.0)
            for gas, name in gases.items()
        ),
    )


def _part(sensor_id: str) -> BaseSensor[Any, Any]:
    return build_sensor(default_configuration(Site()).select((sensor_id,)).sensors[0], 0)


def _trace(name: str, unit: str, sensor: BaseSensor[Any, Any], channel: str, per_chi: float) -> Trace:
    names = [one.name for one in sensor.channels]
    sigma = float(noise_sigma(sensor, TICK_S)[names.index(channel)])
    return Trace(name, unit, sigma, per_chi, watched_channels(sensor, TICK_S))


def forbidden_ozone(
    distances_m: tuple[float, ...] = (1.0, 3.0, 10.0), power_w: float = 10.0, relative_humidity: float = 0.5
) -> tuple[Forbidden, ...]:
    """Ozone of a corona and of a surface discharge at the array, at the median yield and two sigmas above it.

    The plume blows straight at the inlet. Nitrogen dioxide that comes with it counts towards the signal.

    Args:
        distances_m: From the discharge.
        power_w: Electrical; 10 W is the most of `electrical/corona_discharge`.
        relative_humidity: Of the air; above 70 % less ozone is made.
    """
    source = SteadySource(Site().device_height_m, SPARK_M)
    limit_snr = detection_limit_snr(watched_channels(_array(), TICK_S))
    rows = []
    for kind in ("corona", "surface"):
        for scale in (1.0, OZONE_GSD**2):
            made = discharge_emission_g_s(kind, np.array([power_w]), relative_humidity, scale).gas_g_s
            rate_g_s = {gas: float(rate[0]) for gas, rate in made.items()}
            for distance_m in distances_m:
                chi = max(float(mean_chi(source, distance_m, wind)) for wind in WINDS_M_S)
                added = {gas: rate * chi * ppb_per_g_m3(gas) for gas, rate in rate_g_s.items()}
                snr = array_snr(added)
                rows.append(Forbidden(kind, power_w, scale, distance_m, added["ozone"], snr, limit_snr))
    return tuple(rows)


def array_snr(added_ppb: Mapping[str, float]) -> float:
    """Greatest departure of any channel of the ideal gas array from rural air, in sigmas of the part."""
    array = _array()
    levels = load_part("background/rural").group("levels")
    rural = {species(name).name: float(level) for name, level in levels.items()}
    air = np.array([[rural.get(gas, 0.0) for gas in array.gases]])
    more = air + np.array([[added_ppb.get(gas, 0.0) for gas in array.gases]])
    rise = np.abs(array.response.equivalent_ppb(more) - array.response.equivalent_ppb(air))[0]
    return float((rise / noise_sigma(array, TICK_S)).max())


@cache
def _array() -> VOCArraySensor:
    found = _part("voc_array")
    assert isinstance(found, VOCArraySensor)
    return found
