"""Imperfections of an uncooled camera: amplitudes, and one unit drawn from them.

The chain, in order: window, vignetting and pixel gain, shutter-referenced offsets, narcissus, lines, global
bias, temporal noise, clip and conversion, sun disc, stuck pixels, repair. Amplitudes given in kelvin hold at
300 K and become radiances there, so all of them grow in kelvin on cold scenes, as in a real detector. The
factory's gain map undoes the fall of cos^4 towards the corners; what it leaves is modelled.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from envirosense.core.rng import philox_key, stream
from envirosense.instruments import shutter_kernels as shutter
from envirosense.instruments import thermal_slow_kernels as k
from envirosense.instruments.radiance_conversion import STEP_K, RadianceConverter
from envirosense.physics.light.radiation import band_radiance_slope
from envirosense.pole.picture.thermal_patterns import (
    Shape,
    bad_pixels,
    centre_spot,
    good_neighbours,
    smooth_field,
    web_pattern,
    window_pattern,
)

type Floats = npt.NDArray[np.float32]

SHAPE: Shape = (60, 80)  # Lepton 2.5 class [Lepton2014]
REFERENCE_K = 300.0  # where amplitudes in kelvin hold
BIAS_LIMIT_K = 5.0  # radiometric accuracy, high gain [Lepton2014]
STUCK_RANGE_K = (250.0, 330.0)  # what dead pixels report # assumed
HOT_RANGE_K = (20.0, 60.0)  # excess of hot pixels # assumed
SOILED_LOSS = 0.28  # of a window that was never cleaned: its transmission falls from 0.98 to 0.7; assumed
DAYS_PER_YEAR = 365.25
KINDS = (
    "white",
    "walk",
    "ffc_offset",
    "octave_0",
    "octave_1",
    "octave_2",
    "column_white",
    "column_slow",
    "blink",
    "row_white",
)  # rows of the key table, in the order of thermal_slow_kernels


@dataclass(frozen=True, slots=True)
class ThermalImperfections:
    """Amplitude of every effect; zero switches one off. Values and sources stand in the part file."""

    netd_k: float  # white, one frame
    flicker_k: float  # 1/f part, 0.5-8 mHz
    column_white_k: float  # per frame
    column_slow_k: float
    row_white_k: float  # per frame
    gain_spread: float  # per pixel
    vignetting_residual: float  # left of cos^4 by the factory's gain map, smooth
    ffc_offset_k: float  # left by each flat-field correction
    drift_k_per_k: float  # fixed pattern per kelvin of focal plane since the correction
    walk_k_per_sqrt_min: float  # fixed pattern since the correction
    narcissus_k_per_k: float  # housing minus focal plane
    narcissus_px: float
    bias_k: float  # of one device, within the 5 K of its specification
    bias_k_per_k: float  # of focal plane away from 25 degC
    bias_k_per_k_min: float
    dead_fraction: float
    hot_fraction: float
    blinking_fraction: float
    blink_on_s: float
    blink_off_s: float
    blink_k: tuple[float, float]
    is_repairing: bool  # replace known bad pixels by the mean of their neighbours
    window_loss: float  # dust on a new window, mean of units
    soiling_per_day: float  # loss that dirt adds, mean of units
    gain_drift_per_sqrt_year: float  # of the whole picture, since the last calibration
    rain_film_loss: float  # of a fully wet window
    sun_radius_px: float  # saturated disc
    burn_in_k: float
    burn_in_tau_s: float
    freeze_s: float  # 23 frames at 26 Hz
    warning_s: float  # 52 frames at 26 Hz
    ffc_period_s: float
    ffc_step_k: float
    lock_low_k: float
    lock_high_k: float
    self_heating_k: tuple[float, float]
    fpa_tau_s: float  # focal plane after housing

    @classmethod
    def of(cls, values: Mapping[str, Any], is_repairing: bool = False) -> "ThermalImperfections":
        """Amplitudes given by name, as a part file holds them."""
        spans = {name: tuple(value) for name, value in values.items() if isinstance(value, list | tuple)}
        return cls(**(dict(values) | spans), is_repairing=is_repairing)

    def none(self) -> "ThermalImperfections":
        """A perfect camera of the same kind: every amplitude zero, no frozen frame."""
        amplitudes: dict[str, Any] = {f.name: 0.0 for f in fields(self) if f.name in _AMPLITUDES}
        return replace(self, **amplitudes)


_AMPLITUDES = frozenset(
    [
        "netd_k",
        "flicker_k",
        "column_white_k",
        "column_slow_k",
        "row_white_k",
        "gain_spread",
        "vignetting_residual",
        "ffc_offset_k",
        "drift_k_per_k",
        "walk_k_per_sqrt_min",
        "narcissus_k_per_k",
        "bias_k",
        "bias_k_per_k",
        "bias_k_per_k_min",
        "dead_fraction",
        "hot_fraction",
        "blinking_fraction",
        "window_loss",
        "soiling_per_day",
        "gain_drift_per_sqrt_year",
        "rain_film_loss",
        "sun_radius_px",
        "burn_in_k",
        "freeze_s",
    ]
)


@dataclass(frozen=True, slots=True)
class CameraUnit:
    """One drawn camera."""

    settings: ThermalImperfections
    shape: Shape
    kernel: k.ThermalUnit
    shutter: npt.NDArray[np.float64]  # settings of shutter_kernels
    dt_s: float  # frame period
    bias_k: float  # of this device
    window_loss: float  # dust, 0..1
    since_ffc_s: float  # age of the last correction at tick 0
    dead: npt.NDArray[np.int32]  # pixel numbers
    hot: npt.NDArray[np.int32]
    blinking: npt.NDArray[np.int32]


def draw_unit(
    settings: ThermalImperfections,
    converter: RadianceConverter,
    dt_s: float,
    root: int,
    *names: str | int,
    shape: Shape = SHAPE,
    drift_days: float = 0.0,
    bias_limit_k: float = BIAS_LIMIT_K,
    has_web: bool = False,
) -> CameraUnit:
    """One camera under the named streams of `root`; each kind of draw has its own stream.

    `drift_days` is the time since it was calibrated and its window cleaned; `bias_limit_k` its specification;
    only with `has_web` is there a web to put before the window.
    """
    slope = float(band_radiance_slope(REFERENCE_K))
    fractions = (settings.dead_fraction, settings.hot_fraction, settings.blinking_fraction)
    dead, hot, blinking = bad_pixels(shape, fractions, stream(root, *names, "bad_pixels"))
    maps = _maps(settings, shape, slope, root, names)
    gain_drift = settings.gain_drift_per_sqrt_year * np.sqrt(drift_days / DAYS_PER_YEAR)
    maps[k.MAP_GAIN] *= 1.0 + gain_drift * stream(root, *names, "gain_drift").standard_normal()
    if has_web:
        maps[k.MAP_WEB] = web_pattern(shape, stream(root, *names, "web"))
    maps[k.MAP_FIXED, hot] = slope * stream(root, *names, "hot_excess").uniform(*HOT_RANGE_K, hot.size)
    blink_k = stream(root, *names, "blink_jump").uniform(*settings.blink_k, blinking.size)
    stuck_k = stream(root, *names, "stuck").uniform(*STUCK_RANGE_K, dead.size)
    repaired = np.concatenate([dead, hot]) if settings.is_repairing else dead[:0]
    kernel = k.ThermalUnit(
        maps=maps,
        amplitudes=_amplitudes(settings, slope, dt_s),
        keys=np.stack([philox_key(root, *names, kind) for kind in KINDS]),
        stuck_pixels=dead,
        stuck_codes=np.rint(stuck_k / STEP_K).astype(np.int32),
        blink_pixels=blinking,
        blink_jump=(slope * blink_k).astype(np.float32),
        replaced_pixels=repaired,
        neighbours=good_neighbours(shape, repaired),
        limits=converter.limits_w_m2_sr,
        coefficients=converter.coefficients_k,
        centre_scale=converter.centre_scale,
        first_code=converter.limits_code[0],
        last_code=converter.limits_code[1],
    )
    bias_k = settings.bias_k * stream(root, *names, "bias").standard_normal()
    dust = settings.window_loss * float(stream(root, *names, "window_dust").uniform(0.0, 2.0))
    return CameraUnit(
        settings=settings,
        shape=shape,
        kernel=kernel,
        shutter=_shutter_settings(settings, root, names),
        dt_s=dt_s,
        bias_k=float(np.clip(bias_k, -bias_limit_k, bias_limit_k)),
        window_loss=dust + soiling(settings, drift_days, stream(root, *names, "soiling").uniform(0.0, 2.0)),
        since_ffc_s=_since_ffc_s(settings, stream(root, *names, "ffc_phase")),
        dead=dead,
        hot=hot,
        blinking=blinking,
    )


def _since_ffc_s(settings: ThermalImperfections, rng: np.random.Generator) -> float:
    return float(rng.uniform(settings.freeze_s, settings.ffc_period_s))


def soiling(settings: ThermalImperfections, days: float, share: float) -> float:
    """Loss of the window to the dirt of so many days, 0..0.28, at `share` (0..2) of the mean rate."""
    return float(SOILED_LOSS * -np.expm1(-share * settings.soiling_per_day * days / SOILED_LOSS))


def soiling_moments(settings: ThermalImperfections, days: float) -> tuple[float, float]:
    """Mean and mean square over units of the loss to dirt: shares are uniform over 0..2; closed form."""
    depth = 2.0 * settings.soiling_per_day * days / SOILED_LOSS
    if depth == 0.0:
        return 0.0, 0.0
    clear, clear_square = (-np.expm1(-n * depth) / (n * depth) for n in (1, 2))
    return float(SOILED_LOSS * (1.0 - clear)), float(SOILED_LOSS**2 * (1.0 - 2.0 * clear + clear_square))


def at_frame_period(unit: CameraUnit, dt_s: float) -> CameraUnit:
    """The same camera with another time between frames [s]."""
    if unit.dt_s == dt_s:
        return unit
    slope = float(band_radiance_slope(REFERENCE_K))
    kernel = unit.kernel._replace(amplitudes=_amplitudes(unit.settings, slope, dt_s))
    return replace(unit, kernel=kernel, dt_s=dt_s)


def _shutter_settings(
    settings: ThermalImperfections, root: int, names: tuple[str | int, ...]
) -> npt.NDArray[np.float64]:
    out = np.empty(8)
    out[shutter.TAU_S] = settings.fpa_tau_s
    out[shutter.SELF_HEATING_K] = stream(root, *names, "self_heating").uniform(*settings.self_heating_k)
    out[shutter.PERIOD_S] = settings.ffc_period_s
    out[shutter.STEP_K] = settings.ffc_step_k
    out[shutter.FREEZE_S] = settings.freeze_s
    out[shutter.WARNING_S] = settings.warning_s
    out[shutter.LOCK_LOW_K] = settings.lock_low_k
    out[shutter.LOCK_HIGH_K] = settings.lock_high_k
    return out


def _amplitudes(settings: ThermalImperfections, slope: float, dt_s: float) -> Floats:
    out = np.zeros(k.N_AMPLITUDES, np.float32)
    blink_rate_hz = 1.0 / settings.blink_on_s + 1.0 / settings.blink_off_s
    out[k.SIGMA_WHITE] = slope * settings.netd_k
    out[k.SIGMA_FFC] = slope * settings.ffc_offset_k
    out[k.SIGMA_WALK] = slope * settings.walk_k_per_sqrt_min * np.sqrt(k.SLOW_GRID_S / 60.0)
    out[k.SIGMA_OCTAVE] = slope * settings.flicker_k / np.sqrt(len(k.OCTAVE_CELLS))
    out[k.SIGMA_COLUMN_WHITE] = slope * settings.column_white_k
    out[k.SIGMA_COLUMN_SLOW] = slope * settings.column_slow_k
    out[k.SIGMA_ROW_WHITE] = slope * settings.row_white_k
    out[k.BURN_IN] = slope * settings.burn_in_k
    out[k.BURN_IN_KEPT] = np.exp(-k.SLOW_GRID_S / settings.burn_in_tau_s)
    out[k.SUN_RADIUS_PX] = settings.sun_radius_px
    out[k.BLINK_ON] = settings.blink_on_s / (settings.blink_on_s + settings.blink_off_s)
    out[k.BLINK_KEPT] = np.exp(-dt_s * blink_rate_hz)
    return out


def _maps(
    settings: ThermalImperfections, shape: Shape, slope: float, root: int, names: tuple[str | int, ...]
) -> Floats:
    """Maps of one unit, (N_MAPS, pixel)."""
    n = shape[0] * shape[1]
    residual = settings.vignetting_residual * smooth_field(shape, stream(root, *names, "vignetting"))
    spread = settings.gain_spread * stream(root, *names, "gain").standard_normal(n)
    maps = np.zeros((k.N_MAPS, n))
    maps[k.MAP_GAIN] = (1.0 + residual) * (1.0 + spread)
    maps[k.MAP_DRIFT] = slope * settings.drift_k_per_k * stream(root, *names, "drift").standard_normal(n)
    spot = centre_spot(shape, settings.narcissus_px)
    maps[k.MAP_NARCISSUS] = slope * settings.narcissus_k_per_k * spot
    maps[k.MAP_WINDOW] = window_pattern(shape, stream(root, *names, "window_pattern"))
    return maps.astype(np.float32)
