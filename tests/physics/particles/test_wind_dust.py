import numpy as np
import pytest

from envirosense.physics.particles.wind_dust import THRESHOLD_M_S, raised_share


def test_no_dust_rises_below_the_threshold():
    assert np.all(raised_share(np.linspace(0.0, THRESHOLD_M_S, 20), 15.0) == 0.0)


def test_dust_goes_with_the_square_of_the_wind_over_the_threshold():
    assert raised_share(15.0, 15.0) == 1.0
    assert raised_share(10.0, 15.0) == pytest.approx((100.0 - 42.25) / (225.0 - 42.25))
    assert np.all(np.diff(raised_share(np.linspace(7.0, 30.0, 50), 15.0)) > 0.0)


def test_a_full_wind_that_raises_nothing_is_refused():
    with pytest.raises(ValueError, match="full_m_s"):
        raised_share(10.0, 5.0)
