"""Spans of time: united where they touch, and looked up by a moment."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

type Times = npt.NDArray[np.int64]
type Rows = npt.NDArray[np.int64]

NO_SPAN: Final = -1


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """Spans that neither overlap nor touch, in order of time, (span,) each.

    Attributes:
        start_us, end_us: Microseconds since the episode's start.
        first: Row of the piece that a span begins with.
        last: Row of the piece that it ends with.
    """

    start_us: Times
    end_us: Times
    first: Rows
    last: Rows

    def __len__(self) -> int:
        """Number of spans."""
        return self.start_us.size

    @classmethod
    def union(cls, start_us: Times, end_us: Times, row: Rows, gap_us: int = 0) -> "Spans":
        """Spans that the pieces make together; pieces with a gap of at most `gap_us` are one, (span,)."""
        if not start_us.size:
            none = np.empty(0, dtype=np.int64)
            return cls(none, none, none, none)
        order = np.argsort(start_us, kind="stable")
        start, end, row = start_us[order], end_us[order], row[order]
        is_head = np.ones(start.size, dtype=np.bool_)
        is_head[1:] = start[1:] > np.maximum.accumulate(end)[:-1] + gap_us
        heads = np.flatnonzero(is_head)
        ends = np.maximum.reduceat(end, heads)
        is_last = end == ends[np.cumsum(is_head) - 1]
        last = np.maximum.reduceat(np.where(is_last, np.arange(start.size), -1), heads)
        return cls(start[heads], ends, row[heads], row[last])

    def at(self, t_us: Times) -> Rows:
        """Number of the span that each moment lies in, its end left out; `NO_SPAN` for none."""
        number = np.searchsorted(self.start_us, t_us, side="right") - 1
        if not len(self):
            return number
        return np.where((number >= 0) & (t_us < self.end_us[number]), number, NO_SPAN)
