"""Happenings that meet: each keeps its own labels, and the world lets them act on one another."""

from datetime import UTC, datetime
from functools import partial

import numpy as np
import pytest

from envirosense.core.grid import TimeGrid
from envirosense.pole.scenarios.multi_factor.dry_wind import DryWindScenario
from envirosense.pole.scenarios.multi_factor.fire_during_sensor_fault import (
    WATCHING,
    FireDuringSensorFaultScenario,
)
from envirosense.pole.scenarios.multi_factor.overheat_in_dry_wind import OverheatInDryWindScenario
from envirosense.pole.scenarios.multi_factor.smoke_and_overheat import SmokeAndOverheatScenario
from envirosense.pole.scenarios.multi_factor.storm_tracking_low_battery import (
    StormTrackingLowBatteryScenario,
)
from envirosense.pole.scenarios.multi_factor.two_joints import TwoJointsScenario
from envirosense.pole.twin import PoleTwin
from envirosense.scenarios import Forcing
from envirosense.testing.scenarios import check_scenario, drawn_params

FAMILY = (
    OverheatInDryWindScenario, TwoJointsScenario, SmokeAndOverheatScenario, FireDuringSensorFaultScenario,
    StormTrackingLowBatteryScenario,
)  # fmt: skip
JULY = datetime(2018, 7, 10, 18, tzinfo=UTC)
CLAMP = {
    "clamp.component": "clamp_b", "clamp.final_resistance_ohm": 2e-3, "clamp.onset_fraction": 0.05,
    "clamp.growth_fraction": 0.3,
}  # fmt: skip
WIND = {
    "wind.wind_m_s": 14.0, "wind.drier_k": 18.0, "wind.warmer_k": 6.0, "wind.begin_fraction": 0.1,
    "wind.end_fraction": 0.9,
}  # fmt: skip


def labelled(world, scenario):
    """Forcings in the world, and the events of its answers."""
    forcings = scenario.causes(world.conditions, world.scenario_rng)
    answers = [world.response(i) for i in [world.add(forcing) for forcing in forcings]]
    return answers, scenario.all_labels(forcings, answers, world.grid).events


def played(make_world, scenario_class, n=360, **params):
    world = make_world(n=n, dt_s=10.0, start=JULY)
    return (world, *labelled(world, scenario_class(drawn_params(scenario_class, 0) | params)))


@pytest.mark.parametrize("scenario", FAMILY, ids=lambda s: s.name)
def test_the_contract_holds(scenario):
    check_scenario(scenario, n_draws=1)


def sensed(state, at):
    """What sensors are told of a state at a place."""
    asked = (
        state.air_k, state.relative_humidity, state.wind_m_s, state.particle_ug_m3, state.magnetic_t,
        state.radio_t, state.sound_level_db, state.mains_modulation,
    )  # fmt: skip
    gas_ppb = state.gas_ppb(("carbon_monoxide", "ozone"), at)
    energy = state.energy().charge
    return [gas_ppb, energy, state.component_k(), state.tilt_rad(), *(one(at) for one in asked)]


@pytest.mark.parametrize(
    "scenario_class", [one for one in FAMILY if not one.name.startswith("fire")], ids=lambda s: s.name
)
def test_the_world_without_one_cause_is_that_of_the_others_alone(make_world, scenario_class):
    scenario = scenario_class(drawn_params(scenario_class, 1))
    make = partial(make_world, n=60, dt_s=60.0, start=JULY)
    whole = make()
    causes = scenario.causes(whole.conditions, whole.scenario_rng)
    for cause in causes:
        whole.add(cause)
    at = whole.site.device_position_m
    sensed(whole.state(0, 60), at)  # what is kept of it must not be told of another world
    for left_out in range(len(causes)):
        others = make()
        for i, cause in enumerate(causes):
            others.add(cause if i != left_out else Forcing(setting=cause.setting))
        told = sensed(whole.state(0, 60).without_causes(left_out), at)
        whole.forget_without(left_out)
        again = sensed(whole.state(0, 60).without_causes(left_out), at)
        for one, same, alone in zip(told, again, sensed(others.state(0, 60), at), strict=True):
            np.testing.assert_array_equal(one, alone)
            np.testing.assert_array_equal(one, same)


def test_wind_cools_the_clamp_that_it_endangers(make_world):
    _, calm, quiet_events = played(
        make_world, OverheatInDryWindScenario, **CLAMP, **WIND | {"wind.wind_m_s": 6.0}
    )
    _, windy, events = played(make_world, OverheatInDryWindScenario, **CLAMP, **WIND)
    excess_k = [answer[1].component_k[250] - answer[1].healthy_k[250] for answer in (calm, windy)]
    assert excess_k[1] < 0.8 * excess_k[0]
    risk, hot, both = events
    assert [e.event_type.value for e in events] == ["fire_risk", "overheating", "fire_risk"]
    assert (both.event_subtype.value, both.component, both.parent) == ("combined", "clamp_b", 1)
    assert [e.cause for e in events] == [0, 1, 1]
    assert np.array_equal(both.active, risk.active & hot.active)
    assert np.all(both.severity >= np.maximum(risk.severity, hot.severity) - 1e-12)
    quiet_risk = [e.severity.max() for e in quiet_events if e.event_subtype.value == "weather"]
    assert max(quiet_risk, default=0.0) < risk.severity.max()


def test_who_sees_only_the_wind_does_not_see_the_risk_of_both(draw, run):
    options = {"sensors": ("wind_sensor", "temperature_humidity")}
    spec = draw(
        "multi_factor/overheat_in_dry_wind", duration_s=1800.0, dt_s=10.0, options=options, **CLAMP, **WIND
    )
    spec = spec.model_copy(update={"grid": TimeGrid(start_utc=JULY, dt_s=10.0, n=180)})
    sink = run(spec)
    kind = {row["event_id"]: row["event_subtype"] for row in sink.table("events").to_pylist()}
    seen = {subtype: 0.0 for subtype in kind.values()}
    for row in sink.table("observability").to_pylist():
        seen[kind[row["event_id"]]] = max(seen[kind[row["event_id"]]], row["max_snr"])
    assert set(seen) == {"weather", "joint", "combined"}
    assert seen["weather"] > 3.0
    assert seen["combined"] <= seen["joint"] < 0.1


def test_rain_ends_fire_weather(make_world):
    dry = {name.removeprefix("wind."): value for name, value in WIND.items()}
    worlds = [make_world(n=60, start=JULY, rain_mm=rain) for rain in (0.0, 5.0)]
    events = [labelled(world, DryWindScenario(dry))[1] for world in worlds]
    assert len(events[0]) == 1
    assert events[1] == ()


STORM = {
    "storm.closest_fraction": 0.5, "storm.closest_m": 500.0, "storm.bearing_deg": 40.0,
    "storm.speed_m_s": 10.0, "storm.peak_flashes_per_min": 1.0, "storm.lifetime_s": 3600.0,
    "insulator.component": "insulator_a", "insulator.foot": "earthed_bracket",
    "insulator.salt_mg_cm2": 0.1, "battery.start_charge": 0.2, "battery.sun_share": 0.1,
}  # fmt: skip


def test_the_storm_wets_the_insulator_that_tracks(make_world):
    world, answers, events = played(make_world, StormTrackingLowBatteryScenario, **STORM)
    storm, tracking, battery = events
    assert [e.event_type.value for e in events] == [
        "severe_weather", "insulation_degradation", "power_system"
    ]  # fmt: skip
    assert (storm.parent, tracking.parent, battery.parent) == (None, 0, None)
    leakage_a = answers[1].states["leakage_a"]
    rain_mm_h = world.state(0, 360).rain_mm_h()
    assert leakage_a[rain_mm_h > 1.0].max() > 3.0 * leakage_a[:10].max()
    assert np.argmax(tracking.active) >= np.argmax(rain_mm_h > 0.01)
    assert battery.active.all()
    assert answers[2].states["battery_charge"][0] == pytest.approx(0.2, abs=1e-3)


def test_with_less_salt_the_same_storm_brings_less_tracking(make_world):
    _, _, events = played(
        make_world, StormTrackingLowBatteryScenario, **STORM | {"insulator.salt_mg_cm2": 0.01}
    )
    strong = [e.severity.max() for e in events if e.event_type.value == "insulation_degradation"]
    _, _, salty = played(make_world, StormTrackingLowBatteryScenario, **STORM)
    assert max(strong, default=0.0) < salty[1].severity.max()


def test_two_joints_are_two_events_of_two_clamps(make_world):
    both = {f"{act}.{name.removeprefix('clamp.')}": value for act in ("first", "second")
            for name, value in CLAMP.items()}  # fmt: skip
    _, answers, events = played(
        make_world, TwoJointsScenario, **both | {"second.component": "clamp_c", "second.onset_fraction": 0.3}
    )
    assert [event.component for event in events] == ["clamp_b", "clamp_c"]
    first, second = (event.onset_s(TimeGrid(start_utc=JULY, dt_s=10.0, n=360)) for event in events)
    assert first < second
    for answer, event in zip(answers, events, strict=True):
        warm = answer.component_k - answer.healthy_k
        assert warm[event.active].min() > warm[:10].max()


def test_smoke_shows_in_particles_and_the_clamp_in_its_heat(draw, run):
    smoke = {"smoke.smoke_ug_m3": 200.0, "smoke.begins_h": -8.0, "smoke.rise_h": 1.0, "smoke.plateau_h": 20.0}
    options = {"sensors": ("particulate_matter", "barometer")}
    spec = draw(
        "multi_factor/smoke_and_overheat", duration_s=1800.0, dt_s=10.0, options=options, **smoke, **CLAMP
    )
    sink = run(spec)
    kinds = {row["event_type"]: row for row in sink.table("events").to_pylist()}
    assert set(kinds) == {"benign_source", "overheating"}
    assert kinds["benign_source"]["level"] == 1
    seen = {
        (row["event_id"], row["sensor_id"]): row["max_snr"] for row in sink.table("observability").to_pylist()
    }
    smoky = kinds["benign_source"]["event_id"]
    assert seen[smoky, "particulate_matter"] > 10.0
    again, stored = PoleTwin().relabel(sink), sink.table("labels")
    assert again.equals(stored.select(again.column_names))


def test_the_faulty_sensor_watches_for_fire_and_both_events_stand_apart(draw, run):
    fault = {
        "fault.sensor_type": "voc_array", "fault.kind": "disconnected", "fault.begin_fraction": 0.3,
        "fault.length_fraction": 0.4, "fault.severity": 1.0, "fire.component": "crossarm_bolt",
        "fire.peak_power_w": 400.0, "fire.fuel_g": 20.0, "fire.onset_fraction": 0.05,
        "fire.ramp_fraction": 0.1, "fire.end_fraction": 1.2,
    }  # fmt: skip
    length = {"duration_s": 1200.0, "dt_s": 10.0, "options": {"sensors": ("voc_array",)}}
    sink = run(draw("multi_factor/fire_during_sensor_fault", **length, **fault))
    rows = {row["event_type"]: row for row in sink.table("events").to_pylist()}
    assert set(rows) >= {"sensor_system", "fire_precursor"}
    assert rows["sensor_system"]["parent_event_id"] is None
    readings = sink.table("readings")
    name = next(c for c in readings.column_names if c.startswith("voc_array."))
    lost = np.isnan(readings[name].to_numpy(zero_copy_only=False).astype(float))
    assert lost[36:84].all()
    assert not lost[:36].all()
    drawn = [drawn_params(FireDuringSensorFaultScenario, seed)["fault.sensor_type"] for seed in range(12)]
    assert set(drawn) == set(WATCHING)
