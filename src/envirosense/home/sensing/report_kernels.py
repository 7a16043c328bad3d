"""Compiled sensor of a number: a slow truth and sudden levels in, reports out."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

CAUSE_TICKS: Final = 2  # after which a change is no longer laid to the last switch

type Float32s = npt.NDArray[np.float32]
type Floats = npt.NDArray[np.float64]
type Times = npt.NDArray[np.int64]


class ReportRule(NamedTuple):
    """How one sensor reads and when it tells.

    Attributes:
        start_us, tick_us: When it reads first, and how often.
        keep: Part of the way to the truth that is left after a tick: the sensor's own slowness.
        gain, bias: Reading of a true value.
        noise, noise_share: Standard deviation of a reading, and what is added in proportion to it.
        low, high: Ends of its range.
        quantum: Step of the values that it tells.
        change, change_share: Least change that is told at once, and that in proportion to the last.
        interval_us: Time after which any change is told.
        gap_us: Least time between two reports.
    """

    start_us: int
    tick_us: int
    keep: float
    gain: float
    bias: float
    noise: float
    noise_share: float
    low: float
    high: float
    quantum: float
    change: float
    change_share: float
    interval_us: int
    gap_us: int


class Levels(NamedTuple):
    """What is added to the slow truth from a moment on, and is told at once, (edge,) each.

    Attributes:
        t_us: When.
        level: The new level.
        row: Event that it follows from, -1 for none.
        delay_us: Time until the sensor tells.
    """

    t_us: Times
    level: Floats
    row: Times
    delay_us: Times


@njit(cache=True, nogil=True, error_model="numpy")
def reports(
    slow: Float32s, normals: Float32s, levels: Levels, rule: ReportRule
) -> tuple[Times, Float32s, Times]:
    """Times, values and causes of the reports, (report,) each; two in a row are never equal.

    `slow` and `normals` are (tick,). The first reading is told.
    """
    n, n_edges = slow.size, levels.t_us.size
    times, values = np.empty(n + n_edges, dtype=np.int64), np.empty(n + n_edges, dtype=np.float32)
    rows = np.empty(n + n_edges, dtype=np.int64)
    found, edge, row, switched_us = 0, 0, -1, 0
    level, smooth = 0.0, float(slow[0]) if n else 0.0
    for i in range(n):
        t_us = rule.start_us + i * rule.tick_us
        while edge < n_edges and levels.t_us[edge] <= t_us:
            level, row, switched_us = levels.level[edge], levels.row[edge], levels.t_us[edge]
            told_us = levels.t_us[edge] + levels.delay_us[edge]
            edge += 1
            value = _read(smooth, level, normals[i], rule)
            is_told = found > 0 and told_us >= times[found - 1] + rule.gap_us
            if is_told and _is_told(value, values[found - 1], 0, rule):
                times[found], values[found], rows[found] = told_us, value, row
                found, row = found + 1, -1
        if t_us - switched_us > CAUSE_TICKS * rule.tick_us:
            row = -1
        smooth = slow[i] + rule.keep * (smooth - slow[i])
        value = _read(smooth, level, normals[i], rule)
        is_told = found == 0
        if not is_told and t_us >= times[found - 1] + rule.gap_us:
            is_told = _is_told(value, values[found - 1], t_us - times[found - 1], rule)
        if is_told:
            times[found], values[found], rows[found] = t_us, value, row
            found, row = found + 1, -1
    return times[:found].copy(), values[:found].copy(), rows[:found].copy()


@njit(cache=True, nogil=True, error_model="numpy")
def _read(smooth: float, level: float, normal: float, rule: ReportRule) -> np.float32:
    """What the sensor would tell."""
    value = rule.gain * (smooth + level) + rule.bias
    value += (rule.noise + rule.noise_share * abs(value)) * normal
    value = min(max(value, rule.low), rule.high)
    return np.float32(np.floor(value / rule.quantum + 0.5) * rule.quantum)


@njit(cache=True, nogil=True, error_model="numpy")
def _is_told(value: np.float32, last: np.float32, since_us: int, rule: ReportRule) -> bool:
    """Whether a value that differs from the last one is told."""
    moved = abs(float(value) - float(last))
    least = max(rule.change, rule.change_share * abs(float(last))) - 0.01 * rule.quantum
    is_due = since_us >= rule.interval_us or moved >= least
    return bool(value != last and is_due)


@njit(cache=True, nogil=True, error_model="numpy")
def charge_pct(rate_pct: Float32s, start_pct: float) -> Float32s:
    """Charge after each tick of a battery that gains or loses so much a tick, 0 to 100, (tick,) [%]."""
    out = np.empty(rate_pct.size, dtype=np.float32)
    charge = start_pct
    for i in range(rate_pct.size):
        charge = min(max(charge + rate_pct[i], 0.0), 100.0)
        out[i] = charge
    return out
