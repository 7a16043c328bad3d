"""Columns of an episode that stand in each other's place, told by all other episodes.

Two channels of a stream are exchanged in an episode where each reads only what elsewhere the other reads and
never it: they have different units and spans that elsewhere lie apart, or one reports often and the other
seldom. Channels of one unit are compared by how often they report alone: a site of its own may well exchange
two axes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.datasets.episode_tables import EpisodeTables
from envirosense.datasets.structure_checks import unit_of
from envirosense.datasets.tally import Failure

_FEWEST: Final = 8  # episodes that tell what is usual; assumed
_APART: Final = 0.25  # difference in the share of ticks with a value

type Singles = npt.NDArray[np.float32]


@dataclass(slots=True)
class _Spans:
    """Span of values and share of known ticks by episode, (episode, column)."""

    columns: list[str]
    units: list[str]
    episode_ids: list[str]
    rows: list[Singles]  # (3, column): least, greatest, share known


class ChannelSpans:
    """What every channel reads in every episode fed to it; a few numbers a channel and episode."""

    def __init__(self) -> None:
        self._streams: dict[str, _Spans] = {}

    def update(self, tables: EpisodeTables, stream: str) -> None:
        """Append one episode's stream of readings."""
        columns = tables.numbers(stream)
        units = [unit_of(tables.tables[stream].schema.field(name)) for name in columns]
        spans = self._streams.setdefault(stream, _Spans(columns, units, [], []))
        if not tables.tables[stream].num_rows:
            return
        found = np.full((3, len(columns)), np.nan, dtype=np.float32)
        for place, column in enumerate(columns):
            values = tables.floats(stream, column)
            known = values[np.isfinite(values)]
            found[2, place] = known.size / values.size
            if known.size:
                found[0, place], found[1, place] = np.quantile(known, (0.05, 0.95))
        spans.episode_ids.append(tables.episode_id)
        spans.rows.append(found)

    @property
    def n_checked(self) -> int:
        """Episodes seen, once a stream."""
        return sum(len(spans.rows) for spans in self._streams.values())

    def failures(self) -> Iterator[Failure]:
        """Pairs of columns that changed places in an episode."""
        for stream, spans in self._streams.items():
            if len(spans.rows) < _FEWEST:
                continue
            least, greatest, known = np.stack(spans.rows, axis=1)  # each (episode, column)
            by_value = (
                found for found in _exchanged(least, greatest, 0.0)
                if spans.units[found[1]] != spans.units[found[2]]
            )  # fmt: skip
            for episode, one, other in sorted({*_exchanged(known, known, _APART), *by_value}):
                text = (
                    f"{spans.episode_ids[episode]} {stream}: {spans.columns[one]} and {spans.columns[other]}"
                )
                yield Failure(text, "exchanged", spans.episode_ids[episode], stream, spans.columns[one])


def _exchanged(least: Singles, greatest: Singles, margin: float) -> Iterator[tuple[int, int, int]]:
    """(episode, column, column) where each lies within the other's span elsewhere, and these lie apart."""
    low, high = _elsewhere(least, np.fmin), _elsewhere(greatest, np.fmax)
    for episode in range(len(least)):
        lo, hi = low[episode], high[episode]
        apart = (lo[:, None] > hi[None, :] + margin) | (lo[None, :] > hi[:, None] + margin)
        inside = (least[episode][:, None] >= lo[None, :] - margin / 5) & (
            greatest[episode][:, None] <= hi[None, :] + margin / 5
        )
        for one, other in np.argwhere(np.triu(apart & inside & inside.T, 1)):
            yield episode, int(one), int(other)


def _elsewhere(values: Singles, reduce: "np.ufunc") -> Singles:
    """Extreme over all other episodes, (episode, column)."""
    before = np.full_like(values, np.nan)
    after = np.full_like(values, np.nan)
    before[1:] = reduce.accumulate(values, axis=0)[:-1]
    after[:-1] = reduce.accumulate(values[::-1], axis=0)[::-1][1:]
    found: Singles = reduce(before, after)
    return found
