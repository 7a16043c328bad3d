from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from envirosense.core.errors import ConfigError
from envirosense.scenarios import (
    BaseScenario,
    Category,
    EventLabels,
    EventSubtype,
    EventType,
    Forcing,
    Heating,
    Labels,
    Parameter,
    ParameterSpace,
    Uniform,
)
from envirosense.testing.planted_world import PlantedWorld, planted_conditions, planted_grid

GRID = planted_grid(duration_s=400.0, dt_s=10.0)


class Toaster(BaseScenario):
    """Two events: one while the fitting is warm, a worse one while it is hot."""

    name = "toaster"
    description = "A fitting is heated"
    category = Category.FIRE
    difficulty_level = "unmeasured"
    expected_duration = 300.0
    phases = ("warm", "hot")
    limits = "none"
    space = ParameterSpace({"power_w": Parameter(Uniform(1.0, 9.0), "W", "heat", "assumed")})

    def forcing(self, conditions, rng):
        noise = rng.standard_normal(conditions.grid.n)
        return Forcing(heatings=(Heating("bolt", self.number("power_w") + np.abs(noise)),))

    def labels(self, forcing, response, grid):
        excess_k = response.component_k - response.healthy_k
        return Labels((self.event(excess_k, 10.0, 0.3), self.event(excess_k, 90.0, 0.8)))

    def event(self, excess_k, threshold_k, severity):
        active = excess_k >= threshold_k
        return EventLabels(
            EventType.FIRE_RISK, EventSubtype.THERMAL_ANOMALY, "bolt", active, self.phases,
            (excess_k >= 90.0).astype(np.int8), severity * active, 0.5 * active, np.zeros(active.size, bool),
            self.number("power_w"), "W",
        )  # fmt: skip


class Nothing(Toaster):
    name = "nothing"
    category = Category.NORMAL
    space = ParameterSpace({})

    def forcing(self, conditions, rng):
        return Forcing()

    def labels(self, forcing, response, grid):
        assert np.isnan(response.component_k).all()
        return Labels()


def world():
    return PlantedWorld(planted_conditions(GRID), 100.0)


def test_a_scenario_knows_its_id_and_parameters():
    toaster = Toaster({"power_w": 3})
    assert toaster.scenario_id == "fire/toaster"
    assert toaster.number("power_w") == 3.0
    assert toaster.text("power_w") == "3"
    with pytest.raises(ConfigError, match="power_w=99"):
        Toaster({"power_w": 99})


def test_parameters_are_a_copy():
    params = {"power_w": 3.0}
    toaster = Toaster(params)
    params["power_w"] = 99.0
    assert toaster.number("power_w") == 3.0


def test_update_puts_the_cause_in_once_and_labels_follow():
    toaster, place = Toaster({"power_w": 3.0}), world()
    for tick in range(3):
        toaster.update(tick, place)
    assert len(place.forcings) == 1
    active = [toaster.get_ground_truth_labels(tick, None)["is_anomaly"] for tick in range(GRID.n)]
    excess_k = place.response(0).component_k - place.response(0).healthy_k
    np.testing.assert_array_equal(active, excess_k >= 10.0)


def test_the_worst_event_of_a_tick_is_reported():
    toaster = Toaster({"power_w": 3.0})
    toaster.update(0, world())
    assert toaster.get_ground_truth_labels(39, None) == {
        "event_type": "fire_risk",
        "event_subtype": "thermal_anomaly",
        "is_anomaly": True,
        "stage": "hot",
        "severity": 0.8,
        "level": 5,
        "progress": 0.5,
    }
    assert toaster.get_ground_truth_labels(0, None) == {
        "event_type": "normal",
        "is_anomaly": False,
        "severity": 0.0,
    }


class Barbecue(Toaster):
    """A grill beside the warm fitting: benign, and graver by its own measure."""

    def labels(self, forcing, response, grid):
        excess_k = response.component_k - response.healthy_k
        grill = self.event(excess_k, 0.0, 0.19)
        return Labels((replace(grill, event_type=EventType.BENIGN_SOURCE), self.event(excess_k, 50.0, 0.05)))


def test_what_is_benign_hides_no_faint_trouble():
    barbecue = Barbecue({"power_w": 3.0})
    barbecue.update(0, world())
    said = [barbecue.get_ground_truth_labels(tick, None) for tick in range(GRID.n)]
    assert {one["event_type"] for one in said} == {"benign_source", "fire_risk"}
    assert {one["is_anomaly"] for one in said if one["event_type"] == "fire_risk"} == {True}


def test_setup_again_moves_the_scenario_to_another_world():
    toaster, first, second = Toaster({"power_w": 3.0}), world(), world()
    toaster.setup_environment(first)
    toaster.update(0, first)
    toaster.setup_environment(second)
    with pytest.raises(ValueError, match="before update"):
        toaster.get_ground_truth_labels(0, None)
    toaster.update(0, second)
    np.testing.assert_array_equal(
        first.forcings[0].heatings[0].power_w, second.forcings[0].heatings[0].power_w
    )


def test_labels_are_asked_for_after_update():
    with pytest.raises(ValueError, match=r"call update\(time_step, orchestrator\) first"):
        Toaster({"power_w": 3.0}).get_ground_truth_labels(0, None)


def test_a_scenario_without_cause_is_always_normal():
    nothing = Nothing({})
    nothing.update(0, world())
    assert not nothing.get_ground_truth_labels(20, None)["is_anomaly"]


def test_completion_follows_the_clock_not_the_ticks():
    toaster, state = Toaster({"power_w": 3.0}), SimpleNamespace(grid=GRID)
    assert not toaster.is_completed(29, state)
    assert toaster.is_completed(30, state)


def test_the_component_of_a_cause_is_the_first_it_acts_on():
    assert Forcing().component is None
    heat = np.zeros(GRID.n)
    assert Forcing(heatings=(Heating("a", heat), Heating("b", heat))).component == "a"
