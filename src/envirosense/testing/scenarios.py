"""The contract every scenario must keep, as checks whose messages say what to fix.

`check_scenario` runs them all; each can be called on its own. A check raises AssertionError.
"""

import dataclasses
import inspect
import math
from typing import Final

import numpy as np

from envirosense.core.protocols import Array
from envirosense.core.rng import stream
from envirosense.scenarios import Conditions, Forcing, Heating, JointResistance, Labels, Response
from envirosense.testing.event_labels import check_event, labels_equal, require
from envirosense.testing.planted_world import (
    ConditionsOf,
    PlantedWorld,
    frozen,
    planted_conditions,
    planted_grid,
    planted_response,
)
from envirosense.testing.scenario_definition import (
    Params,
    ScenarioClass,
    check_attributes,
    check_id,
    check_parameters,
    check_refusals,
    drawn_params,
)

PLANTED_EXCESS_K: Final = 500.0  # hotter than any threshold of a component on a pole
SAME_MEAN: Final = 0.15  # how far means of one cause may differ between two time steps; flicker is random


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
        check_time_step(scenario_class, params, conditions_of)
        check_completion(scenario_class, params, conditions_of)


def check_forcing(
    scenario_class: ScenarioClass, params: Params, conditions_of: ConditionsOf = planted_conditions
) -> None:
    """The cause is finite, not negative, one value per tick, and the same again for the same seed."""
    conditions = conditions_of(planted_grid())
    first = _forcing(scenario_class, params, conditions)
    for name, values in forcing_series(first).items():
        where = f"{scenario_class.__name__}.forcing: {name}"
        expected = (conditions.grid.n,)
        require(values.shape == expected, f"{where} has shape {values.shape}; needs {expected}")
        require(bool(np.isfinite(values).all()), f"{where} is not finite everywhere")
        require(bool((values >= 0).all()), f"{where} is negative somewhere; clip the cause, not the label")
    again = forcing_series(_forcing(scenario_class, params, conditions))
    for name, values in forcing_series(first).items():
        require(
            name in again and np.array_equal(values, again[name]),
            f"{scenario_class.__name__}.forcing: {name} differs for the same seed; "
            "draw only from the rng that is passed in",
        )


def forcing_series(forcing: Forcing) -> dict[str, Array]:
    """Every array of a cause by name, (time,) each."""
    acts: list[Heating | JointResistance] = [*forcing.heatings, *forcing.joints]
    return {
        f"{type(act).__name__} {i} {field.name}": value
        for i, act in enumerate(acts)
        for field in dataclasses.fields(act)
        if isinstance(value := getattr(act, field.name), np.ndarray)
    }


def _forcing(scenario_class: ScenarioClass, params: Params, conditions: Conditions, seed: int = 0) -> Forcing:
    forcing = scenario_class(params).forcing(conditions, stream(seed, "check_scenario", "forcing"))
    for values in forcing_series(forcing).values():
        frozen(values)
    return forcing


def check_labels(
    scenario_class: ScenarioClass, params: Params, conditions_of: ConditionsOf = planted_conditions
) -> None:
    """Labels are sound for a component that stays healthy, warms a little and burns."""
    conditions = conditions_of(planted_grid())
    for excess_k in (0.0, 0.1 * PLANTED_EXCESS_K, PLANTED_EXCESS_K):
        for event in _labels(scenario_class, params, conditions, excess_k).events:
            check_event(event, conditions.grid, scenario_class.phases, scenario_class.__name__)


def check_labels_follow_response(
    scenario_class: ScenarioClass, params: Params, conditions_of: ConditionsOf = planted_conditions
) -> None:
    """Where there is a cause, the world's answer decides the labels: planted, absent or shuffled."""
    conditions = conditions_of(planted_grid())
    forcing = _forcing(scenario_class, params, conditions)
    if forcing.component is None:
        return
    where = f"{scenario_class.__name__}.labels"
    grid, scenario = conditions.grid, scenario_class(params)
    planted = planted_response(grid, PLANTED_EXCESS_K)
    found = scenario.labels(forcing, planted, grid)
    quiet = scenario.labels(forcing, planted_response(grid, 0.0), grid)
    require(bool(found.events), f"{where}: no event although the component warms by {PLANTED_EXCESS_K:g} K")
    require(not labels_equal(found, quiet), f"{where}: the same with and without a response; read `response`")
    order = stream(0, "check_scenario", "shuffle").permutation(grid.n)
    fields = dataclasses.fields(planted)
    shuffled = Response(**{f.name: frozen(getattr(planted, f.name)[order]) for f in fields})
    require(
        not labels_equal(found, scenario.labels(forcing, shuffled, grid)),
        f"{where}: the same for a response shuffled in time; the labels must follow it tick by tick",
    )


def check_labels_ignore_sensors(
    scenario_class: ScenarioClass, params: Params, conditions_of: ConditionsOf = planted_conditions
) -> None:
    """Labels are functions of cause, response and grid alone, and say so at every tick."""
    where = scenario_class.__name__
    arguments = tuple(inspect.signature(scenario_class.labels).parameters)[1:]
    require(
        arguments == ("forcing", "response", "grid"),
        f"{where}.labels: takes {arguments}; labels may read only forcing, response and grid",
    )
    conditions = conditions_of(planted_grid())
    world = PlantedWorld(conditions, planted_response(conditions.grid, PLANTED_EXCESS_K))
    scenario = scenario_class(params)
    scenario.update(0, world)
    for tick in range(0, conditions.grid.n, 30):
        label = scenario.get_ground_truth_labels(tick, _Unreadable())
        require(
            label.keys() >= {"event_type", "is_anomaly", "severity"},
            f"{where}.get_ground_truth_labels: needs event_type, is_anomaly and severity, has {set(label)}",
        )


class _Unreadable:
    """State of the world that nobody may look at."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(
            f"get_ground_truth_labels reads environment_3d_state.{name}; labels follow the cause, "
            "so take them from the response in labels()"
        )


def check_time_step(
    scenario_class: ScenarioClass, params: Params, conditions_of: ConditionsOf = planted_conditions
) -> None:
    """Halving the time step leaves the mean of the cause and the times of the labels alone."""
    where = scenario_class.__name__
    coarse, fine = (conditions_of(planted_grid(dt_s=dt_s)) for dt_s in (10.0, 5.0))
    fine_series = forcing_series(_forcing(scenario_class, params, fine))
    for name, values in forcing_series(_forcing(scenario_class, params, coarse)).items():
        before, after = float(values.mean()), float(fine_series[name].mean())
        require(
            abs(after - before) <= SAME_MEAN * max(abs(before), abs(after)),
            f"{where}.forcing: mean of {name} goes from {before:.4g} to {after:.4g} when the time step "
            "halves; write rates per second",
        )
    times = [_times_s(_labels(scenario_class, params, c, PLANTED_EXCESS_K), c) for c in (coarse, fine)]
    near = len(times[0]) == len(times[1]) and np.allclose(
        times[0], times[1], rtol=0, atol=20.0, equal_nan=True
    )
    require(near, f"{where}.labels: events start or end elsewhere when the time step halves: {times}")


def check_completion(
    scenario_class: ScenarioClass, params: Params, conditions_of: ConditionsOf = planted_conditions
) -> None:
    """The scenario is over once its expected duration has passed, whatever the time step."""
    scenario = scenario_class(params)
    for dt_s in (10.0, 60.0):
        conditions = conditions_of(planted_grid(dt_s=dt_s))
        world = PlantedWorld(conditions, planted_response(conditions.grid, 0.0))
        end = math.ceil(scenario_class.expected_duration / dt_s)
        require(
            not scenario.is_completed(0, world) and scenario.is_completed(end, world),
            f"{scenario_class.__name__}.is_completed: must turn true at expected_duration "
            f"({scenario_class.expected_duration:g} s), here tick {end} of {dt_s:g} s",
        )


def _labels(scenario_class: ScenarioClass, params: Params, conditions: Conditions, excess_k: float) -> Labels:
    forcing = _forcing(scenario_class, params, conditions)
    response = None if forcing.component is None else planted_response(conditions.grid, excess_k)
    return scenario_class(params).labels(forcing, response, conditions.grid)


def _times_s(labels: Labels, conditions: Conditions) -> list[float]:
    grid = conditions.grid
    times = [
        (event.onset_s(grid), event.peak_s(grid), event.clearance_s(grid), event.ignition_s(grid))
        for event in labels.events
    ]
    return [np.nan if time is None else time for event in times for time in event]


__all__ = [
    "Params",
    "ScenarioClass",
    "check_attributes",
    "check_completion",
    "check_event",
    "check_forcing",
    "check_id",
    "check_labels",
    "check_labels_follow_response",
    "check_labels_ignore_sensors",
    "check_parameters",
    "check_refusals",
    "check_scenario",
    "check_time_step",
    "drawn_params",
    "forcing_series",
]
