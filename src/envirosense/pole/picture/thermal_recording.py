"""Frames of one camera from component radiances: render, expose, carry on.

Work goes in tiles of frames that stay near the cache. Every frame depends only on its absolute tick, its
drives and the carry, so any split of a series gives the same bits.
"""

from dataclasses import dataclass, replace

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
type Flags = npt.NDArray[np.bool_]

TILE_PX = 64 * 4800  # pixels rendered in one go: they stay near the cache
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
    is_on: Flags | None = None  # whether it has power; None: always
    is_stuck: Flags | None = None  # whether the link repeats the last frame; None: never
    web: Doubles | None = None  # how much of the unit's web is there, 0..1; None: nothing
    covered: Doubles | None = None  # opacity of a layer over the whole window, 0..1; None: nothing
    added_k: Doubles | None = None  # astray by this much at 300 K [K]; None: nothing


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
    n_ffc: npt.NDArray[np.int64]  # (frame,) corrections since the episode's start
    flags: Bytes  # (frame,) bits of shutter_kernels.FLAG_*
    n_clipped: npt.NDArray[np.int32]  # (frame,) pixels beyond the range of the part or under the sun
    states: Doubles  # (frame, shutter_kernels.N_OUT) focal plane and shutter


def rain_film_loss(rain_mm_h: Doubles, fully_wet: float = RAIN_FILM_LOSS) -> Doubles:
    """Loss of a window wetted by rain of a given rate, (time,), 0 to `fully_wet`; dries at once."""
    return np.asarray(fully_wet * -np.expm1(-np.asarray(rain_mm_h) / RAIN_SCALE_MM_H))


def start_camera(
    unit: CameraUnit, housing_k: float, first_frame: int = 0, on_s: float | None = None
) -> CameraCarry:
    """State before the frame number `first_frame`, for a camera switched on `on_s` ago; None: for long.

    The last correction was `unit.since_ffc_s` ago, or at switch-on if that is nearer.
    """
    settings, t_s = unit.shutter, first_frame * unit.dt_s
    age_s = unit.since_ffc_s if on_s is None else min(unit.since_ffc_s, max(on_s, 0.0))
    warmed, warmed_then = (
        1.0 if on_s is None else -float(np.expm1(-max(s, 0.0) / settings[shutter.TAU_S]))
        for s in (on_s or 0.0, (on_s or 0.0) - age_s)
    )
    fpa_k, ffc_fpa_k = (housing_k + settings[shutter.SELF_HEATING_K] * w for w in (warmed, warmed_then))
    ffc_fpa_k = float(np.clip(ffc_fpa_k, settings[shutter.LOCK_LOW_K], settings[shutter.LOCK_HIGH_K]))
    carry = np.empty(shutter.N_CARRY)
    carry[shutter.FPA_K], carry[shutter.FFC_FPA_K], carry[shutter.EPOCH] = fpa_k, ffc_fpa_k, 0.0
    carry[shutter.LAST_S], carry[shutter.NEXT_S] = t_s - age_s, t_s + settings[shutter.PERIOD_S] - age_s
    carry[shutter.IS_ON] = 0.0 if on_s is not None and on_s <= 0.0 else 1.0
    n_pixels = unit.kernel.maps.shape[1]
    slow = k.SlowState(
        fields=np.zeros((k.N_SLOW, n_pixels), np.float32),
        column=np.zeros(unit.shape[1], np.float32),
        blink_on=np.zeros(unit.blinking.size, np.float32),
        clock=np.array([_cells(t_s), 0, 0], np.int64),
        previous=np.zeros((2, n_pixels), np.uint8),
    )
    shutter_radiance = float(band_radiance_w_m2_sr(ffc_fpa_k))
    k.start_slow(slow, unit.kernel, age_s / k.SLOW_GRID_S, shutter_radiance)
    return CameraCarry(first_frame, carry, slow)


def switched_off(carry: CameraCarry) -> CameraCarry:
    """The state of a camera that takes no frames until it is switched on again."""
    after = carry.shutter.copy()
    after[shutter.IS_ON] = 0.0
    return replace(carry, shutter=after)


def resumed(carry: CameraCarry, housing_k: float, first_frame: int) -> CameraCarry:
    """The state before a later frame; a camera that was off begins as cold as its housing."""
    after = carry.shutter.copy()
    if after[shutter.IS_ON] == 0.0:
        after[shutter.FPA_K] = housing_k
    return replace(carry, next_tick=first_frame, shutter=after)


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
    tile, n_clipped = _tile(n_pixels), np.zeros(n, np.int32)
    pixels = np.empty((min(n, tile), n_pixels), np.float32)
    for start in range(0, n, tile):
        part = slice(start, min(start + tile, n))
        radiance = pixels[: part.stop - start]
        mix_radiance(weights.indices, weights.weights, _lanes(component_radiance[part]), radiance)
        some = FrameDrives._make(array[part] for array in drives)
        tick = carry.next_tick + start
        expose_frames(radiance, tick, some, unit.kernel, slow, low[part], high[part], n_clipped[part])
    frames = Frames(
        low=low,
        high=high,
        fpa_k=states[:, shutter.OUT_FPA_K],
        n_ffc=drives.epochs,
        flags=states[:, shutter.OUT_FLAGS].astype(np.uint8),
        n_clipped=n_clipped,
        states=states,
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
    tile = _tile(out.shape[1])
    for start in range(0, out.shape[0], tile):
        part = slice(start, start + tile)
        mix_radiance(weights.indices, weights.weights, _lanes(component_radiance[part]), out[part])
    return out


def _tile(n_pixels: int) -> int:
    """Frames of one tile."""
    return max(TILE_PX // n_pixels, 1)


def _lanes(component_radiance: npt.NDArray[np.floating]) -> Floats:
    return np.ascontiguousarray(component_radiance.T, dtype=np.float32)


def _cells(t_s: Doubles | float) -> npt.NDArray[np.int64]:
    """Cell of the slow state at a time."""
    return np.floor(np.asarray(t_s) / k.SLOW_GRID_S + 1e-9).astype(np.int64)


def _run_shutter(
    unit: CameraUnit, conditions: CameraConditions, carry: CameraCarry
) -> tuple[Doubles, Doubles]:
    n = conditions.housing_k.size
    t_s = unit.dt_s * np.arange(carry.next_tick, carry.next_tick + n, dtype=np.float64)
    states, after = np.empty((n, shutter.N_OUT)), carry.shutter.copy()
    is_on = np.ones(n, np.bool_) if conditions.is_on is None else conditions.is_on
    shutter.run_shutter(t_s, unit.dt_s, conditions.housing_k, is_on, unit.shutter, after, states)
    return states, after


def _drives(unit: CameraUnit, conditions: CameraConditions, states: Doubles, first_tick: int) -> FrameDrives:
    """Frame scalars of the fused kernel."""
    n = states.shape[0]
    flags = states[:, shutter.OUT_FLAGS].astype(np.int64)
    is_frozen = (flags & shutter.FLAG_IN_PROGRESS) != 0
    if conditions.is_stuck is not None:
        is_frozen |= conditions.is_stuck
    return FrameDrives(
        cells=_cells(unit.dt_s * np.arange(first_tick, first_tick + n)),
        epochs=states[:, shutter.OUT_EPOCH].astype(np.int64),
        is_frozen=is_frozen,
        table=_frame_table(unit, conditions, states),
    )


def _frame_table(unit: CameraUnit, conditions: CameraConditions, states: Doubles) -> Floats:
    """What changes from frame to frame, (frame, N_FRAME)."""
    settings, slope = unit.settings, float(band_radiance_slope(REFERENCE_K))
    fpa_k, ffc_fpa_k = states[:, shutter.OUT_FPA_K], states[:, shutter.OUT_FFC_FPA_K]
    bias_k = unit.bias_k + settings.bias_k_per_k * (fpa_k - ZERO_CELSIUS_K - 25.0)
    bias_k = bias_k + settings.bias_k_per_k_min * states[:, shutter.OUT_RATE_K_MIN]
    table = np.zeros((states.shape[0], k.N_FRAME), np.float32)
    table[:, k.DRIFT_K] = fpa_k - ffc_fpa_k
    table[:, k.NARCISSUS_K] = conditions.housing_k - fpa_k
    table[:, k.BIAS] = slope * (bias_k if conditions.added_k is None else bias_k + conditions.added_k)
    table[:, k.WINDOW_LOSS] = np.clip(unit.window_loss + conditions.window_loss, 0.0, 1.0)
    table[:, k.WINDOW_RADIANCE] = band_radiance_w_m2_sr(conditions.window_k)
    table[:, k.SHUTTER_RADIANCE] = band_radiance_w_m2_sr(ffc_fpa_k)
    is_sunless = settings.sun_radius_px == 0.0
    table[:, k.SUN_ROW] = np.nan if is_sunless else conditions.sun_row
    table[:, k.SUN_COLUMN] = conditions.sun_column
    for place, share in ((k.WEB, conditions.web), (k.COVERED, conditions.covered)):
        table[:, place] = 0.0 if share is None else share
    return table
