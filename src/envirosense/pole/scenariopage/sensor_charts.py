"""The sensors that a scenario moves most: ideal reading with and without the cause, and what they report."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

import numpy as np

from envirosense.core.protocols import Array
from envirosense.instruments.base import BaseSensor
from envirosense.instruments.memory import SensorBlock
from envirosense.pole.natural_scatter import scatter
from envirosense.pole.page.charts import Line, TimeView, chart, legend
from envirosense.pole.page.device import part_name, sensor_names
from envirosense.pole.page.recording import Series
from envirosense.pole.page.wording import symbol
from envirosense.pole.scenariopage.cause_charts import card
from envirosense.pole.scenariopage.drawn import DrawnScenario
from envirosense.pole.sheet.errors import periods
from envirosense.pole.sheet.groups import COMPASS
from envirosense.pole.sheet.names import channel_title

MOVED_SNR: Final = 1.0  # from which a sensor is worth a look
MOST_SENSORS: Final = 5
MOST_CHANNELS: Final = 3
# What is shown where nothing moves: air, wind, gas and dust of an ordinary hour
ORDINARY: Final = ("temperature_humidity", "wind_sensor", "voc_array", "particulate_matter")
KEY: Final = (
    ("truth", "ideal reading"),
    ("c0", "ideal reading without the cause"),
    ("reading band", "what the sensor reports"),
)


@dataclass(frozen=True, slots=True)
class MovedSensor:
    """One sensor over the episode: ideal readings with and without the cause, (time, channel)."""

    sensor: BaseSensor[Any, Any]
    with_cause: Array
    without: Array
    block: SensorBlock

    def channels(self) -> list[int]:
        """Channels to draw, those that depart most first."""
        rise = np.abs(self.with_cause - self.without).max(axis=0)
        noise = np.array([channel.noise_sigma for channel in self.sensor.channels])
        sigma = np.hypot(noise, scatter(self.without))
        snr = np.divide(rise, sigma, out=np.where(rise > 0.0, 1e9, 0.0), where=noise > 0.0)
        order = np.argsort(-snr, kind="stable")[:MOST_CHANNELS]
        return [int(i) for i in order if snr[i] >= MOVED_SNR] or [int(order[0])]


def shown_sensors(drawn: DrawnScenario) -> tuple[str, ...]:
    """Ids of the scalar sensors worth a look: the faulty ones, then those moved most, one of each type."""
    scalars = drawn.run.device.scalar_sensors
    faulty = {fault.sensor_type for forcing in drawn.run.forcings for fault in forcing.sensor_faults}
    chosen = [name for name, sensor in scalars.items() if sensor.sensor_type in faulty]
    moved = [n for n, snr in drawn.greatest_snr.items() if snr >= MOVED_SNR and n in scalars]
    by_type: dict[str, str] = {}
    for name in (*chosen, *moved):
        by_type.setdefault(scalars[name].sensor_type, name)
    found = tuple(by_type.values())[:MOST_SENSORS]
    is_disturbed = any(forcing.device for forcing in drawn.run.forcings)
    return found if found and not is_disturbed else _filled(found, scalars)


def _filled(found: Sequence[str], scalars: Any) -> tuple[str, ...]:
    ordinary = [name for name in ORDINARY if name in scalars and name not in found]
    return (*found, *ordinary)[:MOST_SENSORS]


def observed(drawn: DrawnScenario, names: Sequence[str], block: Any) -> list[MovedSensor]:
    """Readings of some sensors; `block` is what the device reports of the whole episode."""
    grid = drawn.run.spec.grid
    state = drawn.run.world.state(0, grid.n)
    healthy = state.without_causes()
    sensors = drawn.run.device.scalar_sensors
    return [
        MovedSensor(
            sensors[n], sensors[n].observable(state), sensors[n].observable(healthy), block.readings[n]
        )
        for n in names
    ]


def sensors_section(drawn: DrawnScenario, moved: Sequence[MovedSensor], view: TimeView) -> str:
    """A row of charts for each sensor."""
    cards = "".join(_sensor(drawn, one, view) for one in moved)
    return f'{legend(KEY)}<div class="causes">{cards}</div>'


def _sensor(drawn: DrawnScenario, moved: MovedSensor, view: TimeView) -> str:
    name = moved.sensor.sensor_id
    snr = drawn.greatest_snr[name]
    seen = f"departs by up to {_size_text(snr)} sigma" if snr >= MOVED_SNR else "does not feel the cause"
    if moved.sensor.config.faults:
        kinds = ", ".join(fault.kind.replace("_", " ") for fault in moved.sensor.config.faults)
        seen += f"; fault: {kinds}"
    charts = [_channel(drawn, moved, i, view) for i in moved.channels()]
    about = escape(f"{seen} \u00b7 {part_name(moved.sensor.config.part)}")
    head = f'<h3>{escape(sensor_names(name)[0])}</h3><p class="small">{about}</p>'
    return card(head, "".join(charts), len(charts))


def _size_text(snr: float) -> str:
    return f"{snr:,.0f}".replace(",", "\u202f") if snr >= 100.0 else f"{snr:.2g}"


def _channel(drawn: DrawnScenario, moved: MovedSensor, i: int, view: TimeView) -> str:
    channel, t_s = moved.sensor.channels[i], drawn.run.spec.grid.t_s
    is_angle = periods(moved.sensor)[i] == 360.0
    taken = moved.block.sampled
    ideal = Series(t_s, moved.with_cause[:, i], channel.unit)
    reported = Series(t_s[taken], moved.block.reading[taken, i], channel.unit)
    lines = [
        Line("report", "reading band", reported, is_angle),
        Line("without", "c0", Series(t_s, moved.without[:, i], channel.unit), is_angle),
        Line("ideal", "truth", ideal, is_angle),
    ]
    return chart(
        channel_title(moved.sensor, i), symbol(channel.unit), lines, view, columns=300,
        axis=COMPASS if is_angle else None, least_span=4.0 * channel.resolution,
    )  # fmt: skip
