"""How much a quiet world moves by itself within the hour: what a cause must rise out of, beside noise."""

from itertools import pairwise
from typing import Final

import numpy as np

from envirosense.core.protocols import Array

HOUR_S: Final = 3600.0  # assumed: what is slower, an observer knows from before


def hours(n: int, dt_s: float) -> list[slice]:
    """Ranges of `n` ticks, each as near to an hour as equal ones can be: the same time whatever the tick."""
    n_hours = max(1, round(n * dt_s / HOUR_S))
    edges = np.round(np.linspace(0, n, min(n_hours, n) + 1)).astype(int).tolist()
    return [slice(first, stop) for first, stop in pairwise(edges)]


def scatter(values: Array) -> Array:
    """Standard deviation about a straight line through each channel, (channel,)."""
    n = values.shape[0]
    away = np.arange(n) - (n - 1) / 2.0
    centred = values - values.mean(axis=0)
    slope = away @ centred / max(float(away @ away), 1.0)
    variance = np.square(centred).mean(axis=0) - np.square(slope) * np.square(away).mean()
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)))
