from dataclasses import replace

import numpy as np
import pytest

from envirosense.core.parts import load_part
from envirosense.instruments import shutter_kernels as shutter
from envirosense.pole.picture.thermal_grading import (
    REFERENCE_FPA_K,
    expected_error_k,
    grade_frames,
    new_unit_error_k,
)
from envirosense.pole.picture.thermal_imperfections import ThermalImperfections

LEPTON = ThermalImperfections.of(load_part("thermal_camera/lepton_2_5").group("imperfections"))
CONTRAST_K = 30.0


def states(fpa_k=REFERENCE_FPA_K, ffc_fpa_k=None, rate_k_min=0.0, since_s=0.0):
    out = np.zeros((1, shutter.N_OUT))
    out[0, shutter.OUT_FPA_K], out[0, shutter.OUT_RATE_K_MIN] = fpa_k, rate_k_min
    out[0, shutter.OUT_FFC_FPA_K] = fpa_k if ffc_fpa_k is None else ffc_fpa_k
    out[0, shutter.OUT_SINCE_S] = since_s
    return out


def error(settings=LEPTON, film=0.0, days=0.0, below_k=2.0, **state):
    found = states(**state)
    housing_k = found[:, shutter.OUT_FPA_K] - below_k
    return float(expected_error_k(settings, found, housing_k, np.array([film]), days, CONTRAST_K)[0])


def test_a_new_unit_right_after_a_correction_has_the_error_of_new():
    assert error() == pytest.approx(new_unit_error_k(LEPTON, CONTRAST_K))


@pytest.mark.parametrize(
    ("state", "added_k"),
    [
        ({"ffc_fpa_k": REFERENCE_FPA_K - 1.5}, 0.06 * 1.5),
        ({"since_s": 180.0}, 0.01 * np.sqrt(3.0)),
        ({"rate_k_min": 2.0}, 2.0),
        ({"fpa_k": REFERENCE_FPA_K - 40.0}, 0.05 * 40.0),
    ],
)
def test_every_state_adds_its_variance(state, added_k):
    assert error(**state) ** 2 - error() ** 2 == pytest.approx(added_k**2)


def test_losses_of_the_window_add_before_they_act():
    lost = np.sqrt(error(film=0.1) ** 2 - error() ** 2 + (0.02 * CONTRAST_K) ** 2)
    assert lost == pytest.approx(0.12 * CONTRAST_K)
    assert error(film=5.0) == pytest.approx(error(film=0.98))  # no more than all


def test_gain_drifts_with_the_root_of_time():
    settings = replace(LEPTON, soiling_per_day=0.0)
    added = [error(settings, days=days) ** 2 - error(settings) ** 2 for days in (365.25, 4 * 365.25)]
    np.testing.assert_allclose(added, [(0.005 * 30) ** 2, (0.01 * 30) ** 2])


def test_grades_of_an_error():
    grade = grade_frames(np.array([1.0, 2.0, 0.5, 0.0]), 1.0, 2.0)
    np.testing.assert_allclose(grade.quality, [1.0, 0.5, 1.0, 1.0])
    np.testing.assert_allclose(grade.confidence, [0.954500, 0.682689, 0.999937, 1.0], atol=1e-6)
