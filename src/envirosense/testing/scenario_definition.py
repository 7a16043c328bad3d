"""Checks on what a scenario says about itself: attributes, id, parameters and what it refuses."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np

from envirosense.core.errors import ConfigError
from envirosense.core.rng import stream
from envirosense.scenarios import (
    WEATHER_RANKS,
    BaseRate,
    BaseScenario,
    Category,
    Conditional,
    Distribution,
    Follows,
    ParameterSpace,
)
from envirosense.scenarios.distributions import is_number
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
    "rate": BaseRate,
    "version": int,
    "tags": tuple,
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
    require(scenario_class.version >= 1, f"{where}.version: {scenario_class.version} must be 1 or more")
    tags = all(isinstance(tag, str) and tag for tag in scenario_class.tags)
    require(tags, f"{where}.tags: {scenario_class.tags!r} must be words")
    _check_rate(scenario_class.rate, f"{where}.rate")


def _check_rate(rate: BaseRate, where: str) -> None:
    for name in ("per_pole_year", "duration_s"):
        value = getattr(rate, name)
        require(bool(np.isfinite(value)) and value > 0, f"{where}.{name}: {value} must be above 0 and finite")
    require(bool(rate.source.strip()), f"{where}.source: write it ('assumed: why' for a guess)")


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
    space = scenario_class.space
    for name, parameter in space.parameters.items():
        where = f"{scenario_class.__name__}.space[{name!r}]"
        for field in ("unit", "description", "source"):
            require(
                bool(str(getattr(parameter, field)).strip()),
                f"{where}.{field}: write it ('1' for no unit, 'assumed' for no source)",
            )
        _check_dependence(where, name, parameter.distribution, space)
    for seed in range(20):
        params = drawn_params(scenario_class, seed)
        for name, parameter in space.parameters.items():
            _check_density(f"{scenario_class.__name__}.space[{name!r}]", parameter.distribution, params, name)


def _check_dependence(where: str, name: str, spread: Distribution, space: ParameterSpace) -> None:
    if isinstance(spread, Conditional):
        before = list(space.parameters)[: list(space.parameters).index(name)]
        require(spread.on in before, f"{where}: depends on {spread.on!r}, which must stand before it")
        for case in spread.cases.values():
            _check_dependence(where, name, case, space)
    if isinstance(spread, Follows):
        known = spread.weather in WEATHER_RANKS
        require(known, f"{where}: follows {spread.weather!r}; one of {', '.join(WEATHER_RANKS)}")
        _check_dependence(where, name, spread.spread, space)


def _check_density(where: str, spread: Distribution, params: Params, name: str) -> None:
    density = spread.log_density(params[name], params)
    require(bool(np.isfinite(density)), f"{where}: log_density of the drawn {params[name]!r} is {density}")
    ends = [spread.quantile(share, params) for share in (0.0, 1.0)]
    require(
        all(spread.allows(end, params) for end in ends), f"{where}: does not allow its own quantiles {ends}"
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
        for value in _bad_values(parameter.distribution, good):
            yield f"{name}={value!r}", {**good, name: value}


def _bad_values(spread: Distribution, given: Params) -> tuple[object, ...]:
    low, high = (spread.quantile(share, given) for share in (0.0, 1.0))
    if not (is_number(low) and is_number(high)):
        return ("no such option", 1.0, None)
    step = max(high - low, 1.0)
    return (low - step, high + step, float("nan"), "1.0", True, None)
