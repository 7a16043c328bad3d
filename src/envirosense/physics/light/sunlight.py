"""Sunlight on the ground and on tilted faces, from the sun's place in the sky."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]

SOLAR_CONSTANT_W_M2: Final = 1366.1  # [ASTME490]
HAURWITZ_W_M2: Final = 1098.0  # [Haurwitz1945]
HAURWITZ_DEPTH: Final = 0.059  # [Haurwitz1945]
LOW_SUN_COSINE: Final = 0.08716  # cos 85 deg: a lower sun would fling its aureole at walls without bound
J2000_UNIX_S: Final = 946_728_000.0  # 2000-01-01 12:00 UTC
HORIZON_RAD: Final = float(np.radians(-0.8333))  # below it the disc is hidden [RedaAndreas2004]
YEAR_S: Final = 365.2425 * 86_400.0  # Gregorian mean year


@dataclass(frozen=True, slots=True)
class SunTrack:
    """Where the sun is, arrays of (time,)."""

    time_unix_s: Floats
    zenith_rad: Floats  # apparent, with refraction; above pi/2 at night
    azimuth_rad: Floats  # clockwise from north

    @property
    def cos_zenith(self) -> Floats:
        """Height of the sun as the cosine of its zenith angle, (time,); negative at night."""
        return np.cos(self.zenith_rad)


def almanac_sun(latitude_deg: float, longitude_deg: float, time_unix_s: npt.ArrayLike) -> SunTrack:
    """Apparent position of the sun, (time,), by the almanac's short series [Michalsky1988].

    Within 0.03 deg of the full algorithm from 1950 to 2050 and some fifty times faster.
    """
    times_s = np.atleast_1d(np.asarray(time_unix_s, dtype=np.float64))
    days = (times_s - J2000_UNIX_S) / 86_400.0
    anomaly = np.radians(357.528 + 0.9856003 * days)
    ecliptic = np.radians(
        280.460 + 0.9856474 * days + 1.915 * np.sin(anomaly) + 0.020 * np.sin(2.0 * anomaly)
    )
    obliquity = np.radians(23.439 - 4.0e-7 * days)
    ascension = np.arctan2(np.cos(obliquity) * np.sin(ecliptic), np.cos(ecliptic))
    sine = np.sin(obliquity) * np.sin(ecliptic)  # of the declination
    cosine = np.sqrt(1.0 - sine**2)
    sidereal_h = 6.697375 + 0.0657098242 * days + 24.0 * np.mod(days + 0.5, 1.0)
    hour_angle = np.radians(15.0 * sidereal_h + longitude_deg) - ascension
    latitude = np.radians(latitude_deg)
    height = np.arcsin(sine * np.sin(latitude) + cosine * np.cos(latitude) * np.cos(hour_angle))
    azimuth = np.arctan2(
        -cosine * np.sin(hour_angle),
        sine * np.cos(latitude) - cosine * np.sin(latitude) * np.cos(hour_angle),
    )
    return SunTrack(times_s, np.pi / 2.0 - height - _refraction_rad(height), np.mod(azimuth, 2.0 * np.pi))


def _refraction_rad(height_rad: Floats) -> Floats:
    """How much the standard atmosphere lifts the sun, (time,) [rad] [RedaAndreas2004]."""
    height_deg = np.degrees(np.maximum(height_rad, HORIZON_RAD))
    arcmin = 1.02 / np.tan(np.radians(height_deg + 10.3 / (height_deg + 5.11)))
    return np.where(height_rad > HORIZON_RAD, np.radians(arcmin / 60.0), 0.0)


def clear_sky_ghi_w_m2(cos_zenith: npt.ArrayLike) -> Floats:
    """Global irradiance under a cloudless sky, shape of `cos_zenith` [W/m2] [Haurwitz1945].

    Needs nothing but the zenith angle; among such models the best in the review of [Reno2012].
    """
    lit = np.maximum(np.asarray(cos_zenith, dtype=np.float64), 1e-6)
    return np.where(lit > 1e-6, HAURWITZ_W_M2 * lit * np.exp(-HAURWITZ_DEPTH / lit), 0.0)


def extraterrestrial_w_m2(time_unix_s: npt.ArrayLike) -> Floats:
    """Beam irradiance above the atmosphere, shape of `time_unix_s` [W/m2] [Spencer1971]."""
    day_rad = 2.0 * np.pi * np.mod(np.asarray(time_unix_s, dtype=np.float64) / YEAR_S, 1.0)
    distance = (
        1.00011
        + 0.034221 * np.cos(day_rad)
        + 0.00128 * np.sin(day_rad)
        + 0.000719 * np.cos(2 * day_rad)
        + 7.7e-05 * np.sin(2 * day_rad)
    )
    return np.asarray(SOLAR_CONSTANT_W_M2 * distance, dtype=np.float64)


def incidence_cosine(sun: SunTrack, tilt_rad: npt.ArrayLike, azimuth_rad: npt.ArrayLike) -> Floats:
    """Cosine between the beam and each facet's normal, (time, facet); negative behind the facet."""
    tilt = np.atleast_1d(np.asarray(tilt_rad, dtype=np.float64))[None, :]
    facing = np.atleast_1d(np.asarray(azimuth_rad, dtype=np.float64))[None, :]
    zenith, azimuth = sun.zenith_rad[:, None], sun.azimuth_rad[:, None]
    across = np.sin(zenith) * np.sin(tilt) * np.cos(azimuth - facing)
    return np.asarray(np.cos(zenith) * np.cos(tilt) + across)


def plane_irradiance_w_m2(
    sun: SunTrack,
    dni_w_m2: npt.ArrayLike,
    ghi_w_m2: npt.ArrayLike,
    dhi_w_m2: npt.ArrayLike,
    tilt_rad: npt.ArrayLike,
    azimuth_rad: npt.ArrayLike,
    albedo: npt.ArrayLike,
) -> Floats:
    """Total irradiance on facets, (time, facet) [W/m2]: beam, sky of [HayDavies1980], lit ground.

    Args:
        sun: track of (time,).
        dni_w_m2: beam on a face turned to the sun, (time,).
        ghi_w_m2: global on the horizontal, (time,).
        dhi_w_m2: diffuse on the horizontal, (time,).
        tilt_rad: 0 looks up, pi/2 is a wall, pi looks down; (facet,) or one number.
        azimuth_rad: where the facet looks, clockwise from north; (facet,) or one number.
        albedo: reflectance of the ground, 0..1; one number or (time,).
    """
    dni, ghi, dhi = (np.asarray(part, dtype=np.float64)[:, None] for part in (dni_w_m2, ghi_w_m2, dhi_w_m2))
    reflectance = np.broadcast_to(np.asarray(albedo, dtype=np.float64), sun.zenith_rad.shape)[:, None]
    cos_tilt = np.cos(np.atleast_1d(np.asarray(tilt_rad, dtype=np.float64)))[None, :]
    facing = np.maximum(incidence_cosine(sun, tilt_rad, azimuth_rad), 0.0)
    beam_ratio = facing / np.maximum(sun.cos_zenith, LOW_SUN_COSINE)[:, None]
    anisotropy = dni / extraterrestrial_w_m2(sun.time_unix_s)[:, None]
    sky = dhi * (anisotropy * beam_ratio + (1.0 - anisotropy) * (1.0 + cos_tilt) / 2.0)
    ground = ghi * reflectance * (1.0 - cos_tilt) / 2.0
    return np.asarray(dni * facing + sky + ground, dtype=np.float64)
