"""Rows of a log cut into episodes and put on ticks; what was not measured stays unknown.

A log is cut as it is read: of each group only the episode that is not over is in memory.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import DatasetError
from envirosense.core.grid import TimeGrid
from envirosense.datasets.recorded.import_map import ImportMap
from envirosense.datasets.recorded.log_file import LogError
from envirosense.datasets.recorded.log_table import Floats, Ints, LogTable, joined
from envirosense.datasets.recorded.spool import Place

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_ROOM: Final = 1000  # ticks for each row that an episode may have; more is a mistake in tick or gap
_FEW: Final = 100_000  # ticks that are never too many


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """Rows of one episode: its grid, and the tick of each row."""

    rows: LogTable  # in time order
    ticks: Ints  # (row,)
    grid: TimeGrid
    group: str

    @property
    def lines(self) -> tuple[int, int]:
        """First and last line of the file."""
        return int(self.rows.line.min()), int(self.rows.line.max())

    def on_ticks(self, column: str, how: str) -> Floats:
        """Values of a column of the log, (tick,), NaN where no row has one."""
        values = self.rows.numbers[column]
        known = np.isfinite(values)
        ticks, values = self.ticks[known], values[known]
        if how == "mean":
            count = np.bincount(ticks, minlength=self.grid.n)
            total = np.bincount(ticks, weights=values, minlength=self.grid.n)
            mean: Floats = np.divide(total, count, out=np.full(self.grid.n, np.nan), where=count > 0)
            return mean
        found = np.full(self.grid.n, np.nan)
        found[ticks] = values  # of rows in one tick the last counts
        return found

    def digest(self) -> str:
        """Hash of what the rows say and when."""
        hasher = hashlib.sha256(self.rows.time_us.astype("<i8").tobytes())
        for name in sorted(self.rows.numbers):
            hasher.update(name.encode() + self.rows.numbers[name].astype("<f8").tobytes())
        return hasher.hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class CutPlace:
    """An episode whose rows lie in a spool: what is known of it without them."""

    place: Place
    group: str
    start_us: int  # tick 0, microseconds since 1970
    dt_s: float
    n_ticks: int
    lines: tuple[int, int]  # first and last of the file
    digest: str

    @classmethod
    def of(cls, cut: Cut, place: Place) -> Self:
        """An episode whose rows were just put aside."""
        start_us = (cut.grid.start_utc - _EPOCH) // _MICROSECOND
        return cls(place, cut.group, start_us, cut.grid.dt_s, cut.grid.n, cut.lines, cut.digest())

    @property
    def grid(self) -> TimeGrid:
        """Ticks of the episode."""
        return _grid(self.start_us, self.dt_s, self.n_ticks)

    @property
    def end_us(self) -> int:
        """First instant after the last tick, microseconds since 1970."""
        return self.start_us + round(self.n_ticks * self.dt_s * 1e6)


def _grid(start_us: int, dt_s: float, n_ticks: int) -> TimeGrid:
    start = _EPOCH + start_us * _MICROSECOND
    return TimeGrid.parse({"start_utc": start, "dt_s": dt_s, "n": n_ticks}, "grid")


def cut_log(batches: Iterable[LogTable], wanted: ImportMap) -> Iterator[Cut]:
    """Episodes of a log, each as soon as it is over; those of one group by time.

    Raises:
        LogError: if a clock goes back, or two rows fall into one tick where that is refused.
        DatasetError: if the ticks are far too short for the rows.
    """
    groups: dict[str, _Cutter] = {}
    for batch in batches:
        for group, rows in _by_name(batch, wanted.group_column, wanted.group or ""):
            for piece in groups.setdefault(group, _Cutter(wanted)).add(rows):
                yield cut_of(piece, wanted, group)
    for group, cutter in groups.items():
        yield cut_of(cutter.close(), wanted, group)


def _by_name(batch: LogTable, column: str | None, name: str) -> Iterator[tuple[str, LogTable]]:
    if column is None:
        yield name, batch
        return
    names = batch.texts[column]
    for one in dict.fromkeys(names.tolist()):
        yield one, batch.take(np.flatnonzero(names == one))


class _Cutter:
    """Cuts the rows of one group: between gaps, changes of the episode column, and lengths reached."""

    def __init__(self, wanted: ImportMap) -> None:
        self._wanted = wanted
        self._open: list[LogTable] = []  # rows of the episode that is not over
        self._last: LogTable | None = None  # the row before
        self._first_us = 0  # tick 0 of what lies between two gaps or changes
        self._turn = 0  # of the row before: how many lengths lie between that and it

    def add(self, rows: LogTable) -> Iterator[LogTable]:
        """Rows of the episodes that are over with these."""
        self._require_rising(rows)
        starts = self._starts(rows)
        self._last = rows.take(np.array([-1]))
        for number, piece in enumerate(np.split(np.arange(len(rows)), np.flatnonzero(starts))):
            if number and self._open:
                yield self.close()
            if piece.size:
                self._open.append(replace(rows.take(piece), texts={}))

    def close(self) -> LogTable:
        """Rows of the episode that is not over yet, which is over now."""
        found, self._open = joined(self._open), []
        return found

    def _require_rising(self, rows: LogTable) -> None:
        before = rows.time_us[:1] if self._last is None else self._last.time_us
        steps_us = np.diff(rows.time_us, prepend=before)
        back = np.flatnonzero(steps_us < 0)
        if back.size:
            at = int(back[0])
            raise LogError(
                rows.path, int(rows.line[at]), self._wanted.time.column,
                f"the clock goes back by {-steps_us[at] / 1e6:g} s; mend the log, or set time.sort for rows "
                "out of order",
            )  # fmt: skip

    def _starts(self, rows: LogTable) -> npt.NDArray[np.bool_]:
        """Rows that an episode begins with, (row,)."""
        wanted, last = self._wanted, self._last
        before = rows.take(slice(0, 1)) if last is None else last
        starts = np.diff(rows.time_us, prepend=before.time_us) > round(wanted.episodes.gap * 1e6)
        if (column := wanted.episodes.column) is not None:
            names = np.concatenate([before.texts[column], rows.texts[column]])
            starts |= (names[1:] != names[:-1]).astype(bool)
        starts[0] |= last is None
        if wanted.episodes.longest is None:
            return starts
        length_us = max(round(wanted.episodes.longest / wanted.tick), 1) * round(wanted.tick * 1e6)
        is_turn = np.zeros(len(rows), bool)
        for piece in np.split(np.arange(len(rows)), np.flatnonzero(starts)):
            if not piece.size:
                continue
            if starts[piece[0]]:
                self._first_us, self._turn = _start_us(rows.time_us[piece[0]], wanted), 0
            turns = (rows.time_us[piece] - self._first_us) // length_us
            is_turn[piece] = np.diff(turns, prepend=self._turn) > 0
            self._turn = int(turns[-1])
        return starts | is_turn


def _start_us(time_us: np.int64, wanted: ImportMap) -> int:
    """Tick 0 lies on the clock: a whole number of ticks since 1970."""
    tick_us = round(wanted.tick * 1e6)
    return int(time_us) // tick_us * tick_us


def cut_of(rows: LogTable, wanted: ImportMap, group: str) -> Cut:
    """Rows of one episode on its grid."""
    tick_us = round(wanted.tick * 1e6)
    start_us = _start_us(rows.time_us[0], wanted)
    ticks = (rows.time_us - start_us) // tick_us
    n_ticks = int(ticks[-1]) + 1
    if n_ticks > max(_ROOM * len(rows), _FEW):
        raise DatasetError(
            f"{rows.path}: line {rows.line[0]}: {n_ticks:,} ticks of {wanted.tick:g} s for "
            f"{len(rows)} rows; set a longer tick, or a shorter episodes.gap"
        )
    if wanted.within_tick == "refuse" and np.any(np.diff(ticks) == 0):
        at = int(np.flatnonzero(np.diff(ticks) == 0)[0]) + 1
        raise LogError(
            rows.path, int(rows.line[at]), wanted.time.column,
            f"lies in one tick of {wanted.tick:g} s with the row before; "
            "set a shorter tick, or within_tick to last or mean",
        )  # fmt: skip
    return Cut(rows, ticks, _grid(start_us, wanted.tick, n_ticks), group)
