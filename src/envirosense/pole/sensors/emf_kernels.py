"""Compiled features of a three-axis field, and noise in rms readings."""

import numpy as np
import numpy.typing as npt
from numba import njit

type Floats = npt.NDArray[np.float64]


@njit(cache=True, nogil=True, error_model="numpy")
def fill_features(
    out: Floats,
    field: npt.NDArray[np.complex128],
    axes: Floats,
    response: npt.NDArray[np.complex128],
    columns: npt.NDArray[np.int64],
    fundamental: int,
    short: int,
) -> None:
    """Write what three axes feel of a field into `out` (time, channel), in the unit of `axes` times field.

    Columns 0 to 2 get the rms of the axes, `columns` (harmonic,) the resultants of the harmonics (none where
    negative), and column `short` short over long axis of the ellipse of harmonic `fundamental`. `field` is
    (time, harmonic, 3) rms phasors, `axes` (axis, 3), and `response` (harmonic, axis) what each axis passes.
    """
    felt = np.empty(3, np.complex128)
    square = np.empty(3)
    passed = response.real**2 + response.imag**2
    for t in range(field.shape[0]):
        x2, y2, z2 = 0.0, 0.0, 0.0
        for h in range(field.shape[1]):
            east, north, up = field[t, h, 0], field[t, h, 1], field[t, h, 2]
            for a in range(3):
                real = axes[a, 0] * east.real + axes[a, 1] * north.real + axes[a, 2] * up.real
                imag = axes[a, 0] * east.imag + axes[a, 1] * north.imag + axes[a, 2] * up.imag
                square[a] = passed[h, a] * (real * real + imag * imag)
                if h == fundamental:
                    felt[a] = response[h, a] * complex(real, imag)
            x2, y2, z2 = x2 + square[0], y2 + square[1], z2 + square[2]
            if columns[h] >= 0:
                out[t, columns[h]] = np.sqrt(square[0] + square[1] + square[2])
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

    The distortion [%] fades as F^2 / (F^2 + least^2) with the first tone F.
    """
    for t in range(x.shape[0]):
        x[t, total] = np.sqrt(x[t, 0] * x[t, 0] + x[t, 1] * x[t, 1] + x[t, 2] * x[t, 2])
        harmonics = 0.0
        for c in range(first + 1, last):
            harmonics += x[t, c] * x[t, c]
        shared = x[t, first] * x[t, first] + least * least
        x[t, distortion] = 100.0 * np.sqrt(harmonics) * x[t, first] / shared if shared > 0.0 else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def fade(x: Floats, tone: int, short: int, mains: int, least: float, nominal: float) -> None:
    """Fade ellipticity to 0 and mains frequency to nominal, in place, as F^2 / (F^2 + least^2)."""
    for t in range(x.shape[0]):
        square = x[t, tone] * x[t, tone]
        shown = square / (square + least * least) if square > 0.0 else 0.0
        x[t, short] *= shown
        x[t, mains] = nominal + shown * (x[t, mains] - nominal)


@njit(cache=True, nogil=True, error_model="numpy")
def unfade(x: Floats, tone: int, short: int, mains: int, least: float, nominal: float) -> None:
    """Undo `fade`, in place, and turn the ellipticity into the length of the short axis."""
    for t in range(x.shape[0]):
        square = x[t, tone] * x[t, tone]
        if square == 0.0:
            x[t, short], x[t, mains] = 0.0, nominal
            continue
        shown = square / (square + least * least)
        ratio = x[t, short] / shown
        x[t, short] = ratio * x[t, tone] / np.sqrt(1.0 + ratio * ratio)
        x[t, mains] = nominal + (x[t, mains] - nominal) / shown


@njit(cache=True, nogil=True, error_model="numpy")
def over_long_axis(x: Floats, tone: int, short: int) -> None:
    """Turn the length of the short axis into short over long axis, at most 1, in place."""
    for t in range(x.shape[0]):
        long = long_axis(x[t, tone], x[t, short])
        x[t, short] = min(x[t, short] / long, 1.0) if long > 0.0 else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def long_axis(resultant: float, short: float) -> float:
    """Length of an ellipse's long axis; noise makes it no shorter than a circle's."""
    square = resultant * resultant
    return float(np.sqrt(max(square - short * short, 0.5 * square)))


@njit(cache=True, nogil=True, error_model="numpy")
def scaled(x: Floats, factors: Floats, group: npt.NDArray[np.int64]) -> Floats:
    """Columns of x (time, channel) times the factor of their group, of `factors` (time, group)."""
    y = np.empty_like(x)
    for t in range(x.shape[0]):
        for c in range(x.shape[1]):
            y[t, c] = x[t, c] * factors[t, group[c]]
    return y


@njit(cache=True, nogil=True, error_model="numpy")
def noisy_rms(
    x: Floats,
    normals: npt.NDArray[np.float32],
    columns: npt.NDArray[np.int64],
    square: Floats,
    lines: Floats,
    added: Floats,
    share: Floats,
) -> None:
    """Add noise to rms readings (time, channel) in place; `normals` is (time, >= noisy).

    Signal of energy E and noise of mean N on k lines have an energy of mean E + N and variance
    (N^2 + 2 E N) / k; the cube-root law of Wilson and Hilferty draws from the Gamma law of these two.
    `square` and `lines` (noisy channel,) are N and k; `added` (noisy channel,) is a mean square that joins N
    for a `share` (time,) of each tick.
    """
    for t in range(x.shape[0]):
        for k in range(columns.shape[0]):
            energy = x[t, columns[k]] * x[t, columns[k]]
            noise = square[k] + share[t] * added[k]
            mean = energy + noise
            spread = noise * (mean + energy) / (9.0 * lines[k] * mean * mean)
            root = max(1.0 - spread + normals[t, k] * np.sqrt(spread), 0.0)
            x[t, columns[k]] = np.sqrt(mean * root * root * root)
