"""The statistics of a stream against closed forms and streams whose answer is known."""

import numpy as np
import pytest

from envirosense.core.rng import stream
from envirosense.home.patterns.stream_statistics import (
    DAY_US,
    HOUR_US,
    burstiness,
    daily_fano,
    gap_cv,
    hour_chi_square,
    hour_entropy_bits,
    successive_information_bits,
    weekday_difference,
)

N_DAYS = 70
PER_DAY = 400


def poisson_us() -> np.ndarray:
    rng = stream(1, "test", "poisson")
    n = rng.poisson(PER_DAY * N_DAYS)
    return np.sort(rng.integers(0, N_DAYS * DAY_US, n))


def test_a_poisson_stream_has_burstiness_0_and_ratios_of_1() -> None:
    t_us = poisson_us()
    assert gap_cv(t_us) == pytest.approx(1.0, abs=5 / np.sqrt(t_us.size))
    assert burstiness(t_us) == pytest.approx(0.0, abs=5 / np.sqrt(t_us.size))
    assert daily_fano(t_us, N_DAYS) == pytest.approx(1.0, abs=5 * np.sqrt(2 / (N_DAYS - 1)))
    assert hour_entropy_bits(t_us) == pytest.approx(np.log2(24), abs=0.005)
    assert hour_chi_square(t_us) < 23 + 5 * np.sqrt(46)


def test_a_clock_has_burstiness_minus_1() -> None:
    assert burstiness(np.arange(100) * HOUR_US) == -1.0


def test_two_gaps_give_the_ratio_of_their_moments() -> None:
    assert gap_cv(np.array([0, 1, 10])) == pytest.approx(4.0 / 5.0)  # gaps 1 and 9: mean 5, deviation 4
    assert burstiness(np.array([0, 1, 10])) == pytest.approx((4.0 - 5.0) / (4.0 + 5.0))


def test_the_fano_factor_is_variance_over_mean_of_the_daily_counts() -> None:
    t_us = np.repeat(np.arange(3) * DAY_US, (2, 4, 6))
    assert daily_fano(t_us, 3) == pytest.approx(4.0 / 4.0)
    assert daily_fano(t_us, 4) == pytest.approx(np.var([2, 4, 6, 0], ddof=1) / 3.0)


def test_events_in_two_hours_have_one_bit_and_the_chi_square_of_a_sharp_day() -> None:
    t_us = np.tile([7 * HOUR_US, 19 * HOUR_US], 48)
    assert hour_entropy_bits(t_us) == pytest.approx(1.0)
    assert hour_chi_square(t_us) == pytest.approx(2 * 44.0**2 / 4.0 + 22 * 4.0)


def test_independent_sensors_tell_nothing_about_the_next_one() -> None:
    sensor = stream(1, "test", "sensors").integers(0, 8, 200_000)
    assert successive_information_bits(sensor) < 5 * 49 / (2 * np.log(2) * sensor.size) + 1e-4


def test_sensors_in_a_ring_tell_all_about_the_next_one() -> None:
    assert successive_information_bits(np.arange(80_000) % 8) == pytest.approx(3.0, abs=1e-3)


def test_shuffling_the_sensors_takes_their_information_away() -> None:
    sensor = np.repeat(stream(1, "test", "pairs").integers(0, 8, 5000), 2)  # each twice in a row
    shuffled = stream(1, "test", "shuffle").permutation(sensor)
    same = (0.5 + 0.5 / 8) * np.log2(0.5 + 0.5 / 8) + 7 * 0.5 / 8 * np.log2(0.5 / 8)
    assert successive_information_bits(sensor) == pytest.approx(3.0 + same, abs=0.03)
    assert successive_information_bits(shuffled) < 0.02


def test_a_weekend_of_late_risers_differs_and_an_even_week_does_not() -> None:
    rng = stream(1, "test", "week")
    day = np.repeat(np.arange(N_DAYS), PER_DAY)
    late = np.where(day % 7 >= 5, 3.0, 0.0)
    hour = np.clip(7.0 + late + rng.standard_normal(day.size), 0.0, 23.9)
    t_us = np.sort(day * DAY_US + (hour * HOUR_US).astype(np.int64))
    assert weekday_difference(t_us, N_DAYS, first_weekday=0) > 5.0
    assert weekday_difference(t_us, N_DAYS, first_weekday=3) < 2.0  # another calendar: no weekend there
    assert 0.5 < weekday_difference(poisson_us(), N_DAYS, first_weekday=0) < 1.6


def test_too_little_to_say_is_not_a_number() -> None:
    none = np.empty(0, dtype=np.int64)
    for value in (gap_cv(none), burstiness(none), daily_fano(none, 7), hour_chi_square(none)):
        assert np.isnan(value)
    assert np.isnan(successive_information_bits(none))
    assert np.isnan(weekday_difference(none, 6, 0))
    assert np.isnan(weekday_difference(none, 7, 0))
