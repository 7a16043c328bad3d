"""Grass that burns outward from one point: a circle whose edge moves evenly until something stops it."""

from typing import Final

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]

GRASS_G_M2: Final = 300.0  # dry grass that burns, 0.1-0.6 kg/m2 # assumed


def ring_burnt_g_s(
    t_s: Floats,
    dt_s: float,
    start_s: float,
    spread_m_s: float,
    radius_m: float,
    load_g_m2: float = GRASS_G_M2,
) -> Floats:
    """Dry grass burnt, mean over each tick that begins at `t_s`, (time,) [g/s].

    Burnt area pi (v t)^2 up to the radius where fuel ends; the answer is its exact difference over the tick.

    Raises:
        ValueError: unless speed, radius and load are above zero.
    """
    if min(dt_s, spread_m_s, radius_m, load_g_m2) <= 0.0:
        raise ValueError("dt_s, spread_m_s, radius_m and load_g_m2 must be above zero")

    def burnt_g(at_s: Floats) -> Floats:
        reach_m = np.clip(spread_m_s * (at_s - start_s), 0.0, radius_m)
        return np.asarray(load_g_m2 * np.pi * reach_m**2)

    return (burnt_g(t_s + dt_s) - burnt_g(t_s)) / dt_s
