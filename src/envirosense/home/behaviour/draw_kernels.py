"""Numbers between 0 and 1 that belong to somebody's n-th stay: functions of key, person and stay alone."""

import numpy as np
import numpy.typing as npt
from numba import njit

from envirosense.instruments.noise_kernels import philox_words

_U = np.uint64
_HIGH, _REST = _U(21), _U(11)  # 53 bits of two words of 32
_ULP53 = 2.0**-53


@njit(cache=True, nogil=True, error_model="numpy")
def uniforms(
    key: npt.NDArray[np.uint64], person: npt.NDArray[np.int64], stay: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:  # pragma: no cover - compiled
    """A number from [0, 1) for each pair of person and stay, neither negative, (pair,).

    Args:
        key: Key and upper counter of the stream, see `core.rng.philox_key`, (4,).
        person: Number of the resident, (pair,).
        stay: Which of his stays it is, (pair,).
    """
    out = np.empty(person.size)
    for one in range(person.size):
        c0, c1, _, _ = philox_words(_U(stay[one]), _U(person[one]), key[2], key[3], key[0], key[1])
        out[one] = np.float64((c0 << _HIGH) | (c1 >> _REST)) * _ULP53
    return out
