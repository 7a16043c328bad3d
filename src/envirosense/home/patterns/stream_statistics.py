"""What a stream of events looks like in numbers: burstiness, gaps, days, hours, order of the sensors.

A published home that could be looked at tells when a sensor goes on, and not when it goes off again:
`activations` is that stream.

Independent Poisson devices give burstiness 0, a coefficient of variation and a Fano factor of 1, and no
information from one sensor about the next; real homes lie far from that.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.home.log import EventKind, EventLog
from envirosense.home.model import Home

type Times = npt.NDArray[np.int64]
type Ints = npt.NDArray[np.integer]
type Floats = npt.NDArray[np.float64]

HOUR_US: Final = 3_600_000_000
DAY_US: Final = 24 * HOUR_US
N_HOURS: Final = 24
SATURDAY: Final = 5  # 0 is Monday
NEIGHBOURS: Final = ((0, 1), (1, 2), (2, 3), (3, 4))  # pairs of working days beside each other
SENSORS: Final = ("binary_sensor", "light", "switch")  # domains that are off or on


def activations(log: EventLog, home: Home) -> tuple[Times, npt.NDArray[np.int64]]:
    """When a binary sensor, light or switch goes on, and its entity, (activation,) each."""
    is_sensor = np.array([one.domain in SENSORS for one in home.entities])
    rows = (log.kind == EventKind.STATE_CHANGED) & (log.code == 1) & is_sensor[log.entity]
    return log.t_us[rows], log.entity[rows].astype(np.int64)


def gap_cv(t_us: Times) -> float:
    """Standard deviation of the gaps between events over their mean; NaN below two gaps."""
    gaps = np.diff(t_us).astype(np.float64)
    return float(gaps.std() / gaps.mean()) if gaps.size > 1 and gaps.any() else float("nan")


def burstiness(t_us: Times) -> float:
    """(s - m) / (s + m) of the gaps: -1 for a clock, 0 for Poisson, near 1 for bursts [Goh2008]."""
    cv = gap_cv(t_us)
    return (cv - 1.0) / (cv + 1.0)


def daily_counts(t_us: Times, n_days: int) -> npt.NDArray[np.int64]:
    """Events of each day, (day,)."""
    return np.bincount(t_us // DAY_US, minlength=n_days)[:n_days]


def daily_fano(t_us: Times, n_days: int) -> float:
    """Variance of the daily counts over their mean, 1 for a Poisson stream; NaN without events."""
    counts = daily_counts(t_us, n_days)
    return float(counts.var(ddof=1) / counts.mean()) if n_days > 1 and counts.any() else float("nan")


def hour_counts(t_us: Times) -> npt.NDArray[np.int64]:
    """Events of each hour of the local day, (hour,)."""
    return np.bincount(t_us % DAY_US // HOUR_US, minlength=N_HOURS)


def hour_entropy_bits(t_us: Times) -> float:
    """Entropy of the hour of the day [bit]; log2(24) = 4.585 for an even stream."""
    return _entropy_bits(hour_counts(t_us))


def hour_chi_square(t_us: Times) -> float:
    """Pearson's chi-square of the hours of the day against an even day, 23 degrees of freedom."""
    counts = hour_counts(t_us)
    expected = counts.sum() / N_HOURS
    return float(((counts - expected) ** 2).sum() / expected) if expected else float("nan")


def successive_information_bits(sensor: Ints) -> float:
    """Mutual information of an event's sensor and the next one's, plug-in estimate [bit]."""
    names, code = np.unique(sensor, return_inverse=True)
    if code.size < 2:
        return float("nan")
    pairs = np.bincount(code[:-1] * names.size + code[1:], minlength=names.size**2)
    table = pairs.reshape(names.size, names.size)
    return _entropy_bits(table.sum(axis=0)) + _entropy_bits(table.sum(axis=1)) - _entropy_bits(table)


def weekday_difference(t_us: Times, n_days: int, first_weekday: int) -> float:
    """How many times farther the weekend lies from the working days than a pair of these from the others.

    The distance of two groups of days is half the sum of the absolute differences of their mean counts by
    the hour, over the mean count of a day. About 1 where the days of the week are alike. NaN below a week.
    """
    whole = n_days // 7 * 7
    kept = t_us[t_us < whole * DAY_US]
    if not kept.size:
        return float("nan")
    weekday = (kept // DAY_US + first_weekday) % 7
    cells = np.bincount(weekday * N_HOURS + kept % DAY_US // HOUR_US, minlength=7 * N_HOURS)
    profile = cells.reshape(7, N_HOURS) / (whole // 7)
    working = set(range(SATURDAY))
    apart = [_distance(profile, pair, tuple(working - set(pair))) for pair in NEIGHBOURS]
    weekend = _distance(profile, (SATURDAY, SATURDAY + 1), tuple(working))
    return weekend / float(np.mean(apart)) if any(apart) else float("nan")


def _distance(profile: Floats, some: tuple[int, ...], others: tuple[int, ...]) -> float:
    one, other = profile[list(some)].mean(axis=0), profile[list(others)].mean(axis=0)
    total = one.sum() + other.sum()
    return float(np.abs(one - other).sum() / total) if total else 0.0


def _entropy_bits(counts: npt.NDArray[np.int64]) -> float:
    share = counts[counts > 0] / counts.sum()
    return float(-(share * np.log2(share)).sum())
