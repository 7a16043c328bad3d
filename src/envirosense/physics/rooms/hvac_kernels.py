"""Compiled: what heaters and coolers of a room give and take."""

from typing import Final

from numba import njit

from envirosense.core.units import DRY_AIR_CP_J_KG_K

BAND_K: Final = 0.8  # below the set point by which a heater gives all it has (assumed)
COIL_C: Final = 12.0  # of a cooler's coil, from which the air leaves saturated, 10 to 13 degC (from memory)
COIL_G_KG: Final = 8.75  # water that such air holds


@njit(cache=True, nogil=True, error_model="numpy")
def hvac_heat_w(air_c: float, heat_c: float, cool_c: float, most_heat_w: float, most_cool_w: float) -> float:
    """Heat that a room is given, negative where it is taken [W]; in proportion within the band."""
    if air_c < heat_c:
        return min((heat_c - air_c) / BAND_K, 1.0) * most_heat_w
    if air_c > cool_c:
        return -min((air_c - cool_c) / BAND_K, 1.0) * most_cool_w
    return 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def dried_g_s_of(cooling_w: float, air_c: float, vapour_g_kg: float) -> float:
    """Water that a cooler takes out while it cools the air by so much [g/s]; none from dry air.

    The air that passes the coil is `cooling_w / (c_p (T - T_coil))`, and leaves what the coil cannot hold.
    """
    if cooling_w <= 0.0 or vapour_g_kg <= COIL_G_KG:
        return 0.0
    passed_kg_s = cooling_w / (DRY_AIR_CP_J_KG_K * max(air_c - COIL_C, 1.0))
    return passed_kg_s * (vapour_g_kg - COIL_G_KG)
