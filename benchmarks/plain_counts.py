"""The compiled loops of sensors that count particles, drops and strikes again, in NumPy and SciPy."""

import math

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array
from envirosense.pole.sensors.counting_kernels import FEW

type Counts = npt.NDArray[np.int64]


def weigh(mass: Array, place: Array, table: Array) -> Array:
    """Sum over aerosols of mass (time, aerosol) times the table between its nodes, (time, column)."""
    node = np.minimum(place.astype(np.int64), len(table) - 2)
    share = (place - node)[:, None]
    y = np.zeros((len(mass), table.shape[2]))
    for a in np.flatnonzero(mass.any(axis=0)):
        own = table[:, a]
        y += mass[:, a : a + 1] * ((1.0 - share) * own[node] + share * own[node + 1])
    return y


def _poisson_of_normal(expected: Array, z: Array) -> Array:
    """Poisson counts at the quantiles of standard normal draws, any shape."""
    from scipy.special import ndtr

    mean = np.maximum(expected, 0.0)
    y = np.maximum(mean + np.sqrt(mean) * z + (z * z - 1.0) / 6.0, 0.0)
    few = mean < FEW
    y[few] = poisson(mean[few], ndtr(z[few]))
    return y


def poisson(mean: Array, uniform: Array) -> Array:
    """Poisson counts, (time,), by inversion."""
    count, mass = np.zeros_like(mean), np.exp(-mean)
    below, k = mass.copy(), 0
    while (above := uniform >= below).any() and k < 1000:
        k += 1
        count += above
        mass = mass * mean / k
        below += mass
    return count


def poisson_counts(expected: Array, noise: Array) -> Array:
    """Poisson counts at the quantiles of normal draws, (time,)."""
    return _poisson_of_normal(expected, noise)


def counted(x: Array, noise: Array, volume_cm3: float, volumes_um3: Array, middles_um: Array) -> Array:
    """Channels as counted in a sampled volume, (time, channel)."""
    here = np.diff(x[:, 4:9], axis=1, prepend=0.0)
    expected = here * volume_cm3
    counts = _poisson_of_normal(expected, noise)
    ratio = np.divide(counts, expected, out=np.ones_like(counts), where=expected > 0.0)
    seen = here * ratio
    y = np.empty_like(x)
    y[:, 4:9] = np.cumsum(seen, axis=1)
    first, second = here[:, 0] * volumes_um3[0], here[:, 1] * volumes_um3[1]
    both = first + second
    share = np.divide(first, both, out=np.full_like(both, 0.5), where=both > 0.0)
    mass = np.diff(x[:, :4], axis=1, prepend=0.0)
    mass[:, 0] *= share * ratio[:, 0] + (1.0 - share) * ratio[:, 1]
    mass[:, 1:] *= ratio[:, 2:5]
    y[:, :4] = np.cumsum(mass, axis=1)
    before, after, number = here @ middles_um, seen @ middles_um, y[:, 8]
    with np.errstate(divide="ignore", invalid="ignore"):
        changed = np.where((number > 0.0) & (before > 0.0), after / number * x[:, 8] / before, 1.0)
    y[:, 9] = x[:, 9] * changed
    return y


def noticed_drops(
    rain_mm_h: Array, per_s_of_slope: float, slope: Array, least_mm: float, dead_s: float
) -> Array:
    """Drops noticed a second, and mean [mm3] and mean square [mm6] of their volume, (time, 3)."""
    y = np.zeros((rain_mm_h.size, 3))
    raining = rain_mm_h > 0.0
    rate = rain_mm_h[raining]
    per_mm = slope[0] * rate ** slope[1]
    a, cubed = per_mm * least_mm, per_mm**3
    falling = per_s_of_slope * rate * cubed * np.exp(-a)
    terms = [a**k / math.factorial(k) for k in range(7)]
    mean = math.pi / cubed
    y[raining] = np.column_stack(
        [falling / (1.0 + falling * dead_s), mean * sum(terms[:4]), 20.0 * mean * mean * sum(terms)]
    )
    return y


def drop_water(drops: Array, dt_s: float, noise: Array) -> Array:
    """Water of the drops that come in each tick, (time,) [mm3]."""
    y = np.zeros(len(drops))
    n_drops = _poisson_of_normal(drops[:, 0] * dt_s, noise[:, 0])
    wet = n_drops > 0.0
    mean, square = drops[wet, 1], drops[wet, 2]
    variance = np.log1p((square / (mean * mean) - 1.0) / n_drops[wet])
    y[wet] = n_drops[wet] * mean * np.exp(np.sqrt(variance) * noise[wet, 1] - 0.5 * variance)
    return y


def reported(x: Array, before: int, n_mean: int, reports: npt.NDArray[np.bool_], last: Array) -> Array:
    """Mean of the last `n_mean` ticks where there is a report, the last one elsewhere, (time,)."""
    total = np.concatenate([[0.0], np.cumsum(x)])
    stop = before + 1 + np.arange(reports.size)
    first = np.maximum(stop - n_mean, 0)
    mean = (total[stop] - total[first]) / (stop - first)
    due = reports.copy()
    due[0] |= np.isnan(last[0])
    place = np.maximum.accumulate(np.where(due, np.arange(due.size), -1))
    y = np.where(place >= 0, mean[place], last[0])
    last[0] = y[-1]
    return y


def binomial(n: Array, p: Array, uniform: Array) -> Array:
    """Binomial counts of n trials of probability p, (time,), by inversion."""
    from scipy.special import bdtr

    count = np.where(p >= 1.0, n, 0.0)
    some = (n > 0.0) & (p < 1.0)
    for k in range(int(n[some].max(initial=0.0))):
        count[some] += uniform[some] >= bdtr(float(k), n[some].astype(np.int64), p[some])
    return np.minimum(count, n)


def follow_storm(
    events: Array,
    log_km: Array,
    t_s: Array,
    scale_log_km: Array,
    limits: Array,
    kept_s: Array,
    kept_log_km: Array,
    kept_events: Array,
    place: Counts,
) -> tuple[Array, Counts]:
    """Events reported, and the step of the scale that the storm is thought to be at, (time,) each."""
    far = scale_log_km.size
    reported_events, step = np.zeros_like(events), np.empty(events.size, np.int64)
    for t, n in enumerate(events.tolist()):
        if n > 0.0:
            row = place[0]
            kept_s[row], kept_log_km[row], kept_events[row] = t_s[t], log_km[t], n
            place[0] = (row + 1) % kept_s.size
        elif place[1] == far:
            step[t:] = far
            continue
        total = kept_events[kept_s > t_s[t] - limits[1]].sum()
        if total == 0.0:
            place[1] = far
        elif n > 0.0 and total >= limits[2]:
            reported_events[t] = n
            middle = np.median(kept_log_km[kept_s > t_s[t] - limits[0]])
            target = int(np.argmin(np.abs(scale_log_km - middle)))
            reach = int(limits[3] * n)
            moved = place[1] + min(max(target - place[1], -reach), reach)
            place[1] = target if place[1] == far else moved
        step[t] = place[1]
    return reported_events, step


def count_up(events: Array, energy: Array, disturbers: Array, reports: Array, state: Array) -> None:
    """Turn events and disturbers of a tick into those since the report before, in place."""
    begins = np.concatenate([[0], np.flatnonzero(reports[:-1] > 0.0) + 1])
    last = np.maximum.accumulate(np.where(events > 0.0, np.arange(events.size), -1))
    start = np.repeat(begins, np.diff([*begins, events.size]))
    held = np.where(start == 0, state[1], 0.0)
    energy[:] = np.where(last >= start, energy[last], held)
    for values, carried in ((events, state[0]), (disturbers, state[2])):
        total = np.concatenate([[0.0], np.cumsum(values)])
        values[:] = total[1:] - total[start] + np.where(start == 0, carried, 0.0)
    kept = reports[-1] == 0.0
    state[:] = events[-1] * kept, energy[-1] * kept, disturbers[-1] * kept
