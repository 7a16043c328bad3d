"""Severe weather: real warnings' thresholds, the weather of the world, and events that follow it."""

from dataclasses import replace

import numpy as np
import pytest

from envirosense.climate.files import greensboro
from envirosense.core.grid import TimeGrid
from envirosense.core.rng import stream
from envirosense.physics.air.precipitation import fog_extinction_per_m, visual_range_m
from envirosense.pole.matter.aerosol_parts import aerosol_kind
from envirosense.pole.scenarios.environmental.weather_event import WeatherEventScenario
from envirosense.pole.scenarios.environmental.weather_grades import (
    DUST,
    FOG,
    FOG_DROP_UM,
    HEAT,
    RAIN,
    WATCHES,
    WIND,
)
from envirosense.pole.scenarios.environmental.weather_kinds import CAUSES, EXCESS
from envirosense.pole.scenarios.environmental.weather_parameters import PER_YEAR
from envirosense.pole.site import Site
from envirosense.pole.twin import PoleTwin
from envirosense.pole.world import EnvironmentOrchestrator
from envirosense.scenarios import EventSubtype, EventType, Response
from envirosense.testing.planted_world import planted_conditions, planted_grid
from envirosense.testing.scenario_labels import check_labels, check_labels_follow_response
from envirosense.testing.scenario_world import check_world
from envirosense.testing.scenarios import check_forcing, check_scenario, drawn_params

KINDS = tuple(CAUSES)
USUAL = {
    "onset_fraction": 0.3, "since_fraction": 0.5, "wind_m_s": 20.0, "rain_mm_h": 20.0, "warming_k": 9.0,
    "cooling_k": 10.0, "flashes_per_min": 6.0, "closest_m": 2000.0, "bearing_deg": 130.0, "speed_m_s": 10.0,
    "fog_g_m3": 0.1, "dust_ug_m3": 2000.0,
}  # fmt: skip
LENGTH_S = {
    "wind": 7200.0, "rain": 1800.0, "heat_wave": 5 * 86_400.0, "cold_snap": 4 * 86_400.0, "front": 5400.0,
    "thunderstorm": 2400.0, "fog": 7200.0, "dust": 3600.0,
}  # fmt: skip


def weather(kind, **changes):
    return WeatherEventScenario({"kind": kind, "length_s": LENGTH_S[kind]} | USUAL | changes)


def caused(scenario, conditions=None, seed=0):
    """Forcing of a scenario and its events, in a planted world."""
    conditions = planted_conditions(planted_grid()) if conditions is None else conditions
    forcing = scenario.forcing(conditions, np.random.default_rng(seed))
    answer = replace(Response.quiet(conditions.grid), states=forcing.states)
    return forcing, scenario.labels(forcing, answer, conditions.grid).events


def in_world(scenario, start="2018-07-10T17:00:00Z", dt_s=10.0, n=360, seed=3):
    """The world with the scenario in it, and its response."""
    grid = TimeGrid(start_utc=start, dt_s=dt_s, n=n)
    world = EnvironmentOrchestrator(Site(), greensboro(), grid, seed)
    (forcing,) = scenario.causes(world.conditions, world.scenario_rng)
    return world, world.response(world.add(forcing))


def test_the_contract_holds():
    check_scenario(WeatherEventScenario, n_draws=1)


@pytest.mark.parametrize("kind", KINDS)
def test_the_contract_holds_for_every_kind(kind):
    params = drawn_params(WeatherEventScenario, 1) | weather(kind).params
    check_forcing(WeatherEventScenario, params)
    check_labels(WeatherEventScenario, params)
    check_labels_follow_response(WeatherEventScenario, params)
    check_world(WeatherEventScenario, params, seed=2)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_event_of_severe_weather_in_the_air(kind):
    _, events = caused(weather(kind))
    assert events[0].event_type is EventType.SEVERE_WEATHER
    assert events[0].event_subtype is EventSubtype(kind)
    assert events[0].component == "air"
    assert events[0].at is not None
    assert events[0].parent is None
    assert events[0].active.any()


@pytest.mark.parametrize(
    ("kind", "parameter", "values"),
    [
        ("wind", "wind_m_s", (13.0, 17.0, 23.0, 29.0)), ("rain", "rain_mm_h", (6.0, 15.0, 30.0, 60.0)),
        ("front", "cooling_k", (4.0, 6.0, 9.0, 12.0)), ("cold_snap", "cooling_k", (6.0, 9.0, 11.0, 14.0)),
        ("thunderstorm", "flashes_per_min", (0.6, 2.0, 5.0, 10.0)),
        ("heat_wave", "warming_k", (6.0, 8.0, 10.0, 12.0)),
        ("fog", "fog_g_m3", (0.03, 0.06, 0.12, 0.3)), ("dust", "dust_ug_m3", (150.0, 600.0, 2000.0, 8000.0)),
    ],
)  # fmt: skip
def test_severity_grows_with_the_strength_of_the_cause(kind, parameter, values):
    natural = planted_conditions(planted_grid())
    warmer_k = {"heat_wave": 8.0, "cold_snap": -25.0}.get(kind, 0.0)
    conditions = replace(natural, weather=replace(natural.weather, air_k=natural.air_k + warmer_k))
    course = [
        caused(weather(kind, **{parameter: value}), conditions)[0].states[WATCHES[EventSubtype(kind)].state]
        for value in values
    ]
    severity = [WATCHES[EventSubtype(kind)].grading.severity(values).max() for values in course]
    assert np.all(np.diff(severity) > 0.0)


@pytest.mark.parametrize(
    ("kind", "start"), [*((k, "2018-07-10T17:00:00Z") for k in KINDS), ("fog", "2018-10-10T07:00:00Z")]
)
def test_states_are_the_weather_of_the_world(kind, start):
    """Wind is told to a tenth of a metre a second where the natural one does not swing about."""
    world, response = in_world(weather(kind), start)
    air = world.atmosphere.weather
    if "rain_mm_h" in response.states:
        assert response.states["rain_mm_h"] == pytest.approx(air.rain_mm_h, abs=1e-9)
    if "wind_m_s" in response.states:
        strong = response.states["wind_m_s"] >= WIND.grading.begins
        assert response.states["wind_m_s"][strong] == pytest.approx(air.wind_m_s[strong], abs=0.1)
    if kind == "fog":
        matter = world.settled.aerosols
        fog = (matter.ambient_ug_m3 + matter.far_ug_m3)[:, matter.aerosols.index("fog")]
        assert response.states["fog_g_m3"] == pytest.approx(1e-6 * fog, abs=1e-9)
    if kind == "dust":
        matter = world.settled.aerosols
        dust = matter.far_ug_m3[:, matter.aerosols.index("dust")]
        assert response.states["dust_ug_m3"] == pytest.approx(dust * aerosol_kind("dust").pm_shares()[2])
    if EXCESS in response.states:
        natural_k = world.natural_air.weather.air_k
        assert response.states[EXCESS] == pytest.approx(air.air_k - natural_k, abs=1e-9)


def test_an_event_lasts_only_while_the_weather_is_above_its_threshold():
    for kind, watch in (("wind", WIND), ("rain", RAIN), ("fog", FOG), ("dust", DUST)):
        forcing, events = caused(weather(kind))
        event = events[0]
        assert np.array_equal(event.active, forcing.states[watch.state] >= watch.grading.begins), kind
        assert not event.active[: int(0.3 * 360)].any(), kind  # nothing before it sets in


@pytest.mark.parametrize(
    ("kind", "below"),
    [("wind", {"wind_m_s": 12.0}), ("rain", {"rain_mm_h": 6.0, "length_s": 600.0}),
     ("fog", {"fog_g_m3": 0.02}),
     ("dust", {"dust_ug_m3": 100.0, "wind_m_s": 12.0}), ("heat_wave", {"warming_k": 4.5}),
     ("cold_snap", {"cooling_k": 4.5}), ("thunderstorm", {"closest_m": 20_000.0, "flashes_per_min": 0.5}),
     ("front", {"cooling_k": 4.0, "length_s": 10_800.0, "onset_fraction": 0.5})],
)  # fmt: skip
def test_weak_weather_is_no_event(kind, below):
    seeds = [caused(weather(kind, **below), seed=seed)[1] for seed in range(3)]
    assert not all(seeds), kind


def test_fog_counts_from_the_sight_of_an_advisory_and_the_drops_are_those_of_the_part():
    sight_m = visual_range_m(fog_extinction_per_m(FOG.grading.begins, FOG_DROP_UM))
    assert sight_m == pytest.approx(400.0)
    (mode,) = aerosol_kind("fog").modes
    effective_um = 8.0 * np.exp(2.5 * np.log(1.5) ** 2)  # of a lognormal: count median, geometric deviation
    assert effective_um == pytest.approx(FOG_DROP_UM, rel=0.01)
    assert mode.density_g_cm3 == 1.0


def test_a_warm_spell_in_winter_is_of_level_one_and_a_muggy_july_of_more():
    _, january = in_world(weather("heat_wave"), "2018-01-10T17:00:00Z")
    _, july = in_world(weather("heat_wave"), "2018-07-10T17:00:00Z")
    grid = planted_grid()
    levels = [
        int(weather("heat_wave").labels(None, response, grid).events[0].level.max())
        for response in (january, july)
    ]
    assert levels[0] == 1
    assert levels[1] >= 3
    assert january.states[HEAT.state].max() < july.states[HEAT.state].min()


def test_a_front_veers_the_wind_and_the_pressure_falls_before_and_rises_after():
    world, _ = in_world(weather("front", onset_fraction=0.5), dt_s=60.0, n=1440, start="2018-03-10T05:00:00Z")
    natural, air = world.natural_air.weather, world.atmosphere.weather
    change_pa = air.pressure_pa - natural.pressure_pa
    assert np.all(np.diff(change_pa[:720]) <= 1e-9)
    assert change_pa[1080] > change_pa[720]
    turn = np.angle(np.exp(1j * (air.wind_from_rad - natural.wind_from_rad)))
    assert turn[300] == pytest.approx(0.0, abs=1e-9)
    assert turn[-1] == pytest.approx(1.6, abs=1e-9)
    assert (natural.air_k - air.air_k)[-1] == pytest.approx(USUAL["cooling_k"])


def test_a_thunderstorm_brings_rain_as_an_event_that_it_causes_and_none_when_far():
    near = caused(weather("thunderstorm", flashes_per_min=10.0, closest_m=0.0, onset_fraction=0.45))[1]
    kinds = [event.event_subtype for event in near]
    assert kinds[0] is EventSubtype.THUNDERSTORM
    assert EventSubtype.RAIN in kinds
    assert [event.parent for event in near] == [None] + [0] * (len(near) - 1)
    far = caused(weather("thunderstorm", closest_m=20_000.0))[1]
    assert EventSubtype.RAIN not in [event.event_subtype for event in far]


def test_lightning_comes_less_near_the_farther_the_cell_passes():
    state = "near_flashes_per_min"
    peaks = [
        caused(weather("thunderstorm", closest_m=away))[0].states[state].max()
        for away in (0.0, 5000.0, 10_000.0, 15_000.0)
    ]
    assert np.all(np.diff(peaks) < 0.0)


def test_dust_needs_wind_and_dry_soil():
    forcing, _ = caused(weather("dust"))
    wind, dust = forcing.states["wind_m_s"], forcing.states["dust_ug_m3"]
    assert np.all(dust[wind <= 6.5] == 0.0)
    conditions = planted_conditions(planted_grid())
    wet = replace(conditions, weather=replace(conditions.weather, rain_mm_h=np.full(360, 1.0)))
    assert caused(weather("dust"), wet)[0].states["dust_ug_m3"].max() == 0.0


def test_air_is_calmer_in_fog_and_forms_some_of_its_own_at_night():
    world, response = in_world(weather("fog", fog_g_m3=0.04), "2018-10-10T07:00:00Z")
    natural, air = world.natural_air.weather, world.atmosphere.weather
    assert air.wind_m_s[-1] == pytest.approx(max(0.5 * natural.wind_m_s[-1], 0.05))
    matter = world.settled.aerosols
    assert matter.ambient_ug_m3[:, matter.aerosols.index("fog")].max() > 0.0
    assert response.states["fog_g_m3"].max() > 0.04


def test_a_wind_stronger_than_the_drawn_one_is_left_alone():
    conditions = planted_conditions(planted_grid())
    storm = replace(conditions, weather=replace(conditions.weather, wind_m_s=np.full(360, 28.0)))
    forcing, _ = caused(weather("wind", wind_m_s=14.0), storm)
    assert forcing.states["wind_m_s"] == pytest.approx(np.full(360, 28.0))


@pytest.mark.parametrize("kind", KINDS)
def test_halving_the_tick_leaves_the_weather_alone(kind):
    """What is random is drawn along time, so a coarse tick holds the mean of its fine ones."""
    courses = []
    for dt_s in (20.0, 10.0):
        forcing, _ = caused(weather(kind), planted_conditions(planted_grid(dt_s=dt_s)))
        courses.append(forcing.states[WATCHES[EventSubtype(kind)].state])
    means = courses[1].reshape(-1, 2).mean(axis=1)
    scale = np.ptp(means) if np.ptp(means) > 0.0 else 1.0
    assert np.abs(courses[0] - means).max() < 0.03 * scale


@pytest.mark.parametrize(
    ("kind", "moves", "still"),
    [
        ("wind", ("wind_sensor", "vibration_sensor"), ("barometer", "rain_gauge")),
        ("rain", ("rain_gauge", "temperature_humidity"), ("barometer",)),
        ("dust", ("particulate_matter", "wind_sensor"), ("barometer",)),
        ("front", ("barometer", "temperature_humidity"), ()),
    ],
)
def test_the_right_sensors_move_and_labels_come_again(draw, run, kind, moves, still):
    sensors = (*moves, *still)
    values = weather(kind).params
    options = {"sensors": sensors}
    sink = run(draw("environmental/weather_event", duration_s=3600.0, dt_s=30.0, options=options, **values))
    seen = {}
    for row in sink.table("observability").to_pylist():
        if row["event_id"] == 0:
            seen[row["sensor_id"]] = row
    snr = {name: max(v for k, v in row.items() if "snr" in k and v is not None) for name, row in seen.items()}
    assert all(snr[name] > 3.0 for name in moves), snr
    assert all(snr.get(name, 0.0) < 1.0 for name in still), snr
    again, stored = PoleTwin().relabel(sink), sink.table("labels")
    kept = [name for name in stored.column_names if name in again.column_names]
    assert stored.num_rows > 0
    assert again.select(kept).equals(stored.select(kept))
    assert sink.table("events").to_pylist()[0]["event_subtype"] == kind


def test_kinds_are_drawn_as_often_as_they_come():
    """Chi-squared of 800 draws over 8 kinds stays below 26 with probability 0.9995."""
    space, whole = WeatherEventScenario.space, sum(PER_YEAR.values())
    drawn = [space.draw(lambda name, i=i: stream(7, "kind", i, name))["kind"] for i in range(800)]
    expected = np.array([800.0 * PER_YEAR[kind] / whole for kind in KINDS])
    counts = np.array([drawn.count(kind) for kind in KINDS])
    assert np.sum((counts - expected) ** 2 / expected) < 26.0
    assert WeatherEventScenario.rate.per_pole_year == whole


def test_no_stage_is_over_before_its_weather_counts_as_severe():
    judged_by_itself = [watch.grading for watch in WATCHES.values() if watch.state != "heat_index_c"]
    for grading in judged_by_itself:
        assert grading.stage(np.array([grading.begins]))[0] == 0
