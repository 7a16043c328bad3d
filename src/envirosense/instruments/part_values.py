"""Numbers of a part with a sensor's overrides on top, taken out only in the unit asked for."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from pydantic import JsonValue

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.parts import Part, Quantity
from envirosense.core.protocols import Array


class PartValues:
    """A part as one sensor uses it.

    Raises:
        UnknownNameError: if an override names no value of the part.
        ConfigError: if an override is not of the kind and length of what it replaces.
    """

    def __init__(self, part: Part, overrides: Mapping[str, JsonValue]) -> None:
        self.part = part
        self._overrides = {name: _checked(part, name, value) for name, value in overrides.items()}

    def __contains__(self, name: str) -> bool:
        return name in self.part

    def _value(self, name: str, unit: str) -> Any:
        quantity = self._quantity(name)
        if quantity.unit != unit:
            raise ConfigError(f"part {self.part.name}:{name}", quantity.unit, f"must be in {unit!r}")
        return self._overrides.get(name, quantity.value)

    def _quantity(self, name: str) -> Quantity:
        if name not in self.part:
            raise UnknownNameError(f"value of part {self.part.name}", name, self.part.quantities)
        return self.part.quantities[name]

    def number(self, name: str, unit: str) -> float:
        """One number in `unit`."""
        value = self._value(name, unit)
        if not isinstance(value, int | float):
            raise ConfigError(f"part {self.part.name}:{name}", value, "must be one number")
        return float(value)

    def numbers(self, name: str, unit: str, n: int) -> Array:
        """One number per channel in `unit`, (n,); a single number stands for all."""
        value = np.asarray(self._value(name, unit), dtype=np.float64)
        if value.ndim > 1 or value.size not in (1, n):
            raise ConfigError(f"part {self.part.name}:{name}", value.tolist(), f"must be one number or {n}")
        return np.full(n, value)

    def reading_numbers(self, name: str, n: int) -> Array:
        """One number per channel in the unit of the channel's reading, (n,), whatever the part calls it."""
        return self.numbers(name, self._quantity(name).unit, n)

    def words(self, name: str) -> tuple[str, ...]:
        """Words, one per channel."""
        return tuple(self._value(name, ""))

    def table(self, prefix: str, unit: str, n: int) -> dict[str, Array]:
        """Rows `prefix.name` of n numbers in `unit`, by name, in file order."""
        return {name: self.numbers(f"{prefix}.{name}", unit, n) for name in self.part.group(prefix)}


def _checked(part: Part, name: str, value: JsonValue) -> JsonValue:
    if name not in part:
        raise UnknownNameError("override", name, part.quantities)
    old = part[name]
    if _shape(value) != _shape(old):
        raise ConfigError(f"overrides.{name}", value, f"must be {_shape(old)}, as in part {part.name}")
    return value


def _shape(value: object) -> str:
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}, each {_shape(value[0]) if value else 'anything'}"
    return "a number" if isinstance(value, int | float) and not isinstance(value, bool) else "a text"
