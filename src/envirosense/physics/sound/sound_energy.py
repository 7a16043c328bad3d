"""Chance in the energy of a band over a short time: Gamma law, modulation, clicks, tones in noise."""

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincinv, ndtr

from envirosense.physics.sound.acoustics import BANDS

type Floats = npt.NDArray[np.float64]

SMALLEST_SHAPE: Final = 0.05  # of the Gamma law; keeps a tick's energy finite in variance
WILSON_HILFERTY_SHAPE: Final = 1.0  # the cube-root law serves from here on


def modulation_spread(depth: npt.ArrayLike) -> Floats:
    """Variance over squared mean of the power of (1 + m sin wt), same shape [1]; 0.944 at m = 1.

    The means of the square and of the fourth power are 1 + m^2 / 2 and 1 + 3 m^2 + 3 m^4 / 8.
    """
    m2 = np.square(np.asarray(depth, dtype=np.float64))
    return (1.0 + 3.0 * m2 + 0.375 * m2 * m2) / np.square(1.0 + 0.5 * m2) - 1.0


def gamma_factor(shape: Floats, normals: Floats) -> Floats:
    """Energy over its mean, Gamma distributed with a shape k, same shape [1]; rises with the normal.

    Gaussian noise of bandwidth B over a time T has B T independent complex lines of exponential energy, so
    its energy is Gamma with k = B T exactly. Drawn by the cube-root law of Wilson and Hilferty (1931, from
    memory): with x = 1 / (9 k) its mean is 1 - x^3 and its variance short by a share x^2 / 3 (k = 1: 0.14 %
    and 0.4 %, and 0.012 in the distribution). Below WILSON_HILFERTY_SHAPE the exact quantile is taken; shapes
    below SMALLEST_SHAPE count as that.
    """
    x = 1.0 / (9.0 * np.maximum(shape, SMALLEST_SHAPE))
    root = np.maximum(1.0 - x + normals * np.sqrt(x), 0.0)
    factor: Floats = root * root * root
    few = shape < WILSON_HILFERTY_SHAPE
    if np.any(few):
        k = np.maximum(shape[few], SMALLEST_SHAPE)
        factor[few] = gammaincinv(k, ndtr(normals[few])) / k
    return factor


def energy_variance(
    gaussian: Floats,
    tonal: Floats,
    locked: Floats,
    click_terms: Floats,
    duration_s: float,
) -> Floats:
    """Variance of a band's energy over a duration, shape of the energies [1].

    Args:
        gaussian: Mean energy of all noise, modulated or not, clicks included; the last axis is the band.
        tonal: Energy of steady tones; it beats with the noise.
        locked: Sum over modulations of squared (energy times root of `modulation_spread`).
        click_terms: Sum over sources of (moment of click energies) energy^2 / (clicks per second).
        duration_s: Time over which the energy is taken.
    """
    lines = BANDS.width_hz * duration_s
    return (gaussian * gaussian + locked + 2.0 * gaussian * tonal) / lines + click_terms / duration_s


def locked_term(energy: Floats, depth: float) -> Floats:
    """Square root of one modulation's term of `energy_variance`, shape of the energy."""
    return energy * np.sqrt(modulation_spread(depth))
