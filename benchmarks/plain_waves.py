"""The compiled loops of the field sensor and the microphones again, in NumPy."""

import numpy as np
import numpy.typing as npt
from plain_recurrences import rises_db

from envirosense.core.protocols import Array

__all__ = [
    "add_noise",
    "combine",
    "estimate_share",
    "fill_features",
    "noisy_rms",
    "rises_db",
    "rms_errors",
    "thin_out",
    "weighted_sum",
]

type Phasors = npt.NDArray[np.complex128]


def fill_features(
    out: Array,
    field: Phasors,
    matrix: Phasors,
    columns: npt.NDArray[np.int64],
    fundamental: int,
    short: int,
) -> None:
    """Write what three axes feel of a field into `out` (time, channel)."""
    felt = np.matmul(matrix, field[..., None])[..., 0]
    power = felt.real**2 + felt.imag**2
    out[:, :3] = np.sqrt(power.sum(axis=1))
    kept = columns >= 0
    out[:, columns[kept]] = np.sqrt(power[:, kept].sum(axis=2))
    if 0 <= fundamental < field.shape[1]:
        out[:, short] = _ellipticity(felt[:, fundamental])


def _ellipticity(phasor: Phasors) -> Array:
    """Short over long axis of the ellipse of phasors (time, 3), (time,)."""
    across = np.linalg.norm(np.cross(phasor.real, phasor.imag), axis=1)
    total = (phasor.real**2 + phasor.imag**2).sum(axis=1)
    major2 = 0.5 * (total + np.abs((phasor * phasor).sum(axis=1)))
    return np.minimum(np.divide(across, major2, out=np.zeros_like(across), where=major2 > 0.0), 1.0)


def combine(x: Array, first: int, last: int, total: int, distortion: int, least: float) -> None:
    """Fill total and distortion of features (time, channel) in place."""
    x[:, total] = np.sqrt((x[:, :3] ** 2).sum(axis=1))
    harmonics = (x[:, first + 1 : last] ** 2).sum(axis=1)
    x[:, distortion] = 100.0 * np.sqrt(harmonics / (x[:, first] ** 2 + least * least))


def noisy_rms(
    x: Array,
    noise: Array,
    columns: npt.NDArray[np.int64],
    sigma: Array,
    rest: Array,
    step: Array,
    added: Array,
    share: Array,
) -> None:
    """Add noise to rms readings (time, channel) in place."""
    n = columns.size
    along = x[:, columns] + sigma * noise[:, :n]
    root = np.maximum(1.0 - step + np.sqrt(step) * noise[:, n : 2 * n], 0.0)
    x[:, columns] = np.sqrt(along * along + (rest + share[:, None] * added) * (root * root * root))


def rms_errors(x: Array, square: Array, scatter: Array, added: Array, share: Array) -> Array:
    """Error that noise makes in rms readings, (time, channel)."""
    lift = np.sqrt(x * x + square + share[:, None] * added) - x
    return np.sqrt(lift * lift + scatter)


def weighted_sum(x: Array, weights: Array) -> Array:
    """Sum of the first columns of `x` by their weights, (time,)."""
    return x[:, : weights.size] @ weights


def add_noise(x: Array, noise: Array, lines: Array, normals: npt.NDArray[np.float32]) -> Array:
    """Signal with noise of mean energies added to its first bands, (time, channel)."""
    y, n = x.copy(), normals.shape[1]
    b = noise[:, :n]
    mean = x[:, :n] + b
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = b * (2.0 * mean - b) / (9.0 * lines[:n] * mean * mean)
    root = np.maximum(1.0 - inverse + normals * np.sqrt(inverse), 0.0)
    y[:, :n] = np.where(b > 0.0, mean * (root * root * root), x[:, :n])
    return y


def thin_out(y: Array, x: Array, noise: Array, column: int, first: int, stop: int) -> None:
    """Share in `column` of `y`, in place, once noise joins bands `first` to `stop`."""
    stop = min(stop, noise.shape[1])
    before, added = x[:, first:stop].sum(axis=1), noise[:, first:stop].sum(axis=1)
    whole = before + added
    y[:, column] *= np.where(added > 0.0, before / np.where(whole > 0.0, whole, 1.0), 1.0)


def estimate_share(
    y: Array, normals: npt.NDArray[np.float32], lines: Array, column: int, first: int, stop: int
) -> None:
    """Share in `column`, in place, as noise lets one tick tell it."""
    bands = y[:, first:stop]
    sigma = np.sqrt(0.5 * (bands * bands / lines[first:stop]).sum(axis=1)) / bands.sum(axis=1)
    y[:, column] = np.hypot(y[:, column] + sigma * normals[:, 0], sigma * normals[:, 1])
