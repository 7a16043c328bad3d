"""How often a thunderstorm cell flashes near the pole, before any flash is drawn."""

import numpy as np
import numpy.typing as npt
from scipy.special import chndtr

from envirosense.physics.storms.storm import SPREAD_M, Cell, life_course

type Floats = npt.NDArray[np.float64]


def near_flashes_per_min(t_s: Floats, cell: Cell, radius_m: float) -> Floats:
    """Expected flashes of a cell within `radius_m` of the pole, (time,) [1/min].

    Flashes lie normally around the centre, so their squared distance over that of the spread is noncentral
    chi-squared with two degrees of freedom.
    """
    age = (np.asarray(t_s, dtype=np.float64) - cell.closest_s) / cell.lifetime_s + 0.5
    share = chndtr((radius_m / SPREAD_M) ** 2, 2.0, (cell.distance_m(t_s) / SPREAD_M) ** 2)
    return np.asarray(cell.peak_flashes_per_min * life_course(age) * share)
