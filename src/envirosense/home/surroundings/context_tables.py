"""The tables of `context_tables.toml`: climates, grids, tariffs and public holidays by name."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from envirosense.core.errors import UnknownNameError

type Group = Literal["climates", "grids", "tariffs", "countries"]


@cache
def _tables() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads((files(__package__) / "context_tables.toml").read_text(encoding="utf-8"))


def context_row(group: Group, name: str) -> Mapping[str, Any]:
    """Row of a table by its name or one of its other names, upper or lower case.

    Raises:
        UnknownNameError: for a name that the table lacks.
    """
    rows: Mapping[str, Mapping[str, Any]] = _tables()[group]
    for key, row in rows.items():
        if name.lower() in (key.lower(), *row.get("names", ())):
            return row
    raise UnknownNameError(group.removesuffix("s"), name, rows)


def price_level(currency: str) -> float:
    """Factor of the tariffs' prices for a currency; one that the table lacks counts as the tariffs' own."""
    return float(_tables()["currencies"].get(currency, 1.0))


def country_of(timezone: str) -> Mapping[str, Any]:
    """Public holidays where a time zone's name begins with one that a country lists."""
    rows: Mapping[str, Mapping[str, Any]] = _tables()["countries"]
    return next(row for row in rows.values() if timezone.startswith(tuple(row["timezones"])))
