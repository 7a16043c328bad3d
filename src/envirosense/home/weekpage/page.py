"""The whole page."""

from collections import Counter
from datetime import timedelta
from html import escape
from importlib.resources import files

from envirosense.datasets.dataset import Dataset
from envirosense.home.weekpage.lanes import KEY, curves, day_picture
from envirosense.home.weekpage.week import Floats, Week, read_week

_SHOWN = ("temperature", "humidity", "co2", "power")
_UNITS = {"temperature": "\u00b0C", "humidity": "%", "co2": "ppm", "power": "W"}
_NAMES = {
    "temperature": "Temperature",
    "humidity": "Relative humidity",
    "co2": "Carbon dioxide",
    "power": "Power",
}
_MOST_LINES = 8


def week_page(dataset: Dataset, episode_id: str, first_day: int = 0) -> str:
    """HTML page of a week of the home whose episode id starts with `episode_id`; needs no other file."""
    week = read_week(dataset, episode_id, first_day)
    style = (files("envirosense.home.weekpage") / "style.css").read_text(encoding="utf-8")
    title = f"{week.facts['home_type']}, {week.facts['size']}".replace("_", " ")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} \u00b7 {week.episode.episode_id}</title>"
        f"<style>{style}</style></head><body><main>"
        f"{_header(week, title)}{_days(week)}{_numbers(week)}{_truth(week)}</main></body></html>\n"
    )


def _header(week: Week, title: str) -> str:
    last = week.start_local + timedelta(days=week.n_days - 1)
    names = {one["resident"] for one in week.stays if not one["resident"].startswith("guest_")}
    people = "1 person" if len(names) == 1 else f"{len(names)} people"
    bits = (
        week.episode.episode_id,
        week.episode.group,
        f"{week.start_local:%d %B %Y} to {last:%d %B}",
        str(week.facts["region"]),
        people,
        f"{len(week.areas)} areas",
        f"{len(week.entities)} entities",
    )
    chips = "".join(f"<span>{escape(bit)}</span>" for bit in bits)
    head = f'<p class="over">A week at home</p><h1>{escape(title)}</h1>'
    return f'<header>{head}<p class="meta">{chips}</p></header>'


def _days(week: Week) -> str:
    key = "".join(f'<li><i class="{css}"></i>{escape(name)}</li>' for css, name in KEY)
    days = "".join(
        f"<h3>{week.start_local + timedelta(days=day):%A %d %B}</h3>"
        f'<div class="wide">{day_picture(week, day)}</div>'
        for day in range(week.n_days)
    )
    return f'<section><h2>Seven days, hour by hour</h2><ul class="key">{key}</ul>{days}</section>'


def _numbers(week: Week) -> str:
    parts = []
    days = [f"{week.start_local + timedelta(days=day):%a %d}" for day in range(week.n_days)]
    for role in _SHOWN:
        found = [one for one in week.with_role(role) if len(week.numbers.get(one.entity_id, ()))]
        lines = [
            (one.name, f"line l{number}", week.numbers[one.entity_id])
            for number, one in enumerate(found[:_MOST_LINES])
        ]
        if role == "temperature":
            lines += _outside(week)
        if found:
            left = f", {_MOST_LINES} of {len(found)} shown" if len(found) > _MOST_LINES else ""
            key = "".join(f'<li><i class="{css}"></i>{escape(name)}</li>' for name, css, _ in lines)
            parts.append(
                f'<h3>{_NAMES[role]} [{_UNITS[role]}]{left}</h3><ul class="key">{key}</ul>'
                f'<div class="wide">{curves(lines, days)}</div>'
            )
    return f"<section><h2>What sensors report</h2>{''.join(parts)}</section>" if parts else ""


def _outside(week: Week) -> list[tuple[str, str, Floats]]:
    """Curves of the air outside: by the home's own sensors, else by the weather."""
    own = [one for one in week.with_role("outdoor_temperature") if len(week.numbers.get(one.entity_id, ()))]
    if not own:
        return [("Outside, by the weather", "line outside", week.outside_c)]
    return [(one.name, "line outside", week.numbers[one.entity_id]) for one in own]


def _truth(week: Week) -> str:
    counts = Counter((one["pattern"], one["outcome"]) for one in week.occurrences)
    rows = []
    for one in week.patterns:
        if one["is_distractor"]:
            continue
        name = one["pattern_id"]
        followed = counts[name, "done"] + counts[name, "redundant"]
        asked = followed + counts[name, "left"]
        share = f"{followed} of {asked}" if asked else "not met"
        cells = (
            one["kind"].replace("_", " "),
            one["trigger"],
            one["actions"],
            f"{one['probability']:.2f}",
            share,
        )
        rows.append("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in cells) + "</tr>")
    head = "".join(f"<th>{name}</th>" for name in ("kind", "trigger", "then", "planted share", "this week"))
    table = f'<div class="wide"><table><tr>{head}</tr>{"".join(rows)}</table></div>'
    faults = "".join(
        f"<li>{escape(one['event_type'].replace('_', ' '))}: {escape(one['symptom'])} "
        f"({escape(one['entities'].replace(',', ', '))})</li>"
        for one in week.faults
    )
    failures = f"<h3>Failures under way</h3><ul>{faults}</ul>" if faults else ""
    return f"<section><h2>What was planted</h2>{table}{failures}</section>"
