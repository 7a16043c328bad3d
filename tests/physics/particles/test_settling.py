"""Fall and deposition of particles against handbook values and limits."""

import numpy as np
import pytest

from envirosense.physics.particles import settling as se


@pytest.mark.parametrize(("diameter_um", "slip"), [(0.01, 22.5), (0.1, 2.89), (1.0, 1.166), (10.0, 1.017)])
def test_slip_correction_is_that_of_the_handbook(diameter_um, slip):  # Hinds, from memory
    assert float(se.slip_correction(diameter_um)) == pytest.approx(slip, rel=0.01)


@pytest.mark.parametrize(
    ("diameter_um", "speed_m_s"), [(0.1, 8.8e-7), (1.0, 3.5e-5), (10.0, 3.06e-3), (100.0, 0.25)]
)
def test_unit_density_spheres_fall_as_in_the_handbook(diameter_um, speed_m_s):  # Hinds, from memory
    assert float(se.settling_velocity_m_s(diameter_um, 1.0)) == pytest.approx(speed_m_s, rel=0.025)


def test_large_grains_fall_slower_than_stokes():
    grain = se.settling_velocity_m_s(np.array([5.0, 100.0]), 1.0)
    stokes = 1e3 * 9.80665 * np.array([5e-6, 100e-6]) ** 2 / (18 * 1.81e-5)
    assert grain[0] == pytest.approx(stokes[0], rel=0.04)
    assert grain[1] < 0.9 * stokes[1]


def test_deposition_has_its_minimum_between_diffusion_and_fall():
    diameter_um = np.geomspace(0.005, 50.0, 200)
    speed = se.deposition_velocity_m_s(diameter_um, 1.5, 0.3)
    least = int(speed.argmin())
    assert 0.1 < diameter_um[least] < 1.5
    assert np.all(speed >= se.settling_velocity_m_s(diameter_um, 1.5))
    assert speed[-1] == pytest.approx(float(se.settling_velocity_m_s(50.0, 1.5)), rel=0.25)
    rough = se.deposition_velocity_m_s(np.array([0.3, 2.0]), 1.5, np.array([0.1, 0.6]))
    assert np.all(rough < 0.02)


@pytest.mark.parametrize("values", [(0.0, 1.0, 0.3), (1.0, -1.0, 0.3), (1.0, 1.0, 0.0), (np.nan, 1.0, 0.3)])
def test_impossible_particles_and_still_air_are_refused(values):
    with pytest.raises(ValueError, match="above zero"):
        se.deposition_velocity_m_s(*values)
