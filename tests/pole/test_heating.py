from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from envirosense.core.grid import TimeGrid
from envirosense.pole.heating import HEALTHY_OHM, line_current_a, step_length_s
from envirosense.pole.site import Site
from envirosense.scenarios import Forcing, Heating, JointResistance

DAWN = datetime(2018, 7, 10, 5, tzinfo=UTC)  # midnight local
CLEAR = {"opaque_cover_tenths": 0.0, "total_cover_tenths": 0.0}


@pytest.fixture(scope="module")
def day(make_world):
    """A July day of minutes by component: local hour, air and temperatures [degC]."""
    world = make_world(n=1440, dt_s=60.0, start=DAWN)
    state = world.state(0, 1440)
    table = dict(zip(world.component_names, state.component_k().T - 273.15, strict=True))
    return world.atmosphere.hour_local, table | {"air": state.air_k((0, 0, 9)) - 273.15}


def at(day, hour, name):
    return float(np.interp(hour, day[0], day[1][name]))


def test_a_sound_clamp_is_near_its_conductor(day):
    assert np.abs(day[1]["clamp_a"] - day[1]["conductor_a"]).max() < 5.0


def test_a_day_is_plausible(day):
    _, table = day
    for name, temperature in table.items():
        assert temperature.min() > 10.0, name
        assert temperature.max() < 85.0, name
    assert at(day, 13.0, "ground") > at(day, 13.0, "air") + 5.0
    assert table["tank_oil"].mean() > table["tank_top"].mean() > table["air"].mean()
    assert 0.0 < at(day, 13.0, "device_case") - at(day, 13.0, "air") < 20.0


def test_the_sun_warms_the_facet_it_shines_on(day):
    assert at(day, 9.0, "pole_e") > at(day, 9.0, "pole_w") + 5.0
    assert at(day, 16.5, "pole_w") > at(day, 16.5, "pole_e") + 5.0
    assert at(day, 12.5, "pole_s") > at(day, 12.5, "pole_n") + 2.0
    assert at(day, 12.5, "crossarm_top") > at(day, 12.5, "crossarm_bottom") + 2.0
    assert at(day, 12.5, "tree_sunny") > at(day, 12.5, "tree_shady")


def test_a_clear_night_sky_cools_below_the_air(make_world):
    night = {"start": DAWN + timedelta(hours=2), "n": 60, "dt_s": 60.0, "wind_m_s": 1.0, "dew_point_c": 5.0}

    def below_air(cover):
        world = make_world(opaque_cover_tenths=cover, total_cover_tenths=cover, **night)
        state = world.state(0, 60)
        top = state.component_k()[:, world.component_names.index("crossarm_top")]
        return float(np.mean(state.air_k((0, 0, 9)) - top))

    assert below_air(0.0) > 2.0
    assert below_air(0.0) > below_air(10.0) + 1.0


def test_an_episode_remembers_the_day_before(make_world):
    """The same minute from two starts; the spin-up takes hourly weather, so some kelvin may differ."""
    early = make_world(n=420, dt_s=60.0, start=DAWN + timedelta(hours=7))
    late = make_world(n=60, dt_s=60.0, start=DAWN + timedelta(hours=13))
    gap = early.state(360, 420).component_k() - late.state(0, 60).component_k()
    assert np.abs(gap[-1]).max() < 4.0
    cores = [i for i, name in enumerate(early.component_names) if name.endswith(("core", "oil", "deep"))]
    assert np.abs(gap[:, cores]).max() < 2.0


@pytest.mark.parametrize(
    ("dt_s", "step_s"), [(0.5, 10.0), (1.0, 10.0), (2.0, 10.0), (4.0, 12.0), (10.0, 10.0), (60.0, 60.0)]
)
def test_the_network_steps_ten_seconds_or_whole_ticks(dt_s, step_s):
    assert step_length_s(dt_s) == step_s


@pytest.mark.parametrize("dt_s", [1.0, 4.0, 60.0])
def test_temperatures_do_not_depend_on_the_tick(make_world, dt_s):
    """In steady weather only the load's noise differs, a fraction of a kelvin."""
    steady = {
        "air_c": 20.0, "dew_point_c": 10.0, "wind_m_s": 3.0, "wind_from_deg": 0.0, "rain_mm": 0.0,
        "ghi_w_m2": 0.0, "dni_w_m2": 0.0, "dhi_w_m2": 0.0, "opaque_cover_tenths": 10.0,
    }  # fmt: skip
    worlds = [make_world(n=round(1800 / dt), dt_s=dt, **steady) for dt in (10.0, dt_s)]
    coarse, fine = (w.state(0, w.grid.n).component_k()[-1] for w in worlds)
    assert np.abs(coarse - fine).max() < 1.5


def test_load_follows_the_hour_and_stays_below_its_peak(make_world):
    world = make_world(n=1440, dt_s=60.0, start=DAWN)
    hourly = world.current_a.reshape(24, 60).mean(axis=1)
    assert hourly[17:20].mean() > 1.2 * hourly[2:5].mean()
    assert world.current_a.min() > 0.0
    assert world.current_a.max() < 1.3 * Site().peak_current_a
    without = make_world(site=Site(has_transformer=False))
    oil = without.component_names.index("tank_oil")
    assert abs(without.state(0, 60).component_k()[0, oil] - 306.0) < 15.0


def test_load_answers_heat_after_the_lag_of_the_buildings(make_year):
    """A heat wave that begins at once is felt by 1 - exp(-1) after four hours."""
    mild = make_year(air_c=21.0)
    heat = replace(mild, air_c=np.where(np.arange(8760) < 4000, 21.0, 31.0))
    hours = 4000.5 + np.arange(24.0)
    grid = TimeGrid(start_utc="2018-06-16T21:30:00Z", dt_s=3600.0, n=hours.size)
    warm, cool = (line_current_a(y, Site(), grid, 1, hours) for y in (heat, mild))
    felt = (warm / cool - 1.0) / (0.5 * 0.025 * 10.0)
    assert felt[0] < 0.3
    assert felt[3] == pytest.approx(1.0 - np.exp(-1.0), abs=0.01)
    assert felt[23] == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(
    "cause",
    [
        lambda n: Forcing(heatings=(Heating("crossarm_bolt", np.linspace(0.0, 60.0, n)),)),
        lambda n: Forcing(joints=(JointResistance("clamp_b", np.linspace(HEALTHY_OHM, 1e-3, n)),)),
    ],
    ids=["heating", "joint"],
)
def test_a_cause_only_warms(make_world, cause):
    world = make_world(n=90)
    world.add(cause(90))
    state = world.state(0, 90)
    rise = state.component_k() - state.without_causes().component_k()
    assert rise.min() > -1e-9
    assert rise.max() > 5.0
    assert world.component_names[np.argmax(rise[-1])] == cause(90).component


def test_a_sound_joint_is_no_cause(make_world):
    world = make_world()
    forcing_id = world.add(Forcing(joints=(JointResistance("clamp_a", np.full(60, HEALTHY_OHM)),)))
    response = world.response(forcing_id)
    np.testing.assert_allclose(response.component_k, response.healthy_k, atol=1e-9)
