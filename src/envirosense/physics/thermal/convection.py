"""Film coefficients of cylinders and flat faces in air."""

import numpy as np
import numpy.typing as npt

from envirosense.core.units import DRY_AIR_CP_J_KG_K, ZERO_CELSIUS_K
from envirosense.physics.thermal.conductor_kernels import (
    air_conductivity_w_m_k,
    air_density_kg_m3,
    air_viscosity_pa_s,
)

type Floats = npt.NDArray[np.float64]
type Values = Floats | float

NATURAL_W_M2_K = 1.27  # 3.645/pi * sqrt(1.2 kg/m3) of the free-convection law [IEEE738]
FLAT_STILL_W_M2_K = 5.7  # film of a flat face in still air [McAdams1954] (from memory)
FLAT_WIND_W_S_M3_K = 3.8  # its growth with wind [McAdams1954] (from memory)


def churchill_bernstein_nusselt(reynolds: Values, prandtl: Values) -> Floats:
    """Nusselt number of a cylinder in cross flow, for Re Pr > 0.2 [ChurchillBernstein1977]."""
    blasius = 0.62 * np.sqrt(reynolds) * np.cbrt(prandtl) / (1.0 + (0.4 / prandtl) ** (2 / 3)) ** 0.25
    return np.asarray(0.3 + blasius * (1.0 + (reynolds / 282_000.0) ** 0.625) ** 0.8)


def natural_film_w_m2_k(diameter_m: Values, excess_k: Values) -> Floats:
    """Free-convection film of a horizontal cylinder `excess_k` from air temperature [W/m2/K]; [IEEE738]."""
    return np.asarray(NATURAL_W_M2_K * np.sqrt(np.sqrt(np.abs(excess_k) / diameter_m)))


def cylinder_film_w_m2_k(
    diameter_m: Values, wind_m_s: Values, air_k: Values, excess_k: Values = 0.0
) -> Floats:
    """Film of a cylinder [W/m2/K]: forced [ChurchillBernstein1977] or free [IEEE738], whichever is larger.

    Air properties are those at `air_k` and sea level.
    """
    air_c = np.asarray(air_k) - ZERO_CELSIUS_K
    viscosity_pa_s, conductivity_w_m_k = air_viscosity_pa_s(air_c), air_conductivity_w_m_k(air_c)
    reynolds = air_density_kg_m3(air_c, 0.0) * wind_m_s * diameter_m / viscosity_pa_s
    prandtl = DRY_AIR_CP_J_KG_K * viscosity_pa_s / conductivity_w_m_k
    forced = churchill_bernstein_nusselt(reynolds, prandtl) * conductivity_w_m_k / diameter_m
    return np.asarray(np.maximum(forced, natural_film_w_m2_k(diameter_m, excess_k)))


def flat_film_w_m2_k(wind_m_s: Values) -> Floats:
    """Film of a flat outdoor face [W/m2/K], fitted below 5 m/s (from memory) [McAdams1954]."""
    return np.asarray(FLAT_STILL_W_M2_K + FLAT_WIND_W_S_M3_K * np.asarray(wind_m_s))
