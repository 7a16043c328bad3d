"""When rules by the clock start: a local time or sunset, with jitter and drift, on their days."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from envirosense.core.rng import stream
from envirosense.home.engine.rules import DAY_S, Rule
from envirosense.home.people.lives import DAY_US, SECOND_US
from envirosense.home.surroundings.context import STEP_S, Context

type Times = npt.NDArray[np.int64]
type Ints = npt.NDArray[np.int32]
type Floats = npt.NDArray[np.float64]


def clock_triggers(rules: Sequence[Rule], context: Context, n_days: int, seed: int) -> tuple[Times, Ints]:
    """Times [us since the start] and rule numbers of all triggers by the clock, in order of time.

    Jitter is drawn per rule name and day, so that neither a longer episode nor another rule moves it.
    """
    sunset_s = sunset_of_days_s(context, n_days)
    weekday = (int(context.weekday[0]) + np.arange(n_days)) % 7
    times, numbers = [np.zeros(0, np.int64)], [np.zeros(0, np.int32)]
    for number, rule in enumerate(rules):
        if rule.trigger_entity < 0:
            found = _triggers_us(rule, sunset_s, weekday, seed)
            times.append(found)
            numbers.append(np.full(found.size, number, dtype=np.int32))
    t_us, rule_of = np.concatenate(times), np.concatenate(numbers)
    order = np.argsort(t_us, kind="stable")
    return t_us[order], rule_of[order]


def _triggers_us(rule: Rule, sunset_s: Floats, weekday: npt.NDArray[np.int64], seed: int) -> Times:
    day = np.arange(weekday.size)
    of_day_s = (
        rule.at_s + (sunset_s if rule.is_at_sunset else 0.0) + rule.drift_s_day * (day - rule.first_day)
    )
    if rule.jitter_s:
        draws = stream(seed, "home", "rule", rule.name, "jitter").standard_normal(day.size)
        of_day_s = of_day_s + rule.jitter_s * draws
    lives = (day >= rule.first_day) & (day <= rule.last_day) & (rule.days >> weekday & 1 == 1)
    kept = lives & np.isfinite(of_day_s)
    t_us: Times = day[kept] * DAY_US + np.round(of_day_s[kept] * SECOND_US).astype(np.int64)
    is_inside = (t_us >= 0) & (t_us < weekday.size * DAY_US)
    return np.ascontiguousarray(t_us[is_inside])


def sunset_of_days_s(context: Context, n_days: int) -> Floats:
    """Time of day at which the sun's centre goes below the horizon, (day,) [s]; NaN where it does not.

    Between two steps of the context it is interpolated.
    """
    high = context.sun_elevation_deg
    per_day = round(DAY_S / STEP_S)
    at = np.flatnonzero((high[:-1] >= 0.0) & (high[1:] < 0.0))
    at = at[at < n_days * per_day]
    sunset_s = np.full(n_days, np.nan)
    step = at + high[at] / (high[at] - high[at + 1])
    sunset_s[at // per_day] = step * STEP_S - at // per_day * DAY_S
    return sunset_s
