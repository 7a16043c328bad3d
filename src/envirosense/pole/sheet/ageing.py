"""Grades of units of one age, and how many of them truly are within the accuracy stated."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from envirosense.core.protocols import Array
from envirosense.pole.page.charts import legend
from envirosense.pole.page.scales import Axis
from envirosense.pole.sheet.errors import errors, within_accuracy
from envirosense.pole.sheet.plane import Curve, around, plane
from envirosense.pole.sheet.trial import Trial

AGES_DAYS: Final = (0.0, 30.0, 90.0, 180.0, 365.0, 730.0, 1095.0, 1500.0)
UNITS: Final = 24
_TICKS: Final = 30
_SHARE: Final = Axis(-0.02, 1.04, (0.0, 0.25, 0.5, 0.75, 1.0), ("0", "0.25", "0.5", "0.75", "1"))


@dataclass(frozen=True, slots=True)
class Ageing:
    """Mean grades by age, and the share of units within the accuracy in their worst channel; NaN: unknown."""

    quality: Array
    confidence: Array
    within: Array


def scalar_ageing(trial: Trial) -> Ageing:
    """Units of each age in a still world, each read after a while."""
    world = trial.still(_TICKS * trial.dt_s)

    def read(age_days: float) -> tuple[float, float, float]:
        found = []
        for seed in range(UNITS):
            block = trial.run(world, seed, age_days=age_days)
            last = slice(_TICKS - 1, _TICKS)
            reading = block.reading[last]
            within = within_accuracy(trial.sensor, reading, errors(trial.sensor, reading, block.ideal[last]))
            row = np.full(reading.shape[1], np.nan) if within is None else within[0]
            found.append((block.quality[-1], block.confidence[-1], row))
        quality, confidence, rows = (np.array(values) for values in zip(*found, strict=True))
        kept = rows[np.isfinite(rows).all(axis=1)]
        worst = float(kept.mean(axis=0).min()) if kept.size else np.nan
        return float(np.nanmean(quality)), _mean(confidence), worst

    return aged(read)


def _mean(values: Array) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else np.nan


def aged(read: Callable[[float], tuple[float, float, float]]) -> Ageing:
    """What `read` finds at each of the ages: quality, confidence, share within."""
    return Ageing(*np.array([read(age_days) for age_days in AGES_DAYS]).T)


def ageing_chart(found: Ageing) -> str:
    """Grades over age, with the share of units that were within the accuracy."""
    years = np.array(AGES_DAYS)
    curves = [
        Curve("quality", "c1", years, found.quality),
        Curve("confidence", "c0", years, found.confidence),
        Curve("within", "c0", years, found.within, is_dots=True),
    ]
    key = legend((("c1", "quality"), ("c0", "confidence; dots: share truly within the accuracy")))
    drawn = plane(
        "Grades by age", ("days", ""), curves, around([years], 6, 0.0), _SHARE, height_px=170,
        note=f"{UNITS} units at each age, still air",
    )  # fmt: skip
    return key + drawn
