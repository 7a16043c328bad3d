"""Numbers and courses in a scenario file: plain, taken from a parameter, multiplied, or shaped over time.

There is no language to learn and nothing is evaluated: `$name` is a parameter or a course of the same file,
`{times: [...]}` is a product, and a course is one of a few shapes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Final

import numpy as np
from pydantic import Discriminator, Field, StringConstraints, Tag

from envirosense.core.config import FrozenModel
from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.core.rng import stream
from envirosense.scenarios.distributions import ParameterValue
from envirosense.scenarios.faults import Fault, Path, at
from envirosense.scenarios.quantities import Unit, suffix_unit, unit_of

ONE: Final = unit_of("1")
OWN_UNIT: Final = ("value", "start", "table")  # fields of a shape in the unit of the course itself
SHAPES: Final = ("constant", "ramp", "hold", "trapezoid", "pulses", "decay", "growth", "table")  # of a course

type Reference = Annotated[str, StringConstraints(pattern=r"^\$[a-z][a-z0-9_]*$")]


class ProductDefinition(FrozenModel):
    """Product of numbers, parameters and courses."""

    times: Annotated[list[float | Reference], Field(min_length=1)]


def form_of(value: Any) -> str:
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
    Discriminator(lambda value: "number" if form_of(value) == "shape" else form_of(value)),
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
        if isinstance(value, FrozenModel) and not isinstance(value, ProductDefinition):
            found: Array = value.course(self, unit)  # type: ignore[attr-defined]
            return found
        return np.broadcast_to(self._product(value, unit), (self.episode.n,)).astype(np.float64)

    def at_s(self, fraction: Any) -> float:
        """Time of a fraction of the episode [s]."""
        return self.number(fraction) * self.episode.duration_s

    def draw_courses(self) -> None:
        """Draw every named course from its own stream, so that their order in the file does not matter."""
        seed = int(self.draws.integers(2**63))
        for name in course_order(self.named):
            own = replace(self, rng=stream(seed, "course", name))
            with at("courses", name):
                self.drawn[name] = own.course(self.named[name], suffix_unit(name))

    @property
    def episode(self) -> TimeGrid:
        """Ticks of the episode.

        Raises:
            ConfigError: where a course is asked for outside an episode.
        """
        if self.grid is None:
            raise ConfigError("course", "no episode", "courses are known in an episode only")
        return self.grid

    @property
    def draws(self) -> np.random.Generator:
        """Generator of the scenario's own draws, as `episode`."""
        if self.rng is None:
            raise ConfigError("course", "no episode", "courses are known in an episode only")
        return self.rng

    def _product(self, value: Any, unit: Unit) -> float | Array:
        if not isinstance(value, str | ProductDefinition):
            return float(value)
        factors = value.times if isinstance(value, ProductDefinition) else [value]
        total: float | Array = 1.0
        for factor in factors:
            total = total * (self._named(factor[1:]) if isinstance(factor, str) else factor)
        return total * reference_unit(value, self.units, self.named).per(unit)

    def _named(self, name: str) -> float | Array:
        if name in self.drawn:
            return self.drawn[name]
        value = self.params[name]
        if isinstance(value, str):
            raise ConfigError(f"${name}", value, "is a name; a number is needed here")
        return float(value)


def course_order(named: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of courses, each after those that it refers to.

    Raises:
        Fault: at a course that refers to itself.
    """
    uses = {name: _references(course) & named.keys() for name, course in named.items()}
    ordered: list[str] = []
    while len(ordered) < len(uses):
        ready = sorted(name for name in uses if name not in ordered and uses[name] <= set(ordered))
        if not ready:
            name = next(name for name in named if name not in ordered)
            raise Fault(("courses", name), sorted(uses[name]), "refers to itself; break the circle")
        ordered += ready
    return tuple(ordered)


def _references(course: Any) -> set[str]:
    found: set[str] = set()

    def note(path: Path, value: Any, unit: Unit) -> None:
        factors = value.times if isinstance(value, ProductDefinition) else [value]
        found.update(one[1:] for one in factors if isinstance(one, str) and one.startswith("$"))

    each_value(course, note)
    return found


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
