"""Recurrences and chance of the vibration sensor, one pass over time each."""

import math

import numpy as np
from numba import njit

from envirosense.core.protocols import Array


@njit(cache=True, nogil=True, error_model="numpy")
def noisy_rms(rms: Array, floor: Array, shape: Array, normals: Array) -> Array:
    """Rms of motion and noise together, (time, n), from rms of the motion (time, n) and one normal each.

    The energy is that of a noncentral chi-square law with mean E + N and variance (N^2 + 2 E N) / k; drawn
    as the gamma law of the same two moments (Patnaik's) by its cube-root law. `floor` N and `shape` k (n,).
    """
    n_time, n = rms.shape
    y = np.empty_like(rms)
    for t in range(n_time):
        for c in range(n):
            energy = rms[t, c] * rms[t, c]
            mean = energy + floor[c]
            if floor[c] > 0.0:
                x = floor[c] * (mean + energy) / (9.0 * shape[c] * mean * mean)
                root = max(1.0 - x + normals[t, c] * math.sqrt(x), 0.0)
                mean *= root * root * root
            y[t, c] = math.sqrt(mean)
    return y


@njit(cache=True, nogil=True, error_model="numpy")
def tracker_gain(information: Array, variance: Array, wander: float) -> Array:
    """Share of each tick in a tracked estimate, (time, n); `variance` (n,) is advanced in place.

    The best linear filter of a quantity that wanders by a variance `wander` in a tick, each of which tells
    `information` (time, n) about it.
    """
    n_time, n = information.shape
    y = np.empty_like(information)
    for t in range(n_time):
        for c in range(n):
            told = variance[c] * information[t, c]
            y[t, c] = told / (1.0 + told)
            variance[c] = variance[c] / (1.0 + told) + wander
    return y


@njit(cache=True, nogil=True, error_model="numpy")
def follow(x: Array, gain: Array, state: Array) -> Array:
    """Estimate that closes a share `gain` of its gap each tick, (time, n).

    `state` (n,) is advanced in place; NaN means settled on the first value.
    """
    n_time, n = x.shape
    y = np.empty_like(x)
    for c in range(n):
        if np.isnan(state[c]):
            state[c] = x[0, c]
    for t in range(n_time):
        for c in range(n):
            state[c] += gain[t, c] * (x[t, c] - state[c])
            y[t, c] = state[c]
    return y


@njit(cache=True, nogil=True, error_model="numpy")
def fill_sums(x: Array, n_bands: int, mains_band: int) -> None:
    """Write rms of three axes and the mains' share behind the bands they are made of; no share at rest.

    Columns of `x` (time, n): bands of three axes, three axes, share, and whatever follows.
    """
    first = 3 * n_bands
    for t in range(x.shape[0]):
        whole = 0.0
        mains = 0.0
        for axis in range(3):
            energy = 0.0
            for band in range(n_bands):
                energy += x[t, 3 * band + axis] * x[t, 3 * band + axis]
            x[t, first + axis] = math.sqrt(energy)
            whole += energy
            mains += x[t, 3 * mains_band + axis] * x[t, 3 * mains_band + axis]
        x[t, first + 3] = mains / whole if whole > 0.0 else 0.0
