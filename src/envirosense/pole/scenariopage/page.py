"""One scenario on one page: what it does, what is labelled, what sensors make of it, what is left out."""

from dataclasses import replace
from html import escape
from importlib.resources import files
from typing import Any, Final

import numpy as np

from envirosense.core.protocols import Array
from envirosense.physics.sound.acoustics import BANDS
from envirosense.pole.guardian import GuardianBlock
from envirosense.pole.page.charts import Marker, TimeView, shared_shapes
from envirosense.pole.page.colours import ColourScale
from envirosense.pole.page.recording import Span
from envirosense.pole.page.wording import phrase, span_text
from envirosense.pole.scenariopage.about import about_cards, observability_table, parameter_table
from envirosense.pole.scenariopage.cause_charts import causes_section
from envirosense.pole.scenariopage.drawn import DrawnScenario
from envirosense.pole.scenariopage.events_band import event_title, events_section
from envirosense.pole.scenariopage.heat_picture import heat_section
from envirosense.pole.scenariopage.sensor_charts import MOVED_SNR, observed, sensors_section, shown_sensors
from envirosense.pole.worldpage.courses import band_name, world_view
from envirosense.pole.worldpage.strips import binned, strip

_STYLES: Final = (
    ("envirosense.pole.page", "style.css"),
    ("envirosense.pole.worldpage", "world.css"),
    ("envirosense.pole.sheet", "sheet.css"),
    ("envirosense.pole.scenariopage", "scenario.css"),
)
_QUIET_DB: Final = 45.0  # below the loudest band that a strip still resolves
_MICROPHONES: Final = ("microphone", "microphone_2")


def scenario_page(drawn: DrawnScenario, home: str = "") -> str:
    """HTML page of one drawn episode of a scenario; needs no other file; links back to `home`."""
    view = _view(drawn)
    block = drawn.run.device.observe(drawn.run.world.state(0, drawn.run.spec.grid.n))
    parts = [
        _section("What is labelled", events_section(drawn, view)),
        _section("What happens", causes_section(drawn, view)),
        _section("Heat and the camera", heat_section(drawn, block, view)),
        _section(_sensors_title(drawn), _sensors(drawn, block, view)),
        _section("Sound at the device", _sound(drawn, view)),
        _section("Who could see it", observability_table(drawn)),
        _section("Facts", about_cards(drawn)),
        _section("Parameters of this draw", parameter_table(drawn)),
        _section(
            "What is left out", f'<p class="limits">{escape(drawn.scenario.limits)}</p>{_sources(drawn)}'
        ),
    ]
    body = _header(drawn, view, home) + "".join(parts)
    shaded = tuple(span for span in view.spans if span.event_id == drawn.gravest_event)
    return document(phrase(drawn.scenario.name), body, view, shaded)


def _view(drawn: DrawnScenario) -> TimeView:
    """Time axis with onset and ignition, and the first moment at which a sensor could see it."""
    view = world_view(drawn.moment)
    marks = [mark for mark in view.markers if mark.kind != "seen"]
    if drawn.first_seen_s is not None:
        marks.append(Marker(drawn.first_seen_s, "first detectable", "seen"))
    unique = {(round(m.t_s / view.duration_s, 2), m.name): m for m in marks}
    return replace(view, markers=tuple(sorted(unique.values(), key=lambda mark: mark.t_s)))


def document(
    title: str, body: str, view: TimeView | None = None, shaded: tuple[Span, ...] | None = None
) -> str:
    """HTML page with style and script in it; `view` for charts, with `shaded` behind them."""
    style = "".join((files(package) / name).read_text(encoding="utf-8") for package, name in _STYLES)
    shapes, script, attributes = "", "", ""
    if view is not None:
        text = (files("envirosense.pole.page") / "script.js").read_text(encoding="utf-8")
        start = view.start_local
        start_s = 3600 * start.hour + 60 * start.minute + start.second
        attributes = f' data-duration="{view.duration_s:g}" data-start="{start_s:g}"'
        shapes = shared_shapes(view) if shaded is None else shared_shapes(replace(view, spans=shaded))
        script = f'<div class="clock" aria-live="off"></div><script>{text}</script>'
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{style}</style></head>"
        f'<body class="scenariopage"{attributes}>{shapes}<main>{body}</main>{script}</body></html>\n'
    )


def _header(drawn: DrawnScenario, view: TimeView, home: str) -> str:
    spec = drawn.run.spec
    chosen = f"clearest of {drawn.n_draws} draws" if drawn.n_draws > 1 and drawn.events else ""
    if drawn.n_draws > 1 and not drawn.events:
        chosen = f"one of {drawn.n_draws} draws, none with an event"
    bits = (
        spec.scenario,
        f"seed {drawn.seed}",
        chosen,
        f"{view.start_local:%d %B}, {view.clock(0.0)} ({view.clock_name})".lstrip("0"),
        f"{span_text(view.duration_s)}, tick {spec.grid.dt_s:g}\u2009s",
    )
    chips = "".join(f"<span>{escape(bit)}</span>" for bit in bits if bit)
    back = f'<a class="home" href="{escape(home)}">all scenarios</a> \u00b7 ' if home else ""
    return (
        f'<header><p class="over">{back}{escape(phrase(drawn.scenario.category.value))}</p>'
        f'<h1>{escape(phrase(drawn.scenario.name))}</h1><p class="meta">{chips}</p>'
        f'<p class="lead">{escape(_lead(drawn))}</p></header>'
    )


def _lead(drawn: DrawnScenario) -> str:
    about = f"{drawn.scenario.description}."
    if not drawn.events:
        return f"{about} No event is labelled in this episode."
    grid = drawn.run.spec.grid
    parts: list[str] = []
    for event, seen in zip(drawn.events, drawn.seen, strict=True):
        onset_s = event.onset_s(grid)
        level = int(event.level[event.active].max()) if event.active.any() else 1
        began = f"from {span_text(onset_s)}" if onset_s is not None else "never active"
        n_seen = sum(one.first_detectable_s is not None for one in seen.values())
        of_all = f"{len(seen)} sensors" if parts else f"{len(seen)} sensors, optional ones included,"
        share = f"{n_seen} of {of_all}" if n_seen else "no sensor"
        parts.append(f"{event_title(event)} {began}, up to level {level}; {share} could see it.")
    return f"{about} {' '.join(parts)}".replace("\u2009", "\u202f")  # keeps number and unit on one line


def _section(title: str, content: str) -> str:
    return f'<section><div class="head"><h2>{escape(title)}</h2></div>{content}</section>' if content else ""


def _sensors_title(drawn: DrawnScenario) -> str:
    sensors = drawn.run.device.sensors
    moved = {sensors[name].sensor_type for name, snr in drawn.greatest_snr.items() if snr >= MOVED_SNR}
    faulty = {fault.sensor_type for forcing in drawn.run.forcings for fault in forcing.sensor_faults}
    if moved - faulty or (moved and not faulty):
        return "Sensors that it moves most"
    return "The faulty sensor" if faulty else "Sensors, none of which feels it"


def _sensors(drawn: DrawnScenario, block: GuardianBlock, view: TimeView) -> str:
    return sensors_section(drawn, observed(drawn, shown_sensors(drawn), block), view)


def _sound(drawn: DrawnScenario, view: TimeView) -> str:
    """Levels of all bands at the device with and without the cause; "" where no microphone is moved."""
    if max(drawn.greatest_snr.get(name, 0.0) for name in _MICROPHONES) < MOVED_SNR:
        return ""
    moment = drawn.moment
    levels = [s.sound_level_db(moment.device_m) for s in (moment.state, moment.state.without_causes())]
    pictures = [_in_columns(level_db) for level_db in levels]
    high = max(float(picture.max()) for picture in pictures)
    low = max(min(float(picture.min()) for picture in pictures), high - _QUIET_DB)
    scale = ColourScale(low, high + 1e-6)
    named = zip(("With the cause", "Without it"), levels, pictures, strict=True)
    strips = "".join(
        strip(name, "dB re 20 \u00b5Pa", _bands(level_db[drawn.peak_tick]), picture, scale, view,
              moment.at_s, "numbers: dB at the dashed line, the peak")
        for name, level_db, picture in named
    )  # fmt: skip
    return f'<div class="two">{strips}</div>'


def _in_columns(level_db: Array) -> Array:
    """Mean energy of each column of a strip as a level, (column, band), highest band first."""
    return 10.0 * np.log10(np.maximum(binned(10.0 ** (0.1 * level_db)), 1e-9))[:, ::-1]


def _bands(level_db: Array) -> list[tuple[str, str]]:
    edges = zip(BANDS.low_hz, BANDS.high_hz, strict=True)
    rows = [
        (band_name(*pair), f"{round(level_db[i])}".replace("-", "\u2212")) for i, pair in enumerate(edges)
    ]
    return rows[::-1]


def _sources(drawn: DrawnScenario) -> str:
    rate: Any = getattr(drawn.scenario, "rate", None)
    clamps = "; ".join(f"{name.replace('_', ' ')} {how}" for name, how in drawn.run.world.clamps.items())
    held = f'<p class="small">Held within the range of the physics in this episode: {escape(clamps)}.</p>'
    text = f'<p class="small">Base rate: {escape(rate.source)}.</p>' if rate is not None else ""
    return text + (held if clamps else "")
