"""What every scalar sensor gets from its part and settings: faults, warming up, stated accuracy."""

import numpy as np
import pytest

from envirosense.core.parts import load_part
from envirosense.instruments.generic_stages import (
    DRIFTED_ACCURACIES,
    fault_stages,
    spells_of,
    stated_accuracy,
    warm_up_stages,
)
from envirosense.instruments.part_values import PartValues
from envirosense.instruments.power_draw import mean_power_w, on_share
from envirosense.instruments.sensor_config import SensorConfig
from envirosense.instruments.status import Status
from envirosense.instruments.switching import on_times_s
from envirosense.pole.sensors.barometer import BarometerSensor
from envirosense.testing.sensor_runs import readings
from envirosense.testing.worlds import busy_world

WORLD = busy_world(200)


def config(*faults, part="barometer/bmp388", **changed):
    fields = {"sensor_id": "p", "sensor_type": "barometer", "part": part, "faults": faults, **changed}
    return SensorConfig.parse(fields)


def values(part="barometer/bmp388", **overrides):
    return PartValues(load_part(part), overrides)


def block(*faults, **changed):
    return readings(BarometerSensor(config(*faults, **changed)), [WORLD])


SPELL = {"begin_s": 50.0, "end_s": 100.0}
INSIDE, AFTER = slice(50, 100), slice(100, None)


def test_a_stuck_sensor_repeats_itself_and_comes_back():
    pa = block({"kind": "stuck", **SPELL}).reading[:, 0]
    assert np.unique(pa[INSIDE]).size == 1
    assert np.array_equal(pa[AFTER], block().reading[AFTER, 0], equal_nan=True)


def test_a_disconnected_sensor_has_no_data():
    found = block({"kind": "disconnected", **SPELL})
    assert np.isnan(found.reading[INSIDE]).all()
    assert (found.status[INSIDE] & Status.NO_DATA).all()
    assert (found.quality[INSIDE] == 0.0).all()
    assert (found.confidence[INSIDE] == 0.0).all()


def test_a_saturated_sensor_stands_at_the_end_of_its_range():
    found = block({"kind": "saturated", **SPELL})
    assert (found.reading[INSIDE, 0] == load_part("barometer/bmp388")["range.high"]).all()
    assert (found.status[INSIDE] & Status.AT_LIMIT).all()


@pytest.mark.parametrize("severity", [0.2, 1.0])
def test_a_drifted_sensor_is_off_by_ten_accuracies_times_its_severity_and_does_not_know(severity):
    whole, drifted = block(), block({"kind": "drifted", "severity": severity, "begin_s": 0.0})
    gap_pa = np.nanmax(np.abs(drifted.reading - whole.reading))
    expected_pa = DRIFTED_ACCURACIES * severity * load_part("barometer/bmp388")["accuracy.absolute"]
    assert 0.0 < gap_pa <= expected_pa * 1.01
    assert np.array_equal(drifted.quality, whole.quality)
    assert np.array_equal(drifted.status, whole.status)


def test_the_worst_of_overlapping_faults_counts():
    faults = ({"kind": "drifted", "severity": 0.3}, {"kind": "drifted", "begin_s": 5.0, "end_s": 9.0})
    found = spells_of(config(*faults), "drifted")
    assert found.severity(np.array([0.0, 5.0, 8.9, 9.0])).tolist() == [0.3, 1.0, 1.0, 0.3]
    assert not spells_of(config(), "drifted")


def test_without_fault_rates_and_faults_there_are_no_stages():
    none = dict.fromkeys(("fault.up", "fault.free"), 0.0)
    assert fault_stages(values(**none), config(), 1) == ()
    names = [stage.name for stage in fault_stages(values(), config({"kind": "disconnected"}), 1)]
    assert names[-1] == "disconnected"


def test_a_part_without_an_error_of_warming_up_does_not_warm_up():
    assert warm_up_stages(values(**{"warm_up.error": 0.0}), 1) == ()
    assert [stage.name for stage in warm_up_stages(values(**{"warm_up.error": 3.0}), 1)] == ["warm_up"]


def test_accuracy_is_absolute_plus_a_share_of_the_reading():
    wanted = {"accuracy.absolute": 2.0, "accuracy.relative": 0.1}
    assert stated_accuracy(values(**wanted), np.array([[10.0], [-50.0], [np.nan]])).tolist() == [
        [3.0],
        [7.0],
        [2.0],
    ]
    assert stated_accuracy(values("battery/gg_bat_200"), np.zeros((3, 1))) is None


def test_a_sensor_that_measures_rarely_draws_little():
    power = {"power.on": 1.0, "power.standby": 0.1, "power.measuring": 5.0}
    assert mean_power_w(values(**power), 50.0) == pytest.approx(0.1 + 0.9 * 0.1)
    assert mean_power_w(values(**power), 2.0) == 1.0
    assert on_share(values(**power | {"power.measuring": 0.0}), 50.0) == 1.0


# --- since when it is on


T_S = np.arange(8.0)


def test_a_sensor_long_on_has_no_switch_on():
    assert on_times_s(T_S, 1.0, None, None) == (None, None)
    assert on_times_s(T_S, 1.0, None, np.ones(8, bool)) == (None, None)


def test_time_runs_from_the_last_tick_without_power():
    powered = np.array([1, 1, 0, 0, 1, 1, 0, 1], bool)
    on_s, last_s = on_times_s(T_S, 1.0, None, powered)
    assert np.isinf(on_s[:2]).all()
    assert on_s[[4, 5, 7]].tolist() == [0.0, 1.0, 0.0]
    assert last_s == 7.0


@pytest.mark.parametrize("cut", range(1, 8))
def test_blocks_carry_the_switch_on(cut):
    powered = np.array([1, 0, 0, 1, 1, 0, 1, 1], bool)
    whole, last_s = on_times_s(T_S, 1.0, -20.0, powered)
    first, carried_s = on_times_s(T_S[:cut], 1.0, -20.0, powered[:cut])
    second, end_s = on_times_s(T_S[cut:], 1.0, carried_s, powered[cut:])
    assert np.array_equal(np.concatenate([first, second]), whole)
    assert end_s == last_s


def test_a_sensor_switched_on_between_blocks_is_new_at_the_block():
    on_s, last_s = on_times_s(T_S + 40.0, 1.0, np.nan, None)
    assert (on_s[0], last_s) == (0.0, 40.0)
