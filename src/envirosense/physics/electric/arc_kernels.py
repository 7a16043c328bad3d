"""Compiled recurrences of the arc: conductance that relaxes to a moving target, and a telegraph process."""
# mypy: allow-untyped-decorators

import numpy as np
import numpy.typing as npt
from numba import njit

type Floats = npt.NDArray[np.float64]


@njit(cache=True, nogil=True, error_model="numpy")
def relax(
    target: Floats, decay: float, old_weight: float, new_weight: float, start: Floats, out: Floats
) -> None:
    """Fill out (time,) with a first-order relaxation; `start` holds value and target before the first row."""
    value, before = start
    for i in range(target.size):
        value = decay * value + old_weight * before + new_weight * target[i]
        before = target[i]
        out[i] = value


@njit(cache=True, nogil=True, error_model="numpy")
def telegraph(
    start_per_s: Floats,
    stop_per_s: Floats,
    dt_s: float,
    is_on: bool,
    left: float,
    rng: np.random.Generator,
    on_share: Floats,
    starts: npt.NDArray[np.int64],
) -> tuple[bool, float]:
    """Fill on_share and starts (time,) of an on-off process; return its state and the hazard still to pass.

    A state ends when its integrated rate has passed a unit exponential, so the steps only cut the path.
    """
    for i in range(start_per_s.size):
        clock_s = 0.0
        on_s = 0.0
        n_starts = 0
        while True:
            rate_per_s = stop_per_s[i] if is_on else start_per_s[i]
            rest_s = dt_s - clock_s
            if left > rate_per_s * rest_s:
                left -= rate_per_s * rest_s
                if is_on:
                    on_s += rest_s
                break
            stay_s = left / rate_per_s
            clock_s += stay_s
            if is_on:
                on_s += stay_s
            else:
                n_starts += 1
            is_on = not is_on
            left = rng.standard_exponential()
        on_share[i] = min(on_s / dt_s, 1.0)
        starts[i] = n_starts
    return is_on, left
