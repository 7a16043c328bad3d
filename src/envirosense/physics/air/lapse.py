"""Air temperature over height in the surface layer: warm ground by day, cold ground on calm nights."""

from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.units import DRY_AIR_CP_J_KG_K, GRAVITY_M_S2, VON_KARMAN
from envirosense.physics.air.airflow import psi_m

type Array = npt.NDArray[np.float64]
type Values = float | Array

SCREEN_M: Final = 2.0  # height of a weather station's thermometer
LOWEST_M: Final = 0.5  # the profile ends among the grass; assumed


def psi_h(zeta: Values) -> Array:
    """Stability correction of the temperature profile at zeta = z/L, same shape [1] [Dyer1974]."""
    zeta = np.asarray(zeta, dtype=np.float64)
    unstable = 2.0 * np.log(0.5 * (1.0 + np.sqrt(1.0 - 16.0 * np.minimum(zeta, 0.0))))
    return np.asarray(np.where(zeta < 0.0, unstable, psi_m(np.maximum(zeta, 0.0))))


def temperature_scale_k(friction_velocity_m_s: Values, inv_obukhov_per_m: Values, air_k: Values) -> Array:
    """Turbulent temperature scale u*^2 T / (kappa g L), broadcast shape [K]; negative over warm ground."""
    square = np.square(friction_velocity_m_s) * np.asarray(inv_obukhov_per_m)
    return np.asarray(square * air_k / (VON_KARMAN * GRAVITY_M_S2))


def temperature_over_screen_k(
    height_m: Values, friction_velocity_m_s: Values, inv_obukhov_per_m: Values, air_k: Values
) -> Array:
    """Air temperature at a height over that at the screen, broadcast shape [K].

    (theta*/kappa) [ln(z/2) - psi_h(z/L) + psi_h(2/L)] less the dry adiabatic lapse; the flow is the one of
    the wind profile. Neutral air only cools by the lapse, 0.01 K/m.
    """
    height = np.maximum(height_m, LOWEST_M)
    inv_l = np.asarray(inv_obukhov_per_m, dtype=np.float64)
    shape = np.log(height / SCREEN_M) - psi_h(height * inv_l) + psi_h(SCREEN_M * inv_l)
    scale = temperature_scale_k(friction_velocity_m_s, inv_l, air_k)
    return np.asarray(scale / VON_KARMAN * shape - GRAVITY_M_S2 / DRY_AIR_CP_J_KG_K * (height - SCREEN_M))
