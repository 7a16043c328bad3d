"""Flat-field corrections of a shuttered microbolometer camera, in physical time.

The focal plane follows housing plus self-heating with one time constant, which also gives its rate of change.
A correction is due a fixed time after the last, or a warning time after the focal plane has moved by a step;
while the shutter is locked out (too cold, too hot) it waits. A frame taken while the shutter is closed
repeats the previous one: at any frame rate the share of frozen frames is the share of time. Without power
the focal plane falls to the housing's temperature; switching on begins with a correction.
"""
# mypy: allow-untyped-decorators

import numpy as np
import numpy.typing as npt
from numba import njit

Doubles = npt.NDArray[np.float64]

# settings
TAU_S, SELF_HEATING_K, PERIOD_S, STEP_K, FREEZE_S, WARNING_S, LOCK_LOW_K, LOCK_HIGH_K = range(8)
# carry
FPA_K, NEXT_S, LAST_S, FFC_FPA_K, EPOCH, IS_ON = range(6)
N_CARRY = 6
# columns of the result
OUT_FPA_K, OUT_RATE_K_MIN, OUT_FFC_FPA_K, OUT_EPOCH, OUT_FLAGS, OUT_SINCE_S = range(6)
N_OUT = 6
ROUNDING_S = 1e-6  # a freeze that ends as a frame begins is over
FLAG_IMMINENT, FLAG_IN_PROGRESS, FLAG_LOCKED_OUT = 1, 2, 4


@njit(cache=True, nogil=True, error_model="numpy")
def run_shutter(
    t_s: Doubles,
    dt_s: float,
    housing_k: Doubles,
    is_on: npt.NDArray[np.bool_],
    settings: Doubles,
    carry: Doubles,
    out: Doubles,
) -> None:
    """Fill `out` (frame, N_OUT) from housing temperature and power (frame,); `carry` moves along in place.

    Columns: focal plane [K], its rate [K/min], its value at the last correction [K], corrections, flags,
    time since the last correction [s].
    """
    tau_s, period_s, warning_s = settings[TAU_S], settings[PERIOD_S], settings[WARNING_S]
    share = -np.expm1(-dt_s / tau_s)
    for i in range(t_s.size):
        t = t_s[i]
        target_k = housing_k[i] + (settings[SELF_HEATING_K] if is_on[i] else 0.0)
        carry[FPA_K] += share * (target_k - carry[FPA_K])
        fpa_k = carry[FPA_K]
        is_locked = fpa_k < settings[LOCK_LOW_K] or fpa_k > settings[LOCK_HIGH_K]
        if is_locked or not is_on[i]:
            carry[NEXT_S] = max(carry[NEXT_S], t + warning_s)
        elif carry[IS_ON] == 0.0:
            carry[LAST_S] = t - settings[FREEZE_S]
            carry[NEXT_S] = carry[LAST_S] + period_s
            carry[FFC_FPA_K] = fpa_k
            carry[EPOCH] += 1.0
        elif carry[NEXT_S] <= t:
            carry[LAST_S] = carry[NEXT_S] + np.floor((t - carry[NEXT_S]) / period_s) * period_s
            carry[NEXT_S] = carry[LAST_S] + period_s
            carry[FFC_FPA_K] = fpa_k
            carry[EPOCH] += 1.0
        elif abs(fpa_k - carry[FFC_FPA_K]) >= settings[STEP_K]:
            carry[NEXT_S] = min(carry[NEXT_S], t + warning_s)
        carry[IS_ON] = 1.0 if is_on[i] else 0.0
        flags = 0
        if is_locked:
            flags |= FLAG_LOCKED_OUT
        elif carry[NEXT_S] - t <= warning_s:
            flags |= FLAG_IMMINENT
        if t - carry[LAST_S] < settings[FREEZE_S] - ROUNDING_S:
            flags |= FLAG_IN_PROGRESS
        out[i, OUT_FPA_K] = fpa_k
        out[i, OUT_RATE_K_MIN] = 60.0 * (target_k - fpa_k) / tau_s
        out[i, OUT_FFC_FPA_K] = carry[FFC_FPA_K]
        out[i, OUT_EPOCH] = carry[EPOCH]
        out[i, OUT_FLAGS] = flags
        out[i, OUT_SINCE_S] = t - carry[LAST_S]
