from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from envirosense.core.rng import stream
from envirosense.physics.fire.combustion import CRITICAL_FLUX_G_M2_S, PILOTED_K
from envirosense.pole.matter.wood import SPOT_M2, WoodSource
from envirosense.pole.observability import excess_snr
from envirosense.pole.run import EpisodeRun
from envirosense.pole.scenarios.fire import cellulose_pyrolysis as cellulose
from envirosense.pole.scenarios.fire.cellulose_pyrolysis import CellulosePyrolysisScenario
from envirosense.pole.scenarios.fire.fire_precursor_combo import FirePrecursorComboScenario
from envirosense.pole.scenarios.fire.heated_wood import FLAME, WOOD_SHARE, wood_fire
from envirosense.pole.scenarios.fire.lignin_decomposition import LIGNIN, LigninDecompositionScenario
from envirosense.pole.site import Site
from envirosense.pole.twin import PoleTwin
from envirosense.scenarios import EventSubtype, EventType, Family, Level, level_of
from envirosense.testing.planted_world import planted_conditions, planted_grid, planted_response
from envirosense.testing.scenarios import check_scenario

GRID = planted_grid()
DAY = planted_grid(duration_s=86_400.0, dt_s=10.0)
LEAK = {
    "component": "crossarm_bolt", "peak_power_w": 100.0, "fuel_g": 60.0, "onset_fraction": 0.1,
    "ramp_fraction": 0.2, "end_fraction": 0.8, "yield_spread": 1.0,
}  # fmt: skip
HELD = {
    "component": "crossarm_bolt", "sustained_power_w": 215.0, "growth": 1.15, "rise_s": 200.0, "fuel_g": 90.0,
    "onset_fraction": 0.05, "end_fraction": 1.2, "yield_spread": 1.0,
}  # fmt: skip
CHAIN = {
    "component": "crossarm_bolt", "steel_power_w": 80.0, "wood_power_w": 250.0, "fuel_g": 60.0,
    "onset_fraction": 0.05, "drying_fraction": 0.2, "growth_fraction": 0.1, "end_fraction": 1.2,
    "yield_spread": 1.0,
}  # fmt: skip
CLASSES = (CellulosePyrolysisScenario, LigninDecompositionScenario, FirePrecursorComboScenario)


def forced(scenario, grid=GRID, seed=0):
    return scenario.forcing(planted_conditions(grid), stream(seed, "forcing"))


def leakage_w(grid=GRID, **changes):
    return sum(act.power_w for act in forced(CellulosePyrolysisScenario(LEAK | changes), grid).heatings)


def labels(scenario, excess_k, **answer):
    response = planted_response(GRID, 0.0)
    response = replace(response, component_k=response.healthy_k + excess_k, **answer)
    return scenario.labels(None, response, GRID).events


def ramp(top_k):
    """Excess that rises evenly to its top at the end, (time,) [K]."""
    return np.linspace(0.0, top_k, GRID.n)


@pytest.fixture(scope="module")
def answer(make_world):
    """World, cause, response and events of a scenario through 90 minutes of a July noon."""

    def answered(scenario, dt_s=10.0, n_s=5400.0):
        world = make_world(n=round(n_s / dt_s), dt_s=dt_s, start=datetime(2018, 7, 10, 16, tzinfo=UTC))
        forcing = scenario.forcing(world.conditions, stream(0, "forcing"))
        response = world.response(world.add(forcing))
        return world, response, scenario.labels(None, response, world.grid).events

    return answered


@pytest.mark.parametrize("scenario_class", CLASSES)
def test_the_contract_is_kept(scenario_class):
    check_scenario(scenario_class, n_draws=1)


def test_leakage_acts_between_its_onset_and_its_end():
    power_w, fraction = leakage_w(), GRID.t_s / GRID.duration_s
    assert np.all(power_w[fraction <= 0.1] == 0)
    assert np.all(power_w[(fraction > 0.1) & (fraction < 0.8)] > 0)
    assert np.all(power_w[fraction >= 0.8] == 0)
    assert np.all(leakage_w(end_fraction=1.2)[fraction > 0.1] > 0)


def test_leakage_flickers_about_its_peak_power_at_any_tick():
    # a day: 24 h * 0.5 grown = n_eff of 43 200 s / 60 s; mean 100 W within 5 * 15 % / sqrt(720)
    fraction = DAY.t_s / DAY.duration_s
    grown_w = leakage_w(DAY)[(fraction > 0.3) & (fraction < 0.8)]
    assert grown_w.mean() == pytest.approx(100.0, rel=5 * 0.15 / np.sqrt(720))
    fine_w = leakage_w(planted_grid(dt_s=5.0)).reshape(-1, 2).mean(axis=1)
    np.testing.assert_allclose(fine_w[120:280], leakage_w()[120:280], rtol=1e-9)


@pytest.mark.parametrize(
    ("scenario_class", "params"), [(CellulosePyrolysisScenario, LEAK), (LigninDecompositionScenario, HELD)]
)
def test_leakage_heats_the_steel_and_the_wood_beside_it(scenario_class, params):
    forcing = forced(scenario_class(params))
    steel, wood = forcing.heatings
    assert forcing.component == steel.component == "crossarm_bolt"
    assert forcing.fuels[0].component == wood.component == "crossarm_bolt_wood"
    assert forcing.fuels[0].dry_mass_g == params["fuel_g"]
    np.testing.assert_allclose(wood.power_w, WOOD_SHARE * (wood.power_w + steel.power_w))
    for option in scenario_class.space.parameters["component"].distribution.options:
        assert option in Site().component_positions


def test_pyrolysis_stages_follow_the_wood_temperature():
    excess_k = ramp(320.0)
    event = labels(CellulosePyrolysisScenario(LEAK), excess_k)[0]
    edges_k = [lower for _, lower in cellulose.STAGES[1:]]
    np.testing.assert_array_equal(event.stage, np.searchsorted(edges_k, 293.15 + excess_k, side="right"))
    np.testing.assert_array_equal(event.active, excess_k >= cellulose.ANOMALY_K)
    assert event.ignition_s(GRID) is None
    assert np.isnan(event.time_to_ignition_s(GRID)).all()
    assert (event.event_type, event.event_subtype) == (EventType.FIRE_PRECURSOR, EventSubtype.PYROLYSIS)
    assert event.event_type.family is Family.FIRE
    assert (event.source_strength, event.source_strength_unit) == (100.0, "W")


def test_ignition_needs_hot_wood_that_still_gives_off_vapour():
    scenario = CellulosePyrolysisScenario(LEAK)
    fast = np.interp(np.arange(GRID.n), [0, 100, 200, GRID.n - 1], [0.0, 400.0, 400.0, 0.0])
    pyrolysis, smoulder, flame = labels(scenario, fast, emission_g_s=np.full(GRID.n, 0.1))
    first = int(np.argmax(pyrolysis.ignited))
    assert 293.15 + fast[first] >= PILOTED_K
    assert pyrolysis.ignited[first:].all()
    assert set(pyrolysis.stage[first:]) == {pyrolysis.stage_names.index("ignited")}
    assert pyrolysis.time_to_ignition_s(GRID)[first - 3] == 3 * GRID.dt_s
    assert (smoulder.parent, flame.parent) == (0, 1)
    assert flame.onset_s(GRID) == pyrolysis.ignition_s(GRID) == flame.ignition_s(GRID)
    assert smoulder.onset_s(GRID) < flame.onset_s(GRID)
    # four hours at 300 degC leave char: hotter then gives no flame
    slow = planted_grid(5 * 3600.0)
    hot_k = np.where(slow.t_s < 4 * 3600.0, 573.0, 700.0)
    fire = wood_fire(replace(planted_response(slow, 0.0), component_k=hot_k), slow, 60.0, 1.0)
    assert not fire.flaming.any()
    assert fire.smouldering.any()


def test_severity_of_pyrolysis_is_the_way_to_ignition():
    event = labels(CellulosePyrolysisScenario(LEAK), ramp(500.0))[0]
    assert np.all(np.diff(event.severity) >= 0)
    halfway = np.argmin(np.abs(ramp(500.0) - (PILOTED_K - 293.15) / 2))
    assert event.severity[halfway] == pytest.approx(0.5, abs=0.01)


def test_a_response_too_weak_to_matter_is_no_event():
    for scenario in (
        CellulosePyrolysisScenario(LEAK),
        LigninDecompositionScenario(HELD),
        FirePrecursorComboScenario(CHAIN),
    ):
        assert labels(scenario, np.full(GRID.n, 19.0)) == ()


def test_progress_of_pyrolysis_is_the_converted_share():
    response = planted_response(GRID, 300.0)
    event = CellulosePyrolysisScenario(LEAK).labels(None, response, GRID).events[0]
    np.testing.assert_array_equal(event.progress, response.converted)


def test_wood_held_hot_stays_in_the_band_of_lignin(answer):
    _, response, events = answer(LigninDecompositionScenario(HELD))
    minutes = {
        name: (LIGNIN.stage(response.component_k) == place).sum() / 6.0
        for place, name in enumerate(LIGNIN.stage_names)
    }
    assert minutes["lignin_onset"] + minutes["lignin"] >= 40.0 > 15.0 >= minutes["cellulose"]
    assert [event.event_subtype for event in events[:2]] == [
        EventSubtype.PYROLYSIS,
        EventSubtype.COMBUSTION_PRODUCTS,
    ]


def test_phenols_come_late_and_furfural_early(answer):
    _, response, _ = answer(LigninDecompositionScenario(HELD))
    wood = WoodSource(response.component_k, 10.0, HELD["fuel_g"], 1.0)

    def mean_s(*names):
        rate = wood.rate_g_s[:, [wood.names.index(name) for name in names]].sum(axis=1)
        return float(np.average(response.component_k, weights=rate))

    assert mean_s("phenol", "cresol", "guaiacol") > mean_s("furfural", "acetic_acid") + 5.0
    leak = CellulosePyrolysisScenario(LEAK | {"peak_power_w": 150.0})
    mild = answer(leak, n_s=3600.0)[1].component_k
    milder = WoodSource(mild, 10.0, LEAK["fuel_g"], 1.0)
    per_acid = [
        w.rate_g_s[:, w.names.index("phenol")].sum() / w.rate_g_s[:, w.names.index("acetic_acid")].sum()
        for w in (milder, wood)
    ]
    assert per_acid[1] > 2.0 * per_acid[0]


def test_labels_know_the_same_fire_as_the_world(answer):
    for dt_s in (10.0, 2.0):
        world, response, _ = answer(FirePrecursorComboScenario(CHAIN), dt_s, 3600.0)
        fire = wood_fire(response, world.grid, CHAIN["fuel_g"], 1.0)
        (burning,) = world.settled.burning
        at_steps = slice(None, None, round(10.0 / dt_s))
        np.testing.assert_array_equal(fire.flaming[at_steps], burning.wood.flaming[:-1])
        np.testing.assert_array_equal(fire.smouldering[at_steps], burning.wood.smouldering[:-1])
        assert fire.flaming.any()


def test_the_chain_runs_from_warmth_to_flame(answer):
    world, response, events = answer(FirePrecursorComboScenario(CHAIN))
    assert [event.event_subtype for event in events] == [
        EventSubtype.THERMAL_ANOMALY,
        EventSubtype.PYROLYSIS,
        EventSubtype.COMBUSTION_PRODUCTS,
        EventSubtype.FLAME,
    ]
    assert [event.parent for event in events] == [None, 0, 1, 2]
    onsets_s = [event.onset_s(world.grid) for event in events]
    assert onsets_s == sorted(onsets_s)
    assert len(set(onsets_s)) == 4
    assert onsets_s[0] > CHAIN["onset_fraction"] * world.grid.duration_s
    assert onsets_s[1] > (CHAIN["onset_fraction"] + CHAIN["drying_fraction"]) * world.grid.duration_s
    assert int(events[3].level[events[3].active].max()) >= 4
    assert response.converted[-1] > 0.5


def test_a_weak_leak_ends_as_warmth_or_vapour(answer):
    weak = {"steel_power_w": 40.0, "wood_power_w": 80.0}
    _world, response, events = answer(FirePrecursorComboScenario(CHAIN | weak))
    assert {event.event_subtype for event in events} <= {EventSubtype.THERMAL_ANOMALY, EventSubtype.PYROLYSIS}
    assert response.component_k.max() < 573.0
    assert response.converted[-1] < 0.05


def test_events_do_not_move_with_the_tick(answer):
    coarse, fine = (answer(FirePrecursorComboScenario(CHAIN), dt_s, 3600.0) for dt_s in (10.0, 5.0))
    for one, other in zip(coarse[2], fine[2], strict=True):
        assert other.onset_s(fine[0].grid) == pytest.approx(one.onset_s(coarse[0].grid), abs=20.0)


@pytest.mark.parametrize(
    ("component", "shows"), [("crossarm_bolt", "thermal_camera"), ("neutral_bracket", "voc_array")]
)
def test_a_chain_is_seen_above_the_device_and_smelt_beside_it_but_moves_nothing(draw, component, shows):
    options = {"frame_interval_s": 60.0}
    spec = draw("fire/fire_precursor_combo", index=1, duration_s=3600.0, dt_s=10.0, options=options, **CHAIN)
    run = EpisodeRun(spec.model_copy(update={"params": spec.params | {"component": component}}))
    snr = {name: float(values.max()) for name, values in excess_snr(run.device, run.world).items()}
    assert snr[shows] > 100.0
    for name in ("wind_sensor", "barometer", "rain_gauge", "emf_sensor", "microphone"):
        assert snr[name] == 0.0


@pytest.mark.parametrize(
    ("scenario", "params"),
    [
        ("fire/cellulose_pyrolysis", LEAK | {"peak_power_w": 300.0}),
        ("fire/lignin_decomposition", HELD),
        ("fire/fire_precursor_combo", CHAIN),
    ],
)
def test_labels_come_again_from_the_stored_episode(draw, run, scenario, params):
    episode = run(draw(scenario, duration_s=1200.0, dt_s=10.0, options={"frame_interval_s": 120.0}, **params))
    stored, again = episode.table("labels"), PoleTwin().relabel(episode)
    kept = [name for name in again.column_names if name in stored.column_names]
    assert stored.num_rows
    assert stored.select(kept).equals(again.select(kept))


def test_the_least_flame_on_the_pole_is_critical():
    least_g_s = CRITICAL_FLUX_G_M2_S * SPOT_M2
    assert level_of(FLAME.severity(np.array([least_g_s])))[0] >= Level.CRITICAL


@pytest.mark.parametrize(("scenario_class", "params"), list(zip(CLASSES, (LEAK, HELD, CHAIN), strict=True)))
def test_no_stage_is_over_before_its_event_begins(scenario_class, params):
    events = labels(scenario_class(params), ramp(600.0))
    reached = {event.stage_names[i] for event in events for i in event.stage[event.active]}
    assert {event.stage_names[0] for event in events} <= reached
