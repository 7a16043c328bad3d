import numpy as np
import pytest

from envirosense.home.sensing.report_kernels import Levels, ReportRule, charge_pct, reports

MINUTE_US = 60_000_000
NONE = Levels(np.empty(0, np.int64), np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64))
RULE = ReportRule(
    start_us=5,
    tick_us=MINUTE_US,
    keep=0.0,
    gain=1.0,
    bias=0.0,
    noise=0.0,
    noise_share=0.0,
    low=-50.0,
    high=1000.0,
    quantum=0.1,
    change=0.5,
    change_share=0.0,
    interval_us=10 * MINUTE_US,
    gap_us=1_000_000,
)

PATIENT = RULE._replace(interval_us=10**15)


def still(n: int) -> np.ndarray:
    return np.zeros(n, dtype=np.float32)


def test_only_the_first_reading_of_a_still_world_is_told() -> None:
    t_us, value, row = reports(still(100) + np.float32(21.04), still(100), NONE, RULE)
    assert list(t_us) == [5]
    assert value == pytest.approx([21.0])
    assert list(row) == [-1]


def test_a_slow_rise_is_told_by_the_least_change() -> None:
    slow = np.linspace(20.0, 24.0, 401, dtype=np.float32)
    t_us, value, _ = reports(slow, still(401), NONE, PATIENT)
    assert np.diff(value) == pytest.approx(0.5, abs=0.01)
    assert value.size == 9
    assert np.all(np.diff(t_us) >= 40 * MINUTE_US)


def test_a_small_change_waits_for_the_interval() -> None:
    slow = still(30) + np.float32(20.0)
    slow[3:] = 20.2
    t_us, value, _ = reports(slow, still(30), NONE, RULE)
    assert value == pytest.approx([20.0, 20.2])
    assert t_us[1] == 5 + 10 * MINUTE_US


def test_a_switch_is_told_after_its_delay_with_its_cause() -> None:
    levels = Levels(
        np.array([0, 5 * MINUTE_US + 123]), np.array([0.0, 60.0]), np.array([-1, 7]), np.array([0, 800_000])
    )
    t_us, value, row = reports(still(20), still(20), levels, RULE)
    assert list(t_us) == [5, 5 * MINUTE_US + 800_123]
    assert value == pytest.approx([0.0, 60.0])
    assert list(row) == [-1, 7]


def test_switches_within_the_gap_are_told_at_the_next_reading() -> None:
    when = np.array([5 * MINUTE_US, 5 * MINUTE_US + 200_000])
    levels = Levels(when, np.array([60.0, 20.0]), np.array([3, 4]), np.array([500_000, 500_000]))
    t_us, value, row = reports(still(20), still(20), levels, RULE)
    assert value == pytest.approx([0.0, 60.0, 20.0])
    assert list(row) == [-1, 3, 4]
    assert t_us[2] == 5 + 6 * MINUTE_US


def test_a_lagging_sensor_follows_as_an_exponential() -> None:
    keep = float(np.exp(-0.1))
    slow = still(60)
    slow[1:] = 10.0
    _, value, _ = reports(slow, still(60), NONE, RULE._replace(keep=keep, quantum=1e-4, change=1e-3))
    assert value[1:] == pytest.approx(10.0 * (1.0 - keep ** np.arange(1, value.size)), abs=2e-3)


def test_a_reading_stays_within_its_range() -> None:
    _, value, _ = reports(
        np.linspace(90.0, 120.0, 61, dtype=np.float32), still(61), NONE, RULE._replace(high=100.0)
    )
    assert value.max() == 100.0


def test_noise_alone_is_told_as_often_as_it_passes_the_least_change() -> None:
    normals = np.random.default_rng(1).standard_normal(2000).astype(np.float32)
    quiet = reports(still(2000), normals, NONE, PATIENT._replace(noise=0.02))[1]
    loud = reports(still(2000), normals, NONE, PATIENT._replace(noise=1.0))[1]
    assert quiet.size < 5
    assert loud.size > 500
    assert np.all(np.diff(loud) != 0.0)


def test_a_charge_stays_between_empty_and_full() -> None:
    rate = np.array([-40.0, -40.0, -40.0, 30.0, 90.0], dtype=np.float32)
    assert list(charge_pct(rate, 100.0)) == [60.0, 20.0, 0.0, 30.0, 100.0]
