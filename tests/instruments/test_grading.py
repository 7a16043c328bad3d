import math

import numpy as np
import pytest
from scipy.special import erf

from envirosense.instruments import stages as st
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.grading import ErrorBudget, graded
from envirosense.instruments.sensor_config import SensorConfig
from envirosense.instruments.status import Status
from envirosense.instruments.switching import on_times_s
from envirosense.pole.sensors.barometer import BarometerSensor
from envirosense.testing.sensor_runs import readings
from envirosense.testing.worlds import UniformWorld, busy_world

N = 4


def conditions(**changed: object) -> Conditions:
    still = dict.fromkeys(("relative_humidity", "wind_m_s", "ghi_w_m2"), np.zeros(N))
    values = {
        "first_tick": 0,
        "dt_s": 1.0,
        "t_s": np.arange(N, dtype=float),
        "air_k": np.full(N, 293.15),
        "pressure_pa": np.full(N, 101_325.0),
        **still,
        **changed,
    }
    return Conditions(**values)


def barometer(**changed: object) -> BarometerSensor:
    fields = {"sensor_id": "p", "sensor_type": "barometer", "part": "barometer/bmp388", **changed}
    return BarometerSensor(SensorConfig.parse(fields))


def test_errors_of_stages_add_in_variance() -> None:
    budget = ErrorBudget(conditions())
    x = np.full((N, 2), 10.0)
    budget.meet(st.Calibration("c", offset_spread=3.0), x, None)
    budget.meet(st.WhiteNoise("w", 4.0 * math.sqrt(2.0)), x, None)
    assert np.sqrt(budget.variance) == pytest.approx(5.0)


def test_a_change_of_unit_rescales_the_errors_before_it() -> None:
    k, beta, applies = np.array([50.0]), np.array([0.4]), np.array([True])
    x = np.full((N, 1), 150.0)
    budget = ErrorBudget(conditions())
    budget.meet(st.Calibration("gain", gain_spread_ln=0.1), x, None)
    budget.meet(st.Compress("in", k, beta, applies), x, None)
    assert np.sqrt(budget.variance) == pytest.approx(15.0 * 0.4 / 200.0)
    log = beta * np.log1p(x / k)
    budget.meet(st.Expand("out", k, beta, applies), log, None)
    assert np.sqrt(budget.variance) == pytest.approx(15.0)


def test_confidence_is_the_chance_of_an_error_within_the_accuracy() -> None:
    now, new = ErrorBudget(conditions(), 4.0), ErrorBudget(conditions(), 1.0)
    grade = graded(now, new, np.array([2.0]))
    assert grade.confidence == pytest.approx(erf(1.0 / math.sqrt(2.0)))
    assert grade.quality == pytest.approx(0.5)
    assert np.isnan(graded(now, new, None).confidence).all()


def test_the_worst_channel_decides() -> None:
    now = ErrorBudget(conditions(), np.array([1.0, 9.0]))
    new = ErrorBudget(conditions(), np.array([1.0, 1.0]))
    grade = graded(now, new, np.array([3.0, 3.0]))
    assert grade.quality == pytest.approx(1.0 / 3.0)
    assert grade.confidence == pytest.approx(erf(1.0 / math.sqrt(2.0)))


def test_confidence_is_honest_for_many_units_of_one_age() -> None:
    """The share of units whose error lies within the accuracy is the confidence: binomial bound."""
    n_units = 400
    world = UniformWorld(n=2, wind=(0.0, 0.0, 0.0))
    accuracy = {"accuracy.absolute": 60.0, "fault.up": 0.0}
    inside, stated = 0, 0.0
    for unit in range(n_units):
        sensor = barometer(age_days=400.0, overrides=accuracy)
        block = sensor.run(world, sensor.start(unit))
        inside += abs(block.reading[0, 0] - block.ideal[0, 0]) <= 60.0
        stated = float(block.confidence[0])
    sigma = math.sqrt(stated * (1.0 - stated) / n_units)
    assert 0.2 < stated < 0.95
    assert abs(inside / n_units - stated) < 5.0 * sigma


def test_age_lowers_quality_and_confidence_and_a_calibration_restores_them() -> None:
    world = busy_world(60)
    fresh, old, served = (
        readings(barometer(age_days=age, calibrated_at_days=dates), [world])
        for age, dates in ((0.0, ()), (3000.0, ()), (3000.0, (3000.0,)))
    )
    assert old.quality.mean() < 0.7 < fresh.quality.mean()
    assert old.confidence.mean() < fresh.confidence.mean()
    assert served.quality == pytest.approx(fresh.quality)


def test_a_missing_reading_has_no_quality_and_says_so() -> None:
    block = readings(barometer(faults=[{"kind": "disconnected", "begin_s": 3, "end_s": 5}]), [busy_world(8)])
    assert np.flatnonzero(block.status & Status.NO_DATA).tolist() == [3, 4]
    assert (block.quality[3:5] == 0.0).all()
    assert (block.confidence[3:5] == 0.0).all()


def test_a_reading_at_the_end_of_the_range_is_a_bound() -> None:
    block = readings(barometer(faults=[{"kind": "saturated", "begin_s": 2}]), [busy_world(4)])
    assert (block.status & Status.AT_LIMIT).tolist() == [0, 0, 2, 2]


def test_stuck_and_drifted_sensors_do_not_know_it() -> None:
    for kind in ("stuck", "drifted"):
        block = readings(barometer(faults=[{"kind": kind, "begin_s": 2}]), [busy_world(10)])
        assert not block.status.any()


def test_time_since_switch_on_starts_anew_after_a_power_cut() -> None:
    t_s = np.arange(6.0)
    powered = np.array([True, True, False, False, True, True])
    on_s, last_s = on_times_s(t_s, 1.0, None, powered)
    assert on_s.tolist() == [np.inf, np.inf, 0.0, 0.0, 0.0, 1.0] or on_s[4:].tolist() == [0.0, 1.0]
    assert last_s == 4.0
    later, last_s = on_times_s(t_s + 6.0, 1.0, last_s, None)
    assert later.tolist() == [2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    assert last_s == 4.0


def test_a_sensor_long_on_needs_no_times() -> None:
    assert on_times_s(np.arange(3.0), 1.0, None, np.ones(3, bool)) == (None, None)


def test_a_sensor_enabled_while_running_warms_up_then() -> None:
    sensor = barometer(overrides={"warm_up.time": 3.0})
    world, memory = busy_world(12), None
    memory = sensor.start(1)
    sensor.disable()
    sensor.run(world.ticks(0, 4), memory)
    sensor.enable()
    block = sensor.run(world.ticks(4, 8), memory)
    assert np.flatnonzero(block.status & Status.WARMING_UP).tolist() == [0, 1, 2]
