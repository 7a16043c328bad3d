"""The whole page."""

from collections.abc import Callable
from html import escape
from importlib.resources import files
from typing import Final

from envirosense.pole.page.charts import TimeView, shared_shapes
from envirosense.pole.page.wording import phrase, span_text, value_text
from envirosense.pole.worldpage.causes import causes_section
from envirosense.pole.worldpage.courses import course_charts, sound_strip, vibration_strip, world_view
from envirosense.pole.worldpage.episode import WorldMoment
from envirosense.pole.worldpage.film import film_section
from envirosense.pole.worldpage.heat import heat_section
from envirosense.pole.worldpage.line_maps import line_maps_section
from envirosense.pole.worldpage.plumes import plume_views

STEPS: Final = 8  # how often `world_page` tells that it got on


def world_page(moment: WorldMoment, tell: Callable[[], None] = lambda: None) -> str:
    """HTML page of the world at a moment; needs no other file. `tell` is called after each of STEPS."""
    view = world_view(moment)
    tell()
    views = plume_views(moment, tell)
    if views is None:
        tell()
        tell()
    parts = [_section("Site and plume", film_section(moment, views))]
    tell()
    parts.append(_section("Fields of the line", line_maps_section(moment)))
    tell()
    parts.append(_section("Heat", heat_section(moment, view)))
    tell()
    parts.append(_section("At the device", course_charts(moment, view)))
    strips = f'<div class="two">{sound_strip(moment, view)}{vibration_strip(moment, view)}</div>'
    parts.append(_section("Sound and vibration at the device", strips))
    tell()
    parts.append(_section("Causes", causes_section(moment, views)))
    page = _document(moment, view, "".join(parts))
    tell()
    return page


def _document(moment: WorldMoment, view: TimeView, body: str) -> str:
    spec = moment.run.spec
    title = phrase(spec.scenario.rpartition("/")[2])
    style = _resource("envirosense.pole.page", "style.css") + _resource(__package__ or "", "world.css")
    script = _resource("envirosense.pole.page", "script.js") + _resource(__package__ or "", "film.js")
    start = view.start_local
    start_s = 3600 * start.hour + 60 * start.minute + start.second
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>World of {escape(title)}, {span_text(moment.at_s)}</title><style>{style}</style></head>"
        f'<body data-duration="{moment.duration_s:g}" data-start="{start_s:g}">'
        f"{shared_shapes(view)}<main>{_header(moment, view, title)}{body}</main>"
        f'<div class="clock" aria-live="off"></div><script>{script}</script></body></html>\n'
    )


def _resource(package: str, name: str) -> str:
    return (files(package) / name).read_text(encoding="utf-8")


def _header(moment: WorldMoment, view: TimeView, title: str) -> str:
    spec = moment.run.spec
    bits = (
        spec.scenario,
        f"moment {span_text(moment.at_s)} of {span_text(moment.duration_s)}",
        f"{view.start_local:%d %B}, {view.clock(moment.at_s)} ({view.clock_name})".lstrip("0"),
        f"weather {value_text(str(spec.weather['name']))}",
        moment.run.site.site_id,
    )
    chips = "".join(f"<span>{escape(bit)}</span>" for bit in bits)
    return (
        f'<header><p class="over">The world of one episode</p><h1>{escape(title)}</h1>'
        f'<p class="meta">{chips}</p><p class="lead">{escape(_lead(moment))}</p></header>'
    )


def _lead(moment: WorldMoment) -> str:
    labels, grid = moment.run.labels, moment.run.spec.grid
    if not labels.events:
        return f"{moment.run.scenario.description}. No event is labelled in this episode."
    event = labels.events[0]
    onset_s, tick = event.onset_s(grid), moment.tick
    stage = event.stage_names[event.stage[tick]].replace("_", " ") if event.active[tick] else "not active"
    began = f" It begins at {span_text(onset_s)};" if onset_s is not None else ""
    return f"{moment.run.scenario.description}.{began} at the moment shown its stage is: {stage}."


def _section(title: str, content: str) -> str:
    return f'<section><div class="head"><h2>{escape(title)}</h2></div>{content}</section>' if content else ""
