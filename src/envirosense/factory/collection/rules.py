"""Quality filters as data: what a collected record must say, and the reason code where it does not."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, Self

from pydantic import Field, model_validator

from envirosense.core.config import FrozenModel, load_yaml
from envirosense.core.errors import ConfigError

type Test = Literal["filled", "any_filled", "at_least", "at_most", "is", "longer", "differ"]

_NUMERIC: Final = frozenset({"at_least", "at_most", "longer"})


class FilterRule(FrozenModel):
    """One thing that must hold, and the code that says it does not.

    A value that is missing is judged by `filled` and `any_filled` alone: a low score and no score are two
    reasons, and a score that is missing is never taken for a good one.

    Attributes:
        code: reason, such as `confidence_low`.
        test: `filled`: the field says something (a blank text or an empty list says nothing); `any_filled`:
            one of the fields does; `at_least`, `at_most`: numbers; `is`: equal to `value`; `longer`: a text
            of at least `value` characters; `differ`: the fields are not equal.
        fields: paths such as `pattern.confidence`; `*` stands for every item of a list.
        when: paths and what they must be for the rule to be asked.
    """

    code: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    test: Test
    fields: tuple[str, ...] = Field(min_length=1)
    value: bool | float | str | None = None
    when: dict[str, bool | str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _value_fits(self) -> Self:
        is_number = isinstance(self.value, float | int) and not isinstance(self.value, bool)
        if self.test in _NUMERIC and not is_number:
            raise ConfigError("value", self.value, f"test {self.test!r} of rule {self.code!r} needs a number")
        if self.test == "is" and self.value is None:
            raise ConfigError("value", None, f"rule {self.code!r} needs what the field must be")
        return self

    def holds(self, record: Mapping[str, Any]) -> bool:
        """Whether a record passes."""
        if any(list(values_at(record, path)) != [wanted] for path, wanted in self.when.items()):
            return True
        found = [value for path in self.fields for value in values_at(record, path)]
        said = [value for value in found if is_filled(value)]
        if self.test == "any_filled":
            return bool(said)
        if self.test == "filled":
            return bool(found) and len(said) == len(found)
        if self.test == "differ":
            return len(said) < 2 or len({str(value) for value in said}) == len(said)
        return all(self._passes(value) for value in said)

    def _passes(self, value: object) -> bool:
        if self.test == "is":
            return value == self.value and isinstance(value, bool) == isinstance(self.value, bool)
        if self.test == "longer":
            return isinstance(value, str) and len(value.strip()) >= float(self.value or 0.0)
        if not isinstance(value, int | float) or isinstance(value, bool):
            return False
        limit = float(self.value or 0.0)
        return value >= limit if self.test == "at_least" else value <= limit


def is_filled(value: object) -> bool:
    """Whether a value says something."""
    if isinstance(value, str):
        return bool(value.strip())
    if isinstance(value, Mapping | Sequence):
        return bool(value)
    return value is not None


def values_at(record: object, path: str) -> Iterator[Any]:
    """Values at a path; one None where nothing is there."""
    head, _, rest = path.partition(".")
    if head == "*":
        items = record if isinstance(record, list | tuple) and record else [None]
    else:
        items = [record.get(head) if isinstance(record, Mapping) else None]
    for item in items:
        if rest:
            yield from values_at(item, rest)
        else:
            yield item


def read_filters(path: Path | str) -> dict[str, tuple[FilterRule, ...]]:
    """Filters of a YAML file, `POINT: [rule, ...]`, to be used instead of a point's own.

    Raises:
        ConfigError: naming the rule that does not fit.
    """
    found = {}
    for point, rules in load_yaml(Path(path)).items():
        if not isinstance(rules, list):
            raise ConfigError(point, rules, f"must be a list of rules in {path}")
        found[point] = tuple(FilterRule.parse(one, f"{point}.{at}") for at, one in enumerate(rules))
    return found
