"""What an episode's sensing configuration and the parts files say about the device."""

from collections.abc import Mapping
from typing import Any

from envirosense.core.errors import UnknownNameError
from envirosense.core.parts import load_part
from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.instruments.part_values import PartValues

# Name in full, and where room is short
_NAMES = {
    "voc_array": ("Gas array (VOC)", "Gas"),
    "temperature_humidity": ("Temperature and humidity", "Air T, RH"),
    "barometer": ("Barometer", "Pressure"),
    "wind_sensor": ("Wind sensor", "Wind"),
    "particulate_matter": ("Particulate matter", "Particles"),
    "emf_sensor": ("Field sensor (EMF)", "EMF"),
    "temperature_humidity_2": ("Temperature and humidity 2", "Air 2"),
    "thermal_camera": ("Thermal camera", "Camera"),
}


def sensor_names(sensor_id: str) -> tuple[str, str]:
    """Name of a sensor in full, and short."""
    words = sensor_id.replace("_", " ").capitalize()
    return _NAMES.get(sensor_id, (words, words.split()[0] if words else words))


def part_name(part_id: str) -> str:
    """Name that the part's file gives; the id's last word where the part is not installed."""
    try:
        return load_part(part_id).name
    except UnknownNameError:
        return part_id.rpartition("/")[2]


def camera_range_c(sensing: Mapping[str, Any]) -> tuple[float, float] | None:
    """Least and greatest temperature the camera can report [degC]; None without a camera or its part."""
    for sensor in sensing.get("sensors", ()):
        if sensor.get("sensor_type") != "thermal_camera":
            continue
        try:
            values = PartValues(load_part(str(sensor["part"])), sensor.get("overrides", {}))
            low_k, high_k = (values.number(f"range.{end}_k", "K") for end in ("low", "high"))
        except UnknownNameError:
            return None
        return low_k - ZERO_CELSIUS_K, high_k - ZERO_CELSIUS_K
    return None
