"""What a lightning chip makes of the strokes around it.

Signals are (time, 4): events, distance [km], energy [register] and disturbers. A tick without an event
has distance `OUT_OF_RANGE_KM` and energy 0; `distance` is that of the event until the chip's statistics
replace it by the estimate of where the storm is. Disturbers are 0 until the chip counts them.
"""

from dataclasses import dataclass, fields
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.stages import Description, as_description
from envirosense.instruments.stages.contract import Draws
from envirosense.pole.sensors.lightning_kernels import (
    Counts,
    binomial,
    follow_storm,
)

STRIKES, DISTANCE, ENERGY, DISTURBERS = range(4)
OUT_OF_RANGE_KM: Final = 63.0  # AS3935 data sheet
# Distances that the chip can report within its range; AS3935 data sheet (from memory)
SCALE_KM: Final = (1.0, 5.0, 6.0, 8.0, 10.0, 12.0, 14.0, 17.0, 20.0, 24.0, 27.0, 31.0, 34.0, 37.0, 40.0)
REMEMBERED: Final = 64  # events in the statistics; assumed
LEAST_KM: Final = 0.1  # an event is never taken for nearer; assumed


def with_events(x: Array, events: Array) -> Array:
    """Signal in which only these events are left, (time, 4)."""
    y = x.copy()
    y[:, STRIKES] = events
    lost = np.flatnonzero((events <= 0.0) & (x[:, STRIKES] > 0.0))
    y[lost, DISTANCE] = OUT_OF_RANGE_KM
    y[lost, ENERGY] = 0.0
    return y


@dataclass(frozen=True, slots=True)
class LightningConditions(Conditions):
    """Surroundings with what a loop at 500 kHz hears, (time,) each; None in surroundings without it.

    First and last stroke of each tick [s], infinite without one, and how much noise disturbs, 0 to 1.
    """

    first_stroke_s: Array | None = None
    last_stroke_s: Array | None = None
    loudness: Array | None = None

    @classmethod
    def of(cls, conditions: Conditions, first_s: Array, last_s: Array, loudness: Array) -> Self:
        """The surroundings given, with these strokes and this noise."""
        known = {field.name: getattr(conditions, field.name) for field in fields(Conditions)}
        return cls(**known, first_stroke_s=first_s, last_stroke_s=last_s, loudness=loudness)


@dataclass(frozen=True, slots=True)
class DeadTime:
    """An event less than the dead time after the stroke before it is one with it.

    Within a tick events are apart already; this joins those on both sides of a tick's end.
    """

    name: str
    dead_s: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> Array:
        """When the last stroke was, (1,) [s]."""
        return np.full(1, -np.inf)

    def apply(
        self, x: Array, carry: Array, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Signal with the events that are counted, (time, 4)."""
        first_s, last_s = (getattr(conditions, f"{end}_stroke_s", None) for end in ("first", "last"))
        hit = np.flatnonzero(x[:, STRIKES])
        if first_s is None or last_s is None or hit.size == 0:
            return x, carry
        before_s = np.concatenate([carry, last_s[hit]])
        events = x[:, STRIKES].copy()
        events[hit] -= first_s[hit] - before_s[:-1] < self.dead_s
        return with_events(x, events), before_s[-1:]

    def describe(self, carry: Array) -> Description:
        """Dead time."""
        return as_description({"dead_s": self.dead_s})


@dataclass(frozen=True, slots=True)
class DetectionEfficiency(Draws):
    """Events are detected with probability best / (1 + exp((d - d50) / width)), best < 1."""

    name: str
    best: float
    half_km: float
    width_km: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        """Nothing to remember."""

    def probability(self, distance_km: Array) -> Array:
        """Chance that an event is detected, same shape."""
        away = np.minimum((distance_km - self.half_km) / self.width_km, 700.0)  # exp overflows beyond
        return np.asarray(self.best / (1.0 + np.exp(away)))

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Signal with the events that are detected, (time, 4)."""
        uniform = noise_rng.random(x.shape[:1])
        p = self.probability(x[:, DISTANCE])
        return with_events(x, binomial(np.ascontiguousarray(x[:, STRIKES]), p, uniform)), None

    def describe(self, carry: None) -> Description:
        """The law's constants."""
        return as_description({"best": self.best, "half_km": self.half_km, "width_km": self.width_km})


@dataclass(frozen=True, slots=True)
class StormStatistics:
    """The chip's statistics: when and how far its last events were, and what it reports.

    `place` holds the next row of the ring and the step of the scale that is reported.
    """

    t_s: Array
    log_km: Array
    events: Array
    place: Counts


@dataclass(frozen=True, slots=True)
class StormDistance(Draws):
    """Estimated distance to the storm: a median over recent events that moves step by step.

    One event's estimate scatters, and is too long by (reference / current)^weak_bias: the chip takes a
    weak stroke for a far one. Nothing is reported before `least_events` within `forget_s`, and without
    an event for that long the storm is out of range.
    """

    name: str
    scatter_ln: float
    weak_bias: float
    energy_km2: float  # register times squared distance of a stroke of the reference current
    median_s: float
    forget_s: float
    least_events: int
    steps_per_event: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> StormStatistics:
        """No event yet."""
        return StormStatistics(
            np.full(REMEMBERED, -np.inf),
            np.zeros(REMEMBERED),
            np.zeros(REMEMBERED),
            np.array([0, len(SCALE_KM)]),
        )

    def apply(
        self, x: Array, carry: StormStatistics, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, StormStatistics]:
        """Signal with the events that are reported and the storm's distance, (time, 4)."""
        noise = noise_rng.standard_normal(x.shape[:1])
        state = StormStatistics(
            carry.t_s.copy(), carry.log_km.copy(), carry.events.copy(), carry.place.copy()
        )
        reported, step = follow_storm(
            np.ascontiguousarray(x[:, STRIKES]),
            self._estimate_log_km(x, noise),
            conditions.t_s,
            np.log(SCALE_KM),
            np.array([self.median_s, self.forget_s, self.least_events, self.steps_per_event]),
            state.t_s,
            state.log_km,
            state.events,
            state.place,
        )
        y = with_events(x, reported)
        y[:, DISTANCE] = np.array((*SCALE_KM, OUT_OF_RANGE_KM))[step]
        return y, state

    def _estimate_log_km(self, x: Array, noise: Array) -> Array:
        """What the chip takes each event's distance for, (time,) [ln km]; 0 without an event."""
        log_km = np.zeros_like(noise)
        event = x[:, STRIKES] > 0.0
        km = np.maximum(x[event, DISTANCE], LEAST_KM)
        energy_km2 = np.maximum(x[event, ENERGY], 1e-3) * np.square(km)  # a register of 0 has no logarithm
        too_long = 0.5 * self.weak_bias * np.log(self.energy_km2 / energy_km2)
        log_km[event] = np.log(km) + too_long + self.scatter_ln * noise[event]
        return log_km

    def describe(self, carry: StormStatistics) -> Description:
        """The law's constants, and the distance reported now."""
        return as_description(
            {
                "scatter_ln": self.scatter_ln,
                "median_s": self.median_s,
                "forget_s": self.forget_s,
                "least_events": self.least_events,
                "distance_km": (*SCALE_KM, OUT_OF_RANGE_KM)[int(carry.place[1])],
            }
        )


@dataclass(frozen=True, slots=True)
class EnergyScatter(Draws):
    """Energy register off by a lognormal factor, drawn for each event; its median is right.

    The error budget of the distance is kept here too, where the estimate is known.
    """

    name: str
    scatter_ln: float
    distance_scatter_ln: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        """Nothing to remember."""

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Signal with the energy as registered, (time, 4)."""
        y = x.copy()
        noise = noise_rng.standard_normal(x.shape[:1])
        event = np.flatnonzero(x[:, ENERGY])
        y[event, ENERGY] *= np.exp(self.scatter_ln * noise[event])
        return y, None

    def spread(self, x: Array, carry: None, conditions: Conditions) -> Array:
        """Scatter of the register and of the distance of a storm within range, (time, 4)."""
        sigma = np.zeros_like(x)
        within = x[:, DISTANCE] < OUT_OF_RANGE_KM
        sigma[:, DISTANCE] = self.distance_scatter_ln * np.where(within, x[:, DISTANCE], 0.0)
        sigma[:, ENERGY] = self.scatter_ln * x[:, ENERGY]
        return sigma

    def describe(self, carry: None) -> Description:
        """Scatter."""
        return as_description({"scatter_ln": self.scatter_ln})


def events_of_ticks(time_s: Array, tick: npt.NDArray[np.int64], n: int, apart_s: float) -> Array:
    """Groups of strokes in each tick, (tick,); strokes in order of time and closer than `apart_s` are one."""
    if time_s.size == 0:
        return np.zeros(n)
    begins = np.r_[True, (np.diff(time_s) >= apart_s) | (np.diff(tick) > 0)]
    return np.bincount(tick[begins], minlength=n).astype(np.float64)
