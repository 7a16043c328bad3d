"""What error a camera's part data, age, state and picture lead one to expect, frame by frame.

Errors are radiances in kelvins at 300 K, as the amplitudes are. What a unit happens to have drawn does not
count, and neither do faults: a device does not know of them. What it does know is its picture: contrast to
the case is what losses of the window and gain errors act on, and cold pixels tell kelvins less well.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.instruments import shutter_kernels as shutter
from envirosense.instruments.radiance_conversion import STEP_K
from envirosense.instruments.status import Status
from envirosense.physics.light.radiation import band_radiance_slope, band_radiance_w_m2_sr
from envirosense.pole.picture.thermal_imperfections import (
    DAYS_PER_YEAR,
    REFERENCE_K,
    ThermalImperfections,
    soiling_moments,
)
from envirosense.pole.picture.thermal_patterns import WINDOW_VARIANCE, Shape
from envirosense.pole.picture.thermal_recording import Frames

type Doubles = npt.NDArray[np.float64]
type Values = Doubles | float

LIMIT_SHARE = 0.01  # of the picture beyond the range from which a frame counts as clipped; assumed
REFERENCE_FPA_K = ZERO_CELSIUS_K + 25.0  # where the device's bias was adjusted
MOST_LOSS = 0.9  # beyond it a picture tells nothing of the scene's contrast; assumed
PROBE_ROWS, PROBE_COLUMNS = 5, 8  # lattice of pixels that stand for the picture: more cost more to gather
_UNIFORM_SQUARE = 4.0 / 3.0  # mean square of a unit's share of dust, uniform 0..2


@dataclass(frozen=True, slots=True)
class ExpectedError:
    """Mean of a pixel's error over the units of a part, and its spread, in kelvins at 300 K."""

    mean_k: Values
    sigma_k: Values

    @property
    def rms_k(self) -> Values:
        """Both together [K]."""
        return np.hypot(self.mean_k, self.sigma_k)


@dataclass(frozen=True, slots=True)
class FrameGrade:
    """How far to trust frames, (frame,) each, 0..1.

    `quality` is the error expected of a new unit right after a correction over the one expected now,
    `confidence` the chance that a pixel's error lies within the accuracy that the part states.
    """

    quality: Doubles
    confidence: Doubles


def expected_error_k(
    settings: ThermalImperfections,
    states: Doubles,
    housing_k: Doubles,
    film_loss: Doubles,
    drift_days: float,
    contrast_k: Values,
) -> ExpectedError:
    """Expected error of a pixel, (..., frame).

    Args:
        settings: amplitudes of the part.
        states: (frame, N_OUT) of shutter_kernels.
        housing_k: (frame,).
        film_loss: (frame,) loss of the window to rain.
        drift_days: since calibration and cleaning.
        contrast_k: scene minus window and shutter, radiance in kelvins at 300 K, (..., frame).
    """
    s = settings
    fpa_k, since_s = states[:, shutter.OUT_FPA_K], states[:, shutter.OUT_SINCE_S]
    loss, loss_sigma = _window(s, film_loss, drift_days)
    gain_drift = s.gain_drift_per_sqrt_year * np.sqrt(drift_days / DAYS_PER_YEAR)
    bias_k = s.bias_k_per_k * (fpa_k - REFERENCE_FPA_K)
    bias_k = bias_k + s.bias_k_per_k_min * states[:, shutter.OUT_RATE_K_MIN]
    frame_k2 = (
        _noise_k2(s)
        + (s.drift_k_per_k * (fpa_k - states[:, shutter.OUT_FFC_FPA_K])) ** 2
        + s.walk_k_per_sqrt_min**2 * since_s / 60.0
        + (s.narcissus_k_per_k * (housing_k - fpa_k)) ** 2
    )
    per_contrast = _gain_square(s) + gain_drift**2 + loss_sigma**2
    return ExpectedError(bias_k - loss * contrast_k, np.sqrt(frame_k2 + per_contrast * np.square(contrast_k)))


def new_unit_error_k(settings: ThermalImperfections, contrast_k: Values) -> ExpectedError:
    """Expected error of a pixel of a new and warm unit right after a correction at 25 degC."""
    s = settings
    loss, loss_sigma = _window(s, np.zeros(1), 0.0)
    narcissus_k = s.narcissus_k_per_k * float(np.mean(s.self_heating_k))
    per_contrast = _gain_square(s) + loss_sigma[0] ** 2
    sigma_k = np.sqrt(_noise_k2(s) + narcissus_k**2 + per_contrast * np.square(contrast_k))
    return ExpectedError(-loss[0] * contrast_k, sigma_k)


def _window(settings: ThermalImperfections, film_loss: Doubles, days: float) -> tuple[Doubles, Doubles]:
    """Mean and spread of the window's loss over units and pixels, (frame,) each."""
    soiled, soiled_square = soiling_moments(settings, days)
    dust, known = settings.window_loss, soiled + film_loss
    mean = dust + known
    units = (_UNIFORM_SQUARE - 1.0) * dust**2 + soiled_square - soiled**2
    sigma = np.sqrt(units + WINDOW_VARIANCE * (mean**2 + units))
    return np.minimum(mean, 1.0), np.minimum(sigma, 1.0)


def _noise_k2(settings: ThermalImperfections) -> float:
    """Noise, what corrections leave, and bias: the same in every frame [K2]."""
    s = settings
    kelvins = (
        s.netd_k, s.flicker_k, s.column_white_k, s.column_slow_k, s.row_white_k, s.ffc_offset_k, s.bias_k
    )  # fmt: skip
    return sum(k**2 for k in kelvins)


def _gain_square(settings: ThermalImperfections) -> float:
    """Of the fixed errors of a pixel's gain."""
    return settings.gain_spread**2 + settings.vignetting_residual**2


def grade_frames(error_k: ExpectedError, new_error_k: ExpectedError, accuracy_k: Values) -> FrameGrade:
    """Grade of frames by their expected error, shaped alike; a camera without errors has both 1."""
    from scipy.special import erf

    mean_k, scale_k = error_k.mean_k, np.sqrt(2.0) * np.maximum(error_k.sigma_k, 1e-9)
    within = 0.5 * (erf((accuracy_k - mean_k) / scale_k) + erf((accuracy_k + mean_k) / scale_k))
    now_k, new_k = np.asarray(error_k.rms_k), np.asarray(new_error_k.rms_k)
    with np.errstate(divide="ignore", invalid="ignore"):
        quality = np.where(now_k > 0.0, np.minimum(new_k / now_k, 1.0), 1.0)
    return FrameGrade(quality, np.asarray(within))


def picture_points_k(frames: Frames, shape: Shape) -> Doubles:
    """Two temperatures with the mean and the spread of each picture, (2, frame) [K]."""
    rows, columns = (
        slice(size // (2 * n), None, max(size // n, 1))
        for size, n in zip(shape, (PROBE_ROWS, PROBE_COLUMNS), strict=True)
    )
    low, high = (plane.reshape(-1, *shape)[:, rows, columns] for plane in (frames.low, frames.high))
    codes = low.astype(np.float32)
    codes += np.float32(256.0) * high
    codes = codes.reshape(codes.shape[0], -1)
    mean = codes.mean(axis=1)
    codes -= mean[:, None]
    spread = np.sqrt(np.einsum("ij,ij->i", codes, codes) / np.float32(codes.shape[1])).astype(np.float64)
    return STEP_K * np.stack([mean - spread, mean + spread])


def grade_pictures(
    settings: ThermalImperfections,
    frames: Frames,
    shape: Shape,
    housing_k: Doubles,
    film_loss: Doubles,
    drift_days: float,
    accuracy_k: float,
) -> FrameGrade:
    """Grade of frames (frame,) by what they show: contrast to the case, cold places, clipped pixels."""
    seen_k, slope = picture_points_k(frames, shape), float(band_radiance_slope(REFERENCE_K))
    loss = np.minimum(_window(settings, film_loss, drift_days)[0], MOST_LOSS)
    rise = band_radiance_w_m2_sr(seen_k) - band_radiance_w_m2_sr(housing_k)
    contrast_k = rise / (slope * (1.0 - loss))
    error_k = expected_error_k(settings, frames.states, housing_k, film_loss, drift_days, contrast_k)
    allowed_k = accuracy_k * band_radiance_slope(seen_k) / slope
    grade = grade_frames(error_k, new_unit_error_k(settings, contrast_k), allowed_k)
    clear = 1.0 - frames.n_clipped / frames.low.shape[1]
    return FrameGrade(grade.quality.mean(axis=0), clear * grade.confidence.mean(axis=0))


def camera_status(frames: Frames, on_s: Doubles | None, warm_up_s: float) -> npt.NDArray[np.uint16]:
    """Bits of `Status` that a camera knows of its frames, (frame,).

    `on_s` (frame,) is the time since switch-on; None for a camera long on.
    """
    bits = np.zeros(frames.flags.size, np.uint16)
    bits[(frames.flags & shutter.FLAG_IN_PROGRESS) != 0] |= np.uint16(Status.MAINTENANCE)
    bits[frames.n_clipped > LIMIT_SHARE * frames.low.shape[1]] |= np.uint16(Status.AT_LIMIT)
    if on_s is not None:
        bits[on_s < warm_up_s] |= np.uint16(Status.WARMING_UP)
    return bits
