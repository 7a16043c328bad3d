"""What goes wrong with a camera: its window, its shutter, its zero and its video link."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array
from envirosense.instruments.faults import GENERIC_FAULTS
from envirosense.instruments.generic_stages import DRIFTED_ACCURACIES
from envirosense.instruments.stages.faults import DRIFT_GROWTH_S, change_chances
from envirosense.instruments.stages.kernels import two_state
from envirosense.instruments.stages.spells import Spells
from envirosense.pole.picture.thermal_imperfections import SOILED_LOSS
from envirosense.pole.picture.thermal_recording import CameraConditions

type Flags = npt.NDArray[np.bool_]

CAMERA_FAULTS: Final = (*GENERIC_FAULTS, "fouled", "spider", "iced", "ffc_stuck")
BLINDING_SHARE: Final = 0.5  # of the window under ice that hides the sun's disc; assumed
SATURATING_K: Final = 1e5  # lifts any scene above any range


def with_faults(
    conditions: CameraConditions,
    faults: Callable[[str], Spells],
    t_s: Array,
    shutter_k: Array,
    accuracy_k: float,
) -> CameraConditions:
    """Surroundings of a camera with its faults in them.

    Dirt takes up to 0.28 of the light, a web hides its strands, ice shows its own temperature. A shutter
    that stays closed shows `shutter_k` (frame,), and the camera does not notice. A zero goes ten times the
    stated accuracy astray in an hour.
    """
    fouled, spider, iced = (faults(kind).severity(t_s) for kind in ("fouled", "spider", "iced"))
    is_shut = faults("ffc_stuck").severity(t_s) > 0.0
    covered = np.where(is_shut, 1.0, iced)
    is_blind = covered >= BLINDING_SHARE
    drifted = faults("drifted").progress(t_s, DRIFT_GROWTH_S)
    saturated = faults("saturated").severity(t_s) > 0.0
    return replace(
        conditions,
        window_loss=conditions.window_loss + SOILED_LOSS * fouled,
        window_k=np.where(is_shut, shutter_k, conditions.window_k),
        sun_row=np.where(is_blind, np.nan, conditions.sun_row),
        web=spider,
        covered=covered,
        added_k=DRIFTED_ACCURACIES * accuracy_k * drifted + np.where(saturated, SATURATING_K, 0.0),
    )


def link_state(
    times_s: tuple[tuple[float, float], tuple[float, float]],
    faults: Callable[[str], Spells],
    t_s: Array,
    dt_s: float,
    state: Array,
    rng: np.random.Generator,
) -> tuple[Flags, Flags]:
    """Ticks at which the video link loses frames, and repeats them, (time,) each.

    Random spells have the mean times up and down, and free and stuck, of `times_s`; others come from the
    settings. `state` (2,) moves along in place.
    """
    uniform = rng.random((t_s.size, 2))
    found = []
    for i, ((good_s, bad_s), kind) in enumerate(zip(times_s, ("disconnected", "stuck"), strict=True)):
        fail, recover = change_chances(dt_s, np.full(t_s.size, good_s), bad_s)
        random = two_state(np.ascontiguousarray(uniform[:, i : i + 1]), state[i : i + 1], fail, recover)
        found.append((random[:, 0] > 0.0) | (faults(kind).severity(t_s) > 0.0))
    return found[0], found[1]
