"""Grades and flags where a reading is missing: between samples, in a dropout, off, disconnected."""

import numpy as np
import pytest

from envirosense.instruments.conditions import SensorWorld
from envirosense.instruments.memory import SensorBlock
from envirosense.instruments.sensor_change import SensorChange
from envirosense.instruments.sensor_config import SensorConfig
from envirosense.instruments.status import Status
from envirosense.pole.outfit import default_configuration
from envirosense.pole.sensors.barometer import BarometerSensor
from envirosense.pole.sensors.wind import WindSensor
from envirosense.pole.site import Site
from envirosense.testing.sensor_runs import readings
from envirosense.testing.worlds import UniformWorld

STEADY = UniformWorld(n=400)
RAINY = UniformWorld(n=20, rain=20.0)


def barometer(**changed: object) -> BarometerSensor:
    fields = {"sensor_id": "p", "sensor_type": "barometer", "part": "barometer/bmp388", **changed}
    return BarometerSensor(SensorConfig.parse(fields))


def in_shares(**changed: object) -> SensorBlock:
    """Barometer whose accuracy is stated as a share of its reading, no more than its errors."""
    shares = {"accuracy.absolute": 0.0, "accuracy.relative": 5e-4, "fault.up": 0.0}
    return readings(barometer(overrides=shares, **changed), [STEADY])


def anemometer(**changed: object) -> WindSensor:
    device = default_configuration(Site()).select(["wind_sensor"])
    settings = {"overrides": {"fault.up_in_rain": 1e12, "fault.up": 0.0}} | changed
    return WindSensor(device.changed([SensorChange(set=settings)]).sensors[0])


def test_an_interval_that_is_no_part_of_a_minute_is_graded_alike() -> None:
    """Tick 60 has no sample of a sensor that reports every 90 s; the grade made there holds at tick 90."""
    usual, seldom = in_shares(interval_s=60.0), in_shares(interval_s=90.0)
    assert 0.2 < usual.confidence[180] < 0.99
    assert seldom.confidence[[90, 180, 270]] == pytest.approx(usual.confidence[[60, 180, 240]], rel=0.1)


def test_a_gap_at_the_minute_leaves_the_grade_after_it() -> None:
    gap = {"kind": "disconnected", "begin_s": 170.0, "end_s": 190.0}
    whole, broken = in_shares(), in_shares(faults=[gap])
    assert (broken.confidence[170:190] == 0.0).all()
    assert np.array_equal(broken.confidence[190:240], whole.confidence[190:240])


def run_cut(sensor: WindSensor, world: SensorWorld, powered: np.ndarray) -> SensorBlock:
    return sensor.run(world, sensor.start(1), powered)


def test_a_sensor_without_power_notices_nothing() -> None:
    powered = np.arange(20) < 8
    block = run_cut(anemometer(), RAINY, powered)
    assert (block.status[8:] == Status.OFF).all()
    assert (block.status[:8] == Status.DISTURBED).all()


def test_a_disconnected_sensor_tells_nothing_of_the_world() -> None:
    gap = {"kind": "disconnected", "begin_s": 5.0, "end_s": 12.0}
    block = readings(anemometer(faults=[gap]), [RAINY])
    assert (block.status[5:12] == Status.NO_DATA).all()
    assert (block.status[12:] == Status.DISTURBED).all()
    deaf = readings(anemometer(faults=[gap], stages_off=["disconnected"]), [RAINY])
    assert (deaf.status == Status.DISTURBED).all()


def test_a_sensor_enabled_again_is_graded_then_and_not_as_it_was() -> None:
    warm = {"warm_up.time": 30.0, "warm_up.error": 500.0, "warm_up.tau": 20.0}
    sensor, world = barometer(overrides=warm), UniformWorld(n=30)
    memory = sensor.start(1)
    before = sensor.run(world.ticks(0, 10), memory)
    sensor.disable()
    sensor.run(world.ticks(10, 10), memory)
    sensor.enable()
    after = sensor.run(world.ticks(20, 10), memory)
    assert (after.confidence < 0.5 * before.confidence).all()
    assert (after.quality < 0.5 * before.quality).all()
