import numpy as np
import pytest

from envirosense.physics.electric.arc_bursts import (
    draw_bursts,
    duty,
    humidity_strike_factor,
    on_probability,
    settled_start,
    share_variance,
    wind_strike_factor,
)

START_PER_S, STOP_PER_S = 0.4, 1.5


def settled(n, dt_s, seed, start_per_s=START_PER_S, stop_per_s=STOP_PER_S):
    rng = np.random.default_rng(seed)
    begin = settled_start(start_per_s, stop_per_s, rng)
    return draw_bursts(np.full(n, start_per_s), np.full(n, stop_per_s), dt_s, rng, begin)


@pytest.mark.parametrize("dt_s", [0.1, 1.0, 10.0])
def test_mean_and_variance_of_a_tick_follow_the_closed_forms(dt_s):
    n = 4000
    share = settled(n, dt_s, 21).on_share
    expected, variance = duty(START_PER_S, STOP_PER_S), share_variance(START_PER_S, STOP_PER_S, dt_s)
    # variance of a mean over the whole record is the closed form at its length
    error = np.sqrt(share_variance(START_PER_S, STOP_PER_S, dt_s * n))
    assert abs(share.mean() - expected) < 5 * error
    n_free = min(n, n * dt_s * (START_PER_S + STOP_PER_S) / 2.0)
    spread = np.sqrt(np.mean((share - expected) ** 4) / n_free)
    assert abs(np.mean((share - expected) ** 2) - variance) < 5 * spread


def test_variance_of_a_short_tick_is_that_of_a_coin():
    p = float(duty(START_PER_S, STOP_PER_S))
    assert share_variance(START_PER_S, STOP_PER_S, 1e-4) == pytest.approx(p * (1 - p), rel=1e-3)


def test_tick_length_only_cuts_the_same_path():
    coarse = settled(300, 1.0, 4).on_share
    fine = settled(600, 0.5, 4).on_share.reshape(-1, 2).mean(axis=1)
    np.testing.assert_allclose(fine, coarse, atol=1e-9)


def test_transition_over_time_is_exact():
    n, elapsed_s = 4000, 0.7
    rng = np.random.default_rng(8)
    rates = np.full(1, START_PER_S), np.full(1, STOP_PER_S)
    ends = [
        draw_bursts(*rates, elapsed_s, rng, (True, float(rng.standard_exponential()))).is_on for _ in range(n)
    ]
    p = float(on_probability(START_PER_S, STOP_PER_S, elapsed_s, was_on=True))
    assert abs(np.mean(ends) - p) < 5 * np.sqrt(p * (1 - p) / n)
    assert on_probability(START_PER_S, STOP_PER_S, 1e3, was_on=False) == duty(START_PER_S, STOP_PER_S)


def test_number_of_strikes_follows_the_renewal_rate():
    bursts = settled(5000, 1.0, 13)
    mean = 5000 * START_PER_S * STOP_PER_S / (START_PER_S + STOP_PER_S)
    assert abs(bursts.starts.sum() - mean) < 5 * np.sqrt(mean)  # sub-Poisson, so the bound is generous


def test_blocks_give_the_bits_of_one_run():
    start, stop = np.linspace(0.1, 2.0, 200), np.linspace(3.0, 0.5, 200)
    whole = draw_bursts(start, stop, 1.0, np.random.default_rng(2))
    rng = np.random.default_rng(2)
    first = draw_bursts(start[:77], stop[:77], 1.0, rng)
    second = draw_bursts(start[77:], stop[77:], 1.0, rng, (first.is_on, first.left))
    np.testing.assert_array_equal(np.concatenate([first.on_share, second.on_share]), whole.on_share)


def test_power_and_pulses_follow_the_burning_time():
    bursts = settled(50, 1.0, 1)
    np.testing.assert_allclose(bursts.power_w(250.0), 250.0 * bursts.on_share)
    np.testing.assert_allclose(bursts.pulses_per_s(60.0, 1.0), 120.0 * bursts.on_share)


def test_still_dry_process_never_strikes():
    n = 100
    bursts = draw_bursts(np.zeros(n), np.full(n, 1.0), 600.0, np.random.default_rng(3))
    assert bursts.on_share.max() == 0.0


def test_wind_and_humidity_factors():
    np.testing.assert_allclose(wind_strike_factor(np.array([0.0, 5.0, 10.0])), [1.0, 2.0, 5.0])
    np.testing.assert_allclose(humidity_strike_factor(np.array([0.2, 0.7, 0.85, 1.0])), [0, 0, 0.5, 1.0])


def test_refusals():
    rng = np.random.default_rng(1)
    with pytest.raises(ValueError, match="one length"):
        draw_bursts(np.ones(3), np.ones(2), 1.0, rng)
    with pytest.raises(ValueError, match="rates finite"):
        draw_bursts(-np.ones(3), np.ones(3), 1.0, rng)
