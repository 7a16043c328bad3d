"""Bare overhead conductor after IEEE Std 738-2012: steady temperature, ampacity and transient.

Temperatures are in degrees Celsius here because the standard's fits are. The standard does not cool a
conductor below air, so a clear night sky is outside it (`heat.solve_network` has the sky).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from envirosense.physics.thermal.conductor_kernels import (
    convected_loss_w_m,
    radiated_loss_w_m,
    step_conductor,
    wind_angle_factor,
)

type Floats = npt.NDArray[np.float64]
type Values = Floats | float

PERPENDICULAR_RAD = 0.5 * np.pi
_BISECTIONS = 60  # 1200 K / 2^60: below rounding
_SEARCH_BELOW_K = 1.0  # without sky cooling the conductor is never colder than air
_SEARCH_ABOVE_K = 1200.0  # above every melting point of a line conductor


@dataclass(frozen=True, slots=True)
class Conductor:
    """One type of conductor; resistances are per metre and for alternating current."""

    diameter_m: float
    resistance_25_ohm_m: float
    resistance_75_ohm_m: float
    heat_capacity_j_m_k: float
    emissivity: float = 0.8  # weathered aluminium [IEEE738]
    absorptivity: float = 0.8  # weathered aluminium [IEEE738]


@dataclass(frozen=True, slots=True)
class LineWeather:
    """What cools and heats a conductor; numbers or arrays that broadcast."""

    air_c: Values
    wind_m_s: Values
    sun_w_m2: Values = 0.0
    wind_angle_rad: Values = PERPENDICULAR_RAD
    elevation_m: float = 0.0


DRAKE = Conductor(28.14e-3, 7.283e-5, 8.688e-5, 1310.0)  # 795 kcmil 26/7; m, ohm/m, J/m/K [IEEE738]
LINNET = Conductor(18.3e-3, 1.704e-4, 2.085e-4, 553.0)  # 336.4 kcmil 26/7; catalogue values (from memory)


def resistance_ohm_m(conductor: Conductor, conductor_c: Values) -> Values:
    """Resistance per metre [ohm/m], a straight line through its values at 25 and 75 degC."""
    slope = (conductor.resistance_75_ohm_m - conductor.resistance_25_ohm_m) / 50.0
    return conductor.resistance_25_ohm_m + slope * (conductor_c - 25.0)


def net_loss_w_m(conductor: Conductor, conductor_c: Values, weather: LineWeather) -> Floats:
    """Convected plus radiated minus absorbed heat of a conductor at a temperature [W/m]."""
    c, w = conductor, weather
    factor = wind_angle_factor(w.wind_angle_rad)
    lost = convected_loss_w_m(conductor_c, w.air_c, w.wind_m_s, factor, c.diameter_m, w.elevation_m)
    lost = lost + radiated_loss_w_m(conductor_c, w.air_c, c.diameter_m, c.emissivity)
    return np.asarray(lost - c.absorptivity * w.sun_w_m2 * c.diameter_m)


def ampacity_a(conductor: Conductor, limit_c: Values, weather: LineWeather) -> Floats:
    """Largest current that keeps the conductor at or below a temperature [A]; 0 if sun alone is too much."""
    spare_w_m = np.maximum(net_loss_w_m(conductor, limit_c, weather), 0.0)
    return np.asarray(np.sqrt(spare_w_m / resistance_ohm_m(conductor, limit_c)))


def steady_temperature_c(conductor: Conductor, current_a: Values, weather: LineWeather) -> Floats:
    """Temperature at which Joule and solar heat equal the losses [degC], by bisection.

    Where the current is beyond every balance the upper end of the search, 1200 K above air, comes back.
    """
    shape = np.broadcast(current_a, weather.air_c, weather.wind_m_s, weather.sun_w_m2, weather.wind_angle_rad)
    low_c = np.broadcast_to(np.asarray(weather.air_c) - _SEARCH_BELOW_K, shape.shape)
    high_c = low_c + _SEARCH_ABOVE_K
    for _ in range(_BISECTIONS):
        middle_c = 0.5 * (low_c + high_c)
        heat_w_m = np.square(current_a) * resistance_ohm_m(conductor, middle_c)
        warms = heat_w_m > net_loss_w_m(conductor, middle_c, weather)
        low_c = np.where(warms, middle_c, low_c)
        high_c = np.where(warms, high_c, middle_c)
    return np.asarray(0.5 * (low_c + high_c))


def transient_temperature_c(
    conductor: Conductor, current_a: Floats, weather: LineWeather, step_s: float, start_c: float
) -> Floats:
    """Conductor temperature (time,) [degC]; `start_c`, one step before row 0, is the carry between blocks.

    m Cp dT/dt = I^2 R + sun - losses, second order in the step; row i of the drive is its mean over the
    step that ends at row i [IEEE738].
    """
    c, n = conductor, current_a.size
    slope = (c.resistance_75_ohm_m - c.resistance_25_ohm_m) / 50.0
    resistance = np.array([c.resistance_25_ohm_m - 25.0 * slope, slope])
    geometry = np.array([c.diameter_m, weather.elevation_m, c.emissivity, c.heat_capacity_j_m_k])
    temperature_c = np.empty(n)
    step_conductor(
        float(start_c),
        float(step_s),
        resistance,
        geometry,
        _rows(current_a, n),
        _rows(weather.air_c, n),
        _rows(weather.wind_m_s, n),
        _rows(wind_angle_factor(weather.wind_angle_rad), n),
        _rows(c.absorptivity * c.diameter_m * weather.sun_w_m2, n),
        temperature_c,
    )
    return temperature_c


def _rows(values: Values, n: int) -> Floats:
    return np.ascontiguousarray(np.broadcast_to(values, (n,)), dtype=np.float64)
