"""Compiled sum of puffs at a receptor."""

import math

import numpy as np
import numpy.typing as npt
from numba import njit

type _Array = npt.NDArray[np.float64]

_REACH2 = 36.0  # squared distance over squared width beyond which a puff is skipped: exponent 18
_NORMAL = (2.0 * math.pi) ** 1.5


@njit(cache=True, nogil=True, error_model="numpy")
def _longest_step(path_m: _Array) -> float:
    """Longest horizontal step of a path [m]."""
    longest2 = 0.0
    for i in range(1, path_m.shape[0]):
        x, y = path_m[i, 0] - path_m[i - 1, 0], path_m[i, 1] - path_m[i - 1, 1]
        longest2 = max(longest2, x * x + y * y)
    return math.sqrt(longest2)


@njit(cache=True, nogil=True, error_model="numpy")
def _moved_m(path_m: _Array, now: int, old: int, f: float, axis: int) -> float:
    """How far the air has gone since a share f of the tick after `old` [m]."""
    start = path_m[old, axis] + f * (path_m[old + 1, axis] - path_m[old, axis])
    return float(path_m[now, axis] - start)


@njit(cache=True, nogil=True, error_model="numpy")
def _unit_puff(
    mean_path_m: _Array,
    eddy_path_m: _Array,
    release_m: _Array,
    table: _Array,
    receptor_m: _Array,
    now: int,
    age: int,
    f: float,
    per_tick: int,
) -> float:
    """Concentration of one puff of unit mass, f of a tick younger than its age in ticks [1/m3]."""
    old = now - age
    place = (age - f) * per_tick
    row = int(place)
    part = place - row
    width = table[row, 0] + part * (table[row + 1, 0] - table[row, 0])
    factor = table[row, 2] + part * (table[row + 1, 2] - table[row, 2])
    x = _moved_m(mean_path_m, now, old, f, 0) + factor * _moved_m(eddy_path_m, now, old, f, 0) - receptor_m[0]
    y = _moved_m(mean_path_m, now, old, f, 1) + factor * _moved_m(eddy_path_m, now, old, f, 1) - receptor_m[1]
    horizontal = (x * x + y * y) / (width * width)
    if horizontal > _REACH2:
        return 0.0
    width_z = table[row, 1] + part * (table[row + 1, 1] - table[row, 1])
    factor_z = table[row, 3] + part * (table[row + 1, 3] - table[row, 3])
    centre = release_m[old] + f * (release_m[old + 1] - release_m[old])
    centre += factor_z * _moved_m(eddy_path_m, now, old, f, 2)
    above, below = (receptor_m[2] - centre) / width_z, (receptor_m[2] + centre) / width_z
    vertical = math.exp(-0.5 * above * above) + math.exp(-0.5 * below * below)
    return float(math.exp(-0.5 * horizontal) * vertical / (_NORMAL * width * width * width_z))


@njit(cache=True, nogil=True, error_model="numpy")
def puff_sum(
    mean_path_m: _Array,
    eddy_path_m: _Array,
    weights: _Array,
    release_m: _Array,
    growth: _Array,
    per_tick: int,
    block: npt.NDArray[np.int64],
    parts: npt.NDArray[np.int64],
    receptor_m: _Array,
    dt_s: float,
    n_before: int,
) -> _Array:
    """Concentrations, (time, weight + 1); the last column is the sum of concentration of the first times age.

    Args:
        mean_path_m: Where the mean wind has carried the air, (before + time, 2).
        eddy_path_m: The same for the eddies, (before + time, 3).
        weights: Rates at which each gas leaves, (before + time, weight).
        release_m: Height of the puff's mean axis by release tick, (before + time,).
        growth: Width across, width up, wander factors across and up, (block, age, 4).
        per_tick: Ages of `growth` in a tick; between them lie straight lines.
        block: Row of `growth` for each release tick, (before + time,).
        parts: Puffs released within each age tick, (age tick,); entry 0 is unused.
        receptor_m: Receptor seen from the source horizontally, and its height.
        dt_s: Tick.
        n_before: Ticks before the first answer.
    """
    n_species = weights.shape[1]
    n_out = mean_path_m.shape[0] - n_before
    out = np.zeros((n_out, n_species + 1))
    stride_mean, stride_eddy = _longest_step(mean_path_m), _longest_step(eddy_path_m)
    for t in range(n_out):
        now = t + n_before
        for k in range(1, parts.size):
            old = now - k
            table = growth[block[old]]
            factor = table[k * per_tick, 2]
            # parts of a tick stand within a step of its oldest; the factor changes by less than another
            reach = 6.0 * table[k * per_tick, 0] + 2.0 * (stride_mean + factor * stride_eddy)
            x = mean_path_m[now, 0] - mean_path_m[old, 0]
            x += factor * (eddy_path_m[now, 0] - eddy_path_m[old, 0]) - receptor_m[0]
            if abs(x) > reach:
                continue
            y = mean_path_m[now, 1] - mean_path_m[old, 1]
            y += factor * (eddy_path_m[now, 1] - eddy_path_m[old, 1]) - receptor_m[1]
            if abs(y) > reach:
                continue
            for part in range(parts[k]):
                f = (part + 0.5) / parts[k]  # 0 at the older end
                puff = _unit_puff(mean_path_m, eddy_path_m, release_m, table, receptor_m, now, k, f, per_tick)
                if puff > 0.0:
                    puff *= dt_s / parts[k]
                    for s in range(n_species):
                        out[t, s] += puff * (weights[old, s] + f * (weights[old + 1, s] - weights[old, s]))
                    first = weights[old, 0] + f * (weights[old + 1, 0] - weights[old, 0])
                    out[t, n_species] += puff * first * (k - f) * dt_s
    return out
