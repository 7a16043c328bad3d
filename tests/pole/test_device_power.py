"""What the device draws, what it sheds, and how the battery follows."""

from datetime import UTC, datetime

import numpy as np
import pytest

from envirosense.core.errors import UnknownNameError
from envirosense.core.parts import load_part
from envirosense.instruments import SensorConfig
from envirosense.physics.energy.battery import drain_a
from envirosense.physics.energy.mode_course import usable_share
from envirosense.physics.energy.power_modes import FULL, MODES
from envirosense.pole.device_power import (
    ALL_MODES,
    POWER_PART,
    constant_loads,
    device_energy,
    device_loads,
)
from envirosense.pole.fields.power import BATTERY_PART, pack_of
from envirosense.scenarios import Forcing, WeatherChange

SPECIFIED_W = {"standard": 1.2, "economy": 0.8, "critical": 0.4, "hibernate": 0.05, "full": 5.0}


def drawing(sensor_type: str, on_w: float, measuring_s: float = 0.0, **settings) -> SensorConfig:
    """A sensor of this type that draws a given power."""
    power = {"power.on": on_w, "power.standby": 0.001, "power.measuring": measuring_s}
    return SensorConfig(
        sensor_id=sensor_type,
        sensor_type=sensor_type,
        part="battery_level/bq40z80",
        overrides=power | settings.pop("overrides", {}),
        **settings,
    )


DEVICE = (
    drawing("thermal_camera", 0.16, 1.5),
    drawing("particulate_matter", 0.3, 30.0),
    drawing("voc_array", 0.25),
    drawing("barometer", 0.002, 0.1),
    drawing("battery_level", 0.0044),
)


def dark(n: int) -> Forcing:
    return Forcing(weather=(WeatherChange(sun_factor=np.zeros(n)),))


def coupled(world, sensors=DEVICE):
    return device_energy(world.settled.power, sensors)


def test_loads_are_the_sum_of_base_and_sensors_over_the_converters():
    part = load_part(POWER_PART)
    loads = device_loads([drawing("voc_array", 0.25), drawing("barometer", 0.1, 1.0, interval_s=10.0)])
    base = part["base.processor"][0] + part["base.radio"][0]
    expected = (base + 0.25 + 0.001 + 0.1 * 0.099) / part["base.efficiency"]
    assert loads.by_mode["standard"] == pytest.approx(expected, rel=1e-12)
    assert loads.sensor_w["barometer"][0] == pytest.approx(0.0109)


def test_a_device_alone_draws_less_in_each_lower_mode():
    alone = device_loads([]).by_mode
    order = [alone[mode.name] for mode in (FULL, *MODES)]
    assert order == sorted(order, reverse=True)
    assert alone["hibernate"] < SPECIFIED_W["hibernate"]


def test_sensors_are_given_up_camera_first_then_particles_and_gas_and_all_in_hibernation():
    loads = device_loads(DEVICE)
    assert [loads.shed(mode) for mode in MODES] == [
        (),
        ("thermal_camera",),
        ("thermal_camera", "particulate_matter", "voc_array"),
        ("thermal_camera", "particulate_matter", "voc_array", "barometer"),
    ]
    assert loads.shed(FULL) == ()
    assert loads.sensor_w["thermal_camera"][1] == 0.0


def test_the_firmwares_own_rates_save_power():
    often, own = (device_loads(DEVICE, own_rates=rates) for rates in (False, True))
    assert own.by_mode["standard"] < often.by_mode["standard"]
    camera = own.sensor_w["thermal_camera"][0]
    assert camera == pytest.approx(0.001 + 0.159 * 1.5 / 60.0)  # once a minute
    alert = own.sensor_w["thermal_camera"][ALL_MODES.index(FULL)]
    assert alert == pytest.approx(0.001 + 0.159 * 1.5 / 30.0)


def test_a_disabled_sensor_draws_nothing():
    on, off = (device_loads([drawing("voc_array", 0.25, enabled=enabled)]) for enabled in (True, False))
    assert on.load_w[0] - off.load_w[0] == pytest.approx(0.25 / 0.85)


def test_a_part_that_does_not_say_what_it_draws_is_named():
    silent = SensorConfig(sensor_id="panel", sensor_type="panel", part="solar_panel/mono_20w")
    with pytest.raises(UnknownNameError, match="mono_20w"):
        device_loads([silent])


def test_the_firmwares_loads_give_the_worlds_own_energy(make_world):
    world = make_world(n=144, dt_s=600.0)
    own = world.state(0, 144).energy()
    same = world.settled.power.under([mode.power_w for mode in MODES])
    for name in ("charge", "voltage_v", "current_a", "board_k", "mode"):
        np.testing.assert_array_equal(getattr(same, name), getattr(own, name))


def test_a_hungrier_device_ends_lower_and_hides_no_light(make_world):
    world = make_world(n=144, dt_s=600.0, start=datetime(2018, 1, 5, 5, tzinfo=UTC))
    little, much = (coupled(world, sensors) for sensors in ((), (*DEVICE, drawing("emf_sensor", 2.0))))
    np.testing.assert_array_equal(little.energy.panel_w, much.energy.panel_w)
    assert much.energy.charge[-1] < little.energy.charge[-1]
    assert much.energy.board_k.mean() > little.energy.board_k.mean()


def test_the_books_of_a_dark_week_close(make_world):
    """Without sun the charge falls by what the loads take, and the modes follow down, on the hour."""
    n = 14 * 144
    world = make_world(n=n, dt_s=600.0, start=datetime(2018, 6, 3, 5, tzinfo=UTC))
    world.add(dark(n))
    ran = coupled(world)
    energy = ran.energy
    on = energy.is_powered
    np.testing.assert_allclose((energy.voltage_v * energy.current_a)[on], ran.load_w[on], rtol=1e-9)
    drained_a = drain_a(pack_of(load_part(BATTERY_PART)), world.state(0, n).housing_k())
    moved_ah = np.sum(energy.current_a + drained_a) / 6.0
    drained = world.settled.inputs.rng("battery", "charge").uniform(0.55, 1.0) - energy.charge[-1]
    assert drained * 15.6 == pytest.approx(moved_ah, rel=1e-6)
    assert set(np.unique(energy.mode)) >= {0, 1, 2}
    changes = np.flatnonzero(np.diff(energy.mode)) + 1
    assert np.all(changes % 6 == 0)
    assert np.all(np.diff(energy.mode[np.r_[0, changes]]) > 0)


def test_sensors_lose_power_as_the_mode_says(make_world):
    n = 14 * 144
    world = make_world(n=n, dt_s=600.0, start=datetime(2018, 6, 3, 5, tzinfo=UTC))
    world.add(dark(n))
    ran = coupled(world)
    mode = ran.energy.mode
    np.testing.assert_array_equal(ran.powered["thermal_camera"], mode == 0)
    np.testing.assert_array_equal(ran.powered["voc_array"], mode <= 1)
    assert ran.powered["battery_level"].all()
    hours_on = [ran.powered[name].sum() for name in ("thermal_camera", "voc_array", "barometer")]
    assert hours_on[0] < hours_on[1] <= hours_on[2]


def test_splitting_the_episode_changes_nothing(make_world):
    world = make_world(n=144, dt_s=600.0)
    whole, again = coupled(world), coupled(make_world(n=144, dt_s=600.0))
    np.testing.assert_array_equal(whole.energy.charge, again.energy.charge)
    part = whole.energy.cut(slice(10, 20))
    np.testing.assert_array_equal(part.drawn_w, whole.energy.drawn_w[10:20])


def test_constant_loads_shed_nothing():
    loads = constant_loads(1.2)
    assert set(loads.load_w) == {1.2}
    assert all(loads.shed(mode) == () for mode in MODES)


def test_a_device_that_knows_the_cold_falls_back_before_the_pack_is_empty(make_world):
    """At -10 degC more than a quarter of the charge cannot be drawn; the modes must come before that."""
    assert usable_share(0.275, 263.15) == pytest.approx(0.0)
    assert usable_share(1.0, 263.15) == 1.0
    assert usable_share(0.5, 298.15) == 0.5
    n = 14 * 144
    world = make_world(n=n, dt_s=600.0, start=datetime(2018, 1, 3, 5, tzinfo=UTC), air_c=-10.0)
    world.add(dark(n))
    loads = device_loads(DEVICE).load_w[: len(MODES)]
    blind, aware = (world.settled.power.under(loads, knows_cold=cold) for cold in (False, True))
    assert not blind.is_powered.all()
    assert aware.is_powered.sum() > blind.is_powered.sum() + 144
