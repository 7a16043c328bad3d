"""Compiled sum of puffs at a receptor."""

import math

import numpy as np
import numpy.typing as npt
from numba import njit

_REACH2 = 36.0  # squared distance over squared width beyond which a puff is skipped: exponent 18


@njit(cache=True, nogil=True, error_model="numpy")
def _longest_step(path_m: npt.NDArray[np.float64]) -> float:
    """Longest horizontal step of a path [m]."""
    longest2 = 0.0
    for i in range(1, path_m.shape[0]):
        x, y = path_m[i, 0] - path_m[i - 1, 0], path_m[i, 1] - path_m[i - 1, 1]
        longest2 = max(longest2, x * x + y * y)
    return math.sqrt(longest2)


@njit(cache=True, nogil=True, error_model="numpy")
def puff_sum(
    mean_path_m: npt.NDArray[np.float64],
    eddy_path_m: npt.NDArray[np.float64],
    weights: npt.NDArray[np.float64],
    release_m: npt.NDArray[np.float64],
    growth: npt.NDArray[np.float64],
    block: npt.NDArray[np.int64],
    parts: npt.NDArray[np.int64],
    receptor_m: npt.NDArray[np.float64],
    dt_s: float,
    n_before: int,
) -> npt.NDArray[np.float64]:
    """Concentrations, (time, weight + 1); the last column is the sum of concentration of the first times age.

    Args:
        mean_path_m: Where the mean wind has carried the air, (before + time, 2).
        eddy_path_m: The same for the eddies, (before + time, 3).
        weights: Rates at which each gas leaves, (before + time, weight).
        release_m: Height of the puff's mean axis by release tick, (before + time,).
        growth: Width across, width up, wander factors across and up, (block, age tick, 4).
        block: Row of `growth` for each release tick, (before + time,).
        parts: Puffs released within each age tick, (age tick,); entry 0 is unused.
        receptor_m: Receptor seen from the source horizontally, and its height.
        dt_s: Tick.
        n_before: Ticks before the first answer.
    """
    n_species = weights.shape[1]
    n_out = mean_path_m.shape[0] - n_before
    out = np.zeros((n_out, n_species + 1))
    n_ages = parts.size
    east, north, up = receptor_m[0], receptor_m[1], receptor_m[2]
    normal = (2.0 * math.pi) ** 1.5
    stride_mean, stride_eddy = _longest_step(mean_path_m), _longest_step(eddy_path_m)
    for t in range(n_out):
        now = t + n_before
        for k in range(1, n_ages):
            old, young = now - k, now - k + 1
            table = growth[block[old]]
            lam = table[k, 2]
            # parts of this tick stand within a step of its oldest; the factor changes by less than another
            reach = 6.0 * table[k, 0] + 2.0 * (stride_mean + lam * stride_eddy)
            x = mean_path_m[now, 0] - mean_path_m[old, 0]
            x += lam * (eddy_path_m[now, 0] - eddy_path_m[old, 0]) - east
            if abs(x) > reach:
                continue
            y = mean_path_m[now, 1] - mean_path_m[old, 1]
            y += lam * (eddy_path_m[now, 1] - eddy_path_m[old, 1]) - north
            if abs(y) > reach:
                continue
            n_parts = parts[k]
            for part in range(n_parts):
                f = (part + 0.5) / n_parts  # 0 at the older end
                width_y = table[k, 0] + f * (table[k - 1, 0] - table[k, 0])
                lam_h = table[k, 2] + f * (table[k - 1, 2] - table[k, 2])
                x = (
                    mean_path_m[now, 0]
                    - mean_path_m[old, 0]
                    - f * (mean_path_m[young, 0] - mean_path_m[old, 0])
                    - east
                )
                x += lam_h * (
                    eddy_path_m[now, 0]
                    - eddy_path_m[old, 0]
                    - f * (eddy_path_m[young, 0] - eddy_path_m[old, 0])
                )
                y = (
                    mean_path_m[now, 1]
                    - mean_path_m[old, 1]
                    - f * (mean_path_m[young, 1] - mean_path_m[old, 1])
                    - north
                )
                y += lam_h * (
                    eddy_path_m[now, 1]
                    - eddy_path_m[old, 1]
                    - f * (eddy_path_m[young, 1] - eddy_path_m[old, 1])
                )
                horizontal = (x * x + y * y) / (width_y * width_y)
                if horizontal > _REACH2:
                    continue
                width_z = table[k, 1] + f * (table[k - 1, 1] - table[k, 1])
                lam_z = table[k, 3] + f * (table[k - 1, 3] - table[k, 3])
                centre = release_m[old] + f * (release_m[young] - release_m[old])
                centre += lam_z * (
                    eddy_path_m[now, 2]
                    - eddy_path_m[old, 2]
                    - f * (eddy_path_m[young, 2] - eddy_path_m[old, 2])
                )
                above, below = (up - centre) / width_z, (up + centre) / width_z
                vertical = math.exp(-0.5 * above * above) + math.exp(-0.5 * below * below)
                puff = math.exp(-0.5 * horizontal) * vertical
                puff *= dt_s / (n_parts * normal * width_y * width_y * width_z)
                for s in range(n_species):
                    out[t, s] += puff * (weights[old, s] + f * (weights[young, s] - weights[old, s]))
                first = weights[old, 0] + f * (weights[young, 0] - weights[old, 0])
                out[t, n_species] += puff * first * (k - f) * dt_s
    return out
