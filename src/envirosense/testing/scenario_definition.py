"""Checks on what a scenario says about itself: attributes, id, parameters and what it refuses."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np

from envirosense.core.errors import ConfigError
from envirosense.core.rng import stream
from envirosense.scenarios import BaseScenario, Category, Choice, LogUniform, Parameter, ParameterSpace
from envirosense.testing.event_labels import require

type ScenarioClass = type[BaseScenario]
type Params = Mapping[str, Any]

_ATTRIBUTES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "name": str,
    "description": str,
    "category": Category,
    "difficulty_level": str,
    "expected_duration": (int, float),
    "space": ParameterSpace,
    "phases": tuple,
    "limits": str,
}


def check_attributes(scenario_class: ScenarioClass) -> None:
    """Every class attribute of the contract is there, typed and not empty."""
    where = scenario_class.__name__
    for name, kind in _ATTRIBUTES.items():
        value = getattr(scenario_class, name, None)
        require(value is not None, f"{where}: set the class attribute {name!r}")
        require(isinstance(value, kind), f"{where}.{name}: {value!r} is not of type {kind}")
        require(value != "", f"{where}.{name}: write something; it is shown to users")
    require(scenario_class.expected_duration > 0, f"{where}.expected_duration: must be longer than 0 s")
    phases = scenario_class.phases
    named = all(isinstance(phase, str) and phase for phase in phases)
    require(named and len(set(phases)) == len(phases), f"{where}.phases: {phases!r} must be different names")


def check_id(scenario_class: ScenarioClass, scenario_id: str | None = None) -> None:
    """The name is one snake_case word and the registered id is `category/name`."""
    name = scenario_class.name
    require(
        re.fullmatch(r"[a-z][a-z0-9_]*", name) is not None,
        f"{scenario_class.__name__}.name: {name!r} must be lower case letters, digits and underscores",
    )
    expected = f"{scenario_class.category.value}/{name}"
    require(
        scenario_id in (None, expected),
        f"{scenario_class.__name__}: registered as {scenario_id!r}; register it as {expected!r}",
    )


def check_parameters(scenario_class: ScenarioClass) -> None:
    """Every parameter has a usable distribution, a unit, a description and a source; draws are allowed."""
    for name, parameter in scenario_class.space.parameters.items():
        where = f"{scenario_class.__name__}.space[{name!r}]"
        for field in ("unit", "description", "source"):
            require(
                bool(str(getattr(parameter, field)).strip()),
                f"{where}.{field}: write it ('1' for no unit, 'assumed' for no source)",
            )
        _check_distribution(where, parameter)
    for seed in range(20):
        drawn_params(scenario_class, seed)


def _check_distribution(where: str, parameter: Parameter) -> None:
    spread = parameter.distribution
    if isinstance(spread, Choice):
        require(
            len(set(spread.options)) == len(spread.options) > 0,
            f"{where}: give a Choice different options, at least one",
        )
        return
    finite = np.isfinite([spread.low, spread.high]).all()
    require(bool(finite) and spread.low < spread.high, f"{where}: {spread} must rise from low to high")
    require(
        not isinstance(spread, LogUniform) or spread.low > 0, f"{where}: {spread} needs a low bound above 0"
    )


def drawn_params(scenario_class: ScenarioClass, seed: int) -> dict[str, Any]:
    """Parameters drawn from the scenario's space, which the space itself must allow."""
    params = scenario_class.space.draw(lambda name: stream(seed, "check_scenario", name))
    try:
        scenario_class(params)
    except ConfigError as error:
        message = f"{scenario_class.__name__}: refuses parameters drawn from its own space: {error}"
        raise AssertionError(message) from error
    return params


def check_refusals(scenario_class: ScenarioClass) -> None:
    """Unknown, missing, out-of-range and mistyped parameters are refused with a ConfigError."""
    good = drawn_params(scenario_class, 0)
    for why, params in _bad_params(scenario_class, good):
        try:
            scenario_class(params)
        except ConfigError:
            continue
        raise AssertionError(
            f"{scenario_class.__name__}: accepts {why}; pass params to BaseScenario.__init__ unchanged"
        )


def _bad_params(scenario_class: ScenarioClass, good: Params) -> Iterator[tuple[str, Params]]:
    yield "an unknown parameter", {**good, "no_such_parameter": 1.0}
    for name, parameter in scenario_class.space.parameters.items():
        yield f"{name} missing", {key: value for key, value in good.items() if key != name}
        spread = parameter.distribution
        if isinstance(spread, Choice):
            wrong: tuple[object, ...] = ("no such option", 1.0)
        else:
            step = spread.high - spread.low
            wrong = (spread.low - step, spread.high + step, float("nan"), "1.0", True, None)
        for value in wrong:
            yield f"{name}={value!r}", {**good, name: value}
