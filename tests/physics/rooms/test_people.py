import numpy as np
import pytest

from envirosense.physics.rooms.people import carbon_dioxide_l_s, heat_w, sensible_heat_w, vapour_g_s


def test_a_seated_adult_gives_a_hundred_watts_and_eighteen_litres_of_gas() -> None:
    assert heat_w(1.0) == pytest.approx(105.0, rel=0.01)
    assert carbon_dioxide_l_s(1.2) * 3600.0 == pytest.approx(18.0, rel=0.05)


def test_harder_work_goes_into_sweat() -> None:
    met = np.array([0.8, 1.0, 1.6, 3.0])
    assert np.all(np.diff(sensible_heat_w(met) / heat_w(met)) < 0.0)
    assert np.all(np.diff(vapour_g_s(met)) > 0.0)


def test_what_is_not_warmth_is_vapour() -> None:
    assert sensible_heat_w(1.4) + 2454.0 * vapour_g_s(1.4) == pytest.approx(heat_w(1.4))
