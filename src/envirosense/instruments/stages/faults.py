"""A sensor that goes silent, repeats itself, drifts away or is stuck at its limit."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from envirosense.core.protocols import Array
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.stages.contract import Description, as_description
from envirosense.instruments.stages.kernels import hold, two_state
from envirosense.instruments.stages.spells import NEVER, Spells

DRIFT_GROWTH_S: Final = 3600.0  # a drifted sensor gets there in an hour; assumed


def change_chances(dt_s: float, up_s: Array, down_s: float) -> tuple[Array, Array]:
    """Chances to fail and to recover within a tick, of a chain with mean times up and down.

    Exact for any tick: the share of time down is down / (up + down) whatever dt.
    """
    fail_hz, recover_hz = 1.0 / up_s, 1.0 / down_s
    both_hz = fail_hz + recover_hz
    settled = -np.expm1(-both_hz * dt_s) / both_hz
    return fail_hz * settled, recover_hz * settled


@dataclass(frozen=True, slots=True, eq=False)
class Dropout:
    """Missing readings in spells: up and down for exponential times of mean `up_s` and `down_s`.

    The whole sensor drops out at once. Where `up_s` depends on the surroundings (rain), give
    `up_given`, which turns conditions into mean times up, (time,) [s].
    """

    name: str
    up_s: float
    down_s: float
    up_given: Callable[[Conditions], Array] | None = None

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> Array:
        """Whether the sensor is down, (1,), drawn from the long-run share."""
        down_share = self.down_s / (self.up_s + self.down_s) if math.isfinite(self.up_s) else 0.0
        return (unit_rng.random(1) < down_share).astype(np.float64)

    def apply(
        self, x: Array, carry: Array, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Signal with NaN while down, (time, channel)."""
        state = carry.copy()
        up_s = np.full(x.shape[0], self.up_s) if self.up_given is None else self.up_given(conditions)
        fail, recover = change_chances(conditions.dt_s, up_s, self.down_s)
        down = two_state(noise_rng.random((x.shape[0], 1)), state, fail, recover)
        return np.where(down > 0.0, np.nan, x), state

    def describe(self, carry: Array) -> Description:
        """Mean times up (0 for no failures) and down, and whether it is down."""
        up_s = self.up_s if math.isfinite(self.up_s) else 0.0
        return as_description({"up_s": up_s, "down_s": self.down_s, "is_down": carry[0]})


@dataclass(frozen=True, slots=True)
class StuckState:
    """Whether each channel repeats itself, and the value it holds, both (channel,)."""

    stuck: Array
    held: Array


@dataclass(frozen=True, slots=True, eq=False)
class Stuck:
    """Channels that repeat their last value, in random spells, at set times, or both.

    With the defaults nothing ever sticks.
    """

    name: str
    free_s: float = math.inf
    stuck_s: float = 3600.0
    spells: Spells = NEVER

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> StuckState:
        """Nothing stuck yet."""
        return StuckState(np.zeros(n_channels), np.full(n_channels, np.nan))

    def apply(
        self, x: Array, carry: StuckState, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, StuckState]:
        """Signal with held values, (time, channel)."""
        stuck, held = carry.stuck.copy(), carry.held.copy()
        free_s = np.full(x.shape[0], self.free_s)
        fail, recover = change_chances(conditions.dt_s, free_s, self.stuck_s)
        frozen = two_state(noise_rng.random(x.shape), stuck, fail, recover)
        frozen[self.spells.severity(conditions.t_s) > 0.0] = 1.0
        return hold(x, held, frozen), StuckState(stuck, held)

    def describe(self, carry: StuckState) -> Description:
        """Mean times free (0 for never stuck) and stuck, and which channels are stuck."""
        free_s = self.free_s if math.isfinite(self.free_s) else 0.0
        return as_description({"free_s": free_s, "stuck_s": self.stuck_s, "is_stuck": carry.stuck})


class _Memoryless:
    """A stage that remembers nothing."""

    __slots__ = ()

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        """Nothing to remember."""


@dataclass(frozen=True, slots=True, eq=False)
class Drifted(_Memoryless):
    """Zero that has gone `offset` times the severity astray, an hour after the spell begins."""

    name: str
    offset: Array
    spells: Spells

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Signal gone astray, (time, channel)."""
        return x + self.offset * self.spells.progress(conditions.t_s, DRIFT_GROWTH_S)[:, None], None

    def describe(self, carry: None) -> Description:
        """Offset at severity 1."""
        return as_description({"offset": self.offset})


@dataclass(frozen=True, slots=True, eq=False)
class AtLimit(_Memoryless):
    """Channels that report the upper end of their range while the spell lasts."""

    name: str
    limit: Array
    spells: Spells

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Signal at its limit, (time, channel)."""
        return np.where(self.spells.severity(conditions.t_s)[:, None] > 0.0, self.limit, x), None

    def describe(self, carry: None) -> Description:
        """The limit."""
        return as_description({"limit": self.limit})


@dataclass(frozen=True, slots=True, eq=False)
class Disconnected(_Memoryless):
    """No reading while the spell lasts."""

    name: str
    spells: Spells

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Signal with NaN in the spells, (time, channel)."""
        return np.where(self.spells.severity(conditions.t_s)[:, None] > 0.0, np.nan, x), None

    def describe(self, carry: None) -> Description:
        """How many spells there are."""
        return as_description({"spells": len(self.spells.stretches)})
