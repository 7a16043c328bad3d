"""Frames of one camera from component radiances: render, expose, carry on.

Work goes in tiles of 64 frames that stay near the cache. Every frame depends only on its absolute tick, its
drives and the carry, so any split of a series gives the same bits.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.instruments import shutter_kernels as shutter
from envirosense.instruments import thermal_slow_kernels as k
from envirosense.instruments.radiance_conversion import RadianceConverter
from envirosense.instruments.thermal_kernels import (
    FrameDrives,
    expose_frames,
    mix_radiance,
    radiance_to_kelvin,
)
from envirosense.physics.light.radiation import band_radiance_slope, band_radiance_w_m2_sr, band_temperature_k
from envirosense.pole.picture.scene import SparseWeights
from envirosense.pole.picture.thermal_imperfections import REFERENCE_K, CameraUnit

type Floats = npt.NDArray[np.float32]
type Doubles = npt.NDArray[np.float64]
type Bytes = npt.NDArray[np.uint8]

TILE = 64  # frames
RAIN_FILM_LOSS = 0.28  # of a fully wet window # assumed
RAIN_SCALE_MM_H = 2.0  # assumed


@dataclass(frozen=True, slots=True)
class CameraConditions:
    """What surrounds the camera, one value per frame."""

    housing_k: Doubles  # enclosure at the camera [K]
    window_loss: (
        Doubles  # extra loss of the window from film and dust, 0..1; the unit's own dust comes on top
    )
    window_k: Doubles  # window [K]
    sun_row: Doubles  # pixel row of the sun; NaN out of view, below the horizon or behind cloud
    sun_column: Doubles


@dataclass(frozen=True, slots=True)
class CameraCarry:
    """State between two blocks."""

    next_tick: int
    shutter: Doubles  # carry of shutter_kernels
    slow: k.SlowState


@dataclass(frozen=True, slots=True)
class Frames:
    """Output of one block; code 0 is 0 K, one code is 0.02 K."""

    low: Bytes  # (frame, pixel) low bytes
    high: Bytes  # (frame, pixel) high bytes
    fpa_k: Doubles  # (frame,) focal plane temperature [K]
    n_ffc: npt.NDArray[np.int64]  # (frame,) corrections since power-on
    flags: Bytes  # (frame,) bits of shutter_kernels.FLAG_*


def rain_film_loss(rain_mm_h: Doubles) -> Doubles:
    """Loss of a window wetted by rain of a given rate, (time,), 0..0.28; dries at once."""
    return np.asarray(RAIN_FILM_LOSS * -np.expm1(-np.asarray(rain_mm_h) / RAIN_SCALE_MM_H))


def start_camera(unit: CameraUnit, housing_k: float) -> CameraCarry:
    """State at tick 0: powered on for long, last correction `unit.since_ffc_s` ago."""
    settings, age_s = unit.shutter, unit.since_ffc_s
    fpa_k = housing_k + settings[shutter.SELF_HEATING_K]
    ffc_fpa_k = float(np.clip(fpa_k, settings[shutter.LOCK_LOW_K], settings[shutter.LOCK_HIGH_K]))
    carry = np.empty(5)
    carry[shutter.FPA_K], carry[shutter.FFC_FPA_K], carry[shutter.EPOCH] = fpa_k, ffc_fpa_k, 0.0
    carry[shutter.LAST_S], carry[shutter.NEXT_S] = -age_s, settings[shutter.PERIOD_S] - age_s
    n_pixels = unit.kernel.maps.shape[1]
    slow = k.SlowState(
        fields=np.zeros((k.N_SLOW, n_pixels), np.float32),
        column=np.zeros(k.N_COLUMNS, np.float32),
        blink_on=np.zeros(unit.blinking.size, np.float32),
        clock=np.zeros(2, np.int64),
        previous=np.zeros((2, n_pixels), np.uint8),
    )
    shutter_radiance = float(band_radiance_w_m2_sr(ffc_fpa_k))
    k.start_slow(slow, unit.kernel, age_s / k.SLOW_GRID_S, shutter_radiance)
    return CameraCarry(0, carry, slow)


def record_frames(
    component_radiance: npt.NDArray[np.floating],
    weights: SparseWeights,
    unit: CameraUnit,
    conditions: CameraConditions,
    carry: CameraCarry,
) -> tuple[Frames, CameraCarry]:
    """Frames of a block that starts at `carry.next_tick`, and the state after it.

    Args:
        component_radiance: (frame, component) [W/m2/sr].
        weights: the scene's coverage.
        unit: the camera.
        conditions: its surroundings, one value per frame.
        carry: from `start_camera` or the block before; left as it was.
    """
    n, n_pixels = component_radiance.shape[0], weights.indices.shape[0]
    states, shutter_after = _run_shutter(unit, conditions, carry)
    drives = _drives(unit, conditions, states, carry.next_tick)
    slow = k.SlowState._make(array.copy() for array in carry.slow)
    low, high = np.empty((n, n_pixels), np.uint8), np.empty((n, n_pixels), np.uint8)
    pixels = np.empty((min(n, TILE), n_pixels), np.float32)
    for start in range(0, n, TILE):
        part = slice(start, min(start + TILE, n))
        radiance = pixels[: part.stop - start]
        mix_radiance(weights.indices, weights.weights, _lanes(component_radiance[part]), radiance)
        some = FrameDrives._make(array[part] for array in drives)
        expose_frames(radiance, carry.next_tick + start, some, unit.kernel, slow, low[part], high[part])
    frames = Frames(
        low=low,
        high=high,
        fpa_k=states[:, shutter.OUT_FPA_K],
        n_ffc=drives.epochs,
        flags=states[:, shutter.OUT_FLAGS].astype(np.uint8),
    )
    return frames, CameraCarry(carry.next_tick + n, shutter_after, slow)


def ideal_temperature_k(
    component_radiance: npt.NDArray[np.floating], weights: SparseWeights, converter: RadianceConverter
) -> Floats:
    """Apparent temperature without imperfections, (frame, pixel) [K].

    Inside the part's range by the camera's own polynomial, so a perfect camera differs by rounding alone;
    outside it by the exact inverse, since a perfect instrument has no range.
    """
    radiance = render_radiance(component_radiance, weights)
    out = np.empty_like(radiance)
    limits = converter.limits_w_m2_sr
    radiance_to_kelvin(
        radiance.reshape(-1), limits, converter.coefficients_k, converter.centre_scale, out.reshape(-1)
    )
    is_outside = (radiance < limits[0]) | (radiance > limits[1])
    out[is_outside] = band_temperature_k(radiance[is_outside].astype(np.float64))
    return out


def render_radiance(component_radiance: npt.NDArray[np.floating], weights: SparseWeights) -> Floats:
    """Noise-free radiance at the window, (frame, pixel) [W/m2/sr]."""
    out = np.empty((component_radiance.shape[0], weights.indices.shape[0]), np.float32)
    for start in range(0, out.shape[0], TILE):
        part = slice(start, start + TILE)
        mix_radiance(weights.indices, weights.weights, _lanes(component_radiance[part]), out[part])
    return out


def _lanes(component_radiance: npt.NDArray[np.floating]) -> Floats:
    return np.ascontiguousarray(component_radiance.T, dtype=np.float32)


def _run_shutter(
    unit: CameraUnit, conditions: CameraConditions, carry: CameraCarry
) -> tuple[Doubles, Doubles]:
    n = conditions.housing_k.size
    t_s = unit.dt_s * np.arange(carry.next_tick, carry.next_tick + n, dtype=np.float64)
    states, after = np.empty((n, shutter.N_OUT)), carry.shutter.copy()
    shutter.run_shutter(t_s, unit.dt_s, conditions.housing_k, unit.shutter, after, states)
    return states, after


def _drives(unit: CameraUnit, conditions: CameraConditions, states: Doubles, first_tick: int) -> FrameDrives:
    """Frame scalars of the fused kernel."""
    n, settings = states.shape[0], unit.settings
    slope = float(band_radiance_slope(REFERENCE_K))
    fpa_k, ffc_fpa_k = states[:, shutter.OUT_FPA_K], states[:, shutter.OUT_FFC_FPA_K]
    bias_k = unit.bias_k + settings.bias_k_per_k * (fpa_k - ZERO_CELSIUS_K - 25.0)
    bias_k = bias_k + settings.bias_k_per_k_min * states[:, shutter.OUT_RATE_K_MIN]
    table = np.empty((n, k.N_FRAME), np.float32)
    table[:, k.DRIFT_K] = fpa_k - ffc_fpa_k
    table[:, k.NARCISSUS_K] = conditions.housing_k - fpa_k
    table[:, k.BIAS] = slope * bias_k
    table[:, k.WINDOW_LOSS] = np.clip(unit.window_loss + conditions.window_loss, 0.0, 1.0)
    table[:, k.WINDOW_RADIANCE] = band_radiance_w_m2_sr(conditions.window_k)
    table[:, k.SHUTTER_RADIANCE] = band_radiance_w_m2_sr(ffc_fpa_k)
    is_sunless = settings.sun_radius_px == 0.0
    table[:, k.SUN_ROW] = np.nan if is_sunless else conditions.sun_row
    table[:, k.SUN_COLUMN] = conditions.sun_column
    t_s = unit.dt_s * np.arange(first_tick, first_tick + n)
    flags = states[:, shutter.OUT_FLAGS].astype(np.int64)
    return FrameDrives(
        cells=np.floor(t_s / k.SLOW_GRID_S + 1e-9).astype(np.int64),
        epochs=states[:, shutter.OUT_EPOCH].astype(np.int64),
        is_frozen=(flags & shutter.FLAG_IN_PROGRESS) != 0,
        table=table,
    )
