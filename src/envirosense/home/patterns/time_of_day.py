"""Habits by the clock: times of the day around which a change gathers, day after day.

The day is a circle; a habit may move along it (drift) and keep to working days or to the weekend.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from envirosense.home.engine.rules import ALL_DAYS, DAY_S
from envirosense.home.patterns.co_occurrence import LEAST_COUNT, LEAST_SHARE, binomial
from envirosense.home.patterns.model import WEEKDAYS, WEEKEND, PatternKind
from envirosense.home.patterns.observed import Bools, Change, Floats, FoundPattern, Times
from envirosense.home.people.lives import DAY_US

MOST_SPREAD_S: Final = 2400.0  # assumed: a habit that is wider than this is no time of the day
_BIN_S: Final = 300.0
_HALF_WIDTH_S: Final = 4500.0  # of the search for the densest part of the day
_REACH: Final = 4.0  # spreads around the middle that belong to it
_LEAST_CONTRAST: Final = 3.0  # changes inside, over those as many minutes beside; assumed
_ROUNDS: Final = 6
_LEAST_SPREAD_S: Final = 20.0
_SPLIT: Final = 0.4  # share on the lesser kind of day over the greater, below which it is left out; assumed


@dataclass(frozen=True, slots=True, eq=False)
class _Cluster:
    """Changes around a line through the days."""

    at_s: float
    drift_s_day: float
    std_s: float
    inside: Bools


def by_clock(
    change: Change, t_us: Times, n_days: int, first_weekday: int
) -> tuple[FoundPattern, float] | None:
    """The habit that most of the changes belong to and the log likelihood of all under it; None for none."""
    if t_us.size < LEAST_COUNT:
        return None
    second, day = t_us / 1e6 % DAY_S, (t_us // DAY_US).astype(np.float64)
    cluster = _cluster(second, day)
    if cluster is None or cluster.std_s > MOST_SPREAD_S or not _stands_out(cluster, second, day):
        return None
    seen = np.unique(day[cluster.inside].astype(np.int64))
    first, last = (int(seen[0]), int(seen[-1]))
    first, last = _whole(first, last, seen.size, n_days)
    alive = np.arange(first, last + 1)
    is_weekend = (alive + first_weekday) % 7 >= 5
    days, counted = _day_type(np.isin(alive, seen), is_weekend)
    n, n_followed = int(counted.sum()), int(np.isin(alive[counted], seen).sum())
    if n_followed < LEAST_COUNT or n_followed < LEAST_SHARE * n:
        return None
    found = FoundPattern(
        PatternKind.TIME_OF_DAY,
        (change,),
        n_followed / n,
        n,
        n_followed,
        _contrast(cluster, second, day),
        at_s=cluster.at_s % DAY_S,
        std_s=cluster.std_s,
        drift_s_day=cluster.drift_s_day,
        days=days,
        first_day=first,
        last_day=last,
    )
    return found, _log_likelihood(cluster, second, day, n, n_followed, n_days * DAY_S)


def _whole(first: int, last: int, n_seen: int, n_days: int) -> tuple[int, int]:
    """Days between which it lives: all of the episode where what is missing at its ends may be chance."""
    mean_gap = (last - first + 1) / n_seen
    slack = 5.0 * mean_gap + 2.0
    return (0 if first <= slack else first), (n_days - 1 if n_days - 1 - last <= slack else last)


def _around(second: Floats, day: Floats, at_s: float, drift_s_day: float) -> Floats:
    """Distance from the line on the circle of the day, (change,) [s]."""
    distance: Floats = (second - at_s - drift_s_day * day + DAY_S / 2) % DAY_S - DAY_S / 2
    return distance


def _cluster(second: Floats, day: Floats) -> _Cluster | None:
    n_bins = round(DAY_S / _BIN_S)
    counts = np.bincount((second / _BIN_S).astype(np.int64) % n_bins, minlength=n_bins).astype(np.float64)
    reach = round(_HALF_WIDTH_S / _BIN_S)
    kernel = 1.0 - np.abs(np.arange(-reach, reach + 1)) / (reach + 1)  # nearer ones count for more
    density = np.convolve(np.concatenate([counts[-reach:], counts, counts[:reach]]), kernel, mode="valid")
    at_s, drift, half = (float(np.argmax(density)) + 0.5) * _BIN_S, 0.0, _HALF_WIDTH_S
    inside = np.zeros(second.size, dtype=bool)
    for _ in range(_ROUNDS):
        distance = _around(second, day, at_s, drift)
        inside = np.abs(distance) <= half
        if inside.sum() < LEAST_COUNT:
            return None
        slope, offset = _line(day[inside], distance[inside])
        at_s, drift = at_s + offset, drift + slope
        rest = _around(second, day, at_s, drift)[inside]
        half = max(_REACH * 1.4826 * float(np.median(np.abs(rest))), 2 * _LEAST_SPREAD_S)
    distance = _around(second, day, at_s, drift)
    inside = np.abs(distance) <= half
    std_s = max(_LEAST_SPREAD_S, float(distance[inside].std())) if inside.any() else _LEAST_SPREAD_S
    return _Cluster(at_s, drift, std_s, inside)


def _line(day: Floats, distance: Floats) -> tuple[float, float]:
    """Slope and offset of the least squares line; the slope is 0 where it is within two standard errors."""
    centre = day.mean()
    spread = float(((day - centre) ** 2).sum())
    mean = float(distance.mean())
    if spread == 0.0 or day.size < 2 * LEAST_COUNT:
        return 0.0, mean
    slope = float(((day - centre) * (distance - mean)).sum()) / spread
    rest = distance - mean - slope * (day - centre)
    error = float(np.sqrt((rest**2).sum() / max(day.size - 2, 1) / spread))
    if abs(slope) < 2.0 * error:
        return 0.0, mean
    return slope, mean - slope * float(centre)


def _contrast(cluster: _Cluster, second: Floats, day: Floats) -> float:
    """Changes inside over those in a band as wide beside it."""
    distance = np.abs(_around(second, day, cluster.at_s, cluster.drift_s_day))
    half = max(float(distance[cluster.inside].max()), _LEAST_SPREAD_S) if cluster.inside.any() else 1.0
    beside = int(((distance > half) & (distance <= 2 * half)).sum())
    return float(cluster.inside.sum()) / max(beside, 0.5)


def _stands_out(cluster: _Cluster, second: Floats, day: Floats) -> bool:
    return bool(cluster.inside.sum() >= LEAST_COUNT) and _contrast(cluster, second, day) >= _LEAST_CONTRAST


def _day_type(is_seen: Bools, is_weekend: Bools) -> tuple[int, Bools]:
    """Kind of day that it keeps to, and the days that count, (day,)."""
    shares = [float(is_seen[mask].mean()) if mask.any() else 0.0 for mask in (~is_weekend, is_weekend)]
    if shares[1] < _SPLIT * shares[0]:
        return WEEKDAYS, ~is_weekend
    if shares[0] < _SPLIT * shares[1]:
        return WEEKEND, is_weekend
    return ALL_DAYS, np.ones(is_weekend.size, dtype=bool)


def _log_likelihood(
    cluster: _Cluster, second: Floats, day: Floats, n: int, n_followed: int, span_s: float
) -> float:
    distance = _around(second, day, cluster.at_s, cluster.drift_s_day)[cluster.inside]
    density = -0.5 * (distance / cluster.std_s) ** 2 - np.log(cluster.std_s * np.sqrt(2 * np.pi))
    rest = second.size - int(cluster.inside.sum())
    background = rest * np.log(rest / span_s) - rest if rest else 0.0
    return float(density.sum()) + binomial(n_followed, n) + background
