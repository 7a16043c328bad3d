"""Times of the day around which a change gathers: peaks of a histogram over the day."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from envirosense.home.detectors.candidate import Candidate, DetectorKind
from envirosense.home.detectors.config import DetectorConfig
from envirosense.home.detectors.pair_counts import Deeds
from envirosense.home.engine.rules import DAY_S
from envirosense.home.patterns.observed import Change, Floats, Times
from envirosense.home.people.lives import DAY_US

_BIN_S: Final = 900.0
_N_BINS: Final = round(DAY_S / _BIN_S)


def times_of_day(deeds: Deeds, config: DetectorConfig) -> tuple[Candidate, ...]:
    """Candidates of every action, the densest time first; its confidence is the share of days with it."""
    n_days = deeds.span_us // DAY_US
    return tuple(
        one
        for action in deeds.actions
        for one in _peaks(action, deeds.times[action], n_days, config)
        if one.occurrences >= config.least_count and one.confidence >= config.least_confidence
    )


def _peaks(action: Change, t_us: Times, n_days: int, config: DetectorConfig) -> Iterator[Candidate]:
    second = t_us / 1e6 % DAY_S
    is_free = np.ones(t_us.size, dtype=bool)
    known: list[float] = []
    for _ in range(config.most_clock_peaks):
        if is_free.sum() < config.least_count:
            return
        at_s = _densest(second[is_free], config.clock_half_s)
        apart_s = around(second, at_s)
        inside = is_free & (np.abs(apart_s) <= config.clock_half_s)
        if not inside.any():
            return
        at_s = float((at_s + np.median(apart_s[inside])) % DAY_S)
        inside = is_free & (np.abs(around(second, at_s)) <= config.clock_half_s)
        is_free &= ~inside
        if any(abs(around(np.array([at_s]), one)[0]) <= config.clock_half_s for one in known):
            return  # what lies to both sides of a time of the day is no other one
        known.append(at_s)
        yield _candidate(action, t_us, inside, at_s, n_days, config)


def _densest(second: Floats, half_s: float) -> float:
    """Middle of the window of the day with the most changes [s]."""
    counts = np.bincount((second / _BIN_S).astype(np.int64) % _N_BINS, minlength=_N_BINS).astype(np.float64)
    reach = round(half_s / _BIN_S)
    kernel = 1.0 - np.abs(np.arange(-reach, reach + 1)) / (reach + 1)  # nearer ones count for more
    density = np.convolve(np.concatenate([counts[-reach:], counts, counts[:reach]]), kernel, mode="valid")
    return (float(np.argmax(density)) + 0.5) * _BIN_S


def around(second: Floats, at_s: float) -> Floats:
    """Distance from a time of the day on its circle, (change,) [s]."""
    apart: Floats = (second - at_s + DAY_S / 2) % DAY_S - DAY_S / 2
    return apart


def _candidate(
    action: Change, t_us: Times, inside: np.ndarray[tuple[int], np.dtype[np.bool_]], at_s: float, n_days: int,
    config: DetectorConfig,
) -> Candidate:  # fmt: skip
    done = t_us[inside]
    nearest_day = np.floor((done / 1e6 - at_s) / DAY_S + 0.5)  # a habit of midnight belongs to one day
    days = int(np.unique(nearest_day).size)
    spread_s = float(around(done / 1e6 % DAY_S, at_s).std())
    share = min(1.0, days / max(n_days, 1))
    chance = -np.expm1(-t_us.size / max(n_days, 1) * 2.0 * config.clock_half_s / DAY_S)
    return Candidate(
        DetectorKind.TIME_OF_DAY,
        (action,),
        share,
        done,
        n_days,
        t_us.size,
        days,
        done.size,
        share / float(chance),
        at_s=at_s,
        clock_spread_s=spread_s,
    )
