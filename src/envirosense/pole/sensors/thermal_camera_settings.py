"""Settings of a camera, and what they make of its part: amplitudes, scene range and video link."""

import math
from typing import Any, Final

import numpy as np
from pydantic import Field

from envirosense.core.errors import ConfigError
from envirosense.instruments.part_values import PartValues
from envirosense.instruments.radiance_conversion import RadianceConverter, fit_converter
from envirosense.instruments.sensor_config import SensorConfig
from envirosense.pole.picture.thermal_imperfections import ThermalImperfections

LINK: Final = "link"  # random losses and repeats of frames; in stages_off like an effect
_SCALES: Final = (
    "narcissus_px", "blink_on_s", "blink_off_s", "burn_in_tau_s", "ffc_period_s", "fpa_tau_s"
)  # fmt: skip


class ThermalCameraConfig(SensorConfig):
    """One camera; it looks along `azimuth_deg` (clockwise from north) and `elevation_deg`.

    One that names no direction looks where the site points it: at the pole's top.
    """

    azimuth_deg: float | None = Field(None, ge=-360, le=720)
    elevation_deg: float | None = Field(None, ge=-90, le=90)
    repair_bad_pixels: bool = True  # known dead and hot ones, as the real module does; not blinking ones


def built_imperfections(values: PartValues, config: ThermalCameraConfig) -> ThermalImperfections:
    """Amplitude of every effect of the part, with overrides.

    Raises:
        ConfigError: for a part that is no camera, an amplitude below 0 or a scale that is not above it.
    """
    if "optics.rows" not in values:
        raise ConfigError(f"{config.sensor_id}.part", config.part, "is no part of kind thermal_camera")
    found: dict[str, Any] = values.part.group("imperfections")
    for name, value in found.items():
        found[name] = value = config.overrides.get(f"imperfections.{name}", value)
        if np.min(np.asarray(value, dtype=np.float64)) < 0.0 or (name in _SCALES and not value):
            bound = "above 0" if name in _SCALES else "0 or more"
            raise ConfigError(f"overrides.imperfections.{name}", value, f"must be {bound}")
    return ThermalImperfections.of(found, config.repair_bad_pixels)


def fitted_converter(values: PartValues) -> RadianceConverter:
    """Radiance to temperature over the part's range.

    Raises:
        ConfigError: if the range cannot be converted.
    """
    low_k, high_k = (values.number(f"range.{end}_k", "K") for end in ("low", "high"))
    try:
        return fit_converter(low_k, high_k)
    except ValueError as error:
        raise ConfigError("range", (low_k, high_k), str(error)) from None


def link_times_s(values: PartValues, config: SensorConfig) -> tuple[tuple[float, float], tuple[float, float]]:
    """Mean times up and down, and free and stuck, of the video link; infinite for no random spells."""
    off = config.stages_off
    is_off = off is True or (isinstance(off, tuple) and LINK in off)
    up_s, down_s, free_s, stuck_s = (
        values.number(f"fault.{name}", "s") or math.inf for name in ("up", "down", "free", "stuck")
    )
    return (math.inf if is_off else up_s, down_s), (math.inf if is_off else free_s, stuck_s)
