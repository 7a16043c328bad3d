"""The table scenario x sensor as text and as a page of warm cells."""

from collections.abc import Iterator
from html import escape
from itertools import groupby
from typing import Final

import numpy as np

from envirosense.pole.page.device import sensor_names
from envirosense.pole.page.wording import phrase
from envirosense.pole.scenariopage.page import document
from envirosense.pole.signal_table import SEEN_SNR, SignalRow, SignalTable

_NOTHING: Final = 0.05  # sigma that rounds to nothing
_DECADES: Final = 5.0  # of sigmas from no colour to the warmest
_WARMEST: Final = 0.8
_CODES: Final = {
    "voc_array": "voc", "particulate_matter": "pm", "temperature_humidity": "t/rh",
    "temperature_humidity_2": "t2", "barometer": "baro", "wind_sensor": "wind", "rain_gauge": "rain",
    "lightning_detector": "ltng", "emf_sensor": "emf", "microphone": "mic", "microphone_2": "mic2",
    "vibration_sensor": "vib", "battery_level": "batt", "solar_power": "sun", "internal_temperature": "int",
    "gas_sensor": "gas", "line_current": "line", "thermal_camera": "cam",
}  # fmt: skip
_LEAD: Final = (
    "How far each scenario moves the ideal reading of each sensor from the same world without any cause: the "
    "greatest departure over an hour and over all draws, in sigmas of the part. Nothing is drawn for "
    "sensors; this is what physics lets each of them see. Faults of the device itself change readings alone."
)


def snr_cell(snr: float) -> str:
    """Departure in at most four characters."""
    if snr < _NOTHING:
        return "\u00b7"
    if snr < 9.95:
        return f"{snr:.1f}"
    for limit, scale, unit in ((1e3, 1.0, ""), (1e6, 1e3, "k"), (1e9, 1e6, "M")):
        if snr < 0.9995 * limit:
            return f"{snr / scale:.0f}{unit}"
    return ">1G"


def table_text(table: SignalTable) -> str:
    """The table in columns of five characters, with a line for each sensor under it."""
    codes = [_CODES.get(name, name[:4]) for name in table.sensors]
    width = max(len(row.scenario) for row in table.rows)
    lines = [f"{'':<{width}}" + "".join(f"{code:>5}" for code in codes) + "  events  unseen"]
    for row in table.rows:
        cells = "".join(f"{snr_cell(float(snr)):>5}" for snr in row.greatest_snr)
        lines.append(f"{row.scenario:<{width}}{cells}  {row.n_events:>6}  {row.n_unseen:>6}")
    return "\n".join([*lines, "", *_sensor_lines(table, codes)])


def _sensor_lines(table: SignalTable, codes: list[str]) -> Iterator[str]:
    width = max(map(len, table.sensors))
    for name, code, column in zip(table.sensors, codes, table.greatest_snr.T, strict=True):
        n_moved = int((column >= SEEN_SNR).sum())
        most = table.rows[int(np.argmax(column))].scenario if n_moved else "-"
        counted = f"moved by {n_moved} of {len(table.rows)}"
        yield f"{code:<4}  {name:<{width}}  {counted}, most by {most}"


def table_page(table: SignalTable, n_draws: int) -> str:
    """HTML page of the table; needs no other file."""
    heads = "".join(f"<th><span>{escape(sensor_names(name)[0])}</span></th>" for name in table.sensors)
    body = ""
    for shelf, rows in groupby(table.rows, key=lambda row: row.scenario.partition("/")[0]):
        body += (
            f'<tr><th class="shelfname" colspan="{len(table.sensors) + 2}">{escape(phrase(shelf))}</th></tr>'
        )
        body += "".join(_row(row) for row in rows)
    heads += "<th><span>Events no sensor could see</span></th>"
    wrong = "".join(f'<p class="wrong">{escape(problem)}</p>' for problem in table.problems())
    drawn = f"{len(table.rows)} scenarios, {n_draws} draw{'s' * (n_draws > 1)} of an hour each"
    return document(
        "Scenario x sensor",
        f'<header><p class="over">Scenario library</p><h1>What each sensor can see</h1>'
        f'<p class="meta"><span>{drawn}</span></p><p class="lead">{_LEAD}</p></header>{wrong}'
        f'<div class="scroll"><table class="heat"><thead><tr><th></th>{heads}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>",
    )


def _row(row: SignalRow) -> str:
    cells = "".join(_cell(float(snr)) for snr in row.greatest_snr)
    unseen = f"{row.n_unseen} of {row.n_events}" if row.n_events else "\u2014"
    name = escape(phrase(row.scenario.partition("/")[2]))
    return f'<tr><th>{name}</th>{cells}<td class="of">{unseen}</td></tr>'


def _cell(snr: float) -> str:
    if snr < _NOTHING:
        return '<td class="nil">\u00b7</td>'
    warmth = float(np.clip(1.0 + np.log10(snr), 0.0, _DECADES)) / _DECADES * _WARMEST
    return f'<td style="--a:{warmth:.2f}" title="{snr:.3g} sigma">{snr_cell(snr)}</td>'
