"""Loops over ticks and bands of a microphone: one pass each, temporaries would cost more than the sums."""

import numpy as np
import numpy.typing as npt
from numba import njit

from envirosense.core.protocols import Array

type Singles = npt.NDArray[np.float32]  # normal draws: chance needs no more


@njit(cache=True, nogil=True, error_model="numpy")
def weighted_sum(x: Array, weights: Array) -> Array:
    """Sum of the first columns of `x` (time, column) by their weights (band,), (time,)."""
    total = np.zeros(x.shape[0])
    for t in range(x.shape[0]):
        for c in range(weights.shape[0]):
            total[t] += weights[c] * x[t, c]
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def add_noise(x: Array, noise: Array, lines: Array, normals: Singles) -> Array:
    """Signal with noise of mean energies added to its first bands, (time, channel).

    `noise` is (time or 1, band), `lines` (band,) and `normals` (time, band). Sound of energy a and noise of
    mean b have the mean a + b and the variance (b^2 + 2 a b) / lines; the cube-root law of Wilson and
    Hilferty draws from the Gamma law of these two.
    """
    n_time, n_bands = normals.shape
    y = x.copy()
    for t in range(n_time):
        row = t if noise.shape[0] > 1 else 0
        for c in range(n_bands):
            b = noise[row, c]
            mean = x[t, c] + b
            if b > 0.0:
                inverse = b * (2.0 * mean - b) / (9.0 * lines[c] * mean * mean)
                root = max(1.0 - inverse + normals[t, c] * np.sqrt(inverse), 0.0)
                y[t, c] = mean * root * root * root
    return y


@njit(cache=True, nogil=True, error_model="numpy")
def thin_out(y: Array, x: Array, noise: Array, column: int, first: int, stop: int) -> None:
    """Share in `column` of `y`, in place, once noise of mean energies joins bands `first` to `stop`."""
    for t in range(x.shape[0]):
        row = t if noise.shape[0] > 1 else 0
        before, added = 0.0, 0.0
        for c in range(first, min(stop, noise.shape[1])):
            before += x[t, c]
            added += noise[row, c]
        if added > 0.0:
            y[t, column] *= before / (before + added)


@njit(cache=True, nogil=True, error_model="numpy")
def estimate_share(y: Array, normals: Singles, lines: Array, column: int, first: int, stop: int) -> None:
    """Share in `column`, in place, as noise of the bands `first` to `stop` lets one tick tell it.

    `normals` is (time, 2); |share + n| with a complex n of variance 1 / (2 k) in each part, k the number of
    independent lines, (sum E)^2 / sum(E^2 / lines).
    """
    for t in range(y.shape[0]):
        total, squares = 0.0, 0.0
        for c in range(first, stop):
            total += y[t, c]
            squares += y[t, c] * y[t, c] / lines[c]
        sigma = np.sqrt(0.5 * squares) / total
        real, imaginary = y[t, column] + sigma * normals[t, 0], sigma * normals[t, 1]
        y[t, column] = np.sqrt(real * real + imaginary * imaginary)


@njit(cache=True, nogil=True, error_model="numpy")
def rises_db(level_db: Array, slow_db: Array, gain: float) -> Array:
    """Height of levels above their slow course before the tick, (time, level) [dB].

    `slow_db` (level,) moves by `gain` of the height in place, NaN until the first level; it waits where a
    level is missing, and the height there is 0.
    """
    n_time, n_levels = level_db.shape
    rise = np.zeros_like(level_db)
    for t in range(n_time):
        for k in range(n_levels):
            if np.isnan(level_db[t, k]):
                continue
            if np.isnan(slow_db[k]):
                slow_db[k] = level_db[t, k]
            rise[t, k] = level_db[t, k] - slow_db[k]
            slow_db[k] += gain * rise[t, k]
    return rise
