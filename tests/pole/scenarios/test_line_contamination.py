"""Dirt on insulators: there in the label, silent in dry air, leaking in moist air."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from envirosense.physics.thermal.insulator import DRY_LEAKAGE_A
from envirosense.pole.scenarios.environmental.line_contamination import (
    LIGHT_MG_CM2,
    LineContaminationScenario,
)
from envirosense.pole.twin import PoleTwin
from envirosense.scenarios import EventSubtype, EventType, Response
from envirosense.testing.planted_world import planted_conditions, planted_grid
from envirosense.testing.scenarios import check_scenario

SALTY = {
    "contaminant": "salt", "salt_mg_cm2": 0.1, "air_ug_m3": 50.0, "onset_fraction": 0.1,
    "growth_fraction": 0.4, "real_growth_days": 3.0,
}  # fmt: skip
GRID = planted_grid()
NOON = datetime(2018, 7, 10, 17, tzinfo=UTC)


def conditions(humidity=0.525, rain_mm_h=0.0, grid=GRID):
    """Planted air of a given humidity; the dew point goes with it."""
    usual = planted_conditions(grid)
    steady = {"relative_humidity": np.full(grid.n, humidity), "rain_mm_h": np.full(grid.n, rain_mm_h)}
    return replace(usual, weather=replace(usual.weather, **steady))


def caused(params, given):
    scenario = LineContaminationScenario(params)
    forcing = scenario.forcing(given, np.random.default_rng(0))
    answer = replace(Response.quiet(given.grid), states=forcing.states)
    return forcing, scenario.labels(forcing, answer, given.grid).events


def leakage_a(humidity, **changes):
    return caused(SALTY | changes, conditions(humidity))[0].states["leakage_a"]


def test_the_contract_holds():
    check_scenario(LineContaminationScenario, n_draws=2)


def test_leakage_rises_with_humidity_by_orders_of_magnitude():
    """A hundredfold from 70 to 100 %, of which dry bands leave a third."""
    last = [leakage_a(humidity)[-1] for humidity in (0.5, 0.7, 0.8, 0.9, 0.99)]
    assert np.all(np.diff(last) > 0.0)
    assert last[1] / last[0] > 1.5
    assert last[-1] > 25.0 * last[1]


def test_leakage_rises_with_the_deposit_and_follows_its_growth():
    one, ten = (DRY_LEAKAGE_A + leakage_a(0.6, salt_mg_cm2=salt)[-1] for salt in (0.02, 0.1))
    assert ten == pytest.approx(5.0 * one, rel=0.02)  # too little for dry bands; 1 % through the dry body
    course = leakage_a(0.75)
    assert np.all(course[:36] == 0.0)
    assert np.all(np.diff(course[36:180]) >= 0.0)
    assert np.ptp(course[181:]) < 1e-4 * course[-1]  # but for what settles in any hour


def test_a_dry_deposit_is_labelled_at_level_one_and_sparks_nowhere():
    forcing, (event,) = caused(SALTY, conditions(0.4))
    assert (event.event_type, event.event_subtype) == (EventType.LINE_CONTAMINANT, EventSubtype.CONTAMINATION)
    assert event.level.max() == 1
    assert event.stage_names[event.stage.max()] == "dry_deposit"
    assert forcing.discharges == () or max(d.power_w.max() for d in forcing.discharges) < 1e-3
    deposit = forcing.states["deposit_mg_cm2"]
    assert np.array_equal(event.active, deposit >= LIGHT_MG_CM2)


def test_a_wet_deposit_tracks_as_its_consequence():
    _, events = caused(SALTY, conditions(0.97))
    assert [event.event_subtype for event in events] == [EventSubtype.CONTAMINATION, EventSubtype.TRACKING]
    assert [event.parent for event in events] == [None, 0]
    assert events[1].level.max() >= 3
    assert events[0].level.max() >= 3


def test_hard_rain_washes_the_salt_off():
    washed = caused(SALTY, conditions(0.9, rain_mm_h=30.0))[0].states["deposit_mg_cm2"]
    kept = caused(SALTY, conditions(0.9))[0].states["deposit_mg_cm2"]
    assert kept[-1] == pytest.approx(0.1, rel=1e-3)
    assert washed[-1] < 0.05 * kept[-1]  # 30 mm, of which 25 beyond the first 5: exp(-5)


def test_the_air_carries_it_only_while_it_settles():
    (mass,) = caused(SALTY, conditions())[0].air_masses
    ((aerosol, course),) = mass.particle_ug_m3.items()
    assert aerosol == "salt"
    assert course.max() == pytest.approx(50.0)
    assert np.array_equal(np.flatnonzero(course > 0.0), np.arange(37, 180))
    dust = SALTY | {"contaminant": "dust", "salt_mg_cm2": 0.03, "real_growth_days": 30.0}
    (mass,) = caused(dust, conditions())[0].air_masses
    assert set(mass.particle_ug_m3) == {"dust"}


def test_the_clock_is_compressed():
    _, (event,) = caused(SALTY, conditions())
    assert event.time_scale == pytest.approx(3.0 * 86_400.0 / (0.4 * 3600.0))


def test_halving_the_tick_leaves_the_leakage_alone():
    fine, coarse = (
        caused(SALTY, conditions(0.9, grid=planted_grid(dt_s=dt_s)))[0].states["leakage_a"]
        for dt_s in (5.0, 10.0)
    )
    assert fine[::2] == pytest.approx(coarse, rel=1e-5, abs=1e-12)


def test_an_hour_of_dry_weather_shows_particles_and_no_more_and_labels_come_again(draw, run):
    """A July noon: what can be seen is the salt in the air; no other sensor sees the dirty insulators."""
    options = {"sensors": ("particulate_matter", "emf_sensor", "acoustic_sensor", "temperature_humidity")}
    spec = draw("environmental/line_contamination", duration_s=1800.0, dt_s=10.0, options=options, **SALTY)
    spec = spec.model_copy(update={"grid": spec.grid.model_copy(update={"start_utc": NOON})})
    sink = run(spec)
    detectable_s = {}
    for row in sink.table("observability").to_pylist():
        detectable_s[row["sensor_id"]] = row["detectable_s"]
    assert detectable_s["particulate_matter"] > 0.0
    assert not any(s for name, s in detectable_s.items() if name != "particulate_matter"), detectable_s
    again, stored = PoleTwin().relabel(sink), sink.table("labels")
    kept = [name for name in stored.column_names if name in again.column_names]
    assert stored.num_rows > 0
    assert again.select(kept).equals(stored.select(kept))
