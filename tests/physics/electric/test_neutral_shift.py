import numpy as np

from envirosense.physics.electric.neutral_shift import shifted_voltage_factor


def test_a_balanced_line_needs_no_neutral():
    assert np.allclose(shifted_voltage_factor(np.zeros(3), 25.0, 0.3, 7200.0), 1.0)


def test_the_heavy_phase_loses_what_the_neutral_is_lifted_by():
    factor = shifted_voltage_factor(np.array([36.0]), 20.0, 0.0, 7200.0)[0]  # 720 V, a tenth
    assert np.allclose(factor, [0.9, np.hypot(0.6, np.sqrt(3.0) / 2.0), np.hypot(0.6, np.sqrt(3.0) / 2.0)])


def test_the_shift_grows_with_unbalance_and_with_the_path():
    lifted = [np.abs(shifted_voltage_factor(np.array([a]), ohm, 1.0, 7200.0) - 1.0).max()
              for a, ohm in ((5.0, 2.0), (10.0, 2.0), (10.0, 8.0))]  # fmt: skip
    assert lifted[0] < lifted[1] < lifted[2]
