"""Many rows over time as one picture: bands of a spectrum, or components."""

import math
from collections.abc import Sequence
from html import escape

import numpy as np

from envirosense.core.protocols import Array
from envirosense.pole.page.charts import TimeView, time_ticks
from envirosense.pole.page.colours import ColourScale, thermal_palette
from envirosense.pole.page.png import data_uri, indexed_png
from envirosense.pole.page.scales import round_step, tick_label

_COLUMNS = 420
_ROW_PX = 17
_STEPS = 5  # at most, on a colour scale


def binned(values: Array, columns: int = _COLUMNS) -> Array:
    """Means over equal pieces of time, (column, row), of values (time, row)."""
    edges = np.linspace(0, values.shape[0], min(columns, values.shape[0]) + 1).astype(np.intp)[:-1]
    counts = np.diff(np.append(edges, values.shape[0]))
    return np.asarray(np.add.reduceat(values, edges, axis=0) / counts[:, None])


def even_ticks(scale: ColourScale) -> list[tuple[float, str]]:
    """Place and text of ticks at equal steps, on a scale that may be stretched."""
    step = round_step(scale.high_c - scale.low_c, _STEPS)
    numbers = range(math.ceil(scale.low_c / step), math.floor(scale.high_c / step) + 1)
    return [(float(scale.share(k * step)), tick_label(k * step, step)) for k in numbers]


def strip(
    title: str,
    unit: str,
    rows: Sequence[tuple[str, str]],
    picture: Array,
    scale: ColourScale,
    view: TimeView,
    at_s: float,
    note: str = "",
) -> str:
    """Picture (column, row) of rows over time, top row first; a row has a name and a value at the moment."""
    uri = data_uri(indexed_png(scale.indices(picture.T), thermal_palette()))
    n = len(rows)
    names = "".join(
        f'<span class="rowname" style="top:{100 * (i + 0.5) / n:.2f}%">{escape(name)}</span>'
        f'<span class="rowvalue" style="top:{100 * (i + 0.5) / n:.2f}%">{escape(value)}</span>'
        for i, (name, value) in enumerate(rows)
    )
    small = f'<span class="note">{escape(note)}</span>' if note else ""
    return (
        f'<figure class="chart strips"><figcaption><b>{escape(title)}</b> <span class="unit">{escape(unit)}'
        f'</span>{small}<span class="readout"></span></figcaption>'
        f'<div class="plot" style="height:{n * _ROW_PX}px" data-low="0" data-high="1">'
        f'<img class="rows" src="{uri}" alt="{escape(title)} over time">{names}'
        f'<i class="now" style="left:{view.left(at_s)}"></i><i class=cross></i></div>{time_ticks(view)}'
        f"{_levels(scale, unit)}</figure>"
    )


def _levels(scale: ColourScale, unit: str) -> str:
    ramp = np.arange(256, dtype=np.uint8).reshape(1, -1)
    labels = "".join(
        f'<span style="left:{100 * place:.1f}%">{text}</span>' for place, text in even_ticks(scale)
    )
    return (
        f'<div class="levels"><img src="{data_uri(indexed_png(ramp, thermal_palette()))}" alt="">'
        f"<div>{labels}</div><b>{escape(unit)}</b></div>"
    )
