"""The day sheet as one HTML page."""

from dataclasses import replace
from html import escape
from importlib.resources import files
from typing import Any

from envirosense.instruments.base import BaseSensor
from envirosense.pole.page.charts import TimeView, legend, shared_shapes
from envirosense.pole.page.wording import phrase, span_text, value_text
from envirosense.pole.sheet.day import DaySheet
from envirosense.pole.sheet.frames import camera_group
from envirosense.pole.sheet.groups import scalar_group, sensor_facts
from envirosense.pole.sheet.names import sensor_title
from envirosense.pole.sheet.summary import summary_table
from envirosense.pole.worldpage.courses import world_view
from envirosense.pole.worldpage.episode import WorldMoment

_LEAD = (
    "Every channel of the device: what a perfect instrument would report, and what this one reported. Where "
    "a line is finer than the screen, each column of pixels reaches from the least to the greatest value in "
    "it, so that no spike is lost. Confidence is the chance, by the sensor's own error budget, that the "
    "error of its worst channel is within the accuracy that the part states: compare it with the share "
    "that was."
)
_KEY = (
    ("truth", "ideal reading"),
    ("reading band", "reading"),
    ("c0", "world truth, where it differs in the same unit"),
)


def day_page(sheet: DaySheet) -> str:
    """HTML page of a day of every sensor; needs no other file."""
    view = _view(sheet)
    groups = [_group(day.sensor, scalar_group(day, view)) for day in sheet.scalars]
    groups += [_group(day.sensor, camera_group(day, view)) for day in sheet.cameras]
    body = f"<section>{summary_table(sheet)}</section><section>{legend(_KEY)}</section>{''.join(groups)}"
    start = view.start_local
    start_s = 3600 * start.hour + 60 * start.minute + start.second
    attributes = f'data-duration="{view.duration_s:g}" data-start="{start_s:g}"'
    title = f"Sensors in {phrase(sheet.run.spec.scenario.rpartition('/')[2])}"
    return document(title, f"{_header(sheet, view)}{body}", attributes, shared_shapes(view))


def document(title: str, body: str, attributes: str, shapes: str = "") -> str:
    """HTML page with the shared style and script in it."""
    style = "".join(
        (files(package) / name).read_text(encoding="utf-8")
        for package, name in (
            ("envirosense.pole.page", "style.css"),
            ("envirosense.pole.worldpage", "world.css"),
            ("envirosense.pole.sheet", "sheet.css"),
        )
    )
    script = (files("envirosense.pole.page") / "script.js").read_text(encoding="utf-8")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{style}</style></head>"
        f"<body {attributes}>{shapes}<main>{body}</main>"
        f'<div class="clock" aria-live="off"></div><script>{script}</script></body></html>\n'
    )


def _view(sheet: DaySheet) -> TimeView:
    view = world_view(WorldMoment(sheet.run, 0.0))
    return replace(view, markers=tuple(mark for mark in view.markers if mark.kind != "seen"))


def _header(sheet: DaySheet, view: TimeView) -> str:
    spec = sheet.run.spec
    bits = (
        spec.scenario,
        f"{view.start_local:%d %B}, {view.clock(0.0)} ({view.clock_name})".lstrip("0"),
        span_text(view.duration_s),
        f"tick {spec.grid.dt_s:g} s",
        f"weather {value_text(str(spec.weather['name']))}",
        sheet.run.site.site_id,
    )
    chips = "".join(f"<span>{escape(bit)}</span>" for bit in bits)
    return (
        f'<header><p class="over">One day of a Grid Guardian</p><h1>What its sensors report</h1>'
        f'<p class="meta">{chips}</p><p class="lead">{_LEAD}</p></header>'
    )


def _group(sensor: BaseSensor[Any, Any], content: str) -> str:
    title = escape(sensor_title(sensor.sensor_id))
    return (
        f'<section class="sensor" id="{sensor.sensor_id}"><div class="head"><h2>{title}</h2>'
        f'<p class="meta">{sensor_facts(sensor)}</p></div>{content}</section>'
    )
