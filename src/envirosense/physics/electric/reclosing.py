"""What protection and large loads do to a line's current: recloser sequences and motor starts.

Answers are means over ticks that begin at `t_s`, computed from the overlap of intervals, so any tick will do.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]

DEAD_TIMES_S: Final = (0.5, 3.0, 20.0)  # open before each try: 0.5, 2-5 and 15-30 s # assumed
FAST_TRIP_S: Final = 0.08  # of the first two trips on a bolted fault # assumed
SLOW_TRIP_S: Final = 0.8  # of later ones # assumed
N_FAST_TRIPS: Final = 2  # two fast, then slow ones # assumed
MOTOR_CURRENT: Final = 5.5  # starting over rated current, 5-6 times # assumed
MOTOR_START_S: Final = 1.0  # length of a start, 0.2-2 s # assumed


@dataclass(frozen=True, slots=True)
class Reclosing:
    """Mean state of a line over each tick, (time,) in 0..1, and how the sequence ends.

    `closed` is the share of a tick with the recloser closed, `faulted` the share with fault current
    flowing; a load that comes back at once draws `closed - faulted` of its current.
    """

    closed: Floats
    faulted: Floats
    is_locked_out: bool
    end_s: float  # last switching

    def current_factor(self) -> Floats:
        """Factor on the load current downstream, (time,): none while open or held down by the fault."""
        return self.closed - self.faulted


def recloser_sequence(
    t_s: Floats,
    dt_s: float,
    fault_s: float,
    clears_at_try: int | None,
    dead_times_s: tuple[float, ...] = DEAD_TIMES_S,
    trips_s: tuple[float, ...] | None = None,
) -> Reclosing:
    """Reclosing on a fault that begins at `fault_s`.

    Args:
        t_s: starts of the ticks, (time,).
        dt_s: tick.
        fault_s: start of the fault.
        clears_at_try: closing (1 the first) that finds the fault gone; None for a permanent one.
        dead_times_s: open time before each closing.
        trips_s: time that fault current flows before each opening, one more than the dead times.
    """
    if dt_s <= 0 or min(dead_times_s, default=1.0) <= 0:
        raise ValueError("dt_s and dead_times_s must be above zero")
    if clears_at_try is not None and not 1 <= clears_at_try <= len(dead_times_s):
        raise ValueError(f"clears_at_try must be None or 1 to {len(dead_times_s)}, not {clears_at_try}")
    trips = trips_s or _trip_times_s(len(dead_times_s) + 1)
    if len(trips) != len(dead_times_s) + 1:
        raise ValueError(f"trips_s must hold {len(dead_times_s) + 1} times, not {len(trips)}")
    n_trips = len(trips) if clears_at_try is None else clears_at_try
    faulted, opened, now_s = np.zeros_like(t_s), np.zeros_like(t_s), fault_s
    for trip_s, dead_s in zip(trips[:n_trips], (*dead_times_s, np.inf), strict=False):
        faulted += tick_share(t_s, dt_s, now_s, now_s + trip_s)
        now_s += trip_s
        opened += tick_share(t_s, dt_s, now_s, now_s + dead_s)
        now_s += dead_s if np.isfinite(dead_s) else 0.0
    return Reclosing(1.0 - opened, faulted, clears_at_try is None, now_s)


def motor_start_factor(
    t_s: Floats,
    dt_s: float,
    start_s: float,
    motor_share: float,
    length_s: float = MOTOR_START_S,
    starting_current: float = MOTOR_CURRENT,
) -> Floats:
    """Factor on a line's current while one motor starts, (time,); `motor_share` is its rated share of it."""
    return 1.0 + motor_share * starting_current * tick_share(t_s, dt_s, start_s, start_s + length_s)


def tick_share(t_s: Floats, dt_s: float, begin_s: float, end_s: float) -> Floats:
    """Share of each tick, (time,), that lies within an interval."""
    overlap_s = np.minimum(t_s + dt_s, end_s) - np.maximum(t_s, begin_s)
    return np.asarray(np.clip(overlap_s, 0.0, None) / dt_s)


def _trip_times_s(n: int) -> tuple[float, ...]:
    return tuple(FAST_TRIP_S if i < N_FAST_TRIPS else SLOW_TRIP_S for i in range(n))
