"""Radiation fog at a point: when it forms and how much water it holds."""

from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.physics.particles.relaxation_kernels import relax

type Floats = npt.NDArray[np.float64]

FOG_HUMIDITY: Final = 0.97  # assumed: fog forms above it
CALM_M_S: Final = 2.5  # assumed: more wind mixes drier air in
NIGHT_W_M2: Final = 10.0  # assumed: more sun than this lifts the fog
DENSE_WATER_G_M3: Final = 0.2  # assumed: at saturation; radiation fog holds 0.01 to 0.4
FORMING_S: Final = 1200.0  # assumed
LIFTING_S: Final = 600.0  # assumed


def is_foggy(relative_humidity: Floats, wind_m_s: Floats, ghi_w_m2: Floats) -> npt.NDArray[np.bool_]:
    """Whether fog grows, same shape: moist, calm and dark at once."""
    return (relative_humidity > FOG_HUMIDITY) & (wind_m_s < CALM_M_S) & (ghi_w_m2 < NIGHT_W_M2)


def fog_water_g_m3(relative_humidity: Floats, wind_m_s: Floats, ghi_w_m2: Floats, dt_s: float) -> Floats:
    """Liquid water of fog, tick means (time,) [g/m3]; none before the first tick.

    It nears a level that rises linearly from 97 % humidity to saturation, in 20 minutes, and lifts in ten.
    """
    foggy = is_foggy(relative_humidity, wind_m_s, ghi_w_m2)
    excess = np.clip((relative_humidity - FOG_HUMIDITY) / (1.0 - FOG_HUMIDITY), 0.0, 1.0)
    target_g_m3 = np.where(foggy, DENSE_WATER_G_M3 * excess, 0.0)
    mean = np.empty(target_g_m3.size)
    relax(target_g_m3, np.where(foggy, 1.0 / FORMING_S, 1.0 / LIFTING_S), float(dt_s), 0.0, mean)
    return mean
