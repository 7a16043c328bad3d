"""Columns of an episode that stand in each other's place, told by all other episodes.

Two channels of a stream are exchanged in an episode where each reads only what elsewhere the other reads and
never it: they have different units and spans that elsewhere lie apart, or one reports often and the other
seldom. Channels of one unit are compared by how often they report alone: a site of its own may well exchange
two axes.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.datasets.episode_tables import EpisodeTables
from envirosense.datasets.scratch_rows import ScratchRows
from envirosense.datasets.structure_checks import unit_of
from envirosense.datasets.tally import Failure

_FEWEST: Final = 8  # episodes that tell what is usual; assumed
_APART: Final = 0.25  # difference in the share of ticks with a value

type Singles = npt.NDArray[np.float32]


class _Extremes:
    """Least or greatest value of every column over all rows but one, from the two outermost."""

    def __init__(self, n_columns: int, sign: float) -> None:
        self._sign = np.float32(sign)  # 1 for the least, -1 for the greatest
        self._first = np.full(n_columns, np.nan, dtype=np.float32)
        self._second = self._first.copy()
        self._owner = np.full(n_columns, -1)
        self._n_rows = 0

    def update(self, values: Singles) -> None:
        """Append one row, NaN where unknown."""
        signed = self._sign * values
        is_first = (signed < self._first) | (np.isnan(self._first) & ~np.isnan(signed))
        self._second = np.where(is_first, self._first, np.fmin(self._second, signed))
        self._first = np.where(is_first, signed, self._first)
        self._owner[is_first] = self._n_rows
        self._n_rows += 1

    def elsewhere(self, row: int) -> Singles:
        """Extreme over all other rows, (column,)."""
        return self._sign * np.where(self._owner == row, self._second, self._first)


class _Spans:
    """Spans of values and shares of known ticks of a stream's columns, every episode's and the widest."""

    def __init__(self, columns: list[str], units: list[str]) -> None:
        self.columns, self.units = columns, units
        self.rows = ScratchRows([("episode_id", "S64"), ("found", np.float32, (3, len(columns)))])
        self._extremes = [_Extremes(len(columns), sign) for sign in (1.0, -1.0, 1.0, -1.0)]

    def append(self, episode_id: str, found: Singles) -> None:
        """Append an episode: (3, column), least, greatest, share known."""
        self.rows.append(episode_id.encode(), found)
        least, greatest, known = found
        for extremes, values in zip(self._extremes, (least, greatest, known, known), strict=True):
            extremes.update(values)

    def exchanged(self) -> Iterator[tuple[str, int, int]]:
        """(episode, column, column), by episode, where each is what elsewhere the other is."""
        row = 0
        is_other = np.array(self.units)[:, None] != np.array(self.units)[None, :]
        for block in self.rows.blocks():
            for episode_id, (least, greatest, known) in zip(block["episode_id"], block["found"], strict=True):
                low, high, rare, often = (extremes.elsewhere(row) for extremes in self._extremes)
                pairs = _exchanged((known, known), (rare, often), _APART)
                pairs |= _exchanged((least, greatest), (low, high), 0.0) & is_other
                for one, other in np.argwhere(pairs):
                    yield episode_id.decode(), int(one), int(other)
                row += 1


class ChannelSpans:
    """What every channel reads in every episode fed to it; a few numbers a channel, in a temporary file."""

    def __init__(self) -> None:
        self._streams: dict[str, _Spans] = {}

    def update(self, tables: EpisodeTables, stream: str) -> None:
        """Append one episode's stream of readings."""
        columns = tables.numbers(stream)
        if stream not in self._streams:
            units = [unit_of(tables.tables[stream].schema.field(name)) for name in columns]
            self._streams[stream] = _Spans(columns, units)
        if not tables.tables[stream].num_rows:
            return
        found = np.full((3, len(columns)), np.nan, dtype=np.float32)
        for place, column in enumerate(columns):
            values = tables.floats(stream, column)
            known = values[np.isfinite(values)]
            found[2, place] = known.size / values.size
            if known.size:
                found[0, place], found[1, place] = np.quantile(known, (0.05, 0.95))
        self._streams[stream].append(tables.episode_id, found)

    @property
    def n_checked(self) -> int:
        """Episodes seen, once a stream."""
        return sum(len(spans.rows) for spans in self._streams.values())

    def failures(self) -> Iterator[Failure]:
        """Pairs of columns that changed places in an episode."""
        for stream, spans in self._streams.items():
            if len(spans.rows) < _FEWEST:
                continue
            for episode_id, one, other in spans.exchanged():
                text = f"{episode_id} {stream}: {spans.columns[one]} and {spans.columns[other]}"
                yield Failure(text, "exchanged", episode_id, stream, spans.columns[one])


def _exchanged(
    own: tuple[Singles, Singles], elsewhere: tuple[Singles, Singles], margin: float
) -> npt.NDArray[np.bool_]:
    """Pairs of which each lies within the other's span elsewhere, and these apart, (column, column)."""
    (least, greatest), (low, high) = own, elsewhere
    apart = (low[:, None] > high[None, :] + margin) | (low[None, :] > high[:, None] + margin)
    inside = (least[:, None] >= low[None, :] - margin / 5) & (greatest[:, None] <= high[None, :] + margin / 5)
    found: npt.NDArray[np.bool_] = np.triu(apart & inside & inside.T, 1)
    return found
