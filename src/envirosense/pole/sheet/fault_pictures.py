"""A picture of each fault that a sensor type can have: one unit in one hour, with it and without."""

from html import escape
from typing import Final

import numpy as np

from envirosense.core.errors import UnknownNameError
from envirosense.core.protocols import Array
from envirosense.instruments.faults import Fault
from envirosense.instruments.memory import SensorBlock
from envirosense.pole.page.charts import Line, TimeView, chart, legend
from envirosense.pole.page.recording import Series
from envirosense.pole.page.wording import phrase, symbol
from envirosense.pole.sheet.names import channel_title
from envirosense.pole.sheet.trial import Trial

BEGIN_S: Final = 720.0
END_S: Final = 2880.0
_KEY: Final = (("c0", "with the fault, 12 to 48 min"), ("c2", "without it"))


def fault_pictures(trial: Trial, healthy: SensorBlock, view: TimeView) -> str:
    """One chart for each fault kind, of the channel that it changes most."""
    kinds = trial.sensor.fault_kinds
    drawn = "".join(_picture(trial, healthy, kind, view) for kind in kinds)
    return f'{legend(_KEY)}<div class="grid4">{drawn}</div>'


def _picture(trial: Trial, healthy: SensorBlock, kind: str, view: TimeView) -> str:
    fault = Fault(kind=kind, begin_s=BEGIN_S, end_s=END_S)
    try:
        sick = trial.run(trial.busy, faults=(fault,))
    except UnknownNameError as error:  # a part of one's own need not say how far a fault goes
        return f'<div><b>{escape(phrase(kind))}</b><p class="small">{escape(str(error))}</p></div>'
    i = _most_changed(sick.reading, healthy.reading)
    t_s = trial.busy.grid.t_s
    channel = trial.sensor.channels[i]
    lines = [
        Line("without", "c2", Series(t_s, healthy.reading[:, i], channel.unit)),
        Line("with", "c0", Series(t_s, sick.reading[:, i], channel.unit)),
    ]
    title = f"{phrase(kind)}: {channel_title(trial.sensor, i)}"
    note = "" if _changes(sick.reading, healthy.reading).max() > 0.0 else '<p class="numbers">no change</p>'
    drawn = chart(
        title, escape(symbol(channel.unit)), lines, view, height_px=92, columns=220,
        least_span=4.0 * channel.resolution,
    )  # fmt: skip
    return f"<div>{drawn}{note}</div>"


def _most_changed(sick: Array, healthy: Array) -> int:
    return int(np.argmax(_changes(sick, healthy)))


def _changes(sick: Array, healthy: Array) -> Array:
    """Change of each channel over its own size; a missing value counts as much as any change can."""
    size = np.nanmax(np.abs(np.nan_to_num(healthy)), axis=0) + 1e-12
    lost = (np.isnan(sick) & ~np.isnan(healthy)).mean(axis=0)
    change = np.abs(np.nan_to_num(sick) - np.nan_to_num(healthy))
    change[np.isnan(sick) | np.isnan(healthy)] = 0.0
    return np.asarray(np.minimum(change.mean(axis=0) / size, 1e6) + 1e6 * lost)
