import numpy as np
import pytest

from envirosense.physics.electric.branch_conductance import mean_conductance_s
from envirosense.physics.electric.vegetation import Branch, branch_course, bridging_time_s

GREEN = Branch(1.1, "green")
VOLTS = 12.47e3


def conductance_s(dt_s, duration_s=180.0, contact=1.0):
    course = branch_course(VOLTS, np.full(round(duration_s / dt_s), contact), dt_s, GREEN)
    return mean_conductance_s(course.dose, GREEN)


def test_fresh_wood_conducts_as_its_length_says():
    course = branch_course(VOLTS, np.ones(5), 10.0, GREEN, develops=False)
    assert mean_conductance_s(course.dose, GREEN) == pytest.approx(np.full(5, 1.0 / 220e3))


def test_the_mean_of_fine_ticks_is_the_coarse_one():
    np.testing.assert_allclose(
        conductance_s(0.5).reshape(-1, 20).mean(axis=1), conductance_s(10.0), rtol=1e-6
    )


def test_it_is_the_limit_of_ever_finer_steps():
    course = branch_course(VOLTS, np.ones(180_000), 1e-3, GREEN)
    stepped = (1.0 / course.resistance_ohm).reshape(18, -1).mean(axis=1)
    np.testing.assert_allclose(conductance_s(10.0), stepped, rtol=1e-3)


def test_a_bridged_branch_conducts_as_char_does():
    after = conductance_s(10.0, duration_s=300.0)[-5:]
    assert after == pytest.approx(np.full(5, 1.0 / (0.005 * 220e3)))


def test_the_whole_way_to_bridging_takes_half_as_much_heat_again_as_fresh_wood_would():
    whole_s = float(bridging_time_s(VOLTS, GREEN))
    n = 1000
    course = branch_course(VOLTS, np.ones(n), whole_s / n, GREEN)
    assert mean_conductance_s(course.dose, GREEN).mean() * 220e3 == pytest.approx(1.5, rel=1e-3)
