from dataclasses import replace

import numpy as np
import pytest

from envirosense.core.parts import load_part
from envirosense.instruments import shutter_kernels as shutter
from envirosense.pole.picture.thermal_grading import (
    REFERENCE_FPA_K,
    ExpectedError,
    expected_error_k,
    grade_frames,
    new_unit_error_k,
    picture_points_k,
)
from envirosense.pole.picture.thermal_imperfections import (
    SOILED_LOSS,
    ThermalImperfections,
    soiling,
    soiling_moments,
)
from envirosense.pole.picture.thermal_patterns import WINDOW_VARIANCE, window_pattern
from envirosense.pole.picture.thermal_recording import Frames

LEPTON = ThermalImperfections.of(load_part("thermal_camera/lepton_2_5").group("imperfections"))
CONTRAST_K = 30.0


def states(fpa_k=REFERENCE_FPA_K, ffc_fpa_k=None, rate_k_min=0.0, since_s=0.0):
    out = np.zeros((1, shutter.N_OUT))
    out[0, shutter.OUT_FPA_K], out[0, shutter.OUT_RATE_K_MIN] = fpa_k, rate_k_min
    out[0, shutter.OUT_FFC_FPA_K] = fpa_k if ffc_fpa_k is None else ffc_fpa_k
    out[0, shutter.OUT_SINCE_S] = since_s
    return out


def expected(settings=LEPTON, film=0.0, days=0.0, below_k=2.0, **state):
    found = states(**state)
    housing_k = found[:, shutter.OUT_FPA_K] - below_k
    return expected_error_k(settings, found, housing_k, np.array([film]), days, CONTRAST_K)


def sigma(settings=LEPTON, **given):
    return float(expected(settings, **given).sigma_k[0])


def mean(settings=LEPTON, **given):
    return float(expected(settings, **given).mean_k[0])


def test_a_new_unit_right_after_a_correction_has_the_error_of_new():
    new = new_unit_error_k(LEPTON, CONTRAST_K)
    assert (mean(), sigma()) == pytest.approx((new.mean_k, new.sigma_k))
    kelvins = (0.05, 0.015, 0.015, 0.02, 0.01, 0.03, 1.5, 0.02 * 2.0)
    dust_square = 0.02**2 * (4 / 3 * (1 + WINDOW_VARIANCE) - 1)
    shares = 0.01**2 + 0.01**2 + dust_square
    assert new.sigma_k == pytest.approx(np.sqrt(np.sum(np.square(kelvins)) + shares * CONTRAST_K**2))
    assert new.mean_k == pytest.approx(-0.02 * CONTRAST_K)


@pytest.mark.parametrize(
    ("state", "added_k"),
    [({"ffc_fpa_k": REFERENCE_FPA_K - 1.5}, 0.06 * 1.5), ({"since_s": 180.0}, 0.01 * np.sqrt(3.0))],
)
def test_every_random_state_adds_its_variance(state, added_k):
    assert sigma(**state) ** 2 - sigma() ** 2 == pytest.approx(added_k**2)


@pytest.mark.parametrize(
    ("state", "moved_k"), [({"rate_k_min": 2.0}, 2.0), ({"fpa_k": REFERENCE_FPA_K - 40.0}, -0.05 * 40.0)]
)
def test_what_all_units_do_alike_moves_the_mean(state, moved_k):
    assert mean(**state) - mean() == pytest.approx(moved_k)
    assert sigma(**state) == pytest.approx(sigma())


def test_losses_of_the_window_add_before_they_act():
    assert mean(film=0.1) == pytest.approx(-0.12 * CONTRAST_K)
    assert sigma(film=0.1) > sigma()
    assert mean(film=5.0) == pytest.approx(-CONTRAST_K)  # no more than all


def test_the_spread_of_the_dirt_over_units_is_that_of_its_draws():
    """Loss times pattern: the variance of a product of independent factors."""
    quiet = replace(LEPTON.none(), soiling_per_day=LEPTON.soiling_per_day)
    losses = np.array([soiling(LEPTON, 2000.0, share) for share in (np.arange(2000) + 0.5) / 1000.0])
    square = losses.var() * (1.0 + WINDOW_VARIANCE) + WINDOW_VARIANCE * losses.mean() ** 2
    assert sigma(quiet, days=2000.0) == pytest.approx(np.sqrt(square) * CONTRAST_K, rel=1e-3)


def test_gain_drifts_with_the_root_of_time():
    settings = replace(LEPTON, soiling_per_day=0.0)
    added = [sigma(settings, days=days) ** 2 - sigma(settings) ** 2 for days in (365.25, 4 * 365.25)]
    np.testing.assert_allclose(added, [(0.005 * 30) ** 2, (0.01 * 30) ** 2])


@pytest.mark.parametrize("days", [0.0, 365.0, 5000.0, 1e6])
def test_moments_of_the_dirt_are_those_of_its_draws(days):
    shares = (np.arange(2000) + 0.5) / 1000.0  # midpoints of 0..2
    losses = np.array([soiling(LEPTON, days, share) for share in shares])
    expected_moments = (losses.mean(), np.square(losses).mean())
    assert soiling_moments(LEPTON, days) == pytest.approx(expected_moments, rel=1e-3, abs=1e-12)
    assert losses.max() <= SOILED_LOSS


@pytest.mark.parametrize("shape", [(60, 80), (120, 160)])
def test_the_window_s_pattern_has_the_variance_that_is_expected_of_it(shape):
    seen = [np.var(window_pattern(shape, np.random.default_rng(seed))) for seed in range(300)]
    assert np.mean(seen) == pytest.approx(WINDOW_VARIANCE, abs=5 * np.std(seen) / np.sqrt(300))


def test_grades_of_an_error():
    sigma_k = np.array([1.0, 2.0, 0.5, 0.0])
    grade = grade_frames(ExpectedError(np.zeros(4), sigma_k), ExpectedError(0.0, 1.0), 2.0)
    np.testing.assert_allclose(grade.quality, [1.0, 0.5, 1.0, 1.0])
    np.testing.assert_allclose(grade.confidence, [0.954500, 0.682689, 0.999937, 1.0], atol=1e-6)


def test_a_mean_error_beyond_the_accuracy_leaves_little_confidence():
    grade = grade_frames(ExpectedError(np.array([2.0, -2.0, 5.0]), np.ones(3)), ExpectedError(0.0, 1.0), 2.0)
    np.testing.assert_allclose(grade.confidence, [0.499968, 0.499968, 0.001350], atol=1e-6)
    np.testing.assert_allclose(grade.quality, [5**-0.5, 5**-0.5, 26**-0.5])


@pytest.mark.parametrize("shape", [(8, 8), (60, 80), (120, 160), (9, 11)])
def test_two_points_stand_for_a_picture(shape):
    """Half the picture at 280 K, half at 260 K: exactly these; an even one: its temperature, twice."""
    codes = np.full((2, *shape), 14000)
    codes[1, : shape[0] // 2] = 13000
    codes = codes.reshape(2, -1)
    nothing, none = np.zeros(2), np.zeros(2, np.int64)
    low, high = (codes & 255).astype(np.uint8), (codes >> 8).astype(np.uint8)
    frames = Frames(low, high, nothing, none, none.astype(np.uint8), none.astype(np.int32), nothing[:, None])
    points_k = picture_points_k(frames, shape)
    np.testing.assert_allclose(points_k[:, 0], [280.0, 280.0])
    np.testing.assert_allclose(points_k[:, 1], [260.0, 280.0], atol=3.0)
