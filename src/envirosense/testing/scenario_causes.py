"""Checks on the causes of a scenario: finite, repeatable, the same at any time step."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import numpy as np

from envirosense.core.protocols import Array
from envirosense.core.rng import stream
from envirosense.scenarios import Conditions, Forcing, Labels
from envirosense.testing.event_labels import require
from envirosense.testing.planted_world import ConditionsOf, frozen, planted_conditions, planted_grid
from envirosense.testing.planted_world import planted_responses as planted
from envirosense.testing.scenario_definition import Params, ScenarioClass, drawn_params

PAIRS: Final = 16  # parameter sets whose coarse and fine runs are compared
STANDARD_ERRORS: Final = 6.0  # t of 15 degrees of freedom passes it by chance in 2e-5 of the cases
SAME_SHARE: Final = 0.03  # relative difference that sampling a ramp may make
SAME_TICKS: Final = 2.0  # coarse ticks by which an event may move
PLANTED_EXCESS_K: Final = 500.0  # hotter than any threshold of a component on a pole


def causes_of(
    scenario_class: ScenarioClass, params: Params, conditions: Conditions, seed: int = 0
) -> tuple[Forcing, ...]:
    """Every cause of a scenario, its arrays refusing to be written."""
    scenario = scenario_class(params)
    forcings = scenario.causes(conditions, lambda name: stream(seed, "check_scenario", "forcing", name))
    require(
        len(forcings) == scenario.n_causes,
        f"{scenario_class.__name__}: n_causes is {scenario.n_causes}, causes() gives {len(forcings)}",
    )
    for values in forcing_series(forcings).values():
        frozen(values)
    return forcings


def check_forcing(
    scenario_class: ScenarioClass, params: Params, conditions_of: ConditionsOf = planted_conditions
) -> None:
    """Every course and state is finite with one value per tick, and all is the same for the same seed."""
    where = f"{scenario_class.__name__}.forcing"
    conditions = conditions_of(planted_grid())
    n = conditions.grid.n
    forcings = causes_of(scenario_class, params, conditions)
    for name, values in forcing_series(forcings).items():
        require(values.shape[:1] == (n,), f"{where}: {name} has shape {values.shape}; needs ({n}, ...)")
        require(bool(np.isfinite(values).all()), f"{where}: {name} is not finite everywhere")
    for forcing in forcings:
        for name, values in forcing.states.items():
            require(
                values.shape == (n,) and values.dtype.kind in "biuf",
                f"{where}: states[{name!r}] is {values.dtype} {values.shape}; needs numbers, ({n},)",
            )
    _check_again(forcings, causes_of(scenario_class, params, conditions), where)


def _check_again(first: tuple[Forcing, ...], second: tuple[Forcing, ...], where: str) -> None:
    one, other = (dict(forcing_values(forcings)) for forcings in (first, second))
    for name in one | other:
        same = name in one and name in other and np.array_equal(one[name], other[name])
        require(same, f"{where}: {name} differs for the same seed; draw only from the rng that is passed in")


def forcing_values(forcings: Iterable[Forcing]) -> Iterator[tuple[str, Any]]:
    """Every number, name and array of the causes, by a name that tells where it stands."""
    for i, forcing in enumerate(forcings):
        yield from _values(f"cause {i}", forcing)


def _values(where: str, value: Any) -> Iterator[tuple[str, Any]]:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from _values(f"{where}.{field.name}", getattr(value, field.name))
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _values(f"{where}[{key}]", one)
    elif isinstance(value, tuple):
        for i, one in enumerate(value):
            yield from _values(f"{where}[{i}]", one)
    else:
        yield where, value


def forcing_series(forcings: Iterable[Forcing]) -> dict[str, Array]:
    """Every array of the causes by name, axis 0 is time."""
    return {name: value for name, value in forcing_values(forcings) if isinstance(value, np.ndarray)}


def forcing_totals(forcings: Iterable[Forcing]) -> dict[str, float]:
    """Sum over the causes of one kind: means over time of their courses, their numbers, and how many."""
    totals: dict[str, float] = {}
    for forcing in forcings:
        for field in dataclasses.fields(forcing):
            acts = getattr(forcing, field.name)
            for act in acts if isinstance(acts, tuple) else [acts] if field.name == "states" else []:
                totals[f"number of {field.name}"] = totals.get(f"number of {field.name}", 0.0) + 1.0
                for name, value in _values(field.name, act):
                    if isinstance(value, np.ndarray | float):
                        totals[name] = totals.get(name, 0.0) + float(np.mean(np.abs(value)))
    return totals


def check_time_step(scenario_class: ScenarioClass, conditions_of: ConditionsOf = planted_conditions) -> None:
    """Halving the time step leaves the means of the causes and the times of the labels alone.

    What happens at random is drawn anew at another time step, so the two are compared over many draws of the
    parameters, against the spread of their differences.
    """
    coarse, fine = (conditions_of(planted_grid(dt_s=dt_s)) for dt_s in (10.0, 5.0))
    shares: dict[str, list[float]] = {}
    shifts: dict[str, list[float]] = {}
    for seed in range(PAIRS):
        params = drawn_params(scenario_class, seed)
        both = [causes_of(scenario_class, params, c, seed) for c in (coarse, fine)]
        _note_shares(shares, *(forcing_totals(forcings) for forcings in both))
        times = [
            _times_s(_planted_labels(scenario_class, params, f, c), c)
            for f, c in zip(both, (coarse, fine), strict=True)
        ]
        for name in times[0].keys() | times[1].keys():
            shifts.setdefault(f"number of {name}", []).append((name in times[1]) - (name in times[0]))
        for name in times[0].keys() & times[1].keys():
            shifts.setdefault(name, []).append(times[1][name] - times[0][name])
    for name, found in shares.items():
        require(
            _is_near_zero(found, SAME_SHARE),
            f"{scenario_class.__name__}.forcing: {name} changes by {2 * np.mean(found):+.0%} on average "
            "when the time step halves; write rates per second and draw what is random in seconds",
        )
    for name, found in shifts.items():
        allowed = 0.1 if name.startswith("number of") else SAME_TICKS * coarse.grid.dt_s
        require(
            _is_near_zero(found, allowed),
            f"{scenario_class.__name__}.labels: events start or end elsewhere when the time step halves: "
            f"{name} moves by {np.mean(found):+.3g} on the mean",
        )


def _note_shares(shares: dict[str, list[float]], before: dict[str, float], after: dict[str, float]) -> None:
    for name in before | after:
        one, other = before.get(name, 0.0), after.get(name, 0.0)
        total = one + other
        shares.setdefault(name, []).append((other - one) / total if total > 0.0 else 0.0)


def _is_near_zero(values: list[float], allowed: float) -> bool:
    error = float(np.std(values, ddof=1)) / np.sqrt(len(values)) if len(values) > 1 else 0.0
    return bool(abs(np.mean(values)) <= allowed + STANDARD_ERRORS * error)


def _planted_labels(
    scenario_class: ScenarioClass, params: Params, forcings: tuple[Forcing, ...], conditions: Conditions
) -> Labels:
    responses = planted(forcings, conditions.grid, PLANTED_EXCESS_K)
    return scenario_class(params).all_labels(forcings, responses, conditions.grid)


def _times_s(labels: Labels, conditions: Conditions) -> dict[str, float]:
    grid = conditions.grid
    seen: dict[str, int] = {}
    times: dict[str, float] = {}
    for event in labels.events:
        kind = f"{event.event_subtype.value} at {event.component}"
        seen[kind] = seen.get(kind, 0) + 1
        found = {
            "onset": event.onset_s(grid),
            "clearance": event.clearance_s(grid),
            "ignition": event.ignition_s(grid),
        }
        times |= {f"{what} of {kind} {seen[kind]}": t for what, t in found.items() if t is not None}
    return times
