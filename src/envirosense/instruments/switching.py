"""How long a sensor has been on."""

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array


def on_times_s(
    t_s: Array, dt_s: float, on_at_s: float | None, powered: npt.NDArray[np.bool_] | None
) -> tuple[Array | None, float | None]:
    """Time since switch-on at each tick, (time,) [s], and the last switch-on for the next block.

    `on_at_s` is the switch-on known so far: None for a sensor long on, NaN for one that is off until the
    block's first tick. `powered` marks the ticks with power; None for all.
    """
    if on_at_s is not None and np.isnan(on_at_s):
        on_at_s = float(t_s[0])
    if powered is None or powered.all():
        return (None, None) if on_at_s is None else (t_s - on_at_s, on_at_s)
    last_off = np.maximum.accumulate(np.where(powered, -1, np.arange(t_s.size)))
    before_s = -np.inf if on_at_s is None else on_at_s
    begun_s = np.where(last_off >= 0, t_s[last_off] + dt_s, before_s)
    last_s = float(begun_s[-1])
    return t_s - begun_s, None if np.isneginf(last_s) else last_s
