"""Stretches of an episode in which something is wrong with the device."""

from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.grid import TimeGrid
from envirosense.scenarios import Parameter, Uniform

type Flags = npt.NDArray[np.bool_]
type Span = tuple[float, float]  # begin and end since the episode's start [s]

WORST: Final = 1.7  # course of severity 1: trouble of the device alone is a warning at most; assumed
BEGIN: Final = Parameter(Uniform(0.05, 0.6), "1", "begin, as a fraction of the episode", "assumed")
LENGTH: Final = Parameter(Uniform(0.1, 0.6), "1", "length, as a fraction of the episode", "assumed")


def span_of(grid: TimeGrid, begin: float, length: float) -> Span:
    """Stretch given as fractions of an episode, cut at its end [s]."""
    return begin * grid.duration_s, min(begin + length, 1.0) * grid.duration_s


def within(grid: TimeGrid, spans: Iterable[Span]) -> Flags:
    """Ticks that begin inside one of the spans, (time,): what is sent then is lost."""
    found = np.zeros(grid.n, np.bool_)
    for begin_s, end_s in spans:
        found |= (grid.t_s >= begin_s) & (grid.t_s < end_s)
    return found


def touched(grid: TimeGrid, spans: Iterable[Span]) -> Flags:
    """Ticks that a span reaches into, (time,): a reading needs power all through its tick."""
    found = np.zeros(grid.n, np.bool_)
    for begin_s, end_s in spans:
        found |= (grid.t_s + grid.dt_s > begin_s) & (grid.t_s < end_s)
    return found


def spells(span: Span, down_s: float, up_s: float, rng: np.random.Generator) -> list[Span]:
    """Exponential spells within a span, the first at its begin, of mean lengths down and between [s]."""
    found, (at_s, end_s) = [], span
    while at_s < end_s:
        stop_s = min(at_s + down_s * float(rng.exponential()), end_s)
        found.append((at_s, stop_s))
        at_s = stop_s + up_s * float(rng.exponential())
    return found
