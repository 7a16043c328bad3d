"""Repairs of hourly records: missing values, joins between years, calms without direction."""

from typing import Final

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]
type Flags = npt.NDArray[np.bool_]

SHORT_GAP_H: Final = 6  # up to here a straight line is honest  # assumed
ORDINARY_SHARE: Final = 0.99  # of hourly steps are ordinary weather  # assumed
JOIN_REACH_H: Final = 6  # months of different years meet over six hours on each side [TMY3]


def filled(values: Floats, is_missing: Flags, *, by_line: bool = True) -> Floats:
    """A year of hourly values without gaps, (8760,); at least one day's value per hour must exist.

    Short gaps get a straight line; longer ones the same hour of the nearest day that has it,
    which keeps the course of the day.
    """
    if not is_missing.any():
        return values
    known = np.flatnonzero(~is_missing)
    line = np.interp(np.arange(values.size), known, values[known])
    is_short = is_missing & (_gap_length(is_missing) <= SHORT_GAP_H) & by_line
    return np.where(is_short, line, _from_near_days(values, is_missing, line))


def _gap_length(is_missing: Flags) -> npt.NDArray[np.int64]:
    """Length of the run of missing values each hour lies in, (hour,); zero where it is known."""
    starts = np.flatnonzero(is_missing & ~np.append(False, is_missing[:-1]))
    ends = np.flatnonzero(is_missing & ~np.append(is_missing[1:], False)) + 1
    length = np.zeros(is_missing.size, dtype=np.int64)
    for start, end in zip(starts, ends, strict=True):
        length[start:end] = end - start
    return length


def _from_near_days(values: Floats, is_missing: Flags, otherwise: Floats) -> Floats:
    """Missing hours from the nearest day that knows the hour, the year taken as a circle."""
    result = np.where(is_missing, otherwise, values)
    left = is_missing.copy()
    for days in range(1, values.size // 48 + 1):
        for shift in (24 * days, -24 * days):
            usable = left & ~np.roll(is_missing, shift)
            result[usable] = np.roll(values, shift)[usable]
            left &= ~usable
        if not left.any():
            break
    return result


def join_hours(source_year: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """First hours that come from another year than the hour before, the year taken as a circle."""
    return np.flatnonzero(source_year != np.roll(source_year, 1))


def steep_joins(values: Floats, joins: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The joins where the values jump more than 99 % of all hours do.

    Many files come with smooth joins already; smoothing those again would only blur them.
    """
    jumps = np.abs(values - np.roll(values, 1))
    return np.asarray(joins[jumps[joins] > np.quantile(jumps, ORDINARY_SHARE)])


def smoothed_joins(values: Floats, joins: npt.NDArray[np.int64]) -> Floats:
    """Values whose jump at each join is spread over six hours on either side, (8760,).

    Both sides lean towards the middle of the jump, by half of it at the join and nothing at the
    far end, so the weather beyond stays as observed.
    """
    result = values.copy()
    lean = 0.5 * (1.0 - (np.arange(JOIN_REACH_H) + 0.5) / JOIN_REACH_H)
    for join in joins:
        jump = values[join] - values[join - 1]
        before = (join - 1 - np.arange(JOIN_REACH_H)) % values.size
        after = (join + np.arange(JOIN_REACH_H)) % values.size
        result[before] += jump * lean
        result[after] -= jump * lean
    return result


def filled_direction(from_deg: Floats, is_undefined: Flags) -> Floats:
    """Wind directions with calms turned evenly from the last known to the next, (8760,) [deg]."""
    if is_undefined.all():
        return np.zeros_like(from_deg)
    known = np.flatnonzero(~is_undefined)
    turning = np.unwrap(from_deg[known], period=360.0)
    return np.mod(np.interp(np.arange(from_deg.size), known, turning), 360.0)
