"""The compiled loops of the vibration sensor again, in NumPy."""

import numpy as np
from plain_recurrences import follow, tracker_gain

from envirosense.core.protocols import Array

__all__ = ["fill_sums", "follow", "noisy_rms", "swing_information", "tracker_gain"]


def noisy_rms(rms: Array, floor: Array, shape: Array, normals: Array) -> Array:
    """Rms of motion and noise together, (time, n)."""
    energy = rms * rms
    mean = energy + floor
    with np.errstate(divide="ignore", invalid="ignore"):
        x = floor * (mean + energy) / (9.0 * shape * mean * mean)
    root = np.maximum(1.0 - x + normals[:, : rms.shape[1]] * np.sqrt(x), 0.0)
    return np.sqrt(np.where(floor > 0.0, mean * (root * root * root), mean))


def swing_information(x: Array, first: int, damping: float, density: float) -> Array:
    """What a second tells about two natural frequencies, (time, 2) [1/(Hz2 s)]."""
    half_width_hz = damping * np.maximum(x[:, first : first + 2], 1e-3)
    ratio = x[:, :2] ** 2 / (np.pi * half_width_hz) / (density * density)
    c = np.sqrt(1.0 + ratio)
    return 2.0 * np.pi / half_width_hz * (ratio * ratio / (c * (1.0 + c) ** 3))


def fill_sums(x: Array, n_bands: int, mains_band: int, floor: Array, least: float) -> None:
    """Write rms of three axes and the mains' share behind the bands they are made of."""
    first = 3 * n_bands
    energy = (x[:, :first] ** 2).reshape(len(x), n_bands, 3)
    axes = energy.sum(axis=1)
    whole = np.maximum(axes.sum(axis=1) - 3.0 * floor.sum(), 0.0)
    mains = np.maximum(energy[:, mains_band].sum(axis=1) - 3.0 * floor[mains_band], 0.0)
    x[:, first : first + 3] = np.sqrt(axes)
    x[:, first + 3] = mains / (whole + least)
