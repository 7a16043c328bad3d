"""Parameters of several acts as one space, each under the name `act.parameter`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.scenarios.acts import ActOf
from envirosense.scenarios.coverage import conditions_of
from envirosense.scenarios.distributions import (
    Conditional,
    Distribution,
    Follows,
    ParameterValue,
    is_number,
)
from envirosense.scenarios.parameters import Constraint, Parameter, ParameterSpace


@dataclass(frozen=True, slots=True)
class Different(Constraint):
    """Parameters that may not have the same value, nor one of `also`: two faults cannot sit on one joint."""

    also: tuple[ParameterValue, ...] = ()

    def holds(self, values: Mapping[str, object]) -> bool:
        """Whether all values differ."""
        found = [*(values.get(name) for name in self.weights), *self.also]
        return len(set(found)) == len(found)

    def __str__(self) -> str:
        return " and ".join([*self.weights, *map(str, self.also)]) + " different"


def different(*names: str) -> Different:
    """Constraint that the named parameters differ from one another."""
    return Different(dict.fromkeys(names, 1.0))


def act_parameters(
    act: str, space: ParameterSpace, fixed: Mapping[str, ParameterValue], tied: Mapping[str, str]
) -> dict[str, Parameter]:
    """Parameters of one act that are still to be drawn.

    Args:
        act: Prefix of their names.
        space: Space of the act's own scenario.
        fixed: Values that are held, by the scenario's own names.
        tied: Parameters that take the value of another act's, by that one's whole name.

    Raises:
        UnknownNameError: if a held or tied parameter does not exist.
        ConfigError: if a held value cannot be drawn.
    """
    for name in (*fixed, *tied):
        if name not in space.parameters:
            raise UnknownNameError(f"parameter of act {act}", name, space.parameters)
    for name, value in fixed.items():
        parameter = space.parameters[name]
        if not parameter.distribution.allows(value, fixed) and not isinstance(
            parameter.distribution, Conditional
        ):
            raise ConfigError(f"{act}.{name}", value, f"must be {parameter.distribution} [{parameter.unit}]")
    return {
        f"{act}.{name}": replace(parameter, distribution=_own(parameter.distribution, act, fixed, tied))
        for name, parameter in space.parameters.items()
        if name not in fixed and name not in tied
    }


def _own(
    spread: Distribution, act: str, fixed: Mapping[str, ParameterValue], tied: Mapping[str, str]
) -> Distribution:
    """The same spread, depending on parameters by their new names."""
    if isinstance(spread, Follows):
        return replace(spread, spread=_own(spread.spread, act, fixed, tied))
    if not isinstance(spread, Conditional):
        return spread
    if spread.on in fixed:
        case = spread.cases.get(str(fixed[spread.on]))
        if case is None:
            raise ConfigError(
                f"{act}.{spread.on}", fixed[spread.on], f"must be one of {', '.join(spread.cases)}"
            )
        return _own(case, act, fixed, tied)
    cases = {option: _own(case, act, fixed, tied) for option, case in spread.cases.items()}
    return Conditional(tied.get(spread.on, f"{act}.{spread.on}"), cases)


def act_constraints(
    act: str, space: ParameterSpace, fixed: Mapping[str, ParameterValue], tied: Mapping[str, str]
) -> tuple[Constraint, ...]:
    """Constraints of one act under the new names; held numbers move to the bounds.

    Raises:
        ConfigError: if held values alone break one.
    """
    found = (_renamed(constraint, act, fixed, tied) for constraint in space.constraints)
    return tuple(constraint for constraint in found if constraint is not None)


def _renamed(
    constraint: Constraint, act: str, fixed: Mapping[str, ParameterValue], tied: Mapping[str, str]
) -> Constraint | None:
    free = {name: weight for name, weight in constraint.weights.items() if name not in fixed}
    held = sum(
        weight * value
        for name, weight in constraint.weights.items()
        if name in fixed and is_number(value := fixed[name])
    )
    if not free:
        if not constraint.holds(fixed):
            raise ConfigError(f"{act}.fixed", dict(fixed), f"must keep {constraint}")
        return None
    weights: dict[str, float] = {}
    for name, weight in free.items():
        new = tied.get(name, f"{act}.{name}")
        weights[new] = weights.get(new, 0.0) + weight
    if isinstance(constraint, Different):
        values = (fixed[name] for name in constraint.weights if name in fixed)
        return replace(constraint, weights=weights, also=(*constraint.also, *values))
    low, high = constraint.at_least - held, constraint.at_most - held
    return replace(constraint, weights=weights, at_least=low, at_most=high)


def joined_space(
    acts: Sequence[ActOf], apart: Sequence[tuple[str, str]], constraints: Sequence[Constraint]
) -> ParameterSpace:
    """Space of all acts with their constraints, those across acts, and components kept apart.

    Raises:
        UnknownNameError: if something held, tied, apart or constrained does not exist.
        ConfigError: if what is held cannot be, or a parameter depends on a later act's.
    """
    parameters: dict[str, Parameter] = {}
    bounds: list[Constraint] = []
    for act in acts:
        parameters |= act_parameters(act.name, act.scenario.space, act.fixed, act.tied)
        bounds += act_constraints(act.name, act.scenario.space, act.fixed, act.tied)
    for act in acts:
        for other in act.tied.values():
            if other not in parameters:
                raise UnknownNameError(f"parameter tied to by act {act.name}", other, parameters)
    _check_order(parameters)
    bounds += [different(*pair) for pair in apart]
    return ParameterSpace(parameters, (*bounds, *_components_apart(acts), *constraints))


def _check_order(parameters: Mapping[str, Parameter]) -> None:
    """A conditional parameter stands after the one it depends on, also where that is another act's."""
    seen: set[str] = set()
    for name, parameter in parameters.items():
        for on in conditions_of(parameter.distribution):
            if on not in seen:
                raise ConfigError(name, on, "depends on a parameter of a later act; put that act first")
        seen.add(name)


def _components_apart(acts: Sequence[ActOf]) -> Iterator[Different]:
    """Acts of one class do the same thing twice, and not to the same component."""
    for i, one in enumerate(acts):
        for other in acts[i + 1 :]:
            ids = {(act.scenario.category, act.scenario.name) for act in (one, other)}
            spreads = [act.scenario.space.parameters.get("component") for act in (one, other)]
            if len(ids) > 1 or "component" in other.tied or None in spreads:
                continue
            names = [f"{act.name}.component" for act in (one, other) if "component" not in act.fixed]
            held = [act.fixed["component"] for act in (one, other) if "component" in act.fixed]
            if len(set(held)) < len(held):
                fix = f"acts {one.name} and {other.name} do the same to it; hold different components"
                raise ConfigError("component", held[0], fix)
            if names:
                yield Different(dict.fromkeys(names, 1.0), also=tuple(held))
