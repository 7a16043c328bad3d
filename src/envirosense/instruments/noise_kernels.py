"""Counter-based random numbers for kernels: a value is a function of (key, lane, tick) alone.

Philox4x32-10 [Salmon2011] turned into normals by Box-Muller with polynomial logarithm and sine: numba has
no vector math library here, and a scalar `log` per pixel would cost six times as much. Because no state is
carried, any block size, order or worker count gives the same bits.

Every integer step is narrowed by a cast: numba widens uint32 arithmetic to 64 bit, which halves the lanes.
Normals end at 5.9 sigma (24-bit uniform), which a 14-bit instrument cannot tell from more.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Words = npt.NDArray[np.uint32]
Floats = npt.NDArray[np.float32]

_F = np.float32
_I = np.int32
_U = np.uint64
_LOW = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
_MULTIPLIER_0 = np.uint64(0xD2511F53)  # [Salmon2011]
_MULTIPLIER_1 = np.uint64(0xCD9E8D57)  # [Salmon2011]
_WEYL_0 = np.uint64(0x9E3779B9)  # golden ratio [Salmon2011]
_WEYL_1 = np.uint64(0xBB67AE85)  # sqrt(3) - 1 [Salmon2011]

_BYTE = np.uint32(8)
_NINE = np.uint32(9)
_ULP23 = np.float32(2.0**-23)
_ULP24 = np.float32(2.0**-24)
_ULP22 = np.float32(2.0**-22)
_THREE_QUARTERS = np.int32(0x3F400000)  # bit pattern of 0.75: mantissas are cut to [0.75, 1.5)
_MANTISSA = np.int32(23)
_LN2 = np.float32(0.6931471806)
_MINUS_TWO = np.float32(-2.0)
_LOG = tuple(np.float32(2.0 / k) for k in (1, 3, 5, 7, 9))  # 2 artanh(z), error < 4e-9 for |z| <= 0.2
_SIN = tuple(  # Taylor series of sin(pi x / 2), error < 6e-8 for |x| <= 1
    np.float32(c) for c in (1.5707963, -0.64596409, 0.079692626, -0.0046817541, 0.00016044118, -0.0000035988)
)


@njit(inline="always", error_model="numpy")
def philox_words(c0: Any, c1: Any, c2: Any, c3: Any, k0: Any, k1: Any) -> tuple[Any, Any, Any, Any]:
    """Four words of Philox4x32-10 for counter (c0, c1, c2, c3) and key (k0, k1), all uint64 below 2**32."""
    for _ in range(10):
        p = c0 * _MULTIPLIER_0
        q = c2 * _MULTIPLIER_1
        c0 = (q >> _SHIFT) ^ c1 ^ k0
        c1 = q & _LOW
        c2 = (p >> _SHIFT) ^ c3 ^ k1
        c3 = p & _LOW
        k0 = (k0 + _WEYL_0) & _LOW
        k1 = (k1 + _WEYL_1) & _LOW
    return c0, c1, c2, c3


@njit(cache=True, nogil=True, error_model="numpy")
def philox_bits(out: Words, key: Words, tick: int) -> None:
    """Fill `out` (4 h,) with the words of lanes 0..h-1 at `tick`: word w of lane i stands at w h + i."""
    h = out.size // 4
    k0, k1, c2, c3 = _U(key[0]), _U(key[1]), _U(key[2]), _U(key[3])
    c1 = _U(tick)
    for i in range(h):
        w0, w1, w2, w3 = philox_words(_U(i), c1, c2, c3, k0, k1)
        out[i] = np.uint32(w0)
        out[h + i] = np.uint32(w1)
        out[2 * h + i] = np.uint32(w2)
        out[3 * h + i] = np.uint32(w3)


@njit(inline="always", error_model="numpy")
def _log(u: Any) -> Any:
    bits = _F(u).view(np.int32)
    exponent = _I(_I(bits - _THREE_QUARTERS) >> _MANTISSA)
    mantissa = _I(bits - _I(exponent << _MANTISSA)).view(np.float32)
    z = (mantissa - _F(1.0)) / (mantissa + _F(1.0))
    y = z * z
    return _F(exponent) * _LN2 + z * (_LOG[0] + y * (_LOG[1] + y * (_LOG[2] + y * (_LOG[3] + y * _LOG[4]))))


@njit(inline="always", error_model="numpy")
def _sin_quarter(x: Any) -> Any:
    y = x * x
    return x * (_SIN[0] + y * (_SIN[1] + y * (_SIN[2] + y * (_SIN[3] + y * (_SIN[4] + y * _SIN[5])))))


@njit(inline="always", error_model="numpy")
def _box_muller(a: Any, b: Any) -> tuple[Any, Any]:
    uniform = (_F(_I(a >> _BYTE)) + _F(0.5)) * _ULP24
    angle = _F(_I(b >> _BYTE)) * _ULP22 - _F(2.0)  # [-2, 2) right angles
    radius = np.sqrt(_MINUS_TWO * _log(uniform))
    w = abs(angle) - _F(1.0)
    s = _sin_quarter(_F(1.0) - abs(w))
    return -radius * _sin_quarter(w), radius * (s if angle >= _F(0.0) else -s)


@njit(cache=True, nogil=True, error_model="numpy")
def _normals(out: Floats, bits: Words, key: Words, tick: int) -> None:
    philox_bits(bits, key, tick)
    h = out.size // 4
    for i in range(h):
        out[i], out[h + i] = _box_muller(bits[i], bits[h + i])
    for i in range(2 * h, 3 * h):
        out[i], out[h + i] = _box_muller(bits[i], bits[h + i])


@njit(cache=True, nogil=True, error_model="numpy")
def philox_normals(out: Floats, key: Words, tick: int) -> None:
    """Fill `out` (n,) with standard normals of (key, tick), 0 <= tick < 2**32.

    The value at a place depends on n (through the lane count), never on other calls.
    """
    h = (out.size + 3) // 4
    bits = np.empty(4 * h, np.uint32)
    if 4 * h == out.size:
        _normals(out, bits, key, tick)
    else:
        padded = np.empty(4 * h, np.float32)
        _normals(padded, bits, key, tick)
        out[:] = padded[: out.size]


@njit(cache=True, nogil=True, error_model="numpy")
def philox_normal_block(out: Floats, key: Words, first_tick: int) -> None:
    """Fill `out` (tick, lane) with standard normals: row r equals `philox_normals` at `first_tick + r`."""
    for r in range(out.shape[0]):
        philox_normals(out[r], key, first_tick + r)


@njit(cache=True, nogil=True, error_model="numpy")
def philox_uniforms(out: Floats, key: Words, tick: int) -> None:
    """Fill `out` (n,) with uniforms of (key, tick), strictly inside (0, 1), in steps of 2**-23."""
    h = (out.size + 3) // 4
    bits = np.empty(4 * h, np.uint32)
    philox_bits(bits, key, tick)
    for i in range(out.size):
        out[i] = (_F(_I(bits[i] >> _NINE)) + _F(0.5)) * _ULP23
