# mypy: allow-untyped-decorators
"""Compiled recurrence of a fuel gauge."""

import numpy as np
import numpy.typing as npt
from numba import njit

type Floats = npt.NDArray[np.float64]


@njit(cache=True, nogil=True, error_model="numpy")
def count_charge(
    current_a: Floats,
    is_full: Floats,
    state: Floats,
    per_a: float,
    efficiency: float,
    drain_a: float,
    full_ticks: float,
    out: Floats,
) -> None:
    """Follow a gauge's charge [%] into `out`, (time,); `state` (charge, ticks seen full) advances in place.

    `per_a` is the change of charge in a tick by one ampere [%]; the charge is set to 100 once the pack has
    looked full (1.0 in `is_full`) for `full_ticks`.
    """
    charge, seen = state[0], state[1]
    for i in range(current_a.size):
        current = current_a[i]
        moved = (current if current > 0.0 else efficiency * current) + drain_a
        charge = min(max(charge - per_a * moved, 0.0), 100.0)
        seen = seen + 1.0 if is_full[i] > 0.0 else 0.0
        if seen >= full_ticks:
            charge = 100.0
        out[i] = charge
    state[0], state[1] = charge, seen
