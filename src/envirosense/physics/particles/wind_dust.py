"""Dust that wind raises from dry bare soil."""

from typing import Final

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]

THRESHOLD_M_S: Final = 6.5  # mean wind at 10 m that first moves dry fields, 6 to 8 (from memory)


def raised_share(wind_m_s: npt.ArrayLike, full_m_s: float, threshold_m_s: float = THRESHOLD_M_S) -> Floats:
    """Dust in the air over that at a wind of `full_m_s`, same shape [1], none below the threshold.

    The saltating flux goes with u (u^2 - ut^2) after Owen (from memory) and is thinned by the wind u itself.

    Raises:
        ValueError: if the full wind raises nothing.
    """
    if full_m_s <= threshold_m_s:
        raise ValueError(f"full_m_s must exceed the threshold of {threshold_m_s} m/s, not be {full_m_s}")
    wind = np.maximum(np.asarray(wind_m_s, dtype=np.float64), threshold_m_s)
    return np.asarray((wind**2 - threshold_m_s**2) / (full_m_s**2 - threshold_m_s**2))
