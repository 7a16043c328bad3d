import numpy as np
import pytest

from envirosense.physics.electric.reclosing import (
    DEAD_TIMES_S,
    motor_start_factor,
    recloser_sequence,
    tick_share,
)


def ticks(n, dt_s):
    return np.arange(n) * dt_s


def test_dead_times_are_half_a_second_then_seconds_then_tens():  # section 2.4
    first, second, third = DEAD_TIMES_S
    assert first == 0.5
    assert 2.0 <= second <= 5.0
    assert 15.0 <= third <= 30.0


@pytest.mark.parametrize("dt_s", [0.1, 1.0, 7.0])
def test_open_and_fault_time_are_kept_at_any_tick(dt_s):
    course = recloser_sequence(ticks(int(420 / dt_s), dt_s), dt_s, 12.34, clears_at_try=2)
    assert dt_s * np.sum(1.0 - course.closed) == pytest.approx(0.5 + 3.0)
    assert dt_s * np.sum(course.faulted) == pytest.approx(0.16)
    assert not course.is_locked_out
    assert course.end_s == pytest.approx(12.34 + 0.16 + 3.5)


def test_permanent_fault_locks_out():
    course = recloser_sequence(ticks(100, 1.0), 1.0, 10.0, clears_at_try=None)
    assert course.is_locked_out
    np.testing.assert_array_equal(course.current_factor()[40:], 0.0)
    np.testing.assert_array_equal(course.closed[:10], 1.0)
    assert np.sum(course.faulted) == pytest.approx(2 * 0.08 + 2 * 0.8)


def test_closed_open_and_faulted_shares_stay_in_bounds():
    course = recloser_sequence(ticks(50, 0.5), 0.5, 3.3, clears_at_try=3)
    for share in (course.closed, course.faulted, course.current_factor()):
        assert share.min() >= -1e-12
        assert share.max() <= 1.0


def test_own_trip_times():
    course = recloser_sequence(ticks(20, 1.0), 1.0, 0.0, 1, dead_times_s=(2.0,), trips_s=(0.5, 0.5))
    assert np.sum(course.faulted) == 0.5


def test_motor_start_carries_its_charge():
    for dt_s in (0.25, 1.0, 4.0):
        factor = motor_start_factor(ticks(int(40 / dt_s), dt_s), dt_s, 10.1, 0.2)
        assert dt_s * np.sum(factor - 1.0) == pytest.approx(0.2 * 5.5 * 1.0)


def test_share_of_an_interval():
    np.testing.assert_allclose(tick_share(ticks(4, 1.0), 1.0, 0.5, 2.25), [0.5, 1.0, 0.25, 0.0])


def test_refusals():
    t_s = ticks(3, 1.0)
    with pytest.raises(ValueError, match="clears_at_try"):
        recloser_sequence(t_s, 1.0, 0.0, 4)
    with pytest.raises(ValueError, match="dt_s"):
        recloser_sequence(t_s, 0.0, 0.0, 1)
    with pytest.raises(ValueError, match="trips_s"):
        recloser_sequence(t_s, 1.0, 0.0, 1, trips_s=(0.1,))
