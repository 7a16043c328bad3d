from itertools import pairwise

import pytest

from envirosense.physics.energy.power_modes import FULL, MODES, RETURN, mode_at

STANDARD, ECONOMY, CRITICAL, HIBERNATE = MODES


@pytest.mark.parametrize(
    ("charge", "before", "after"),
    [
        (0.9, STANDARD, STANDARD),
        (0.39, STANDARD, ECONOMY),
        (0.2, STANDARD, CRITICAL),
        (0.05, ECONOMY, HIBERNATE),
        (0.0, STANDARD, HIBERNATE),
        (0.42, ECONOMY, ECONOMY),
        (0.46, ECONOMY, STANDARD),
        (0.9, HIBERNATE, STANDARD),
        (0.9, FULL, STANDARD),
    ],
)
def test_the_mode_falls_at_once_and_returns_with_a_margin(charge, before, after):
    assert mode_at(charge, before) is after


def test_modes_use_less_power_the_emptier_the_battery():
    powers, limits = [m.power_w for m in MODES], [m.lowest_charge for m in MODES]
    assert powers == sorted(powers, reverse=True)
    assert limits == sorted(limits, reverse=True)
    assert FULL.power_w > powers[0]
    assert all(a - b > RETURN for a, b in pairwise(limits))
