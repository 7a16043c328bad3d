"""Checks that a sensor tells how far to trust it: status, quality, faults, warming up, age, power."""

from typing import Any, Final

import numpy as np

from envirosense.instruments.power_draw import on_share
from envirosense.instruments.sensor_config import SensorConfig
from envirosense.instruments.status import Status
from envirosense.testing.sensor_runs import SEED, AnySensor, readings
from envirosense.testing.worlds import UniformWorld

NEEDED_OF_A_PART: Final = ("accuracy.absolute", "power.on", "power.standby", "warm_up.time")


def check_health(sensor_class: type[AnySensor], config: SensorConfig, world: UniformWorld) -> None:
    """Hold one sensor class to what a device must tell of its sensors, and to its faults."""
    check_part(sensor_class(config))
    check_grades(sensor_class(config), world)
    check_power_cut(sensor_class, config, world)
    check_warm_up(sensor_class, config, world)
    check_faults(sensor_class, config, world)
    check_history(sensor_class, config)


def _changed(config: SensorConfig, **update: Any) -> SensorConfig:
    return type(config).parse(config.model_dump() | update)


def check_part(sensor: AnySensor) -> None:
    """The part states accuracy, draw and warm-up time."""
    missing = [name for name in NEEDED_OF_A_PART if name not in sensor.values]
    assert not missing, f"part {sensor.config.part}: give {missing}"
    assert sensor.power_w >= 0.0, "a sensor draws power, it does not make it"
    assert 0.0 < on_share(sensor.values, sensor.config.interval_s) <= 1.0


def check_grades(sensor: AnySensor, world: UniformWorld) -> None:
    """Quality and confidence lie within 0 and 1 where there is a reading, and are 0 without one."""
    block = readings(sensor, [world])
    for name in ("quality", "confidence"):
        values = getattr(block, name)
        inside = (values >= 0.0) & (values <= 1.0)
        assert inside[block.sampled].all(), f"{name} leaves 0..1: look at the stages' spread()"
        assert np.isnan(values[~block.sampled]).all(), f"{name} must be NaN where nothing is sampled"
        missing = block.sampled & np.isnan(block.reading).any(axis=1)
        assert (values[missing] == 0.0).all(), f"{name} must be 0 without a reading"
    assert block.status.dtype == np.uint16, "status holds the bits of Status"
    assert (block.status[~block.sampled] == 0).all(), "no status where nothing is sampled"


def check_power_cut(sensor_class: type[AnySensor], config: SensorConfig, world: UniformWorld) -> None:
    """Without power there are no readings but OFF; the noise afterwards is what it would have been."""
    powered = np.ones(world.n, np.bool_)
    powered[world.n // 4 : world.n // 2] = False
    sensor = sensor_class(
        _changed(config, stages_off=("warm_up",)) if _warms(sensor_class, config) else config
    )
    whole = sensor.run(world, sensor.start(SEED))
    cut = sensor.run(world, sensor.start(SEED), powered)
    off = cut.sampled & ~powered
    assert np.isnan(cut.reading[off]).all(), "a sensor without power reports nothing"
    assert (cut.status[off] & Status.OFF).all(), "a sensor without power is OFF"
    early, late = slice(0, world.n // 4), slice(world.n // 2, None)
    assert np.array_equal(cut.reading[early], whole.reading[early], equal_nan=True), (
        "a power cut changed readings before it"
    )
    assert np.array_equal(cut.reading[late], whole.reading[late], equal_nan=True), (
        "a power cut changed the noise after it: draw as often without power as with it"
    )


def _warms(sensor_class: type[AnySensor], config: SensorConfig) -> bool:
    return any(stage.name == "warm_up" for stage in sensor_class(config).stages())


def check_warm_up(sensor_class: type[AnySensor], config: SensorConfig, world: UniformWorld) -> None:
    """A sensor just switched on says so for the time that its part states."""
    sensor = sensor_class(_changed(config, on_since_s=0.0))
    block = readings(sensor, [world])
    warm_s = sensor.values.number("warm_up.time", "s")
    t_s = np.arange(world.n) * world.dt_s
    flagged = (block.status & Status.WARMING_UP) > 0
    assert np.array_equal(flagged, block.sampled & (t_s < warm_s)), "WARMING_UP until warm_up.time has passed"
    cold, warm = block, readings(sensor_class(config), [world])
    assert not (warm.status & Status.WARMING_UP).any(), "a sensor long on is warm"
    if _warms(sensor_class, config):
        assert not np.array_equal(cold.reading, warm.reading, equal_nan=True), "warming up changes nothing"


def check_faults(sensor_class: type[AnySensor], config: SensorConfig, world: UniformWorld) -> None:
    """Each fault leaves the readings before it alone and changes those in it."""
    begin = world.n // 3
    sound = readings(sensor_class(config), [world])
    for kind in sensor_class.fault_kinds:
        fault = {"kind": kind, "begin_s": begin * world.dt_s}
        broken = readings(sensor_class(_changed(config, faults=[fault])), [world])
        before = slice(0, begin)
        assert np.array_equal(broken.reading[before], sound.reading[before], equal_nan=True), (
            f"fault {kind!r} changes readings before it begins: give its stage draws of its own"
        )
        assert np.array_equal(broken.ideal, sound.ideal), f"fault {kind!r} changed the ideal reading"
        after = slice(begin, None)
        assert not np.array_equal(broken.reading[after], sound.reading[after], equal_nan=True), (
            f"fault {kind!r} changes nothing"
        )


def check_history(sensor_class: type[AnySensor], config: SensorConfig) -> None:
    """A calibration in the field is told, and resets what drift has had to grow."""
    old = _changed(config, age_days=400.0, calibrated_at_days=(300.0,))
    sensor = sensor_class(old)
    assert sensor.drift_days == 100.0, "drift_days is the time since the last calibration"
    places = [record["place"] for record in sensor.get_ml_metadata()["calibration_history"]]
    assert places == ["factory", "field"], "calibration_history has one record per calibration"
    assert 0.0 <= sensor.used_days <= 400.0, "a sensor is not on for longer than it exists"
