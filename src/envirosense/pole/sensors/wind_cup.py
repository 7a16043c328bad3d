"""Inertia of a cup anemometer and a wind vane; signals are (time, 3): speed, direction [deg], gust speed."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from envirosense.core.protocols import Array
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.stages import Description, as_description
from envirosense.pole.sensors.blockage_kernels import varying_lag
from envirosense.pole.sensors.wind_kernels import turning
from envirosense.pole.sensors.wind_stages import wrapped_deg

YEAR_DAYS: Final = 365.25


@dataclass(frozen=True, slots=True)
class CupInertia:
    """Speed of cups, dU/dt = (V - U) V / distance, exact for wind that is steady within a tick.

    Cups stand in wind below a threshold that wear raises; there they run down as in wind of the threshold.
    They gain speed in a gust faster than they lose it, so their mean is too high in turbulence.
    """

    name: str
    distance_m: float
    threshold_m_s: float
    wear_m_s_per_year: float
    age_days: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> Array:
        """Speed of the cups, (1,) [m/s]; NaN until the first value."""
        return np.full(1, np.nan)

    @property
    def starts_at_m_s(self) -> float:
        """Wind in which worn cups start [m/s]."""
        return self.threshold_m_s + self.wear_m_s_per_year * self.age_days / YEAR_DAYS

    def apply(
        self, x: Array, carry: Array, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Wind with the speed of the cups, also as the speed for a gust, (time, 3)."""
        speed, state = x[:, :1], carry.copy()
        run = np.maximum(speed, self.starts_at_m_s) * (conditions.dt_s / self.distance_m)
        driven = np.where(speed >= self.starts_at_m_s, speed, 0.0)
        cups = varying_lag(driven, state, -np.expm1(-run))[:, 0]
        return np.column_stack((cups, x[:, 1], cups)), state

    def spread(self, x: Array, carry: Array, conditions: Conditions) -> Array:
        """Wind that does not move the cups, (time, 3)."""
        missed = np.where(x[:, 0] < self.starts_at_m_s, x[:, 0], 0.0)
        return np.column_stack((missed, np.zeros_like(missed), missed))

    def describe(self, carry: Array) -> Description:
        """Distance constant, wind that starts the cups, and their speed."""
        return as_description(
            {"distance_m": self.distance_m, "starts_at_m_s": self.starts_at_m_s, "speed_m_s": carry[0]}
        )


@dataclass(frozen=True, slots=True)
class VaneInertia:
    """Direction of a vane: a damped oscillation of wavelength `distance_m` of wind, ratio `damping` < 1.

    Exact for wind that is steady within a tick. Below `threshold_m_s` the vane rests.
    """

    name: str
    distance_m: float
    damping: float
    threshold_m_s: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> Array:
        """Angle [deg] and its speed [deg/s], (2,); NaN until the first value."""
        return np.full(2, np.nan)

    def apply(
        self, x: Array, carry: Array, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Wind with the direction of the vane, (time, 3)."""
        state = carry.copy()
        turn = 2.0 * math.pi * x[:, 0] / self.distance_m
        decay = turn * self.damping / math.sqrt(1.0 - self.damping**2)
        turn = np.where(x[:, 0] >= self.threshold_m_s, turn, 0.0)
        angle = turning(np.ascontiguousarray(x[:, 1]), turn, decay, conditions.dt_s, state)
        return np.column_stack((x[:, 0], wrapped_deg(angle), x[:, 2])), state

    def describe(self, carry: Array) -> Description:
        """Wavelength, damping and where the vane points."""
        return as_description(
            {"distance_m": self.distance_m, "damping": self.damping, "points_at_deg": carry[0]}
        )
