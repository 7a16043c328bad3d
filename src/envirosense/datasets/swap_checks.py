"""Columns of an episode that stand in each other's place, told by all other episodes.

Two channels of a stream are exchanged in an episode where each reads only what elsewhere the other reads and
never it: they have different units and spans that elsewhere lie apart, or one reports often and the other
seldom. Channels of one unit are compared by how often they report alone: a site of its own may well exchange
two axes.
"""

from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import Final
from weakref import finalize

import numpy as np
import numpy.typing as npt

from envirosense.datasets.episode_tables import EpisodeTables
from envirosense.datasets.structure_checks import unit_of
from envirosense.datasets.tally import Failure

_FEWEST: Final = 8  # episodes that tell what is usual; assumed
_APART: Final = 0.25  # difference in the share of ticks with a value
_LEAST, _GREATEST, _KNOWN = range(
    3
)  # fields of an episode's row: 5 and 95 % of its values, share of ticks with one
_FIELDS: Final = 3

type Singles = npt.NDArray[np.float32]


class _Least:
    """Least value of every column over the episodes fed to it, and the least without any one of them."""

    def __init__(self, n_columns: int) -> None:
        self._first = np.full(n_columns, np.inf, dtype=np.float32)
        self._second = self._first.copy()
        self._owner = np.full(n_columns, -1)

    def update(self, values: Singles, episode: int) -> None:
        """Append an episode's values, (column,); NaN is unknown."""
        is_less = values < self._first
        self._second = np.where(is_less, self._first, np.fmin(self._second, values))
        self._owner[is_less] = episode
        self._first = np.where(is_less, values, self._first)

    def elsewhere(self, episode: int) -> Singles:
        """Least over all other episodes, (column,); NaN where none is known."""
        least = np.where(self._owner == episode, self._second, self._first)
        return np.where(np.isinf(least), np.float32(np.nan), least)


class _Spans:
    """What one stream's channels read in every episode, kept on the disk, and what is usual among them."""

    def __init__(self, columns: list[str], units: list[str]) -> None:
        self.columns, self.units = columns, units
        self.episode_ids: list[str] = []
        self._file = TemporaryFile()  # noqa: SIM115 - open as long as the spans are
        finalize(self, self._file.close)
        self._shape = (_FIELDS, len(columns))
        self._usual = [_Least(len(columns)) for _ in range(2 * _FIELDS)]  # of each field, and of its negative

    def append(self, episode_id: str, found: Singles) -> None:
        """Keep an episode's (field, column): least, greatest, share known."""
        episode = len(self.episode_ids)
        self.episode_ids.append(episode_id)
        self._file.write(found.tobytes())
        for usual, values in zip(self._usual, (*found, *-found), strict=True):
            usual.update(values, episode)

    def rows(self) -> Iterator[Singles]:
        """What was kept, episode by episode."""
        self._file.seek(0)
        n = self._shape[0] * self._shape[1]
        for _ in self.episode_ids:
            yield np.frombuffer(self._file.read(4 * n), dtype=np.float32).reshape(self._shape)

    def elsewhere(self, episode: int, field: int) -> tuple[Singles, Singles]:
        """Least and greatest value of a field over all other episodes, (column,) each."""
        return self._usual[field].elsewhere(episode), -self._usual[_FIELDS + field].elsewhere(episode)


class ChannelSpans:
    """What every channel reads in every episode fed to it; memory does not grow with the episodes."""

    def __init__(self) -> None:
        self._streams: dict[str, _Spans] = {}

    def update(self, tables: EpisodeTables, stream: str) -> None:
        """Append one episode's stream of readings."""
        columns = tables.numbers(stream)
        units = [unit_of(tables.tables[stream].schema.field(name)) for name in columns]
        if stream not in self._streams:
            self._streams[stream] = _Spans(columns, units)
        spans = self._streams[stream]
        if not tables.tables[stream].num_rows:
            return
        found = np.full((_FIELDS, len(columns)), np.nan, dtype=np.float32)
        for place, column in enumerate(columns):
            values = tables.floats(stream, column)
            known = values[np.isfinite(values)]
            found[_KNOWN, place] = known.size / values.size
            if known.size:
                found[_LEAST, place], found[_GREATEST, place] = np.quantile(known, (0.05, 0.95))
        spans.append(tables.episode_id, found)

    @property
    def n_checked(self) -> int:
        """Episodes seen, once a stream."""
        return sum(len(spans.episode_ids) for spans in self._streams.values())

    def failures(self) -> Iterator[Failure]:
        """Pairs of columns that changed places in an episode."""
        for stream, spans in self._streams.items():
            if len(spans.episode_ids) < _FEWEST:
                continue
            for episode, (one, found) in enumerate(zip(spans.episode_ids, spans.rows(), strict=True)):
                for first, second in _exchanged(spans, episode, found):
                    text = f"{one} {stream}: {spans.columns[first]} and {spans.columns[second]}"
                    yield Failure(text, "exchanged", one, stream, spans.columns[first])


def _exchanged(spans: _Spans, episode: int, found: Singles) -> list[tuple[int, int]]:
    """Pairs of columns that read in an episode what elsewhere the other reads."""
    low, high = spans.elsewhere(episode, _LEAST)[0], spans.elsewhere(episode, _GREATEST)[1]
    by_value = _in_each_others_place(found[_LEAST], found[_GREATEST], low, high, 0.0)
    unlike = {(one, other) for one, other in by_value if spans.units[one] != spans.units[other]}
    known = found[_KNOWN]
    return sorted(unlike | _in_each_others_place(known, known, *spans.elsewhere(episode, _KNOWN), _APART))


def _in_each_others_place(
    least: Singles, greatest: Singles, low: Singles, high: Singles, margin: float
) -> set[tuple[int, int]]:
    """Pairs of columns where each lies within the other's span elsewhere, and these lie apart."""
    apart = (low[:, None] > high[None, :] + margin) | (low[None, :] > high[:, None] + margin)
    inside = (least[:, None] >= low[None, :] - margin / 5) & (greatest[:, None] <= high[None, :] + margin / 5)
    return {(int(one), int(other)) for one, other in np.argwhere(np.triu(apart & inside & inside.T, 1))}
