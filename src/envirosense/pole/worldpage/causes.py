"""What was done to the world, where the physics was held, and which model carried the gas."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from html import escape
from typing import Any

import numpy as np

from envirosense.pole.page.wording import phrase, quantity_text, span_text, split_unit, value_text, words
from envirosense.pole.worldpage.episode import WorldMoment
from envirosense.pole.worldpage.plumes import PlumeViews
from envirosense.scenarios.forcing import DEVICE_CAUSES, WORLD_CAUSES

_MOST_COURSES = 4  # of a mapping such as the gases of one source
_NOT_SHOWN = {"name", "component", "at"}


def causes_section(moment: WorldMoment, views: PlumeViews | None) -> str:
    """Tables of causes, clamps and tiers."""
    parts = [_table(("cause", "where", "course"), _causes(moment))]
    clamps = [(words(name), text) for name, text in moment.run.world.clamps.items()]
    held = _table(("held", "how"), clamps) if clamps else '<p class="small">No clamp was needed.</p>'
    tiers = _tiers(moment, views)
    carried = _table(("source", "seen from", "model", "why"), tiers) if tiers else ""
    return f"{parts[0]}<h3>Clamps</h3>{held}" + (f"<h3>Dispersion</h3>{carried}" if carried else "")


def _causes(moment: WorldMoment) -> list[tuple[str, str, str]]:
    found = [
        (phrase(kind.rstrip("s")), cause)
        for forcing in moment.run.forcings
        for kind in (*WORLD_CAUSES, *DEVICE_CAUSES)
        for cause in getattr(forcing, kind)
    ]
    rows = [(name, _where(cause), _course(cause, moment)) for name, cause in found]
    return rows or [("none", "\u2014", "nothing acts on this world but weather and load")]


def _where(cause: Any) -> str:
    names = [words(str(value)) for field in ("name", "component") if (value := getattr(cause, field, None))]
    at = getattr(cause, "at", None)
    if at is not None:
        names.append("(" + ", ".join(f"{x:.1f}" for x in at).replace("-", "\u2212") + ")\u2009m")
    return ", ".join(names) or "\u2014"


def _course(cause: Any, moment: WorldMoment) -> str:
    """Every quantity of a cause: its value, or its peak and that of the moment."""
    texts: list[str] = []
    for field in fields(cause):
        value = getattr(cause, field.name)
        if field.name in _NOT_SHOWN or value is None:
            continue
        name, unit = split_unit(field.name)
        if isinstance(value, Mapping):
            texts += _mapping(name, unit, value, moment)
        elif isinstance(value, np.ndarray):
            texts.append(f"{words(name)} {_array_text(value, unit, moment)}")
        else:
            shown = quantity_text(value, unit) if isinstance(value, float) else value_text(value)
            texts.append(f"{words(name)} {shown}")
    return "; ".join(texts)


def _mapping(name: str, unit: str, courses: Mapping[Any, Any], moment: WorldMoment) -> list[str]:
    largest = sorted(courses, key=lambda key: -float(np.max(np.abs(courses[key]))))
    texts = [
        f"{words(str(key))} {_array_text(np.asarray(courses[key]), unit, moment)}"
        for key in largest[:_MOST_COURSES]
    ]
    more = len(largest) - len(texts)
    return (
        [f"{words(name)}: " + ", ".join(texts) + (f" and {more} more" if more > 0 else "")] if texts else []
    )


def _array_text(course: Any, unit: str, moment: WorldMoment) -> str:
    size = np.abs(course).reshape(course.shape[0], -1).max(axis=1)
    tick = int(size.argmax())
    peak, now = (quantity_text(float(v), unit) for v in (size[tick], size[moment.tick]))
    return f"{now} now, at most {peak} at {span_text(tick * moment.dt_s)}"


def _tiers(moment: WorldMoment, views: PlumeViews | None) -> list[Sequence[str]]:
    rows: list[Sequence[str]] = []
    for number, source in enumerate(moment.gases.plumes):
        if source.gas_g_s:
            name, reason = moment.gases.tier(number, moment.device_m)
            rows.append((words(source.name), "the device", name, reason))
    if views is not None:
        total = sum(views.tiers.values())
        rows += [
            (
                words(views.source.name),
                f"{100 * n / total:.0f}\u2009% of places downwind",
                kind.name,
                kind.reason,
            )
            for kind, n in sorted(views.tiers.items(), key=lambda item: -item[1])
        ]
    return rows


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
