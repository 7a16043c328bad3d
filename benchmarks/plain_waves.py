"""The compiled loops of the field sensor and the microphones again, in NumPy."""

import numpy as np
import numpy.typing as npt
from plain_recurrences import rises_db

from envirosense.core.protocols import Array

__all__ = [
    "add_noise",
    "combine",
    "estimate_share",
    "fade",
    "fill_features",
    "noisy_rms",
    "over_long_axis",
    "rises_db",
    "rms_errors",
    "scaled",
    "thin_out",
    "unfade",
    "weighted_sum",
]

type Phasors = npt.NDArray[np.complex128]


def fill_features(
    out: Array,
    field: Phasors,
    axes: Array,
    response: Phasors,
    columns: npt.NDArray[np.int64],
    fundamental: int,
    short: int,
) -> None:
    """Write what three axes feel of a field into `out` (time, channel)."""
    felt = response * (field @ axes.T)
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
    harmonics = np.sqrt((x[:, first + 1 : last] ** 2).sum(axis=1))
    shared = x[:, first] ** 2 + least * least
    share = np.divide(x[:, first], shared, out=np.zeros_like(shared), where=shared > 0.0)
    x[:, distortion] = 100.0 * harmonics * share


def _shown(tone: Array, least: float) -> Array:
    square = tone * tone
    return np.divide(square, square + least * least, out=np.zeros_like(square), where=square > 0.0)


def fade(x: Array, tone: int, short: int, mains: int, least: float, nominal: float) -> None:
    """Fade ellipticity to 0 and mains frequency to nominal, in place."""
    shown = _shown(x[:, tone], least)
    x[:, short] *= shown
    x[:, mains] = nominal + shown * (x[:, mains] - nominal)


def unfade(x: Array, tone: int, short: int, mains: int, least: float, nominal: float) -> None:
    """Undo `fade`, in place, and turn the ellipticity into the length of the short axis."""
    shown = _shown(x[:, tone], least)
    seen = shown > 0.0
    ratio = np.divide(x[:, short], shown, out=np.zeros_like(shown), where=seen)
    x[:, short] = ratio * x[:, tone] / np.sqrt(1.0 + ratio * ratio)
    away = np.divide(x[:, mains] - nominal, shown, out=np.zeros_like(shown), where=seen)
    x[:, mains] = nominal + away


def over_long_axis(x: Array, tone: int, short: int) -> None:
    """Turn the length of the short axis into short over long axis, at most 1, in place."""
    square = x[:, tone] ** 2
    long = np.sqrt(np.maximum(square - x[:, short] ** 2, 0.5 * square))
    ratio = np.divide(x[:, short], long, out=np.zeros_like(long), where=long > 0.0)
    x[:, short] = np.minimum(ratio, 1.0)


def scaled(x: Array, factors: Array, group: npt.NDArray[np.int64]) -> Array:
    """Columns of x times the factor of their group, (time, channel)."""
    return x * factors[:, group]


def noisy_rms(
    x: Array,
    normals: npt.NDArray[np.float32],
    columns: npt.NDArray[np.int64],
    square: Array,
    lines: Array,
    added: Array,
    share: Array,
) -> None:
    """Add noise to rms readings (time, channel) in place."""
    energy = x[:, columns] ** 2
    noise = square + share[:, None] * added
    mean = energy + noise
    spread = noise * (mean + energy) / (9.0 * lines * mean * mean)
    root = np.maximum(1.0 - spread + normals[:, : columns.size] * np.sqrt(spread), 0.0)
    x[:, columns] = np.sqrt(mean * root * root * root)


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
