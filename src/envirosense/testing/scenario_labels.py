"""Checks on the labels of a scenario: sound, and following the world's answer and nothing else."""

import inspect
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any, Final

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.core.rng import stream
from envirosense.scenarios import Category, EventLabels, Labels, Response
from envirosense.testing.event_labels import check_event, events_equal, labels_equal, require
from envirosense.testing.planted_world import (
    ConditionsOf,
    PlantedWorld,
    frozen,
    planted_conditions,
    planted_grid,
    planted_responses,
)
from envirosense.testing.scenario_causes import PLANTED_EXCESS_K, causes_of
from envirosense.testing.scenario_definition import Params, ScenarioClass, drawn_params

MOST_DRAWS: Final = 30  # until a scenario that may be too weak for an event has one


class Unreadable:
    """Something that nobody may look at."""

    def __init__(self, what: str, why: str) -> None:
        """Thing called `what`, which may not be read because of `why`."""
        self._what = what
        self._why = why

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"reads {self._what}.{name}; {self._why}")


def labels_again(
    scenario_class: ScenarioClass, params: Params, responses: Sequence[Response], grid: TimeGrid
) -> Labels:
    """Labels as a stored episode gets them: from a new scenario that knows none of its causes."""
    hidden: Any = Unreadable("forcing", "it is empty when labels are made again, so read `response`")
    return scenario_class(params).all_labels((hidden,) * len(responses), responses, grid)


def check_sound(scenario_class: ScenarioClass, labels: Labels, grid: TimeGrid) -> None:
    """Every event is sound, and a parent is another event of the same labels."""
    where, n_events = scenario_class.__name__, len(labels.events)
    for i, event in enumerate(labels.events):
        check_event(event, grid, scenario_class.phases, where)
        known = event.parent is None or (0 <= event.parent < n_events and event.parent != i)
        require(known, f"{where}: event {i} of {n_events} has the parent {event.parent}; use `active_only`")


def check_labels(
    scenario_class: ScenarioClass, params: Params, conditions_of: ConditionsOf = planted_conditions
) -> None:
    """Labels are sound for a component that stays healthy, warms a little and burns, and come again."""
    conditions = conditions_of(planted_grid())
    grid, where = conditions.grid, f"{scenario_class.__name__}.labels"
    forcings = causes_of(scenario_class, params, conditions)
    for excess_k in (0.0, 0.1 * PLANTED_EXCESS_K, PLANTED_EXCESS_K):
        responses = planted_responses(forcings, grid, excess_k)
        labels = labels_again(scenario_class, params, responses, grid)
        check_sound(scenario_class, labels, grid)
        require(
            labels_equal(labels, labels_again(scenario_class, params, responses, grid)),
            f"{where}: differ for the same response; labels draw nothing and remember nothing",
        )


def check_labels_follow_response(
    scenario_class: ScenarioClass, params: Params, conditions_of: ConditionsOf = planted_conditions
) -> None:
    """The world's answer and the stored states decide every event: absent or shuffled, it changes."""
    conditions = conditions_of(planted_grid())
    grid, where = conditions.grid, f"{scenario_class.__name__}.labels"
    forcings = causes_of(scenario_class, params, conditions)
    responses = planted_responses(forcings, grid, PLANTED_EXCESS_K)
    found = labels_again(scenario_class, params, responses, grid)
    quiet = planted_responses(forcings, grid, 0.0, with_states=False)
    kept = _kept(found, labels_again(scenario_class, params, quiet, grid))
    require(not kept, f"{where}: {kept} is the same with and without a response; read `response`")
    order = stream(0, "check_scenario", "shuffle").permutation(grid.n)
    shuffled = [_taken(response, order) for response in responses]
    is_steady = all(_is_steady(response) for response in responses)
    kept = _kept(found, labels_again(scenario_class, params, shuffled, grid), or_constant=is_steady)
    require(
        not kept,
        f"{where}: {kept} is the same for a response shuffled in time; labels follow it tick by tick",
    )


def _kept(before: Labels, after: Labels, *, or_constant: bool = False) -> str:
    """Name of an event that another response leaves as it is; empty for none."""
    for event in before.events:
        is_kept = any(events_equal(event, replace(other, at=event.at)) for other in after.events)
        if is_kept and not (or_constant and _is_constant(event)):
            return f"{event.event_subtype.value} at {event.component}"
    return ""


def _is_constant(event: EventLabels) -> bool:
    """Whether the event is the same at every tick, so that no order in time could change it."""
    courses = (event.active, event.stage, event.severity, event.progress)
    return all(bool(np.all(course == course[0])) for course in courses)


def _is_steady(response: Response) -> bool:
    """Whether all that a cause's author says of it is constant, and there is something said."""
    return bool(response.states) and all(np.ptp(values) == 0.0 for values in response.states.values())


def _taken(response: Response, order: np.typing.NDArray[np.int64]) -> Response:
    def moved(values: Array) -> Array:
        return frozen(values[order])

    names = [field.name for field in fields(Response) if field.name != "states"]
    states = {name: moved(values) for name, values in response.states.items()}
    return Response(**{name: moved(getattr(response, name)) for name in names}, states=states)


def check_labels_ignore_sensors(
    scenario_class: ScenarioClass, params: Params, conditions_of: ConditionsOf = planted_conditions
) -> None:
    """Labels are functions of response and grid alone, and say so at every tick."""
    where = scenario_class.__name__
    arguments = tuple(inspect.signature(scenario_class.labels).parameters)[1:]
    require(
        arguments == ("forcing", "response", "grid"),
        f"{where}.labels: takes {arguments}; labels may read only forcing, response and grid",
    )
    conditions = conditions_of(planted_grid())
    world = PlantedWorld(conditions, PLANTED_EXCESS_K)
    scenario = scenario_class(params)
    scenario.update(0, world)
    state = Unreadable("environment_3d_state", "labels follow the cause: take them from `labels`")
    for tick in range(0, conditions.grid.n, 30):
        label = scenario.get_ground_truth_labels(tick, state)
        require(
            label.keys() >= {"event_type", "is_anomaly", "severity"},
            f"{where}.get_ground_truth_labels: needs event_type, is_anomaly and severity, has {set(label)}",
        )


def check_has_events(scenario_class: ScenarioClass, conditions_of: ConditionsOf = planted_conditions) -> None:
    """Some draw of the parameters makes an event, unless the scenario is a normal one."""
    if scenario_class.category is Category.NORMAL:
        return
    conditions = conditions_of(planted_grid())
    for seed in range(MOST_DRAWS):
        params = drawn_params(scenario_class, seed)
        forcings = causes_of(scenario_class, params, conditions, seed)
        responses = planted_responses(forcings, conditions.grid, PLANTED_EXCESS_K)
        if labels_again(scenario_class, params, responses, conditions.grid).events:
            return
    raise AssertionError(
        f"{scenario_class.__name__}.labels: no event in {MOST_DRAWS} draws, although components warm by "
        f"{PLANTED_EXCESS_K:g} K; label what the states say"
    )
