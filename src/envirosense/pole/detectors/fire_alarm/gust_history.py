"""Vapours that follow the gusts of fine smoke: a matched filter.

The particle counter is far quieter than the gas array, so its gusts say when to look at the gases. What a
vapour does at other times, its drift above all, weighs nothing.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.datasets.window_features import nan_median
from envirosense.pole.detectors.fire_alarm.signals import STEPS, Signals
from envirosense.pole.detectors.fire_alarm.smoke_history import FINE, PREFIX, VAPOURS
from envirosense.pole.detectors.fire_alarm.trailing import last_mean, past_median

type Floats = npt.NDArray[np.float64]

CHANNELS: Final = (*VAPOURS, "voc_array.ch8_voc_ppb")
GUST_MIN: Final = 5  # what is slower is no gust; assumed
SPANS_MIN: Final = (5, 20, 60)
THREE_HOURS: Final = (180, 1, 10)
MAD_TO_SIGMA: Final = 1.4826  # of a normal distribution
LEAST_PPB: Final = 0.5  # scatter of a vapour that a quiet array may claim; assumed
MOST_SIGMAS: Final = 50.0  # what is more says no more; assumed
LEAST_UG_M3: Final = 0.05  # gusts of particles smaller than this tell nothing; assumed


def gust_history(signals: Signals) -> tuple[Floats, tuple[str, ...]]:
    """Looks at gusts, (window, look), and their names; without a sensor no gust and no vapour is strong.

    With p the gusts of particles and v those of a vapour of scatter s, both over a span: `strength` is the
    logarithm of the root mean square of p, `sigmas` is sum(p v) / (s sqrt(sum(p^2))) and `ppb_per_ug` is
    sum(p v) / sum(p^2).
    """
    gusts = np.stack([_gusts(signals, name) for name in CHANNELS], axis=1)
    fine, vapours = np.nan_to_num(_gusts(signals, FINE)), np.nan_to_num(gusts)
    scatter = _scatter(gusts)
    last = np.arange(1, signals.n_windows + 1) * STEPS - 1
    names, looks = [], []
    for minutes in SPANS_MIN:
        span = minutes * STEPS
        power = last_mean(fine**2, span)[last]
        product = last_mean(fine[:, None] * vapours, span)[last]
        strength = np.sqrt(np.maximum(power, LEAST_UG_M3**2))
        sigmas = product * np.sqrt(np.minimum(last + 1, span) / np.square(strength))[:, None] / scatter
        slope = product / np.square(strength)[:, None]
        own = sigmas[:, : len(VAPOURS)]
        aldehydes, phenols = slope[:, :3].mean(axis=1), slope[:, 3:6].mean(axis=1)
        found = {
            "strength": np.log(strength),
            "sigmas": own.mean(axis=1),
            "least_sigmas": np.sort(own, axis=1)[:, :3].mean(axis=1),
            "aldehydes_ppb_per_ug": aldehydes,
            "phenols_ppb_per_ug": phenols,
            "other_ppb_per_ug": slope[:, 6],
            "broad_ppb_per_ug": slope[:, 7],
            "phenols_over_aldehydes": phenols / np.maximum(np.abs(aldehydes), 0.01),
        }
        names += [f"{PREFIX}gust.{name}{minutes}" for name in found]
        looks += list(found.values())
    return np.stack(looks, axis=1), tuple(names)


def vapour_sigmas(signals: Signals) -> Floats:
    """Gusts of each vapour over its own scatter, (step, vapour), clipped; 0 where unknown."""
    gusts = np.stack([_gusts(signals, name) for name in CHANNELS], axis=1)
    scatter = np.repeat(_scatter(gusts), STEPS, axis=0)
    sigmas = np.nan_to_num(gusts[: len(scatter)]) / scatter
    return np.clip(sigmas[:, : len(VAPOURS)], -MOST_SIGMAS, MOST_SIGMAS)


def _gusts(signals: Signals, channel: str) -> Floats:
    """Departure from the last minutes' mean, (step,); NaN where unknown."""
    steps = signals.steps_of(channel).astype(np.float64).reshape(-1)
    return steps - last_mean(steps, GUST_MIN * STEPS)


def _scatter(gusts: Floats) -> Floats:
    """Sigma of the gusts of each vapour over the hours before, (window, channel) [ppb]."""
    n_channels = gusts.shape[1]
    by_step = np.abs(gusts).reshape(-1, STEPS, n_channels).swapaxes(0, 1).reshape(STEPS, -1)
    size = nan_median(by_step.astype(np.float32)).reshape(-1, n_channels)
    sigma = MAD_TO_SIGMA * past_median(size, *THREE_HOURS)
    return np.maximum(np.nan_to_num(sigma, nan=np.inf), LEAST_PPB)
