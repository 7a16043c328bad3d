"""Groups of charts of an episode page."""

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.pole.page.channel_truth import TARGET, ideal_series, sensor_type
from envirosense.pole.page.charts import Line, TimeView, chart, legend
from envirosense.pole.page.recording import Recording, Series, Thermal
from envirosense.pole.page.scales import Axis, tick_label
from envirosense.pole.page.wording import phrase, split_unit, symbol

_COMPASS = Axis(0.0, 360.0, (0.0, 90.0, 180.0, 270.0, 360.0), ("N", "E", "S", "W", "N"))
_COLOURED = 4  # components with a colour of their own
_PERFECT = "a perfect instrument"
_IN_AIR = "target gas in the air"
GAS_NOTE = (
    "Readings are differences from clean air at the sensor's reference temperature and humidity, so they are "
    "signed; they drift with age and follow temperature and humidity. A wandering trace is no event: compare "
    "it with the line of the target gas itself."
)
_BAD_PIXELS = "Means of 3\u00d73 pixels; a pixel that stands out alone, such as a blinking one, is left out."
_STREAMS = ("readings", "emf", "acoustic", "vibration")
_TITLES = {  # by sensor type, in the order of the page
    "temperature_humidity": "Air",
    "barometer": "Air",
    "rain_gauge": "Air",
    "wind_sensor": "Wind",
    "voc_array": "Gas",
    "gas_sensor": "Gas",
    "particulate_matter": "Particles",
    "emf_sensor": "Fields of the line",
    "line_current": "Fields of the line",
    "acoustic_sensor": "Sound",
    "vibration_sensor": "Shaking and lean",
    "lightning_detector": "Lightning",
    "battery_level": "Energy",
    "solar_power": "Energy",
    "internal_temperature": "Energy",
}


def sensor_groups(recording: Recording, view: TimeView) -> Iterator[tuple[str, str, str]]:
    """Groups of charts of the scalar sensors: title, key, charts."""
    groups: dict[str, list[str]] = {title: [] for title in (*_TITLES.values(), "Other sensors")}
    for stream in _STREAMS:
        for column in recording.tables[stream].column_names if stream in recording.tables else ():
            if column not in {"episode_id", "tick", "time_utc"}:
                series = recording.series(stream, column)
                title = _group(sensor_type(recording, column.rpartition(".")[0]), column, series.unit)
                groups[title].append(_channel(recording, stream, column, series, view))
    for title, charts in groups.items():
        if charts:
            name = _IN_AIR if title == "Gas" and "ideal" not in recording.tables else _PERFECT
            yield title, legend((("reading", "reading"), ("truth", name))), "".join(charts)


def _group(kind: str, column: str, unit: str) -> str:
    if kind in _TITLES:
        return _TITLES[kind]
    if unit in {"m/s", "deg"}:
        return "Wind"
    if unit in {"ppb", "ppm", "ohm", "kohm"}:
        return "Gas"
    words = ("temperature", "humidity", "pressure", "dew", "rain", "irradiance")
    return "Air" if any(word in column for word in words) else "Other sensors"


def _channel(recording: Recording, stream: str, column: str, reading: Series, view: TimeView) -> str:
    channel = column.rpartition(".")[2]
    lines = [Line("reading", "reading", reading)]
    if (ideal := ideal_series(recording, stream, column)) is not None:
        below = _roughness(reading) <= 1.5 * _roughness(ideal)  # a smooth line stays visible over a rough one
        lines.insert(0 if below else 1, Line("truth", "truth", ideal))
    name, _ = split_unit(channel)
    target = TARGET.sub("", name)
    name = name if target == "voc" else target  # two channels share that name
    note = reading.description.removeprefix(f"{name.replace('_', ' ')} ").replace("mox", "metal oxide")
    if reading.unit == "deg":
        dots = [replace(line, is_dots=True) for line in lines]
        return chart(phrase(name), "", dots, view, note=note, axis=_COMPASS)
    if reading.unit == "Pa":
        lines = [replace(line, series=_scaled(line.series, 0.01, 0.0, "hPa")) for line in lines]
    return chart(phrase(name), symbol(lines[0].series.unit), lines, view, note=note)


def _roughness(series: Series) -> float:
    known = series.values[np.isfinite(series.values)]
    return float(np.abs(np.diff(known)).mean()) if known.size > 1 else 0.0


def _scaled(series: Series, factor: float, shift: float, unit: str) -> Series:
    return replace(series, values=factor * series.values + shift, unit=unit)


def celsius(series: Series) -> Series:
    """Series of kelvin in degrees Celsius."""
    return _scaled(series, 1.0, -ZERO_CELSIUS_K, "degC")


def world_charts(recording: Recording, view: TimeView) -> str:
    """Conditions that no scalar sensor reports: sun, rain, line current."""
    wanted = (("ghi_w_m2", "Sunlight", 50.0), ("current_a", "Line current", 10.0), ("rain_mm_h", "Rain", 1.0))
    parts = [
        chart(title, symbol(series.unit), [Line(title, "truth", series)], view, least_span=span, floor=0.0)
        for column, title, span in wanted
        if recording.has("truth", column)
        for series in (recording.series("truth", column),)
    ]
    return "".join(parts)


def thermal_chart(thermal: Thermal, view: TimeView) -> str:
    """Hottest place, affected component, median pixel and coldest place over time."""
    named = [
        ("coldest 3\u00d73 pixels", "c2", thermal.coldest_c),
        ("median pixel", "c1", thermal.median_c),
        ("hottest 3\u00d73 pixels", "c0", thermal.hottest_c),
    ]
    if thermal.affected_c is not None:
        named.append(("hottest 3\u00d73 pixels of the component", "c3", thermal.affected_c))
    lines = [Line(name, kind, Series(thermal.t_s, values, "degC")) for name, kind, values in named]
    key = legend([(line.kind, line.label) for line in reversed(lines)])
    limits = [(value, f"camera limit {tick_label(value, 1.0)} \u00b0C") for value in thermal.range_c or ()]
    return (
        key
        + chart("Apparent temperature", "\u00b0C", lines, view, height_px=300, columns=600, limits=limits)
        + f'<p class="small">{_BAD_PIXELS}</p>'
    )


def cause_charts(recording: Recording, view: TimeView) -> str:
    """The world's answer to the cause: temperature, fuel, severity."""
    if "response" not in recording.tables or not recording.tables["response"].num_rows:
        return ""
    named = (
        ("component_k", "with the cause", "c0"),
        ("healthy_k", "without it", "c1"),
        ("air_k", "air", "c2"),
    )
    warm = [
        Line(name, kind, celsius(recording.series("response", key))) for key, name, kind in reversed(named)
    ]
    key = legend([(kind, name) for _, name, kind in named])
    parts = [chart("Component temperature", "\u00b0C", warm, view)]
    emission = _scaled(recording.series("response", "emission_g_s"), 1000.0, 0.0, "mg/s")
    if float(np.nanmax(emission.values)) > 0:
        converted = _scaled(recording.series("response", "converted"), 100.0, 0.0, "%")
        parts.append(
            chart("Gas and tar leaving the fuel", "mg/s", [Line("emission", "c0", emission)], view, floor=0.0)
        )
        lost = [Line("converted", "c0", converted)]
        parts.append(chart("Fuel lost", "%", lost, view, least_span=0.1, floor=0.0))
    if recording.has("labels", "severity") and recording.tables["labels"].num_rows:
        severity = recording.series("labels", "severity")
        unit_axis = Axis(0.0, 1.0, (0.0, 0.2, 0.4, 0.6, 0.8, 1.0), ("0", "0.2", "0.4", "0.6", "0.8", "1"))
        line = Line("severity", "c0", severity)
        parts.append(chart("Severity", "", [line], view, axis=unit_axis, note="levels are 0.2 apart"))
    grid = "grid3" if len(parts) < 4 else "grid4"
    return f'{key}<div class="{grid}">{"".join(parts)}</div>'


def component_chart(recording: Recording, view: TimeView) -> str:
    """Temperatures of all components; the affected and the hottest ones have a colour."""
    if "components" not in recording.tables:
        return ""
    columns = [name for name in recording.tables["components"].column_names if name.endswith("_k")]
    series = {name: celsius(recording.series("components", name)) for name in columns}
    affected = {f"{event.get('component')}_k" for event in recording.rows("events")}
    ranked = sorted(series, key=lambda name: (name not in affected, -_greatest(series[name])))
    coloured = ranked[:_COLOURED]
    kinds = {name: f"c{place}" for place, name in enumerate(coloured)}
    lines = [Line(phrase(name[:-2]), kinds.get(name, "faint"), series[name]) for name in reversed(ranked)]
    key = [(kinds[name], phrase(name[:-2])) for name in coloured]
    if len(ranked) > len(coloured):
        key.append(("faint", f"{len(ranked) - len(coloured)} others"))
    wide = chart("Temperature", "\u00b0C", lines, view, height_px=260, columns=400)
    return legend(key) + wide


def _greatest(series: Series) -> float:
    known = series.values[np.isfinite(series.values)]
    return float(known.max()) if known.size else -math.inf
