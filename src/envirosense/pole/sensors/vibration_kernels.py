"""Recurrences and chance of the vibration sensor, one pass over time each."""

import math

import numpy as np
import numpy.typing as npt
from numba import njit

from envirosense.core.protocols import Array

type Singles = npt.NDArray[np.float32]  # normal draws: chance needs no more


@njit(cache=True, nogil=True, error_model="numpy")
def noisy_rms(rms: Array, floor: Array, shape: Array, normals: Singles) -> Array:
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
def line_information(signal_to_noise: float) -> float:
    """Information of a noisy line about its place over that of a clean one, J [1]."""
    c = math.sqrt(1.0 + signal_to_noise)
    return signal_to_noise * signal_to_noise / (c * (1.0 + c) * (1.0 + c) * (1.0 + c))


@njit(cache=True, nogil=True, error_model="numpy")
def swing_information(x: Array, first: int, damping: float, density: float) -> Array:
    """What a second tells about two natural frequencies, (time, 2) [1/(Hz2 s)].

    Columns of `x` (time, n): rms of the modes first, the frequencies from column `first` on.
    """
    y = np.empty((x.shape[0], 2))
    for t in range(x.shape[0]):
        for c in range(2):
            half_width_hz = damping * max(x[t, first + c], 1e-3)
            peak = x[t, c] * x[t, c] / (math.pi * half_width_hz)
            y[t, c] = 2.0 * math.pi / half_width_hz * line_information(peak / (density * density))
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
def fill_sums(x: Array, n_bands: int, mains_band: int, floor: Array, least: float) -> None:
    """Write rms of three axes and the mains' share behind the bands they are made of.

    Columns of `x` (time, n): bands of three axes, three axes, share, and whatever follows. The share is that
    of energies above the noise `floor` (band,) of an axis, in a whole to which the energy `least` is added.
    """
    mains_floor, whole_floor = 3.0 * floor[mains_band], 3.0 * floor.sum()
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
        x[t, first + 3] = max(mains - mains_floor, 0.0) / (max(whole - whole_floor, 0.0) + least)
