"""Energy of the device: its books, the sun of an independent library, and no trace of the tick."""

from datetime import UTC, datetime

import numpy as np
import pytest
from pvlib import irradiance

from envirosense.core.parts import load_part
from envirosense.physics.energy.battery import drain_a
from envirosense.physics.energy.photovoltaic import cell_c
from envirosense.physics.energy.power_modes import MODES
from envirosense.pole.fields.power import BATTERY_PART, DevicePower, pack_of
from envirosense.scenarios import Forcing, WeatherChange

DAY = {"n": 144, "dt_s": 600.0, "start": datetime(2018, 7, 10, 5, tzinfo=UTC)}


def test_charge_follows_the_current_and_the_light_that_was_made(make_world):
    world = make_world(**DAY)
    energy, pack = world.state(0, 144).energy(), load_part(BATTERY_PART)
    gained = np.where(energy.current_a > 0.0, energy.current_a, pack["charge_efficiency"] * energy.current_a)
    drained = drain_a(pack_of(pack), world.state(0, 144).housing_k())
    moved = -(gained + drained) * 600.0 / 3600.0 / pack["capacity_ah"]
    np.testing.assert_allclose(np.diff(energy.charge), moved[1:], atol=1e-12)
    at_terminals_w = energy.voltage_v * energy.current_a
    load_w = np.array([mode.power_w for mode in MODES])[energy.mode]
    from_panel_w = load_w - at_terminals_w
    assert np.all(energy.is_powered)
    assert np.all(from_panel_w <= pack["charger_efficiency"] * energy.panel_w + 1e-9)
    night = energy.panel_irradiance_w_m2 == 0.0
    np.testing.assert_allclose(at_terminals_w[night], load_w[night], rtol=1e-12)
    assert 30 < night.sum() < 80


def test_light_on_the_panel_is_that_of_pvlib(make_world):
    """Hay and Davies on the same weather; the two suns and extraterrestrial beams differ by a few tenths."""
    world = make_world(**DAY)
    state, sun, weather = world.state(0, 144), world.sun, world.natural_air.weather
    zenith, azimuth = np.degrees(sun.zenith_rad), np.degrees(sun.azimuth_rad)
    beam = irradiance.get_extra_radiation(np.full(144, 191))
    expected = irradiance.get_total_irradiance(
        50.0, 180.0, zenith, azimuth, weather.dni_w_m2, weather.ghi_w_m2, weather.dhi_w_m2,
        dni_extra=beam, albedo=0.2, model="haydavies",
    )["poa_global"]  # fmt: skip
    high = zenith < 80.0
    np.testing.assert_allclose(state.plane_irradiance_w_m2(50.0, 180.0)[high], expected[high], rtol=5e-3)


def test_the_panel_gives_no_more_than_its_clean_cells_would(make_world):
    energy = make_world(**DAY).state(0, 144).energy()
    weather = make_world(**DAY).natural_air.weather
    light = energy.panel_irradiance_w_m2
    cells = cell_c(light, weather.air_k - 273.15, weather.wind_m_s)
    clean_w = 20.0 * light / 1000.0 * (1.0 - 0.0037 * (cells - 25.0))
    made = light > 100.0
    assert np.all(energy.panel_w[made] < clean_w[made])
    assert energy.panel_w.sum() == pytest.approx(0.92 * clean_w.sum(), rel=0.04)  # glass, wires, dirt


@pytest.mark.parametrize("dt_s", [60.0, 600.0])
def test_the_tick_leaves_the_energy_alone(make_world, dt_s):
    start = DAY["start"]
    fine, coarse = (
        make_world(n=int(86_400 / dt), dt_s=dt, start=start).state(0, int(86_400 / dt)).energy()
        for dt in (30.0, dt_s)
    )
    assert coarse.panel_w.mean() == pytest.approx(fine.panel_w.mean(), rel=2e-3)
    assert coarse.charge[-1] == pytest.approx(fine.charge[-1], abs=1e-3)
    assert coarse.board_k.mean() == pytest.approx(fine.board_k.mean(), abs=0.1)


def test_modes_change_on_the_hour_and_clouds_empty_the_battery(make_world):
    n = 6 * 24 * 12
    world = make_world(n=n, dt_s=600.0, start=datetime(2018, 1, 3, 5, tzinfo=UTC))
    world.add(Forcing(weather=(WeatherChange(sun_factor=np.zeros(n)),)))
    energy = world.state(0, n).energy()
    switched = np.flatnonzero(np.diff(energy.mode)) + 1
    assert switched.size > 0
    assert np.all(switched % 6 == 0)
    assert np.all(np.diff(energy.mode[np.r_[0, switched]]) > 0)
    assert np.all(energy.panel_w == 0.0)
    assert np.all(np.diff(energy.charge) < 0.0)


def test_weather_of_a_cause_moves_no_draw_of_the_battery(make_world):
    plain, dark = make_world(**DAY), make_world(**DAY)
    dark.add(Forcing(weather=(WeatherChange(sun_factor=np.r_[np.ones(72), np.zeros(72)]),)))
    before, after = (world.state(0, 144).energy() for world in (plain, dark))
    np.testing.assert_array_equal(after.panel_w[:72], before.panel_w[:72])
    assert after.charge[0] == pytest.approx(before.charge[0], abs=1e-12)
    assert after.panel_w[72:].sum() < before.panel_w[72:].sum()


def test_a_rainy_history_leaves_a_clean_panel(make_world):
    world = make_world(**DAY)
    inputs, case_k = world.state(0, 144)._settled.inputs, np.full(144, 300.0)
    dusty, washed = (
        DevicePower(inputs, world.sun, rain, case_k).energy for rain in (np.zeros(720), np.full(720, 1.0))
    )
    lit = washed.panel_w > 0.1
    # 30 days at 0.15 % a day; the day of the rain itself counts as clean
    np.testing.assert_allclose(dusty.panel_w[lit] / washed.panel_w[lit], 1.0 - 0.045, rtol=1e-9)
