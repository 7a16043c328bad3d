"""What scenarios put into states so that labels can be made again: places and recent happenings."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array, Position

AXES = ("at_east_m", "at_north_m", "at_up_m")

type Flags = npt.NDArray[np.bool_]


def stated_place(at: Position, grid: TimeGrid) -> dict[str, Array]:
    """States that hold one place, (time,) each [m]."""
    return {name: np.full(grid.n, float(value)) for name, value in zip(AXES, at, strict=True)}


def place_in(states: Mapping[str, Array]) -> Position | None:
    """Place that `stated_place` put there [m]; None where there is none."""
    if AXES[0] not in states:
        return None
    east, north, up = (float(states[name][0]) for name in AXES)
    return east, north, up


def held(happens: Flags, dt_s: float, hold_s: float) -> Flags:
    """Whether it happens or did so within the last `hold_s`, (time,)."""
    ticks = np.arange(happens.size)
    last = np.maximum.accumulate(np.where(happens, ticks, -happens.size - round(hold_s / dt_s) - 1))
    return np.asarray((ticks - last) * dt_s <= hold_s)
