"""Scenarios from definitions, definitions of scenarios, and the scenario that a spec asks for."""

from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any

from envirosense.core.episode import EpisodeSpec
from envirosense.core.errors import ConfigError
from envirosense.core.fingerprint import canonical_json
from envirosense.core.rng import stream
from envirosense.scenarios.act_spaces import act_constraints, act_parameters
from envirosense.scenarios.acts import ActOf, check_names, in_sequence
from envirosense.scenarios.base import SCENARIOS, BaseRate, BaseScenario
from envirosense.scenarios.compose import CompositeScenario
from envirosense.scenarios.declared import DeclaredScenario
from envirosense.scenarios.declared_check import check_declared
from envirosense.scenarios.definition_spaces import (
    changed_space,
    constraint_definition,
    new_parameters,
    parameter_definition,
)
from envirosense.scenarios.document import (
    ActDefinition,
    ParameterDefinition,
    RateDefinition,
    ScenarioDefinition,
)
from envirosense.scenarios.faults import Fault, at
from envirosense.scenarios.parameters import ParameterSpace

TEXTS = {  # attribute of a class -> field of a definition that has no class to take it from
    "description": "description",
    "limits": "limits",
    "expected_duration": "expected_duration_s",
    "rate": "rate",
}
TRIED_ACTS = 8  # draws whose values every act must accept
TRIAL_DRAWS = 64  # shows an impossible space; a rare refusal costs nothing


def scenario_of(spec: EpisodeSpec) -> BaseScenario:
    """The scenario that a spec names, with its parameters; a spec may carry the definition itself.

    Raises:
        UnknownNameError: if nothing has the name.
        ConfigError: if the definition or the parameters cannot be used.
    """
    return class_of(spec.scenario, spec.definition)(spec.params)


def class_of(scenario: str, definition: Mapping[str, Any] | None) -> type[BaseScenario]:
    """Class of a registered scenario, or of the definition beside its id.

    Raises:
        UnknownNameError: if nothing has the name.
        ConfigError: if the definition cannot be used or is another scenario's.
    """
    if definition is None:
        return SCENARIOS[scenario]
    found = _class_of_text(canonical_json(definition))
    if scenario_id(found) != scenario:
        raise ConfigError("scenario", scenario, f"the definition beside it is {scenario_id(found)}")
    return found


def scenario_id(scenario: type[BaseScenario]) -> str:
    """Id `category/name` of a class."""
    return f"{scenario.category.value}/{scenario.name}"


@lru_cache(maxsize=64)
def _class_of_text(text: str) -> type[BaseScenario]:
    return scenario_class(ScenarioDefinition.model_validate_json(text))


def definition_of(scenario: type[BaseScenario]) -> ScenarioDefinition:
    """Definition of a scenario: that it was made of, or its own fields over the registered class.

    Raises:
        ConfigError: if a parameter is spread in a way that files do not know.
    """
    written = vars(scenario).get("definition")
    if isinstance(written, ScenarioDefinition):
        return written
    space, rate = scenario.space, getattr(scenario, "rate", None)
    return ScenarioDefinition(
        id=scenario_id(scenario),
        model=scenario_id(scenario),
        description=scenario.description,
        version=scenario.version,
        tags=list(scenario.tags),
        expected_duration_s=scenario.expected_duration,
        difficulty=scenario.difficulty_level,
        phases=list(scenario.phases),
        limits=scenario.limits,
        needs_transformer=scenario.needs_transformer,
        rate=None if rate is None else _rate_definition(rate),
        parameters={name: parameter_definition(found) for name, found in space.parameters.items()},
        constraints=[constraint_definition(found) for found in space.constraints] or None,
    )


def scenario_class(definition: ScenarioDefinition) -> type[BaseScenario]:
    """Class of a definition that stands for itself: no files to read are left in it.

    Raises:
        Fault: with the path of the field that cannot be used.
    """
    makers = {
        "model": _of_model,
        "overlay": _of_acts,
        "sequence": _of_acts,
        "causes": _of_causes,
    }
    if definition.kind not in makers:
        raise Fault((definition.kind,), definition.extends, "read it from its file: envirosense.scenarios.io")
    found = makers[definition.kind](definition)
    if definition.model is None:
        _require_texts(found)
    _try_draws(found.space)
    if issubclass(found, CompositeScenario):
        _try_acts(definition.kind, found)
    return found


def _of_model(definition: ScenarioDefinition) -> type[BaseScenario]:
    with at("model"):
        base = SCENARIOS[str(definition.model)]
    space = changed_space(base.space, definition.parameters, definition.constraints)
    return _made(definition, base, {"space": space})


def _of_acts(definition: ScenarioDefinition) -> type[BaseScenario]:
    kind = definition.kind
    acts = tuple(_act(kind, place, act) for place, act in enumerate(getattr(definition, kind)))
    if kind == "sequence":
        with at("gap"):
            acts = in_sequence(*acts, gap=definition.gap)
    for place, act in enumerate(acts):
        with at(kind, place):
            check_names(acts[: place + 1])
            act_parameters(act.name, act.scenario.space, act.fixed, act.tied)
            act_constraints(act.name, act.scenario.space, act.fixed, act.tied)
    with at(kind):
        whole = _made(definition, CompositeScenario, {"acts": acts})
    if not definition.parameters and not definition.constraints:
        return whole
    space = changed_space(whole.space, definition.parameters, definition.constraints)
    return _made(definition, CompositeScenario, {"acts": acts, "space": space})


def _act(kind: str, place: int, act: ActDefinition) -> ActOf:
    with at(kind, place):
        if act.definition is not None:
            with at("definition"):
                scenario = scenario_class(act.definition)
        elif act.scenario is not None:
            with at("scenario"):
                scenario = SCENARIOS[act.scenario]
        else:
            raise ConfigError("file", act.file, "read it from its file: envirosense.scenarios.io")
        if kind == "sequence" and (act.begin is not None or act.end is not None):
            raise ConfigError("begin, end", (act.begin, act.end), "a sequence sets them; use an overlay")
        spread = {name: x for name, x in act.parameters.items() if isinstance(x, ParameterDefinition)}
        if spread:
            space = changed_space(scenario.space, spread, None)
            scenario = type(scenario.__name__, (scenario,), {"space": space})
        return ActOf(
            name=act.name,
            scenario=scenario,
            begin=act.begin or 0.0,
            end=1.0 if act.end is None else act.end,
            fixed={n: x for n, x in act.parameters.items() if not isinstance(x, ParameterDefinition)},
            tied=act.same_as,
            parent=act.parent,
        )


def _of_causes(definition: ScenarioDefinition) -> type[BaseScenario]:
    space = ParameterSpace(new_parameters(definition.parameters))
    space = changed_space(space, {}, definition.constraints)
    check_declared(definition, space)
    stages = [name for event in definition.events for name, _ in event.stages]
    own = {
        "space": space,
        "phases": tuple(dict.fromkeys(stages)),
        "declared_causes": definition.causes,
        "declared_courses": definition.courses,
        "declared_events": definition.events,
        "acts_on": definition.acts_on,
    }
    return _made(definition, DeclaredScenario, own)


def _made(
    definition: ScenarioDefinition, base: type[BaseScenario], own: Mapping[str, Any]
) -> type[BaseScenario]:
    """Class with what a definition says over what its base does."""
    said = {
        "description": definition.description,
        "version": definition.version,
        "tags": None if definition.tags is None else tuple(definition.tags),
        "expected_duration": definition.expected_duration_s,
        "difficulty_level": definition.difficulty,
        "phases": None if definition.phases is None else tuple(definition.phases),
        "limits": definition.limits,
        "needs_transformer": definition.needs_transformer,
        "rate": None if definition.rate is None else BaseRate(**definition.rate.model_dump()),
    }
    attributes = dict(own) | {name: value for name, value in said.items() if value is not None}
    attributes |= {"name": definition.name, "category": definition.category, "definition": definition}
    if not hasattr(base, "difficulty_level"):
        attributes.setdefault("difficulty_level", "unmeasured")
    words = "".join(word.capitalize() for word in definition.name.split("_"))
    more = {"__doc__": attributes.get("description"), "__module__": __name__}
    return type(f"{words}Scenario", (base,), attributes | more)


def _require_texts(found: type[BaseScenario]) -> None:
    for attribute, field in TEXTS.items():
        if not hasattr(found, attribute):
            raise Fault((field,), None, "required field is missing; add it")


def _try_draws(space: ParameterSpace) -> None:
    """Draw a few times, so that a space whose constraints refuse everything is known before an episode is."""
    with at("constraints"):
        for seed in range(TRIAL_DRAWS):
            space.draw(partial(stream, seed, "trial"))


def _try_acts(kind: str, found: type[CompositeScenario]) -> None:
    """Give every act the parameters of a few draws: one that takes another's may be unable to use them."""
    for seed in range(TRIED_ACTS):
        values = found.space.draw(partial(stream, seed, "trial"))
        for place, act in enumerate(found.acts):
            with at(kind, place):
                act.scenario.space.check(act.parameters_of(values))


def _rate_definition(rate: BaseRate) -> RateDefinition:
    return RateDefinition(per_pole_year=rate.per_pole_year, duration_s=rate.duration_s, source=rate.source)
