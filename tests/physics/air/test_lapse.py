import numpy as np
import pytest

from envirosense.core.units import DRY_AIR_CP_J_KG_K, GRAVITY_M_S2, VON_KARMAN
from envirosense.physics.air.airflow import phi_h
from envirosense.physics.air.lapse import psi_h, temperature_over_screen_k, temperature_scale_k


@pytest.mark.parametrize("zeta", [-2.0, -0.3, -1e-3, 1e-3, 0.4, 0.9])
def test_the_correction_is_the_integral_of_the_gradient(zeta):
    step = 1e-6
    slope = (psi_h(zeta + step) - psi_h(zeta - step)) / (2 * step)
    assert 1.0 - zeta * slope == pytest.approx(phi_h(zeta), rel=1e-6)
    assert psi_h(0.0) == 0.0


def test_neutral_air_only_cools_adiabatically():
    fall = temperature_over_screen_k(np.array([2.0, 12.0]), 0.4, 0.0, 290.0)
    assert fall == pytest.approx([0.0, -10.0 * GRAVITY_M_S2 / DRY_AIR_CP_J_KG_K])


def test_the_scale_carries_the_heat_that_makes_the_obukhov_length():
    u_star, inv_l, air_k = 0.3, -0.05, 300.0
    scale = temperature_scale_k(u_star, inv_l, air_k)
    heat_over_density_cp = -u_star * scale  # H / (rho cp)
    found = -VON_KARMAN * GRAVITY_M_S2 * heat_over_density_cp / (air_k * u_star**3)
    assert found == pytest.approx(inv_l)


def test_sun_warms_the_ground_and_a_calm_night_cools_it():
    day = temperature_over_screen_k(10.0, 0.3, -0.08, 300.0)
    night = temperature_over_screen_k(10.0, 0.1, 0.1, 280.0)
    assert -2.0 < day < -0.2
    assert 0.2 < night < 3.0
    assert np.isfinite(temperature_over_screen_k(0.0, 0.1, 0.15, 280.0))
