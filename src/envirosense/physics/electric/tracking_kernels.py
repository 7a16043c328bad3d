"""Compiled growth of a pocket burn, whose heat depends on how far it has come."""
# mypy: allow-untyped-decorators

import numpy as np
import numpy.typing as npt
from numba import njit
from numba.extending import register_jitable

type Floats = npt.NDArray[np.float64]

SUBSTEP = 0.005  # numerical choice: largest growth within one sub-step
N_SUBSTEPS = 400  # numerical choice: twice 1 / SUBSTEP, so the whole growth fits in one tick


@register_jitable
def zone_power_w(voltage_v: float, series_ohm: float, burn: float, zone: Floats) -> float:
    """Heat in the dry zone of the wood [W], nothing below the least current.

    `zone` holds resistance when sound and when charred [ohm] and the least current [A].
    """
    zone_ohm = zone[0] * (zone[1] / zone[0]) ** burn
    current_a = voltage_v / (series_ohm + zone_ohm)
    return current_a * current_a * zone_ohm if current_a >= zone[2] else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def grow(
    voltage_v: Floats,
    series_ohm: Floats,
    dt_s: float,
    zone: Floats,
    energy_j: float,
    start: float,
    out: Floats,
) -> None:
    """Fill out (time,) with the burn, 0 sound to 1 through, by the midpoint rule in sub-steps."""
    burn = start
    for i in range(voltage_v.size):
        left_s = dt_s
        for _ in range(N_SUBSTEPS):
            if burn >= 1.0 or left_s <= 0.0:
                break
            rate = zone_power_w(voltage_v[i], series_ohm[i], burn, zone) / energy_j
            if rate <= 0.0:
                break
            step_s = min(left_s, SUBSTEP / rate)
            middle = min(burn + 0.5 * step_s * rate, 1.0)
            rate = zone_power_w(voltage_v[i], series_ohm[i], middle, zone) / energy_j
            burn = min(burn + step_s * rate, 1.0)
            left_s -= step_s
        out[i] = burn
