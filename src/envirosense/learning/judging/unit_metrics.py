"""Metrics of units with intervals: alarms against what was there."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt

from envirosense.core.rng import stream
from envirosense.learning.intervals import Estimate, by_group, proportion
from envirosense.learning.judging.units import UnitOutcomes
from envirosense.learning.tasks import Metric

type Floats = npt.NDArray[np.float64]
type Parts = tuple[Floats, Floats]  # what is counted and what it is a share of, (unit,)


def ratios(units: UnitOutcomes) -> Mapping[Metric, Parts]:
    """Every metric of alarms as a ratio of two sums over units."""
    positive, alarmed = units.positive.astype(np.float64), units.alarmed.astype(np.float64)
    hit = positive * alarmed
    return {
        "precision": (hit, alarmed),
        "recall": (hit, positive),
        "f1": (2.0 * hit, positive + alarmed),
        "false_alarms": ((1.0 - positive) * alarmed, 1.0 - positive),
    }


def exact(units: UnitOutcomes) -> dict[Metric, Estimate]:
    """Metrics with exact intervals of independent units; none for F1, which is no share."""
    found: dict[Metric, Estimate] = {}
    for name, (part, whole) in ratios(units).items():
        if name == "f1":
            total = whole.sum()
            found[name] = Estimate(float(part.sum() / total) if total else None, n=len(units))
        else:
            found[name] = proportion(int(part.sum()), int(whole.sum()))
    return found


def resampled(units: UnitOutcomes, seed: int) -> dict[Metric, Estimate]:
    """Metrics with intervals from drawing whole groups again, at 0 and 1 exact ones of independent groups."""
    plainly = exact(units)
    found: dict[Metric, Estimate] = {}
    for name, (part, whole) in ratios(units).items():
        plain = plainly[name]
        if plain.value is None:
            found[name] = plain
        elif name != "f1" and plain.value in (0.0, 1.0):
            found[name] = _unanimous(plain, units.group[whole > 0])
        else:
            rng = stream(seed, "judging", name, "bootstrap")
            found[name] = by_group(partial(_share, part, whole), units.group, rng)
    return found


def _unanimous(plain: Estimate, group: npt.NDArray[np.str_]) -> Estimate:
    """All or none, with the interval of as many cases as there are groups: a resample would have no width."""
    n_groups = len(np.unique(group))
    return replace(proportion(n_groups if plain.value else 0, n_groups), n=plain.n)


def _share(part: Floats, whole: Floats, weight: Floats) -> float:
    total = float((weight * whole).sum())
    return float((weight * part).sum()) / total if total else float("nan")
