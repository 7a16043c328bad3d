"""The chain of a sensor drawn: world, ideal reading, every stage in order, reading."""

import inspect
from collections.abc import Mapping
from html import escape
from typing import Any, Final

from envirosense.instruments.base import BaseSensor
from envirosense.instruments.metadata import DRIFT_STAGES, NOISE_STAGES
from envirosense.instruments.stages.contract import AnyStage, Transform
from envirosense.instruments.stages.digital import ClipQuantise
from envirosense.instruments.stages.faults import AtLimit, Disconnected, Drifted, Dropout, Stuck
from envirosense.pole.page.wording import split_unit

_FAULTS: Final = (AtLimit, Disconnected, Drifted, Dropout, Stuck)
_KINDS: Final = (
    (NOISE_STAGES, "noise"),
    (DRIFT_STAGES, "drift"),
    (_FAULTS, "failing"),
    ((ClipQuantise, Transform), "digits"),
)


def chain_picture(sensor: BaseSensor[Any, Any]) -> str:
    """Boxes with arrows between them, each with what its stage is."""
    boxes = [_box("world", "fields at the sensor", "end"), _box("ideal reading", _about(type(sensor)), "end")]
    boxes += [_box(stage.name, _about(type(stage)), _kind(stage)) for stage in sensor.stages()]
    return f'<ol class="chain">{"".join(boxes)}{_box("reading", "with status and grades", "end")}</ol>'


def effects_picture(effects: Mapping[str, Any]) -> str:
    """The camera's effects with their amplitudes, in the same form."""
    boxes = [_box("world", "radiance of every body in each pixel", "end"), _box("ideal frame", "", "end")]
    for name, value in effects.items():
        words, unit = split_unit(name)
        boxes.append(_box(words, f"{value:.4g} {unit}" if isinstance(value, float) else "", ""))
    return f'<ol class="chain">{"".join(boxes)}{_box("frame", "counts of 0.02 K", "end")}</ol>'


def _box(name: str, about: str, kind: str) -> str:
    words = escape(name.replace("_", " "))
    small = f"<span>{escape(about)}</span>" if about else ""
    return f'<li class="{kind}"><b>{words}</b>{small}</li>'


def _kind(stage: AnyStage) -> str:
    return next((name for types, name in _KINDS if isinstance(stage, types)), "")


def _about(thing: type) -> str:
    first = (inspect.getdoc(thing) or "").partition("\n\n")[0].replace("\n", " ").replace("`", "")
    return first if len(first) <= 130 else first[:127].rsplit(" ", 1)[0] + " \u2026"
