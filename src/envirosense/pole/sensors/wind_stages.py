"""Imperfections of wind as speed, direction and gust, (time, 3) [m/s, deg, m/s].

In components they are wind east, wind north and how far the gust exceeds the mean speed.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from envirosense.core.protocols import Array
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.stages import Description, Spells, Transform, as_description
from envirosense.instruments.stages.kernels import hold
from envirosense.instruments.stages.noise import white_sigma
from envirosense.pole.sensors.wind_kernels import gathered

FULL_TURN_DEG: Final = 360.0  # exact
STILL_M_S: Final = 0.01  # below, a direction is anything
DIRT_LOSS: Final = 0.15  # of the speed, in a cavity fouled with severity 1; assumed


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
class Gathered:
    """Count, sums and greatest gust since the report before, and the speeds of the last seconds."""

    sums: Array
    recent: Array


@dataclass(frozen=True, slots=True)
class IntervalStatistics:
    """Mean speed, direction of the mean vector, and the greatest gust since the report before.

    A gust is a mean over `gust_s`. Where every tick reports, speed and direction are those of the tick.
    """

    name: str
    interval_s: float
    gust_s: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> Gathered:
        """Nothing gathered yet."""
        return Gathered(np.zeros(5), np.zeros(0))

    def apply(
        self, x: Array, carry: Gathered, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, Gathered]:
        """Statistics at every tick, which are those of a report where one is due, (time, 3)."""
        gust_ticks = max(1, round(self.gust_s / conditions.dt_s))
        every = max(1, round(self.interval_s / conditions.dt_s))
        recent = carry.recent.copy() if carry.recent.size else np.full(gust_ticks, np.nan)
        sums = carry.sums.copy()
        tick = conditions.first_tick + np.arange(x.shape[0])
        reports = (tick % every == 0).astype(np.float64)
        speed = np.ascontiguousarray(x[:, 0])
        found = gathered(speed, components_m_s(x), reports, gust_ticks, sums, recent)
        y = np.column_stack((x[:, :2], found[:, 3]))
        if every > 1:
            y[:, 0], y[:, 1] = found[:, 0], polar(found[:, 1:3])[:, 1]
        return y, Gathered(sums, recent)

    def describe(self, carry: Gathered) -> Description:
        """Interval and gust time."""
        return as_description({"interval_s": self.interval_s, "gust_s": self.gust_s})


@dataclass(frozen=True, slots=True)
class ToComponents(Transform):
    """Speed and direction to components, gust to its excess."""

    name: str

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        """Nothing to remember."""

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Wind east and north, and the gust's excess, (time, 3) [m/s]."""
        return np.column_stack((components_m_s(x), x[:, 2] - x[:, 0])), None

    def slope(self, x: Array, conditions: Conditions) -> Array:
        """Across the wind per degree of direction, 1 for the others, (time, 3)."""
        one = np.ones(x.shape[0])
        return np.column_stack((one, np.radians(np.maximum(x[:, 0], STILL_M_S)), one))

    def describe(self, carry: None) -> Description:
        """Nothing but the law."""
        return {}


@dataclass(frozen=True, slots=True)
class ToPolar(Transform):
    """Components back to speed and direction, excess to gust."""

    name: str

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        """Nothing to remember."""

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Speed, direction and gust, (time, 3) [m/s, deg, m/s]."""
        wind = polar(x[:, :2])
        return np.column_stack((wind, wind[:, 0] + x[:, 2])), None

    def slope(self, x: Array, conditions: Conditions) -> Array:
        """Degrees per m/s of the direction, which falls with the speed; 1 for the others, (time, 3)."""
        speed = np.maximum(np.hypot(x[:, 0], x[:, 1]), STILL_M_S)
        one = np.ones_like(speed)
        return np.column_stack((one, np.minimum(np.degrees(1.0 / speed), FULL_TURN_DEG / 2.0), one))

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
        """Wind seen by the turned sensor, (time, 3)."""
        return np.column_stack((x[:, 0], wrapped_deg(x[:, 1] + carry[0]), x[:, 2])), carry

    def spread(self, x: Array, carry: Array, conditions: Conditions) -> Array:
        """What mountings differ by, (3,)."""
        return np.array([0.0, self.spread_deg, 0.0])

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
        """Wind with the direction held in a calm, (time, 3)."""
        held = carry.copy()
        calm = (x[:, :1] < self.threshold_m_s).astype(np.float64)
        direction = hold(np.ascontiguousarray(x[:, 1:2]), held, calm)
        return np.column_stack((x[:, 0], direction, x[:, 2])), held

    def describe(self, carry: Array) -> Description:
        """Threshold and the direction held."""
        return as_description({"threshold_m_s": self.threshold_m_s, "held_deg": carry[0]})


@dataclass(frozen=True, slots=True, eq=False)
class Dirt:
    """Speed lost in a fouled cavity, or to fouled bearings.

    Nothing tells the device of it, so it is in no error budget.
    """

    name: str
    spells: Spells

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        """Nothing to remember."""

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Weaker wind, in components, (time, 3)."""
        return x * self.slope(x, conditions), None

    def slope(self, x: Array, conditions: Conditions) -> Array:
        """Share of the speed that is left, and of the errors in it, (time, 1)."""
        return np.asarray(1.0 - DIRT_LOSS * self.spells.severity(conditions.t_s)[:, None])

    def describe(self, carry: None) -> Description:
        """Loss at severity 1."""
        return as_description({"loss": DIRT_LOSS})


@dataclass(frozen=True, slots=True, eq=False)
class WebNoise:
    """Noise of a spider's web in the path of sound, a density [m/s/sqrt(Hz)] at severity 1."""

    name: str
    density: float
    spells: Spells

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        """Nothing to remember."""

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Noisy wind, in components, (time, 3)."""
        return x + self.spread(x, carry, conditions) * noise_rng.standard_normal(x.shape), None

    def spread(self, x: Array, carry: None, conditions: Conditions) -> Array:
        """Noise of one reading, (time, 1): weak echoes tell the device of the web."""
        sigma = white_sigma(self.density, max(conditions.dt_s, conditions.averaged_s))
        return np.asarray(sigma * self.spells.severity(conditions.t_s)[:, None])

    def describe(self, carry: None) -> Description:
        """Density at severity 1."""
        return as_description({"density_per_sqrt_hz": self.density})


@dataclass(frozen=True, slots=True, eq=False)
class Ice:
    """Sensor under ice: a thin crust leaves it at calm, one of severity `silent_from` without data."""

    name: str
    spells: Spells
    silent_from: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> Array:
        """Direction held, (1,) [deg]; NaN until the first value."""
        return np.full(1, np.nan)

    def apply(
        self, x: Array, carry: Array, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Calm or nothing while the ice lasts, (time, 3)."""
        held, severity = carry.copy(), self.spells.severity(conditions.t_s)
        iced = severity > 0.0
        frozen = iced.astype(np.float64)[:, None]
        direction = hold(np.ascontiguousarray(x[:, 1:2]), held, frozen)[:, 0]
        y = np.where(iced[:, None], 0.0, x)
        y[:, 1] = direction
        y[severity >= self.silent_from] = np.nan
        return y, held

    def describe(self, carry: Array) -> Description:
        """Severity from which there are no data."""
        return as_description({"silent_from": self.silent_from})
