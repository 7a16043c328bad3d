"""Compiled control of a step voltage regulator."""

import numpy as np
import numpy.typing as npt
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def regulator_taps(
    excess_pu: npt.NDArray[np.float64],
    dt_s: float,
    tap_pu: float,
    highest: int,
    band_pu: float,
    delay_s: float,
) -> npt.NDArray[np.float64]:
    """Tap in force over each tick, (time,), whole numbers.

    Voltage is constant within a tick, so a long tick may hold several moves; the tap of the tick's end
    is returned. `excess_pu` is the voltage without taps over the set point.
    """
    taps = np.empty(excess_pu.size)
    tap = min(max(round(-excess_pu[0] / tap_pu), -highest), highest)
    waited_s = 0.0
    for i in range(excess_pu.size):
        left_s = dt_s
        while left_s > 0.0:
            error_pu = excess_pu[i] + tap * tap_pu
            move = -1 if error_pu > band_pu else 1
            if abs(error_pu) <= band_pu or abs(tap + move) > highest:
                waited_s = 0.0
                break
            if waited_s + left_s < delay_s:
                waited_s += left_s
                break
            left_s -= delay_s - waited_s
            waited_s = 0.0
            tap += move
        taps[i] = tap
    return taps
