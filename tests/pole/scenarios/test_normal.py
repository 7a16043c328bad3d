"""Ordinary hours: weather off its season, switching and neighbours; nothing of it is an event."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from envirosense.climate.files import greensboro
from envirosense.core.grid import TimeGrid
from envirosense.core.rng import stream
from envirosense.physics.electric.load import TAP_PU
from envirosense.physics.sound.acoustics import BANDS, a_weighted_db, energy_of_db
from envirosense.physics.sound.sound_everyday import AIRCRAFT_DB, DOG_DB
from envirosense.pole.scenarios.normal.baseline_equipment_operation import (
    CAPACITOR_PU,
    MOST_LOAD,
    BaselineEquipmentOperationScenario,
)
from envirosense.pole.scenarios.normal.diurnal_cycle import DiurnalCycleScenario
from envirosense.pole.scenarios.normal.seasonal_variation import CLEAREST_W_M2, SeasonalVariationScenario
from envirosense.pole.site import Site
from envirosense.pole.world import EnvironmentOrchestrator
from envirosense.scenarios import Response
from envirosense.testing.planted_world import planted_conditions, planted_grid
from envirosense.testing.scenarios import check_scenario, drawn_params

BUSY = {
    "steps_per_h": 20.0, "step_share": 0.02, "motors_per_h": 6.0, "motor_share": 0.02,
    "capacitor": "switched_in", "capacitor_fraction": 0.5, "taps_per_h": 3.0, "unit_spread": 0.3,
    "road_m": 20.0, "road_bearing_deg": 80.0, "cars_per_h": 60.0, "aircraft_per_h": 3.0,
    "bouts_per_h": 6.0, "dog_m": 30.0, "dog_bearing_deg": 200.0,
}  # fmt: skip
STILL = BUSY | {
    "steps_per_h": 1.0, "step_share": 0.003, "motors_per_h": 0.2, "motor_share": 0.003, "capacitor": "off",
    "taps_per_h": 0.1, "unit_spread": 0.05, "cars_per_h": 1.0, "aircraft_per_h": 0.05, "bouts_per_h": 0.1,
}  # fmt: skip
JANUARY, JULY = (datetime(2018, month, 10, 17, tzinfo=UTC) for month in (1, 7))


@pytest.mark.parametrize(
    "scenario", [DiurnalCycleScenario, SeasonalVariationScenario, BaselineEquipmentOperationScenario]
)
def test_the_contract_holds(scenario):
    check_scenario(scenario, n_draws=2)


def test_every_day_of_the_year_is_a_normal_one_until_something_happens():
    rate = DiurnalCycleScenario.rate
    assert rate.per_pole_year * rate.duration_s == 365.0 * 86_400.0


@pytest.mark.parametrize("scenario", [SeasonalVariationScenario, BaselineEquipmentOperationScenario])
def test_nothing_of_it_is_an_event(scenario):
    grid = planted_grid()
    for seed in range(5):
        made = scenario(drawn_params(scenario, seed))
        forcing = made.forcing(planted_conditions(grid), np.random.default_rng(seed))
        answer = replace(Response.quiet(grid), states=forcing.states)
        assert made.labels(forcing, answer, grid).events == ()


# --- the season


def shifted(offset_d, start=JULY, anomaly_k=0.0, dni_w_m2=None):
    grid = TimeGrid(start_utc=start, dt_s=60.0, n=60)
    given = planted_conditions(grid)
    if dni_w_m2 is not None:
        given = replace(given, weather=replace(given.weather, dni_w_m2=np.full(60, dni_w_m2)))
    scenario = SeasonalVariationScenario({"offset_d": offset_d, "anomaly_k": anomaly_k})
    (change,) = scenario.forcing(given, np.random.default_rng(0)).weather
    return change


def test_no_shift_leaves_the_weather_alone():
    change = shifted(0.0)
    for course, nothing in ((change.air_k, 0.0), (change.dew_point_k, 0.0), (change.sun_factor, 1.0)):
        assert course == pytest.approx(np.full(60, nothing))


def test_the_height_of_summer_moved_either_way_is_cooler_and_midwinter_warmer():
    """At the turning points of a sine of 11 K, 50 days take 11 (1 - cos(2 pi 50 / 365)) = 3.83 K."""
    midwinter, midsummer = datetime(2018, 1, 20, 17, tzinfo=UTC), datetime(2018, 7, 21, 17, tzinfo=UTC)
    for offset_d in (-50.0, 50.0):
        assert shifted(offset_d, midsummer).air_k[0] == pytest.approx(-3.83, abs=0.2)
        assert shifted(offset_d, midwinter).air_k[0] == pytest.approx(3.83, abs=0.01)


def test_spring_is_warmer_when_it_is_late_in_the_year():
    april = datetime(2018, 4, 20, 17, tzinfo=UTC)
    later, earlier = shifted(40.0, april), shifted(-40.0, april)
    assert later.air_k[0] > 5.0
    assert earlier.air_k[0] < -5.0
    assert later.sun_factor[0] > 1.0 > earlier.sun_factor[0]
    assert later.dew_point_k[0] == pytest.approx(0.9 * later.air_k[0])


def test_a_warm_year_adds_to_the_shift():
    assert shifted(20.0, anomaly_k=3.0).air_k - shifted(20.0).air_k == pytest.approx(np.full(60, 3.0))


def test_sunlight_never_outshines_the_clearest_sky():
    february = datetime(2018, 2, 1, 17, tzinfo=UTC)
    for dni_w_m2 in (300.0, 900.0, 1100.0):
        factor = shifted(60.0, february, dni_w_m2=dni_w_m2).sun_factor
        assert np.all(factor >= 1.0)
        assert np.all(factor * dni_w_m2 <= max(CLEAREST_W_M2, dni_w_m2) + 1e-9)


def test_the_world_feels_the_shift_and_keeps_humidity_possible():
    grid = TimeGrid(start_utc=JANUARY, dt_s=60.0, n=60)
    world = EnvironmentOrchestrator(Site(), greensboro(), grid, 2)
    scenario = SeasonalVariationScenario({"offset_d": 60.0, "anomaly_k": 2.0})
    (forcing,) = scenario.causes(world.conditions, world.scenario_rng)
    world.add(forcing)
    air, natural = world.atmosphere.weather, world.natural_air.weather
    assert air.air_k - natural.air_k == pytest.approx(forcing.weather[0].air_k)
    assert np.all(air.dew_point_k <= air.air_k)
    assert np.all((air.relative_humidity > 0.0) & (air.relative_humidity <= 1.0))
    assert np.array_equal(air.wind_m_s, natural.wind_m_s)


# --- equipment and neighbours


def operated(params=BUSY, seed=0, dt_s=10.0, has_transformer=True, duration_s=3600.0):
    given = planted_conditions(planted_grid(duration_s, dt_s))
    given = replace(given, place=replace(given.place, has_transformer=has_transformer))
    return BaselineEquipmentOperationScenario(params).forcing(given, np.random.default_rng(seed)), given


def test_loads_keep_the_mean_current():
    """Mean of 60 half hours within five standard errors of one and what starting motors add."""
    means = [operated(seed=i)[0].line[0].current_factor[:180].mean() for i in range(60)]
    starting = (
        2.0 * 5.0 * 6.0 / 3600.0 * 0.02
    )  # motors: 2 s at 5 times the current, 6 an hour; per phase a third
    error = np.std(means, ddof=1) / np.sqrt(60)
    assert np.mean(means) == pytest.approx(1.0 + starting / 3.0, abs=5.0 * error)
    assert np.std(means) < 0.05


def test_phases_differ():
    factor = operated()[0].line[0].current_factor
    assert factor.shape == (360, 3)
    assert np.all(factor > 0.3)
    assert not np.allclose(factor[:, 0], factor[:, 1])


def test_a_capacitor_lifts_the_voltage_from_its_moment_on():
    params = STILL | {"capacitor": "switched_in", "capacitor_fraction": 0.5}
    change = operated(params, seed=1)[0].line[0]
    volts = change.voltage_factor[:, 0]
    assert volts[180:].mean() / volts[:180].mean() - 1.0 == pytest.approx(CAPACITOR_PU, abs=TAP_PU / 2.0)
    assert np.all(change.harmonic_factor[:180] == 1.0)
    assert np.all(change.harmonic_factor[180:] > 1.2)
    off = operated(STILL | {"capacitor": "off"}, seed=1)[0].line[0]
    assert np.all(off.harmonic_factor == 1.0)


def test_the_regulator_moves_by_whole_taps():
    for seed in range(4):
        change = operated(BUSY | {"capacitor": "off"}, seed=seed, dt_s=1.0)[0].line[0]
        taps = (change.voltage_factor[:, 0] - 1.0) / TAP_PU
        whole = np.abs(taps - np.round(taps)) < 1e-9
        assert whole.mean() > 0.99  # but in the ticks in which one moves
        assert np.abs(taps).max() <= 1.0 + 1e-9
        assert np.array_equal(change.voltage_factor[:, 0], change.voltage_factor[:, 2])


def test_the_transformer_stays_within_its_rating():
    for seed in range(10):
        forcing, given = operated(BUSY | {"unit_spread": 0.4}, seed=seed)
        (tank,) = forcing.tanks
        load = given.current_a / given.place.peak_current_a * forcing.line[0].current_factor.max(axis=1)
        assert np.all(tank.load_factor * load <= MOST_LOAD + 1e-9)


def test_a_pole_without_a_transformer_has_no_load_of_one():
    assert operated(has_transformer=False)[0].tanks == ()


def test_random_switching_is_drawn_in_seconds():
    """A tick of 20 s holds the mean of its two halves: the same events, whatever the tick."""
    coarse, fine = operated(dt_s=20.0)[0], operated(dt_s=10.0)[0]
    for name in ("current_factor", "voltage_factor"):
        halves = getattr(fine.line[0], name).reshape(180, 2, 3).mean(axis=1)
        assert getattr(coarse.line[0], name) == pytest.approx(halves, abs=2e-4), name
    assert [noise.name for noise in coarse.noises] == [noise.name for noise in fine.noises]
    energy = [energy_of_db(f.noises[0].power_level_db).mean(axis=0) for f in (coarse, fine)]
    assert energy[0] == pytest.approx(energy[1], rel=1e-6)


def test_names_are_the_scenarios_own():
    names = [noise.name for noise in operated()[0].noises]
    assert len(set(names)) == len(names) >= 7
    assert all(name.startswith("baseline_equipment_operation") for name in names)


def test_spectra_fit_the_bands_and_fall_off_in_ultrasound():
    for spectrum_db in (AIRCRAFT_DB, DOG_DB):
        assert spectrum_db.shape == (len(BANDS),)
        assert spectrum_db.max() == 0.0
        assert np.all(np.diff(spectrum_db[8:]) < 0.0)
        assert np.isfinite(a_weighted_db(energy_of_db(spectrum_db)))


@pytest.fixture(scope="module")
def heard(draw, run):
    """Ideal readings of a busy and of a still hour of the same world."""
    found = []
    for params in (BUSY, STILL):
        options = {"sensors": ("emf_sensor", "acoustic_sensor", "voc_array"), "ideal_stream": True}
        spec = draw(
            "normal/baseline_equipment_operation", duration_s=1200.0, dt_s=10.0, options=options, **params
        )
        found.append(run(spec))
    return found


def test_fields_and_sound_of_the_line_move_and_gas_does_not(heard):
    for stream_name, moves in (("ideal_emf", True), ("ideal_acoustic", True), ("ideal", False)):
        busy, still = (sink.table(stream_name).drop_columns("episode_id") for sink in heard)
        assert busy.num_columns > 5
        assert busy.equals(still) is not moves, stream_name
    assert heard[0].table("events").num_rows == 0


def test_draws_cover_every_state_of_the_capacitor():
    space = BaselineEquipmentOperationScenario.space
    drawn = {space.draw(lambda name, i=i: stream(3, "bank", i, name))["capacitor"] for i in range(60)}
    assert drawn == {"off", "on", "switched_in", "switched_out"}
