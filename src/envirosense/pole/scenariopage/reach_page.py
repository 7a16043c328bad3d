"""The device's reach on one page: what was drawn, what steady smoke allows, what physics forbids."""

from collections.abc import Iterator
from html import escape
from typing import Final

import numpy as np

from envirosense.pole.page.device import sensor_names
from envirosense.pole.page.wording import phrase, symbol, words
from envirosense.pole.reach import HOUR_S, WINDS, Reach
from envirosense.pole.scenariopage.page import document
from envirosense.pole.scenariopage.reach_charts import (
    Curve,
    distance_chart,
    interval,
    key,
    lead_chart,
    share_chart,
)
from envirosense.pole.scenariopage.reach_numbers import distance_text, verdict
from envirosense.pole.site import Site
from envirosense.pole.steady_plume import (
    AIR_K,
    WINDS_M_S,
    Forbidden,
    SteadySource,
    Trace,
    farthest_m,
    forbidden_ozone,
    smoke_traces,
    smoulder_in_litter,
)

_RATES_G_S: Final = tuple(np.geomspace(0.02, 2.0, 25).tolist())  # of a smoulder in `fire/early_combustion`
_STEADY_M: Final = (1.0, 2000.0)
_MOST_SENSORS: Final = 4
_LEAD: Final = (
    "How far away any sensor of the device could see a source for a minute or more, and how long before a "
    "flame, by its strength. Sites, hours, winds and bearings are drawn, the same at every strength and "
    "distance, so most plumes pass beside the device, as they do outdoors."
)
_STEADY: Final = (
    "The same law of dispersion without chance: smouldering wood on the ground, neutral air, one wind. The "
    "distance at which the mean rise on the plume's axis equals the part's detection limit. It falls with "
    "the wind, which thins the plume; from 1 to 2 m/s little, since a weak wind meanders. The axis lies on "
    "the ground: at the height of the device, in the last picture, a weak source passes under it. The law is "
    "measured from 50 to 800 m, and extrapolated elsewhere."
)
_FORBIDDEN: Final = (
    "Ozone on the axis of its plume, blown straight at the inlet by the wind that brings most, at the median "
    "yield and at two geometric standard deviations above it. In sigmas of the gas array's best channel, "
    "with the nitrogen dioxide that comes along, over rural air."
)


def reach_page(reach: Reach) -> str:
    """HTML page of a measured reach; needs no other file."""
    parts = [
        _section("How many are seen", _shares(reach)),
        _section("Detection distance", _distances(reach)),
        _section("Lead time", _leads(reach)),
        _section("What steady smoke allows", _steady()) if reach.plan.scenario.startswith("fire/") else "",
        _section("What physics forbids", _forbidden(forbidden_ozone())),
        _section("Numbers", _numbers(reach)),
    ]
    return document(
        "Reach of the device", f'<div class="reach">{_header(reach)}{"".join(filter(None, parts))}</div>'
    )


def _section(title: str, content: str) -> str:
    return f'<section><div class="head"><h2>{escape(title)}</h2></div>{content}</section>' if content else ""


def _header(reach: Reach) -> str:
    plan = reach.plan
    n_places = len(plan.strengths) * len(plan.distances_m)
    held = [f"{words(name)}: {words(option)}" for name, option in plan.held.items()]
    bits = (
        plan.scenario,
        *held,
        f"{plan.n_draws} draws of {HOUR_S / 3600.0:g} h at each of {n_places} places",
        f"seed {plan.seed}",
    )
    chips = "".join(f"<span>{escape(bit)}</span>" for bit in bits)
    return (
        f'<header><p class="over">Scenario library</p><h1>Reach of the device: '
        f'{escape(phrase(plan.scenario.partition("/")[2]).lower())}</h1><p class="meta">{chips}</p>'
        f'<p class="lead">{_LEAD}</p></header>'
    )


def _strength_names(reach: Reach) -> list[str]:
    unit = symbol(reach.plan.unit)
    return [f"{strength:.3g}\u2009{unit}" for strength in reach.plan.strengths]


def _strength_label(reach: Reach) -> str:
    name = reach.plan.strength
    for suffix in ("_g_s", "_g", "_w"):
        name = name.removesuffix(suffix)
    return f"{words(name)} [{symbol(reach.plan.unit)}]"


def _shares(reach: Reach) -> str:
    plan, names = reach.plan, _strength_names(reach)
    curves = []
    for i, name in enumerate(names):
        found = reach.shares(i)
        spans = tuple(interval(one) for one in found)
        curves.append(Curve(name, tuple(one.value for one in found), spans))
    n = plan.n_draws * len(plan.strengths)
    by_sensor = [
        Curve(name, tuple(count / n for count in counts)) for name, counts in _by_sensor(reach).items()
    ][:_MOST_SENSORS]
    left = key(names, _strength_label(reach)) + share_chart(
        "Share that any sensor could see, 95 % interval", plan.distances_m, curves
    )
    if not by_sensor:
        return f'<div class="two"><div>{left}</div></div>'
    right = key([curve.name for curve in by_sensor], is_ranked=False) + share_chart(
        "Share that each sensor could see, all strengths", plan.distances_m, by_sensor, is_ranked=False
    )
    return f'<div class="two"><div>{left}</div><div>{right}</div></div>'


def _by_sensor(reach: Reach) -> dict[str, tuple[int, ...]]:
    """Draws that each sensor could see, by distance; sensors that see alike under one name."""
    names: dict[tuple[int, ...], str] = {}
    for name, counts in reach.seen_by().items():
        title = sensor_names(name)[0]
        names[counts] = f"{names[counts]}, {title[:1].lower()}{title[1:]}" if counts in names else title
    return {name: counts for counts, name in names.items()}


def _distances(reach: Reach) -> str:
    plan = reach.plan
    ends_m = plan.distances_m[0], plan.distances_m[-1]
    if ends_m[0] == ends_m[1]:
        return ""
    low, high = reach.wind_edges_m_s
    names = [f"{WINDS[0]}, to {low:.1f}\u2009m/s", WINDS[1], f"{WINDS[2]}, from {high:.1f}\u2009m/s"]
    thirds = [_distance_curve(name, reach.of_wind(k), ends_m) for k, name in enumerate(names)]
    label = _strength_label(reach)
    left = distance_chart(
        "Half are seen up to", label, plan.strengths, [_distance_curve("all winds", reach, ends_m)], ends_m
    )
    right = distance_chart("The same by the hour's mean wind", label, plan.strengths, thirds, ends_m)
    note = (
        '<p class="small">A ring lies beyond the grid; where no dot stands, fewer than half are seen even at '
        f"{ends_m[0]:g}\u2009m. Bars: 95 % over resampled draws, cut at the ends of the grid.</p>"
    )
    left, right = key(["all winds"]) + left, key(names, "wind") + right
    return f'<div class="two"><div>{left}</div><div>{right}</div></div>{note}'


def _distance_curve(name: str, reach: Reach, ends_m: tuple[float, float]) -> Curve:
    found = [reach.detection_distance(i) for i in range(len(reach.plan.strengths))]
    spans = [
        None if name != "all winds" or one.value is None else (one.low or ends_m[0], one.high or ends_m[1])
        for one in found
    ]
    opened = tuple(one.note.startswith("beyond") for one in found)
    return Curve(name, tuple(one.value for one in found), tuple(spans), opened)


def _leads(reach: Reach) -> str:
    plan = reach.plan
    n_places = range(len(plan.distances_m))
    leads = [reach.leads_s(i) for i in range(len(plan.strengths))]
    n_ignited = sum(one.ignition_s is not None for row in reach.outcomes for cell in row for one in cell)
    if not n_ignited:
        return ""
    names = [f"{distance_m:.3g}\u2009m" for distance_m in plan.distances_m]
    medians = [
        Curve(name, tuple(None if (lead := row[j][1]) is None else lead / 60.0 for row in leads))
        for j, name in zip(n_places, names, strict=True)
    ]
    before = [
        Curve(name, tuple(one.value for one in found), tuple(interval(one) for one in found))
        for name, found in zip(
            _strength_names(reach), map(reach.seen_before_ignition, range(len(plan.strengths))), strict=True
        )
    ]
    label = _strength_label(reach)
    left = key(names, "distance") + lead_chart("Median lead of what ignites", label, plan.strengths, medians)
    right = key(_strength_names(reach), label) + share_chart(
        "Share of what ignites that could be seen before", plan.distances_m, before
    )
    note = (
        '<p class="small">Ignition less the first moment at which a sensor could see it; below zero it is '
        "seen after. What is never seen counts as too late: no dot stands where that is more than half.</p>"
    )
    return f'<div class="two"><div>{left}</div><div>{right}</div></div>{note}'


def _steady() -> str:
    traces = smoke_traces()
    ground, lifted = smoulder_in_litter(), smoulder_in_litter(is_lifted=True)
    device_m = Site().device_height_m
    charts = [_steady_chart(trace, ground, None, "on the axis") for trace in traces]
    charts.append(_steady_chart(traces[0], lifted, device_m, f"at {device_m:g} m, lifted by heat"))
    names = [f"{wind:g}\u2009m/s" for wind in WINDS_M_S]
    return (
        f'<p class="small">{_STEADY}</p>{key(names, "wind at 10 m")}'
        f'<div class="two">{"".join(f"<div>{chart}</div>" for chart in charts)}</div>'
    )


def _steady_chart(trace: Trace, source: SteadySource, receptor_m: float | None, where: str) -> str:
    curves = [
        Curve(
            f"{wind:g} m/s", tuple(farthest_m(source, trace, rate, wind, receptor_m) for rate in _RATES_G_S)
        )
        for wind in WINDS_M_S
    ]
    title = f"{trace.name[:1].upper()}{trace.name[1:]} by {trace.limit:.2g} {symbol(trace.unit)}, {where}"
    return distance_chart(title, "wood burnt [g/s]", _RATES_G_S, curves, _STEADY_M)


def _forbidden(rows: tuple[Forbidden, ...]) -> str:
    distances = sorted({row.distance_m for row in rows})
    heads = "".join(f"<th>{distance_m:g}\u2009m</th>" for distance_m in distances)
    body = "".join(_forbidden_rows(rows))
    needed = np.median([row.ozone_ppb / row.snr * row.limit_snr for row in rows])
    far = [row for row in rows if row.distance_m == distances[-1]]
    told = "None is" if not any(row.is_detectable for row in far) else "Some are"
    lead = (
        f'<p class="lead">{told} detectable at {distances[-1]:g}\u2009m: the array would need some '
        f"{needed:.0f}\u2009ppb of ozone above its background at {AIR_K - 273.15:.0f}\u2009\u00b0C, and gets "
        f"{max(row.ozone_ppb for row in far):.2g}\u2009ppb at most.</p>"
    )
    return (
        f'{lead}<p class="small">{_FORBIDDEN}</p><div class="scroll"><table class="observed"><thead><tr>'
        f"<th>Discharge</th><th>Ozone yield</th>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _forbidden_rows(rows: tuple[Forbidden, ...]) -> Iterator[str]:
    kinds = dict.fromkeys((row.discharge, row.ozone_scale) for row in rows)
    for kind, scale in kinds:
        found = [row for row in rows if (row.discharge, row.ozone_scale) == (kind, scale)]
        cells = "".join(
            f'<td class="{"yes" if row.is_detectable else "no"}">{row.ozone_ppb:.2g}\u2009ppb, '
            f"{row.snr:.2g} sigma<small>{verdict(row)}</small></td>"
            for row in found
        )
        yields = "median" if scale == 1.0 else f"{scale:g} times the median"
        yield f"<tr><td>{phrase(kind)}, {found[0].power_w:g}\u2009W</td><td>{yields}</td>{cells}</tr>"


def _numbers(reach: Reach) -> str:
    plan = reach.plan
    heads = "".join(f"<th>{distance_m:.3g}\u2009m</th>" for distance_m in plan.distances_m)
    body = ""
    for i, name in enumerate(_strength_names(reach)):
        cells = "".join(
            f"<td>{found.value:.2f}<small>{found.low:.2f} to {found.high:.2f}</small></td>"
            for found in reach.shares(i)
        )
        half = distance_text(reach.detection_distance(i), plan.distances_m)
        body += f"<tr><td>{name}</td>{cells}<td>{half}</td></tr>"
    return (
        '<p class="small">Share that any sensor could see for a minute, with the exact 95 % interval.</p>'
        f'<div class="scroll"><table class="observed"><thead><tr><th>{escape(_strength_label(reach))}</th>'
        f"{heads}<th>half seen at</th></tr></thead><tbody>{body}</tbody></table></div>"
    )
