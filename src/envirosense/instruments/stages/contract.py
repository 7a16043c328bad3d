"""What an imperfection stage is."""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array
from envirosense.instruments.conditions import Conditions

type Description = dict[str, float | Array]


class Stage[CarryT](Protocol):
    """One imperfection between an ideal reading and a reported one.

    `apply` draws the same count of random numbers every tick and keeps all memory in the carry,
    so a series cut into blocks gives the same bits as the whole.
    """

    @property
    def name(self) -> str:
        """Name unique within the sensor; it names the stage's random streams."""
        ...

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> CarryT:
        """Memory before the first tick; what differs between units is drawn here."""
        ...

    def apply(
        self, x: Array, carry: CarryT, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, CarryT]:
        """Signal after the stage, (time, channel), and the memory after the last tick."""
        ...

    def describe(self, carry: CarryT) -> Description:
        """Parameters and present state, each one number or (channel,)."""
        ...


@runtime_checkable
class Uncertain(Protocol):
    """A stage that adds an error of expected size: one entry of the error budget."""

    def spread(self, x: Array, carry: Any, conditions: Conditions) -> float | Array:
        """One sigma of the error that a unit of this part, age and surroundings may be expected to add.

        Follows from part data, never from what this unit happened to draw; `x` is the signal before the
        stage, and `carry` its memory at the start of the block, from which only what stays the same may be
        used. Broadcasts to (time, channel).
        """
        ...


@runtime_checkable
class Biased(Protocol):
    """A stage whose error has a sign and a size that are known: a further entry of the error budget."""

    def bias(self, x: Array, carry: Any, conditions: Conditions) -> float | Array:
        """Mean error that a unit of this part, age and surroundings may be expected to add.

        `spread` is then the scatter about it. Arguments and shape are those of `Uncertain.spread`.
        """
        ...


@runtime_checkable
class Sloped(Protocol):
    """A stage that changes the unit or scale of the signal, and so of the errors before it."""

    def slope(self, x: Array, conditions: Conditions) -> float | Array:
        """Derivative of the stage's output by its input `x`; broadcasts to (time, channel)."""
        ...


type AnyStage = Stage[Any]  # a chain mixes carry types; each stage meets only its own


class Transform:
    """Marks a change of variables: no imperfection, so it cannot be switched off by itself."""


class Draws:
    """Marks a stage of one sensor that draws at every tick, so that the contract can leave it out."""


def per_channel(value: float | Array, n_channels: int) -> Array:
    """One value per channel, (channel,)."""
    return np.broadcast_to(np.asarray(value, dtype=np.float64), (n_channels,)).copy()


def as_description(values: Mapping[str, npt.ArrayLike]) -> Description:
    """Plain numbers as float, the rest as arrays."""
    return {name: _one(np.asarray(value, dtype=np.float64)) for name, value in values.items()}


def _one(value: Array) -> float | Array:
    return float(value) if value.ndim == 0 else value
