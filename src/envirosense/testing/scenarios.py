"""The contract every scenario must keep, as checks whose messages say what to fix.

`check_scenario` runs them all; each can be called on its own. A check raises AssertionError.
"""

import math

from envirosense.testing.event_labels import check_event, require
from envirosense.testing.planted_world import ConditionsOf, PlantedWorld, planted_conditions, planted_grid
from envirosense.testing.scenario_causes import check_forcing, check_time_step, forcing_series
from envirosense.testing.scenario_definition import (
    Params,
    ScenarioClass,
    check_attributes,
    check_id,
    check_parameters,
    check_refusals,
    drawn_params,
)
from envirosense.testing.scenario_labels import (
    check_has_events,
    check_labels,
    check_labels_follow_response,
    check_labels_ignore_sensors,
)
from envirosense.testing.scenario_world import check_world


def check_scenario(
    scenario_class: ScenarioClass,
    *,
    scenario_id: str | None = None,
    conditions_of: ConditionsOf = planted_conditions,
    n_draws: int = 3,
) -> None:
    """Run every check on a scenario with `n_draws` parameter sets.

    Args:
        scenario_class: The class to check.
        scenario_id: Id under which it is registered, when it is.
        conditions_of: Conditions on a grid; the default has the components of a common pole.
        n_draws: How many parameter sets are drawn.

    Raises:
        AssertionError: naming the scenario, what is wrong and what to do.
    """
    check_attributes(scenario_class)
    check_id(scenario_class, scenario_id)
    check_parameters(scenario_class)
    check_refusals(scenario_class)
    for seed in range(n_draws):
        params = drawn_params(scenario_class, seed)
        check_forcing(scenario_class, params, conditions_of)
        check_labels(scenario_class, params, conditions_of)
        check_labels_follow_response(scenario_class, params, conditions_of)
        check_labels_ignore_sensors(scenario_class, params, conditions_of)
        check_world(scenario_class, params, seed)
    check_has_events(scenario_class, conditions_of)
    check_time_step(scenario_class, conditions_of)
    check_completion(scenario_class, drawn_params(scenario_class, 0), conditions_of)


def check_completion(
    scenario_class: ScenarioClass, params: Params, conditions_of: ConditionsOf = planted_conditions
) -> None:
    """The scenario is over once its expected duration has passed, whatever the time step."""
    scenario = scenario_class(params)
    for dt_s in (10.0, 60.0):
        world = PlantedWorld(conditions_of(planted_grid(dt_s=dt_s)), 0.0)
        end = math.ceil(scenario_class.expected_duration / dt_s)
        require(
            not scenario.is_completed(0, world) and scenario.is_completed(end, world),
            f"{scenario_class.__name__}.is_completed: must turn true at expected_duration "
            f"({scenario_class.expected_duration:g} s), here tick {end} of {dt_s:g} s",
        )


__all__ = [
    "Params",
    "ScenarioClass",
    "check_attributes",
    "check_completion",
    "check_event",
    "check_forcing",
    "check_has_events",
    "check_id",
    "check_labels",
    "check_labels_follow_response",
    "check_labels_ignore_sensors",
    "check_parameters",
    "check_refusals",
    "check_scenario",
    "check_time_step",
    "check_world",
    "drawn_params",
    "forcing_series",
]
