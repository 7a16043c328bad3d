import numpy as np
import pytest

from envirosense.physics.thermal.insulator import arrester_w, leakage_a, leakage_w, wetness


def test_leakage_power_has_the_values_of_the_reference():  # physics-power-camera 1.5
    np.testing.assert_allclose(leakage_w(7200.0, np.array([1e-3, 1e-2])), [7.2, 72.0])


def test_leakage_grows_from_dry_to_wet_and_with_dirt():
    wet = wetness(np.array([0.3, 0.7, 0.84, 0.98, 1.0]))
    np.testing.assert_allclose(wet, [0.0, 0.0, 0.5, 1.0, 1.0])
    current_a = leakage_a(wet)
    assert current_a[0] == pytest.approx(20e-6)
    assert current_a[-1] == pytest.approx(1e-3)
    assert np.all(np.diff(current_a) >= 0.0)
    assert leakage_a(1.0, 10.0) == pytest.approx(1e-2)
    assert leakage_a(0.0, 10.0) == pytest.approx(20e-6)  # dry dirt does not conduct


def test_rain_wets_whatever_the_humidity():
    np.testing.assert_allclose(wetness(0.4, np.array([0.0, 0.1, 5.0])), [0.0, 0.5, 1.0])


def test_an_arrester_ages_from_one_to_fifty_watts():
    np.testing.assert_allclose(arrester_w(np.array([0.0, 1.0, 2.0])), [1.0, 50.0, 50.0])
    assert arrester_w(0.5) == pytest.approx(np.sqrt(50.0))


def test_a_negative_current_is_refused():
    with pytest.raises(ValueError, match="current_a"):
        leakage_w(7200.0, -1e-3)
