"""Numbers and courses in a scenario file: plain, taken from a parameter, multiplied, or shaped over time.

There is no language to learn and nothing is evaluated: `$name` is a parameter or a course of the same file,
`{times: [...]}` is a product, and a course is one of a few shapes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

import numpy as np
from pydantic import Discriminator, Field, StringConstraints, Tag, model_validator

from envirosense.core.config import FrozenModel
from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.scenarios import shapes
from envirosense.scenarios.distributions import ParameterValue
from envirosense.scenarios.faults import Path, at
from envirosense.scenarios.quantities import Unit, suffix_unit, unit_of

ONE: Final = unit_of("1")
OWN_UNIT: Final = ("value", "start", "table")  # fields of a shape in the unit of the course itself
SHAPES: Final = ("constant", "ramp", "hold", "trapezoid", "pulses", "decay", "growth", "table")

type Reference = Annotated[str, StringConstraints(pattern=r"^\$[a-z][a-z0-9_]*$")]


class ProductDefinition(FrozenModel):
    """Product of numbers, parameters and courses."""

    times: Annotated[list[float | Reference], Field(min_length=1)]


def _form(value: Any) -> str:
    """Which form a number or course is written in, so that an error speaks of that one alone."""
    if isinstance(value, str):
        return "reference"
    if isinstance(value, ProductDefinition) or (isinstance(value, Mapping) and "times" in value):
        return "product"
    return "shape" if isinstance(value, Mapping | FrozenModel) else "number"


type Number = Annotated[
    Annotated[float, Tag("number")]
    | Annotated[Reference, Tag("reference")]
    | Annotated[ProductDefinition, Tag("product")],
    Discriminator(lambda value: "number" if _form(value) == "shape" else _form(value)),
]


class RampDefinition(FrozenModel):
    """From one value to another along a straight line, and on there."""

    value: Number
    start: Number = 0.0
    begin: Number  # fractions of the episode
    end: Number


class HoldDefinition(FrozenModel):
    """A value between two times, another one outside."""

    value: Number
    start: Number = 0.0  # outside
    begin: Number
    end: Number


class TrapezoidDefinition(FrozenModel):
    """Up, steady, and down to nothing."""

    value: Number
    begin: Number
    rise: Number
    fall: Number
    end: Number


class PulsesDefinition(FrozenModel):
    """On and off again and again."""

    value: Number
    period_s: Number
    on_s: Number
    begin: Number = 0.0
    end: Number = 1.0


class DecayDefinition(FrozenModel):
    """At once there, and fading."""

    value: Number
    begin: Number
    tau_s: Number


class GrowthDefinition(FrozenModel):
    """From one value to another by equal factors in equal times."""

    value: Number
    start: Number
    begin: Number
    end: Number


class FluctuationDefinition(FrozenModel):
    """Random wandering around the shape, as a factor of mean 1."""

    tau_s: Number
    sigma: Number


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


type CourseDefinition = Annotated[
    Annotated[float, Tag("number")]
    | Annotated[Reference, Tag("reference")]
    | Annotated[ProductDefinition, Tag("product")]
    | Annotated[ShapeDefinition, Tag("shape")],
    Discriminator(_form),
]


@dataclass
class Scope:
    """What `$name` stands for in one episode, and where randomness comes from."""

    params: Mapping[str, ParameterValue]
    units: Mapping[str, Unit]  # of the parameters
    named: Mapping[str, Any] = field(default_factory=dict)  # courses by name, as written
    grid: TimeGrid | None = None
    rng: np.random.Generator | None = None
    drawn: dict[str, Array] = field(default_factory=dict)  # courses by name, once drawn

    def text(self, value: str) -> str:
        """A name, or the option of the parameter it refers to."""
        return str(self.params[value[1:]]) if value.startswith("$") else value

    def number(self, value: Any, unit: Unit = ONE) -> float:
        """A number in a unit."""
        found = self._product(value, unit)
        if isinstance(found, np.ndarray):
            raise ConfigError("value", value, "is a course; a single number is needed here")
        return found

    def course(self, value: Any, unit: Unit = ONE) -> Array:
        """A course in a unit, (time,)."""
        grid, rng = self._episode
        if not isinstance(value, ShapeDefinition):
            return np.broadcast_to(self._product(value, unit), (grid.n,)).astype(np.float64)
        values = self._shape(value, unit, grid)
        if value.fluctuating is not None:
            tau_s = self.number(value.fluctuating.tau_s, unit_of("s"))
            values = values * shapes.fluctuation(grid, tau_s, self.number(value.fluctuating.sigma), rng)
        return values

    def draw_courses(self) -> None:
        """Draw every named course, in the file's order, so that later ones may use earlier ones."""
        for name, written in self.named.items():
            with at("courses", name):
                self.drawn[name] = self.course(written, suffix_unit(name))

    @property
    def _episode(self) -> tuple[TimeGrid, np.random.Generator]:
        if self.grid is None or self.rng is None:
            raise ConfigError("course", "no episode", "courses are known in an episode only")
        return self.grid, self.rng

    def _product(self, value: Any, unit: Unit) -> float | Array:
        if not isinstance(value, str | ProductDefinition):
            return float(value)
        factors = value.times if isinstance(value, ProductDefinition) else [value]
        total: float | Array = 1.0
        for factor in factors:
            total = total * (self._named(factor[1:]) if isinstance(factor, str) else factor)
        return total * reference_unit(value, self.units, self.named).per(unit)

    def _named(self, name: str) -> float | Array:
        return self.drawn[name] if name in self.drawn else float(self.params[name])

    def _shape(self, shape: ShapeDefinition, unit: Unit, grid: TimeGrid) -> Array:
        whole_s = grid.duration_s

        def at_s(fraction: Any) -> float:
            return self.number(fraction) * whole_s

        def seconds(value: Any) -> float:
            return self.number(value, unit_of("s"))

        if shape.table is not None:
            values = np.array([self.number(value, unit) for _, value in shape.table])
            return shapes.linear(grid, np.array([whole_s * at for at, _ in shape.table]), values)
        if shape.constant is not None:
            return np.full(grid.n, self.number(shape.constant, unit))
        if (r := shape.ramp) is not None:
            ends = np.array([self.number(r.start, unit), self.number(r.value, unit)])
            return shapes.linear(grid, np.array([at_s(r.begin), at_s(r.end)]), ends)
        if (h := shape.hold) is not None:
            outside, inside = self.number(h.start, unit), self.number(h.value, unit)
            begin_s, end_s = at_s(h.begin), at_s(h.end)
            points_s = np.array([begin_s, begin_s, end_s, end_s])
            return shapes.linear(grid, points_s, np.array([outside, inside, inside, outside]))
        if (t := shape.trapezoid) is not None:
            whole = shapes.trapezoid(grid, at_s(t.begin), at_s(t.rise), at_s(t.end), at_s(t.fall))
            return self.number(t.value, unit) * whole
        if (p := shape.pulses) is not None:
            on = shapes.pulses(grid, at_s(p.begin), at_s(p.end), seconds(p.period_s), seconds(p.on_s))
            return self.number(p.value, unit) * on
        if (d := shape.decay) is not None:
            return self.number(d.value, unit) * shapes.decay(grid, at_s(d.begin), seconds(d.tau_s))
        g = shape.growth
        assert g is not None  # the model has exactly one shape
        start, value = self.number(g.start, unit), self.number(g.value, unit)
        return shapes.growth(grid, at_s(g.begin), at_s(g.end), start, value)


def reference_unit(value: Any, units: Mapping[str, Unit], named: Mapping[str, Any]) -> Unit:
    """Unit of a reference or product.

    Raises:
        ConfigError: if it refers to nothing.
    """
    factors = value.times if isinstance(value, ProductDefinition) else [value]
    total = ONE
    for factor in factors:
        if isinstance(factor, str):
            name = factor[1:]
            if name not in units and name not in named:
                raise UnknownNameError("reference", factor, [f"${known}" for known in (*units, *named)])
            total = total * (units[name] if name in units else suffix_unit(name))
    return total


type Checked = Callable[[Path, Any, Unit], None]


def each_value(model: Any, check: Checked, path: Path = (), unit: Unit = ONE) -> None:
    """Call `check(path, value, unit)` with every number, reference and product below a model."""
    if isinstance(model, FrozenModel) and not isinstance(model, ProductDefinition):
        for name in type(model).model_fields:
            inner = unit if name in (*OWN_UNIT, "constant", *SHAPES) else suffix_unit(name)
            each_value(getattr(model, name), check, (*path, name), inner)
    elif isinstance(model, Mapping):
        for key, value in model.items():
            each_value(value, check, (*path, key), unit)
    elif isinstance(model, list | tuple):
        for i, value in enumerate(model):
            each_value(value, check, (*path, i), unit)
    elif isinstance(model, float | str | ProductDefinition):
        check(path, model, unit)
