"""What error a camera's part data, age and state lead one to expect, frame by frame.

One sigma of a pixel's error in kelvin at 300 K. What a unit happens to have drawn does not count, and neither
do faults: a device does not know of them.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.instruments import shutter_kernels as shutter
from envirosense.instruments.status import Status
from envirosense.pole.picture.thermal_imperfections import DAYS_PER_YEAR, ThermalImperfections, soiling
from envirosense.pole.picture.thermal_recording import Frames

type Doubles = npt.NDArray[np.float64]

LIMIT_SHARE = 0.01  # of the picture beyond the range from which a frame counts as clipped; assumed
REFERENCE_FPA_K = ZERO_CELSIUS_K + 25.0  # where the device's bias was adjusted


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
    contrast_k: float,
) -> Doubles:
    """Expected error of a pixel, (frame,) [K].

    Args:
        settings: amplitudes of the part.
        states: (frame, N_OUT) of shutter_kernels.
        housing_k: (frame,).
        film_loss: (frame,) loss of the window to rain.
        drift_days: since calibration and cleaning.
        contrast_k: scene minus window and shutter, which gain errors and losses act on.
    """
    s = settings
    fpa_k, since_s = states[:, shutter.OUT_FPA_K], states[:, shutter.OUT_SINCE_S]
    loss = s.window_loss + soiling(s, drift_days) + film_loss
    gain_drift = s.gain_drift_per_sqrt_year * np.sqrt(drift_days / DAYS_PER_YEAR)
    return np.asarray(
        np.sqrt(
            _steady_variance_k2(s, contrast_k)
            + (s.drift_k_per_k * (fpa_k - states[:, shutter.OUT_FFC_FPA_K])) ** 2
            + s.walk_k_per_sqrt_min**2 * since_s / 60.0
            + (s.narcissus_k_per_k * (housing_k - fpa_k)) ** 2
            + (s.bias_k_per_k * (fpa_k - REFERENCE_FPA_K)) ** 2
            + (s.bias_k_per_k_min * states[:, shutter.OUT_RATE_K_MIN]) ** 2
            + (gain_drift * contrast_k) ** 2
            + (np.minimum(loss, 1.0) * contrast_k) ** 2
        )
    )


def new_unit_error_k(settings: ThermalImperfections, contrast_k: float) -> float:
    """Expected error of a pixel of a new and warm unit right after a correction at 25 degC [K]."""
    s = settings
    self_heating_k = float(np.mean(s.self_heating_k))
    added = (s.narcissus_k_per_k * self_heating_k) ** 2 + (s.window_loss * contrast_k) ** 2
    return float(np.sqrt(_steady_variance_k2(s, contrast_k) + added))


def _steady_variance_k2(settings: ThermalImperfections, contrast_k: float) -> float:
    """Noise, what corrections leave, gain errors and bias: the same in every frame [K2]."""
    s = settings
    kelvins = (
        s.netd_k, s.flicker_k, s.column_white_k, s.column_slow_k, s.row_white_k, s.ffc_offset_k, s.bias_k
    )  # fmt: skip
    gains = (s.gain_spread, s.vignetting_residual)
    return sum(k**2 for k in kelvins) + sum(g**2 for g in gains) * contrast_k**2


def grade_frames(error_k: Doubles, new_error_k: float, accuracy_k: float) -> FrameGrade:
    """Grade of frames by their expected error (frame,) [K]; a camera without errors has both 1."""
    from scipy.special import erf

    with np.errstate(divide="ignore", invalid="ignore"):
        quality = np.where(error_k > 0.0, np.minimum(new_error_k / error_k, 1.0), 1.0)
        confidence = erf(np.where(error_k > 0.0, accuracy_k / error_k, np.inf) / np.sqrt(2.0))
    return FrameGrade(quality, np.asarray(confidence))


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
