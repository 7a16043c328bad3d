import numpy as np
import pytest

from envirosense.physics.storms.flash_rate import near_flashes_per_min
from envirosense.physics.storms.storm import Cell, cell_strikes

LIFE_S = 2400.0


def cell(closest_m=6000.0, peak=10.0):
    return Cell(1200.0, closest_m, 0.7, 10.0, peak, LIFE_S)


def test_expected_flashes_are_the_mean_of_drawn_ones():
    """Mean of 300 storms within 5 standard errors of their own counts."""
    radius_m, n = 10_000.0, 300
    t_s = np.arange(0.0, LIFE_S, 10.0) + 5.0
    expected = float(near_flashes_per_min(t_s, cell(), radius_m).sum() * 10.0 / 60.0)
    counts = []
    for seed in range(n):
        strikes = cell_strikes(cell(), np.random.default_rng(seed))
        _, firsts = np.unique(strikes.flash_id, return_index=True)
        counts.append(np.sum(np.hypot(strikes.x_m[firsts], strikes.y_m[firsts]) < radius_m))
    error = np.std(counts, ddof=1) / np.sqrt(n)
    # the first stroke of a flash lies near its place, not at it: 1.5 km beside 4 km
    assert np.mean(counts) == pytest.approx(expected, abs=5.0 * error + 0.05 * expected)


def test_all_flashes_count_within_a_wide_circle_and_none_far_away():
    t_s = np.array([1200.0])
    assert near_flashes_per_min(t_s, cell(), 1e6)[0] == pytest.approx(
        near_flashes_per_min(t_s, cell(0.0), 1e6)[0]
    )
    assert near_flashes_per_min(t_s, cell(60_000.0), 10_000.0)[0] < 1e-9


def test_above_the_pole_the_share_is_closed():
    """A centre above the pole: 1 - exp(-r^2 / 2 s^2) of the flashes, s of 4 km; peak at 0.4 of the life."""
    top = Cell(0.1 * LIFE_S, 0.0, 0.0, 1e-9, 6.0, LIFE_S)
    rate = near_flashes_per_min(np.array([0.0]), top, 8000.0)[0]
    assert rate == pytest.approx(6.0 * (1.0 - np.exp(-2.0)), rel=1e-9)


def test_nothing_flashes_before_and_after_the_cells_life():
    rate = near_flashes_per_min(np.array([-100.0, 2600.0]), cell(), 10_000.0)
    assert rate.tolist() == [0.0, 0.0]
