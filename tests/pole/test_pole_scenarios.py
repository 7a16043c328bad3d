from dataclasses import replace

import numpy as np
import pytest

from envirosense.core.rng import stream
from envirosense.physics.thermal.joint import ALUMINIUM_MELTING_K, contact_voltage_v
from envirosense.pole.heat.components import build_components
from envirosense.pole.scenarios.electrical import equipment_overheat as overheat
from envirosense.pole.scenarios.fire import cellulose_pyrolysis as pyrolysis
from envirosense.pole.scenarios.normal.diurnal_cycle import DiurnalCycleScenario
from envirosense.pole.site import Site
from envirosense.scenarios import EventType, Level
from envirosense.testing.planted_world import planted_conditions, planted_grid, planted_response

GRID = planted_grid()
DAY = planted_grid(duration_s=86_400.0, dt_s=10.0)
LEAK = {
    "component": "crossarm_bolt", "peak_power_w": 100.0, "fuel_g": 60.0, "onset_fraction": 0.1,
    "ramp_fraction": 0.2, "end_fraction": 0.8, "yield_spread": 1.0,
}  # fmt: skip
CLAMP = {
    "component": "clamp_b", "final_resistance_ohm": 1e-3, "onset_fraction": 0.1, "growth_fraction": 0.4,
    "real_growth_days": 100.0,
}  # fmt: skip


def forced(scenario, grid=GRID, current_a=250.0, seed=0):
    conditions = replace(planted_conditions(grid), current_a=np.full(grid.n, current_a))
    return scenario.forcing(conditions, stream(seed, "forcing"))


def resistance_ohm(grid=GRID, current_a=250.0, **changes):
    scenario = overheat.EquipmentOverheatScenario(CLAMP | changes)
    return forced(scenario, grid, current_a).joints[0].resistance_ohm


def labels(scenario, excess_k):
    response = planted_response(GRID, 0.0)
    response = replace(response, component_k=response.healthy_k + excess_k)
    return scenario.labels(forced(scenario), response, GRID).events


def ramp(top_k):
    """Excess that rises evenly to its top at the end, (time,) [K]."""
    return np.linspace(0.0, top_k, GRID.n)


@pytest.mark.parametrize(
    ("scenario_class", "params"),
    [(pyrolysis.CellulosePyrolysisScenario, LEAK), (overheat.EquipmentOverheatScenario, CLAMP)],
)
def test_every_component_of_a_scenario_is_on_the_pole(scenario_class, params):
    names = build_components(Site()).names
    for option in scenario_class.space.parameters["component"].distribution.options:
        forcing = forced(scenario_class(params | {"component": option}))
        acts = (*forcing.heatings, *forcing.joints, *forcing.fuels)
        assert {act.component for act in acts} <= set(names)
        assert option in Site().component_positions


def test_a_response_too_weak_to_matter_is_no_event():
    assert labels(pyrolysis.CellulosePyrolysisScenario(LEAK), np.full(GRID.n, 19.0)) == ()
    assert labels(overheat.EquipmentOverheatScenario(CLAMP), np.full(GRID.n, 3.9)) == ()


def test_a_clamp_is_sound_before_its_growth_and_bad_after_it():
    ohm, fraction = resistance_ohm(DAY, current_a=50.0), DAY.t_s / DAY.duration_s
    np.testing.assert_allclose(ohm[fraction <= 0.1], overheat.HEALTHY_OHM)
    # after the growth ln R spreads by 8 %; 43 200 s of flicker with tau 120 s: n_eff = 180
    final = np.log(ohm[fraction >= 0.5])
    assert final.mean() == pytest.approx(np.log(1e-3), abs=5 * overheat.FLICKER / np.sqrt(180))
    halfway = np.log(ohm[np.argmin(np.abs(fraction - 0.3))])
    assert halfway == pytest.approx(np.log(np.sqrt(1e-3 * overheat.HEALTHY_OHM)), abs=0.3)


def test_the_voltage_of_a_clamp_never_passes_the_melting_voltage():
    for current_a in (100.0, 450.0):
        ohm = resistance_ohm(current_a=current_a, final_resistance_ohm=4e-3)
        melting_v = contact_voltage_v(ALUMINIUM_MELTING_K, planted_conditions(GRID).air_k)
        assert (ohm * current_a / melting_v).max() <= 1 + 1e-12
    assert np.isfinite(resistance_ohm(current_a=0.0)).all()


def test_overheating_is_graded_by_the_excess_over_a_sound_clamp():
    (event,) = labels(overheat.EquipmentOverheatScenario(CLAMP), ramp(160.0))
    excess_k = ramp(160.0)
    np.testing.assert_array_equal(event.active, excess_k >= overheat.EXCESS_K.begins)
    lower_k = [lower for _, lower in overheat.EXCESS_K.stages[1:]]
    np.testing.assert_array_equal(event.stage, np.searchsorted(lower_k, excess_k, side="right"))
    assert event.level[0] == Level.INFORMATION
    assert event.level[np.argmax(excess_k >= 16.0)] == Level.WARNING
    assert event.level[-1] == Level.EMERGENCY
    assert event.severity[-1] == event.progress[-1] == 1.0
    assert not event.ignited.any()
    assert (event.event_type, event.component) == (EventType.OVERHEATING, "clamp_b")


def test_progress_of_overheating_never_falls():
    excess_k = 80.0 + 60.0 * np.sin(GRID.t_s / 300.0)
    (event,) = labels(overheat.EquipmentOverheatScenario(CLAMP), excess_k)
    assert np.all(np.diff(event.progress) >= 0)
    assert np.any(np.diff(event.severity) < 0)


def test_a_colder_clamp_than_a_sound_one_is_not_an_anomaly():
    excess_k = ramp(20.0) - 10.0
    (event,) = labels(overheat.EquipmentOverheatScenario(CLAMP), excess_k)
    assert np.all(event.stage[excess_k < 0] == 0)
    assert np.all(event.level[excess_k < 0] == Level.INFORMATION)
    assert not event.active[excess_k < 0].any()


def test_the_healthy_pole_has_no_cause_and_no_events():
    scenario = DiurnalCycleScenario({})
    forcing = forced(scenario)
    assert forcing.component is None
    assert scenario.labels(forcing, None, GRID).events == ()
