"""Sun that flat metal throws towards an eye, in the long-wave band of a thermal camera."""

from typing import Final

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]

BAND_SHARE: Final = 1.108e-3  # of sunlight between 8 and 14 um: black body of 5772 K, computed
SUN_RADIUS_RAD: Final = 4.65e-3  # half the angle of the disc, mean over the year


def sun_vector(azimuth_rad: npt.ArrayLike, elevation_rad: npt.ArrayLike) -> Floats:
    """Unit vector to the sun, (..., 3) east, north, up; azimuth clockwise from north."""
    azimuth, elevation = np.asarray(azimuth_rad), np.asarray(elevation_rad)
    level = np.cos(elevation)
    return np.stack([level * np.sin(azimuth), level * np.cos(azimuth), np.sin(elevation)], axis=-1)


def mirror_normal(to_sun: Floats, to_eye: Floats) -> Floats:
    """Unit normal of a mirror that shows the sun to the eye, (..., 3): halfway between the two."""
    halfway = to_sun + to_eye
    return np.asarray(halfway / np.linalg.norm(halfway, axis=-1, keepdims=True))


def glint_w_sr(
    normal: Floats, to_sun: Floats, to_eye: Floats, beam_w_m2: Floats, area_m2: float, slope_rad: float
) -> Floats:
    """In-band intensity of a perfectly reflecting plate towards the eye, (time,) [W/sr].

    I = A E p(d) / 4 with p the Gaussian density of the plate's slopes at the angle d between its normal and
    the normal that a mirror would need; the sun's disc widens it by a quarter of its radius. Integrated over
    all directions it gives the power that falls on the plate, A E cos(angle of incidence).
    `to_sun` is (time, 3); normal and eye are (3,).
    """
    sun_side, eye_side = to_sun @ normal, float(to_eye @ normal)
    miss = np.linalg.norm(mirror_normal(to_sun, to_eye) - normal, axis=-1)  # chord: the angle where small
    variance = slope_rad**2 + (SUN_RADIUS_RAD / 4.0) ** 2
    density_per_sr = np.exp(-0.5 * miss**2 / variance) / (2.0 * np.pi * variance)
    is_lit = (sun_side > 0.0) & (eye_side > 0.0) & (to_sun[..., 2] > 0.0)
    return np.where(is_lit, area_m2 * BAND_SHARE * beam_w_m2 * density_per_sr / 4.0, 0.0)
