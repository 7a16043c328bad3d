"""Kernel of the sky that a camera sees, in single precision so that directions fill the vector lanes.

Radiances are told as departures from that of a black body at the air's temperature: clear sky is colder by
what passes the whole air, cloud by the depth of its base seen through the air below it.
"""
# mypy: allow-untyped-decorators

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit
from numba.extending import register_jitable

type Floats = npt.NDArray[np.float32]
type Numbers = npt.NDArray[np.int64]

_F = np.float32
_HALF, _ONE, _STEP = _F(0.5), _F(1.0), _F(1.0 / 256.0)
_FARTHEST = _F(80.0)  # exponents beyond are as good as endless in single precision
AIR, ZENITH_PATH, CLOUD_OVER_AIR, RELIEF, SHARE_BELOW, LEVEL, BETWEEN, N_COLUMNS = range(8)


@register_jitable
def decay(x: Any) -> Any:
    """exp(-x) for x of 0 to 80, within 2e-5: eight squarings of a short series."""
    u = x * _STEP
    y = _ONE - u + _HALF * u * u
    y = y * y
    y = y * y
    y = y * y
    y = y * y
    y = y * y
    y = y * y
    y = y * y
    return y * y


@register_jitable
def cloud_share(field: Any, level: Any, sharpness: Any) -> Any:
    """Share of cloud where the field stands at a value: a soft step at the level, 0 to 1."""
    depth = (field - level) * sharpness
    e = decay(min(abs(depth), _FARTHEST))
    less = e / (_ONE + e)
    return _ONE - less if depth > _F(0.0) else less


@njit(cache=True, nogil=True, error_model="numpy")
def fill_sky(
    table: Floats, slant: Floats, samples: Floats, before: Numbers, sharpness: Any, out: Floats
) -> None:
    """Fill `out` (time, point) with radiance [W/m2/sr].

    Args:
        table: (time, N_COLUMNS) radiance of air, optical depth to the zenith, radiance of the cloud base over
            the air's, its spread per unit of the field, share of the depth below it, level of the field above
            which there is cloud, and place of the time between two samples.
        slant: (point,) depth over that to the zenith.
        samples: (sample, point) cloud field.
        before: (time,) sample at or before each time.
        sharpness: of a cloud's edge.
        out: contiguous, which the vector lanes need.
    """
    for i in range(table.shape[0]):
        air, zenith, over, relief = (
            table[i, AIR],
            table[i, ZENITH_PATH],
            table[i, CLOUD_OVER_AIR],
            table[i, RELIEF],
        )
        below, level, between, low = table[i, SHARE_BELOW], table[i, LEVEL], table[i, BETWEEN], before[i]
        for p in range(slant.size):
            path = min(zenith * slant[p], _FARTHEST)
            field = samples[low, p] + between * (samples[low + 1, p] - samples[low, p])
            clear = -air * decay(path)
            cloud = (over + relief * field) * decay(path * below)
            out[i, p] = air + clear + cloud_share(field, level, sharpness) * (cloud - clear)


@njit(cache=True, nogil=True, error_model="numpy")
def sample_field(
    field: npt.NDArray[np.float64],
    places: npt.NDArray[np.float64],
    read_s: npt.NDArray[np.float64],
    east_per_s: float,
    north_per_s: float,
    out: Floats,
) -> None:
    """Fill `out` (sample, place) with a periodic field that drifts, bilinear between its texels.

    Args:
        field: (north, east), square.
        places: (place, 2) east and north at time 0 [texel].
        read_s: (sample,) times.
        east_per_s: drift [texel/s].
        north_per_s: likewise.
        out: what to fill.
    """
    n = field.shape[0]
    for s in range(read_s.size):
        for p in range(places.shape[0]):
            east, north = places[p, 0] - read_s[s] * east_per_s, places[p, 1] - read_s[s] * north_per_s
            left, below = math.floor(east), math.floor(north)
            right, up = east - left, north - below
            j, i = int(left) % n, int(below) % n
            m, k = j + 1 if j + 1 < n else 0, i + 1 if i + 1 < n else 0
            low = field[i, j] * (1.0 - right) + field[i, m] * right
            high = field[k, j] * (1.0 - right) + field[k, m] * right
            out[s, p] = low * (1.0 - up) + high * up
