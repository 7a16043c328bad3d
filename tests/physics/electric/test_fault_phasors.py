import numpy as np
import pytest

from envirosense.physics.electric.fault_phasors import LAG_RAD, ground_fault_a, phase_fault_a
from envirosense.physics.electric.harmonics import phase_rotation, residual, symmetrical_components

TURN = phase_rotation()[0]  # own-phase phasors to a common reference, fundamental
AMPERES = np.array([100.0, 250.0])


def test_a_ground_fault_returns_through_neutral_and_earth():
    current = ground_fault_a(AMPERES, 1) * TURN
    assert np.allclose(np.abs(residual(current)), AMPERES)
    assert np.angle(ground_fault_a(AMPERES, 1)[:, 1]) == pytest.approx(-LAG_RAD)


@pytest.mark.parametrize("pair", [(0, 1), (1, 2), (2, 0), (1, 0)])
def test_a_fault_between_phases_leaves_nothing_for_the_neutral(pair):
    current = phase_fault_a(AMPERES, *pair) * TURN
    assert np.allclose(residual(current), 0.0)
    zero, positive, negative = np.abs(symmetrical_components(current)).T
    assert np.allclose(zero, 0.0)
    assert np.allclose(positive, AMPERES / np.sqrt(3.0))  # Fortescue: two equal sequences of I / sqrt 3
    assert np.allclose(negative, positive)


def test_without_reactance_it_is_in_phase_with_the_voltage_between_them():
    current = (phase_fault_a(AMPERES, 0, 1, lag_rad=0.0) * TURN)[:, 0]
    across = TURN[0] - TURN[1]
    power_w = (across * np.conj(current)).real
    assert np.allclose(power_w, np.sqrt(3.0) * AMPERES)


def test_one_phase_is_no_pair():
    with pytest.raises(ValueError, match="twice"):
        phase_fault_a(AMPERES, 2, 2)
