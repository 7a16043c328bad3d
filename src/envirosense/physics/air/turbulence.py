"""Wind fluctuations over one hour: Kaimal spectra, Gaussian parents, intermittent gusts.

A piece is drawn by inverse FFT of random Fourier coefficients (random phase, Rayleigh amplitude), so
the parent is exactly Gaussian. Frequencies above 1/(2 dt) are absent: their variance is left out, never
folded back, and the spectrum below does not depend on dt. Along-wind and vertical coefficients are drawn
with the coherence of the neutral cospectrum, so that <u'w'> = -u*^2; v is independent of both. In
convection the share of the horizontal variance that boundary-layer rolls and thermals own lies at their
low frequencies, and the surface-layer spectrum keeps only the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from scipy import fft
from scipy.special import hyp2f1

from envirosense.physics.air.airflow import WIND_FLOOR_M_S, convective_shares, turbulence_sigmas_m_s

type Array = npt.NDArray[np.float64]
type Values = float | Array
type Component = Literal["u", "v", "w"]

COMPONENTS: Final[tuple[Component, ...]] = ("u", "v", "w")
HORIZONTAL: Final[tuple[Component, ...]] = ("u", "v")
MIXING_HEIGHT_M: Final = 1000.0  # depth of the boundary layer  # assumed
_KAIMAL_SCALE: Final = {"u": 33.0, "v": 9.5, "w": 5.3}  # coefficient of f = n z/U [Kaimal1972] (from memory)
_PEAK: Final = {"u": 1.5 / 33.0, "v": 1.5 / 9.5, "w": (1.5 / 5.3) ** 0.6}  # f where n S(n) is largest, exact
_W_INTEGRAL: Final = 0.6 * np.pi / np.sin(0.6 * np.pi)  # of 1/(1+x^(5/3)) over x, exact
# Convective parts in fi = n zi/U: u as 1/(1 + 2.2 fi^(5/3)), v as (1 + 2 fi)^(-5/3)
_CONVECTIVE_SCALE: Final = {"u": 2.2, "v": 2.0}  # Hojstrup 1982 (from memory)
_STRESS_SCALE: Final = 9.6  # cospectrum of u and w as (1 + 9.6 f)^-2.4 [Kaimal1972] (from memory)
_COHERENCE_LIMIT: Final = 0.95  # assumed: coherence of u and w stays below one where floors lift sigma
_PADDING: Final = 1.25  # share drawn over what is kept, so a piece's end does not know its start: assumed

# Gusts come in bursts: the log-amplitude of fluctuations faster than the spectral peak wanders slowly and
# together in all three components. Over a roof (10 Hz, 96 min) its standard deviation in 10 s means was 0.5
# with the sampling error, its correlation between components 0.88 and its memory about 40 s.
_BURST_LOG_SIGMA: Final = 0.42  # standard deviation of ln amplitude: fitted to those measurements
_BURST_MEMORY_S: Final = (10.0, 120.0)  # bounds of one turnover of the largest u eddies: assumed
_BURST_EDGE_HZ: Final = 0.2  # highest frequency where bursts begin, so 1 s steps always feel them: assumed


@dataclass(frozen=True, slots=True)
class Turbulence:
    """Fluctuations (u along, v left across, w up) of one piece, each (time, 3).

    `parent` [1] is Gaussian with unit variance whatever the step; `fluctuation_m_s` is sigma times what the
    step resolves of it, with intermittent small scales: same spectrum, variance less the part above the
    Nyquist frequency.
    """

    fluctuation_m_s: Array
    parent: Array


def kaimal_psd(
    frequency_hz: Values,
    sigma_m_s: Values,
    height_m: Values,
    wind_m_s: Values,
    component: Component,
) -> Array:
    """One-sided spectral density, broadcast shape [m2/s2/Hz], whose integral is exactly sigma^2.

    Neutral surface-layer shapes of [Kaimal1972] in f = n z/U, rescaled to the given variance. Slope -5/3
    above the peak.
    """
    eddy_s = np.asarray(height_m, dtype=np.float64) / np.maximum(wind_m_s, WIND_FLOOR_M_S)
    shape = _normalised_spectrum(np.asarray(frequency_hz) * eddy_s, component)
    return np.asarray(np.asarray(sigma_m_s) ** 2 * eddy_s * shape)


def convective_psd(
    frequency_hz: Values, sigma_m_s: Values, wind_m_s: Values, component: Component, mixing_height_m: float
) -> Array:
    """One-sided density of the boundary layer's own eddies, broadcast shape [m2/s2/Hz], integral sigma^2.

    Flat below n zi/U of about 0.5 and -5/3 above; for u and v only.
    """
    roll_s = mixing_height_m / np.maximum(wind_m_s, WIND_FLOOR_M_S)
    f, scale = np.asarray(frequency_hz) * roll_s, _CONVECTIVE_SCALE[component]
    shape = _round_spectrum(f, scale) if component == "u" else _sharp_spectrum(f, scale)
    return np.asarray(np.asarray(sigma_m_s) ** 2 * roll_s * shape)


def _normalised_spectrum(f: Array, component: Component) -> Array:
    """Spectrum over the dimensionless frequency f = n z/U with unit integral."""
    scale = _KAIMAL_SCALE[component]
    return _round_spectrum(f, scale) if component == "w" else _sharp_spectrum(f, scale)


def _round_spectrum(f: Array, scale: float) -> Array:
    """Unit integral, 1/(1 + a f^(5/3))."""
    return np.asarray(scale**0.6 / _W_INTEGRAL / (1.0 + scale * f ** (5.0 / 3.0)))


def _sharp_spectrum(f: Array, scale: float) -> Array:
    """Unit integral, (1 + a f)^(-5/3)."""
    return np.asarray(scale / 1.5 * (1.0 + scale * f) ** (-5.0 / 3.0))


def _round_below(f: Array, scale: float) -> Array:
    x = scale**0.6 * f
    return np.asarray(x * hyp2f1(1.0, 0.6, 1.6, -(x ** (5.0 / 3.0))) / _W_INTEGRAL)


def _sharp_below(f: Array, scale: float) -> Array:
    return np.asarray(1.0 - (1.0 + scale * f) ** (-2.0 / 3.0))


def variance_below(
    frequency_hz: Values,
    height_m: Values,
    wind_m_s: Values,
    component: Component,
    convective_share: Values = 0.0,
    mixing_height_m: float = MIXING_HEIGHT_M,
) -> Array:
    """Share of the variance at frequencies below this one, broadcast shape [1], in closed form.

    At 1/(2 dt) it is the part of the variance that a `fluctuation_m_s` resolves.
    """
    per_m = np.asarray(frequency_hz) / np.maximum(wind_m_s, WIND_FLOOR_M_S)
    f, scale = per_m * np.asarray(height_m), _KAIMAL_SCALE[component]
    if component == "w":
        return _round_below(f, scale)
    fi, below = per_m * mixing_height_m, _round_below if component == "u" else _sharp_below
    share = np.asarray(convective_share)
    return np.asarray(
        (1.0 - share) * _sharp_below(f, scale) + share * below(fi, _CONVECTIVE_SCALE[component])
    )


def turbulence_piece(
    mean_wind_m_s: float,
    friction_velocity_m_s: float,
    inv_obukhov_per_m: float,
    height_m: float,
    n: int,
    dt_s: float,
    rng: np.random.Generator,
    mixing_height_m: float = MIXING_HEIGHT_M,
) -> Turbulence:
    """One stretch of turbulence under constant mean conditions, n ticks of dt_s."""
    wind = max(mean_wind_m_s, WIND_FLOOR_M_S)
    length = fft.next_fast_len(int(np.ceil(_PADDING * n)), real=True)
    frequency_hz = np.fft.rfftfreq(length, dt_s)
    sigmas = turbulence_sigmas_m_s(friction_velocity_m_s, inv_obukhov_per_m, height_m, mixing_height_m)
    convective = convective_shares(inv_obukhov_per_m, mixing_height_m)
    shares = float(convective.u), float(convective.v), 0.0
    density = _densities_per_hz(frequency_hz, height_m, wind, shares, mixing_height_m)
    coefficients = _gaussian_coefficients(density, float(frequency_hz[1]), length, rng)
    correlation = -(friction_velocity_m_s**2) / float(sigmas.u * sigmas.w)
    _correlate(coefficients, density, _stress_density_per_hz(frequency_hz, height_m, wind), correlation)
    slow = coefficients * (frequency_hz < _burst_edge_hz(height_m, wind)[:, None])
    resolved = fft.irfft(coefficients, length, norm="forward")[:, :n].T
    calm = fft.irfft(slow, length, norm="forward")[:, :n].T
    bursts = _burst_amplitude(frequency_hz, length, height_m, wind, rng)[:n, None]
    kept = [
        float(variance_below(0.5 / dt_s, height_m, wind, c, share, mixing_height_m))
        for c, share in zip(COMPONENTS, shares, strict=True)
    ]
    sigma_m_s = np.array([sigmas.u, sigmas.v, sigmas.w])
    return Turbulence(sigma_m_s * (calm + bursts * (resolved - calm)), resolved / np.sqrt(kept))


def _gaussian_coefficients(
    density_per_hz: Array, bin_hz: float, length: int, rng: np.random.Generator
) -> npt.NDArray[np.complex128]:
    """Fourier coefficients of a Gaussian series with this one-sided density, (..., frequency)."""
    draws = rng.standard_normal((2, *density_per_hz.shape))
    coefficients = np.sqrt(density_per_hz * bin_hz) * (draws[0] + 1j * draws[1]) / 2.0
    ends = [0, -1] if length % 2 == 0 else [0]
    # the mean and the Nyquist line are real and own half a frequency bin
    coefficients[..., ends] = np.sqrt(density_per_hz[..., ends] * bin_hz / 2.0) * draws[0][..., ends]
    return np.asarray(coefficients)


def _densities_per_hz(
    frequency_hz: Array,
    height_m: float,
    wind_m_s: float,
    shares: tuple[float, float, float],
    mixing_height_m: float,
) -> Array:
    """Spectral densities of the three components with unit variance each, (component, frequency) [1/Hz]."""
    density = np.stack([kaimal_psd(frequency_hz, 1.0, height_m, wind_m_s, c) for c in COMPONENTS])
    for row, (component, share) in enumerate(zip(HORIZONTAL, shares[:2], strict=True)):
        if share > 0.0:
            rolls = convective_psd(frequency_hz, 1.0, wind_m_s, component, mixing_height_m)
            density[row] += share * (rolls - density[row])
    return density


def _stress_density_per_hz(frequency_hz: Array, height_m: float, wind_m_s: float) -> Array:
    """Neutral cospectrum of u and w with unit integral, (frequency,) [1/Hz]."""
    eddy_s = height_m / wind_m_s
    return np.asarray(1.4 * _STRESS_SCALE * eddy_s * (1.0 + _STRESS_SCALE * eddy_s * frequency_hz) ** -2.4)


def _correlate(
    coefficients: npt.NDArray[np.complex128], density: Array, stress: Array, correlation: float
) -> None:
    """Turn part of w into a scaled copy of u, in place, so that their covariance has the given cospectrum."""
    unit = np.sqrt(density[0] * density[2])
    coherence = np.clip(correlation * stress / unit, -_COHERENCE_LIMIT, _COHERENCE_LIMIT)
    copy = coherence * np.sqrt(density[2] / density[0])
    coefficients[2] = copy * coefficients[0] + np.sqrt(1.0 - coherence**2) * coefficients[2]


def _burst_edge_hz(height_m: float, wind_m_s: float) -> Array:
    """Frequency above which each component comes in bursts, (component,) [Hz]: its spectral peak."""
    peaks_hz = np.array([_PEAK[c] for c in COMPONENTS]) * wind_m_s / height_m
    return np.minimum(peaks_hz, _BURST_EDGE_HZ)


def _burst_amplitude(
    frequency_hz: Array, length: int, height_m: float, wind_m_s: float, rng: np.random.Generator
) -> Array:
    """Slow lognormal amplitude with unit mean square, (time,) [1]."""
    memory_s = float(np.clip(height_m / (_PEAK["u"] * wind_m_s), *_BURST_MEMORY_S))
    density = 4.0 * memory_s / (1.0 + (2.0 * np.pi * memory_s * frequency_hz) ** 2)
    coefficients = _gaussian_coefficients(density, float(frequency_hz[1]), length, rng)
    log_amplitude = _BURST_LOG_SIGMA * fft.irfft(coefficients, length, norm="forward")
    return np.asarray(np.exp(log_amplitude - _BURST_LOG_SIGMA**2))


def join_pieces(pieces: Sequence[Array], overlap: int) -> Array:
    """Pieces after the first, joined, ((pieces - 1) n, ...) for pieces of (n + overlap, ...).

    Piece k covers the ticks from k n on; its last `overlap` ticks fade into the start of the next with
    weights cos and sin, so the variance of independent pieces is the same inside the joint. The first piece
    gives only its tail: one hour needs itself and the hour before, whatever block asks for it.
    """
    n = pieces[0].shape[0] - overlap
    angle = (np.arange(overlap) + 0.5) / overlap * (np.pi / 2.0)
    angle = angle.reshape((overlap,) + (1,) * (pieces[0].ndim - 1))
    joined = []
    for before, piece in pairwise(pieces):
        joint = np.cos(angle) * before[n:] + np.sin(angle) * piece[:overlap]
        joined += [joint, piece[overlap:n]]
    return np.concatenate(joined)


def averaged_sigma_ratio(
    mean_wind_m_s: Values, height_m: Values, component: Component, window_s: Values
) -> Array:
    """Standard deviation of the box-averaged fluctuation over that of the fluctuation, broadcast shape [1].

    Square root of the normalised spectrum times sinc^2, integrated; it depends on window U/z only, so it is
    read from a table (within 1e-4).
    """
    window = np.asarray(window_s, dtype=np.float64) * np.maximum(mean_wind_m_s, WIND_FLOOR_M_S) / height_m
    log_window, log_ratio = _averaging_table(component)
    return np.asarray(np.exp(np.interp(np.log(np.maximum(window, 1e-9)), log_window, log_ratio)))


@lru_cache(maxsize=3)
def _averaging_table(component: Component) -> tuple[Array, Array]:
    """Log of the ratio over log of the window in units of z/U."""
    log_f = np.linspace(np.log(1e-9), np.log(1e6), 6000)
    f = np.exp(log_f)
    energy = f * _normalised_spectrum(f, component) * (log_f[1] - log_f[0])
    log_window = np.linspace(np.log(1e-4), np.log(1e6), 240)
    share = np.array([energy @ np.sinc(f * w) ** 2 for w in np.exp(log_window)])
    return log_window, 0.5 * np.log(share / energy.sum())
