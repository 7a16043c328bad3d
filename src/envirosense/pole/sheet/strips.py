"""Thin strips over time: flags that a sensor raised, and how far it trusts itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array
from envirosense.instruments.status import Status
from envirosense.pole.page.charts import TimeView
from envirosense.pole.worldpage.palettes import Palette, picture_uri

COLUMNS: Final = 480
ROW_PX: Final = 13
# Colour of each flag, told apart also by colour-blind readers; a strip is clear where a flag is down
FLAG_RGB: Final = {
    Status.NO_DATA: (213, 94, 0),
    Status.AT_LIMIT: (204, 80, 160),
    Status.WARMING_UP: (230, 159, 0),
    Status.OFF: (120, 128, 140),
    Status.MAINTENANCE: (0, 158, 115),
    Status.DISTURBED: (64, 140, 220),
}
_TRUST: Final[tuple[tuple[float, tuple[int, int, int]], ...]] = (
    (0.0, (200, 60, 20)),
    (0.5, (240, 190, 90)),
    (1.0, (60, 140, 190)),
)


@dataclass(frozen=True, slots=True)
class StripRow:
    """One row: its name, colour indices by column of time, colours, and a value to print beside it."""

    name: str
    indices: npt.NDArray[np.uint8]
    palette: Palette
    value: str


def status_rows(
    t_s: Array, status: npt.NDArray[np.uint16], graded: Sequence[tuple[str, Array]], duration_s: float
) -> list[StripRow]:
    """Rows of the flags that were ever up, then of the grades; `t_s` are the ticks reported at.

    A column shows the share of its ticks with the flag, and the least grade within it.
    """
    column = np.minimum((t_s / duration_s * COLUMNS).astype(np.int64), COLUMNS - 1)
    rows = [
        _flag_row(flag, (status & flag) > 0, column) for flag in Status if t_s.size and (status & flag).any()
    ]
    for name, grade in graded:
        if grade.size and np.isfinite(grade).any():
            rows.append(_grade_row(name, grade, column))
    return rows


def _flag_row(flag: Status, is_up: npt.NDArray[np.bool_], column: npt.NDArray[np.int64]) -> StripRow:
    n = np.bincount(column, minlength=COLUMNS)
    share = np.bincount(column, is_up, COLUMNS) / np.maximum(n, 1)
    visible = np.where(share > 0.0, 0.25 + 0.75 * share, 0.0)  # a single tick is still seen
    palette = np.zeros((256, 4), np.uint8)
    palette[:, :3] = FLAG_RGB[flag]
    palette[:, 3] = np.arange(256)
    total = 100.0 * float(is_up.mean())
    value = "<0.1 %" if total < 0.1 else f"{total:.1f} %"
    name = str(flag.name).lower().replace("_", " ")
    return StripRow(name, np.rint(255.0 * visible).astype(np.uint8), palette, value)


def _grade_row(name: str, grade: Array, column: npt.NDArray[np.int64]) -> StripRow:
    known = np.isfinite(grade)
    least = np.full(COLUMNS, np.inf)
    np.minimum.at(least, column[known], grade[known])
    is_empty = ~np.isfinite(least)
    indices = np.rint(1.0 + 254.0 * np.where(is_empty, 0.0, np.clip(least, 0.0, 1.0))).astype(np.uint8)
    indices[is_empty] = 0  # clear
    return StripRow(name, _filled(indices), trust_palette(), f"{float(grade[known].mean()):.2f}")


def _filled(indices: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Columns between two samples take the earlier one's colour where samples are rarer than columns."""
    taken = np.flatnonzero(indices)
    if taken.size < 2 or np.median(np.diff(taken)) <= 1:
        return indices
    reach = int(1.5 * np.median(np.diff(taken)))
    last = np.maximum.accumulate(np.where(indices > 0, np.arange(indices.size), -1))
    is_near = (last >= 0) & (np.arange(indices.size) - last < reach)
    return np.where(is_near, indices[np.maximum(last, 0)], 0).astype(np.uint8)


def trust_palette() -> Palette:
    """Colours of a grade 0..1, (256, 4); the first is clear."""
    places, colours = zip(*_TRUST, strict=True)
    at = np.linspace(0.0, 1.0, 256)
    channels = [np.interp(at, places, [colour[part] for colour in colours]) for part in range(3)]
    return np.rint(np.stack([*channels, np.where(at > 0.0, 255.0, 0.0)], axis=1)).astype(np.uint8)


def strip(rows: Sequence[StripRow], view: TimeView) -> str:
    """The rows under one another over the shared time axis."""
    n = len(rows)
    if not n:
        return ""
    drawn = "".join(
        f'<img class="rowpic" style="top:{100 * i / n:.2f}%;height:{100 / n:.2f}%" alt="" '
        f'src="{picture_uri(row.indices[None, :], row.palette)}">'
        f'<span class="rowname" style="top:{100 * (i + 0.5) / n:.2f}%">{escape(row.name)}</span>'
        f'<span class="rowvalue" style="top:{100 * (i + 0.5) / n:.2f}%">{escape(row.value)}</span>'
        for i, row in enumerate(rows)
    )
    clock = "".join(f'<span style="left:{view.left(t)}">{view.clock(t)}</span>' for t in view.axis.ticks)
    return (
        f'<figure class="strips trust"><div class="plot" style="height:{n * ROW_PX}px">{drawn}'
        f'<i class="cross"></i></div><div class="xl">{clock}</div></figure>'
    )
