"""The camera's hot loops: scene to pixels, pixels through every imperfection to byte planes.

`mix_radiance` renders, `expose_frames` is one fused pass per pixel and frame: window, gain, offsets, noise,
clip, conversion to kelvin, rounding, low and high byte. The picture may have any size. Nothing depends on how
a series is cut into blocks: sums have a written order, noise is counter-based, slow state moves on an
absolute 10 s grid.

Offsets and noise are radiances [W/m2/sr], so their size in kelvin follows the Planck slope of the scene.
After a change in noise_kernels.py or thermal_slow_kernels.py delete the numba cache: it does not notice
functions inlined from other files.
"""
# mypy: allow-untyped-decorators

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from envirosense.instruments.noise_kernels import philox_normals
from envirosense.instruments.thermal_slow_kernels import (
    BIAS,
    COVERED,
    DRIFT_K,
    KEY_COLUMN_WHITE,
    KEY_ROW_WHITE,
    KEY_WHITE,
    MAP_DRIFT,
    MAP_GAIN,
    MAP_NARCISSUS,
    MAP_WEB,
    MAP_WINDOW,
    NARCISSUS_K,
    SIGMA_COLUMN_WHITE,
    SIGMA_ROW_WHITE,
    SIGMA_WHITE,
    SLOW_OFFSET,
    SUN_COLUMN,
    SUN_RADIUS_PX,
    SUN_ROW,
    WEB,
    WINDOW_LOSS,
    WINDOW_RADIANCE,
    Bytes,
    Floats,
    Indices,
    SlowState,
    ThermalUnit,
    add_normals,
    blink,
    disc_pixels,
    paint_disc,
    step_slow,
)

_F = np.float32
_I = np.int32
_BYTE = np.int32(255)
_EIGHT = np.int32(8)
_CODES_PER_K = np.float32(50.0)  # 0.02 K steps
_HALF = np.float32(0.5)


class FrameDrives(NamedTuple):
    """What changes from frame to frame besides the scene."""

    cells: npt.NDArray[np.int64]  # (frame,) absolute 10 s cell
    epochs: npt.NDArray[np.int64]  # (frame,) flat-field corrections since power-on
    is_frozen: npt.NDArray[np.bool_]  # (frame,) shutter closed or link stuck: the last frame is sent again
    table: Floats  # (frame, N_FRAME)


@njit(cache=True, nogil=True, error_model="numpy")
def mix_radiance(indices: Indices, weights: Floats, radiance_t: Floats, out: Floats) -> None:
    """Fill `out` (frame, pixel) with the weighted sum of component radiances [W/m2/sr].

    Args:
        indices: (pixel, slot) component of each slot.
        weights: (pixel, slot); the first zero after slot 0 ends a pixel's list.
        radiance_t: (component, frame), transposed so that frames fill the vector lanes.
        out: (frame, pixel).
    """
    n = radiance_t.shape[1]
    total = np.empty(n, np.float32)
    for p in range(indices.shape[0]):
        weight = weights[p, 0]
        component = indices[p, 0]
        for t in range(n):
            total[t] = weight * radiance_t[component, t]
        for slot in range(1, indices.shape[1]):
            weight = weights[p, slot]
            if weight == _F(0.0):
                break
            component = indices[p, slot]
            for t in range(n):
                total[t] += weight * radiance_t[component, t]
        for t in range(n):
            out[t, p] = total[t]


@njit(inline="always", error_model="numpy")
def _kelvin(radiance: Any, low: Any, high: Any, c: Any, centre: Any, scale: Any) -> Any:
    x = min(max(radiance, low), high)
    z = (np.sqrt(np.sqrt(x)) - centre) * scale
    return c[0] + z * (c[1] + z * (c[2] + z * (c[3] + z * (c[4] + z * (c[5] + z * c[6])))))


@njit(cache=True, nogil=True, error_model="numpy")
def radiance_to_kelvin(
    radiance: Floats, limits: Floats, c: Floats, centre_scale: Floats, out: Floats
) -> None:
    """Fill `out` (n,) with apparent temperature [K] of radiance (n,), clipped to the converter's range."""
    low, high, centre, scale = limits[0], limits[1], centre_scale[0], centre_scale[1]
    cs = (c[0], c[1], c[2], c[3], c[4], c[5], c[6])
    for i in range(radiance.size):
        out[i] = _kelvin(radiance[i], low, high, cs, centre, scale)


@njit(cache=True, nogil=True, error_model="numpy")
def _look_through(window: Floats, unit: ThermalUnit, frame: Floats) -> None:
    """Fill `window` (2, pixel) with the gain for the scene and for the window's own radiance.

    Dust and film, a web's strands and a layer over everything hide one behind the other.
    """
    gain, dust, strands = unit.maps[MAP_GAIN], unit.maps[MAP_WINDOW], unit.maps[MAP_WEB]
    loss, web, bare = frame[WINDOW_LOSS], frame[WEB], _F(1.0) - frame[COVERED]
    for p in range(gain.size):
        clear = (_F(1.0) - min(loss * dust[p], _F(1.0))) * (_F(1.0) - web * strands[p]) * bare
        window[0, p] = gain[p] * clear
        window[1, p] = gain[p] * (_F(1.0) - clear)


@njit(cache=True, nogil=True, error_model="numpy")
def _pixels(
    radiance: Floats,
    unit: ThermalUnit,
    window: Floats,
    offset: Floats,
    column: Floats,
    row: Floats,
    frame: Floats,
    normals: Floats,
    low_byte: Bytes,
    high_byte: Bytes,
) -> Any:
    """One frame: radiance (pixel,) to the two bytes of its code; how many pixels were clipped."""
    c = unit.coefficients
    cs = (c[0], c[1], c[2], c[3], c[4], c[5], c[6])
    low, high, centre, scale = unit.limits[0], unit.limits[1], unit.centre_scale[0], unit.centre_scale[1]
    sigma, drift, narcissus = unit.amplitudes[SIGMA_WHITE], unit.maps[MAP_DRIFT], unit.maps[MAP_NARCISSUS]
    scene, glow = window[0], window[1]
    drift_k, narcissus_k, window_radiance = frame[DRIFT_K], frame[NARCISSUS_K], frame[WINDOW_RADIANCE]
    n_columns = column.size
    n_clipped: Any = 0
    for i in range(row.size):
        for j in range(n_columns):
            p = n_columns * i + j
            x = scene[p] * radiance[p] + glow[p] * window_radiance
            x = x + offset[p] + drift[p] * drift_k + narcissus[p] * narcissus_k
            x = x + (column[j] + row[i]) + sigma * normals[p]
            n_clipped += _I(x < low) | _I(x > high)
            code = _I(_kelvin(x, low, high, cs, centre, scale) * _CODES_PER_K + _HALF)
            low_byte[p] = np.uint8(code & _BYTE)
            high_byte[p] = np.uint8(code >> _EIGHT)
    return n_clipped


@njit(cache=True, nogil=True, error_model="numpy")
def _replace_pixels(low_byte: Bytes, high_byte: Bytes, pixels: Any, neighbours: Any) -> None:
    """Give each listed pixel the mean code of its good neighbours (-1 marks none)."""
    for b in range(pixels.size):
        total, count = 0, 0
        for m in range(neighbours.shape[1]):
            q = neighbours[b, m]
            if q >= 0:
                total += int(low_byte[q]) + 256 * int(high_byte[q])
                count += 1
        if count > 0:
            code = (total + count // 2) // count
            low_byte[pixels[b]] = np.uint8(code & 255)
            high_byte[pixels[b]] = np.uint8(code >> 8)


@njit(cache=True, nogil=True, error_model="numpy")
def _copy(source: Any, target: Any) -> None:
    """Copy a row; a written loop, since numba's slice assignment moves one byte at a time."""
    for p in range(target.size):
        target[p] = source[p]


@njit(cache=True, nogil=True, error_model="numpy")
def _blind(low_byte: Bytes, high_byte: Bytes, unit: ThermalUnit, n_columns: int, frame: Floats) -> int:
    """Saturate the sun's disc; how many pixels inside the range it took out of it."""
    radius, row, column = unit.amplitudes[SUN_RADIUS_PX], frame[SUN_ROW], frame[SUN_COLUMN]
    n_lost = 0
    for p in disc_pixels(low_byte.size, n_columns, row, column, radius):
        if unit.first_code < int(low_byte[p]) + 256 * int(high_byte[p]) < unit.last_code:
            n_lost += 1
    paint_disc(low_byte, n_columns, row, column, radius, np.uint8(unit.last_code & 255))
    paint_disc(high_byte, n_columns, row, column, radius, np.uint8(unit.last_code >> 8))
    return n_lost


@njit(cache=True, nogil=True, error_model="numpy")
def _defects(low_byte: Bytes, high_byte: Bytes, unit: ThermalUnit) -> None:
    """Stuck pixels, the module's own repair of known bad pixels."""
    for b in range(unit.stuck_pixels.size):
        low_byte[unit.stuck_pixels[b]] = np.uint8(unit.stuck_codes[b] & 255)
        high_byte[unit.stuck_pixels[b]] = np.uint8(unit.stuck_codes[b] >> 8)
    _replace_pixels(low_byte, high_byte, unit.replaced_pixels, unit.neighbours)


@njit(cache=True, nogil=True, error_model="numpy")
def _line_offsets(
    column: Floats, row: Floats, state: SlowState, unit: ThermalUnit, bias: Any, tick: int, scratch: Floats
) -> None:
    """Fill `column` and `row` with this frame's line noise; columns also take slow offsets and bias."""
    sigma = unit.amplitudes[SIGMA_COLUMN_WHITE]
    add_normals(column, _F(0.0), sigma, unit.keys[KEY_COLUMN_WHITE], tick, scratch[: column.size])
    for j in range(column.size):
        column[j] = column[j] + state.column[j] + bias
    sigma = unit.amplitudes[SIGMA_ROW_WHITE]
    add_normals(row, _F(0.0), sigma, unit.keys[KEY_ROW_WHITE], tick, scratch[: row.size])


@njit(cache=True, nogil=True, error_model="numpy")
def expose_frames(
    radiance: Floats,
    first_tick: int,
    drives: FrameDrives,
    unit: ThermalUnit,
    state: SlowState,
    low_bytes: Bytes,
    high_bytes: Bytes,
    n_clipped: Indices,
) -> None:
    """Fill the byte planes (frame, pixel) of consecutive frames; `state` moves along in place.

    Args:
        radiance: (frame, pixel) at the window [W/m2/sr].
        first_tick: absolute index of the first frame, the counter of the noise per frame.
        drives: frame scalars.
        unit: the camera.
        state: the carry.
        low_bytes: (frame, pixel) output.
        high_bytes: (frame, pixel) output.
        n_clipped: (frame,) output: pixels beyond the range of the part or under the sun; a repeated frame
            keeps its count.
    """
    n_pixels, n_columns = radiance.shape[1], state.column.size
    normals, scratch = np.zeros(n_pixels, np.float32), np.empty(n_pixels, np.float32)
    column, row = np.zeros(n_columns, np.float32), np.zeros(n_pixels // n_columns, np.float32)
    window, through = np.empty((2, n_pixels), np.float32), np.full(3, np.nan, np.float32)
    offset = state.fields[SLOW_OFFSET].copy()
    for t in range(radiance.shape[0]):
        frame, tick = drives.table[t], first_tick + t
        if step_slow(state, unit, drives.cells[t], drives.epochs[t], frame, scratch):
            _copy(state.fields[SLOW_OFFSET], offset)
        blink(offset, state, unit, tick)
        if drives.is_frozen[t]:
            _copy(state.previous[0] if t == 0 else low_bytes[t - 1], low_bytes[t])
            _copy(state.previous[1] if t == 0 else high_bytes[t - 1], high_bytes[t])
            n_clipped[t] = state.clock[2] if t == 0 else n_clipped[t - 1]
            continue
        if through[0] != frame[WINDOW_LOSS] or through[1] != frame[WEB] or through[2] != frame[COVERED]:
            _look_through(window, unit, frame)
            through[0], through[1], through[2] = frame[WINDOW_LOSS], frame[WEB], frame[COVERED]
        if unit.amplitudes[SIGMA_WHITE] > _F(0.0):
            philox_normals(normals, unit.keys[KEY_WHITE], tick)
        _line_offsets(column, row, state, unit, frame[BIAS], tick, scratch)
        low_byte, high_byte = low_bytes[t], high_bytes[t]
        n_clipped[t] = _pixels(
            radiance[t], unit, window, offset, column, row, frame, normals, low_byte, high_byte
        )
        if not np.isnan(frame[SUN_ROW]):
            n_clipped[t] += _blind(low_byte, high_byte, unit, n_columns, frame)
        _defects(low_byte, high_byte, unit)
    _copy(low_bytes[-1], state.previous[0])
    _copy(high_bytes[-1], state.previous[1])
    state.clock[2] = n_clipped[-1]
