"""Faults of the line and the pole: causes as physics has them, labels that follow, sensors that can know."""

import math
from dataclasses import replace

import numpy as np
import pytest

from envirosense.physics.electric.high_impedance import SURFACES
from envirosense.physics.electric.vegetation import Branch, bridging_time_s
from envirosense.pole.guardian import VirtualGridGuardian
from envirosense.pole.outfit import default_configuration
from envirosense.pole.scenarios.electrical.broken_neutral import BrokenNeutralScenario
from envirosense.pole.scenarios.electrical.conductor_slap import ConductorSlapScenario
from envirosense.pole.scenarios.electrical.downed_conductor import DownedConductorScenario
from envirosense.pole.scenarios.electrical.equipment_overheat import EquipmentOverheatScenario
from envirosense.pole.scenarios.electrical.fallen_wire import ground_fault
from envirosense.pole.scenarios.electrical.pole_decay import PoleDecayScenario
from envirosense.pole.scenarios.electrical.transformer_overload import TransformerOverloadScenario
from envirosense.pole.scenarios.electrical.vehicle_strike import VehicleStrikeScenario
from envirosense.pole.scenarios.environmental.vegetation_contact import VegetationContactScenario
from envirosense.pole.scenarios.environmental.wildlife_contact import WildlifeContactScenario
from envirosense.pole.scenarios.states import held, place_in
from envirosense.pole.twin import PoleTwin
from envirosense.scenarios import SCENARIOS
from envirosense.testing.planted_world import planted_conditions, planted_grid, planted_response
from envirosense.testing.scenarios import drawn_params

HALF = {"onset_fraction": 0.25}


def caused(scenario_class, seed=0, dt_s=10.0, duration_s=3600.0, conditions=None, **params):
    """Forcing of a scenario and its events, in a planted world whose components stay as they are."""
    grid = planted_grid(duration_s, dt_s)
    scenario = scenario_class(drawn_params(scenario_class, seed) | params)
    given = planted_conditions(grid) if conditions is None else conditions
    forcing = scenario.forcing(given, np.random.default_rng(seed))
    answer = replace(planted_response(grid, 0.0), states=forcing.states)
    events = scenario.labels(forcing, answer, grid).events
    return forcing, events


# --- downed conductor


@pytest.mark.parametrize("surface", ["dry_asphalt", "wet_sand", "dry_grass", "reinforced_concrete"])
def test_a_wire_on_the_ground_draws_what_its_surface_lets_it(surface):
    forcing, _ = caused(
        DownedConductorScenario, dt_s=1.0, surface=surface, span="load_side", protection="sees_nothing",
        phase="b", **HALF,
    )  # fmt: skip
    flowing = np.abs(forcing.line[1].fault_current_a[1])
    lies = planted_grid(dt_s=1.0).t_s >= 900.0
    assert np.all(flowing[~lies] == 0.0)
    assert np.all(flowing[:, [0, 2]] == 0.0)
    expected_a = SURFACES[surface].current_a
    # it burns 10/11 of the time (5 sigma of spells of 20 s in 45 min: 15 %); harmonics hold some of the rms
    assert flowing[lies, 1].mean() == pytest.approx(expected_a * 10.0 / 11.0, rel=0.2, abs=1e-9)
    assert np.all(forcing.line[1].current_factor[lies, 1] == 0.0)
    assert np.all(forcing.line[1].current_factor[:, [0, 2]] == 1.0)


def test_a_wire_cut_from_its_supply_takes_the_phases_voltage_along_and_no_current_past_the_pole():
    forcing, _ = caused(
        DownedConductorScenario, span="supply_side", phase="a", protection="sees_nothing", **HALF
    )
    after = planted_grid().t_s >= 900.0
    assert np.all(forcing.line[1].voltage_factor[after, 0] < 0.5)
    assert not forcing.line[1].fault_current_a
    loaded, _ = caused(DownedConductorScenario, span="load_side", protection="sees_nothing", **HALF)
    assert np.all(loaded.line[1].voltage_factor == 1.0)


@pytest.mark.parametrize(("surface", "protection", "burns"), [
    ("dry_grass", "sees_nothing", True), ("wet_grass", "sees_nothing", False),
    ("dry_grass", "locks_out", False),
])  # fmt: skip
def test_only_dry_grass_under_a_live_wire_burns(surface, protection, burns):
    forcing, events = caused(DownedConductorScenario, surface=surface, protection=protection, **HALF)
    assert bool(forcing.emissions) is burns
    assert [e.event_subtype.value for e in events] == ["downed_conductor"] + ["flame"] * burns
    if burns:
        assert events[1].parent == 0
        onset_s = events[1].onset_s(planted_grid())
        assert 900.0 <= onset_s <= 960.0


def test_protection_that_locks_out_leaves_a_dead_wire():
    grid = planted_grid(dt_s=1.0)
    forcing, (event, *_) = caused(DownedConductorScenario, dt_s=1.0, protection="locks_out", **HALF)
    dead = grid.t_s > 900.0 + 30.0
    assert np.all(forcing.line[0].voltage_factor[dead] == 0.0)
    assert forcing.discharges[0].power_w[dead].max() == 0.0
    assert event.stage_names[event.stage[-1]] == "lying_dead"
    assert event.clearance_s(grid) is None
    assert event.level[-1] < event.level[grid.t_s == 900.0][0]


def test_a_wire_that_stays_live_is_an_emergency_from_its_first_tick():
    _, (event, *_) = caused(
        DownedConductorScenario, dt_s=60.0, protection="sees_nothing", onset_fraction=0.2618
    )
    assert {event.stage_names[i] for i in event.stage[event.active]} == {"lying_live"}
    assert set(event.level[event.active]) == {5}


def test_a_wire_is_live_as_long_at_any_tick():
    live_s = [
        dt_s * caused(DownedConductorScenario, dt_s=dt_s, protection="locks_out", onset_fraction=0.2618)[
            0
        ].states["live"].sum()
        for dt_s in (1.0, 60.0)
    ]  # fmt: skip
    assert live_s[1] == pytest.approx(live_s[0], rel=1e-6)
    assert 0.1 < live_s[0] < 10.0  # four trips


def test_the_current_of_a_coarse_tick_is_the_mean_of_its_wander():
    """Memory of 2 s: sixty seconds leave sqrt(2 * 2 / 60) of the spread, about a quarter."""
    flowing = {
        dt_s: ground_fault(
            "wet_grass", 10182.0, np.ones(round(3600 / dt_s)), dt_s, np.random.default_rng(3)
        ).phasors_a[:, 0].real
        / burning_of(dt_s)
        for dt_s in (1.0, 60.0)
    }  # fmt: skip
    assert np.nanstd(flowing[60.0]) < 0.4 * np.nanstd(flowing[1.0])
    assert np.nanmean(flowing[60.0]) == pytest.approx(np.nanmean(flowing[1.0]), rel=0.02)


def burning_of(dt_s):
    share = ground_fault(
        "wet_grass", 10182.0, np.ones(round(3600 / dt_s)), dt_s, np.random.default_rng(3)
    ).burning
    return np.where(share > 0.2, share, np.nan)


def test_the_pole_leans_away_from_the_broken_span():
    forcing, _ = caused(DownedConductorScenario, span="load_side", lean_deg=1.0, **HALF)
    structure, azimuth = (
        forcing.structures[0],
        math.radians(planted_conditions(planted_grid()).place.line_azimuth_deg),
    )
    along = structure.tilt_east_rad * math.sin(azimuth) + structure.tilt_north_rad * math.cos(azimuth)
    assert along[-1] == pytest.approx(-math.radians(1.0))
    assert along[0] == 0.0
    assert structure.tension_factor[-1] == pytest.approx(7.0 / 8.0)


# --- neutral, transformer, clamp


def test_voltages_drift_apart_with_the_unbalance():
    def shift(**params):
        forcing, _ = caused(
            BrokenNeutralScenario, path_ohm=5.0, lost_share=1.0, angle_deg=0.0, **HALF | params
        )
        factor = forcing.line[0].voltage_factor
        assert np.all(factor[:90] == 1.0)
        return np.ptp(factor[-1])

    assert shift(unbalance=0.2) == pytest.approx(2.0 * shift(unbalance=0.1), rel=0.1)
    # 250 A x 0.1 x 5 ohm lifts the neutral by 125 V: the heavy phase loses that
    forcing, _ = caused(
        BrokenNeutralScenario, unbalance=0.1, path_ohm=5.0, lost_share=1.0, angle_deg=0.0, **HALF
    )
    assert forcing.line[0].voltage_factor[-1, 0] == pytest.approx(1.0 - 125.0 / 7200.0)
    assert forcing.line[0].neutral_share[[0, -1]].tolist() == [1.0, 0.0]
    assert forcing.component is None


def test_an_open_neutral_is_a_warning_and_worse_where_it_shifts_the_voltages():
    worst = {"unbalance": 0.2, "path_ohm": 25.0, "lost_share": 1.0} | HALF
    _, (mild,) = caused(BrokenNeutralScenario, unbalance=0.05, path_ohm=1.0, **HALF)
    _, (bad,) = caused(BrokenNeutralScenario, **worst)
    assert set(mild.level[mild.active]) == {3}
    assert bad.level[-1] > 3
    assert bad.stage_names[bad.stage[-1]] == "harmful"


def test_an_overload_carries_the_load_it_names():
    forcing, (event,) = caused(
        TransformerOverloadScenario, fault="overload", load=1.6, growth_fraction=0.1, **HALF
    )
    usual = 250.0 / 350.0
    assert usual * forcing.tanks[0].load_factor[-1] == pytest.approx(1.6)
    assert forcing.tanks[0].load_factor[0] == 1.0
    assert event.onset_s(planted_grid()) == pytest.approx(
        900.0 + 360.0 * (1.0 - usual) / (1.6 - usual), abs=20.0
    )


def test_an_hour_of_overload_shows_a_quarter_of_its_rise(make_world):
    world = make_world(n=360, dt_s=10.0)
    params = drawn_params(TransformerOverloadScenario, 0) | {
        "fault": "overload", "load": 1.6, "onset_fraction": 0.03, "growth_fraction": 0.02,
    }  # fmt: skip
    answer = world.response(
        world.add(TransformerOverloadScenario(params).forcing(world.conditions, np.random.default_rng(0)))
    )
    excess_k = answer.component_k - answer.healthy_k
    assert 5.0 < excess_k[-1] < 30.0  # of some 60 K in the end
    assert np.all(np.diff(excess_k[30:]) > 0.0)


def test_a_clamp_sparks_only_when_it_is_a_milliohm_bad():
    weak, _ = caused(EquipmentOverheatScenario, final_resistance_ohm=3e-4)
    assert weak.discharges == ()
    strong, _ = caused(EquipmentOverheatScenario, final_resistance_ohm=4e-3)
    sparks, ohm = strong.discharges[0], strong.joints[0].resistance_ohm
    assert np.array_equal(sparks.power_w > 0.0, ohm >= 1e-3)
    assert sparks.power_w.max() == pytest.approx(1e-3 * 12.0 * 250.0)


def test_slow_decay_tells_its_own_clock():
    for scenario_class, real_s in (
        (EquipmentOverheatScenario, 86400.0 * 100.0), (PoleDecayScenario, 86400.0 * 365.25 * 4.0)
    ):  # fmt: skip
        grid = planted_grid()
        clock = (
            {"real_growth_days": 100.0}
            if scenario_class is EquipmentOverheatScenario
            else {"real_growth_years": 4.0}
        )
        scenario = scenario_class(drawn_params(scenario_class, 0) | clock | {"growth_fraction": 0.5})
        forcing = scenario.forcing(planted_conditions(grid), np.random.default_rng(0))
        answer = replace(planted_response(grid, 100.0), states=forcing.states)
        (event,) = scenario.labels(forcing, answer, grid).events
        assert event.time_scale == pytest.approx(real_s / 1800.0)


# --- clashes, branches, animals, vehicles


def test_clashes_come_with_the_wind_and_short_the_line():
    forcing, events = caused(
        ConductorSlapScenario, dt_s=1.0, clashes_per_min=4.0, clash_s=0.2, clash_a=2000.0, wires="bc",
        span="load_side", wind_m_s=15.0, length_fraction=0.5, **HALF,
    )  # fmt: skip
    share, t_s = forcing.discharges[0].pulses_per_s / 96.0, planted_grid(dt_s=1.0).t_s
    assert np.all(share[(t_s < 900.0) | (t_s > 900.0 + 600.0 + 1800.0)] == 0.0)
    n_clashes = share.sum() / 0.2
    # the planted wind comes 57 degrees off the line: 4 sin2 a minute over 35 min
    expected = 4.0 * math.sin(1.0) ** 2 * 35.0
    assert abs(n_clashes - expected) < 5.0 * math.sqrt(expected)
    currents = forcing.line[0].fault_current_a[1]
    assert np.all(currents[:, 0] == 0.0)
    assert np.abs(currents[:, 1]).max() <= 2000.0
    assert np.all(forcing.line[0].voltage_factor[:, 0] == 1.0)
    assert forcing.line[0].voltage_factor[:, 1].min() < 1.0
    assert [e.event_subtype.value for e in events] == ["conductor_slap"]  # the wind is its setting
    assert events[0].onset_s(planted_grid(dt_s=1.0)) == 900.0


def test_wind_along_the_line_clashes_few_wires():
    grid = planted_grid()
    windy = planted_conditions(grid)
    along = replace(windy, weather=replace(windy.weather, wind_from_rad=np.zeros(grid.n)))
    often = {"clashes_per_min": 4.0, "length_fraction": 0.5, **HALF}
    covered = [
        caused(ConductorSlapScenario, conditions=c, **often)[0].discharges[0].power_w.sum()
        for c in (windy, along)
    ]
    assert covered[1] < 0.4 * covered[0]  # 0.3^2 over sin^2 57 deg is an eighth


def test_ice_hangs_on_slack_wires_in_frost_only():
    grid = planted_grid()
    mild = planted_conditions(grid)
    frost = replace(mild, weather=replace(mild.weather, air_k=mild.weather.air_k - 25.0))
    assert caused(ConductorSlapScenario)[0].structures[0].ice_kg_m is None
    assert caused(ConductorSlapScenario, conditions=frost)[0].structures[0].ice_kg_m.max() > 0.0


def test_a_branch_between_phases_runs_away_within_minutes():
    fallen = {"contact": "fallen_branch", "moisture": "green", "bridge_m": 1.1, "clears_at_try": "1", **HALF}
    forcing, events = caused(VegetationContactScenario, dt_s=1.0, **fallen)
    expected_s = float(bridging_time_s(math.sqrt(3.0) * 7200.0, Branch(1.1, "green")))
    assert expected_s == pytest.approx(190.0, rel=0.02)  # "just over three minutes"
    branch_a, t_s = forcing.states["branch_a"], planted_grid(dt_s=1.0).t_s
    assert np.all(branch_a[t_s < 900.0] == 0.0)
    assert branch_a[t_s == 900.0][0] == pytest.approx(12470.0 / 220e3, rel=0.02)
    heat_j = math.sqrt(3.0) * 7200.0 * branch_a.sum()
    assert heat_j == pytest.approx(1.5 * expected_s * 3.0 * 7200.0**2 / 220e3, rel=0.01)
    assert t_s[forcing.states["faulted"] > 0.0][0] == pytest.approx(900.0 + expected_s, abs=1.0)
    assert branch_a[t_s > 900.0 + expected_s + 1.0].max() == 0.0
    assert [e.event_subtype.value for e in events][:2] == ["branch_contact", "pyrolysis"]
    assert events[1].parent == 0
    assert events[0].clearance_s(planted_grid(dt_s=1.0)) == pytest.approx(900.0 + expected_s + 120.0, abs=5.0)


@pytest.mark.parametrize("dt_s", [0.5, 60.0])
def test_smoke_and_flame_of_a_branch_are_the_same_on_any_grid(dt_s):
    fallen = {"contact": "fallen_branch", "moisture": "green", "diameter_m": 0.02, "bridge_m": 1.2, **HALF}
    one, other = (caused(VegetationContactScenario, dt_s=d, **fallen) for d in (5.0, dt_s))
    for name in ("branch_a", "smoked_g_s", "flamed_g_s", "faulted"):
        a, b = (f.states[name].sum() * d for f, d in ((one[0], 5.0), (other[0], dt_s)))
        assert a == pytest.approx(b, rel=0.05), name
    assert [e.event_subtype for e in one[1]] == [e.event_subtype for e in other[1]]
    assert one[0].states["flamed_g_s"].max() > 0.0
    assert one[1][-1].event_subtype.value == "flame"


def test_a_limb_to_ground_stays_at_milliamperes_and_smokes_not():
    forcing, events = caused(
        VegetationContactScenario, contact="swaying_limb", moisture="wet_green", tree_m=10.0, touch_s=3.0,
        pause_s=10.0, **HALF,
    )  # fmt: skip
    assert forcing.emissions == ()
    assert 0.0 < forcing.states["branch_a"].max() <= 7200.0 / 0.5e6
    assert [e.event_subtype.value for e in events] == ["branch_contact"]
    assert events[0].level.max() <= 3


def test_more_wind_means_more_touches():
    grid = planted_grid()
    calm = planted_conditions(grid)
    storm = replace(calm, weather=replace(calm.weather, wind_m_s=calm.weather.wind_m_s + 8.0))
    limb = {"contact": "swaying_limb", "touch_s": 1.0, "pause_s": 30.0, **HALF}
    touches = [
        caused(VegetationContactScenario, conditions=c, **limb)[0].states["contact"].sum()
        for c in (calm, storm)
    ]
    assert touches[1] > 2.0 * touches[0]


def test_the_place_of_contact_is_the_wire_beside_the_tree():
    conditions = planted_conditions(planted_grid())
    forcing, _ = caused(VegetationContactScenario, contact="swaying_limb")
    at, tree = forcing.discharges[0].at, conditions.place.tree_m
    along = np.array(conditions.place.along_line(1.0, 0.0, 0.0))
    assert along @ np.subtract(tree, at) == pytest.approx(0.0, abs=1e-9)
    assert place_in(forcing.states) == pytest.approx(at)


def test_an_animal_trips_the_line_for_a_moment():
    forcing, events = caused(
        WildlifeContactScenario, dt_s=0.5, duration_s=600.0, component="insulator_c", fault_a=1000.0,
        trip_s=0.2, clears_at_try="1", **HALF,
    )  # fmt: skip
    grid = planted_grid(600.0, 0.5)
    assert forcing.states["faulted"].sum() * grid.dt_s == pytest.approx(0.2)
    assert (1.0 - forcing.line[0].voltage_factor[:, 0]).sum() * grid.dt_s == pytest.approx(
        0.5
    )  # first dead time
    assert [e.event_subtype.value for e in events] == ["animal_contact", "flashover"]
    assert events[1].parent == 0
    assert events[0].onset_s(grid) == 130.0  # it lands before it bridges
    assert events[1].onset_s(grid) == 150.0
    assert forcing.component is None  # too short to warm metal


def test_remains_that_stay_lock_the_line_out():
    grid = planted_grid(600.0, 0.5)
    forcing, events = caused(
        WildlifeContactScenario, dt_s=0.5, duration_s=600.0, clears_at_try="never", **HALF
    )
    assert np.all(forcing.line[0].voltage_factor[grid.t_s > 180.0] == 0.0)
    assert events[0].clearance_s(grid) is None


@pytest.mark.parametrize("dt_s", [0.5, 10.0, 60.0])
def test_an_animal_bridges_while_the_fault_flows_and_remains_hang_after_it(dt_s):
    _, (animal, _) = caused(
        WildlifeContactScenario, dt_s=dt_s, duration_s=600.0, clears_at_try="never", **HALF
    )
    stages = [animal.stage_names[i] for i in animal.stage[animal.active]]
    assert list(dict.fromkeys(stages))[-2:] == ["bridging", "remains"]  # a long tick hides the perching
    assert stages[-1] == "remains"


def test_a_scrape_is_over_within_a_minute_and_a_crash_is_not():
    grid = planted_grid()
    _, (scrape,) = caused(VehicleStrikeScenario, impulse_n_s=600.0, **HALF)
    _, (crash,) = caused(VehicleStrikeScenario, impulse_n_s=15e3, **HALF)
    assert scrape.clearance_s(grid) == 960.0
    assert crash.clearance_s(grid) is None
    assert scrape.level.max() < crash.level.max()


def test_held_marks_the_time_after():
    happens = np.array([False, True, False, False, False, True, False])
    assert held(happens, 10.0, 20.0).tolist() == [False, True, True, True, False, True, True]
    assert not held(np.zeros(50, bool), 1.0, 10.0).any()
    assert place_in({}) is None


# --- in the real world: who can know

SENSORS = ("emf_sensor", "microphone", "vibration_sensor", "thermal_camera", "voc_array", "barometer")
SEEN = {
    "electrical/downed_conductor": (
        {"surface": "wet_grass"}, {"emf_sensor", "microphone", "vibration_sensor"}
    ),
    "electrical/broken_neutral": ({"unbalance": 0.2, "path_ohm": 8.0}, {"emf_sensor"}),
    "electrical/transformer_overload": ({"fault": "overload", "load": 1.9}, {"vibration_sensor"}),
    "electrical/conductor_slap": ({"clashes_per_min": 4.0}, {"emf_sensor", "microphone"}),
    "electrical/vehicle_strike": ({"impulse_n_s": 15e3}, {"microphone", "vibration_sensor"}),
    "electrical/pole_decay": ({"stiffness_lost": 0.6}, {"vibration_sensor"}),
    "environmental/vegetation_contact": ({"contact": "fallen_branch"}, {"microphone"}),
    "environmental/wildlife_contact": ({}, {"emf_sensor", "microphone"}),
}  # fmt: skip
UNMOVED = {
    "electrical/conductor_slap": (),  # brings its own weather
    "electrical/downed_conductor": ("barometer",),  # the wire without its load cools in the picture
}


@pytest.mark.parametrize("scenario", SEEN)
def test_the_sensors_that_physics_reaches_know_and_the_others_do_not(draw, run, scenario):
    params, seen = SEEN[scenario]
    options = {"frame_interval_s": 10, "sensors": SENSORS}
    spec = draw(scenario, duration_s=1200.0, dt_s=10.0, options=options, **{"onset_fraction": 0.2} | params)
    episode = run(spec)
    rows = [r for r in episode.table("observability").to_pylist() if r["event_id"] == 0]
    known = {row["sensor_id"]: row["max_snr"] for row in rows}
    assert {name for name, snr in known.items() if snr >= 3.0} >= seen
    for name in UNMOVED.get(scenario, ("barometer", "thermal_camera")):
        assert known[name] < 3.0, name
    assert PoleTwin().relabel(episode).equals(_labels(episode))
    elsewhere = scenario not in ("electrical/transformer_overload", "environmental/wildlife_contact")
    if elsewhere and scenario != "electrical/broken_neutral":  # the picture shows the sound wire or pole
        assert not any(row["n_pixels"] for row in episode.table("masks").to_pylist())


@pytest.mark.parametrize("scenario", SEEN)
def test_nothing_moves_before_the_first_event(make_world, scenario):
    params, _ = SEEN[scenario]
    world = make_world(n=60, dt_s=20.0)
    happening = SCENARIOS[scenario](drawn_params(SCENARIOS[scenario], 1) | params | {"onset_fraction": 0.2})
    forcing = happening.forcing(world.conditions, np.random.default_rng(1))
    answer = world.response(world.add(forcing))
    onset_s = min(event.onset_s(world.grid) for event in happening.labels(forcing, answer, world.grid).events)
    before = world.state(0, max(int(onset_s / 20.0) - 3, 1))  # an overload begins before it passes the rating
    device = VirtualGridGuardian(default_configuration(world.site))
    for name in SENSORS:
        if name in device.scalar_sensors:
            sensor = device.scalar_sensors[name]
            calm, moved = sensor.respond(before.without_causes()), sensor.respond(before)
            np.testing.assert_allclose(moved, calm, rtol=1e-9, atol=1e-12, err_msg=name)


def _labels(episode):
    return episode.table("labels").select(PoleTwin().relabel(episode).column_names)
