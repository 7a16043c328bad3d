"""The whole page."""

from collections.abc import Iterable
from html import escape
from importlib.resources import files
from typing import Any

from envirosense.datasets.dataset import Dataset
from envirosense.pole.page.charts import TimeView, shared_shapes, time_view
from envirosense.pole.page.device import part_name, sensor_names
from envirosense.pole.page.film import film_strip
from envirosense.pole.page.overview import event_facts, facts, observability_table, timeline
from envirosense.pole.page.parameters import parameter_facts
from envirosense.pole.page.recording import Recording, read_recording
from envirosense.pole.page.sections import (
    GAS_NOTE,
    cause_charts,
    component_chart,
    sensor_groups,
    thermal_chart,
    world_charts,
)
from envirosense.pole.page.surroundings import surroundings
from envirosense.pole.page.wording import component_text, phrase, span_text, value_text, words


def episode_page(dataset: Dataset, episode_id: str) -> str:
    """HTML page of the episode whose id starts with `episode_id`; needs no other file."""
    recording = read_recording(dataset, episode_id)
    view = time_view(recording)
    resources = files("envirosense.pole.page")
    style, script = ((resources / name).read_text(encoding="utf-8") for name in ("style.css", "script.js"))
    title = phrase(recording.episode.scenario.rpartition("/")[2])
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} \u00b7 {recording.episode.episode_id}</title><style>{style}</style></head>"
        f'<body data-duration="{recording.duration_s:g}" data-start="{_start_s(view):g}">'
        f"{shared_shapes(view)}<main>{_header(recording, view, title)}{_body(recording, view)}</main>"
        f'<div class="clock" aria-live="off"></div><script>{script}</script></body></html>\n'
    )


def _start_s(view: TimeView) -> float:
    start = view.start_local
    return 3600.0 * start.hour + 60.0 * start.minute + start.second


def _header(recording: Recording, view: TimeView, title: str) -> str:
    episode = recording.episode
    when = f"{view.start_local:%d %B}, {view.start_local:%H:%M}".lstrip("0")
    bits = (
        episode.episode_id,
        f"{when} ({view.clock_name})",
        span_text(recording.duration_s),
        episode.group,
        f"split {episode.split}",
    )
    chips = "".join(f"<span>{escape(bit)}</span>" for bit in bits)
    return (
        f'<header><p class="over">{escape(phrase(episode.category))}</p><h1>{escape(title)}</h1>'
        f'<p class="meta">{chips}</p><p class="lead">{_sentence(recording)}</p></header>'
    )


def _sentence(recording: Recording) -> str:
    """The episode in two lines."""
    events = recording.rows("events")
    if not events:
        return "Nothing happens here: no event is labelled in this episode."
    parts = []
    for event in events:
        kind = value_text(event.get("event_subtype") or event["event_type"])
        place = f" at {component_text(event['component'])}" if event.get("component") else ""
        level = f", alert level {event['level']}" if event.get("level") else ""
        text = f"{phrase(kind)}{place}{level}, from {span_text(event['onset_s'])}"
        ignition_s = event.get("ignition_s")
        text += f"; ignition at {span_text(ignition_s)}" if ignition_s is not None else "; no ignition"
        seen = [
            (row["first_detectable_s"], row["sensor_id"])
            for row in recording.rows("observability")
            if row["event_id"] == event["event_id"] and row["first_detectable_s"] is not None
        ]
        first = min(seen, default=None)
        text += (
            f"; first detectable by the {words(first[1])} at {span_text(first[0])}."
            if first
            else "; no sensor could see it."
        )
        parts.append(text)
    return escape(" ".join(parts))


def _section(title: str, content: str, key: str = "") -> str:
    if not content:
        return ""
    return f'<section><div class="head"><h2>{escape(title)}</h2>{key}</div>{content}</section>'


def _body(recording: Recording, view: TimeView) -> str:
    parts = [_section("Timeline", timeline(recording, view)), _facts(recording)]
    if recording.thermal is not None:
        screen, strip = film_strip(recording.thermal, view)
        curves = thermal_chart(recording.thermal, view)
        parts.append(_section("Camera", f'<div class="camera">{screen}<div>{curves}</div></div>{strip}'))
    parts.append(_section("Cause", cause_charts(recording, view)))
    for title, key, charts in sensor_groups(recording, view):
        note = f'<p class="small">{GAS_NOTE}</p>' if title == "Gas" else ""
        parts.append(_section(title, f'{note}<div class="grid3">{charts}</div>', key))
    world = world_charts(recording, view)
    parts.append(_section("World", f'<div class="grid3">{world}</div>' if world else ""))
    parts.append(_section("Around the device", surroundings(recording, view)))
    parts.append(_section("Component temperatures", component_chart(recording, view)))
    parts.append(_section("Observability", observability_table(recording)))
    parts.append(_section("Provenance", _provenance(recording)))
    return "".join(parts)


def _facts(recording: Recording) -> str:
    spec = recording.episode.spec
    events = recording.rows("events")
    cards = [
        ("Event" if len(events) == 1 else f"Event {event['event_id']}", facts(event_facts(event)))
        for event in events
    ]
    cards.append(("Scenario parameters", facts(parameter_facts(spec.scenario, spec.params))))
    cards.append(("Weather and load", facts(_weather(recording))))
    cards.append(("Sensors", facts(_sensors(spec.sensing))))
    cards.append(("Site", facts(spec.site.items())))
    shown = "".join(
        f"<details{'' if title == 'Site' else ' open'}><summary>{escape(title)}</summary>{content}</details>"
        for title, content in cards
        if "<dt>" in content
    )
    return f'<section class="cards">{shown}</section>'


def _weather(recording: Recording) -> Iterable[tuple[str, object]]:
    weather = {k: v for k, v in recording.episode.spec.weather.items() if k != "digest" and v is not None}
    found: list[tuple[str, object]] = [
        ("Weather year", str(value).capitalize()) if name == "name" else (name, value)
        for name, value in weather.items()
    ]
    if "regimes" in recording.tables:
        for name in ("season", "sky", "wind", "load"):
            if recording.has("regimes", name):
                values = recording.tables["regimes"][name].to_pylist()
                found.append((name, list(dict.fromkeys(values))))
    return found


def _sensors(sensing: dict[str, Any]) -> Iterable[tuple[str, object]]:
    for sensor in sensing.get("sensors", ()):
        part = part_name(str(sensor.get("part", "")))
        name, _ = sensor_names(str(sensor.get("sensor_id")))
        yield name, f"{part}, every\u00a0{sensor.get('interval_s', 1):g}\u00a0s"
    ages = {sensor.get("age_days") for sensor in sensing.get("sensors", ())}
    if len(ages) == 1 and isinstance(age_days := ages.pop(), float | int):
        yield "age_days", round(age_days)


def _provenance(recording: Recording) -> str:
    episode, manifest = recording.episode, recording.dataset.manifest
    rows: list[tuple[str, object]] = [
        ("Episode id", episode.episode_id),
        ("Spec fingerprint", episode.spec.fingerprint),
        ("World fingerprint", episode.spec.world_fingerprint),
        ("World seed", str(episode.spec.world_seed)),
        ("Sensing seed", str(episode.spec.sensing_seed)),
        ("Start (UTC)", f"{episode.spec.grid.start_utc:%Y-%m-%d %H:%M:%S}"),
        ("Tick", f"{episode.spec.grid.dt_s:g} s, {episode.spec.grid.n:,} ticks"),
        ("Dataset", f"{manifest.name}, seed {manifest.seed}"),
        ("Logical hash of the dataset", manifest.logical_hash),
        ("EnviroSense", f"{manifest.code_version}, physics {manifest.physics_version or 'not stated'}"),
    ]
    rows += [(f"Content of {stream}", sha) for stream, sha in sorted(episode.content_hashes.items())]
    cells = "".join(f"<tr><td>{escape(k)}</td><td><code>{escape(str(v))}</code></td></tr>" for k, v in rows)
    return f'<div class="scroll"><table class="provenance"><tbody>{cells}</tbody></table></div>'
