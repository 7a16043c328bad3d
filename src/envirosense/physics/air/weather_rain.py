"""Rain within the hour: bursts from a random cascade that spends the hourly sum exactly."""

from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.physics.air.weather_shapes import HOUR_S

type Floats = npt.NDArray[np.float64]

# Gamma shape of the two halves, from half hours down to 64 cells of 56 s, about the shortest shower a
# gauge resolves: bursts within the hour, ever smoother inside a burst, as showers are  # assumed
CASCADE_SHAPES: Final = (0.6, 0.6, 1.2, 2.4, 4.8, 9.6)


def rain_rate_mm_h(rain_mm: float, t_s: Floats, rng: np.random.Generator) -> Floats:
    """Rain rate, mean of each tick, (time,) [mm/h]; its sum over the hour is `rain_mm`.

    Each interval passes its rain to its halves in the ratio of two gamma variates. The cells are
    fixed in physical time, so a finer tick resolves the same bursts.
    """
    if rain_mm <= 0.0:
        return np.zeros(t_s.size)
    cells_mm = np.array([rain_mm])
    for shape in CASCADE_SHAPES:
        first = rng.beta(shape, shape, cells_mm.size)
        cells_mm = np.column_stack([cells_mm * first, cells_mm * (1.0 - first)]).ravel()
    fallen_mm = np.append(0.0, np.cumsum(cells_mm))
    edges_s = np.linspace(0.0, HOUR_S, fallen_mm.size)
    ticks_s = np.append(t_s, HOUR_S)
    tick_mm = np.diff(np.interp(ticks_s, edges_s, fallen_mm))
    return np.asarray(tick_mm * (HOUR_S / (ticks_s[1] - ticks_s[0])))
