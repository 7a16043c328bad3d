"""The compiled loops of the vibration sensor again, in NumPy."""

import numpy as np
from plain_recurrences import follow, tracker_gain

from envirosense.core.protocols import Array

__all__ = ["fill_sums", "follow", "noisy_rms", "tracker_gain"]


def noisy_rms(rms: Array, floor: Array, shape: Array, normals: Array) -> Array:
    """Rms of motion and noise together, (time, n)."""
    energy = rms * rms
    mean = energy + floor
    with np.errstate(divide="ignore", invalid="ignore"):
        x = floor * (mean + energy) / (9.0 * shape * mean * mean)
    root = np.maximum(1.0 - x + normals[:, : rms.shape[1]] * np.sqrt(x), 0.0)
    return np.sqrt(np.where(floor > 0.0, mean * (root * root * root), mean))


def fill_sums(x: Array, n_bands: int, mains_band: int) -> None:
    """Write rms of three axes and the mains' share behind the bands they are made of."""
    first = 3 * n_bands
    energy = (x[:, :first] ** 2).reshape(len(x), n_bands, 3)
    axes = energy.sum(axis=1)
    whole, mains = axes.sum(axis=1), energy[:, mains_band].sum(axis=1)
    x[:, first : first + 3] = np.sqrt(axes)
    x[:, first + 3] = np.divide(mains, whole, out=np.zeros_like(whole), where=whole > 0.0)
