"""Compiled sums and draws of sensors that count: particles in a beam, drops on a membrane."""

import math

import numpy as np
import numpy.typing as npt
from numba import njit

from envirosense.core.protocols import Array

FEW = 12.0  # counts from which a normal draw with the right skew stands for a Poisson one


@njit(cache=True, nogil=True, error_model="numpy")
def weigh(mass: Array, place: Array, table: Array) -> Array:
    """Sum over aerosols of mass (time, aerosol) times the table (node, aerosol, column) at each place.

    Straight lines between nodes; (time, column).
    """
    n_time, n_aerosols = mass.shape
    n_nodes, _, n_columns = table.shape
    y = np.zeros((n_time, n_columns))
    for t in range(n_time):
        node = min(int(place[t]), n_nodes - 2)
        share = place[t] - node
        for a in range(n_aerosols):
            if mass[t, a] == 0.0:
                continue
            low, high = mass[t, a] * (1.0 - share), mass[t, a] * share
            for c in range(n_columns):
                y[t, c] += low * table[node, a, c] + high * table[node + 1, a, c]
    return y


@njit(cache=True, nogil=True, error_model="numpy")
def poisson_of_normal(expected: float, z: float) -> float:
    """Count of a Poisson law at the quantile of a standard normal draw."""
    if expected <= 0.0 or (expected < 0.02 and z < 2.0):  # 98 % and more of such counts are zero
        return 0.0
    if expected >= FEW:  # Cornish-Fisher to the skew
        return max(expected + math.sqrt(expected) * z + (z * z - 1.0) / 6.0, 0.0)
    quantile = 0.5 * math.erfc(-z / math.sqrt(2.0))
    chance = math.exp(-expected)
    reached = chance
    count = 0
    while reached < quantile and count < 1000:
        count += 1
        chance *= expected / count
        reached += chance
    return float(count)


@njit(cache=True, nogil=True, error_model="numpy")
def counted(x: Array, noise: Array, volume_cm3: float, volumes_um3: Array, middles_um: Array) -> Array:
    """Channels as counted in a sampled volume, (time, channel), by normal draws (time, bin).

    Channels are masses below 4 cuts, numbers in 5 bins summed up, and the mean diameter; `volumes_um3` and
    `middles_um` are of a particle of each bin. The least mass channel holds two bins, shared out by volume.
    """
    y = np.empty_like(x)
    ratio = np.empty(middles_um.size)  # counted over expected
    for t in range(x.shape[0]):
        number, moment, moment_before, below = 0.0, 0.0, 0.0, 0.0
        for b in range(middles_um.size):
            here = x[t, 4 + b] - below
            below = x[t, 4 + b]
            expected = here * volume_cm3
            ratio[b] = poisson_of_normal(expected, noise[t, b]) / expected if expected > 0.0 else 1.0
            number += here * ratio[b]
            moment += here * ratio[b] * middles_um[b]
            moment_before += here * middles_um[b]
            y[t, 4 + b] = number
        first = x[t, 4] * volumes_um3[0]
        second = (x[t, 5] - x[t, 4]) * volumes_um3[1]
        share = first / (first + second) if first + second > 0.0 else 0.5
        mass = x[t, 0] * (share * ratio[0] + (1.0 - share) * ratio[1])
        y[t, 0] = mass
        for c in range(1, 4):
            mass += (x[t, c] - x[t, c - 1]) * ratio[c + 1]
            y[t, c] = mass
        changed = 1.0
        if number > 0.0 and moment_before > 0.0:
            changed = moment / number * below / moment_before
        y[t, 9] = x[t, 9] * changed
    return y


@njit(cache=True, nogil=True, error_model="numpy")
def noticed_drops(
    rain_mm_h: Array, per_s_of_slope: float, slope: Array, least_mm: float, dead_s: float
) -> Array:
    """Drops noticed a second, and mean [mm3] and mean square [mm6] of their volume, (time, 3).

    Diameters are exponential, of `slope` [0] R^[1] per mm, and cut off at the least; with a = slope * least
    moments of order p are those of all drops times the sum of a^k / k! up to k = p. `per_s_of_slope` times
    rate times slope cubed is how many fall a second.
    """
    y = np.zeros((rain_mm_h.size, 3))
    for t in range(rain_mm_h.size):
        rate = rain_mm_h[t]
        if rate <= 0.0:
            continue
        per_mm = slope[0] * rate ** slope[1]
        cubed = per_mm * per_mm * per_mm
        a = per_mm * least_mm
        falling = per_s_of_slope * rate * cubed * math.exp(-a)
        third = 1.0 + a * (1.0 + a / 2.0 * (1.0 + a / 3.0))
        sixth = third + a * a * a * a / 24.0 * (1.0 + a / 5.0 * (1.0 + a / 6.0))
        mean = math.pi / cubed
        y[t, 0] = falling / (1.0 + falling * dead_s)
        y[t, 1] = mean * third
        y[t, 2] = 20.0 * mean * mean * sixth
    return y


@njit(cache=True, nogil=True, error_model="numpy")
def drop_water(drops: Array, dt_s: float, noise: Array) -> Array:
    """Water of the drops that come in each tick, (time,) [mm3], by two normal draws a tick.

    Poisson in number; the water of so many is lognormal with the mean and variance of their sum.
    """
    y = np.zeros(drops.shape[0])
    for t in range(y.size):
        n_drops = poisson_of_normal(drops[t, 0] * dt_s, noise[t, 0])
        if n_drops > 0.0:
            mean = drops[t, 1]
            ln_variance = math.log1p((drops[t, 2] / (mean * mean) - 1.0) / n_drops)
            y[t] = n_drops * mean * math.exp(math.sqrt(ln_variance) * noise[t, 1] - 0.5 * ln_variance)
    return y


@njit(cache=True, nogil=True, error_model="numpy")
def poisson_counts(expected: Array, noise: Array) -> Array:
    """Poisson counts of expected ones at the quantiles of normal draws, (time,)."""
    y = np.empty_like(expected)
    for t in range(expected.size):
        y[t] = poisson_of_normal(expected[t], noise[t])
    return y


@njit(cache=True, nogil=True, error_model="numpy")
def reported(x: Array, before: int, n_mean: int, reports: npt.NDArray[np.bool_], last: Array) -> Array:
    """Mean of the last `n_mean` ticks where there is a report, the last one elsewhere, (time,).

    `x` begins `before` ticks earlier than the result; `last` (1,) is advanced in place.
    """
    y = np.empty(reports.size)
    for t in range(reports.size):
        if reports[t] or np.isnan(last[0]):
            stop = before + t + 1
            first = max(stop - n_mean, 0)
            total = 0.0
            for i in range(first, stop):
                total += x[i]
            last[0] = total / (stop - first)
        y[t] = last[0]
    return y
