"""Wake of the pole: published deficits, conserved drag, continuity, and no effect before it."""

import numpy as np
import pytest

from envirosense.physics.air import wake

DIAMETER_M = 0.3


@pytest.mark.parametrize(("diameters", "deficit"), [(6.0, 0.40), (10.0, 0.31), (40.0, 0.155)])
def test_centre_deficit_follows_schlichting(diameters: float, deficit: float):
    found = wake.wake_deficit(diameters * DIAMETER_M, 0.0, DIAMETER_M)
    assert found == pytest.approx(deficit, abs=0.005)


@pytest.mark.parametrize("diameters", [6.0, 20.0, 100.0])
def test_the_wake_carries_the_drag_of_the_pole(diameters: float):
    y = np.linspace(-20.0, 20.0, 400_001)
    deficit = wake.wake_deficit(diameters * DIAMETER_M, y, DIAMETER_M)
    # integral of the profile, 0.45, and of both constants: within the 0.1 % that 0.18 allows
    drag_m = np.trapezoid(deficit, y)
    assert drag_m == pytest.approx(0.5 * wake.DRAG_COEFFICIENT * DIAMETER_M, rel=2e-3)


def test_nothing_is_felt_upwind_or_beside():
    y = np.linspace(-2.0, 2.0, 41)
    np.testing.assert_array_equal(wake.wake_deficit(-0.5, y, DIAMETER_M), 0.0)
    np.testing.assert_array_equal(wake.wake_deficit(0.0, y, DIAMETER_M), 0.0)
    assert wake.wake_deficit(1.0, 0.6, DIAMETER_M) == 0.0


def test_deficit_is_continuous_everywhere_and_bounded():
    x, y = np.meshgrid(np.linspace(-0.5, 3.0, 3501), np.linspace(-0.8, 0.8, 1601), indexing="ij")
    fine = wake.wake_deficit(x, y, DIAMETER_M)
    assert 0.0 <= fine.min() <= fine.max() <= wake.DEFICIT_LIMIT
    steps = max(np.abs(np.diff(fine, axis=k)).max() for k in (0, 1))
    coarse = fine[::4, ::4]
    assert steps < 0.4 * max(np.abs(np.diff(coarse, axis=k)).max() for k in (0, 1)) < 0.1


def test_factor_turns_with_the_wind():
    angle = np.radians(np.arange(0.0, 360.0, 7.0))
    point = np.array([1.2 * np.cos(0.4), 1.2 * np.sin(0.4)])
    factor = wake.wake_factor(*point, 3.0 * np.cos(angle), 3.0 * np.sin(angle), DIAMETER_M)
    turned = wake.wake_factor(-point[1], point[0], -3.0 * np.sin(angle), 3.0 * np.cos(angle), DIAMETER_M)
    np.testing.assert_allclose(factor, turned, atol=1e-12)
    sector = np.abs(np.angle(np.exp(1j * (angle - 0.4)))) > np.radians(25.0)
    np.testing.assert_array_equal(factor[sector], 1.0)
    assert 0.4 < factor.min() < 0.65
    np.testing.assert_array_equal(wake.wake_factor(1.0, 0.0, np.zeros(2), np.zeros(2), DIAMETER_M), 1.0)


def test_wake_ends_a_diameter_above_the_top():
    assert [wake.top_share(z, 12.0, 0.3) for z in (0.0, 12.0, 12.15, 12.3, 20.0)] == [
        1.0, 1.0, pytest.approx(0.5), 0.0, 0.0,
    ]  # fmt: skip


def test_eddies_leave_a_pole_of_thirty_centimetres_twice_a_second_at_three_metres_per_second():
    assert wake.shedding_hz(3.0, DIAMETER_M) == pytest.approx(2.0)
