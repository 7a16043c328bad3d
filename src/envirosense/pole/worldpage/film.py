"""The section of the page that shows site and plume, with its slider."""

import json
from html import escape

import numpy as np

from envirosense.core.species import species
from envirosense.pole.page.wording import span_text, words
from envirosense.pole.worldpage.episode import MEAN_S, WorldMoment
from envirosense.pole.worldpage.metric import Drawing, Window, figure
from envirosense.pole.worldpage.outline import Cut, draw_plan, draw_section
from envirosense.pole.worldpage.palettes import GAS_PALETTE, LogScale, log_scale, picture_uri, scale_bar
from envirosense.pole.worldpage.plumes import PlumeViews, View

_DECADES = 4.0
_COMPASS = (
    "N",
    "NNE",
    "NE",
    "ENE",
    "E",
    "ESE",
    "SE",
    "SSE",
    "S",
    "SSW",
    "SW",
    "WSW",
    "W",
    "WNW",
    "NW",
    "NNW",
)
_ARROW = '<path d="M-8 0H8M3 -4.2L8 0L3 4.2"/>'
_CUT_M = 200.0  # the section's line in the plan ends outside every window
_EAST, _NORTH, _UP = "east of the pole [m]", "north of the pole [m]", "above ground [m]"


def film_section(moment: WorldMoment, views: PlumeViews | None) -> str:
    """Plan and section with the plume, controls and key; the site alone where nothing gives off gas."""
    cut = Cut((0.0, 0.0), moment.flow) if views is None else views.cut
    scale = None if views is None else log_scale(views.greatest_ppb, _DECADES)
    plan, section = (Window(-30, 30, -30, 30), Window(-12, 43, -1.2, 22)) if views is None else (
        views.plan.window, views.section.window)  # fmt: skip
    figures = {
        "plan": _plan_figure(moment, views, plan, scale),
        "section": _section_figure(moment, views, section, cut, scale),
    }
    close = ""
    if views is not None and scale is not None:
        pair = _close_plan(moment, views, scale) + _close_section(moment, views, scale)
        close = f'<div class="pair">{pair}</div>'
    scene = "scene" if views is not None else "scene alone"
    layout = f'<div class="{scene}"><div>{figures["plan"]}</div><div>{figures["section"]}{close}</div></div>'
    data = _film_data(moment, views, scale)
    return (
        f"{_sentence(moment, views)}{_controls(moment, views, scale)}{layout}{_key(views)}"
        f'<script type="application/json" id="film">{data}</script>'
    )


def gas_name(gas: str) -> str:
    """Gas as a reader calls it."""
    return words(gas)


def _sentence(moment: WorldMoment, views: PlumeViews | None) -> str:
    if views is None:
        text = "Nothing gives off gas in this episode; the arrow is the wind at the device."
        return f'<p class="small">{text}</p>'
    at = views.source.at
    where = f"{words(views.source.name)}, {at[2]:.1f}\u2009m above ground"
    way = (
        "the plume of the moment asked for; at other moments the plume may lie beside it"
        if views.is_along_plume
        else "the mean wind, since there is next to no gas at the moment asked for"
    )
    text = (
        f"Excess of {gas_name(views.gas)} from {where}; the plan is cut at that height, the section through "
        f"the source (dashed in the plan) along {way}."
    )
    if views.is_tracer:
        text += (
            " The source gives off next to nothing around this moment, so the map shows where a steady "
            "1\u2009mg/s from the same place would go."
        )
    if views.is_tracer or not views.is_along_plume:
        text += _when_to_look(views)
    return f'<p class="small">{escape(text)}</p>'


def _when_to_look(views: PlumeViews) -> str:
    if views.strongest_s is None:
        return " It never gives off more in this episode: try another --seed."
    when, tick = span_text(views.strongest_s), f"{views.strongest_s:.0f}s"
    return f" The source gives off most {when} into the episode: look there with --at {tick}."


def _controls(moment: WorldMoment, views: PlumeViews | None, scale: LogScale | None) -> str:
    last = moment.film_ticks.size - 1
    switch = "" if views is None else (
        '<div class="switch" role="group" aria-label="which plume">'
        '<button type="button" data-mean="0" aria-pressed="true">this moment</button>'
        f'<button type="button" data-mean="1" aria-pressed="false">{MEAN_S / 60:.0f}-min mean</button></div>'
    )  # fmt: skip
    unit = "" if views is None else f"ppb {gas_name(views.gas)}" + (" for 1 mg/s" if views.is_tracer else "")
    bar = "" if scale is None else scale_bar(scale, GAS_PALETTE, escape(unit))
    return (
        '<div class="controls"><button type="button" class="play" aria-label="play">\u25b6</button>'
        f'<input type="range" min="0" max="{last}" value="{moment.film_index}" aria-label="moment">'
        f'<output class="moment"></output>{switch}</div>{bar}'
    )


def _key(views: PlumeViews | None) -> str:
    entries = [("sign pole", "pole"), ("sign device", "device")]
    if views is not None:
        entries.append(("sign source", "source"))
    items = "".join(f'<li><i class="{kind}"></i>{name}</li>' for kind, name in entries)
    items += '<li><i class="key wire"></i>wires</li><li><i class="swatch tree"></i>tree</li>'
    if views is not None:
        items += '<li><i class="key cutline"></i>where the section runs</li>'
    arrow = f'<svg class="arrowkey" viewBox="-10 -6 20 12">{_ARROW}</svg>'
    items += f"<li>{arrow}wind of the moment at the device</li>"
    return f'<ul class="legend">{items}</ul>'


def _shown(view: View, moment: WorldMoment, scale: LogScale) -> str:
    return picture_uri(scale.indices(view.moments[moment.film_index]), GAS_PALETTE)


def _plan_figure(
    moment: WorldMoment, views: PlumeViews | None, window: Window, scale: LogScale | None
) -> str:
    drawing = Drawing(window)
    site, device = moment.run.site, moment.device_m
    draw_plan(drawing, site)
    _north(drawing)
    # drawn along +x; the page turns it to the wind of each moment
    drawing.texts.append(
        f'<div class="wind"><svg class="windarrow" viewBox="-10 -10 20 20">{_ARROW}</svg><span></span></div>'
    )
    drawing.mark("pole", 0.0, 0.0)
    drawing.mark("device", device[0], device[1])
    if views is not None:
        drawing.line("cutline", views.cut.point(0.0, 0.0)[:2], views.cut.point(_CUT_M, 0.0)[:2])
        drawing.mark("source", views.source.at[0], views.source.at[1])
    tree = site.bearing(site.tree_bearing_deg, site.tree_distance_m, 0.0)
    drawing.name("tree", tree[0], tree[1], "mid")
    picture = "" if views is None or scale is None else _shown(views.plan, moment, scale)
    return figure("Plan", drawing, (_EAST, _NORTH), picture=picture, picture_id="plan",
                  note="from above")  # fmt: skip


def _north(drawing: Drawing) -> None:
    drawing.texts.append('<span class="compass"><b>N</b>\u2191</span>')


def _section_figure(
    moment: WorldMoment, views: PlumeViews | None, window: Window, cut: Cut, scale: LogScale | None
) -> str:
    drawing = Drawing(window)
    draw_section(drawing, moment.run.site, cut)
    device = moment.device_m
    drawing.mark("device", cut.place(device), device[2])
    if views is not None:
        drawing.mark("source", 0.0, views.source.at[2])
    origin = "the pole" if views is None else "the source"
    picture = "" if views is None or scale is None else _shown(views.section, moment, scale)
    is_along_plume = views is not None and views.is_along_plume
    along = f"the plume at {span_text(moment.at_s)}" if is_along_plume else "the mean wind"
    note = f"towards {_compass(cut.along)}, along {along}"
    return figure("Section", drawing, (f"away from {origin} [m]", _UP), picture=picture,
                  picture_id="section", note=note)  # fmt: skip


def _close_plan(moment: WorldMoment, views: PlumeViews, scale: LogScale) -> str:
    drawing, device, source = Drawing(views.close_plan.window), moment.device_m, views.source.at
    draw_plan(drawing, moment.run.site)
    drawing.mark("device", device[0], device[1])
    drawing.mark("source", source[0], source[1])
    _two_names(drawing, (device[0], device[1]), (source[0], source[1]))
    picture = _shown(views.close_plan, moment, scale)
    axes = ("east [m]", "north [m]")
    return figure("Plan, close", drawing, axes, picture=picture, picture_id="close_plan", n_ticks=(4, 4))


def _close_section(moment: WorldMoment, views: PlumeViews, scale: LogScale) -> str:
    drawing, device, source = Drawing(views.close_section.window), moment.device_m, views.source.at
    draw_section(drawing, moment.run.site, views.cut)
    here = (views.cut.place(device), device[2])
    drawing.mark("device", *here)
    drawing.mark("source", 0.0, source[2])
    _two_names(drawing, here, (0.0, source[2]))
    picture = _shown(views.close_section, moment, scale)
    axes = ("away [m]", "height [m]")
    return figure(
        "Section, close", drawing, axes, picture=picture, picture_id="close_section", n_ticks=(4, 4)
    )


def _two_names(drawing: Drawing, device: tuple[float, float], source: tuple[float, float]) -> None:
    """Names on the sides that face away from each other."""
    if abs(device[1] - source[1]) > 0.12 * drawing.window.height_m:
        sides = ("above", "below") if device[1] > source[1] else ("below", "above")
    else:
        sides = ("right", "left") if device[0] > source[0] else ("left", "right")
    drawing.name("device", *device, sides[0])
    drawing.name("source", *source, sides[1])


def _compass(along: tuple[float, float]) -> str:
    bearing = float(np.degrees(np.arctan2(along[0], along[1])))
    return _COMPASS[round(bearing / 22.5) % len(_COMPASS)]


def _film_data(moment: WorldMoment, views: PlumeViews | None, scale: LogScale | None) -> str:
    """Pictures and words of every moment; the one shown first is in the page already."""
    ticks, shown = moment.film_ticks, moment.film_index
    wind = moment.state.wind_m_s(moment.device_m)[ticks]
    speed = np.hypot(wind[:, 0], wind[:, 1])
    data: dict[str, object] = {
        "t_s": [round(float(t) * moment.dt_s, 3) for t in ticks],
        "speed": [round(float(v), 1) for v in speed],
        "turn": [round(float(np.degrees(np.arctan2(-v[1], v[0]))), 1) for v in wind],
        "from": [_compass((-float(v[0]), -float(v[1]))) for v in wind],
        "pictures": {},
    }
    if views is not None and scale is not None:
        excess = moment.state.gas_excess_ppb([views.gas], moment.device_m)[ticks, 0]
        data["ppb"] = None if views.is_tracer else [float(f"{v:.3g}") for v in excess]
        data["gas"] = species(views.gas).name.replace("_", " ")
        named = {"plan": views.plan, "section": views.section, "close_plan": views.close_plan,
                 "close_section": views.close_section}  # fmt: skip
        data["pictures"] = {
            name: {
                "moments": [
                    "" if i == shown else picture_uri(scale.indices(picture), GAS_PALETTE)
                    for i, picture in enumerate(view.moments)
                ],
                "mean": picture_uri(scale.indices(view.mean), GAS_PALETTE),
            }
            for name, view in named.items()
        }
    return json.dumps(data, separators=(",", ":"))
