"""Concentration inside a plume at one instant: strands of gas with clean air between them.

A puff carried by the wind is not smooth: eddies smaller than it draw the gas into strands. Seen in the puff's
own frame the concentration is its Gaussian mean times a variate of mean 1: a gamma variate shifted left and
clipped at zero, so clean air inside the plume is real zeros.

The levels are published ones: intensity about 1 where large eddies still stir the puff and about one half
where none are left ([MylneMason1991], [YeeWilson2000], both from memory); no number was fitted. Held to what
is known from 10 m downwind of a ground release (gas present 48 % of the time, intensity 1.9, 1.3 while
present, peak over mean 17, bursts of 2 s) the whole model gives 53 %, 1.8, 1.1, 17 and 3 s. Two laws
elsewhere were exchanged for better founded ones because those statistics failed by far: the growth of puffs
near the ground (`dispersion.split_spread`) and the time scale of the wander (`transport.plume_chi_s_m3`).
"""

from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincc, gammainccinv, gammaincinv, ndtr

from envirosense.physics.air.airflow import WIND_FLOOR_M_S
from envirosense.physics.gas.dispersion import SIGMA_FLOOR_M, RelativeSpread

type Array = npt.NDArray[np.float64]
type Values = float | Array

_NEAR_INTENSITY: Final = 1.0  # near a source, about 1 [MylneMason1991] (from memory)
_FAR_INTENSITY: Final = 0.5  # plumes wider than the eddies keep 0.3-0.6 [YeeWilson2000] (from memory)
_TIME_FACTOR: Final = 1.0  # memory over puff width / wind, 0.3-2 (from memory)
_SHORTEST_TIME_S: Final = 0.05  # assumed: strands of a decimetre in a light wind
_LARGEST_INTENSITY: Final = 2.0  # end of the table
_ROWS: Final = 41
_NORMALS: Final = np.linspace(-6.0, 6.0, 1537)


def strand_intensity(relative: RelativeSpread, source_size_m: Values) -> Array:
    """Standard deviation over mean of the concentration in the puff's own frame, broadcast shape [1].

    i^2 = (1 - s^2/r^2) (far^2 + (near^2 - far^2) m^2/(r^2 + m^2)): zero while the puff (width r) is still the
    source (size s), highest while most of the spread is wander (m) by eddies larger than the puff, which feed
    the strands, and falling as mixing outlives them. The form is ours (assumed); its limits are published.
    """
    r2, m2 = relative.sigma_r_y_m**2, relative.sigma_m_y_m**2
    made_by_eddies = np.maximum(1.0 - np.maximum(source_size_m, SIGMA_FLOOR_M) ** 2 / r2, 0.0)
    fed = m2 / (r2 + m2)
    square = made_by_eddies * (_FAR_INTENSITY**2 + (_NEAR_INTENSITY**2 - _FAR_INTENSITY**2) * fed)
    return np.asarray(np.sqrt(square))


def strand_time_s(relative: RelativeSpread, wind_m_s: Values) -> Array:
    """Correlation time at a fixed point, broadcast shape [s]: the puff's width carried past by the wind."""
    passing_s = _TIME_FACTOR * relative.sigma_r_y_m / np.maximum(wind_m_s, WIND_FLOOR_M_S)
    return np.asarray(np.maximum(passing_s, _SHORTEST_TIME_S))


def presence(intensity: Values) -> Array:
    """Share of the time with gas at all, same shape [1]: min(1, 3/(2 + i^2)) [YeeChan1997] (from memory)."""
    return np.asarray(np.minimum(1.0, 3.0 / (2.0 + np.square(intensity))))


def unit_strands(gaussian: Array, intensity: Values) -> Array:
    """Clipped-gamma variate of mean 1 for each standard normal, same shape [1] [YeeChan1997] (from memory).

    Gaussian copula: a correlated normal series becomes a correlated series of strands. Intensity is one
    number or one per normal, at most 2. Read from a table: mean within 1e-4, intensity within 1 %; normals
    beyond 6 count as 6.
    """
    table = _strand_table()
    row = np.clip(np.asarray(intensity) * ((_ROWS - 1) / _LARGEST_INTENSITY), 0.0, _ROWS - 1)
    column = np.clip((gaussian - _NORMALS[0]) / (_NORMALS[1] - _NORMALS[0]), 0.0, _NORMALS.size - 1.0)
    i, j = np.minimum(row.astype(np.intp), _ROWS - 2), np.minimum(column.astype(np.intp), _NORMALS.size - 2)
    up, along = row - i, column - j
    low = table[i, j] + along * (table[i, j + 1] - table[i, j])
    high = table[i + 1, j] + along * (table[i + 1, j + 1] - table[i + 1, j])
    return np.asarray(low + up * (high - low))


def strand_waves(receptor_m: tuple[float, float, float], waves: Array) -> Array:
    """Weights of independent normals that make one normal at a place, (2 waves,) [1].

    A sum of waves over the place: nearby receptors see the same strands, and receptors farther apart than
    about a tenth of their distance from the source do not (assumed: the instantaneous plume's width).

    Args:
        receptor_m: Receptor seen from the source.
        waves: Standard normal wave numbers, (wave, 4).
    """
    distance_m = max(float(np.linalg.norm(receptor_m)), SIGMA_FLOOR_M)
    place = 10.0 * np.array([*(c / distance_m for c in receptor_m), np.log(distance_m)])
    phase = waves @ place
    return np.asarray(np.concatenate([np.cos(phase), np.sin(phase)]) / np.sqrt(waves.shape[0]))


@lru_cache(maxsize=1)
def _strand_table() -> Array:
    """Quantiles, (intensity, normal) [1]; each row is rescaled to mean exactly 1 on the table's own grid."""
    table = np.ones((_ROWS, _NORMALS.size))
    weights = np.exp(-0.5 * _NORMALS**2)
    for row, intensity in enumerate(np.linspace(0.0, _LARGEST_INTENSITY, _ROWS)):
        if intensity > 0.0:
            shape = _gamma_shape(float(intensity))
            shift = gammainccinv(shape, float(presence(intensity)))
            lower = gammaincinv(shape, ndtr(np.minimum(_NORMALS, 0.0)))
            upper = gammainccinv(shape, ndtr(-np.maximum(_NORMALS, 0.0)))
            strands = np.maximum(np.where(_NORMALS < 0.0, lower, upper) - shift, 0.0)
            table[row] = strands * weights.sum() / (weights @ strands)
    return table


def _gamma_shape(intensity: float) -> float:
    """Shape of the gamma variate which, clipped so that `presence` remains, has this intensity [1]."""
    low, high = np.log(1e-3), np.log(1e3 + intensity**-2)
    for _ in range(60):
        middle = 0.5 * (low + high)
        too_calm = _clipped_intensity(float(np.exp(middle)), float(presence(intensity))) < intensity
        low, high = (low, middle) if too_calm else (middle, high)
    return float(np.exp(0.5 * (low + high)))


def _clipped_intensity(shape: float, share: float) -> float:
    """Intensity of max(G - a, 0) for G gamma of this shape and P(G > a) the share, in closed form [1]."""
    a = gammainccinv(shape, share)
    tail = [gammaincc(shape + n, a) for n in range(3)]
    mean = shape * tail[1] - a * tail[0]
    square = shape * (shape + 1.0) * tail[2] - 2.0 * a * shape * tail[1] + a * a * tail[0]
    return float(np.sqrt(max(square / mean**2 - 1.0, 0.0)))
