"""Smoke that has met the device: fine particles and vapours of wood that rise and fall together.

The gas array drifts by as much as a weak plume brings, but its channels drift each for itself, and without
the particle counter. A plume gusts through all of them at once.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.pole.detectors.fire_alarm.signals import STEPS, Signals
from envirosense.pole.detectors.fire_alarm.trailing import last_covariance, last_max, last_mean, past_median

type Floats = npt.NDArray[np.float64]

FINE: Final = "particulate_matter.pm1_ug_m3"
COARSE: Final = "particulate_matter.pm10_ug_m3"
VAPOURS: Final = (
    "voc_array.ch1_formaldehyde_ppb", "voc_array.ch2_acetaldehyde_ppb", "voc_array.ch3_acrolein_ppb",
    "voc_array.ch4_phenol_ppb", "voc_array.ch5_cresol_ppb", "voc_array.ch6_guaiacol_ppb",
    "voc_array.ch7_voc_ppb",
)  # fmt: skip
PARTICLE_SCALE_UG_M3: Final = 10.0  # rise at which a logarithm takes over from a straight line; assumed
VAPOUR_SCALE_PPB: Final = 30.0  # about an hour's drift of a channel; assumed
SPANS_MIN: Final = (1, 10, 30)
JOINT_SPANS_MIN: Final = (10, 30, 60)
HOUR: Final = (60, 1, 10)
PREFIX: Final = "smoke."
FEWEST: Final = 3  # vapours that must have risen for the shyest of them to count


def smoke_history(signals: Signals) -> tuple[Floats, tuple[str, ...]]:
    """Looks at smoke, (window, look), and their names; 0 where a sensor is lacking."""
    fine, coarse = (rise(signals, name, PARTICLE_SCALE_UG_M3) for name in (FINE, COARSE))
    vapours = np.stack([rise(signals, name, VAPOUR_SCALE_PPB) for name in VAPOURS], axis=1)
    mean = vapours.mean(axis=1)
    shy = np.sort(vapours, axis=1)[:, :FEWEST].mean(axis=1)
    phenols_over_aldehydes = vapours[:, 3:6].mean(axis=1) - vapours[:, :3].mean(axis=1)
    courses = {
        "fine": fine,
        "vapours": mean,
        "shy": shy,
        "fine_and_vapours": np.minimum(fine, mean),
        "fine_and_shy": np.minimum(fine, shy),
        "coarse_over_fine": coarse - fine,
        "phenols_over_aldehydes": phenols_over_aldehydes,
    }
    looks = dict(_spans(courses)) | dict(_joint(fine, vapours))
    last = np.arange(1, signals.n_windows + 1) * STEPS - 1
    return np.stack([look[last] for look in looks.values()], axis=1), tuple(looks)


def rise(signals: Signals, channel: str, scale: float) -> Floats:
    """Rise of a channel over the hour's median, logarithmic beyond the scale, (step,); 0 where unknown."""
    steps = signals.steps_of(channel).astype(np.float64)
    level = _window_mean(steps)
    base = past_median(level[:, None], *HOUR)[:, 0]
    return np.nan_to_num(np.arcsinh((steps - base[:, None]) / scale)).reshape(-1)


def _window_mean(steps: Floats) -> Floats:
    known = np.isfinite(steps)
    total = np.where(known, steps, 0.0).sum(axis=1)
    return np.where(known.any(axis=1), total / np.maximum(known.sum(axis=1), 1), np.nan)


def _spans(courses: Mapping[str, Floats]) -> Iterator[tuple[str, Floats]]:
    for name, course in courses.items():
        for minutes in SPANS_MIN:
            yield f"{PREFIX}{name}.mean{minutes}", last_mean(course, minutes * STEPS)
        for minutes in SPANS_MIN[1:]:
            yield f"{PREFIX}{name}.peak{minutes}", last_max(course, minutes * STEPS)


def _joint(fine: Floats, vapours: Floats) -> Iterator[tuple[str, Floats]]:
    """Covariances of particles with each vapour, and of the vapours among themselves."""
    n_pairs = vapours.shape[1] * (vapours.shape[1] - 1)
    for minutes in JOINT_SPANS_MIN:
        n = minutes * STEPS
        with_fine = last_covariance(fine[:, None], vapours, n)
        whole = last_covariance(vapours.sum(axis=1), vapours.sum(axis=1), n)
        own = last_covariance(vapours, vapours, n).sum(axis=1)
        yield f"{PREFIX}with_fine.mean{minutes}", with_fine.mean(axis=1)
        yield f"{PREFIX}with_fine.least{minutes}", with_fine.min(axis=1)
        yield f"{PREFIX}with_fine.median{minutes}", np.median(with_fine, axis=1)
        yield f"{PREFIX}among_vapours{minutes}", (whole - own) / n_pairs
