"""Compiled loop of the three-component wood kinetics."""

import math

import numpy as np
import numpy.typing as npt
from numba import njit

type Floats = npt.NDArray[np.float64]


@njit(cache=True, nogil=True, error_model="numpy")
def advance_virgin_active(
    virgin: float, active: float, k1_per_s: float, kp_per_s: float, h_s: float
) -> tuple[float, float, float]:
    """Virgin and active mass lost and active mass gained over a step of constant rates.

    Exact solution of v' = -k1 v, a' = k1 v - kp a. The gain is written with one expm1 of the rate
    difference, so that it stays accurate where the two rates meet and where both are tiny.
    """
    virgin_lost = -virgin * math.expm1(-k1_per_s * h_s)
    active_lost = -active * math.expm1(-kp_per_s * h_s)
    gap = abs(kp_per_s - k1_per_s) * h_s
    spread_s = h_s if gap == 0.0 else -math.expm1(-gap) / gap * h_s
    gained = k1_per_s * virgin * math.exp(-min(k1_per_s, kp_per_s) * h_s) * spread_s
    return virgin_lost, active_lost, min(gained, virgin_lost)


@njit(cache=True, nogil=True, error_model="numpy")
def integrate(
    temperature_k: Floats,
    dt_s: float,
    substep_k: float,
    prefactor_per_s: Floats,
    energy_k: Floats,
    char_yield: Floats,
    state: Floats,
    before_k: float,
    out: Floats,
) -> float:
    """Fill `out` (time, quantity, component); `state` (5, component) is advanced in place.

    Quantities: virgin, active, tar, gas, char, volatile mass released in the step. Temperature is linear
    inside a step; each sub-step of at most `substep_k` takes its rates at its midpoint (second order).
    """
    start_k = before_k
    for i in range(temperature_k.size):
        change_k = temperature_k[i] - start_k
        n_sub = max(1, math.ceil(abs(change_k) / substep_k))
        h_s = dt_s / n_sub
        out[i, 5, :] = 0.0
        for j in range(n_sub):
            inverse_k = 1.0 / (start_k + change_k * (j + 0.5) / n_sub)
            for c in range(3):
                k1_per_s = prefactor_per_s[0, c] * math.exp(-energy_k[0, c] * inverse_k)
                k2_per_s = prefactor_per_s[1, c] * math.exp(-energy_k[1, c] * inverse_k)
                k3_per_s = prefactor_per_s[2, c] * math.exp(-energy_k[2, c] * inverse_k)
                kp_per_s = k2_per_s + k3_per_s
                virgin_lost, active_lost, gained = advance_virgin_active(
                    state[0, c], state[1, c], k1_per_s, kp_per_s, h_s
                )
                product = active_lost + (virgin_lost - gained)
                tar = product * (k2_per_s / kp_per_s)
                char = (product - tar) * char_yield[c]
                gas = product - tar - char
                state[0, c] -= virgin_lost
                state[1, c] += gained - active_lost
                state[2, c] += tar
                state[3, c] += gas
                state[4, c] += char
                out[i, 5, c] += tar + gas
        out[i, :5, :] = state
        start_k = temperature_k[i]
    return float(start_k)
