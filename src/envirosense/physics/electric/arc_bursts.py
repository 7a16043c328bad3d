"""Bursts of an intermittent arc: an on-off process whose rates follow wind and humidity.

The path lives in continuous time: a tick holds the share of it during which the arc burned, so neither the
tick's length nor its place among blocks changes anything about the path.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.physics.electric.arc_kernels import telegraph

type Floats = npt.NDArray[np.float64]
type Ints = npt.NDArray[np.int64]
type Values = Floats | float

WIND_SCALE_M_S: Final = 5.0  # wind that doubles the rate at which a loose contact strikes # assumed
RESTRIKE_PROBABILITY: Final = 0.8  # of a half cycle while the arc burns # assumed
HUMID_ONSET_RH: Final = 0.70  # dry bands need a humid surface: no tracking bursts below # assumed


@dataclass(frozen=True, slots=True)
class Bursts:
    """Share of each tick during which the arc burns and number of strikes in it, both (time,)."""

    on_share: Floats
    starts: Ints
    is_on: bool  # at the end
    left: float  # hazard to pass until the next change; with `is_on`, what the next block starts from

    def power_w(self, burning_w: Values) -> Floats:
        """Mean power over each tick, (time,) [W]."""
        return np.asarray(self.on_share * burning_w)

    def pulses_per_s(self, mains_hz: Values = 60.0, restrike: Values = RESTRIKE_PROBABILITY) -> Floats:
        """Mean rate of re-ignitions over each tick, (time,) [1/s]: twice a cycle while it burns."""
        return np.asarray(2.0 * np.asarray(mains_hz) * restrike * self.on_share)


def wind_strike_factor(wind_m_s: Values) -> Floats:
    """Factor of wind on the strike rate of a loose or swaying contact [1]: 1 + (V / 5 m/s)^2."""
    return np.asarray(1.0 + np.square(np.asarray(wind_m_s) / WIND_SCALE_M_S))


def humidity_strike_factor(relative_humidity: Values) -> Floats:
    """Factor of humidity on the strike rate of a tracking arc [1]: zero to 70 %, one at saturation."""
    above = (np.asarray(relative_humidity, dtype=np.float64) - HUMID_ONSET_RH) / (1.0 - HUMID_ONSET_RH)
    return np.asarray(np.clip(above, 0.0, 1.0))


def duty(start_per_s: Values, stop_per_s: Values) -> Floats:
    """Share of time a two-state process of these rates burns [1]."""
    start = np.asarray(start_per_s, dtype=np.float64)
    return np.asarray(start / (start + stop_per_s))


def on_probability(start_per_s: Values, stop_per_s: Values, elapsed_s: Values, was_on: bool) -> Floats:
    """Probability that the arc burns some time after it was seen burning or not [1]."""
    settled = duty(start_per_s, stop_per_s)
    fade = np.exp(-(np.asarray(start_per_s) + stop_per_s) * elapsed_s)
    return np.asarray(settled + (float(was_on) - settled) * fade)


def share_variance(start_per_s: Values, stop_per_s: Values, dt_s: Values) -> Floats:
    """Variance of the share of a tick during which a settled process burns [1]."""
    settled = duty(start_per_s, stop_per_s)
    x = (np.asarray(start_per_s, dtype=np.float64) + stop_per_s) * dt_s
    return np.asarray(2.0 * settled * (1.0 - settled) * (x + np.expm1(-x)) / x**2)


def settled_start(start_per_s: float, stop_per_s: float, rng: np.random.Generator) -> tuple[bool, float]:
    """State and hazard to pass of a process that has run for ever; what the first block starts from."""
    is_on = bool(rng.random() < duty(start_per_s, stop_per_s))
    return is_on, float(rng.standard_exponential())


def draw_bursts(
    start_per_s: Floats,
    stop_per_s: Floats,
    dt_s: float,
    rng: np.random.Generator,
    start: tuple[bool, float] | None = None,
) -> Bursts:
    """Bursts along rates that hold over each tick, (time,) [1/s].

    Exact for any tick; a run in blocks with the same generator gives the bits of one run. Mean burst 0.1 to
    10 s, mean pause 1 s to 1 h.
    """
    strike, quench = (np.ascontiguousarray(rate, dtype=np.float64) for rate in (start_per_s, stop_per_s))
    if strike.shape != quench.shape or strike.ndim != 1 or strike.size == 0:
        raise ValueError("start_per_s and stop_per_s must be series of one length, not empty")
    if dt_s <= 0 or not all(np.all((rate >= 0) & np.isfinite(rate)) for rate in (strike, quench)):
        raise ValueError("dt_s must be above zero and rates finite and not below zero")
    if start is None:
        start = (False, float(rng.standard_exponential()))
    on_share, starts = np.empty_like(strike), np.empty(strike.size, dtype=np.int64)
    is_on, left = telegraph(
        strike, quench, float(dt_s), bool(start[0]), float(start[1]), rng, on_share, starts
    )
    return Bursts(on_share, starts, bool(is_on), float(left))
