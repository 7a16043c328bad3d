"""Parameter spaces from definitions, and definitions of parameter spaces."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.scenarios.act_spaces import Different
from envirosense.scenarios.distributions import (
    Choice,
    Conditional,
    Distribution,
    Follows,
    LogUniform,
    Normal,
    ParameterValue,
    Uniform,
)
from envirosense.scenarios.document import (
    ConditionalDefinition,
    ConstraintDefinition,
    FollowsDefinition,
    NormalDefinition,
    ParameterDefinition,
    SpreadDefinition,
)
from envirosense.scenarios.faults import at
from envirosense.scenarios.parameters import Constraint, Parameter, ParameterSpace
from envirosense.scenarios.quantities import unit_of

type Entry = float | str | ParameterDefinition


@dataclass(frozen=True, slots=True)
class Held:
    """A parameter that always has the same value."""

    value: ParameterValue

    def quantile(self, share: float, given: Mapping[str, ParameterValue]) -> ParameterValue:
        """The value."""
        return self.value

    def allows(self, value: object, given: Mapping[str, object]) -> bool:
        """Whether it is the value."""
        return value == self.value and isinstance(value, str) == isinstance(self.value, str)

    def log_density(self, value: ParameterValue, given: Mapping[str, ParameterValue]) -> float:
        """Log of its probability."""
        return 0.0 if self.allows(value, given) else -math.inf

    def __str__(self) -> str:
        return str(self.value) if isinstance(self.value, str) else f"{self.value:g}"


def new_parameters(entries: Mapping[str, Entry]) -> dict[str, Parameter]:
    """Parameters of a scenario that has none yet: each says its unit, what it is and where it comes from.

    Raises:
        Fault: at the parameter.
    """
    found: dict[str, Parameter] = {}
    for name, entry in entries.items():
        with at("parameters", name):
            whole = entry if isinstance(entry, ParameterDefinition) else ParameterDefinition(value=entry)
            unit = whole.unit or ("1" if isinstance(whole.value, str) or whole.choice else None)
            if unit is None:
                raise ConfigError("unit", None, "add the unit, or '1' for a plain number")
            with at("unit"):
                unit_of(unit)
            is_held = whole.value is not None
            for field in ("description", "source"):
                if getattr(whole, field) is None and not is_held:
                    raise ConfigError(field, None, f"add the {field} ('assumed' is a source)")
            spread = distribution(whole)
            found[name] = Parameter(spread, unit, whole.description or "held", whole.source or "held")
    _require_cases(entries, found)
    return in_order(found)


def changed_space(
    space: ParameterSpace, entries: Mapping[str, Entry], constraints: list[ConstraintDefinition] | None
) -> ParameterSpace:
    """The same parameters with other spreads and more constraints.

    Raises:
        Fault: for a parameter that does not exist, a unit of another kind, or an option that is not known.
    """
    parameters = dict(space.parameters)
    for name, entry in entries.items():
        with at("parameters", name):
            if name not in parameters:
                raise UnknownNameError("parameter", name, parameters)
            parameters[name] = changed_parameter(parameters[name], entry)
    _require_cases(entries, parameters)
    parameters = in_order(parameters)
    bounds = list(space.constraints)
    for place, written in enumerate(constraints or ()):
        with at("constraints", place):
            bound = constraint(written)
            for name in bound.weights:
                if name not in parameters:
                    raise UnknownNameError("parameter", name, parameters)
                if written.weights is not None and _options(parameters[name].distribution):
                    raise ConfigError("weights", name, "is one of several names; only numbers have a sum")
            bounds += [bound] * (bound not in bounds)
    return ParameterSpace(parameters, tuple(bounds))


def changed_parameter(parameter: Parameter, entry: Entry) -> Parameter:
    """A parameter with another spread; numbers in another unit of the same kind become its own."""
    if not isinstance(entry, ParameterDefinition):
        entry = ParameterDefinition(value=entry)
    factor = 1.0
    if entry.unit is not None and entry.unit != parameter.unit:
        with at("unit"):
            factor = unit_of(entry.unit).per(unit_of(parameter.unit))
    spread = distribution(entry, factor)
    known, asked = _options(parameter.distribution), _options(spread)
    if bool(known) != bool(asked):
        raise ConfigError("spread", str(spread), f"cannot stand for {parameter.distribution}")
    for option in sorted(asked - known):
        raise UnknownNameError("option", option, known)
    return Parameter(
        spread, parameter.unit, entry.description or parameter.description, entry.source or parameter.source
    )


def distribution(spread: SpreadDefinition, factor: float = 1.0) -> Distribution:
    """Distribution of a spread, its numbers times a factor."""
    if spread.uniform is not None:
        return Uniform(*(factor * bound for bound in spread.uniform))
    if spread.log_uniform is not None:
        return LogUniform(*(factor * bound for bound in spread.log_uniform))
    if (n := spread.normal) is not None:
        return Normal(*(factor * value for value in (n.mean, n.sigma, n.low, n.high)))
    if isinstance(spread.choice, dict):
        options = tuple(sorted(spread.choice))  # in any order a mapping means the same
        return Choice(options, tuple(spread.choice[name] for name in options))
    if spread.choice is not None:
        return Choice(tuple(spread.choice), None if spread.weights is None else tuple(spread.weights))
    if (c := spread.conditional) is not None:
        return Conditional(c.on, {name: distribution(case, factor) for name, case in c.cases.items()})
    if (f := spread.follows) is not None:
        return Follows(distribution(f.spread, factor), f.weather, f.correlation)
    value = spread.value
    return Held(value if isinstance(value, str) else factor * float(value or 0.0))


def spread_of(found: Distribution) -> dict[str, Any]:
    """Fields of the definition of a distribution.

    Raises:
        ConfigError: for a kind of distribution that files do not know.
    """
    match found:
        case Uniform():
            return {"uniform": (found.low, found.high)}
        case LogUniform():
            return {"log_uniform": (found.low, found.high)}
        case Normal():
            return {
                "normal": NormalDefinition(mean=found.mean, sigma=found.sigma, low=found.low, high=found.high)
            }
        case Choice():
            weights = None if found.weights is None else list(found.weights)
            return {"choice": list(found.options), "weights": weights}
        case Conditional():
            cases = {name: SpreadDefinition(**spread_of(case)) for name, case in found.cases.items()}
            return {"conditional": ConditionalDefinition(on=found.on, cases=cases)}
        case Follows():
            spread = SpreadDefinition(**spread_of(found.spread))
            follows = {"spread": spread, "weather": found.weather, "correlation": found.correlation}
            return {"follows": FollowsDefinition.model_validate(follows)}
        case Held():
            return {"value": found.value}
    raise ConfigError("distribution", type(found).__name__, "has no form in a scenario file")


def parameter_definition(parameter: Parameter) -> ParameterDefinition:
    """Definition of a whole parameter."""
    return ParameterDefinition(
        **spread_of(parameter.distribution),
        unit=parameter.unit,
        description=parameter.description,
        source=parameter.source,
    )


def constraint(written: ConstraintDefinition) -> Constraint:
    """Constraint of a definition."""
    if written.different is not None:
        return Different(dict.fromkeys(written.different, 1.0), also=tuple(written.also or ()))
    low = -math.inf if written.at_least is None else written.at_least
    high = math.inf if written.at_most is None else written.at_most
    return Constraint(written.weights or {}, low, high)


def constraint_definition(found: Constraint) -> ConstraintDefinition:
    """Definition of a constraint."""
    if isinstance(found, Different):
        return ConstraintDefinition(different=list(found.weights), also=list(found.also) or None)
    return ConstraintDefinition(
        weights=dict(found.weights),
        at_least=None if math.isinf(found.at_least) else found.at_least,
        at_most=None if math.isinf(found.at_most) else found.at_most,
    )


def in_order(parameters: Mapping[str, Parameter]) -> dict[str, Parameter]:
    """The same parameters, each after those that its spread depends on; files do not keep their order.

    Raises:
        Fault: at a parameter that depends on itself.
    """
    ordered: dict[str, Parameter] = {}
    waiting = dict(parameters)
    while waiting:
        ready = [name for name, one in waiting.items() if _needs(one.distribution) <= ordered.keys()]
        if not ready:
            with at("parameters", next(iter(waiting))):
                raise ConfigError(
                    "conditional", sorted(waiting), "these depend on one another; break the circle"
                )
        ordered |= {name: waiting.pop(name) for name in ready}
    return ordered


def _needs(spread: Distribution) -> set[str]:
    """Names of the parameters that a spread depends on."""
    match spread:
        case Conditional():
            return {spread.on}.union(*(_needs(case) for case in spread.cases.values()))
        case Follows():
            return _needs(spread.spread)
    return set()


def _require_cases(entries: Mapping[str, Entry], parameters: Mapping[str, Parameter]) -> None:
    for name, entry in entries.items():
        if isinstance(entry, ParameterDefinition):
            with at("parameters", name):
                _require_known(entry, parameters)


def _require_known(spread: SpreadDefinition, others: Mapping[str, Parameter]) -> None:
    """A conditional spread has a case for every option of another parameter."""
    if (c := spread.conditional) is None:
        return
    with at("conditional"):
        if c.on not in others:
            raise UnknownNameError("parameter", c.on, others)
        options = _options(others[c.on].distribution)
        if not options:
            raise ConfigError("on", c.on, "is a number; name a parameter that is one of several names")
        missing = options - set(c.cases)
        if missing:
            raise ConfigError("cases", sorted(c.cases), f"add a case for {', '.join(sorted(missing))}")
        if len({bool(_options(distribution(case))) for case in c.cases.values()}) > 1:
            raise ConfigError("cases", sorted(c.cases), "give numbers in every case, or names in every case")
    for case in c.cases.values():
        _require_known(case, others)


def _options(spread: Distribution) -> set[str]:
    """Names that can be drawn; none where numbers are."""
    match spread:
        case Choice():
            return set(spread.options)
        case Held():
            return {spread.value} if isinstance(spread.value, str) else set()
        case Conditional():
            return set().union(*(_options(case) for case in spread.cases.values()))
        case Follows():
            return _options(spread.spread)
    return set()
