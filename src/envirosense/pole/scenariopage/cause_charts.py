"""What a scenario does to the world, over time and with units: one group of charts for each cause."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from html import escape
from typing import Any, Final, NamedTuple

import numpy as np

from envirosense.core.protocols import Array
from envirosense.pole.page.charts import Line, TimeView, chart, legend
from envirosense.pole.page.recording import Series
from envirosense.pole.page.wording import component_text, phrase, span_text, value_text, words
from envirosense.pole.scenariopage.drawn import DrawnScenario
from envirosense.pole.scenariopage.units import amount_text, axis_unit, named_unit
from envirosense.scenarios.forcing import Forcing

MOST_CURVES: Final = 4  # of one chart: the strongest
KINDS: Final = ("c0", "c1", "c3", "c2")
_NOT_CAUSES: Final = {"acts_on", "states"}
_PLACES: Final = {"name", "component", "at"}
_PLACE_STATES: Final = ("at_east_m", "at_north_m", "at_up_m")
_STATED: Final = "States of the cause, stored with the episode so that its labels can be made again."
_LONG_S: Final = 10.0  # from which a time is said in the unit that suits it
_DEGREES: Final = float(np.degrees(1.0))


class Quantity(NamedTuple):
    """How a field of a cause is shown: its values times `factor`, from `floor` on."""

    title: str
    unit: str
    factor: float = 1.0
    neutral: float = 0.0  # value that leaves the world alone
    floor: float | None = 0.0


_SHOWN: Final = {
    "power_w": Quantity("Power", "W"),
    "resistance_ohm": Quantity("Contact resistance at 20 \u00b0C", "m\u03a9", 1e3),
    "gas_g_s": Quantity("Gas given off", "mg/s", 1e3),
    "particle_g_s": Quantity("Particles given off", "mg/s", 1e3),
    "heat_w": Quantity("Heat that lifts the plume", "W"),
    "gas_ppb": Quantity("Gas brought by the air", "ppb"),
    "particle_ug_m3": Quantity("Particles brought by the air", "\u00b5g/m\u00b3"),
    "pulses_per_s": Quantity("Pulses", "1/s"),
    "current_factor": Quantity("Current of each phase", "times normal", neutral=1.0),
    "voltage_factor": Quantity("Voltage of each phase", "times normal", neutral=1.0),
    "fault_current_a": Quantity("Fault current, rms", "A"),
    "neutral_share": Quantity("Return current in the neutral", "%", 100.0, np.nan),
    "harmonic_factor": Quantity("Distortion of the current", "times normal", neutral=1.0),
    "load_factor": Quantity("Load of the transformer", "times normal", neutral=1.0),
    "internal_w": Quantity("Heat of the fault inside", "W"),
    "oil_level": Quantity("Oil level", "% of the tank", 100.0, 1.0),
    "saturation": Quantity("Exciting current", "times normal", neutral=1.0),
    "stiffness_factor": Quantity("Stiffness of the pole", "% of sound", 100.0, 1.0, None),
    "tilt_north_rad": Quantity("Lean to the north", "\u00b0", _DEGREES, floor=None),
    "tilt_east_rad": Quantity("Lean to the east", "\u00b0", _DEGREES, floor=None),
    "tension_factor": Quantity("Tension of the wires", "% of normal", 100.0, 1.0, None),
    "ice_kg_m": Quantity("Ice on the wires", "kg/m"),
    "power_level_db": Quantity("Sound power, all bands", "dB re 1 pW", 1.0, -np.inf, None),
    "air_k": Quantity("Air temperature, added", "K", floor=None),
    "dew_point_k": Quantity("Dew point, added", "K", floor=None),
    "pressure_pa": Quantity("Pressure, added", "Pa", floor=None),
    "wind_factor": Quantity("Wind", "times the year's", neutral=1.0),
    "wind_m_s": Quantity("Wind, added", "m/s", floor=None),
    "veer_rad": Quantity("Turn of the wind, clockwise", "\u00b0", _DEGREES, floor=None),
    "rain_mm_h": Quantity("Rain, added", "mm/h"),
    "sun_factor": Quantity("Sunlight", "% of the year's", 100.0, 1.0),
    "cloud_fraction": Quantity("Cloud, added", "% of the sky", 100.0, floor=None),
    "panel_factor": Quantity("Sunlight that reaches the panel", "%", 100.0, 1.0),
    "is_off": Quantity("Device without power", "1: yes"),
    "is_silent": Quantity("Link down", "1: yes"),
}

type Curve = tuple[str, Array]


@dataclass(frozen=True, slots=True)
class CauseGroup:
    """One cause: what it is and where, what stays the same, and what changes."""

    title: str
    facts: tuple[str, ...]
    charts: tuple[tuple[Quantity, tuple[Curve, ...]], ...]


def causes_section(drawn: DrawnScenario, view: TimeView) -> str:
    """Every cause with its courses, and what the scenario states of it for the labels."""
    groups = [group for forcing in drawn.run.forcings for group in cause_groups(forcing)]
    shown = "".join(_group_html(group, drawn, view) for group in groups)
    if not groups:
        shown = '<p class="small">Nothing acts on this pole but the weather and the load of its line.</p>'
    return f'<div class="causes">{shown}{_states(drawn, view)}</div>'


def cause_groups(forcing: Forcing) -> Iterator[CauseGroup]:
    """A group for each cause of a forcing, in the order of its fields."""
    for kind in (f.name for f in fields(forcing) if f.name not in _NOT_CAUSES):
        for cause in getattr(forcing, kind):
            yield _group(kind, cause)


def _group(kind: str, cause: Any) -> CauseGroup:
    facts: list[str] = []
    charts: list[tuple[Quantity, tuple[Curve, ...]]] = []
    for field in fields(cause):
        value = getattr(cause, field.name)
        if field.name in _PLACES or value is None:
            continue
        if field.name in _SHOWN and isinstance(value, np.ndarray | Mapping):
            quantity = _SHOWN[field.name]
            curves, steady = _curves(quantity, value)
            facts += steady
            charts += [(quantity, curves)] if curves else []
        elif not isinstance(value, Mapping):
            facts.append(_fact(field.name, value))
    if not facts and not charts:
        facts.append("nothing in this episode")
    return CauseGroup(_title(kind, cause), tuple(facts), tuple(charts))


def _title(kind: str, cause: Any) -> str:
    name, component = (getattr(cause, key, None) for key in ("name", "component"))
    at = getattr(cause, "at", None)
    text = phrase(type(cause).__name__ if kind == "setting" else kind.rstrip("s"))
    text = "".join(f" {c.lower()}" if c.isupper() and i else c for i, c in enumerate(text))
    text += f": {words(name).replace('.', ' / ')}" if name else ""
    text += f" at {component_text(component)}" if component else ""
    if at is None:
        return text
    distance_m = float(np.hypot(at[0], at[1]))
    far = f"{distance_m:.0f}\u2009m from the pole" if distance_m >= 2.0 else "at the pole"
    return f"{text}, {far}, {at[2]:.1f}\u2009m up"


def _fact(name: str, value: object) -> str:
    """A quantity that does not change."""
    plain, unit = named_unit(name)
    if isinstance(value, float) and unit == "s" and value >= _LONG_S:
        return f"{words(plain)} {span_text(value)}"
    if isinstance(value, float):
        return f"{words(plain)} {amount_text(value, unit)}"
    if isinstance(value, tuple):
        return f"{words(plain)} ({', '.join(f'{x:.2g}' for x in value)})".replace("-", "\u2212")
    return f"{words(plain)} {value_text(value)}"


def _curves(quantity: Quantity, value: Any) -> tuple[tuple[Curve, ...], list[str]]:
    """Curves that change, strongest first, and facts for those that do not."""
    curves: list[Curve] = []
    steady: list[str] = []
    left_out = 0
    for label, course in sorted(_courses(value), key=lambda curve: -_size(curve[1], quantity)):
        known = course[np.isfinite(course)]
        if not known.size or np.all(known == quantity.neutral):
            continue
        scaled = quantity.factor * course
        if np.ptp(known) <= 1e-9 * float(np.abs(known).max()) and known.size == course.size:
            amount = f"{scaled[0]:.3g} {quantity.unit}".replace("-", "\u2212")
            steady.append(f"{quantity.title.lower()}{f' ({label})' if label else ''} {amount}")
        elif len(curves) < MOST_CURVES:
            curves.append((label, scaled))
        else:
            left_out += 1
    if left_out:
        steady.append(f"{quantity.title.lower()}: {left_out} weaker ones not drawn")
    return tuple(curves), steady


def _size(course: Array, quantity: Quantity) -> float:
    away = np.abs(course - (quantity.neutral if np.isfinite(quantity.neutral) else 0.0))
    return float(np.max(away[np.isfinite(away)], initial=0.0))


def _courses(value: Any) -> list[Curve]:
    """Courses (time,) of a field with their labels: by species, harmonic or phase."""
    if isinstance(value, Mapping):
        return [
            (_harmonic(key) if isinstance(key, int) else words(str(key)), _one(course))
            for key, course in value.items()
        ]
    if value.ndim == 1:
        return [("", value.astype(np.float64))]
    if value.shape[1] == len("abc"):
        return [(f"phase {name}", np.abs(value[:, i])) for i, name in enumerate("ABC")]
    power = np.sum(10.0 ** (0.1 * value), axis=1)  # bands of a level
    return [("", np.where(power > 0.0, 10.0 * np.log10(np.maximum(power, 1e-30)), np.nan))]


def _one(course: Any) -> Array:
    """Course of one species, or of the phase in which a harmonic is strongest, (time,)."""
    return np.asarray(np.abs(course).max(axis=1) if course.ndim == 2 else course, dtype=np.float64)


def _harmonic(order: int) -> str:
    return "fundamental" if order == 1 else f"harmonic {order}"


def _group_html(group: CauseGroup, drawn: DrawnScenario, view: TimeView) -> str:
    t_s = drawn.run.spec.grid.t_s
    facts = f'<p class="small">{escape("; ".join(group.facts))}</p>' if group.facts else ""
    charts = "".join(_chart(quantity, curves, t_s, view) for quantity, curves in group.charts)
    return card(f"<h3>{escape(group.title)}</h3>{facts}", charts, len(group.charts))


def card(head: str, charts: str, n_charts: int) -> str:
    """Head over charts, as wide as they need; cards stand beside one another where there is room."""
    grid = f'<div class="grid3">{charts}</div>' if charts else ""
    return f'<div class="cause w{min(max(n_charts, 1), 3)}">{head}{grid}</div>'


def _chart(quantity: Quantity, curves: Sequence[Curve], t_s: Array, view: TimeView) -> str:
    greatest = max((float(np.nanmax(np.abs(values))) for _, values in curves), default=0.0)
    unit, factor = axis_unit(quantity.unit, greatest)
    lines = [
        Line(label or quantity.title, kind, Series(t_s, factor * values, unit))
        for (label, values), kind in zip(curves, KINDS, strict=False)
    ]
    key = legend([(line.kind, line.label) for line in lines]) if curves[0][0] else ""
    floor = quantity.floor if all(float(np.nanmin(values)) >= 0.0 for _, values in curves) else None
    drawn = chart(quantity.title, unit, lines[::-1], view, floor=floor, columns=300)
    return f"<div>{drawn}{key}</div>"


def _states(drawn: DrawnScenario, view: TimeView) -> str:
    """Courses that a scenario states of its cause, which its labels follow."""
    t_s, charts = drawn.run.spec.grid.t_s, []
    for forcing in drawn.run.forcings:
        for name, course in forcing.states.items():
            if name in _PLACE_STATES or _is_steady(course):
                continue
            plain, unit = named_unit(name)
            charts.append(_chart(Quantity(phrase(plain), unit), [("", course)], t_s, view))
    if not charts:
        return ""
    head = f'<h3>What the labels follow</h3><p class="small">{_STATED}</p>'
    return card(head, "".join(charts), len(charts))


def _is_steady(course: Array) -> bool:
    known = course[np.isfinite(course)]
    return not known.size or float(np.ptp(known)) == 0.0
