"""Sensors of numbers as parts: how each kind reads, and how often."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from envirosense.home.model import Entity
from envirosense.home.people.lives import SECOND_US
from envirosense.home.sensing.report_kernels import ReportRule

GAP_US: Final = SECOND_US  # least time between two reports of a sensor
JITTER_US: Final = 900_000  # within which a message is on its way; less than the gap


@dataclass(frozen=True, slots=True)
class SensorKind:
    """One kind of sensor; figures are those of usual parts (from memory) or assumed.

    Attributes:
        tick_s: Time between two readings [s].
        lag_s: Time constant of the part in its case [s].
        bias: Standard deviation of the offset from part to part, in its unit.
        gain: The same of the gain.
        noise: Standard deviation of a reading.
        noise_share: What is added to it in proportion to the reading.
        change: Least change that is told where the entity does not say.
        change_share: In proportion to the last value.
        low, high: Ends of the range.
    """

    tick_s: float = 60.0
    lag_s: float = 0.0
    bias: float = 0.0
    gain: float = 0.0
    noise: float = 0.0
    noise_share: float = 0.0
    change: float = 0.0
    change_share: float = 0.0
    low: float = 0.0
    high: float = 1e9


KINDS: Final[Mapping[str, SensorKind]] = {
    "temperature": SensorKind(lag_s=420.0, bias=0.25, noise=0.03, change=0.2, low=-40.0, high=85.0),
    "humidity": SensorKind(lag_s=240.0, bias=1.6, noise=0.15, change=1.0, high=100.0),
    "co2": SensorKind(lag_s=90.0, bias=20.0, gain=0.03, noise=5.0, change=40.0, low=380.0, high=5000.0),
    "illuminance": SensorKind(gain=0.25, noise_share=0.04, change=20.0, change_share=0.25, high=83_000.0),
    "power": SensorKind(gain=0.005, noise=0.02, noise_share=0.012, change=2.0, change_share=0.06),
    "energy": SensorKind(tick_s=300.0, gain=0.005, change=0.01),
    "home_energy": SensorKind(tick_s=300.0, gain=0.005, change=0.05),
    "battery": SensorKind(tick_s=3600.0, noise=0.02, change=1.0, high=100.0),
    "link_quality": SensorKind(tick_s=3600.0, noise=5.0, change=15.0, high=255.0),
    "water": SensorKind(change=1.0),
    "outdoor_temperature": SensorKind(tick_s=300.0, lag_s=300.0, bias=0.3, noise=0.04, change=0.3, low=-60.0),
    "outdoor_humidity": SensorKind(tick_s=300.0, lag_s=300.0, bias=2.0, noise=0.3, change=2.0, high=100.0),
    "wind_speed": SensorKind(tick_s=300.0, gain=0.1, noise=0.1, noise_share=0.12, change=1.0, high=60.0),
    "carbon_intensity": SensorKind(tick_s=900.0, change=1.0),
    "electricity_price": SensorKind(tick_s=900.0, low=-10.0),
    "solar_power": SensorKind(tick_s=300.0, noise_share=0.02, change=50.0, change_share=0.05),
}


def report_rule(entity: Entity, draw: np.random.Generator, *, warmth: float = 0.0) -> ReportRule:
    """How an entity reads and tells, one part of its kind; `warmth` is an offset of its own."""
    kind = KINDS[entity.role]
    quantum = 10.0**-entity.decimals
    normal, when = draw.standard_normal(2), draw.random()
    tick_us = round(kind.tick_s * SECOND_US)
    return ReportRule(
        start_us=int(when * min(tick_us, 60 * SECOND_US)),
        tick_us=tick_us,
        keep=float(np.exp(-kind.tick_s / kind.lag_s)) if kind.lag_s else 0.0,
        gain=float(np.exp(kind.gain * normal[1])),
        bias=float(kind.bias * normal[0]) + warmth,
        noise=kind.noise,
        noise_share=kind.noise_share,
        low=kind.low,
        high=kind.high,
        quantum=quantum,
        change=max(entity.report_change or kind.change, quantum),
        change_share=kind.change_share,
        interval_us=round((entity.report_s or 1e9) * SECOND_US),
        gap_us=GAP_US,
    )
