"""Head of a day sheet: every sensor in one row of numbers."""

import math
from html import escape
from typing import Any

import numpy as np

from envirosense.core.protocols import Array
from envirosense.instruments.base import BaseSensor
from envirosense.pole.page.device import part_name
from envirosense.pole.sheet.day import CameraDay, DaySheet, ScalarDay
from envirosense.pole.sheet.names import sensor_title

_HEAD = ("Sensor", "Part", "Channels", "Every", "Missing", "Within accuracy", "Confidence", "Quality")


def summary_table(sheet: DaySheet) -> str:
    """Readings that are missing, and how often the error is within the accuracy, beside the confidence."""
    rows = [_scalar_cells(day) for day in sheet.scalars] + [_camera_cells(day) for day in sheet.cameras]
    head = "".join(f"<th>{name}</th>" for name in _HEAD)
    return (
        f'<div class="scroll"><table class="sums"><thead><tr>{head}</tr></thead>{"".join(rows)}</table></div>'
    )


def scalar_within(day: ScalarDay) -> float:
    """Share of the readings within the accuracy, of the channel in which it is least; NaN without any."""
    if day.within is None:
        return math.nan
    rows = day.within[day.block.sampled]
    whole = rows[np.isfinite(rows).all(axis=1)]
    return float(whole.mean(axis=0).min()) if whole.size else math.nan


def camera_within(day: CameraDay) -> float:
    """Share of all pixels whose error is within the accuracy."""
    return float((np.abs(day.reading_c - day.ideal_c) <= day.sensor.accuracy_k).mean())


def _scalar_cells(day: ScalarDay) -> str:
    taken = day.block.sampled
    missing = float(np.isnan(day.block.reading[taken]).any(axis=1).mean()) if taken.any() else math.nan
    has_value = taken & ~np.isnan(day.block.reading).any(axis=1)
    grades = (day.block.confidence[has_value], day.block.quality[has_value])
    return _row(day.sensor, len(day.sensor.channels), missing, scalar_within(day), *map(_mean, grades))


def _camera_cells(day: CameraDay) -> str:
    due = day.status_t_s.size
    missing = 1.0 - day.t_s.size / due if due else math.nan
    within = camera_within(day) if day.t_s.size else math.nan
    pixels = int(np.prod(day.reading_c.shape[1:]))
    return _row(day.sensor, pixels, missing, within, _mean(day.confidence), _mean(day.quality))


def _mean(values: Array) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else math.nan


def _row(
    sensor: BaseSensor[Any, Any],
    channels: int,
    missing: float,
    within: float,
    confidence: float,
    quality: float,
) -> str:
    name = f'<a href="#{sensor.sensor_id}">{escape(sensor_title(sensor.sensor_id))}</a>'
    cells = (
        name,
        escape(part_name(sensor.config.part)),
        f"{channels:,}".replace(",", "\u2009"),
        f"{sensor.config.interval_s:g}\u2009s",
        *(_percent(value) for value in (missing, within, confidence)),
        "\u2014" if math.isnan(quality) else f"{quality:.2f}",
    )
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _percent(share: float) -> str:
    if math.isnan(share):
        return "\u2014"
    return "<0.1\u2009%".replace("<", "&lt;") if 0.0 < share < 0.001 else f"{100.0 * share:.1f}\u2009%"
