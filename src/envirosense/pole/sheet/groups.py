"""One sensor of a day sheet: facts, strips, and a chart with its numbers for every channel."""

import math
from html import escape
from typing import Any

import numpy as np

from envirosense.core.protocols import Array
from envirosense.instruments.base import BaseSensor
from envirosense.pole.page.charts import Line, TimeView, chart
from envirosense.pole.page.device import part_name
from envirosense.pole.page.recording import Series
from envirosense.pole.page.scales import Axis
from envirosense.pole.page.wording import symbol
from envirosense.pole.sheet.day import ScalarDay
from envirosense.pole.sheet.errors import error_numbers, periods
from envirosense.pole.sheet.names import channel_title
from envirosense.pole.sheet.strips import status_rows, strip

COMPASS = Axis(0.0, 360.0, (0.0, 90.0, 180.0, 270.0, 360.0), ("N", "E", "S", "W", "N"))
_COLUMNS = 250  # of an envelope: about the pixels of a small chart
_SMALLEST = 1e-9  # of a truth's size: it differs from the ideal reading by more


def scalar_group(day: ScalarDay, view: TimeView) -> str:
    """Facts, strips and charts of one sensor."""
    at = day.reported
    grades = (("quality", day.block.quality[at]), ("confidence", day.block.confidence[at]))
    rows = status_rows(day.t_s[at], day.block.status[at], grades, view.duration_s)
    charts = "".join(_channel(day, i, view) for i in range(len(day.sensor.channels)))
    return f'{strip(rows, view)}<div class="grid4">{charts}</div>'


def sensor_facts(sensor: BaseSensor[Any, Any]) -> str:
    """Part, age, interval and draw in one line."""
    config = sensor.config
    facts = [
        part_name(config.part),
        f"{config.age_days:.0f} days old",
        f"every {config.interval_s:g} s",
    ]
    if "power.on" in sensor.values:
        facts.append(f"{1000.0 * sensor.power_w:.3g} mW")
    facts += [f"fault: {fault.kind.replace('_', ' ')}" for fault in config.faults]
    return "".join(f"<span>{escape(fact)}</span>" for fact in facts)


def _channel(day: ScalarDay, i: int, view: TimeView) -> str:
    sensor, block = day.sensor, day.block
    channel = sensor.channels[i]
    taken = block.sampled
    t_s, unit = day.t_s[taken], symbol(channel.unit)
    ideal = Series(t_s, block.ideal[taken, i], channel.unit)
    reading = Series(t_s, block.reading[taken, i], channel.unit)
    truth = Series(t_s, day.truth[taken, i], channel.unit)
    is_angle = periods(sensor)[i] == 360.0
    lines = [
        Line("reading", "reading band", reading, is_angle),
        Line("ideal", "truth", ideal, is_angle),
    ]
    if _differs(truth.values, ideal.values):
        lines.insert(0, Line("world truth", "c0", truth, is_angle))
    if _roughness(ideal.values) > 1.5 * _roughness(reading.values):
        lines = [lines.pop(), *lines]
    drawn = chart(
        channel_title(sensor, i), unit, lines, view, height_px=92, columns=_COLUMNS,
        axis=COMPASS if is_angle else None, least_span=4.0 * channel.resolution,
    )  # fmt: skip
    return f'<div>{drawn}<p class="numbers">{numbers_text(day, i)}</p></div>'


def _differs(truth: Array, ideal: Array) -> bool:
    known = np.isfinite(truth) & np.isfinite(ideal)
    size = float(np.abs(ideal[known]).max(initial=0.0))
    return bool(known.any()) and float(np.abs(truth - ideal)[known].max()) > _SMALLEST * size


def _roughness(values: Array) -> float:
    known = values[np.isfinite(values)]
    return float(np.abs(np.diff(known)).mean()) if known.size > 1 else 0.0


def numbers_text(day: ScalarDay, i: int) -> str:
    """Mean error, its sigma and the share within the stated accuracy of one channel."""
    taken = day.block.sampled
    within = None if day.within is None else day.within[taken, i]
    found = error_numbers(day.error[taken, i], within)
    unit = symbol(day.sensor.channels[i].unit)
    return error_text(found.mean, found.sigma, found.within, unit)


def error_text(mean: float, sigma: float, within: float, unit: str) -> str:
    """Numbers of an error in one line."""
    if not math.isfinite(mean):
        return "no reading"
    text = f"error {number(mean, True)} \u00b1 {number(sigma)}\u2009{escape(unit)}".rstrip("\u2009")
    covered = "" if math.isnan(within) else f" <span>{100 * within:.0f}\u2009% within accuracy</span>"
    return f"<span>{text}</span>{covered}"


def number(value: float, is_signed: bool = False) -> str:
    """Three digits, a true minus sign, and a plus where the sign matters."""
    text = f"{value:+.3g}" if is_signed else f"{value:.3g}"
    return "0" if float(text) == 0.0 else text.replace("-", "\u2212").replace("e\u2212", "e-")
