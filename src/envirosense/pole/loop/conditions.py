"""Conditions of an episode as columns to slice by; a model never sees them."""

from collections import Counter
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from envirosense.core.episode import EpisodeSpec
from envirosense.pole.loop.requests import CATEGORY, SCENARIOS_OF_THE_LOOP, bounds_of
from envirosense.pole.start_conditions import UNITS, conditions_of
from envirosense.scenarios import SCENARIOS
from envirosense.scenarios.distributions import is_number

SITE_UNITS: Final[Mapping[str, str]] = MappingProxyType({
    "peak_current_a": "A",
    "roughness_m": "m",
    "tree_distance_m": "m",
    "device_height_m": "m",
})  # fmt: skip
SITE_PREFIX: Final = "site_"  # parameters of scenarios may have such names
_SHARED: Final = 3  # scenarios; fewer may mean different things by one name
_NO_STRENGTH: Final = ("_fraction", "_deg", "_days", "_h")  # when, where around, how often: not how strong


@cache
def parameter_units() -> Mapping[str, str]:
    """Unit of every parameter that is a number in some scenario of the loop; equal names share a column."""
    return MappingProxyType({
        name: parameter.unit
        for scenario in SCENARIOS_OF_THE_LOOP
        for name, parameter in sorted(SCENARIOS[scenario].space.parameters.items())
        if bounds_of(parameter.distribution) is not None
    })  # fmt: skip


def slice_by() -> tuple[str, ...]:
    """Conditions that weak spots are looked for in: all of them can be drawn from.

    Of the parameters, those that several scenarios share. What a single scenario has is known there alone:
    a search finds "any value of it" where it should say the scenario.
    """
    met = Counter(
        name
        for scenario in SCENARIOS_OF_THE_LOOP
        for name in SCENARIOS[scenario].space.parameters
        if name in parameter_units() and not name.endswith(_NO_STRENGTH)
    )
    return ("scenario", *UNITS, *sorted(name for name, n in met.items() if n >= _SHARED))


def slice_units() -> dict[str, str]:
    """Unit of every column that is a number."""
    site = {SITE_PREFIX + name: unit for name, unit in SITE_UNITS.items()}
    return {**UNITS, **parameter_units(), **site}


def slices_of(spec: EpisodeSpec) -> dict[str, str | float]:
    """Scenario, category, start conditions, parameters and facts of the site; NaN where there is none.

    A recorded episode has no simulated weather, and nobody knows its causes.
    """
    found: dict[str, str | float] = {
        "scenario": spec.scenario,
        CATEGORY: spec.scenario.partition("/")[0],
        **(conditions_of(spec) if spec.weather else dict.fromkeys(UNITS, float("nan"))),
    }
    for name in parameter_units():
        found[name] = _number(spec.params.get(name))
    for name in SITE_UNITS:
        found[SITE_PREFIX + name] = _number(spec.site.get(name))
    return found


def _number(value: Any) -> float:
    return float(value) if is_number(value) else float("nan")


def columns(rows: list[dict[str, str | float]], counts: list[int]) -> dict[str, npt.NDArray[np.generic]]:
    """Columns of the rows, (sample,), each row repeated as often as its count says."""
    return {name: np.repeat(np.asarray([row[name] for row in rows]), counts) for name in rows[0]}
