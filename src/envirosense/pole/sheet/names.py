"""Names of sensors and channels as a reader wants them."""

import re
from typing import Any

from envirosense.instruments.base import BaseSensor
from envirosense.instruments.channels import Channel
from envirosense.pole.page.device import sensor_names
from envirosense.pole.page.wording import phrase, split_unit

_RANGE = re.compile(r"(\d+) (\d+) (k?)hz", re.IGNORECASE)
_BAND = re.compile(r"(\d) (k?)hz", re.IGNORECASE)
_POINT = re.compile(r"(\d) (\d)")
_NUMBERED = re.compile(r"(.+)_(\d+)")
_GASES = ("ppb", "ppm")


def channel_title(sensor: BaseSensor[Any, Any], i: int) -> str:
    """Name of a channel without its unit."""
    return title_of(sensor.channels[i])


def title_of(channel: Channel) -> str:
    """Name of a channel without its unit: `PM2.5`, `Level 63 Hz`, `Rms up 2-20 Hz`."""
    words = _RANGE.sub("\\1\u2013\\2 \\3Hz", phrase(_without_unit(channel)))
    words = _POINT.sub(r"\1.\2", _BAND.sub(r"\1 \2Hz", words))
    words = words.replace("Pm", "PM").replace("Hf ", "HF ").replace("Thd", "THD")
    return words if channel.unit in _GASES else words.replace("H\u2082", "H2")


def _without_unit(channel: Channel) -> str:
    suffix = channel.unit.lower().replace("1/", "per_").replace("/", "_").partition("(")[0]
    if suffix and channel.name.endswith(f"_{suffix}"):
        return channel.name.removesuffix(f"_{suffix}")
    return split_unit(channel.name)[0]


def sensor_title(sensor_id: str) -> str:
    """Name of a sensor in full; a second one of its kind keeps its number."""
    found = _NUMBERED.fullmatch(sensor_id)
    base, number = found.groups() if found else (sensor_id, "")
    return f"{sensor_names(base)[0]} {number}".strip().replace("Emf", "EMF")
