from dataclasses import replace

import numpy as np
import pytest

from envirosense.core.rng import stream
from envirosense.physics.thermal.insulator import DRY_LEAKAGE_A, HEALTHY_ARRESTER_W, arrester_w
from envirosense.pole.observability import excess_snr
from envirosense.pole.run import EpisodeRun
from envirosense.pole.scenarios.electrical.arrester_failure import ArresterFailureScenario
from envirosense.pole.scenarios.electrical.insulation_breakdown import InsulationBreakdownScenario
from envirosense.pole.scenarios.electrical.tracking import TrackingScenario
from envirosense.pole.twin import PoleTwin
from envirosense.scenarios import EventSubtype, EventType
from envirosense.testing.planted_world import planted_conditions, planted_grid, planted_responses
from envirosense.testing.scenarios import check_scenario

GRID = planted_grid()
FRACTION = GRID.t_s / GRID.duration_s
CRACK = {
    "component": "insulator_b", "final_leakage_a": 0.02, "onset_fraction": 0.1, "growth_fraction": 0.5,
    "real_growth_days": 30.0, "ending": "lasting", "fault_a": 2000.0,
}  # fmt: skip
SALTY = {
    "component": "insulator_b", "foot": "earthed_bracket", "salt_mg_cm2": 0.05, "wetting": "natural",
    "saturation": 1.0, "wet_onset_fraction": 0.2, "wet_fraction": 0.5,
}  # fmt: skip
ARRESTER = {
    "component": "arrester_b", "ending": "lasting", "final_wear": 1.0, "onset_fraction": 0.1,
    "growth_fraction": 0.4, "real_growth_days": 20.0, "runaway_s": 300.0, "fault_a": 2000.0, "bang_n_s": 0.2,
}  # fmt: skip


def weathered(grid=GRID, **weather):
    """Planted conditions with constants of the weather replaced."""
    conditions = planted_conditions(grid)
    changed = {name: np.full(grid.n, value) for name, value in weather.items()}
    return replace(conditions, weather=replace(conditions.weather, **changed))


def forced(scenario, conditions=None, seed=0):
    return scenario.forcing(conditions or weathered(), stream(seed, "forcing"))


def crack(**changes):
    return InsulationBreakdownScenario(CRACK | changes)


def salty(**changes):
    return TrackingScenario(SALTY | changes)


def arrester(**changes):
    return ArresterFailureScenario(ARRESTER | changes)


def events_of(scenario, forcing, excess_k=0.0, grid=GRID):
    return scenario.labels(None, planted_responses([forcing], grid, excess_k)[0], grid).events


@pytest.mark.parametrize(
    "scenario_class", [InsulationBreakdownScenario, TrackingScenario, ArresterFailureScenario]
)
def test_the_contract_is_kept(scenario_class):
    check_scenario(scenario_class, n_draws=2)


def test_a_crack_leaks_more_and_more_and_heats_by_its_resistance():
    forcing = forced(crack())
    leakage_a = forcing.states["leakage_a"]
    assert np.all(leakage_a[FRACTION < 0.1] == DRY_LEAKAGE_A)
    np.testing.assert_allclose(leakage_a[FRACTION >= 0.6], 0.02)
    halfway = leakage_a[np.argmin(np.abs(FRACTION - 0.35))]
    assert halfway == pytest.approx(
        np.sqrt(0.02 * DRY_LEAKAGE_A), rel=0.02
    )  # in equal steps of its logarithm
    resistance_ohm = 7200.0 / leakage_a
    expected_w = leakage_a**2 * resistance_ohm - 7200.0 * DRY_LEAKAGE_A
    np.testing.assert_allclose(forcing.heatings[0].power_w, expected_w, atol=1e-9)


def test_voids_discharge_from_where_the_voltage_passes_their_inception_and_sparks_come_later():
    voids, sparks = forced(crack()).discharges
    # ratio 0.6 * (10/3)^x passes 1 at x = ln(5/3) / ln(10/3) = 0.424 of the growth
    first = FRACTION[np.argmax(voids.power_w > 0.0)]
    assert first == pytest.approx(0.1 + 0.5 * np.log(5 / 3) / np.log(10 / 3), abs=0.005)
    assert voids.kind == "internal"
    assert sparks.kind == "surface"
    assert np.argmax(sparks.power_w > 0.0) > np.argmax(voids.power_w > 0.0)
    assert np.all(sparks.power_w <= 7200.0 * 0.02)


def test_stages_of_a_crack_come_in_order_without_a_jump_of_the_cause():
    (event,) = events_of(crack(), forced(crack()))
    assert np.all(np.diff(event.stage[event.active]) >= 0)
    assert set(event.stage[event.active]) == {0, 1, 2}
    assert event.time_scale == pytest.approx(30.0 * 86_400.0 / 1800.0)
    power_w = forced(crack()).heatings[0].power_w
    assert np.abs(np.diff(power_w)).max() < 0.05 * power_w.max()


@pytest.mark.parametrize(
    ("ending", "n_trips"), [("clears_at_once", 1), ("clears_at_second_try", 2), ("locks_out", 4)]
)
def test_a_flashover_is_the_child_of_the_degradation(ending, n_trips):
    scenario = crack(ending=ending)
    grid = planted_grid(dt_s=0.5)
    forcing = forced(scenario, weathered(grid))
    degradation, flashover = events_of(scenario, forcing, grid=grid)
    assert (degradation.event_type, flashover.event_type) == (
        EventType.INSULATION_DEGRADATION, EventType.ARCING,
    )  # fmt: skip
    assert flashover.parent == 0
    assert flashover.onset_s(grid) == 0.6 * 3600.0
    trips_s = sum((0.08, 0.08, 0.8, 0.8)[:n_trips])
    fault_a = np.abs(forcing.line[0].fault_current_a[1][:, 1])
    flowing_s = fault_a.sum() / 2000.0 * grid.dt_s
    assert flowing_s == pytest.approx(trips_s)
    dead = forcing.line[0].voltage_factor[-1]
    assert np.all(dead == (0.0 if ending == "locks_out" else 1.0))
    assert degradation.active[-1] == (ending != "locks_out")


def test_a_salty_insulator_leaks_only_while_it_is_wet():
    dry = forced(salty(), weathered(relative_humidity=0.5))
    assert events_of(salty(), dry) == ()
    assert dry.states["leakage_a"].max() < 1e-4
    assert not dry.discharges[0].power_w.any()
    wet = forced(salty(), weathered(relative_humidity=0.97))
    (event,) = events_of(salty(), wet)
    assert event.event_subtype is EventSubtype.TRACKING
    assert event.active.all()
    leaks = [
        forced(salty(), weathered(relative_humidity=h)).states["leakage_a"][-1] for h in (0.7, 0.8, 0.9, 1.0)
    ]
    assert np.all(np.diff(leaks) > 0)


def test_a_clean_insulator_does_not_track_in_fog():
    scenario = salty(salt_mg_cm2=0.01)
    leakage_a = forced(scenario, weathered(relative_humidity=0.85)).states["leakage_a"]
    assert leakage_a.max() < 1e-3
    assert events_of(scenario, forced(scenario)) == ()


def test_current_and_heat_grow_with_the_deposit():
    air = weathered(relative_humidity=0.95)
    runs = [forced(salty(salt_mg_cm2=salt), air) for salt in (0.02, 0.05, 0.15)]
    assert np.all(np.diff([run.states["leakage_a"].max() for run in runs]) > 0)
    assert np.all(np.diff([run.heatings[0].power_w.max() for run in runs]) > 0)
    wooden = forced(salty(foot="wooden_arm", salt_mg_cm2=0.15), air)
    assert wooden.states["leakage_a"].max() < runs[2].states["leakage_a"].max()
    assert wooden.heatings[1].power_w.max() > 10.0  # the arm's dry zone takes the heat, not the insulator
    assert not runs[2].heatings[1].power_w.any()


@pytest.mark.parametrize(("wetting", "rains"), [("fog", False), ("drizzle", True), ("rain", True)])
def test_a_wet_spell_is_weather_and_begins_when_it_is_told_to(wetting, rains):
    forcing = forced(salty(wetting=wetting))
    (change,) = forcing.setting
    before, within = FRACTION < 0.2, (FRACTION > 0.35) & (FRACTION < 0.55)
    assert not change.dew_point_k[before].any()
    assert np.all(change.sun_factor[before] == 1.0)
    weather = planted_conditions(GRID).weather
    np.testing.assert_allclose(
        weather.dew_point_k[within] + change.dew_point_k[within], weather.air_k[within]
    )
    assert change.rain_mm_h.any() == rains
    assert forcing.states["leakage_a"][before].max() < 1e-4 < 5e-3 < forcing.states["leakage_a"].max()


def test_heavy_rain_washes_the_salt_away():
    # 12 h of 3 mm/h: 36 mm, of which 31 beyond the first 5 wash with 5 mm to 1/e
    day = planted_grid(duration_s=86_400.0, dt_s=60.0)
    leakage_a = forced(salty(), weathered(day, rain_mm_h=3.0)).states["leakage_a"]
    assert leakage_a[-1] < 0.05 * leakage_a.max()


@pytest.mark.parametrize(
    "scenario", [arrester(ending="short_circuit", runaway_s=60.0), crack(ending="locks_out")]
)
def test_a_growth_by_powers_heats_alike_at_any_tick(scenario):
    heats_j = [
        dt_s * forced(scenario, weathered(planted_grid(dt_s=dt_s))).heatings[0].power_w.sum()
        for dt_s in (1.0, 60.0)
    ]
    assert heats_j[1] == pytest.approx(heats_j[0], rel=0.02)


def test_an_arrester_loses_more_watts_with_its_wear():
    power_w = forced(arrester()).heatings[0].power_w
    assert np.all(power_w[FRACTION < 0.1] == 0.0)
    assert np.all(np.diff(power_w) >= 0.0)
    assert power_w[-1] == pytest.approx(float(arrester_w(1.0)) - HEALTHY_ARRESTER_W)
    halfway = power_w[np.argmin(np.abs(FRACTION - 0.3))]
    assert halfway == pytest.approx(float(arrester_w(0.5)) - HEALTHY_ARRESTER_W, rel=0.02)


def test_a_short_ends_the_loss_with_a_bang_and_a_fault_that_the_first_try_clears():
    scenario = arrester(ending="short_circuit")
    forcing = forced(scenario)
    short_s = 0.5 * 3600.0 + 300.0
    power_w, (impact,) = forcing.heatings[0].power_w, forcing.impacts
    assert impact.at_s == short_s
    assert impact.impulse_n_s == 0.2
    assert 500.0 < power_w.max() <= 1000.0
    assert not power_w[GRID.t_s >= short_s].any()
    (change,) = forcing.line
    dip = np.argmin(change.voltage_factor[:, 1])
    assert GRID.t_s[dip] == short_s
    assert np.all(change.voltage_factor[-1] == 1.0)
    ageing, short = events_of(scenario, forcing, excess_k=60.0)
    assert (short.event_subtype, short.parent, short.onset_s(GRID)) == (EventSubtype.FAULT_ARC, 0, short_s)
    assert ageing.event_subtype is EventSubtype.ARRESTER


def test_an_arrester_is_graded_by_its_excess_over_a_sound_one():
    forcing = forced(arrester())
    assert events_of(arrester(), forcing, excess_k=1.5) == ()
    (mild,), (hot,) = (events_of(arrester(), forcing, excess_k=k) for k in (5.0, 60.0))
    assert mild.severity.max() < hot.severity.max()
    assert hot.stage_names[hot.stage.max()] == "running_away"


def test_a_short_falls_into_the_shortest_episode():
    grid = planted_grid(duration_s=600.0)
    forcing = forced(arrester(ending="short_circuit", runaway_s=600.0), weathered(grid))
    assert forcing.impacts[0].at_s == 0.95 * 600.0


def test_a_hot_arrester_and_a_cracked_insulator_warm_in_the_world_as_reported(draw):
    # 50 W warm an arrester by 5 to 30 K, 10 mA an insulator by 10 to 30 K, within an hour's tail
    quick = {"duration_s": 3600.0, "dt_s": 10.0, "options": {"frame_interval_s": 600.0}}
    growth = {"onset_fraction": 0.03, "growth_fraction": 0.3, "ending": "lasting"}
    for scenario, own in (
        ("electrical/arrester_failure", {"final_wear": 1.0}),
        ("electrical/insulation_breakdown", {"final_leakage_a": 0.01}),
    ):
        world = EpisodeRun(draw(scenario, **quick, **growth, **own))
        (response,) = world.responses
        assert 5.0 < np.max(response.component_k - response.healthy_k) < 40.0


def test_a_short_shakes_and_is_received_but_smells_of_nothing(draw):
    spec = draw(
        "electrical/arrester_failure", duration_s=600.0, dt_s=10.0, options={"frame_interval_s": 600.0},
        **ARRESTER | {"ending": "short_circuit", "runaway_s": 60.0},
    )  # fmt: skip
    run = EpisodeRun(spec)
    snr = {name: float(values.max()) for name, values in excess_snr(run.device, run.world).items()}
    assert min(snr["emf_sensor"], snr["microphone"]) > 3.0
    assert snr["wind_sensor"] == snr["barometer"] == snr["temperature_humidity"] == 0.0


@pytest.mark.parametrize("scenario", ["insulation_breakdown", "tracking", "arrester_failure"])
def test_labels_come_again_from_the_stored_episode(draw, run, scenario):
    spec = draw(f"electrical/{scenario}", duration_s=300.0, dt_s=10.0, options={"frame_interval_s": 60.0})
    episode = run(spec)
    again, stored = PoleTwin().relabel(episode), episode.table("labels")
    kept = [name for name in again.column_names if name in stored.column_names]
    assert stored.select(kept).equals(again.select(kept))
