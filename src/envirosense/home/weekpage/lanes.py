"""A day of a home as lanes: people above, then rooms with their lights and movements, then things."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.home.weekpage.week import DAY_S, Week

type Floats = npt.NDArray[np.float64]

LANE, GAP, LEFT, WIDTH = 11, 3, 150, 940  # px
MOST_LETTERS: Final = 27
MARK_S: Final = 180.0  # width of the mark of a planted occurrence
SHORTEST_PX: Final = 0.7  # a flash is drawn as wide as this
KINDS: Final = {
    "bedroom": "a0", "kids_room": "a0", "guest_room": "a0", "kitchen": "a1", "dining_room": "a1",
    "pantry": "a1", "living_room": "a2", "studio_room": "a2", "library": "a2", "bathroom": "a3",
    "toilet": "a3", "laundry": "a3", "office": "a4", "workshop": "a4", "entryway": "a5", "hallway": "a5",
    "stairs": "a5",
}  # fmt: skip
KEY: Final = (
    ("a0", "bedrooms"), ("a1", "kitchen, dining"), ("a2", "living"), ("a3", "bath, laundry"),
    ("a4", "office, workshop"), ("a5", "ways"), ("a6", "other, outside"), ("away", "away"),
    ("light", "light on"), ("move", "movement"), ("open", "door or window open"), ("thing", "device at work"),
    ("fault", "failure"), ("habit", "planted, followed"), ("left", "planted, not followed"),
)  # fmt: skip
THINGS: Final = (
    "media", "appliance", "vacuum", "fan", "lock", "cover", "garage", "alarm", "camera", "switch",
    "siren",
)  # fmt: skip


def day_picture(week: Week, day: int) -> str:
    """SVG of one day."""
    lanes = [*_people(week, day), *_rooms(week, day), *_things(week, day), _events(week, day)]
    height = len(lanes) * (LANE + GAP) + 18
    hours = "".join(
        f'<line class="hour" x1="{_x(h * 3600):.1f}" x2="{_x(h * 3600):.1f}" y1="0" y2="{height - 16}"/>'
        f'<text class="tick" x="{_x(h * 3600):.1f}" y="{height - 4}">{h:02d}</text>'
        for h in range(0, 25, 3)
    )
    body = "".join(
        f'<g transform="translate(0 {number * (LANE + GAP)})">'
        f'<text class="lane" x="{LEFT - 8}" y="{LANE - 2}">{escape(_short(name))}</text>{marks}</g>'
        for number, (name, marks) in enumerate(lanes)
    )
    return (
        f'<svg viewBox="0 0 {LEFT + WIDTH + 12} {height}" role="img" '
        f'aria-label="day {day + 1} of the week">{hours}{body}</svg>'
    )


def _short(name: str) -> str:
    return name if len(name) <= MOST_LETTERS else name[: MOST_LETTERS - 1] + "\u2026"


def _x(s: float) -> float:
    return LEFT + WIDTH * s / DAY_S


def _bars(
    spans: Iterable[Sequence[float]], day: int, css: str, y: float, height: float, title: str = ""
) -> str:
    """Bars of the spans that touch a day."""
    found = []
    for start_s, end_s in spans:
        a, b = max(start_s - day * DAY_S, 0.0), min(end_s - day * DAY_S, DAY_S)
        if b > a:
            width = max(WIDTH * (b - a) / DAY_S, SHORTEST_PX)
            hint = f"<title>{escape(title)} {_clock(a)} to {_clock(b)}</title>" if title else ""
            place = f'x="{_x(a):.1f}" y="{y}" width="{width:.1f}" height="{height}"'
            found.append(f'<rect class="{css}" {place}>{hint}</rect>')
    return "".join(found)


def _clock(s: float) -> str:
    minutes = int(s // 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _people(week: Week, day: int) -> list[tuple[str, str]]:
    lanes = []
    for who in sorted({str(stay["resident"]) for stay in week.stays if stay["area_id"] is not None}):
        marks = []
        for stay in week.stays:
            if stay["resident"] != who:
                continue
            span = (stay["start_s"] - week.first_s, stay["end_s"] - week.first_s)
            area = week.areas.get(stay["area_id"] or "")
            css = "away" if area is None else KINDS.get(str(area["kind"]), "a6")
            place = "away" if area is None else str(area["name"])
            marks.append(_bars([span], day, css, 0, LANE, f"{place}, {stay['activity']}"))
        lanes.append((who, "".join(marks)))
    return lanes


def _rooms(week: Week, day: int) -> list[tuple[str, str]]:
    lanes = []
    for area_id, area in week.areas.items():
        here = [one for one in week.entities if one.area_id == area_id and one.entity_id in week.spans]
        marks = [
            _bars(week.spans[one.entity_id], day, css, y, height, one.name)
            for roles, css, y, height in (
                (("light",), "light", 0, LANE),
                (("motion", "occupancy"), "move", LANE - 4, 4),
                (("door", "window", "lid"), "open", 0, 3),
            )
            for one in here
            if one.role in roles
        ]
        if marks:
            lanes.append((str(area["name"]), "".join(marks)))
    return lanes


def _things(week: Week, day: int) -> list[tuple[str, str]]:
    found = [one for one in week.with_role(*THINGS) if one.entity_id in week.spans]
    return [
        (one.name, _bars(week.spans[one.entity_id], day, "thing", 1, LANE - 2, one.name)) for one in found
    ]


def _events(week: Week, day: int) -> tuple[str, str]:
    """Failures and what was planted."""
    faults = "".join(
        _bars(
            [(one["onset_s"] - week.first_s, (one["clearance_s"] or np.inf) - week.first_s)],
            day, "fault", 0, LANE, f"{one['event_type']}: {one['symptom']}",
        )
        for one in week.faults
    )  # fmt: skip
    habits = []
    for one in week.occurrences:
        if one["outcome"] != "not_allowed":
            at_s, css = one["trigger_s"] - week.first_s, "habit" if one["outcome"] == "done" else "left"
            title = f"{one['pattern']} {one['outcome']}"
            habits.append(_bars([(at_s, at_s + MARK_S)], day, css, 2, LANE - 4, title))
    return "patterns, failures", faults + "".join(habits)


def curves(series: Sequence[tuple[str, str, Floats]], days: Sequence[str], height: int = 130) -> str:
    """Lines over some days, whose names stand below: name, class, (report, 2) each; one scale for all.

    A report holds until the next: a slope between two would show what nobody measured.
    """
    every = np.concatenate([one[:, 1] for _, _, one in series if len(one)])
    low, high = float(np.min(every)), float(np.max(every))
    n_days = len(days)
    span, end_s = max(high - low, 1e-9), n_days * DAY_S
    lines = []
    for name, css, values in series:
        if not len(values):
            continue
        x = LEFT + WIDTH * values[:, 0] / end_s
        y = 4 + (height - 24) * (1.0 - (values[:, 1] - low) / span)
        steps = "".join(f"H{a:.1f}V{b:.1f}" for a, b in zip(x[1:], y[1:], strict=True))
        path = f"M{x[0]:.1f},{y[0]:.1f}{steps}H{LEFT + WIDTH}"
        lines.append(f'<path class="{css}" d="{path}"><title>{escape(name)}</title></path>')
    at_px = [LEFT + WIDTH * day / n_days for day in range(n_days + 1)]
    axis = "".join(f'<line class="hour" x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{height - 18}"/>' for x in at_px)
    axis += "".join(
        f'<text class="tick" x="{x + 0.5 * WIDTH / n_days:.1f}" y="{height - 5}">{escape(day)}</text>'
        for x, day in zip(at_px, days, strict=False)
    )
    scale = "".join(
        f'<text class="lane" x="{LEFT - 8}" y="{y}">{value:.4g}</text>'
        for value, y in ((high, 10), (low, height - 18))
    )
    return f'<svg viewBox="0 0 {LEFT + WIDTH + 12} {height}" role="img">{axis}{scale}{"".join(lines)}</svg>'
