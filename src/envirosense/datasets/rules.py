"""Quality rules as data: what must hold for the rows of a stream.

A rule is a few fields in a YAML file; twins contribute theirs through the entry-point group
`envirosense.rules`. Columns may carry one leading `*`, which stands for any sensor; rules of one column
take any pattern of file names (`thermometer*.temperature_c`).
"""

from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from importlib.resources import as_file
from importlib.resources.abc import Traversable
from itertools import pairwise
from typing import Final, Literal, Self

from pydantic import Field, model_validator

from envirosense.core.config import FrozenModel, load_yaml
from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.registry import Registry

FRAME_VALUES: Final = "frame"  # stands for the values of all pixels in a stream of frames
_ONE_COLUMN: Final = ("range", "null", "monotone", "follows", "lattice")
_BOUNDED: Final = ("range", "relation", "follows")
ACROSS: Final = ("follows", "lattice")  # kinds that compare a stream with another one

type Kind = Literal["range", "null", "monotone", "le", "unique", "relation", "follows", "lattice"]
type Severity = Literal["error", "warning"]


class Reference(FrozenModel):
    """What another stream of the episode says a column should read: `scale` x form(columns) + `offset`.

    Forms: `value` the first column, `length` of the vector of all columns, `bearing` in degrees from which a
    flow (east, north) comes. Rows where the vector is shorter than `at_least` are left out. For `lattice`,
    the stream is one of stages, and the column names the stage of the converter.
    """

    stream: str
    columns: tuple[str, ...] = Field(min_length=1)
    scale: float = 1.0
    offset: float = 0.0
    form: Literal["value", "length", "bearing"] = "value"
    at_least: float | None = None


class Rule(FrozenModel):
    """One rule; a null value breaks only `null` and `unique`.

    Kinds: `range` every column within the bounds; `null` no more than the upper bound's share of
    rows unknown (default none); `monotone` never falls within an episode, and rises by at least the lower
    bound if there is one; `le` columns in non-decreasing order within a row; `unique` no two rows of an
    episode equal in all columns; `relation` the named residual of the columns within the bounds; `follows`
    the column minus its reference within the bounds, widened by `share` of the reference, at half of an
    episode's rows or more, known sensor faults left out; `lattice` every value one that the converter of its
    sensor can give.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    kind: Kind
    stream: str
    columns: tuple[str, ...] = Field(min_length=1)
    bounds: tuple[float | None, float | None] = (None, None)
    relation: Literal["difference", "sum", "product", "length", "dew_point"] | None = None
    reference: Reference | None = None
    share: float = Field(default=0.0, ge=0.0)
    severity: Severity = "error"
    note: str = ""

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        low, high = self.bounds
        if low is not None and high is not None and low > high:
            raise ValueError(f"bounds of {self.name} are {low:g} to {high:g}; put the lower one first")
        if self.kind in _BOUNDED and low is None and high is None:
            raise ValueError(f"{self.name} is of kind {self.kind}; give bounds, null for an open end")
        if (self.kind == "relation") != (self.relation is not None):
            raise ValueError(f"{self.name}: give `relation` for kind relation and for no other")
        if (self.kind in ACROSS) != (self.reference is not None):
            raise ValueError(f"{self.name}: give `reference` for kinds {', '.join(ACROSS)} and for no other")
        if self.kind == "le" and len(self.columns) < 2:
            raise ValueError(f"{self.name} compares columns; give at least two")
        return self

    def bindings(self, names: Sequence[str]) -> Iterator[tuple[str, ...]]:
        """Columns to check together, once for every sensor that has them all."""
        if self.kind in _ONE_COLUMN:
            for pattern in self.columns:
                yield from ((name,) for name in names if fnmatchcase(name, pattern))
            return
        stems = {
            stem for pattern in self.columns for name in names if (stem := _stem(pattern, name)) is not None
        }
        for stem in sorted(stems):
            bound = tuple(pattern.replace("*", stem, 1) for pattern in self.columns)
            if set(bound) <= set(names):
                yield bound


def _stem(pattern: str, name: str) -> str | None:
    """What the leading `*` stands for, "" without one; None where the pattern does not fit."""
    if not pattern.startswith("*"):
        return "" if pattern == name else None
    tail = pattern[1:]
    return name[: len(name) - len(tail)] if name.endswith(tail) else None


type RuleLoader = Callable[[], tuple[Rule, ...]]

RULES: Registry[RuleLoader] = Registry("rules", "envirosense.rules")


def load_rules(resource: Traversable) -> tuple[Rule, ...]:
    """Rules of a YAML file `rules: [...]`.

    Raises:
        ConfigError: for an unknown field or kind, or a name given twice; names the entry.
    """
    with as_file(resource) as path:
        data = load_yaml(path)
    unknown = sorted(data.keys() - {"rules"})
    if unknown:
        raise UnknownNameError("field", unknown[0], ("rules",))
    entries = data.get("rules")
    if not isinstance(entries, list):
        raise ConfigError("rules", type(entries).__name__, "must be a list of rules")
    rules = tuple(_rule(entry, position) for position, entry in enumerate(entries))
    names = sorted(rule.name for rule in rules)
    for one, other in pairwise(names):
        if one == other:
            raise ConfigError("rules", one, "two rules have this name; rename one")
    return rules


def _rule(entry: object, position: int) -> Rule:
    where = f"rules.{position}"
    if not isinstance(entry, dict):
        raise ConfigError(where, entry, "must be a mapping with name, kind, stream and columns")
    return Rule.parse(entry, where)


def rules_of(twin: str) -> tuple[Rule, ...]:
    """Rules registered under a twin's name; none where it has none."""
    return RULES[twin]() if twin in RULES else ()
