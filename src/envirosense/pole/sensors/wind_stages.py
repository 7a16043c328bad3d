"""Imperfections of wind as speed and direction, (time, 2) [m/s, deg]."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from envirosense.core.protocols import Array
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.stages import Description, Transform, as_description
from envirosense.instruments.stages.kernels import hold

FULL_TURN_DEG: Final = 360.0  # exact


def wrapped_deg(angle_deg: Array) -> Array:
    """Angle in 0 <= angle < 360 [deg]."""
    turned = np.mod(angle_deg, FULL_TURN_DEG)
    return np.where(turned >= FULL_TURN_DEG, 0.0, turned)  # the remainder of -1e-20 rounds to 360


def signed_deg(angle_deg: Array) -> Array:
    """Angle in -180 <= angle < 180 [deg]."""
    return wrapped_deg(angle_deg + FULL_TURN_DEG / 2.0) - FULL_TURN_DEG / 2.0


def polar(components_m_s: Array) -> Array:
    """Speed and direction it comes from, (time, 2) [m/s, deg], of wind east and north; calm is 0 deg."""
    east, north = (np.ascontiguousarray(axis) for axis in components_m_s.T)
    speed = np.sqrt(east * east + north * north)
    direction = np.where(speed > 0.0, wrapped_deg(np.degrees(np.arctan2(-east, -north))), 0.0)
    return np.column_stack((speed, direction))


def components_m_s(wind: Array) -> Array:
    """Wind east and north, (time, 2) [m/s], of speed and direction it comes from."""
    speed = wind[:, 0]
    direction = np.radians(np.ascontiguousarray(wind[:, 1]))
    return np.column_stack((-speed * np.sin(direction), -speed * np.cos(direction)))


@dataclass(frozen=True, slots=True)
class ToComponents(Transform):
    """Speed and direction to components."""

    name: str

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        """Nothing to remember."""

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Wind east and north, (time, 2) [m/s]."""
        return components_m_s(x), None

    def describe(self, carry: None) -> Description:
        """Nothing but the law."""
        return {}


@dataclass(frozen=True, slots=True)
class ToPolar(Transform):
    """Components back to speed and direction."""

    name: str

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        """Nothing to remember."""

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Speed and direction, (time, 2) [m/s, deg]."""
        return polar(x), None

    def describe(self, carry: None) -> Description:
        """Nothing but the law."""
        return {}


@dataclass(frozen=True, slots=True)
class Orientation:
    """North mark of the sensor that points a little wrong; normal with `spread_deg`."""

    name: str
    spread_deg: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> Array:
        """Error of this mounting, (1,) [deg]."""
        return self.spread_deg * unit_rng.standard_normal(1)

    def apply(
        self, x: Array, carry: Array, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Wind seen by the turned sensor, (time, 2)."""
        return np.column_stack((x[:, 0], wrapped_deg(x[:, 1] + carry[0]))), carry

    def describe(self, carry: Array) -> Description:
        """Error of this mounting."""
        return as_description({"error_deg": carry[0]})


@dataclass(frozen=True, slots=True)
class CalmDirection:
    """In air slower than a threshold the direction keeps its last value."""

    name: str
    threshold_m_s: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> Array:
        """Direction held, (1,) [deg]; NaN until the first value."""
        return np.full(1, np.nan)

    def apply(
        self, x: Array, carry: Array, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Wind with the direction held in a calm, (time, 2)."""
        held = carry.copy()
        calm = (x[:, :1] < self.threshold_m_s).astype(np.float64)
        direction = hold(np.ascontiguousarray(x[:, 1:]), held, calm)
        return np.column_stack((x[:, 0], direction)), held

    def describe(self, carry: Array) -> Description:
        """Threshold and the direction held."""
        return as_description({"threshold_m_s": self.threshold_m_s, "held_deg": carry[0]})
