"""Apparent temperature of in-band radiance as a short polynomial that runs in vector registers.

Temperature is nearly a straight line in the fourth root of the radiance, so a polynomial of degree 6 in that
root stays within 0.1 mK of the exact inverse over -40..170 degC and 0.4 mK over -40..450 degC. Two square
roots and six multiply-adds beat a table: sixteen pixels would need sixteen separate loads.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from envirosense.physics.light.radiation import band_radiance_w_m2_sr, band_temperature_k

STEP_K = 0.02  # of a reported code; code 0 is 0 K
DEGREE = 6  # fixed: the kernel spells the polynomial out
MAX_ERROR_K = 1e-3  # a twentieth of a step
_N_FIT = 2001


@dataclass(frozen=True, slots=True)
class RadianceConverter:
    """Polynomial from radiance to temperature, valid between two radiances."""

    limits_w_m2_sr: npt.NDArray[np.float32]  # (2,) ends of the scene range
    coefficients_k: npt.NDArray[np.float32]  # (7,) rising powers of (root - centre) * scale
    centre_scale: npt.NDArray[np.float32]  # (2,) centre and scale of the fourth root
    limits_code: tuple[int, int]  # first and last code inside the range
    error_k: float  # largest difference from the exact inverse


@lru_cache(maxsize=16)
def fit_converter(low_k: float, high_k: float) -> RadianceConverter:
    """Converter for the scene range of a part, ends moved inwards to whole codes.

    Raises:
        ValueError: if the range is empty, or too wide for the polynomial to stay within 1 mK.
    """
    low_code, high_code = int(np.ceil(low_k / STEP_K - 1e-6)), int(np.floor(high_k / STEP_K + 1e-6))
    if not 0 <= low_code < high_code <= 65_535:
        raise ValueError(f"scene range {low_k}..{high_k} K must be rising and inside 0..1310 K")
    low_k, high_k = low_code * STEP_K, high_code * STEP_K
    temperature_k = 0.5 * (low_k + high_k) - 0.5 * (high_k - low_k) * np.cos(np.linspace(0.0, np.pi, _N_FIT))
    radiance = band_radiance_w_m2_sr(temperature_k)
    root = radiance**0.25
    centre, scale = 0.5 * (root[0] + root[-1]), 2.0 / (root[-1] - root[0])
    fit = np.polynomial.Chebyshev.fit((root - centre) * scale, temperature_k, DEGREE, domain=[-1.0, 1.0])
    polynomial = fit.convert(kind=np.polynomial.Polynomial)
    error_k = float(np.abs(fit((root - centre) * scale) - band_temperature_k(radiance)).max())
    if error_k > MAX_ERROR_K:
        raise ValueError(
            f"scene range {low_k}..{high_k} K is too wide: error {error_k * 1e3:.2f} mK above 1 mK"
        )
    return RadianceConverter(
        limits_w_m2_sr=radiance[[0, -1]].astype(np.float32),
        coefficients_k=polynomial.coef.astype(np.float32),
        centre_scale=np.array([centre, scale], np.float32),
        limits_code=(low_code, high_code),
        error_k=error_k,
    )
