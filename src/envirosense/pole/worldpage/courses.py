"""What happens at the device over the episode, as charts and strips."""

from collections.abc import Sequence
from datetime import timedelta
from html import escape
from typing import Final

import numpy as np

from envirosense.core.protocols import Array
from envirosense.core.species import species_table
from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.physics.motion.vibration import VIBRATION_BANDS_HZ
from envirosense.physics.sound.acoustics import BANDS
from envirosense.pole.fields.electric import RADIO_BANDS_HZ
from envirosense.pole.page.charts import Line, Marker, TimeView, chart, legend
from envirosense.pole.page.colours import ColourScale
from envirosense.pole.page.recording import Series, Span
from envirosense.pole.page.scales import Axis, time_axis
from envirosense.pole.page.wording import words
from envirosense.pole.worldpage.episode import WorldMoment
from envirosense.pole.worldpage.strips import binned, strip
from envirosense.scenarios import EventLabels

N_GASES: Final = 3
_KINDS: Final = ("c0", "c1", "c3", "c2")
_QUIET_DB: Final = 45.0  # below the loudest band that a strip still resolves
_STILL: Final = 1e-4  # of the strongest band that a strip still resolves
_LEAST_SHOWN: Final = 1e-3  # mm/s2
_OCTAVES_HZ: Final = (31.5, 63.0, 125.0, 250.0, 500.0, 1e3, 2e3, 4e3, 8e3, 16e3)  # nominal middles
_COMPASS_AXIS: Final = Axis(0.0, 360.0, (0.0, 90.0, 180.0, 270.0, 360.0), ("0", "90", "180", "270", "360"))
_PICOTESLA: Final = 1e-12

type Curve = tuple[str, Array]


def world_view(moment: WorldMoment) -> TimeView:
    """Time axis of the episode, with the event's stages and the moment."""
    grid, labels = moment.run.spec.grid, moment.run.labels
    spans = tuple(s for i, event in enumerate(labels.events) for s in _spans(i, event, grid.dt_s))
    shift_h = _clock_shift_h(moment)
    markers = [Marker(moment.at_s, "moment shown", "seen")]
    for event in labels.events:
        for t_s, name, kind in (
            (event.onset_s(grid), "onset", "onset"),
            (event.ignition_s(grid), "ignition", "ignition"),
        ):
            if t_s is not None:
                markers.append(Marker(t_s, name, kind))
    return TimeView(
        time_axis(moment.duration_s),
        moment.duration_s,
        grid.start_utc.replace(tzinfo=None) + timedelta(hours=shift_h),
        f"local standard time, UTC{'\u2212' if shift_h < 0 else '+'}{abs(shift_h):g} h",
        spans,
        tuple(dict.fromkeys(span.stage for span in spans)),
        tuple(sorted(markers, key=lambda marker: marker.t_s)),
    )


def _clock_shift_h(moment: WorldMoment) -> float:
    """Local standard time minus UTC [h]."""
    start = moment.run.spec.grid.start_utc
    local_h = float(moment.run.world.atmosphere.hour_local[0])
    offset_h = local_h - (start.hour + start.minute / 60.0 + start.second / 3600.0)
    return round(4.0 * ((offset_h + 12.0) % 24.0 - 12.0)) / 4.0


def _spans(event_id: int, event: EventLabels, dt_s: float) -> list[Span]:
    code = np.where(event.active, event.stage.astype(np.int64), -1)
    starts = np.concatenate([[0], np.flatnonzero(np.diff(code)) + 1])
    ends = np.append(starts[1:], code.size)
    return [
        Span(
            event_id,
            event.stage_names[code[a]],
            float(a * dt_s),
            float(b * dt_s),
            int(event.level[a:b].max()),
        )
        for a, b in zip(starts.tolist(), ends.tolist(), strict=True)
        if code[a] >= 0
    ]


def course_charts(moment: WorldMoment, view: TimeView) -> str:
    """Charts of everything that is one number a tick."""
    state, at = moment.state, moment.device_m
    wind = state.wind_m_s(at)
    speed = np.hypot(wind[:, 0], wind[:, 1])
    bearing = np.mod(np.degrees(np.arctan2(-wind[:, 0], -wind[:, 1])), 360.0)
    energy = state.energy()
    air_c = state.air_k(at) - ZERO_CELSIUS_K
    field_t, field_v_m = (
        np.sqrt(np.sum(np.abs(f) ** 2, axis=(1, 2))) for f in (state.magnetic_t(at), state.electric_v_m(at))
    )
    radio = 20.0 * np.log10(np.maximum(state.radio_t(at), 1e-20) / _PICOTESLA)
    current = state.phase_current_a()
    charts = [
        _chart(moment, view, "Wind speed", "m/s", [("", speed)], floor=0.0),
        _bearing_chart(moment, view, "Wind from", bearing),
        _gas_chart(moment, view),
        _chart(moment, view, "PM2.5", "\u00b5g/m\u00b3", [("", state.pm_ug_m3(at)[:, 1])], floor=0.0),
        _chart(
            moment,
            view,
            "Air and device case",
            "\u00b0C",
            [("case", state.housing_k() - ZERO_CELSIUS_K), ("air", air_c)],
        ),
        _chart(
            moment, view, "Line current", "A", [(f"phase {p}", current[:, i]) for i, p in enumerate("ABC")]
        ),
        _chart(moment, view, "Magnetic field", "\u00b5T", [("", 1e6 * field_t)]),
        _chart(moment, view, "Electric field", "V/m", [("", field_v_m)]),
        _chart(
            moment,
            view,
            "Radio noise",
            "dB re 1 pT",
            [(_khz(*band), radio[:, i]) for i, band in enumerate(RADIO_BANDS_HZ)],
        ),
        _chart(moment, view, "Battery charge", "%", [("", 100.0 * energy.charge)]),
        _chart(moment, view, "Solar panel", "W", [("", energy.panel_w)], floor=0.0, least_span=0.1),
        _chart(moment, view, "Pressure", "Pa", [("", state.pressure_pa(at))]),
    ]
    charts += [_lightning(moment, view)] if moment.state.strikes().time_s.size else []
    if state.rain_mm_h().any():
        charts.append(_chart(moment, view, "Rain", "mm/h", [("", state.rain_mm_h())], floor=0.0))
    return f'{_view_key(view)}<div class="grid3">{"".join(charts)}</div>'


def _view_key(view: TimeView) -> str:
    """Key of the lines and shades that all charts share."""
    names = dict((marker.kind, marker.name) for marker in view.markers)
    items = [f'<li><i class="key at-{kind}"></i>{name}</li>' for kind, name in names.items()]
    items += [
        f'<li><i class="shade d{view.depth(stage)}"></i>{escape(words(stage))}</li>' for stage in view.stages
    ]
    if view.stages:
        items.append("<li>(shading: stage of the event, a step where it changes)</li>")
    return f'<ul class="legend">{"".join(items)}</ul>'


def _khz(low_hz: float, high_hz: float) -> str:
    return f"{low_hz / 1e3:g}\u2013{high_hz / 1e3:g}\u2009kHz"


def _chart(
    moment: WorldMoment,
    view: TimeView,
    title: str,
    unit: str,
    curves: Sequence[Curve],
    floor: float | None = None,
    note: str = "",
    least_span: float = 0.0,
) -> str:
    t_s = moment.run.spec.grid.t_s
    kinds = ("truth",) if len(curves) == 1 else _KINDS
    lines = [
        Line(label or title, kind, Series(t_s, values, unit))
        for (label, values), kind in zip(curves, kinds, strict=False)
    ]
    key = legend([(line.kind, line.label) for line in lines]) if len(lines) > 1 else ""
    drawn = chart(title, unit, lines[::-1], view, floor=floor, note=note, columns=300, least_span=least_span)
    return f"<div>{drawn}{key}</div>"


def _bearing_chart(moment: WorldMoment, view: TimeView, title: str, bearing_deg: Array) -> str:
    line = Line(title, "truth", Series(moment.run.spec.grid.t_s, bearing_deg, "\u00b0"), is_dots=True)
    return f"<div>{chart(title, '\u00b0', [line], view, axis=_COMPASS_AXIS)}</div>"


def _gas_chart(moment: WorldMoment, view: TimeView) -> str:
    """The gases of largest excess; water is left to the humidity."""
    emitted = {name for plume in moment.gases.plumes for name in plume.gas_g_s} - {"water"}
    names = sorted(emitted & set(species_table()))
    if not names:
        return ""
    excess = moment.state.gas_excess_ppb(names, moment.device_m)
    order = np.argsort(-np.abs(excess).max(axis=0), kind="stable")[:N_GASES]
    curves = [(words(names[i]), excess[:, i]) for i in order]
    return _chart(moment, view, "Gas excess", "ppb", curves, note="three largest", least_span=1e-3)


def _lightning(moment: WorldMoment, view: TimeView) -> str:
    strikes = moment.state.strikes()
    series = Series(strikes.time_s, np.hypot(strikes.x_m, strikes.y_m) / 1e3, "km")
    drawn = chart(
        "Lightning strokes", "km away", [Line("strokes", "c0", series, is_dots=True)], view, floor=0.0
    )
    return f"<div>{drawn}</div>"


def sound_strip(moment: WorldMoment, view: TimeView) -> str:
    """Levels of all bands at the device; mean energy per column."""
    level_db = moment.state.sound_level_db(moment.device_m)
    picture = 10.0 * np.log10(np.maximum(binned(10.0 ** (0.1 * level_db)), 1e-9))[:, ::-1]
    rows = [(band_name(*edges), f"{level_db[moment.tick, i]:.0f}".replace("-", "\u2212"))
            for i, edges in enumerate(zip(BANDS.low_hz, BANDS.high_hz, strict=True))][::-1]  # fmt: skip
    high = float(picture.max())
    scale = ColourScale(max(float(picture.min()), high - _QUIET_DB), high + 1e-6)
    return strip("Sound", "dB re 20 \u00b5Pa", rows, picture, scale, view, moment.at_s,
                 "numbers: dB at the dashed line")  # fmt: skip


def vibration_strip(moment: WorldMoment, view: TimeView) -> str:
    """Acceleration of the pole at the device in all bands and axes."""
    rms = moment.state.acceleration_m_s2(moment.device_m[2])
    flat = rms.reshape(rms.shape[0], -1)
    power = 20.0 * np.log10(np.sqrt(np.maximum(binned(flat**2), 1e-24)) / 1e-6)
    names = [
        f"{low:g}\u2013{high:g} Hz {axis}"
        for low, high in VIBRATION_BANDS_HZ
        for axis in ("along", "across", "up")
    ]
    rows = [(name, _short(1e3 * float(flat[moment.tick, i]))) for i, name in enumerate(names)]
    high = float(power.max())
    scale = ColourScale(max(float(power.min()), high + 20.0 * np.log10(_STILL)), high + 1e-6)
    return strip("Vibration", "dB re 1 \u00b5m/s\u00b2", rows[::-1], power[:, ::-1], scale, view, moment.at_s,
                 "numbers: mm/s\u00b2 at the dashed line")  # fmt: skip


def _short(value: float) -> str:
    """Two digits, in the room that a narrow screen has beside a strip."""
    return f"{value:.2g}" if value >= _LEAST_SHOWN else f"<{_LEAST_SHOWN:g}"


def band_name(low_hz: float, high_hz: float) -> str:
    """Nominal middle of an octave, or the edges of a narrower band."""
    if high_hz > 1.9 * low_hz:
        centre = np.sqrt(low_hz * high_hz)
        nominal = min(_OCTAVES_HZ, key=lambda hz: abs(np.log(hz / centre)))
        return f"{nominal / 1e3:g}\u2009kHz" if nominal >= 1000 else f"{nominal:g}\u2009Hz"
    return f"{low_hz / 1e3:g}\u2013{high_hz / 1e3:g}\u2009kHz"
