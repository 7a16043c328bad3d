from dataclasses import replace

import numpy as np
import pytest

from envirosense.core.rng import stream
from envirosense.physics.electric.leakage import layer_conductance_s, leakage_current_a
from envirosense.physics.electric.tracking import DRY_ZONE_OHM, LEAST_CURRENT_A, WET_WOOD_OHM
from envirosense.pole.observability import excess_snr
from envirosense.pole.run import EpisodeRun
from envirosense.pole.scenarios.fire.pole_top_fire import PoleTopFireScenario
from envirosense.pole.twin import PoleTwin
from envirosense.scenarios import EventType
from envirosense.testing.planted_world import planted_conditions, planted_grid, planted_responses
from envirosense.testing.scenarios import check_scenario

GRID = planted_grid()
BURN = {
    "salt_mg_cm2": 0.08, "wet_hours": 60.0, "burn_fraction": 0.4, "wet_time_share": 0.05, "fuel_g": 40.0,
    "glow_g_min": 4.0, "yield_spread": 1.0, "wetting": "fog", "saturation": 1.0, "wet_onset_fraction": 0.05,
    "wet_fraction": 1.0,
}  # fmt: skip


def fire(**changes):
    return PoleTopFireScenario(BURN | changes)


def forced(scenario, grid=GRID, **weather):
    conditions = planted_conditions(grid)
    changed = {name: np.full(grid.n, value) for name, value in weather.items()}
    conditions = replace(conditions, weather=replace(conditions.weather, **changed))
    return scenario.forcing(conditions, stream(0, "forcing"))


def events_of(scenario, forcing, excess_k):
    return scenario.labels(None, planted_responses([forcing], GRID, excess_k)[0], GRID).events


def test_the_contract_is_kept():
    check_scenario(PoleTopFireScenario, n_draws=2)


def test_the_leakage_is_that_of_published_pole_fires():  # from 4-5 mA on [TDWorld2021]
    least_a, most_a = (
        leakage_current_a(
            7200.0, layer_conductance_s(salt, 1.0), series_ohm=WET_WOOD_OHM + DRY_ZONE_OHM
        )
        for salt in (0.01, 0.15)
    )  # fmt: skip
    assert LEAST_CURRENT_A < least_a < 6e-3
    assert 10e-3 < most_a < 12e-3
    assert forced(fire()).states["leakage_a"].max() < 50e-3


def test_a_dry_hour_burns_nothing():
    forcing = forced(fire(wetting="natural"), relative_humidity=0.5)
    assert not forcing.states["burn"].any()
    assert events_of(fire(), forcing, 0.0) == ()
    assert sum(heating.power_w.max() for heating in forcing.heatings) < 0.5


def test_the_burn_never_heals_and_its_glow_outlives_the_wet():
    forcing = forced(fire(wet_fraction=0.4), planted_grid(duration_s=12 * 3600.0, dt_s=60.0))
    burn, wood_w = forcing.states["burn"], forcing.heatings[0].power_w
    assert np.all(np.diff(burn) >= 0.0)
    assert burn[-1] == 1.0
    assert forcing.states["leakage_a"][-1] < 1e-3
    assert wood_w[-1] == pytest.approx(0.5 * 8e3 * 4.0 / 60.0, rel=0.05)  # half of 8 kJ/g at 4 g/min


def test_more_wet_hours_burn_further():
    burns = [forced(fire(wet_hours=h)).states["burn"][GRID.n // 3] for h in (20.0, 30.0, 40.0)]
    assert np.all(np.diff(burns) > 0.0)


def test_the_clock_says_how_much_real_time_it_presses_together():
    (leakage,) = events_of(fire(), forced(fire()), 0.0)
    wet_s_per_s = 60.0 * 3600.0 / (0.4 * 3600.0)
    assert leakage.time_scale == pytest.approx(wet_s_per_s / 0.05)
    weeks = leakage.time_scale * 0.4 * 3600.0 / (7 * 86_400.0)
    assert 4.0 < weeks < 12.0  # weeks to months [TDWorld2021]


def test_tracking_brings_pyrolysis_and_pyrolysis_fire():
    kinds = [
        [(event.event_type, event.parent) for event in events_of(fire(), forced(fire()), excess_k)]
        for excess_k in (0.0, 150.0, 500.0)
    ]
    tracking = (EventType.INSULATION_DEGRADATION, None)
    pyrolysis = (EventType.FIRE_PRECURSOR, 0)
    smoulder = (EventType.FIRE_PRECURSOR, 1)
    flame = (EventType.FIRE_ACTIVE, 2)
    assert kinds == [[tracking], [tracking, pyrolysis], [tracking, pyrolysis, smoulder, flame]]


def test_ignition_is_one_moment_in_all_fire_events():
    _, pyrolysis, smoulder, flame = events_of(fire(), forced(fire()), 500.0)
    assert pyrolysis.ignition_s(GRID) == flame.ignition_s(GRID) == flame.onset_s(GRID)
    assert pyrolysis.onset_s(GRID) < smoulder.onset_s(GRID) <= flame.onset_s(GRID)
    assert set(pyrolysis.stage[flame.active]) == {pyrolysis.stage_names.index("ignited")}


def test_the_world_chars_the_wood_and_seldom_lets_weak_leaks_burn(draw):
    quick = {"duration_s": 3600.0, "dt_s": 10.0, "options": {"frame_interval_s": 600.0}}
    strong = EpisodeRun(draw("fire/pole_top_fire", **quick, **BURN))
    weak = EpisodeRun(draw("fire/pole_top_fire", **quick, **BURN | {"salt_mg_cm2": 0.01, "wet_hours": 20.0}))
    hottest_k, mild_k = (float(run.responses[0].component_k.max()) for run in (strong, weak))
    assert mild_k < 400.0 < 623.0 < hottest_k
    assert strong.labels.events[-1].event_type is EventType.FIRE_ACTIVE
    snr = excess_snr(strong.device, strong.world)
    assert snr["microphone"].max() > 3.0
    assert snr["barometer"].max() == 0.0
    gas_g_s = strong.responses[0].emission_g_s
    assert gas_g_s.max() > 10.0 * max(weak.responses[0].emission_g_s.max(), 1e-9)


def test_labels_come_again_from_the_stored_episode(draw, run):
    spec = draw("fire/pole_top_fire", duration_s=600.0, dt_s=10.0, options={"frame_interval_s": 60.0}, **BURN)
    episode = run(spec)
    again, stored = PoleTwin().relabel(episode), episode.table("labels")
    kept = [name for name in again.column_names if name in stored.column_names]
    assert stored.num_rows > 0
    assert stored.select(kept).equals(again.select(kept))
