"""Channels that repeat one value for longer than chance allows.

A lively channel, one that elsewhere repeats itself in a share p of its steps, holds one value over a run of L
samples by chance at fewer than N p^(L-1) places among N samples. A run is a hit where that bound is below
`CHANCE`. Channels that often repeat themselves cannot be told from stuck ones and are not judged; nor are
runs at zero or at an end of the channel's range (a dry gauge, a calm, a saturated output), nor spans in which
the dataset itself says that the sensor is at fault. A channel that keeps one value through an episode is
judged by the others: where one of them does the same, it is the floor of its unit, as of a microphone in a
quiet night. Of each episode the `_CANDIDATES` longest runs are judged, each by what is left without
it and the longer ones, so that one run neither hides nor excuses another.
"""

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from envirosense.datasets.episode_tables import EpisodeTables
from envirosense.datasets.rule_checks import Floats
from envirosense.datasets.tally import Failure

CHANCE: Final = 1e-12  # runs expected by chance in a whole dataset
LIVELY: Final = 0.3  # largest share of repeats of a channel that is judged; assumed
_FLOOR: Final = 0.05  # repeats are not taken to be rarer than this
_MARGIN: Final = 1.5  # on the length, as repeats come in lulls; assumed
_KEPT: Final = 32  # longest runs remembered of a channel
_CANDIDATES: Final = 3  # of an episode
_FEWEST: Final = 20  # steps from which a share of repeats is told


@dataclass(order=True, slots=True)
class _Run:
    length: int
    episode_id: str = field(compare=False)
    row: int = field(compare=False)
    tick: int = field(compare=False)
    value: float = field(compare=False)
    share: float = field(compare=False)  # repeats of the episode outside this run and its longer ones
    is_longest: bool = field(compare=False)


@dataclass(slots=True)
class _Channel:
    n_samples: int = 0
    low: float = math.inf
    high: float = -math.inf
    runs: list[_Run] = field(default_factory=list)
    ends: list[_Run] = field(default_factory=list)  # of values that may turn out to be an end of the range
    shares: list[tuple[float, str]] = field(default_factory=list)  # the two largest, of two episodes


class StuckRuns:
    """Longest runs of every channel over the episodes fed to it."""

    def __init__(self) -> None:
        self._channels: dict[tuple[str, str], _Channel] = {}

    def update(self, tables: EpisodeTables, stream: str) -> None:
        """Append one episode's stream of readings."""
        ticks = tables.ticks(stream)
        for column in tables.numbers(stream):
            values = tables.floats(stream, column)
            usable = np.isfinite(values) & ~tables.at_fault(stream, column)
            channel = self._channels.setdefault((stream, column), _Channel())
            _append(channel, values, np.flatnonzero(usable), ticks, tables.episode_id)

    @property
    def n_checked(self) -> int:
        """Channels seen."""
        return len(self._channels)

    def failures(self) -> Iterator[Failure]:
        """Runs that chance does not explain, longest first."""
        for (stream, column), channel in self._channels.items():
            for run in sorted([*channel.runs, *channel.ends], reverse=True):
                if _is_stuck(run, channel):
                    what = f"{column} = {run.value:g} for {run.length} samples"
                    example = f"{run.episode_id} {stream} tick {run.tick} {what}"
                    yield Failure(
                        example, "stuck", run.episode_id, stream, column, run.row, run.tick, run.value
                    )


def _append(channel: _Channel, values: Floats, rows: "np.ndarray[tuple[int], np.dtype[np.intp]]",
            ticks: Floats, episode_id: str) -> None:  # fmt: skip
    known = values[rows]
    if not known.size:
        return
    channel.n_samples += known.size
    channel.low, channel.high = min(channel.low, float(known.min())), max(channel.high, float(known.max()))
    starts = np.concatenate([[0], np.flatnonzero(np.diff(known)) + 1])
    lengths = np.diff(starts, append=known.size)
    steps, repeats = known.size - 1, known.size - starts.size
    for rank, at in enumerate(np.argsort(-lengths, kind="stable")[:_CANDIDATES].tolist()):
        steps, repeats = steps - (int(lengths[at]) - 1), repeats - (int(lengths[at]) - 1)
        share = repeats / steps if steps >= _FEWEST else math.nan
        if not rank and known.size > _FEWEST:
            told = 1.0 if math.isnan(share) else share  # it kept one value nearly throughout
            channel.shares = sorted([*channel.shares, (told, episode_id)], reverse=True)[:2]
        row, value = int(rows[starts[at]]), float(known[starts[at]])
        _keep(channel, _Run(int(lengths[at]), episode_id, row, int(ticks[row]), value, share, not rank))


def _keep(channel: _Channel, run: _Run) -> None:
    """Remember a run among the longest of its channel."""
    if run.value == 0.0:
        return
    runs = channel.ends if run.value in (channel.low, channel.high) else channel.runs
    if len(runs) < _KEPT:
        heapq.heappush(runs, run)
    else:
        heapq.heappushpop(runs, run)


def _is_stuck(run: _Run, channel: _Channel) -> bool:
    if run.value in (channel.low, channel.high) or (math.isnan(run.share) and not run.is_longest):
        return False
    elsewhere = [share for share, episode_id in channel.shares if episode_id != run.episode_id]
    shares = [share for share in (*elsewhere[:1], run.share) if not math.isnan(share)]
    if not shares or max(shares) > LIVELY:
        return False
    repeat = max(*shares, _FLOOR)
    longest = 1.0 + math.log(channel.n_samples / CHANCE) / -math.log(repeat)
    return run.length > _MARGIN * longest
