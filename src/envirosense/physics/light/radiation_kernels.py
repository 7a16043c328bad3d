"""Look-up in a uniform table."""
# mypy: allow-untyped-decorators

import numpy as np
import numpy.typing as npt
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def interpolate_uniform(
    x: npt.NDArray[np.float64],
    low: float,
    step: float,
    table: npt.NDArray[np.float64],
    out: npt.NDArray[np.float64],
) -> None:
    """Fill out (n,) by straight lines between table values; beyond the ends the end counts, NaN stays NaN."""
    last = table.size - 1
    for i in range(x.size):
        position = (x[i] - low) / step
        clipped = min(max(position, 0.0), float(last))
        if np.isnan(position):
            out[i] = position
            continue
        cell = min(int(clipped), last - 1)
        out[i] = table[cell] + (clipped - cell) * (table[cell + 1] - table[cell])
