from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from envirosense.core.errors import ConfigError
from envirosense.core.grid import TimeGrid
from envirosense.physics.thermal.transformer import POLE_25_KVA
from envirosense.pole.heat.components import build_components
from envirosense.pole.heat.heat_causes import drive_under
from envirosense.pole.heat.heating import HEALTHY_OHM, heat_history, line_current_a, step_length_s
from envirosense.pole.site import Site
from envirosense.scenarios import Discharge, Forcing, Heating, JointResistance, LineChange, Tank

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
    """Wind along the line cools the wire less than the clamp, a few kelvins at the evening peak."""
    assert np.abs(day[1]["clamp_a"] - day[1]["conductor_a"]).max() < 7.0


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
    assert np.abs(gap[-1]).max() < 6.0  # a phase's share of the load is drawn anew
    cores = [i for i, name in enumerate(early.component_names) if name.endswith(("core", "oil", "deep"))]
    assert np.abs(gap[:, cores]).max() < 2.0


@pytest.mark.parametrize(
    ("dt_s", "step_s"), [(0.5, 10.0), (1.0, 10.0), (2.0, 10.0), (4.0, 12.0), (10.0, 10.0), (60.0, 60.0)]
)
def test_the_network_steps_ten_seconds_or_whole_ticks(dt_s, step_s):
    assert step_length_s(dt_s) == step_s


@pytest.mark.parametrize("dt_s", [1.0, 4.0, 60.0])
def test_temperatures_do_not_depend_on_the_tick(make_world, dt_s):
    """In steady weather only the noise of load and phases differs, a kelvin or two."""
    steady = {
        "air_c": 20.0, "dew_point_c": 10.0, "wind_m_s": 3.0, "wind_from_deg": 90.0, "rain_mm": 0.0,
        "ghi_w_m2": 0.0, "dni_w_m2": 0.0, "dhi_w_m2": 0.0, "opaque_cover_tenths": 10.0,
    }  # fmt: skip
    worlds = [make_world(n=round(1800 / dt), dt_s=dt, **steady) for dt in (10.0, dt_s)]
    coarse, fine = (w.state(0, w.grid.n).component_k()[-1] for w in worlds)
    assert np.abs(coarse - fine).max() < 3.0
    even = [i for i, name in enumerate(worlds[0].component_names) if name[-2:] not in ("_a", "_b", "_c")]
    assert np.abs(coarse - fine)[even].max() < 1.5


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


def drives_under(world, *forcings):
    """The network's drive without and with causes."""
    components = build_components(world.site)
    sources = (
        world.year,
        world.site,
        components,
        world.atmosphere,
        world.sun,
        world.current_a,
        world.phase_share,
    )
    history = heat_history(*sources)
    return components, history, drive_under(history, components, world.site, forcings, world.grid)


def final_rise_k(components, history, drive):
    """What causes add by the last step, by component."""
    with_k, without_k = (replace(history, drive=d).solve(components)[-1] for d in (drive, history.drive))
    return dict(zip(components.names, with_k - without_k, strict=True))


def test_load_on_the_transformer_heats_oil_and_bushing_alone(make_world):
    world = make_world(n=60, dt_s=60.0)
    tank = Tank(load_factor=np.full(60, 2.5))
    components, history, drive = drives_under(world, Forcing(tanks=(tank,)))
    oil, bushing = components.index("tank_oil"), components.joints.index("bushing_secondary")
    load_w = history.drive.power_w[:, oil] - POLE_25_KVA.no_load_w
    np.testing.assert_allclose(drive.power_w[:, oil] - POLE_25_KVA.no_load_w, 6.25 * load_w)
    np.testing.assert_allclose(drive.current_a[:, bushing], 2.5 * history.drive.current_a[:, bushing])
    rise_k = final_rise_k(components, history, drive)
    assert rise_k["tank_oil"] > 1.0
    assert rise_k["tank_oil"] > rise_k["tank_top"] > rise_k["tank_bottom"] > 0.0
    assert rise_k["bushing_secondary"] > 0.0
    assert abs(rise_k["clamp_a"]) < 0.1


def test_a_fault_inside_and_a_low_level_reach_the_drive(make_world):
    world = make_world(n=60, dt_s=60.0)
    tank = Tank(internal_w=np.full(60, 3000.0), oil_level=np.full(60, 0.5))
    components, history, drive = drives_under(world, Forcing(tanks=(tank,)))
    rise_k = final_rise_k(components, history, drive)
    assert 40.0 < rise_k["tank_oil"] < 100.0  # 3 kW for an hour into 34.8 Wh/K
    assert rise_k["tank_lower"] > rise_k["tank_bottom"] > 20.0
    assert rise_k["tank_top"] < 0.2 * rise_k["tank_lower"]


def test_a_discharge_heats_its_component_by_its_share(make_world):
    world = make_world(n=30)
    spark = Discharge(
        "spark", (0.0, 0.0, 11.0), "surface", np.full(30, 50.0), np.full(30, 1e4), 1e-9,
        component="insulator_b", heat_share=0.6,
    )  # fmt: skip
    components, history, drive = drives_under(world, Forcing(discharges=(spark,)))
    added_w = drive.power_w - history.drive.power_w
    np.testing.assert_allclose(added_w[:, components.index("insulator_b")], 30.0)
    assert added_w.sum() == pytest.approx(30.0 * added_w.shape[0])


def test_a_line_change_scales_the_currents_of_its_phases(make_world):
    world = make_world(n=30)
    change = LineChange(current_factor=np.tile([0.0, 1.0, 1.5], (30, 1)))
    components, history, drive = drives_under(world, Forcing(line=(change,)))
    ratio = dict(zip(components.wires, (drive.wire_a / history.drive.wire_a)[0], strict=True))
    assert ratio == pytest.approx(
        {"conductor_a": 0.0, "conductor_b": 1.0, "conductor_c": 1.5, "neutral": 1.5}
    )
    clamp = components.joints.index("clamp_c")
    np.testing.assert_allclose(drive.current_a[:, clamp], 1.5 * history.drive.current_a[:, clamp])


def test_a_dead_line_heats_nothing(make_world):
    world = make_world(n=30)
    change = LineChange(current_factor=np.zeros((30, 3)), voltage_factor=np.zeros((30, 3)))
    components, history, drive = drives_under(world, Forcing(line=(change,)))
    assert np.all(history.drive.current_a > 0.0)
    assert np.all(drive.current_a == 0.0)
    assert np.all(drive.wire_a == 0.0)
    fed = [name for name in components.names if name.startswith(("tank_oil", "insulator", "arrester"))]
    columns = [components.index(name) for name in fed]
    assert np.all(history.drive.power_w[:, columns] > 0.0)
    np.testing.assert_allclose(drive.power_w[:, columns], 0.0, atol=1e-9)
    case = components.index("device_case")
    assert np.array_equal(drive.power_w[:, case], history.drive.power_w[:, case])  # it has a battery


def test_the_core_of_an_unloaded_transformer_stays_warm(make_world):
    world = make_world(n=30)
    phase_a = LineChange(current_factor=np.tile([0.0, 1.0, 1.0], (30, 1)))
    components, _, drive = drives_under(world, Forcing(line=(phase_a,)))
    oil = components.index("tank_oil")
    np.testing.assert_allclose(drive.power_w[:, oil], POLE_25_KVA.no_load_w)
    idle = [drive.current_a[:, components.joints.index(name)] for name in ("cutout", "bushing_secondary")]
    assert np.all(np.array(idle) == 0.0)


def test_a_load_factor_leaves_the_heat_of_other_causes_alone(make_world):
    """Whatever the order: a heater in the oil and a fault inside are no load."""
    world = make_world(n=30)
    heater = Forcing(heatings=(Heating("tank_oil", np.full(30, 100.0)),))
    fault = Forcing(tanks=(Tank(internal_w=np.full(30, 500.0)),))
    load = Forcing(tanks=(Tank(load_factor=np.full(30, 2.0)),))
    components, history, forth = drives_under(world, heater, fault, load)
    back = drives_under(world, load, fault, heater)[2]
    oil = components.index("tank_oil")
    load_w = history.drive.power_w[:, oil] - POLE_25_KVA.no_load_w
    np.testing.assert_allclose(forth.power_w[:, oil], POLE_25_KVA.no_load_w + 4.0 * load_w + 600.0)
    np.testing.assert_allclose(back.power_w[:, oil], forth.power_w[:, oil])


def test_current_of_a_reclosing_line_heats_by_its_mean_square(make_world):
    """On for every second tick, ten of which make a step of the network."""
    world = make_world(n=30, dt_s=1.0)
    on = np.tile(np.array([1.0, 0.0]), 15)[:, None] * np.ones(3)
    components, history, drive = drives_under(world, Forcing(line=(LineChange(current_factor=on),)))
    clamp = components.joints.index("clamp_a")
    np.testing.assert_allclose(drive.current_a[:, clamp] ** 2, 0.5 * history.drive.current_a[:, clamp] ** 2)


def test_a_tank_that_is_not_there_cannot_fail(make_world):
    world = make_world(n=30, site=Site(has_transformer=False))
    with pytest.raises(ConfigError, match="no transformer"):
        drives_under(world, Forcing(tanks=(Tank(load_factor=np.full(30, 2.0)),)))


def test_surfaces_see_the_ground_at_its_own_temperature(make_world):
    """The ground of the drive is that of the whole network, to rounding, and at noon warmer than the air."""
    world = make_world(n=60, dt_s=60.0)
    components, history, _ = drives_under(world)
    ends_k = history.solve(components)[:, components.index("ground")]
    np.testing.assert_allclose(history.drive.ground_k, 0.5 * (ends_k[1:] + ends_k[:-1]), atol=1e-9)
    assert np.all(history.drive.ground_k > history.drive.air_k + 5.0)


def test_wind_across_the_line_cools_it_most(make_world):
    def factor(from_deg):
        world = make_world(n=12, wind_from_deg=from_deg, site=Site(line_azimuth_deg=30.0))
        return float(drives_under(world)[1].drive.wind_angle_factor.mean())

    assert factor(120.0) > 0.95  # veer wanders about the hour's direction
    assert factor(30.0) < 0.65
    assert abs(factor(30.0) - factor(210.0)) < 0.02


def test_a_sound_joint_is_no_cause(make_world):
    world = make_world()
    forcing_id = world.add(Forcing(joints=(JointResistance("clamp_a", np.full(60, HEALTHY_OHM)),)))
    response = world.response(forcing_id)
    np.testing.assert_allclose(response.component_k, response.healthy_k, atol=1e-9)


def test_the_busier_phase_has_the_warmer_wire(make_world):
    world = make_world(n=360, wind_m_s=1.0)
    share = world.phase_share[120:].mean(axis=0)
    state = world.state(0, 360)
    wires_k = [state.component_k()[-60:, world.component_names.index(f"conductor_{p}")].mean() for p in "abc"]
    assert share.mean() == pytest.approx(1.0, abs=0.02)
    assert np.ptp(share) > 0.01
    assert list(np.argsort(wires_k)) == list(np.argsort(share))
