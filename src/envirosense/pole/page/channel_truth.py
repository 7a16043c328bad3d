"""Which stored truth a channel is about, and how it becomes the channel's unit."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.pole.page.recording import Recording, Series

TARGET: Final = re.compile(r"^ch\d+_")  # VOC channels are named after their target gas


@dataclass(frozen=True, slots=True)
class TruthOf:
    """A column of the stream `truth`, times a factor, plus a shift, in a unit."""

    column: str
    factor: float
    shift: float
    unit: str


def _same(*columns: tuple[str, str]) -> dict[str, TruthOf]:
    return {column: TruthOf(column, 1.0, 0.0, unit) for column, unit in columns}


_OF: Final[Mapping[str, Mapping[str, TruthOf]]] = {
    "temperature_humidity": {
        "temperature_c": TruthOf("air_k", 1.0, -ZERO_CELSIUS_K, "degC"),
        "humidity_pct": TruthOf("relative_humidity", 100.0, 0.0, "%"),
    },
    "barometer": _same(("pressure_pa", "Pa")),
    "rain_gauge": _same(("rain_mm_h", "mm/h")),
    "particulate_matter": _same(*((name, "ug/m3") for name in ("pm1_ug_m3", "pm2_5_ug_m3", "pm10_ug_m3"))),
    "gas_sensor": {
        "co_ppm": TruthOf("carbon_monoxide_ppb", 1e-3, 0.0, "ppm"),
        "co2_ppm": TruthOf("carbon_dioxide_ppb", 1e-3, 0.0, "ppm"),
        "no2_ppb": TruthOf("nitrogen_dioxide_ppb", 1.0, 0.0, "ppb"),
    },
    "battery_level": {
        "charge_pct": TruthOf("battery_charge", 100.0, 0.0, "%"),
        "voltage_v": TruthOf("battery_v", 1.0, 0.0, "V"),
        "current_a": TruthOf("battery_a", 1.0, 0.0, "A"),
    },
    "solar_power": _same(("panel_w", "W")),
    "internal_temperature": {"temperature_c": TruthOf("board_k", 1.0, -ZERO_CELSIUS_K, "degC")},
}


def sensor_type(recording: Recording, sensor_id: str) -> str:
    """Type of a sensor of the episode's guardian; empty where the spec does not name it."""
    sensors = recording.episode.spec.sensing.get("sensors", ())
    found = (one for one in sensors if isinstance(one, Mapping) and one.get("sensor_id") == sensor_id)  # type: ignore[union-attr]
    return str(next(found, {}).get("sensor_type", ""))


def ideal_series(recording: Recording, stream: str, column: str) -> Series | None:
    """What a perfect instrument would show: the ideal stream if stored, else the world's truth."""
    ideal = "ideal" if stream == "readings" else f"ideal_{stream}"
    if recording.has(ideal, column):
        return recording.series(ideal, column)
    sensor_id, _, channel = column.rpartition(".")
    kind = sensor_type(recording, sensor_id)
    if kind == "wind_sensor" and channel in {"speed_m_s", "direction_deg"}:
        return _wind(recording, channel) if recording.has("truth", "wind_east_m_s") else None
    if kind == "voc_array":
        gas = TARGET.sub("", channel)
        return recording.series("truth", gas) if recording.has("truth", gas) else None
    law = _OF.get(kind, {}).get(channel)
    if law is None or not recording.has("truth", law.column):
        return None
    stored = recording.series("truth", law.column)
    return replace(stored, values=law.factor * stored.values + law.shift, unit=law.unit)


def _wind(recording: Recording, channel: str) -> Series:
    east, north = (recording.series("truth", f"wind_{part}_m_s") for part in ("east", "north"))
    if channel == "speed_m_s":
        return replace(east, values=np.hypot(east.values, north.values))
    from_deg = np.degrees(np.arctan2(-east.values, -north.values)) % 360.0
    return replace(east, values=from_deg, unit="deg")
