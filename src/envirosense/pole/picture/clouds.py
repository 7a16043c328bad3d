"""Clouds as a camera sees them: one random field of the cloud layer that drifts with the wind.

The layer is flat. Where the field is above a level, there is cloud; the level is such that the mean cover is
the weather's. The field is periodic and fixed for an episode; only its drift moves it.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array
from envirosense.core.rng import stream
from envirosense.pole.picture.cloud_kernels import sample_field

type Floats = npt.NDArray[np.float32]

TEXELS = 256
TEXEL_M = 80.0  # the field repeats after 20 km; assumed
OUTER_SCALE_M = 3000.0  # of cloud cells; assumed
SPECTRAL_SLOPE = -8.0 / 3.0  # of the plane, -5/3 along a line as in the inertial range (from memory)
EDGE = 0.5  # width of a cloud's edge over the field's standard deviation; assumed
CLOUD_SPEED_UP = 1.6  # wind at the clouds over that at 10 m; assumed
LOWEST_SINE = 0.09  # the layer is not followed below 5 degrees of elevation; assumed
SAMPLE_S = 5.0  # the field is read this often and in between by straight lines
STRETCH = 720  # samples that are read together: an hour; numerical choice
SHARPNESS = 1.702 / EDGE  # 1.702 brings a logistic edge within 1 % of the normal distribution's


@lru_cache(maxsize=16)
def cloud_field(seed: int) -> Array:
    """Field of one episode, (north, east), mean 0 and variance 1, periodic."""
    white = np.fft.rfft2(stream(seed, "clouds", "field").standard_normal((TEXELS, TEXELS)))
    north, east = np.fft.fftfreq(TEXELS, TEXEL_M)[:, None], np.fft.rfftfreq(TEXELS, TEXEL_M)
    power = (north**2 + east**2 + OUTER_SCALE_M**-2) ** (SPECTRAL_SLOPE / 2.0)
    power[0, 0] = 0.0
    field = np.fft.irfft2(white * np.sqrt(power), (TEXELS, TEXELS))
    return np.ascontiguousarray((field - field.mean()) / field.std())


def cloud_places_m(azimuth_rad: Array, elevation_rad: Array, height_m: float) -> Array:
    """Where directions meet the layer, east and north of the camera, (direction, 2) [m]."""
    sine = np.maximum(np.sin(elevation_rad), LOWEST_SINE)
    reach = height_m * np.sqrt(1.0 - sine**2) / sine
    return np.asarray(np.stack([reach * np.sin(azimuth_rad), reach * np.cos(azimuth_rad)], axis=1))


def field_samples(
    seed: int, places_m: Array, t_s: Array, drift_m_s: tuple[float, float]
) -> tuple[Floats, npt.NDArray[np.int64], Array]:
    """Field over places of the sky, (sample, place), the sample before each time, and the way to the next.

    Samples lie at whole multiples of five seconds of the episode whatever the times asked for, so blocks
    agree.
    """
    before = np.floor(t_s / SAMPLE_S).astype(np.int64)
    first, last = int(before.min()) // STRETCH, int(before.max()) // STRETCH
    key = np.ascontiguousarray(places_m / TEXEL_M).tobytes()
    stretches = [_stretch(seed, key, drift_m_s, number) for number in range(first, last + 1)]
    samples = np.concatenate([*(stretch[:-1] for stretch in stretches), stretches[-1][-1:]])
    return samples, before - STRETCH * first, t_s / SAMPLE_S - before


@lru_cache(maxsize=32)
def _stretch(seed: int, places: bytes, drift_m_s: tuple[float, float], number: int) -> Floats:
    """Samples of one stretch and the first of the next, (sample, place); `places` are doubles [texel].

    Kept because the world with causes and the one without have the same clouds.
    """
    at = np.frombuffer(places).reshape(-1, 2)
    read_s = SAMPLE_S * np.arange(STRETCH * number, STRETCH * (number + 1) + 1, dtype=np.float64)
    out = np.empty((read_s.size, at.shape[0]), np.float32)
    sample_field(cloud_field(seed), at, read_s, drift_m_s[0] / TEXEL_M, drift_m_s[1] / TEXEL_M, out)
    return out


def cover_level(cover: Array) -> Array:
    """Level of the field above which there is cloud, for a mean cover of 0..1, shape of `cover`.

    The mean of a soft edge over the field's normal distribution is the cover.
    """
    from scipy.special import ndtri

    level = -np.sqrt(1.0 + EDGE**2) * ndtri(np.clip(cover, 0.0, 1.0))
    return np.asarray(np.clip(level, -30.0, 30.0))
