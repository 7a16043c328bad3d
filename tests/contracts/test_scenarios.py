"""Every scenario keeps the contract, and the checks of the contract find what breaks it."""

from dataclasses import replace

import numpy as np
import pytest

from envirosense.pole.scenarios.cellulose_pyrolysis import CellulosePyrolysisScenario as Good
from envirosense.scenarios import SCENARIOS, BaseScenario, Choice, Labels, LogUniform, ParameterSpace, Uniform
from envirosense.testing.scenarios import check_scenario


@pytest.mark.parametrize("scenario_id", list(SCENARIOS))
def test_every_registered_scenario_keeps_the_contract(scenario_id):
    check_scenario(SCENARIOS[scenario_id], scenario_id=scenario_id, n_draws=5)


def test_a_wrong_id_is_found():
    with pytest.raises(AssertionError, match="register it as 'fire/cellulose_pyrolysis'"):
        check_scenario(Good, scenario_id="fire/cellulose")


def parameter(**changes):
    spread = replace(Good.space.parameters["fuel_g"], **changes)
    return {"space": ParameterSpace({**Good.space.parameters, "fuel_g": spread})}


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"description": ""}, "description: write something"),
        ({"limits": None}, "set the class attribute 'limits'"),
        ({"category": "fire"}, "category: 'fire' is not of type"),
        ({"name": "Bad Name"}, "must be lower case letters"),
        ({"expected_duration": 0.0}, "longer than 0 s"),
        ({"phases": ("a", "a")}, "must be different names"),
        (parameter(unit=""), r"space\['fuel_g'\].unit: write it"),
        (parameter(source=" "), r"space\['fuel_g'\].source: write it"),
        (parameter(distribution=Uniform(3.0, 3.0)), "must rise from low to high"),
        (parameter(distribution=Uniform(0.0, np.inf)), "must rise from low to high"),
        (parameter(distribution=LogUniform(-1.0, 3.0)), "needs a low bound above 0"),
        (parameter(distribution=Choice(("a", "a"))), "different options"),
        (parameter(distribution=Choice(())), "different options"),
    ],
)
def test_a_bad_definition_is_found(attributes, words):
    with pytest.raises(AssertionError, match=words):
        check_scenario(type("Bad", (Good,), attributes))


class Careless(Good):
    def __init__(self, params):
        known = {name: value for name, value in params.items() if name in self.space.parameters}
        super().__init__({**self.space.draw(lambda name: np.random.default_rng(0)), **known})


class OwnWorstEnemy(Good):
    def __init__(self, params):
        if params["fuel_g"] < 60.0:
            self.space.check({})
        super().__init__(params)


class Unrepeatable(Good):
    count = 0

    def forcing(self, conditions, rng):
        type(self).count += 1
        return super().forcing(conditions, np.random.default_rng(type(self).count))


def forcing_changed(change):
    class Changed(Good):
        def forcing(self, conditions, rng):
            forcing = super().forcing(conditions, rng)
            return replace(
                forcing, heatings=tuple(replace(h, power_w=change(h.power_w)) for h in forcing.heatings)
            )

    return Changed


def per_tick(power_w):
    return np.minimum(np.cumsum(power_w > 0), 300) * 1.0


def labels_changed(**changes):
    class Changed(Good):
        def labels(self, forcing, response, grid):
            found = super().labels(forcing, response, grid)
            made = {name: change(grid.n) if callable(change) else change for name, change in changes.items()}
            return Labels(tuple(replace(event, **made) for event in found.events))

    return Changed


class Deaf(Good):
    """Labels that follow the parameters alone."""

    def labels(self, forcing, response, grid):
        full = np.ones(grid.n)
        flat = replace(response, component_k=700 * full, healthy_k=300 * full, converted=full)
        return super().labels(forcing, flat, grid)


class Summarising(Good):
    """Labels that follow a mean of the response, so its order in time is lost."""

    def labels(self, forcing, response, grid):
        mean = {
            name: np.full(grid.n, getattr(response, name).mean()) for name in ("component_k", "converted")
        }
        return super().labels(forcing, replace(response, **mean), grid)


class Silent(Good):
    def labels(self, forcing, response, grid):
        return Labels()


class Sensing(Good):
    def labels(self, forcing, response, grid, reading=None):
        return super().labels(forcing, response, grid)


class Peeking(Good):
    def get_ground_truth_labels(self, current_time_step, environment_3d_state):
        assert environment_3d_state.readings
        return super().get_ground_truth_labels(current_time_step, environment_3d_state)


class Terse(Good):
    def get_ground_truth_labels(self, current_time_step, environment_3d_state):
        return {"severity": 0.0}


class Hasty(Good):
    def is_completed(self, current_time_step, environment_3d_state):
        return current_time_step >= 100


class Endless(Good):
    def is_completed(self, current_time_step, environment_3d_state):
        return False


class Stepwise(Good):
    """Event that ends at the 150th tick whatever a tick is."""

    def labels(self, forcing, response, grid):
        found = super().labels(forcing, response, grid)
        early = np.arange(grid.n) < 150
        return Labels(tuple(replace(event, active=event.active & early) for event in found.events))


@pytest.mark.parametrize(
    ("scenario_class", "words"),
    [
        (Careless, "accepts an unknown parameter"),
        (OwnWorstEnemy, "refuses parameters drawn from its own space"),
        (Unrepeatable, "differs for the same seed"),
        (forcing_changed(lambda power_w: power_w[:-1]), r"has shape \(359,\); needs \(360,\)"),
        (forcing_changed(lambda power_w: power_w * np.nan), "is not finite"),
        (forcing_changed(lambda power_w: power_w - 1.0), "is negative"),
        (forcing_changed(per_tick), "when the time step halves; write rates per second"),
        (labels_changed(severity=lambda n: np.full(n, 1.5)), "severity leaves 0..1"),
        (labels_changed(progress=lambda n: np.full(n, np.nan)), "progress leaves 0..1"),
        (labels_changed(severity=lambda n: np.zeros(n - 1)), "severity has shape"),
        (labels_changed(active=lambda n: np.ones(n)), "active must be an array of bool"),
        (labels_changed(active=lambda n: np.zeros(n, dtype=bool)), "must be left out of Labels"),
        (
            labels_changed(stage=lambda n: np.full(n, 5, dtype=np.int8)),
            r"stage must index stage_names, 0\.\.4",
        ),
        (labels_changed(stage=lambda n: np.zeros(n)), "stage must be an array of integers"),
        (labels_changed(stage_names=("glow",)), "not among the scenario's phases"),
        (labels_changed(ignited=lambda n: np.arange(n) >= 0), "before its onset"),
        (labels_changed(ignited=lambda n: np.arange(n) == 200), "goes back to False"),
        (labels_changed(component=""), "name the component"),
        (labels_changed(source_strength=-1.0), "source_strength"),
        (labels_changed(source_strength_unit=""), "write the unit"),
        (Silent, "no event although"),
        (Deaf, "the same with and without a response"),
        (Summarising, "shuffled in time"),
        (Sensing, "may read only forcing, response and grid"),
        (Peeking, r"reads environment_3d_state\.readings"),
        (Terse, "needs event_type, is_anomaly and severity"),
        (Endless, "must turn true at expected_duration"),
        (Hasty, "here tick 60 of 60 s"),
        (Stepwise, "events start or end elsewhere"),
    ],
)
def test_a_broken_scenario_is_found(scenario_class, words):
    with pytest.raises(AssertionError, match=words):
        check_scenario(scenario_class)


def test_a_scenario_that_writes_into_its_input_is_found():
    class Greedy(Good):
        def labels(self, forcing, response, grid):
            np.maximum(response.component_k, 0.0, out=response.component_k)
            return super().labels(forcing, response, grid)

    with pytest.raises(ValueError, match="read-only"):
        check_scenario(Greedy)


def test_the_contract_needs_a_scenario():
    assert issubclass(Good, BaseScenario)
    check_scenario(Good, n_draws=1)
