import numpy as np

from envirosense.core.rng import stream
from envirosense.home.sensing.upkeep_truth import battery_pct, link_quality, robot_pct

HOURS = 24 * 900


def test_cells_run_down_and_are_replaced_when_they_are_low() -> None:
    lives_days = []
    for seed in range(40):
        charge = battery_pct(HOURS, 3600.0, stream(seed, "battery"))
        new = np.flatnonzero(np.diff(charge) > 0.0)
        assert 0.0 < charge.min() <= charge.max() <= 100.0
        assert np.all(charge[new] < 12.0)
        assert np.all(charge[new + 1] > 99.0)
        lives_days.extend(np.diff(new) / 24.0)
    assert len(lives_days) > 20
    assert 150.0 < np.median(lives_days) < 500.0  # short ones alone fit twice into the time


def test_a_robot_loses_charge_outside_its_dock() -> None:
    is_docked = np.ones(48, dtype=np.bool_)
    is_docked[10:12] = False
    charge = robot_pct(is_docked, 3600.0)
    assert charge[9] == 100.0
    assert charge[11] < charge[10] < 100.0
    assert charge[20] == 100.0


def test_a_link_stays_near_what_its_place_gives() -> None:
    seen = [link_quality(HOURS, 3600.0, stream(seed, "link")) for seed in range(30)]
    assert min(one.std() for one in seen) > 2.0
    assert max(one.std() for one in seen) < 15.0
    assert np.std([one.mean() for one in seen]) > 20.0
