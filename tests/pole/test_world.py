from datetime import UTC, datetime

import numpy as np
import pytest

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.grid import TimeGrid
from envirosense.pole.site import Site
from envirosense.pole.world import HOTTEST_COMPONENT_K, EnvironmentOrchestrator
from envirosense.scenarios import Forcing, Heating, JointResistance, WeatherChange, WoodFuel

AT = (0.0, 1.2, 9.3)
NIGHT = datetime(2018, 7, 10, 5, tzinfo=UTC)


def heat(power_w, component="crossarm_bolt"):
    return Forcing(heatings=(Heating(component, np.asarray(power_w, float)),))


@pytest.mark.parametrize("dt_s", [7.0, 0.7, 601.0, 900.0])
def test_a_tick_that_does_not_divide_the_hour_is_refused(make_year, dt_s):
    grid = TimeGrid(start_utc=NIGHT, dt_s=dt_s, n=10)
    with pytest.raises(ConfigError, match=f"dt_s={dt_s}: must divide 3600 s"):
        EnvironmentOrchestrator(Site(), make_year(), grid, 1)


def test_the_same_seed_is_the_same_world(make_world):
    one, same, other = (make_world(seed=seed).state(0, 60) for seed in (7, 7, 8))
    assert np.array_equal(one.component_k(), same.component_k())
    assert np.array_equal(one.gas_ppb(("ozone",), AT), same.gas_ppb(("ozone",), AT))
    assert not np.array_equal(one.wind_m_s(AT), other.wind_m_s(AT))
    assert not np.array_equal(one.current_a(), other.current_a())


def test_blocks_follow_one_another_to_the_end(make_world):
    world = make_world(n=25)
    blocks = [world.advance(10) for _ in range(3)]
    assert [(b.first_tick, b.grid.n) for b in blocks] == [(0, 10), (10, 10), (20, 5)]
    with pytest.raises(ConfigError, match="n_ticks=0: must be at least 1"):
        world.advance(0)
    with pytest.raises(ConfigError, match="n_ticks=10: 0 ticks are left"):
        world.advance(10)


@pytest.mark.parametrize("ticks", [(0, 0), (-1, 5), (55, 61), (5, 3)])
def test_a_range_outside_the_grid_is_refused(make_world, ticks):
    with pytest.raises(ConfigError, match="within 0 to 60"):
        make_world().state(*ticks)


@pytest.mark.parametrize(
    ("forcing", "words"),
    [
        (heat(np.ones(60), "crossarm_bold"), "did you mean 'crossarm_bolt'"),
        (heat(np.ones(59)), r"crossarm_bolt.power_w=\(59,\): needs the shape \(60,\)"),
        (heat(np.full(60, np.nan)), "needs finite numbers"),
        (heat(np.full(60, -1.0)), "must not fall below 0"),
        (Forcing(joints=(JointResistance("crossarm_bolt", np.ones(60)),)), "unknown joint"),
        (Forcing(fuels=(WoodFuel("crossarm_bolt_wod", 50.0, 1.0),)), "did you mean 'crossarm_bolt_wood'"),
        (Forcing(fuels=(WoodFuel("crossarm_bolt_wood", 0.0, 1.0),)), "must be above 0"),
    ],
)
def test_an_impossible_cause_is_refused_when_it_is_added(make_world, forcing, words):
    with pytest.raises(ConfigError, match=words):
        make_world().add(forcing)


def test_a_settled_world_takes_no_more_causes(make_world):
    world = make_world()
    assert world.add(heat(np.full(60, 5.0))) == 0
    assert world.add(heat(np.full(60, 5.0))) == 1
    world.advance(1).component_k()
    with pytest.raises(ConfigError, match="before the first advance"):
        world.add(heat(np.full(60, 5.0)))


def test_a_world_settled_under_other_weather_takes_no_more_causes(make_world):
    world = make_world()
    world.add(Forcing(weather=(WeatherChange(air_k=np.full(60, 2.0)),)))
    world.advance(1)
    with pytest.raises(ConfigError, match="before the first advance"):
        world.add(heat(np.full(60, 5.0)))


def test_a_later_gust_does_not_move_the_clouds_before_it(make_world):
    still, gusty = make_world(), make_world()
    gusty.add(Forcing(weather=(WeatherChange(wind_m_s=np.r_[np.zeros(30), np.full(30, 15.0)]),)))
    drifts = [world.state(0, 60)._settled.cloud_drift_m_s for world in (still, gusty)]
    assert drifts[0] == drifts[1] != (0.0, 0.0)


def test_the_memory_of_places_is_bounded_and_changes_nothing(make_world):
    world = make_world(n=10)
    state = world.state(0, 10)
    world.settled.answers.limit_bytes = 2000
    places = [(0.1 * k, 0.0, 2.0 + 0.1 * k) for k in range(60)]
    winds = [state.wind_m_s(at) for at in places]
    assert world.settled.answers.n_bytes <= 2000
    assert all(np.array_equal(state.wind_m_s(at), wind) for at, wind in zip(places, winds, strict=True))


def test_a_response_is_found_by_its_id(make_world):
    world = make_world()
    world.add(heat(np.full(60, 30.0)))
    world.add(Forcing())
    response = world.response(0)
    assert np.all(np.diff(response.component_k - response.healthy_k) > 0.0)
    assert np.all(response.converted == 0.0)
    with pytest.raises(ConfigError, match="forcing_id=2: choose 0 to 1"):
        world.response(2)
    assert np.all(np.isnan(world.response(1).component_k))


def test_heat_arrives_at_the_component_it_is_put_into(make_world):
    world = make_world()
    world.add(heat(np.full(60, 30.0)))
    state = world.state(0, 60)
    rise = (state.component_k() - state.without_causes().component_k())[-1]
    by_name = dict(zip(world.component_names, rise, strict=True))
    assert by_name["crossarm_bolt"] > by_name["crossarm_bolt_wood"] > 1.0
    assert abs(by_name["neutral_bracket"]) < 1e-6


def test_temperatures_are_held_where_metals_melt(make_world):
    world = make_world(n=180)
    world.add(heat(np.full(180, 5e4)))
    assert world.state(0, 180).component_k().max() == HOTTEST_COMPONENT_K


def test_the_sun_is_seen_by_day_and_not_by_night(make_world):
    clear = {"dni_w_m2": 800.0, "opaque_cover_tenths": 0.0, "total_cover_tenths": 0.0}
    azimuth, elevation = make_world(**clear).state(0, 60).sun_direction()
    assert np.radians(60.0) < elevation.mean() < np.radians(80.0)  # 36 degrees north, July noon
    assert np.radians(100.0) < azimuth.mean() < np.radians(200.0)
    night = make_world(start=NIGHT).state(0, 60)
    assert np.isnan(night.sun_direction()[0]).all()
    assert night.irradiance_w_m2().max() == 0.0


def test_pressure_falls_with_height(make_world):
    state = make_world().state(0, 60)
    fall = state.pressure_pa((0, 0, 0.0)) - state.pressure_pa((0, 0, 10.0))
    assert np.all((fall > 100.0) & (fall < 130.0))


def test_a_stride_answers_with_every_nth_tick(make_world):
    state = make_world().state(0, 60)
    assert np.array_equal(state.every(5).air_k(AT), state.air_k(AT)[::5])
    assert np.array_equal(state.every(7).component_k(), state.component_k()[::7])
    assert state.without_causes().every(5).grid.n == 12


def test_truth_and_sensors_feel_one_wind(make_world):
    state = make_world().state(0, 60)
    far, further = (state.wind_m_s((x, x, AT[2])) for x in (40.0, 80.0))
    assert further == pytest.approx(far, rel=0.05)  # the wake of the pole fades
    near = state.wind_m_s((0.5, -0.5, AT[2]))
    assert np.all(np.abs(near) <= np.abs(state.wind_m_s((0.0, 0.0, 50.0))).max())
    low, high = (np.hypot(*state.wind_m_s((0, 0, z))[:, :2].T) for z in (3.0, 12.0))
    assert high.mean() > low.mean()
    assert np.corrcoef(low, high)[0, 1] > 0.9


def test_unknown_gas_is_refused_at_the_source_too(make_world):
    with pytest.raises(UnknownNameError, match="did you mean 'furfural'"):
        make_world().state(0, 60).gas_excess_ppb(("furfurall",), AT)
