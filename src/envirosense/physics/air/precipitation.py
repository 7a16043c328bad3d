"""Raindrops and fog: sizes, fall, energy, what rain washes out, what fog hides.

The rain is that of Marshall and Palmer, N(D) = N0 exp(-Lambda D), with the fall speeds of Atlas; all
integrals are closed. Its own water flux differs from the rain rate by up to 20 % between 1 and 30 mm/h, as
the two laws come from different data; numbers and energies are therefore scaled to the rain rate.
"""

from math import factorial
from typing import Final

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]

INTERCEPT_PER_M3_MM: Final = 8000.0  # [MarshallPalmer1948]
SLOPE_PER_MM: Final = 4.1  # at 1 mm/h [MarshallPalmer1948]
SLOPE_POWER: Final = -0.21  # [MarshallPalmer1948]
FALL_M_S: Final = 9.65  # [Atlas1973] (from memory)
FALL_DEFICIT_M_S: Final = 10.3  # [Atlas1973] (from memory)
FALL_PER_MM: Final = 0.6  # [Atlas1973] (from memory)
SMALLEST_DROP_MM: Final = float(
    np.log(FALL_DEFICIT_M_S / FALL_M_S) / FALL_PER_MM
)  # fall speed zero, 0.109 mm
WATER_G_MM3: Final = 1e-3  # liquid water
DRIEST_MM_H: Final = 1e-3  # numerical choice: below it there are no drops at all
WASHOUT_POWER: Final = 0.79  # of the rain rate [MaryonRyall1996] (from memory)
WASHOUT_COARSE_PER_S: Final = 8.4e-5  # at 1 mm/h [MaryonRyall1996] (from memory)
WASHOUT_FINE_PER_S: Final = 1e-5  # at 1 mm/h; 0.1 to 1 um slip past the drops  # assumed
KOSCHMIEDER: Final = 3.912  # -ln 0.02, contrast at the visual range, exact
EXTINCTION_EFFICIENCY: Final = 2.0  # drops far larger than the wavelength


def slope_per_mm(rain_mm_h: npt.ArrayLike) -> Floats:
    """Slope of the drop size distribution, same shape [1/mm]: Lambda = 4.1 R^-0.21 [MarshallPalmer1948]."""
    rain = np.maximum(np.asarray(rain_mm_h, dtype=np.float64), DRIEST_MM_H)
    return np.asarray(SLOPE_PER_MM * rain**SLOPE_POWER)


def drops_per_m3_mm(diameter_mm: npt.ArrayLike, rain_mm_h: npt.ArrayLike) -> Floats:
    """Drops per volume of air and per millimetre of diameter, broadcast shape [1/(m3 mm)]."""
    return np.asarray(INTERCEPT_PER_M3_MM * np.exp(-slope_per_mm(rain_mm_h) * np.asarray(diameter_mm)))


def rain_water_g_m3(rain_mm_h: npt.ArrayLike) -> Floats:
    """Liquid water in rainy air, same shape [g/m3]: pi rho N0 / Lambda^4, which is 0.089 R^0.84."""
    water = np.pi * WATER_G_MM3 * INTERCEPT_PER_M3_MM / slope_per_mm(rain_mm_h) ** 4
    return np.where(_rains(rain_mm_h), water, 0.0)


def fall_speed_m_s(diameter_mm: npt.ArrayLike) -> Floats:
    """Terminal speed of a raindrop, same shape [m/s]: 9.65 - 10.3 exp(-0.6 D), not below zero [Atlas1973]."""
    speed = FALL_M_S - FALL_DEFICIT_M_S * np.exp(-FALL_PER_MM * np.asarray(diameter_mm, dtype=np.float64))
    return np.maximum(speed, 0.0)


def drop_rate_per_m2_s(rain_mm_h: npt.ArrayLike, smallest_mm: float = SMALLEST_DROP_MM) -> Floats:
    """Drops larger than `smallest_mm` that reach level ground, same shape [1/(m2 s)]."""
    slope = slope_per_mm(rain_mm_h)
    edge = max(smallest_mm, SMALLEST_DROP_MM)
    faster = slope + FALL_PER_MM
    flux = FALL_M_S * np.exp(-slope * edge) / slope - FALL_DEFICIT_M_S * np.exp(-faster * edge) / faster
    return np.where(_rains(rain_mm_h), INTERCEPT_PER_M3_MM * flux * _flux_scale(rain_mm_h), 0.0)


def mean_drop_volume_mm3(rain_mm_h: npt.ArrayLike) -> Floats:
    """Mean volume of the drops that reach the ground, same shape [mm3]: rain rate over drop rate."""
    rain = np.maximum(np.asarray(rain_mm_h, dtype=np.float64), DRIEST_MM_H)
    return np.asarray(rain * 1e6 / 3600.0 / drop_rate_per_m2_s(rain))


def spectrum_rain_mm_h(rain_mm_h: npt.ArrayLike) -> Floats:
    """Rain rate that the drops and their speeds carry, same shape [mm/h]; tells how well the laws agree."""
    return np.asarray(np.pi / 6.0 * 3.6e-3 * _speed_moment(slope_per_mm(rain_mm_h), 1))


def kinetic_flux_w_m2(rain_mm_h: npt.ArrayLike) -> Floats:
    """Kinetic energy that rain brings to level ground, same shape [W/m2]."""
    flux_mm3 = np.pi / 6.0 * _speed_moment(slope_per_mm(rain_mm_h), 3)
    kinetic = 0.5 * WATER_G_MM3 * 1e-3 * flux_mm3 * _flux_scale(rain_mm_h)
    return np.where(_rains(rain_mm_h), kinetic, 0.0)


def _speed_moment(slope: Floats, power: int) -> Floats:
    """Integral of N D^3 v^power over all drops, closed by the binomial theorem [mm3/m3 (m/s)^power]."""
    total = np.zeros_like(slope)
    for k in range(power + 1):
        weight = factorial(power) // (factorial(k) * factorial(power - k))
        term = FALL_M_S ** (power - k) * (-FALL_DEFICIT_M_S) ** k
        total += weight * term * 6.0 / (slope + k * FALL_PER_MM) ** 4
    return np.asarray(INTERCEPT_PER_M3_MM * total)


def _flux_scale(rain_mm_h: npt.ArrayLike) -> Floats:
    rain = np.maximum(np.asarray(rain_mm_h, dtype=np.float64), DRIEST_MM_H)
    return np.asarray(rain / spectrum_rain_mm_h(rain))


def _rains(rain_mm_h: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    return np.asarray(np.asarray(rain_mm_h) >= DRIEST_MM_H)


def washout_per_s(rain_mm_h: npt.ArrayLike, at_one_mm_h_per_s: float) -> Floats:
    """Share of the particles that rain takes per second, same shape [1/s]: a R^0.79."""
    rain = np.maximum(np.asarray(rain_mm_h, dtype=np.float64), 0.0)
    return np.asarray(at_one_mm_h_per_s * rain**WASHOUT_POWER)


def visual_range_m(extinction_per_m: npt.ArrayLike) -> Floats:
    """Distance at which contrast has fallen to 2 %, same shape [m]: Koschmieder's law."""
    return KOSCHMIEDER / np.asarray(extinction_per_m, dtype=np.float64)


def fog_extinction_per_m(water_g_m3: npt.ArrayLike, effective_um: float) -> Floats:
    """Extinction of fog, same shape [1/m]: 3 Q W / (2 rho d_eff), d_eff = mean d^3 over mean d^2 of drops."""
    per_gram_m2 = 1.5 * EXTINCTION_EFFICIENCY / (1e6 * effective_um * 1e-6)
    return np.asarray(water_g_m3, dtype=np.float64) * per_gram_m2


def fog_water_of_sight_g_m3(visual_m: npt.ArrayLike, effective_um: float) -> Floats:
    """Liquid water of fog that limits sight to `visual_m`, same shape [g/m3]; inverts the two laws above."""
    return KOSCHMIEDER / (np.asarray(visual_m, dtype=np.float64) * fog_extinction_per_m(1.0, effective_um))
