"""Sun and sky through windows, and light in rooms."""

from typing import Final

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]

SOLAR_CONSTANT_W_M2: Final = 1361.0  # mean of the year
LOWEST_SINE: Final = 0.087  # of an elevation of 5 deg: a lower sun would fling its beam without bound
GROUND_ALBEDO: Final = 0.2  # grass and paving (from memory)
SOLAR_GAIN: Final = 0.55  # double glazing behind frame and dirt: g 0.63 of 0.87 (assumed)
DAYLIGHT_LM_W: Final = 110.0  # luminous efficacy of daylight (from memory, 105-125)
LIGHT_TRANSMITTANCE: Final = 0.6  # of a window with its frame (assumed)
REFLECTANCE: Final = 0.5  # mean of a room's faces (from memory)
SURFACE_PER_FLOOR: Final = 4.5  # faces of a room, ISO 13790 (from memory)
LED_LM_W: Final = 90.0  # lamp with its fitting (from memory)
UTILISATION: Final = 0.4  # of a lamp's light that meets the plane of use (assumed)


def diffuse_share(ghi_w_m2: npt.ArrayLike, sine_elevation: npt.ArrayLike) -> Floats:
    """Part of the global irradiance that comes from the sky, shape of both.

    Polynomials of Erbs, Klein and Duffie 1982 in the clearness index (from memory).
    """
    top = SOLAR_CONSTANT_W_M2 * np.maximum(np.asarray(sine_elevation, dtype=np.float64), LOWEST_SINE)
    clear = np.clip(np.asarray(ghi_w_m2, dtype=np.float64) / top, 0.0, 1.0)
    middle = 0.9511 + clear * (-0.1604 + clear * (4.388 + clear * (-16.638 + clear * 12.336)))
    return np.where(clear <= 0.22, 1.0 - 0.09 * clear, np.where(clear <= 0.8, middle, 0.165))


def window_irradiance_w_m2(
    ghi_w_m2: npt.ArrayLike,
    sun_elevation_deg: npt.ArrayLike,
    sun_azimuth_deg: npt.ArrayLike,
    facing_deg: npt.ArrayLike,
) -> Floats:
    """On upright windows, (time, window) [W/m2]: beam, half the sky and the ground before it.

    Nothing stands in the way of the sun; azimuths are clockwise from north.
    """
    elevation = np.radians(np.asarray(sun_elevation_deg, dtype=np.float64))
    ghi = np.where(elevation > 0.0, np.asarray(ghi_w_m2, dtype=np.float64), 0.0)
    sky = ghi * diffuse_share(ghi, np.sin(elevation))
    beam = (ghi - sky) / np.maximum(np.sin(elevation), LOWEST_SINE)
    off_rad = np.radians(np.subtract.outer(np.asarray(sun_azimuth_deg), np.asarray(facing_deg)))
    facing = np.maximum(np.cos(elevation)[:, None] * np.cos(off_rad), 0.0)
    even = 0.5 * (sky + GROUND_ALBEDO * ghi)
    return np.asarray(beam[:, None] * facing + even[:, None], dtype=np.float64)


def solar_gain_w(irradiance_w_m2: Floats, window_m2: npt.ArrayLike) -> Floats:
    """Heat through windows, shape of `irradiance_w_m2` [W]."""
    return irradiance_w_m2 * (SOLAR_GAIN * np.asarray(window_m2, dtype=np.float64))


def daylight_lux(irradiance_w_m2: Floats, window_m2: npt.ArrayLike, floor_m2: npt.ArrayLike) -> Floats:
    """Mean illuminance of a room by its windows, shape of `irradiance_w_m2` [lx].

    The light that enters is spread over all faces as in an integrating sphere: E = flux / (A (1 - R)).
    """
    lumen_m2 = DAYLIGHT_LM_W * LIGHT_TRANSMITTANCE * irradiance_w_m2
    surface_m2 = SURFACE_PER_FLOOR * np.asarray(floor_m2, dtype=np.float64)
    return lumen_m2 * (np.asarray(window_m2, dtype=np.float64) / (surface_m2 * (1.0 - REFLECTANCE)))


def lamp_lux(power_w: npt.ArrayLike, floor_m2: npt.ArrayLike) -> Floats:
    """Mean illuminance by LED lamps of a power, shape of both [lx]; the lumen method."""
    lumen = LED_LM_W * np.asarray(power_w, dtype=np.float64)
    return UTILISATION * lumen / np.asarray(floor_m2, dtype=np.float64)
