import numpy as np
import pytest

from envirosense.physics.energy.enclosure import (
    BOARD_K_PER_W,
    BOARD_TAU_S,
    board_k,
    case_conductance_w_k,
    case_rise_k,
    case_tau_s,
)


def test_a_sunlit_case_is_as_warm_as_the_reference_says():
    conductance = case_conductance_w_k()
    assert conductance == pytest.approx(1.2)
    assert case_tau_s(conductance) / 60.0 == pytest.approx(12.5)
    assert case_rise_k(0.6 * 0.03 * 900.0, conductance) == pytest.approx(13.5)
    assert case_rise_k(0.9, conductance) == pytest.approx(0.75)
    assert case_conductance_w_k(5.0) > conductance


@pytest.mark.parametrize("dt_s", [1.0, 30.0])
def test_the_board_follows_its_own_heat_with_one_time_constant(dt_s):
    n = round(10 * BOARD_TAU_S / dt_s)
    power = np.where(np.arange(n) > 0, 2.0, 0.0)
    board = board_k(np.full(n, 300.0), power, dt_s)
    assert board[0] == 300.0
    after = round(BOARD_TAU_S / dt_s)
    assert board[after] - 300.0 == pytest.approx(2.0 * BOARD_K_PER_W * (1 - np.exp(-1)), rel=0.01)
    assert board[-1] == pytest.approx(300.0 + 2.0 * BOARD_K_PER_W, abs=1e-3)
