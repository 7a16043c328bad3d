"""Shapes of courses in a scenario file."""

from typing import Annotated, Final

import numpy as np
from pydantic import Discriminator, Field, Tag, model_validator

from envirosense.core.config import FrozenModel
from envirosense.core.protocols import Array
from envirosense.scenarios import shapes
from envirosense.scenarios.declared_values import (
    SHAPES,
    Number,
    ProductDefinition,
    Reference,
    Scope,
    form_of,
)
from envirosense.scenarios.quantities import Unit, unit_of

SECOND: Final = unit_of("s")


class RampDefinition(FrozenModel):
    """From one value to another along a straight line, and on there."""

    value: Number
    start: Number = 0.0
    begin: Number  # fractions of the episode
    end: Number

    def course(self, scope: Scope, unit: Unit) -> Array:
        """The course in a unit, (time,)."""
        ends_s = np.array([scope.at_s(self.begin), scope.at_s(self.end)])
        ends = np.array([scope.number(self.start, unit), scope.number(self.value, unit)])
        return shapes.linear(scope.episode, ends_s, ends)


class HoldDefinition(FrozenModel):
    """A value between two times, another one outside."""

    value: Number
    start: Number = 0.0  # outside
    begin: Number
    end: Number

    def course(self, scope: Scope, unit: Unit) -> Array:
        """The course in a unit, (time,)."""
        outside, inside = scope.number(self.start, unit), scope.number(self.value, unit)
        begin_s, end_s = scope.at_s(self.begin), scope.at_s(self.end)
        points_s = np.array([begin_s, begin_s, end_s, end_s])
        return shapes.linear(scope.episode, points_s, np.array([outside, inside, inside, outside]))


class TrapezoidDefinition(FrozenModel):
    """Up, steady, and down to nothing."""

    value: Number
    begin: Number
    rise: Number
    fall: Number
    end: Number

    def course(self, scope: Scope, unit: Unit) -> Array:
        """The course in a unit, (time,)."""
        begin_s, rise_s, end_s, fall_s = map(scope.at_s, (self.begin, self.rise, self.end, self.fall))
        whole = shapes.trapezoid(scope.episode, begin_s, rise_s, end_s, fall_s)
        return scope.number(self.value, unit) * whole


class PulsesDefinition(FrozenModel):
    """On and off again and again."""

    value: Number
    period_s: Number
    on_s: Number
    begin: Number = 0.0
    end: Number = 1.0

    def course(self, scope: Scope, unit: Unit) -> Array:
        """The course in a unit, (time,)."""
        period_s, on_s = scope.number(self.period_s, SECOND), scope.number(self.on_s, SECOND)
        ends_s = scope.at_s(self.begin), scope.at_s(self.end)
        return scope.number(self.value, unit) * shapes.pulses(scope.episode, *ends_s, period_s, on_s)


class DecayDefinition(FrozenModel):
    """At once there, and fading."""

    value: Number
    begin: Number
    tau_s: Number

    def course(self, scope: Scope, unit: Unit) -> Array:
        """The course in a unit, (time,)."""
        tau_s = scope.number(self.tau_s, SECOND)
        return scope.number(self.value, unit) * shapes.decay(scope.episode, scope.at_s(self.begin), tau_s)


class GrowthDefinition(FrozenModel):
    """From one value to another by equal factors in equal times."""

    value: Number
    start: Number
    begin: Number
    end: Number

    def course(self, scope: Scope, unit: Unit) -> Array:
        """The course in a unit, (time,)."""
        ends_s = scope.at_s(self.begin), scope.at_s(self.end)
        start, value = scope.number(self.start, unit), scope.number(self.value, unit)
        return shapes.growth(scope.episode, *ends_s, start, value)


class FluctuationDefinition(FrozenModel):
    """Random wandering around the shape, as a factor of mean 1."""

    tau_s: Number
    sigma: Number

    def course(self, scope: Scope) -> Array:
        """The factor, (time,)."""
        tau_s = scope.number(self.tau_s, SECOND)
        return shapes.fluctuation(scope.episode, tau_s, scope.number(self.sigma), scope.draws)


class ShapeDefinition(FrozenModel):
    """One shape over the episode, perhaps fluctuating."""

    constant: Number | None = None
    ramp: RampDefinition | None = None
    hold: HoldDefinition | None = None
    trapezoid: TrapezoidDefinition | None = None
    pulses: PulsesDefinition | None = None
    decay: DecayDefinition | None = None
    growth: GrowthDefinition | None = None
    table: Annotated[list[tuple[float, Number]], Field(min_length=1)] | None = None  # [fraction, value]
    fluctuating: FluctuationDefinition | None = None

    @model_validator(mode="after")
    def _has_one_shape(self) -> "ShapeDefinition":
        given = [name for name in SHAPES if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of {', '.join(SHAPES)}, not {', '.join(given) or 'none'}")
        return self

    def course(self, scope: Scope, unit: Unit) -> Array:
        """The course in a unit, (time,)."""
        (name,) = (name for name in SHAPES if getattr(self, name) is not None)
        shape = getattr(self, name)
        if name == "table":
            points_s = np.array([scope.at_s(at) for at, _ in shape])
            values = shapes.linear(
                scope.episode, points_s, np.array([scope.number(value, unit) for _, value in shape])
            )
        else:
            values = scope.course(shape, unit)
        return values if self.fluctuating is None else values * self.fluctuating.course(scope)


type CourseDefinition = Annotated[
    Annotated[float, Tag("number")]
    | Annotated[Reference, Tag("reference")]
    | Annotated[ProductDefinition, Tag("product")]
    | Annotated[ShapeDefinition, Tag("shape")],
    Discriminator(form_of),
]
