"""How smoke behaves over hours: how long it comes, with which wind, and vapours that come without particles.

A lorry is gone in minutes and smoke from far away comes with every wind; a smouldering place nearby is
met whenever the wind turns its way.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.pole.detectors.fire_alarm.gust_history import vapour_sigmas
from envirosense.pole.detectors.fire_alarm.signals import STEPS, Signals
from envirosense.pole.detectors.fire_alarm.smoke_history import (
    FEWEST,
    FINE,
    PARTICLE_SCALE_UG_M3,
    PREFIX,
    VAPOUR_SCALE_PPB,
    VAPOURS,
    rise,
)
from envirosense.pole.detectors.fire_alarm.trailing import last_covariance, last_mean

type Floats = npt.NDArray[np.float64]

LONG_MIN: Final = (120, 240)
SHARE_MIN: Final = (30, 60, 180)
WIND_MIN: Final = (60, 180)
TOGETHER_MIN: Final = (5, 20, 60)
PRESENT: Final = 0.5  # rise that counts as smoke, in the scales of counter and array; assumed
LITTLE: Final = 1e-3  # weight of a step without smoke: where there was none, its wind is every wind; assumed
EAST, NORTH = "wind_sensor.direction_east", "wind_sensor.direction_north"


def plume_history(signals: Signals) -> tuple[Floats, tuple[str, ...]]:
    """Looks at smoke over hours, (window, look), and their names; 0 where a sensor is lacking."""
    fine = rise(signals, FINE, PARTICLE_SCALE_UG_M3)
    vapours = np.stack([rise(signals, name, VAPOUR_SCALE_PPB) for name in VAPOURS], axis=1)
    looks = {
        **dict(_long(fine, vapours)),
        **dict(_shares(fine, vapours.mean(axis=1))),
        **dict(_wind(signals, np.minimum(fine, vapours.mean(axis=1)))),
        **dict(_together(vapour_sigmas(signals))),
    }
    last = np.arange(1, signals.n_windows + 1) * STEPS - 1
    names = tuple(f"{PREFIX}{name}" for name in looks)
    return np.stack([look[last] for look in looks.values()], axis=1), names


def _long(fine: Floats, vapours: Floats) -> Iterator[tuple[str, Floats]]:
    """Means over hours, and covariance of particles with each vapour."""
    shy = np.sort(vapours, axis=1)[:, :FEWEST].mean(axis=1)
    courses = {"fine": fine, "vapours": vapours.mean(axis=1), "both": np.minimum(fine, shy)}
    for minutes in LONG_MIN:
        n = minutes * STEPS
        for name, course in courses.items():
            yield f"long.{name}{minutes}", last_mean(course, n)
        with_fine = last_covariance(fine[:, None], vapours, n)
        yield f"long.with_fine{minutes}", with_fine.mean(axis=1)
        yield f"long.with_fine_median{minutes}", np.median(with_fine, axis=1)


def _shares(fine: Floats, vapours: Floats) -> Iterator[tuple[str, Floats]]:
    """Share of the time with smoke, with vapours, with particles."""
    courses = {"share": np.minimum(fine, vapours), "share_v": vapours, "share_f": fine}
    for minutes in SHARE_MIN:
        for name, course in courses.items():
            yield f"{name}{minutes}", last_mean((course > PRESENT).astype(np.float64), minutes * STEPS)


def _wind(signals: Signals, smoke: Floats) -> Iterator[tuple[str, Floats]]:
    """Mean direction of the wind with smoke: how far from that of all wind, and how sharp either is."""
    weight = np.maximum(smoke, 0.0) + LITTLE
    east, north = (_known(signals, name) for name in (EAST, NORTH))
    for minutes in WIND_MIN:
        n = minutes * STEPS
        total = last_mean(weight, n)
        with_smoke = last_mean(weight * east, n) / total, last_mean(weight * north, n) / total
        of_all = last_mean(east, n), last_mean(north, n)
        yield f"wind.away{minutes}", np.hypot(with_smoke[0] - of_all[0], with_smoke[1] - of_all[1])
        yield f"wind.focus{minutes}", np.hypot(*with_smoke)
        yield f"wind.steady{minutes}", np.hypot(*of_all)


def _known(signals: Signals, channel: str) -> Floats:
    return np.nan_to_num(signals.steps_of(channel).reshape(-1).astype(np.float64))


def _together(sigmas: Floats) -> Iterator[tuple[str, Floats]]:
    """Mean product of two vapours' gusts, in their own sigmas, as asinh: 0 for noise of each its own."""
    whole, own = sigmas.sum(axis=1) ** 2, (sigmas**2).sum(axis=1)
    n_pairs = sigmas.shape[1] * (sigmas.shape[1] - 1)
    for minutes in TOGETHER_MIN:
        n = minutes * STEPS
        yield f"together{minutes}", np.arcsinh((last_mean(whole, n) - last_mean(own, n)) / n_pairs)
