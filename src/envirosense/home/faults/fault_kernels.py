"""Compiled walk along causes: what would not have happened."""

import numpy as np
import numpy.typing as npt
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def never_happened(
    cause: npt.NDArray[np.int64],
    origin: npt.NDArray[np.int8],
    is_lost: npt.NDArray[np.bool_],
    automation: int,
    device: int,
) -> npt.NDArray[np.bool_]:
    """Events that what was lost would have led to, (event,).

    Home Assistant does nothing about what it did not hear; people do. What devices show of a change that
    never came does not come either. Causes are earlier rows.
    """
    never = np.zeros(cause.size, dtype=np.bool_)
    for row in range(cause.size):
        by = cause[row]
        if by >= 0:
            if origin[row] == automation:
                never[row] = is_lost[by] or never[by]
            elif origin[row] == device:
                never[row] = never[by]
    return never
