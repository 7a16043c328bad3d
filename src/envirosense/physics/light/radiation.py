"""Radiometry of an uncooled infrared camera: Planck radiance in 8-14 um, air path, mixed reflections.

Radiance is looked up in a table of 16,384 points from 150 to 2000 K (relative error below 1e-5) built once
by Gauss-Legendre quadrature. Temperatures beyond the table take the value at its end.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from envirosense.core.units import BOLTZMANN_J_K, LIGHT_SPEED_M_S, PLANCK_J_S
from envirosense.physics.light.radiation_kernels import interpolate_uniform

type Floats = npt.NDArray[np.float64]
type Values = Floats | float

BAND_M = (8e-6, 14e-6)  # pass band of a microbolometer
TABLE_K = (150.0, 2000.0)  # from the coldest dry zenith to flame
_N_TABLE = 16_384
_N_QUADRATURE = 64  # enough for rounding error: the integrand is smooth

# Two-term path model of FLIR radiometric files (from memory)
_PATH_WEIGHT = 1.9
_PATH_ALPHA = (0.006569, 0.01262)  # [m^-1/2]
_PATH_BETA = (-0.002276, -0.00667)  # [m^-1/2 per (g/m3)^1/2]


@cache
def _table() -> tuple[Floats, Floats, Floats]:
    """Temperature [K], radiance [W/m2/sr] and slope [W/m2/sr/K] on the table's points."""
    nodes, weights = np.polynomial.legendre.leggauss(_N_QUADRATURE)
    low_m, high_m = BAND_M
    wavelength_m = 0.5 * (high_m - low_m) * nodes + 0.5 * (high_m + low_m)
    weights_m = 0.5 * (high_m - low_m) * weights
    temperature_k = np.linspace(*TABLE_K, _N_TABLE)
    radiance, slope = np.zeros(_N_TABLE), np.zeros(_N_TABLE)
    for length, weight in zip(wavelength_m, weights_m, strict=True):
        x = PLANCK_J_S * LIGHT_SPEED_M_S / (length * BOLTZMANN_J_K * temperature_k)
        spectral = weight * 2.0 * PLANCK_J_S * LIGHT_SPEED_M_S**2 / length**5 / np.expm1(x)
        radiance += spectral
        slope += spectral * x / temperature_k / -np.expm1(-x)
    return temperature_k, radiance, slope


def _look_up(temperature_k: Values, table: Floats) -> Floats:
    x = np.asarray(temperature_k, dtype=np.float64, order="C")
    out = np.empty(x.shape)
    step_k = (TABLE_K[1] - TABLE_K[0]) / (_N_TABLE - 1)
    interpolate_uniform(x.reshape(-1), TABLE_K[0], step_k, table, out.reshape(-1))
    return out


def band_radiance_w_m2_sr(temperature_k: Values) -> Floats:
    """Blackbody radiance in 8-14 um [W/m2/sr], shape of the argument."""
    return _look_up(temperature_k, _table()[1])


def band_radiance_slope(temperature_k: Values) -> Floats:
    """Derivative of the in-band blackbody radiance [W/m2/sr/K], shape of the argument."""
    return _look_up(temperature_k, _table()[2])


def band_temperature_k(radiance_w_m2_sr: Values) -> Floats:
    """Temperature of the blackbody with a given in-band radiance [K]; the exact inverse of the table."""
    temperature_k, radiance, _ = _table()
    return np.asarray(np.interp(radiance_w_m2_sr, radiance, temperature_k))


@dataclass(frozen=True, slots=True)
class CountCurve:
    """Raw counts of a camera over black bodies: R / (exp(B / T) - F) + O."""

    r: float
    b_k: float
    f: float
    o: float

    def counts(self, temperature_k: Values) -> Floats:
        """Counts for a black body, shape of the argument."""
        return np.asarray(self.r / (np.exp(self.b_k / np.asarray(temperature_k)) - self.f) + self.o)

    def temperature_k(self, counts: Values) -> Floats:
        """Temperature of the black body behind counts above the offset [K]."""
        return np.asarray(self.b_k / np.log(self.r / (np.asarray(counts) - self.o) + self.f))


LEPTON_COUNTS = CountCurve(
    395_653.0, 1435.0, 1.0, 156.0
)  # one serial unit, high gain (driver comment, quoted)


def atmosphere_transmittance(range_m: Values, air_c: Values, relative_humidity: Values) -> Floats:
    """In-band transmittance of an air path, humidity 0..1 (FLIR file model, from memory)."""
    air = np.asarray(air_c)
    water_g_m3 = relative_humidity * np.exp(1.5587 + 6.939e-2 * air - 2.7816e-4 * air**2 + 6.8455e-7 * air**3)
    root_m, root_water = np.sqrt(range_m), np.sqrt(water_g_m3)
    first, second = (
        np.exp(-root_m * (a + b * root_water)) for a, b in zip(_PATH_ALPHA, _PATH_BETA, strict=True)
    )
    return np.asarray(_PATH_WEIGHT * first + (1.0 - _PATH_WEIGHT) * second)


def component_radiance_w_m2_sr(
    surface_k: Floats,
    emissivity: Values,
    transmittance: Values,
    air_k: Values,
    sky_radiance: Values,
    surround_k: Values,
    sky_fraction: Values,
) -> Floats:
    """Radiance that leaves each component and reaches the camera, (time, component) [W/m2/sr].

    Emission plus diffuse reflection of sky and surroundings, dimmed and filled in by the air path. Arguments
    broadcast: (time, 1) for drives, (component,) for properties.
    """
    reflected = sky_fraction * np.asarray(sky_radiance)
    reflected = reflected + (1.0 - np.asarray(sky_fraction)) * band_radiance_w_m2_sr(surround_k)
    leaving = emissivity * band_radiance_w_m2_sr(surface_k) + (1.0 - np.asarray(emissivity)) * reflected
    path = (1.0 - np.asarray(transmittance)) * band_radiance_w_m2_sr(air_k)
    return np.asarray(transmittance * leaving + path)


def apparent_temperature_k(
    surface_k: Values,
    emissivity: Values,
    reflected_w_m2_sr: Values,
    transmittance: Values = 1.0,
    air_k: Values = 293.15,
) -> Floats:
    """Temperature that a camera set to emissivity 1 and a clear path reports for a surface [K]."""
    leaving = emissivity * band_radiance_w_m2_sr(surface_k)
    leaving = leaving + (1.0 - np.asarray(emissivity)) * reflected_w_m2_sr
    path = (1.0 - np.asarray(transmittance)) * band_radiance_w_m2_sr(air_k)
    return band_temperature_k(transmittance * leaving + path)
