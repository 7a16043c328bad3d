"""Units as people write them in scenario files: what they measure, and how much of the SI unit they are."""

import math
import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from envirosense.core.errors import ConfigError

type Dimension = tuple[tuple[str, int], ...]  # base unit and its power, sorted, none of power 0

_PREFIXES: Final = {
    "p": 1e-12, "n": 1e-9, "u": 1e-6, "m": 1e-3, "c": 1e-2, "h": 1e2, "k": 1e3, "M": 1e6, "G": 1e9,
}  # fmt: skip
# Symbol -> factor to base units, and their powers; those in _PREFIXED may carry a prefix
_PREFIXED: Final[dict[str, tuple[float, dict[str, int]]]] = {
    "m": (1.0, {"m": 1}),
    "g": (1e-3, {"kg": 1}),
    "s": (1.0, {"s": 1}),
    "A": (1.0, {"A": 1}),
    "K": (1.0, {"K": 1}),
    "mol": (1.0, {"mol": 1}),
    "rad": (1.0, {"rad": 1}),
    "Hz": (1.0, {"s": -1}),
    "N": (1.0, {"kg": 1, "m": 1, "s": -2}),
    "Pa": (1.0, {"kg": 1, "m": -1, "s": -2}),
    "J": (1.0, {"kg": 1, "m": 2, "s": -2}),
    "W": (1.0, {"kg": 1, "m": 2, "s": -3}),
    "Wh": (3600.0, {"kg": 1, "m": 2, "s": -2}),
    "C": (1.0, {"A": 1, "s": 1}),
    "V": (1.0, {"kg": 1, "m": 2, "s": -3, "A": -1}),
    "ohm": (1.0, {"kg": 1, "m": 2, "s": -3, "A": -2}),
    "S": (1.0, {"kg": -1, "m": -2, "s": 3, "A": 2}),
    "F": (1.0, {"kg": -1, "m": -2, "s": 4, "A": 2}),
    "T": (1.0, {"kg": 1, "s": -2, "A": -1}),
    "l": (1e-3, {"m": 3}),
}
_PLAIN: Final[dict[str, tuple[float, dict[str, int]]]] = {
    "%": (0.01, {}),
    "ppm": (1e-6, {}),
    "ppb": (1e-9, {}),
    "deg": (math.pi / 180.0, {"rad": 1}),
    "min": (60.0, {"s": 1}),
    "h": (3600.0, {"s": 1}),
    "d": (86_400.0, {"s": 1}),
    "day": (86_400.0, {"s": 1}),
    "a": (365.25 * 86_400.0, {"s": 1}),
    "year": (365.25 * 86_400.0, {"s": 1}),
    "bar": (1e5, {"kg": 1, "m": -1, "s": -2}),
    "degC": (1.0, {"degC": 1}),  # not turned into K: a difference and a temperature would be mixed up
    "dB": (1.0, {"dB": 1}),
}
_TERM: Final = re.compile(r"([A-Za-z%]+)(?:\^?(-?[1-9]))?")
# Last words of names of quantities, longest first, and the unit they stand for
_SUFFIXES: Final = {
    "w_m2": "W/m2", "ug_m3": "ug/m3", "kg_m": "kg/m", "g_s": "g/s", "g_h": "g/h", "m_s2": "m/s2",
    "m_s": "m/s", "mm_h": "mm/h", "n_s": "N s", "per_s": "1/s", "per_min": "1/min", "per_h": "1/h",
    "per_pole_year": "1/year",
    "j_g": "J/g", "v_m": "V/m", "w": "W", "kw": "kW", "j": "J", "k": "K", "c": "C", "s": "s", "h": "h",
    "min": "min", "days": "d", "m": "m", "mm": "mm", "m2": "m2", "km": "km", "g": "g", "kg": "kg", "a": "A",
    "ma": "mA", "v": "V", "kv": "kV", "ohm": "ohm", "pa": "Pa", "hz": "Hz", "deg": "deg", "rad": "rad",
    "db": "dB", "ppb": "ppb", "um": "um",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unit:
    """What a unit measures, and how many SI base units one of it is."""

    text: str
    dimension: Dimension
    factor: float

    def __mul__(self, other: "Unit") -> "Unit":
        """Unit of a product."""
        powers = dict(self.dimension)
        for base, power in other.dimension:
            powers[base] = powers.get(base, 0) + power
        text = " ".join(u.text for u in (self, other) if u.text != "1") or "1"
        return Unit(text, _dimension(powers), self.factor * other.factor)

    def per(self, other: "Unit") -> float:
        """How many of the other unit one of this is.

        Raises:
            ConfigError: if they measure different things.
        """
        if self.dimension != other.dimension:
            raise ConfigError(
                "unit", self.text, f"does not measure what {other.text} does; write {other.text}"
            )
        return 1.0 if self.text == other.text else self.factor / other.factor


@cache
def unit_of(text: str) -> Unit:
    """Unit of a text such as `W`, `g/s`, `ug/m3`, `1/min` or `N s`.

    Raises:
        ConfigError: if a symbol is not known.
    """
    powers: dict[str, int] = {}
    factor = 1.0
    for place, part in enumerate(text.replace("*", " ").replace(" per ", "/").split("/")):
        sign = 1 if place == 0 else -1
        for term in part.replace("(", " ").replace(")", " ").split():
            if term == "1":
                continue
            found = _TERM.fullmatch(term)
            symbol, power = (found[1], int(found[2] or 1)) if found else (term, 1)
            size, bases = _symbol(symbol, text)
            factor *= size ** (sign * power)
            for base, own in bases.items():
                powers[base] = powers.get(base, 0) + sign * power * own
    if not text.strip():
        raise ConfigError("unit", text, "write a unit, or '1' for a plain number")
    return Unit(text, _dimension(powers), factor)


def suffix_unit(name: str) -> Unit:
    """Unit that the end of a name says, such as `W` for `peak_power_w`; `1` where it says none."""
    words = name.split("_")
    for n in (3, 2, 1):
        ending = "_".join(words[-n:])
        if len(words) > n and ending in _SUFFIXES:
            return unit_of(_SUFFIXES[ending])
    return unit_of("1")


def _dimension(powers: dict[str, int]) -> Dimension:
    return tuple(sorted((base, power) for base, power in powers.items() if power))


def _symbol(symbol: str, text: str) -> tuple[float, dict[str, int]]:
    if symbol in _PLAIN:
        return _PLAIN[symbol]
    if symbol in _PREFIXED:
        return _PREFIXED[symbol]
    size, bases = _PREFIXED.get(symbol[1:], (0.0, {}))
    if symbol[:1] not in _PREFIXES or not bases:
        known = ", ".join(("1", *_PREFIXED, *_PLAIN))
        raise ConfigError("unit", text, f"unknown unit {symbol!r}; known: {known}, with prefixes p to G")
    return _PREFIXES[symbol[0]] * size, bases
