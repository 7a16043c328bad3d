"""Compiled superposition of the fields of wires."""

import numpy as np
import numpy.typing as npt
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def superposed(
    source: npt.NDArray[np.complex128],
    geometry: npt.NDArray[np.float64],
    gain: npt.NDArray[np.float64],
) -> npt.NDArray[np.complex128]:
    """Field of wires, (time, harmonic, 3): sum over wires of source times gain times geometry.

    `source` is (time, harmonic, wire), `geometry` (3, wire), `gain` (time, wire).
    """
    n, n_harmonics, n_wires = source.shape
    field = np.empty((n, n_harmonics, 3), np.complex128)
    for i in range(n):
        for h in range(n_harmonics):
            x, y, z = 0.0j, 0.0j, 0.0j
            for w in range(n_wires):
                one = source[i, h, w] * gain[i, w]
                x += one * geometry[0, w]
                y += one * geometry[1, w]
                z += one * geometry[2, w]
            field[i, h, 0] = x
            field[i, h, 1] = y
            field[i, h, 2] = z
    return field
