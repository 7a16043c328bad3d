"""Batteries and radio links: what devices say of themselves."""

from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.home.sensing.report_kernels import Float32s, charge_pct

type Bools = npt.NDArray[np.bool_]

BATTERY_DAYS: Final = 480.0  # median life of a coin cell or a pair of AA, 1 to 2 years (from memory)
BATTERY_SIGMA: Final = 0.45  # of its logarithm (assumed)
LOW_PCT, REPLACE_DAYS = 10.0, 3.0  # when somebody is told, and the mean time until it is done (assumed)
CHARGE_PCT_MIN, CLEAN_PCT_MIN, CLEAN_MIN = 0.4, 0.8, 45.0  # of a robot, and how long it cleans (assumed)
LINK_MEAN: Final = (50.0, 190.0)  # of a place, of 255 (assumed)
LINK_SPREAD, LINK_HOURS = 9.0, 12.0  # of what stands in the way, and for how long (assumed)


def battery_pct(n: int, tick_s: float, draw: np.random.Generator) -> Float32s:
    """Charge of cells that are replaced when they are low, (tick,) [%]."""
    days = np.arange(n) * (tick_s / 86_400.0)
    charge, start_day, start_pct = np.empty(n), 0.0, draw.uniform(LOW_PCT, 100.0)
    while start_day <= days[-1]:
        fall = 100.0 / (BATTERY_DAYS * np.exp(BATTERY_SIGMA * draw.standard_normal()))
        end_day = start_day + (start_pct - LOW_PCT) / fall + draw.exponential(REPLACE_DAYS)
        part = (days >= start_day) & (days < end_day)
        charge[part] = np.maximum(start_pct - fall * (days[part] - start_day), 1.0)
        start_day, start_pct = end_day, 100.0
    return charge.astype(np.float32)


def robot_pct(is_docked: Bools, tick_s: float) -> Float32s:
    """Charge of a robot, (tick,) [%]; it gains in its dock and loses outside."""
    minutes = tick_s / 60.0
    rate = np.where(is_docked, CHARGE_PCT_MIN * minutes, -CLEAN_PCT_MIN * min(minutes, CLEAN_MIN))
    return np.asarray(charge_pct(rate.astype(np.float32), 100.0), dtype=np.float32)


def link_quality(n: int, tick_s: float, draw: np.random.Generator) -> Float32s:
    """Quality of a link: that of the place, and people and doors in the way for hours, (tick,)."""
    hours = np.arange(n) * (tick_s / 3600.0)
    knots = np.arange(0.0, hours[-1] + 2.0 * LINK_HOURS, LINK_HOURS)
    slow = np.interp(hours, knots, draw.normal(0.0, LINK_SPREAD, knots.size))
    return np.asarray(draw.uniform(*LINK_MEAN) + slow, dtype=np.float32)
