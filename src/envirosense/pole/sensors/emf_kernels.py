"""Compiled features of a three-axis field, and noise in rms readings."""

import numpy as np
import numpy.typing as npt
from numba import njit

type Floats = npt.NDArray[np.float64]


@njit(cache=True, nogil=True, error_model="numpy")
def fill_features(
    out: Floats,
    field: npt.NDArray[np.complex128],
    matrix: npt.NDArray[np.complex128],
    columns: npt.NDArray[np.int64],
    fundamental: int,
    short: int,
) -> None:
    """Write what three axes feel of a field into `out` (time, channel), in the unit of `matrix` times field.

    Columns 0 to 2 get the rms of the axes, `columns` (harmonic,) the resultants of the harmonics (none where
    negative), and column `short` short over long axis of the ellipse of harmonic `fundamental`. `field` is
    (time, harmonic, 3) rms phasors and `matrix` (harmonic, axis, 3).
    """
    felt = np.empty(3, np.complex128)
    for t in range(field.shape[0]):
        x2, y2, z2 = 0.0, 0.0, 0.0
        for h in range(field.shape[1]):
            for a in range(3):
                felt[a] = (
                    matrix[h, a, 0] * field[t, h, 0]
                    + matrix[h, a, 1] * field[t, h, 1]
                    + matrix[h, a, 2] * field[t, h, 2]
                )
            px = felt[0].real ** 2 + felt[0].imag ** 2
            py = felt[1].real ** 2 + felt[1].imag ** 2
            pz = felt[2].real ** 2 + felt[2].imag ** 2
            x2, y2, z2 = x2 + px, y2 + py, z2 + pz
            if columns[h] >= 0:
                out[t, columns[h]] = np.sqrt(px + py + pz)
            if h == fundamental:
                out[t, short] = ellipticity(felt)
        out[t, 0], out[t, 1], out[t, 2] = np.sqrt(x2), np.sqrt(y2), np.sqrt(z2)


@njit(cache=True, nogil=True, error_model="numpy")
def ellipticity(phasor: npt.NDArray[np.complex128]) -> float:
    """Short over long axis of the ellipse of one phasor (3,), 0 (line) to 1 (circle); 0 for none.

    The product of the axes is |real x imaginary|, which keeps its digits where the ellipse is thin.
    """
    x, y, z = phasor[0], phasor[1], phasor[2]
    nx = y.real * z.imag - z.real * y.imag
    ny = z.real * x.imag - x.real * z.imag
    nz = x.real * y.imag - y.real * x.imag
    s = x * x + y * y + z * z
    total = 0.0
    for a in range(3):
        total += phasor[a].real ** 2 + phasor[a].imag ** 2
    major2 = 0.5 * (total + np.sqrt(s.real**2 + s.imag**2))
    if major2 == 0.0:
        return 0.0
    return float(min(np.sqrt(nx * nx + ny * ny + nz * nz) / major2, 1.0))


@njit(cache=True, nogil=True, error_model="numpy")
def combine(x: Floats, first: int, last: int, total: int, distortion: int, least: float) -> None:
    """Fill total and distortion of features (time, channel) in place, from axes and tones (first to last).

    The distortion [%] is of hypot(first tone, least).
    """
    for t in range(x.shape[0]):
        x[t, total] = np.sqrt(x[t, 0] * x[t, 0] + x[t, 1] * x[t, 1] + x[t, 2] * x[t, 2])
        harmonics = 0.0
        for c in range(first + 1, last):
            harmonics += x[t, c] * x[t, c]
        share_of = x[t, first] * x[t, first] + least * least
        x[t, distortion] = 100.0 * np.sqrt(harmonics / share_of)


@njit(cache=True, nogil=True, error_model="numpy")
def noisy_rms(
    x: Floats,
    noise: Floats,
    columns: npt.NDArray[np.int64],
    sigma: Floats,
    rest: Floats,
    step: Floats,
    added: Floats,
    share: Floats,
) -> None:
    """Add noise to rms readings (time, channel) in place; `noise` holds unit normals, (time, >= 2 noisy).

    `sigma`, `rest` and `step` (noisy channel,) are the noise along the signal, the mean square of the other
    noise, and 2 / (9 degrees of freedom) of that; `added` (noisy channel,) is a mean square that joins it
    for a `share` (time,) of each tick.
    """
    n_noisy = columns.shape[0]
    for t in range(x.shape[0]):
        for k in range(n_noisy):
            along = x[t, columns[k]] + sigma[k] * noise[t, k]
            root = max(1.0 - step[k] + np.sqrt(step[k]) * noise[t, n_noisy + k], 0.0)
            across = (rest[k] + share[t] * added[k]) * (root * root * root)
            x[t, columns[k]] = np.sqrt(along * along + across)


@njit(cache=True, nogil=True, error_model="numpy")
def rms_errors(x: Floats, square: Floats, scatter: Floats, added: Floats, share: Floats) -> Floats:
    """Error that noise makes in rms readings x, (time, channel): what it lifts them by, and its scatter.

    `square` is its mean square in the reading's band and `scatter` that along the signal, (channel,);
    `added` and `share` as in `noisy_rms`.
    """
    errors = np.empty_like(x)
    for t in range(x.shape[0]):
        for c in range(x.shape[1]):
            lift = np.sqrt(x[t, c] * x[t, c] + square[c] + share[t] * added[c]) - x[t, c]
            errors[t, c] = np.sqrt(lift * lift + scatter[c])
    return errors
