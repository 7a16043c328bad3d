"""One sensor type in depth as one HTML page."""

from collections.abc import Callable
from datetime import datetime
from html import escape
from typing import Final

from envirosense.core.parts import load_part
from envirosense.pole.page.charts import TimeView, legend, shared_shapes
from envirosense.pole.page.device import part_name
from envirosense.pole.page.scales import time_axis
from envirosense.pole.sensors.thermal_camera import ThermalCameraSensor
from envirosense.pole.sheet.ageing import ageing_chart, scalar_ageing
from envirosense.pole.sheet.camera_page import camera_sections
from envirosense.pole.sheet.chain_picture import chain_picture
from envirosense.pole.sheet.channel_rows import channel_rows
from envirosense.pole.sheet.fault_pictures import fault_pictures
from envirosense.pole.sheet.groups import sensor_facts
from envirosense.pole.sheet.names import sensor_title
from envirosense.pole.sheet.page import document
from envirosense.pole.sheet.part_numbers import part_numbers
from envirosense.pole.sheet.trial import HOUR_S, Trial

STEPS: Final = 4  # how often `type_page` tells that it got on
_KEY: Final = (("truth", "ideal reading"), ("reading band", "reading"))
_ROWS_NOTE: Final = (
    "An hour in which everything around the sensor swings; the errors in that hour; the Allan deviation of "
    "six hours in which nothing moves; and the answer to a step of everything at once, with the noise taken "
    "away. What else the sensor feels, such as warmth, is part of the answer. This world is made to move, "
    "not to agree with itself: a battery's charge swings in it without the current that would do it."
)


def type_page(sensor_type: str, part: str | None = None, tell: Callable[[], None] = lambda: None) -> str:
    """HTML page about a registered sensor type; `tell` is called after each of STEPS.

    Raises:
        UnknownNameError: if there is no such type or part.
        ConfigError: if the part is of another kind.
    """
    trial = Trial.of(sensor_type, part)
    view = hour_view()
    sections = camera_sections if isinstance(trial.sensor, ThermalCameraSensor) else _scalar_sections
    body = sections(trial, view, tell)
    numbers = section("Numbers of the part", part_numbers(load_part(trial.config.part)))
    attributes = f'data-duration="{HOUR_S:g}" data-start="0"'
    title = f"{sensor_title(sensor_type)}, {part_name(trial.config.part)}"
    return document(title, f"{_header(trial)}{body}{numbers}", attributes, shared_shapes(view))


def hour_view() -> TimeView:
    """An hour from midnight, without events."""
    return TimeView(time_axis(HOUR_S), HOUR_S, datetime(1990, 7, 1), "", (), (), ())


def section(title: str, content: str) -> str:
    """A headed section of a page on one sensor."""
    return f'<section class="sensor"><div class="head"><h2>{escape(title)}</h2></div>{content}</section>'


def _header(trial: Trial) -> str:
    title = escape(sensor_title(trial.config.sensor_type))
    return (
        f'<header><p class="over">One sensor type</p><h1>{title}</h1>'
        f'<p class="meta">{sensor_facts(trial.sensor)}</p></header>'
    )


def _scalar_sections(trial: Trial, view: TimeView, tell: Callable[[], None]) -> str:
    chain = section("From the world to the reading", chain_picture(trial.sensor))
    hour = trial.run(trial.busy)
    tell()
    rows = f'<p class="small">{_ROWS_NOTE}</p>{legend(_KEY)}{channel_rows(trial, hour, view)}'
    tell()
    ages = section("Age", ageing_chart(scalar_ageing(trial)))
    tell()
    faults = section("Faults", fault_pictures(trial, hour, view))
    tell()
    return chain + section("Channels", rows) + ages + faults
