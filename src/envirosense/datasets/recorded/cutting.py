"""Rows of a log cut into episodes and put on ticks; what was not measured stays unknown."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import DatasetError
from envirosense.core.grid import TimeGrid
from envirosense.datasets.recorded.import_map import ImportMap
from envirosense.datasets.recorded.log_file import Floats, Ints, LogError, LogTable

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ROOM: Final = 1000  # ticks for each row that an episode may have; more is a mistake in tick or gap
_FEW: Final = 100_000  # ticks that are never too many


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """Rows of one episode: its grid, and the tick of each row."""

    log: LogTable
    rows: npt.NDArray[np.intp]  # in time order
    ticks: Ints  # (row,)
    grid: TimeGrid
    group: str

    @property
    def lines(self) -> tuple[int, int]:
        """First and last line of the file."""
        lines = self.log.line[self.rows]
        return int(lines.min()), int(lines.max())

    def on_ticks(self, column: str, how: str) -> Floats:
        """Values of a column of the log, (tick,), NaN where no row has one."""
        values = self.log.numbers[column][self.rows]
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
        hasher = hashlib.sha256(self.log.time_us[self.rows].astype("<i8").tobytes())
        for name in sorted(self.log.numbers):
            hasher.update(name.encode() + self.log.numbers[name][self.rows].astype("<f8").tobytes())
        return hasher.hexdigest()[:16]


def cut_log(log: LogTable, wanted: ImportMap) -> Iterator[Cut]:
    """Episodes of a log, by group and time.

    Raises:
        LogError: if a clock goes back, or two rows fall into one tick where that is refused.
        DatasetError: if the ticks are far too short for the rows.
    """
    for group, rows in _by_name(log, wanted.group_column, wanted.group or ""):
        if wanted.time.sort:
            rows = rows[np.argsort(log.time_us[rows], kind="stable")]
        _require_rising(log, rows, wanted)
        for piece in _pieces(log, rows, wanted):
            yield _cut(log, piece, wanted, group)


def _by_name(log: LogTable, column: str | None, name: str) -> Iterator[tuple[str, npt.NDArray[np.intp]]]:
    if column is None:
        yield name, np.arange(len(log))
        return
    names = np.asarray(log.texts[column])
    for one in dict.fromkeys(log.texts[column]):
        yield one, np.flatnonzero(names == one)


def _require_rising(log: LogTable, rows: npt.NDArray[np.intp], wanted: ImportMap) -> None:
    back = np.flatnonzero(np.diff(log.time_us[rows]) < 0)
    if back.size:
        at = int(back[0])
        step_s = (log.time_us[rows[at]] - log.time_us[rows[at + 1]]) / 1e6
        raise LogError(
            log.path, int(log.line[rows[at + 1]]), wanted.time.column,
            f"the clock goes back by {step_s:g} s; mend the log, or set time.sort for rows out of order",
        )  # fmt: skip


def _pieces(log: LogTable, rows: npt.NDArray[np.intp], wanted: ImportMap) -> Iterator[npt.NDArray[np.intp]]:
    """Rows between gaps, changes of the episode column, and lengths that are reached."""
    times_us = log.time_us[rows]
    starts = np.diff(times_us) > round(wanted.episodes.gap * 1e6)
    if wanted.episodes.column is not None:
        names = np.asarray(log.texts[wanted.episodes.column])[rows]
        starts |= names[1:] != names[:-1]
    for piece in np.split(rows, np.flatnonzero(starts) + 1):
        if wanted.episodes.longest is None:
            yield piece
            continue
        length_us = max(round(wanted.episodes.longest / wanted.tick), 1) * round(wanted.tick * 1e6)
        first_us = _start_us(log, piece, wanted)
        turn = (log.time_us[piece] - first_us) // length_us
        yield from np.split(piece, np.flatnonzero(np.diff(turn)) + 1)


def _start_us(log: LogTable, rows: npt.NDArray[np.intp], wanted: ImportMap) -> int:
    """Tick 0 lies on the clock: a whole number of ticks since 1970."""
    tick_us = round(wanted.tick * 1e6)
    return int(log.time_us[rows[0]]) // tick_us * tick_us


def _cut(log: LogTable, rows: npt.NDArray[np.intp], wanted: ImportMap, group: str) -> Cut:
    tick_us = round(wanted.tick * 1e6)
    start_us = _start_us(log, rows, wanted)
    ticks = (log.time_us[rows] - start_us) // tick_us
    n_ticks = int(ticks[-1]) + 1
    if n_ticks > max(_ROOM * len(rows), _FEW):
        raise DatasetError(
            f"{log.path}: line {log.line[rows[0]]}: {n_ticks:,} ticks of {wanted.tick:g} s for "
            f"{len(rows)} rows; set a longer tick, or a shorter episodes.gap"
        )
    if wanted.within_tick == "refuse" and np.any(np.diff(ticks) == 0):
        at = int(np.flatnonzero(np.diff(ticks) == 0)[0]) + 1
        raise LogError(
            log.path, int(log.line[rows[at]]), wanted.time.column,
            f"lies in one tick of {wanted.tick:g} s with the row before; "
            "set a shorter tick, or within_tick to last or mean",
        )  # fmt: skip
    start = _EPOCH + timedelta(microseconds=start_us)
    grid = TimeGrid.parse({"start_utc": start, "dt_s": wanted.tick, "n": n_ticks}, "grid")
    return Cut(log, rows, ticks, grid, group)


def groups_of(cuts: Sequence[Cut]) -> Mapping[str, list[int]]:
    """Positions of the episodes of each group."""
    found: dict[str, list[int]] = {}
    for position, cut in enumerate(cuts):
        found.setdefault(cut.group, []).append(position)
    return found
