"""Scalar-or-array laws of IEEE Std 738 and the stepping kernel built on them.

The laws stay plain NumPy functions when Python calls them and are compiled into the kernel; they share
its module because numba's cache does not notice a change in another file.
"""
# mypy: allow-untyped-decorators

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit
from numba.extending import register_jitable

KELVIN_OFFSET_K = 273.0  # rounded so by the standard, whose printed values depend on it [IEEE738]
MAX_SUBSTEP_S = 10.0  # well under the shortest time constant of a line conductor, about 90 s in 10 m/s


@register_jitable
def air_viscosity_pa_s(air_c: Any) -> Any:
    """Dynamic viscosity of air [Pa s]; [IEEE738]."""
    return 1.458e-6 * (air_c + KELVIN_OFFSET_K) ** 1.5 / (air_c + 383.4)


@register_jitable
def air_density_kg_m3(air_c: Any, elevation_m: Any) -> Any:
    """Density of air at a height above sea level [kg/m3]; [IEEE738]."""
    return (1.293 - 1.525e-4 * elevation_m + 6.379e-9 * elevation_m**2) / (1.0 + 0.00367 * air_c)


@register_jitable
def air_conductivity_w_m_k(air_c: Any) -> Any:
    """Thermal conductivity of air [W/m/K]; [IEEE738]."""
    return 2.424e-2 + 7.477e-5 * air_c - 4.407e-9 * air_c**2


@register_jitable
def wind_angle_factor(angle_rad: Any) -> Any:
    """Cooling at an angle between wind and axis over that of perpendicular wind, 0.388 to 1; [IEEE738]."""
    return 1.194 - np.cos(angle_rad) + 0.194 * np.cos(2.0 * angle_rad) + 0.368 * np.sin(2.0 * angle_rad)


@register_jitable
def natural_loss_w_m(surface_c: Any, air_c: Any, diameter_m: Any, elevation_m: Any) -> Any:
    """Heat lost by free convection [W/m], negative for a surface colder than air; [IEEE738]."""
    excess_k = surface_c - air_c
    density = air_density_kg_m3(0.5 * (surface_c + air_c), elevation_m)
    return 3.645 * np.sqrt(density) * diameter_m**0.75 * np.sqrt(np.sqrt(np.abs(excess_k))) * excess_k


@register_jitable
def forced_losses_w_m(
    surface_c: Any, air_c: Any, wind_m_s: Any, angle_factor: Any, diameter_m: Any, elevation_m: Any
) -> Any:
    """Heat lost to low and to high wind by the two fits of the standard [W/m]; [IEEE738]."""
    film_c = 0.5 * (surface_c + air_c)
    density = air_density_kg_m3(film_c, elevation_m)
    reynolds = diameter_m * density * wind_m_s / air_viscosity_pa_s(film_c)
    scale_w_m = angle_factor * air_conductivity_w_m_k(film_c) * (surface_c - air_c)
    return (1.01 + 1.35 * reynolds**0.52) * scale_w_m, 0.754 * reynolds**0.6 * scale_w_m


@register_jitable
def convected_loss_w_m(
    surface_c: Any, air_c: Any, wind_m_s: Any, angle_factor: Any, diameter_m: Any, elevation_m: Any
) -> Any:
    """Heat lost to the air [W/m]: the largest in size of free, low-wind and high-wind laws; [IEEE738]."""
    low, high = forced_losses_w_m(surface_c, air_c, wind_m_s, angle_factor, diameter_m, elevation_m)
    free = natural_loss_w_m(surface_c, air_c, diameter_m, elevation_m)
    size_w_m = np.maximum(np.maximum(np.abs(low), np.abs(high)), np.abs(free))
    return np.copysign(size_w_m, surface_c - air_c)


@register_jitable
def radiated_loss_w_m(surface_c: Any, air_c: Any, diameter_m: Any, emissivity: Any) -> Any:
    """Heat radiated to surroundings at air temperature [W/m]; [IEEE738]."""
    hot = ((surface_c + KELVIN_OFFSET_K) / 100.0) ** 4
    cold = ((air_c + KELVIN_OFFSET_K) / 100.0) ** 4
    return 17.8 * diameter_m * emissivity * (hot - cold)


@njit(cache=True, nogil=True, error_model="numpy")
def step_conductor(
    start_c: float,
    step_s: float,
    resistance_ohm_m: npt.NDArray[np.float64],
    geometry: npt.NDArray[np.float64],
    current_a: npt.NDArray[np.float64],
    air_c: npt.NDArray[np.float64],
    wind_m_s: npt.NDArray[np.float64],
    angle_factor: npt.NDArray[np.float64],
    sun_w_m: npt.NDArray[np.float64],
    temperature_c: npt.NDArray[np.float64],
) -> None:
    """Fill temperature_c (time,) by Heun's method in sub-steps; row i acts over the step that ends at row i.

    `resistance_ohm_m` holds the value at 0 degC and its slope per kelvin; `geometry` holds diameter [m],
    elevation [m], emissivity and heat capacity [J/m/K].
    """
    zero_ohm_m, slope_ohm_m_k = resistance_ohm_m
    diameter_m, elevation_m, emissivity, capacity_j_m_k = geometry
    n_sub = int(np.ceil(step_s / MAX_SUBSTEP_S))
    rate = step_s / n_sub / capacity_j_m_k
    here_c = start_c
    for i in range(current_a.size):
        for _ in range(n_sub):
            probe_c = here_c
            first_w_m = 0.0
            for stage in range(2):
                surplus_w_m = current_a[i] ** 2 * (zero_ohm_m + slope_ohm_m_k * probe_c) + sun_w_m[i]
                surplus_w_m -= convected_loss_w_m(
                    probe_c, air_c[i], wind_m_s[i], angle_factor[i], diameter_m, elevation_m
                )
                surplus_w_m -= radiated_loss_w_m(probe_c, air_c[i], diameter_m, emissivity)
                if stage == 0:
                    first_w_m = surplus_w_m
                    probe_c = here_c + rate * surplus_w_m
            here_c += 0.5 * rate * (first_w_m + surplus_w_m)
        temperature_c[i] = here_c
