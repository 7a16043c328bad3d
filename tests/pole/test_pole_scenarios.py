from dataclasses import replace

import numpy as np
import pytest

from envirosense.core.rng import stream
from envirosense.physics.thermal.joint import ALUMINIUM_MELTING_K, contact_voltage_v
from envirosense.pole.heat.components import build_components
from envirosense.pole.scenarios.fire import cellulose_pyrolysis as pyrolysis
from envirosense.pole.scenarios.electrical import equipment_overheat as overheat
from envirosense.pole.scenarios.normal.diurnal_cycle import DiurnalCycleScenario
from envirosense.pole.site import Site
from envirosense.scenarios import EventSubtype, EventType, Family, Level
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


def leakage_w(grid=GRID, **changes):
    return sum(
        act.power_w for act in forced(pyrolysis.CellulosePyrolysisScenario(LEAK | changes), grid).heatings
    )


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


def test_leakage_acts_between_its_onset_and_its_end():
    power_w, fraction = leakage_w(), GRID.t_s / GRID.duration_s
    assert np.all(power_w[fraction <= 0.1] == 0)
    assert np.all(power_w[(fraction > 0.1) & (fraction < 0.8)] > 0)
    assert np.all(power_w[fraction >= 0.8] == 0)
    assert np.all(leakage_w(end_fraction=1.2)[fraction > 0.1] > 0)


def test_leakage_flickers_about_its_peak_power():
    # a day: 24 h * 0.5 grown = n_eff of 43 200 s / 60 s; mean 100 W within 5 * 15 % / sqrt(720)
    fraction = DAY.t_s / DAY.duration_s
    grown_w = leakage_w(DAY)[(fraction > 0.3) & (fraction < 0.8)]
    assert grown_w.mean() == pytest.approx(100.0, rel=5 * 0.15 / np.sqrt(720))
    # and its logarithm spreads by 15 %, itself known to 1/sqrt(2 * 1440)
    assert np.std(np.log(grown_w)) == pytest.approx(0.15, rel=5 / np.sqrt(1440))


def test_leakage_heats_the_steel_and_the_wood_beside_it():
    forcing = forced(pyrolysis.CellulosePyrolysisScenario(LEAK))
    assert forcing.component == "crossarm_bolt"
    assert {act.component for act in forcing.heatings} == {"crossarm_bolt", "crossarm_bolt_wood"}
    assert (forcing.fuels[0].component, forcing.fuels[0].dry_mass_g) == ("crossarm_bolt_wood", 60.0)
    wood_w = sum(act.power_w for act in forcing.heatings if act.component.endswith("_wood"))
    np.testing.assert_allclose(wood_w, pyrolysis.WOOD_SHARE * leakage_w())


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


def test_pyrolysis_stages_follow_the_wood_temperature():
    scenario = pyrolysis.CellulosePyrolysisScenario(LEAK)
    excess_k = ramp(320.0)
    (event,) = labels(scenario, excess_k)
    component_k = 293.15 + excess_k
    edges_k = [lower for _, lower in pyrolysis.STAGES[1:]]
    np.testing.assert_array_equal(event.stage, np.searchsorted(edges_k, component_k, side="right"))
    np.testing.assert_array_equal(event.active, excess_k >= pyrolysis.ANOMALY_K)
    assert event.ignition_s(GRID) is None
    assert np.isnan(event.time_to_ignition_s(GRID)).all()
    assert (event.event_type, event.event_subtype) == (EventType.FIRE_PRECURSOR, EventSubtype.PYROLYSIS)
    assert event.event_type.family is Family.FIRE
    assert (event.source_strength, event.source_strength_unit) == (100.0, "W")


def test_ignition_latches_and_is_counted_down_to():
    scenario = pyrolysis.CellulosePyrolysisScenario(LEAK)
    excess_k = np.interp(np.arange(GRID.n), [0, 200, GRID.n - 1], [0.0, 400.0, 0.0])
    (event,) = labels(scenario, excess_k)
    first = int(np.argmax(293.15 + excess_k >= pyrolysis.IGNITION_K))
    assert event.ignition_s(GRID) == first * GRID.dt_s
    assert event.ignited[first:].all()
    assert set(event.stage[first:]) == {event.stage_names.index("ignited")}
    assert event.severity[first] == 1.0
    assert event.time_to_ignition_s(GRID)[first - 3] == 3 * GRID.dt_s
    assert event.clearance_s(GRID) is not None


def test_severity_of_pyrolysis_is_the_way_to_ignition():
    (event,) = labels(pyrolysis.CellulosePyrolysisScenario(LEAK), ramp(500.0))
    assert np.all(np.diff(event.severity) >= 0)
    halfway = np.argmin(np.abs(ramp(500.0) - (pyrolysis.IGNITION_K - 293.15) / 2))
    assert event.severity[halfway] == pytest.approx(0.5, abs=0.01)


def test_a_response_too_weak_to_matter_is_no_event():
    assert labels(pyrolysis.CellulosePyrolysisScenario(LEAK), np.full(GRID.n, 19.0)) == ()
    assert labels(overheat.EquipmentOverheatScenario(CLAMP), np.full(GRID.n, 3.9)) == ()


def test_progress_of_pyrolysis_is_the_converted_share():
    scenario = pyrolysis.CellulosePyrolysisScenario(LEAK)
    response = planted_response(GRID, 300.0)
    (event,) = scenario.labels(forced(scenario), response, GRID).events
    np.testing.assert_array_equal(event.progress, response.converted)


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
