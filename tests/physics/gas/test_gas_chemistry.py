"""Titration and photolysis in closed form; loss to the ground."""

import numpy as np
import pytest

from envirosense.physics.gas import gas_chemistry as chemistry
from envirosense.physics.gas.deposition import DEPOSITION_M_S, remaining_share
from envirosense.physics.gas.dispersion import PlumeSpread
from envirosense.physics.gas.gas_chemistry import Triad


def _triad(*ppb):
    return Triad(*(np.asarray(p, dtype=float) for p in ppb))


def test_nitric_oxide_lives_56_s_in_40_ppb_of_ozone():
    rate = float(chemistry.titration_rate_per_ppb_s(298.15))
    assert 1.0 / (rate * 40.0) == pytest.approx(56.0, rel=0.01)
    left = chemistry.react(_triad(1e-3, 40.0, 0.0), 56.4, rate)
    assert float(left.nitric_oxide_ppb) == pytest.approx(1e-3 * np.exp(-56.4 * rate * 40.0), rel=1e-3)
    assert chemistry.titration_rate_per_ppb_s(310.0) > rate


def _integrated(start, time_s, k, j, n=20_000):
    """Fourth-order Runge-Kutta of the same reaction."""
    a, b, c = start
    x, h = 0.0, time_s / n

    def slope(x):
        return k * (a - x) * (b - x) - j * (c + x)

    for _ in range(n):
        s1 = slope(x)
        s2 = slope(x + 0.5 * h * s1)
        s3 = slope(x + 0.5 * h * s2)
        x += h / 6.0 * (s1 + 2.0 * s2 + 2.0 * s3 + slope(x + h * s3))
    return x


@pytest.mark.parametrize(
    ("start", "photolysis"),
    [
        ((100.0, 40.0, 5.0), 0.0),
        ((40.0, 40.0, 0.0), 0.0),
        ((3.0, 60.0, 1.0), 0.0),
        ((30.0, 40.0, 20.0), 8e-3),
        ((0.0, 10.0, 80.0), 8e-3),
    ],
)
def test_closed_form_is_the_integral(start, photolysis):
    k = float(chemistry.titration_rate_per_ppb_s(298.0))
    for time_s in (0.5, 30.0, 600.0):
        end = chemistry.react(_triad(*start), time_s, k, photolysis)
        turned = _integrated(start, time_s, k, photolysis, 2000)
        assert float(end.nitrogen_dioxide_ppb) - start[2] == pytest.approx(turned, rel=1e-6, abs=1e-9)
        assert float(end.nitric_oxide_ppb + end.nitrogen_dioxide_ppb) == pytest.approx(start[0] + start[2])
        assert float(end.ozone_ppb + end.nitrogen_dioxide_ppb) == pytest.approx(start[1] + start[2])


def test_titration_ends_with_the_scarcer_reactant_gone():
    end = chemistry.react(_triad([100.0, 10.0], [40.0, 40.0], [0.0, 0.0]), 1e6, 4.4e-4)
    np.testing.assert_allclose(end.ozone_ppb, [0.0, 30.0], atol=1e-9)
    np.testing.assert_allclose(end.nitric_oxide_ppb, [60.0, 0.0], atol=1e-9)


def test_daylight_ends_in_the_photostationary_state():
    k, j = 4.4e-4, float(chemistry.photolysis_per_s(900.0))
    assert j == pytest.approx(9.3e-3, rel=0.02)
    end = chemistry.react(_triad(50.0, 40.0, 10.0), 1e5, k, j)
    leighton = k * float(end.nitric_oxide_ppb * end.ozone_ppb) / (j * float(end.nitrogen_dioxide_ppb))
    assert leighton == pytest.approx(1.0, rel=1e-6)


def test_arc_gas_turns_brown_and_eats_ozone():
    ambient, k = _triad(0.5, 40.0, 3.0), 4.4e-4
    arc = chemistry.plume_triad(_triad(200.0, 0.0, 0.0), ambient, 30.0, k)
    assert 10.0 < arc.nitrogen_dioxide_ppb < 40.5
    assert -40.0 < arc.ozone_ppb < -10.0
    assert float(arc.nitric_oxide_ppb + arc.nitrogen_dioxide_ppb) == pytest.approx(200.0)
    nothing = chemistry.plume_triad(_triad(0.0, 0.0, 0.0), ambient, 30.0, k, 5e-3)
    assert (
        float(nothing.nitric_oxide_ppb)
        == float(nothing.ozone_ppb)
        == float(nothing.nitrogen_dioxide_ppb)
        == 0.0
    )


@pytest.mark.parametrize("seed", range(3))
def test_no_gas_goes_below_zero(seed):
    rng = np.random.default_rng(seed)
    excess, ambient = (_triad(*rng.uniform(0.0, 80.0, (3, 200))) for _ in range(2))
    end = chemistry.plume_triad(
        excess, ambient, rng.uniform(0.0, 600.0, 200), 4.4e-4, rng.uniform(0, 1e-2, 200)
    )
    for name in ("nitric_oxide_ppb", "ozone_ppb", "nitrogen_dioxide_ppb"):
        assert np.all(getattr(end, name) + getattr(ambient, name) >= -1e-9)


def test_loss_to_the_ground_is_the_integral_of_the_surface_concentration():
    height_m, slope, wind = 3.0, 0.06, 3.0
    x = np.geomspace(1e-3, 200.0, 20_000)
    sigma = slope * x
    surface = np.sqrt(2.0 / np.pi) / sigma * np.exp(-0.5 * (height_m / sigma) ** 2)
    expected = np.exp(-0.01 / wind * np.trapezoid(surface, x))
    spread = PlumeSpread(*(np.asarray(v) for v in (10.0, slope * 200.0, wind, 200.0 / wind)))
    assert float(remaining_share(0.01, 200.0, height_m, spread)) == pytest.approx(expected, rel=1e-3)
    assert float(remaining_share(0.0, 200.0, height_m, spread)) == 1.0
    assert all(0.0 < v < 0.05 for v in DEPOSITION_M_S.values())
