"""Vibration of the pole: acceleration per band from gusts, and the statistics of a band's energy.

A gust pushes with Q = c u', where c is the drag per unit of gust [N s/m] carried into a mode of unit mass.
The mode's acceleration then has the density |H|^2 c^2 S with |H|^2 = r^4 / ((1 - r^2)^2 + 4 zeta^2 r^2) and
r = f / f_mode: quasi-static below, resonant at, and mass-controlled above the natural frequency.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import fft
from scipy.special import gammaincinv, ndtr

from envirosense.physics.air.airflow import WIND_FLOOR_M_S
from envirosense.physics.air.turbulence import kaimal_psd
from envirosense.physics.sound.sound_energy import gamma_factor

type Array = npt.NDArray[np.float64]

VIBRATION_BANDS_HZ: Final = ((0.1, 2.0), (2.0, 20.0), (20.0, 110.0), (110.0, 130.0), (130.0, 500.0))
N_BANDS: Final = len(VIBRATION_BANDS_HZ)
COHERENCE_DECAY: Final = 10.0  # of gusts along the height, exp(-C f dz/U) [Davenport1961] (from memory)
POLE_DRAG: Final = 1.0  # drag coefficient of a round pole below the critical Reynolds number, assumed
_CUBE_ROOT_SHAPE: Final = 4.0  # from here on no normal above -5.8 gives zero energy: numerical choice
_CELLS: Final = (8, 8, 7, 1, 2)  # pieces per band in which the gusts' density is taken as flat: numerical


def _cell_edges_hz() -> Array:
    pieces = [np.geomspace(*band, n + 1)[:-1] for band, n in zip(VIBRATION_BANDS_HZ, _CELLS, strict=True)]
    return np.concatenate([*pieces, [VIBRATION_BANDS_HZ[-1][1]]])


CELL_EDGES_HZ: Final = _cell_edges_hz()  # (cell + 1,)
_FIRST_CELL: Final = np.concatenate([[0], np.cumsum(_CELLS)[:-1]])


@dataclass(frozen=True, slots=True)
class Gusts:
    """Wind that drives one axis; arrays (time,).

    The shares are those of the squared push: the cosine and sine squared of the wind on the axis, the sine's
    with a factor 1/4 since a sideways gust only turns the drag.
    """

    wind_m_s: Array
    sigma_u_m_s: Array
    sigma_v_m_s: Array
    u_share: Array
    v_share: Array
    height_m: float
    length_m: float  # of the body over which gusts average out


def admittance(frequency_hz: Array, wind_m_s: Array, length_m: float) -> Array:
    """Share of a gust's variance that acts on a whole body, broadcast shape [1].

    Double integral of the coherence exp(-C f dz/U) over a uniform body: 2 (x - 1 + exp(-x)) / x^2.
    """
    x = COHERENCE_DECAY * np.asarray(frequency_hz) * length_m / np.maximum(wind_m_s, WIND_FLOOR_M_S)
    safe = np.maximum(x, 1e-3)
    return np.asarray(np.where(x < 1e-3, 1.0 - x / 3.0, 2.0 * (safe + np.expm1(-safe)) / safe**2))


def gust_psd(frequency_hz: Array, gusts: Gusts) -> Array:
    """Density of the gust that acts along an axis, (time, n) [m2/s2/Hz]; frequencies (n,) or (time, n)."""
    wind = gusts.wind_m_s[:, None]
    along = kaimal_psd(frequency_hz, gusts.sigma_u_m_s[:, None], gusts.height_m, wind, "u")
    across = kaimal_psd(frequency_hz, gusts.sigma_v_m_s[:, None], gusts.height_m, wind, "v")
    push = gusts.u_share[:, None] * along + gusts.v_share[:, None] * across
    return np.asarray(push * admittance(frequency_hz, wind, gusts.length_m))


def response_squared(ratio: Array, damping: Array | float) -> Array:
    """Squared acceleration of a mode of unit mass per unit force, broadcast shape [1]."""
    square = np.square(ratio)
    return np.asarray(square**2 / ((1.0 - square) ** 2 + 4.0 * np.square(damping) * square))


def response_integral(ratio: Array, damping: Array) -> Array:
    """Integral of `response_squared` from 0 to `ratio`, broadcast shape [1], in closed form.

    Partial fractions with the poles +-p, p = sqrt(1 - zeta^2) + i zeta, give r - 2 Re(w artanh(r / p)) with
    w = p^3 / (p^2 - p*^2), here in real numbers. A resonance holds pi / (4 zeta).
    """
    zeta = np.asarray(damping, dtype=np.float64)
    root = np.sqrt(1.0 - zeta**2)
    along, square = 2.0 * ratio * root, np.square(ratio)
    real = 0.25 * np.log1p(2.0 * along / (1.0 - along + square))
    turn = 0.5 * np.arctan2(2.0 * ratio * zeta, 1.0 - square)
    return np.asarray(
        ratio
        - (3.0 * root**2 - zeta**2) / (2.0 * root) * real
        + (root**2 - 3.0 * zeta**2) / (2.0 * zeta) * turn
    )


def gust_acceleration_ms(natural_hz: Array, damping: Array, push_n_s_m: Array, gusts: Gusts) -> Array:
    """Mean square acceleration of each mode per band, (time, mode, band) [m2/s4 x kg].

    Closed form but for the gusts' density, which is taken at the natural frequency in the cell that holds
    it and at the middle of every other cell. Times the squared shape at a height it is that place's share.

    Args:
        natural_hz: (time, mode).
        damping: Share of critical, (time, mode), below 1.
        push_n_s_m: Modal force per unit of gust, (time, mode) [N s/m / sqrt(kg)].
        gusts: Wind on this axis.
    """
    low, high = CELL_EDGES_HZ[:-1], CELL_EDGES_HZ[1:]
    held = response_integral(CELL_EDGES_HZ / natural_hz[:, :, None], damping[:, :, None])
    width_hz = natural_hz[:, :, None] * np.diff(held, axis=2)
    inside = (natural_hz[:, :, None] >= low) & (natural_hz[:, :, None] < high)
    at_mode, at_middle = gust_psd(natural_hz, gusts), gust_psd(np.sqrt(low * high), gusts)
    density = np.where(inside, at_mode[:, :, None], at_middle[:, None, :])
    power = push_n_s_m[:, :, None] ** 2 * density * width_hz
    return np.asarray(np.add.reduceat(power, _FIRST_CELL, axis=2))


def aerodynamic_damping(natural_hz: Array, modal_drag_kg_s: Array) -> Array:
    """Damping that the wind itself gives, same shape [1]: c / (2 omega) of a mode of unit mass."""
    return np.asarray(modal_drag_kg_s / (4.0 * np.pi * natural_hz))


def band_share(frequency_hz: Array | float, relative_width: float) -> Array:
    """Share of a narrow line in each band, (..., band) [1], uniform in ln f over `relative_width`."""
    edges = np.log(np.array([VIBRATION_BANDS_HZ[0][0], *(high for _, high in VIBRATION_BANDS_HZ)]))
    centre = np.log(np.maximum(np.asarray(frequency_hz, dtype=np.float64), 1e-6))[..., None]
    below = np.clip((edges - centre) / relative_width + 0.5, 0.0, 1.0)
    return np.asarray(np.diff(below, axis=-1))


def energy_shape(natural_hz: float, damping: float, window_s: float) -> float:
    """Shape k of the gamma law that a mode's mean square over a window follows [1]: mean^2 / variance.

    From the correlation exp(-zeta w t) cos(w t) of a lightly damped Gaussian mode: 1/2 for an instant, 1 for
    a cycle, 2 pi zeta f T for a long window.
    """
    omega = 2.0 * np.pi * natural_hz
    decay = 2.0 * damping * omega
    slow, fast = (_window_integral_s(rate, window_s) for rate in (complex(decay), decay - 2j * omega))
    return float(window_s / (2.0 * (slow + fast).real))


def _window_integral_s(rate_per_s: complex, window_s: float) -> complex:
    """Integral of (1 - t/T) exp(-rate t) over the window [s]."""
    x = rate_per_s * window_s
    if abs(x) < 1e-4:
        return window_s * (0.5 - x / 6.0)
    return complex((x - 1.0 + np.exp(-x)) / (rate_per_s * x))


def summed_shape(power: Array, shape: Array) -> float:
    """Shape of the sum of independent energies with these means and shapes [1]: mean^2 / variance."""
    total = float(np.sum(power))
    return total**2 / float(np.sum(np.square(power) / shape))


def noise_shape(bandwidth_hz: float, window_s: float) -> float:
    """Shape k of the mean square of Gaussian noise of some bandwidth [1]: 1/2 + bandwidth x time."""
    return 0.5 + bandwidth_hz * window_s


def unit_energy(gaussian: Array, shape: float) -> Array:
    """Gamma variate of mean 1 for each standard normal, same shape [1]: a band's energy over its mean.

    Below shape 4 the exact quantile is read from a table (within 1e-4; normals beyond 6 count as 6): there
    the cube-root law of larger shapes would make quiet ticks silent.
    """
    if shape >= _CUBE_ROOT_SHAPE:
        return gamma_factor(np.array([shape]), gaussian)
    return np.asarray(np.interp(gaussian, *_energy_table(shape)))


@lru_cache(maxsize=64)
def _energy_table(shape: float) -> tuple[Array, Array]:
    """Energies over a grid of normals."""
    grid = np.linspace(-6.0, 6.0, 4097)
    return grid, np.asarray(gammaincinv(shape, ndtr(grid)) / shape)


HUM_HZ: Final = 120.0  # twice the mains: the core breathes with the square of its flux
HUM_DB: Final = np.array([0.0, -4.0, -8.0, -12.0])  # of 120, 240, 360, 480 Hz on the first, assumed
HUM_LOAD_SHARE: Final = 0.2  # of the 120 Hz amplitude that the windings add at full load, assumed
HUM_REACH_M: Final = 2.0  # along the pole over which the hum falls to 1/e, assumed
SATURATION_LIMIT: Final = 5.6  # 15 dB: largest rise of the overtones, assumed


def hum_lines(voltage_factor: Array, load: Array, saturation: Array) -> Array:
    """Amplitude of the transformer's lines over the normal 120 Hz line, (time, 4) [1].

    Flux squared times the spectrum; the load adds a little at 120 Hz, saturation raises the overtones.
    """
    flux2 = np.square(np.asarray(voltage_factor, dtype=np.float64))
    lines = flux2[:, None] * 10.0 ** (HUM_DB / 20.0)
    lines[:, 0] += HUM_LOAD_SHARE * np.square(load)
    lines[:, 1:] *= np.clip(saturation, 1.0, SATURATION_LIMIT)[:, None]
    return np.asarray(lines)


def line_psd(frequency_hz: Array, centre_hz: float, relative_width: float) -> Array:
    """Density of a narrow line of unit power, uniform in ln f as `band_share` has it, same shape [1/Hz]."""
    f = np.maximum(frequency_hz, 1e-9)
    inside = np.abs(np.log(f / max(centre_hz, 1e-6))) < relative_width / 2.0
    return np.asarray(np.where(inside, 1.0 / (f * relative_width), 0.0))


def noise_waveform(density_per_hz: Array, rate_hz: float, n: int, rng: np.random.Generator) -> Array:
    """Gaussian series of a one-sided density given at rfft's n // 2 + 1 frequencies, (n,).

    The mean and, for even n, the line at half the rate are left out.
    """
    draws = rng.standard_normal((2, density_per_hz.size))
    coefficients = np.sqrt(density_per_hz * rate_hz / n) * (draws[0] + 1j * draws[1]) / 2.0
    coefficients[0] = 0.0
    if n % 2 == 0:
        coefficients[-1] = 0.0
    return np.asarray(fft.irfft(coefficients, n, norm="forward"))
