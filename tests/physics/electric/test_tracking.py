import numpy as np
import pytest

from envirosense.physics.electric.tracking import (
    BURN_ENERGY_J,
    CHAR_ZONE_OHM,
    DRY_ZONE_OHM,
    LEAST_CURRENT_A,
    STAGES,
    tracking_course,
    tracking_stage,
    wet_time_to_ignition_s,
    zone_resistance_ohm,
)
from envirosense.physics.electric.tracking_kernels import grow

DAY_S = 86_400.0
PHASE_V = 7200.0


def fog(n, salt_mg_cm2, **changes):
    arguments = {"dt_s": 900.0} | changes
    return tracking_course(np.ones(n), np.ones(n), salt_mg_cm2, PHASE_V, **arguments)


def test_growth_under_a_constant_current_follows_its_closed_form():
    # an insulator of 1 Gohm under 5 MV drives 5 mA whatever the zone does
    n, dt_s = 3000, 600.0
    zone, burn = np.array([DRY_ZONE_OHM, CHAR_ZONE_OHM, LEAST_CURRENT_A]), np.empty(n)
    grow(np.full(n, 5e6), np.full(n, 1e9), dt_s, zone, BURN_ENERGY_J, 0.0, burn)
    found_s = dt_s * (1 + np.interp(0.999, burn, np.arange(n)))
    # the last thousandth, at the charred zone's rate, is left out
    last_s = 1e-3 * BURN_ENERGY_J / (5e-3**2 * CHAR_ZONE_OHM)
    assert found_s == pytest.approx(wet_time_to_ignition_s(5e-3) - last_s, rel=2e-3)


@pytest.mark.parametrize("wet_share", [0.05, 0.15])
def test_ignition_takes_weeks_to_months(wet_share):  # [TDWorld2021]
    course = fog(4 * 24 * 30, 0.02)
    wet_s = 900.0 * np.argmax(course.burn >= 1.0)
    assert 7 * DAY_S < wet_s / wet_share < 120 * DAY_S


def test_nothing_burns_below_four_milliamperes():  # [TDWorld2021]
    course = fog(2000, 0.005)
    assert course.current_a.max() < LEAST_CURRENT_A
    assert course.burn.max() == 0.0
    assert wet_time_to_ignition_s(3.9e-3) == np.inf


def test_dry_air_stops_the_burn_but_does_not_heal_it():
    humidity = np.r_[np.ones(40), np.full(40, 0.3)]
    course = tracking_course(humidity, np.zeros(80), 0.05, PHASE_V, 900.0)
    assert np.all(np.diff(course.burn) >= 0)
    assert course.burn[39] > 0
    np.testing.assert_array_equal(course.burn[40:], course.burn[39])
    assert course.wood_w[60] < 1e-2 * course.wood_w[39]


def test_heat_is_conserved_along_the_path():
    course = fog(50, 0.03)
    wet_wood_w = course.current_a**2 * 1e5
    total_w = course.insulator_w + course.wood_w + course.steel_w + wet_wood_w
    np.testing.assert_allclose(total_w, PHASE_V * course.current_a, rtol=1e-12)
    assert np.all(course.spark_w < course.insulator_w + course.wood_w + course.steel_w)


def test_growth_barely_depends_on_the_tick():
    coarse, fine = fog(96, 0.03, dt_s=900.0), fog(96 * 3, 0.03, dt_s=300.0)
    np.testing.assert_allclose(fine.burn[2::3], coarse.burn, atol=1e-5)


def test_compressed_clock_only_speeds_the_burn():
    slow, fast = fog(300, 0.03, dt_s=600.0), fog(300, 0.03, dt_s=1.0, clock_factor=600.0)
    np.testing.assert_allclose(fast.burn, slow.burn, atol=1e-12)
    np.testing.assert_allclose(fast.current_a, slow.current_a)


def test_blocks_give_the_bits_of_one_run():
    whole, first = fog(60, 0.05), fog(23, 0.05)
    second = fog(37, 0.05, start_burn=float(first.burn[-1]))
    np.testing.assert_array_equal(np.r_[first.burn, second.burn], whole.burn)


def test_stages_come_in_order_and_sparks_stay_within_the_catalogue():
    course = fog(4 * 24 * 3, 0.03)
    assert np.all(np.diff(course.stage) >= 0)
    assert {STAGES[i] for i in course.stage} == {"arcing", "pocket_burn", "glowing", "ignition"}
    assert course.pulses_per_s.max() <= 1200.0
    assert list(tracking_stage(np.array([5e-4, 2e-3, 6e-3]), 0.0)) == [0, 1, 2]


def test_char_conducts():
    np.testing.assert_allclose(zone_resistance_ohm(np.array([0.0, 1.0])), [DRY_ZONE_OHM, CHAR_ZONE_OHM])


def test_refusals():
    with pytest.raises(ValueError, match="start_burn"):
        fog(2, 0.03, start_burn=1.5)
    with pytest.raises(ValueError, match="clock_factor"):
        fog(2, 0.03, clock_factor=0.0)
