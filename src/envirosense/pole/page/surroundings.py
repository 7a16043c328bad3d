"""Folded groups of charts of what surrounds the device: line, sound, shaking, dust, energy, lightning."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from html import escape

import numpy as np

from envirosense.core.protocols import Array
from envirosense.pole.page.charts import Line, TimeView, chart, legend
from envirosense.pole.page.recording import Recording, Series
from envirosense.pole.page.wording import symbol

_KINDS = ("c0", "c1", "c3", "c2", "truth")  # colours of curves side by side
_COLUMNS = 200  # resolution across; these charts are many and small
_RADIO_RE_T = 1e-12  # reference of radio levels: one picotesla
_SHAKING_RE_M_S2 = 1e-6  # reference of acceleration levels, as in ISO 1683 (from memory)
_SILENT = 1e-12  # of the reference: where a level ends
_SOUND_NAMES = ("Sound, low", "Sound, high", "Ultrasound")
_BAND = re.compile(r"_([\d.]+)(?:_([\d.]+))?_(k?hz)_")

# Name, what it holds, charts
type Group = tuple[str, str, list[str]]


def surroundings(recording: Recording, view: TimeView) -> str:
    """Groups that the dataset recorded, each folded under its name; "" where it has none."""
    groups = (_line, _sound_and_shaking, _particles_and_energy, _lightning)
    found = (group(recording, view) for group in groups)
    return "".join(
        f'<details class="fold"><summary>{escape(name)} <span class="unit">{escape(text)}</span></summary>'
        f'<div class="grid3">{"".join(charts)}</div></details>'
        for name, text, charts in found
        if charts
    )


def _line(recording: Recording, view: TimeView) -> Group:
    """Currents by phase, resultants of both fields, radio noise by band."""
    phases = [
        (f"phase {name[-3].upper()}", recording.series("fields", name))
        for name in _columns(recording, r"current_phase_\w_a")
    ]
    charts = _many("Phase currents", "A", phases, view)
    for name, title, factor, unit in (
        ("magnetic", "Magnetic flux density", 1e6, "\u00b5T"),
        ("electric", "Electric field", 1.0, "V/m"),
    ):
        if axes := _columns(recording, rf"{name}_(east|north|up)_\w+"):
            total = resultant(recording, axes, partial(np.multiply, factor), unit)
            charts += _one(title, total, view, "rms of all axes")
    bands = [
        (_band(name), resultant(recording, [name], level(_RADIO_RE_T), "dB"))
        for name in _columns(recording, r"radio_\w+_t")
    ]
    charts += _many("Radio noise", "dB re 1 pT", bands, view)
    return "Line", "phase currents, magnetic and electric field, radio noise", charts


def _sound_and_shaking(recording: Recording, view: TimeView) -> Group:
    """Level by band: of sound four bands a chart, of shaking all axes together."""
    names = _columns(recording, r"sound_\w+_db")
    pieces = [names[first : first + 4] for first in range(0, len(names), 4)]
    charts: list[str] = []
    for title, piece in zip(_SOUND_NAMES, pieces, strict=False):
        bands = [(_band(name), recording.series("fields", name)) for name in piece]
        charts += _many(title, "dB re 20 \u00b5Pa", bands, view)
    axes: dict[str, list[str]] = {}
    for name in _columns(recording, r"acceleration_.*_m_s2"):
        axes.setdefault(_band(name), []).append(name)
    over = level(_SHAKING_RE_M_S2)
    bands = [(band, resultant(recording, names, over, "dB")) for band, names in axes.items()]
    charts += _many("Shaking of the pole", "dB re 1 \u00b5m/s\u00b2", bands, view)
    return "Sound and shaking", "levels by band", charts


def _particles_and_energy(recording: Recording, view: TimeView) -> Group:
    """Fine dust, battery and panel."""
    charts = _truth(recording, view, "pm2_5_ug_m3", "PM2.5", 10.0)
    if recording.has("truth", "battery_charge"):
        charge = recording.series("truth", "battery_charge")
        percent = replace(charge, values=100.0 * charge.values, unit="%")
        charts += _one("Battery charge", percent, view, least_span=10.0)
    charts += _truth(recording, view, "panel_w", "Panel", 5.0)
    return "Particles and energy", "fine dust, battery, panel", charts


def _lightning(recording: Recording, view: TimeView) -> Group:
    """Distance and peak current of every stroke."""
    if "strikes" not in recording.tables or not (n := recording.tables["strikes"].num_rows):
        return "Lightning", "", []
    columns = recording.tables["strikes"]
    names = ("time_s", "x_m", "y_m", "peak_current_ka", "is_cloud_to_ground")
    t_s, x_m, y_m, peak_ka, is_ground = (columns[name].to_numpy() for name in names)
    order = np.argsort(t_s)
    sides = (("to ground", is_ground.astype(bool)), ("in the clouds", ~is_ground.astype(bool)))

    def drawn(title: str, values: Array, unit: str) -> list[str]:
        parts = [(name, order[side[order]]) for name, side in sides]
        curves = [(name, Series(t_s[at], values[at], unit)) for name, at in parts if at.size]
        return _many(title, unit, curves, view, is_dots=True)

    distance_km = np.hypot(x_m, y_m) / 1000.0
    charts = drawn("Distance", distance_km, "km") + drawn("Peak current", peak_ka.astype(np.float64), "kA")
    return "Lightning", f"{n:,} stroke{'s' if n > 1 else ''}", charts


def _columns(recording: Recording, pattern: str) -> list[str]:
    """Columns of `fields` whose whole name fits, in their order; none where it was not recorded."""
    names = recording.tables["fields"].column_names if "fields" in recording.tables else []
    return [name for name in names if re.fullmatch(pattern, name)]


def _band(column: str) -> str:
    """Band that a column's name holds, such as `63 Hz` and `2\u201320 Hz`."""
    if not (found := _BAND.search(column)):
        return column
    low, high, unit = found.groups()
    text = f"{low}\u2013{high}" if high else low
    return f"{text} {'kHz' if unit == 'khz' else 'Hz'}"


def level(reference: float) -> Callable[[Array], Array]:
    """Law that gives the level of an rms value over `reference` [dB]."""
    return lambda rms: 20.0 * np.log10(np.maximum(rms / reference, _SILENT))


def resultant(recording: Recording, names: Sequence[str], law: Callable[[Array], Array], unit: str) -> Series:
    """Law of the root of the sum of squares of columns."""
    parts = [recording.series("fields", name) for name in names]
    return replace(parts[0], values=law(np.sqrt(sum(part.values**2 for part in parts))), unit=unit)


def _truth(recording: Recording, view: TimeView, column: str, title: str, least_span: float) -> list[str]:
    if not recording.has("truth", column):
        return []
    return _one(title, recording.series("truth", column), view, least_span=least_span, floor=0.0)


def _one(
    title: str, series: Series, view: TimeView, note: str = "", least_span: float = 0.0,
    floor: float | None = None,
) -> list[str]:  # fmt: skip
    """Chart of one quantity."""
    lines = [Line(title, "truth", series)]
    unit = symbol(series.unit)
    drawn = chart(title, unit, lines, view, note=note, columns=_COLUMNS, least_span=least_span, floor=floor)
    return [drawn]


def _many(
    title: str, unit: str, named: Sequence[tuple[str, Series]], view: TimeView, *, is_dots: bool = False
) -> list[str]:
    """Chart of some curves with its key under it; none without a curve."""
    if not named:
        return []
    kinds = [f"{kind} stroke" if is_dots else kind for kind in _KINDS]
    lines = [Line(name, kind, series, is_dots) for kind, (name, series) in zip(kinds, named, strict=False)]
    key = legend([(line.kind, line.label) for line in lines])
    return [f"<div>{chart(title, unit, lines[::-1], view, columns=_COLUMNS)}{key}</div>"]
