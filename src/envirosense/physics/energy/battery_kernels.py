# mypy: allow-untyped-decorators
"""Compiled step of a battery pack."""

import math

import numpy as np
import numpy.typing as npt
from numba import njit

type Floats = npt.NDArray[np.float64]

RECONNECT = 0.05  # state of charge above the empty point at which a cut load comes back; assumed
HYSTERESIS_CHARGE = 0.02  # share of the capacity that turns the hysteresis round; assumed


@njit(cache=True, nogil=True, error_model="numpy")
def run_pack(
    load_w: Floats,
    charger_w: Floats,
    temperature_k: Floats,
    r0_ohm: Floats,
    empty: Floats,
    drain_a: Floats,
    ocv_v: Floats,
    parameters: Floats,
    state: Floats,
    out: Floats,
) -> None:
    """Follow a pack; `state` (charge, v1, v2, hysteresis, cut) advances in place, `out` is (5, time).

    `empty` is the state of charge below which the cold leaves nothing to draw, `drain_a` what the pack loses
    by itself. Rows of `out`: charge,
    voltage, current, load served, charger's power taken.
    """
    capacity_c, r1, tau1, r2, tau2 = parameters[0], parameters[1], parameters[2], parameters[3], parameters[4]
    hysteresis_v, efficiency = parameters[5], parameters[6]
    coldest_k, lowest_v, full, dt_s = parameters[7], parameters[8], parameters[9], parameters[10]
    keep1, keep2 = math.exp(-dt_s / tau1), math.exp(-dt_s / tau2)
    last = ocv_v.size - 1
    charge, v1, v2, hysteresis, cut = state[0], state[1], state[2], state[3], state[4]
    for i in range(load_w.size):
        place = min(max(charge, 0.0), 1.0) * last
        low = min(int(place), last - 1)
        rest_v = ocv_v[low] + (place - low) * (ocv_v[low + 1] - ocv_v[low]) + hysteresis * hysteresis_v
        behind_v = rest_v - v1 - v2
        if cut > 0.5 and charge > empty[i] + RECONNECT:
            cut = 0.0
        if charge <= empty[i] or behind_v < lowest_v:
            cut = 1.0
        served = 0.0 if cut > 0.5 and charger_w[i] < load_w[i] else load_w[i]
        wanted = served - charger_w[i]
        if wanted < 0.0 and (temperature_k[i] < coldest_k or charge >= full):
            wanted = 0.0
        root = behind_v * behind_v - 4.0 * r0_ohm[i] * wanted
        if root < 0.0:
            cut, served, wanted = 1.0, 0.0, 0.0
            root = behind_v * behind_v
        current = (behind_v - math.sqrt(root)) / (2.0 * r0_ohm[i])
        if current < 0.0:
            current = max(current, (charge - full) * capacity_c / (efficiency * dt_s))
        moved = (current if current > 0.0 else efficiency * current) + drain_a[i]
        charge = max(charge - moved * dt_s / capacity_c, 0.0)
        turn = math.exp(-abs(current) * dt_s / (HYSTERESIS_CHARGE * capacity_c))
        sign = -1.0 if current > 0.0 else 1.0
        hysteresis = turn * hysteresis + (1.0 - turn) * sign
        v1 = keep1 * v1 + (1.0 - keep1) * r1 * current
        v2 = keep2 * v2 + (1.0 - keep2) * r2 * current
        voltage = behind_v - r0_ohm[i] * current
        out[0, i], out[1, i], out[2, i] = charge, voltage, current
        out[3, i], out[4, i] = served, served - voltage * current
    state[0], state[1], state[2], state[3], state[4] = charge, v1, v2, hysteresis, cut
