"""Aerosol laws against closed forms, numerical integrals and published growth factors."""

import numpy as np
import pytest

from envirosense.physics.particles import aerosol as ae

SMOKE = ae.Mode(0.12, 1.7, 1.3, 0.1)


def integral(weight, mode=SMOKE):
    """Weighted mean over the lognormal distribution by quadrature."""
    ln_d = np.log(mode.count_median_um) + mode.ln_gsd * np.linspace(-9.0, 9.0, 20_001)
    density = np.exp(-0.5 * ((ln_d - np.log(mode.count_median_um)) / mode.ln_gsd) ** 2)
    return float(np.sum(weight(np.exp(ln_d)) * density) / np.sum(density))


@pytest.mark.parametrize("power", [1.0, 2.0, 3.0])
def test_hatch_choate_moments_equal_the_integral(power):
    expected = integral(lambda d: d**power)
    assert ae.mean_power(0.12, 1.7, power) == pytest.approx(expected, rel=1e-9)


def test_half_the_mass_is_below_the_mass_median():
    median = SMOKE.mass_median_um
    below = integral(lambda d: d**3 * (d < median)) / integral(lambda d: d**3)
    assert below == pytest.approx(0.5, abs=1e-3)
    assert 0.25 < median < 0.32  # volume median of fresh smoke, Reid 2005


def test_mass_and_number_are_inverse_and_follow_the_sphere():
    mass = np.array([0.0, 10.0, 300.0])
    np.testing.assert_allclose(ae.mass_ug_m3(ae.number_per_cm3(mass, SMOKE), SMOKE), mass, rtol=1e-14)
    narrow = ae.Mode(1.0, 1.0 + 1e-9, 1.0, 0.0)
    assert ae.number_per_cm3(1.0, narrow) == pytest.approx(6.0 / np.pi, rel=1e-6)  # 1 um spheres of water


def test_bins_hold_every_particle_and_their_mass():
    edges = np.geomspace(1e-3, 50.0, 4001)
    shares = ae.bin_shares(edges, SMOKE)
    assert shares.sum() == pytest.approx(1.0, abs=1e-12)
    middle = np.sqrt(edges[1:] * edges[:-1])
    mass = 1000.0 * shares @ (np.pi / 6 * middle**3 * SMOKE.density_g_cm3)  # ug/m3 for 1000 / cm3
    assert mass == pytest.approx(float(ae.mass_ug_m3(1000.0, SMOKE)), rel=1e-4)


def test_growth_moves_particles_to_larger_bins_and_keeps_their_number():
    edges = np.array([0.0, 0.05, 0.2, 1.0, 1e3])
    dry, wet = ae.bin_shares(edges, SMOKE, np.array([1.0, 1.5]))
    assert dry.sum() == pytest.approx(wet.sum(), abs=1e-15)
    np.testing.assert_allclose(wet, ae.bin_shares(edges / 1.5, SMOKE), rtol=1e-12)
    assert wet[2] > dry[2]


@pytest.mark.parametrize(
    ("kappa", "expected"),
    [(0.1, (1.24, 1.55, 2.15)), (0.24, (1.58, 2.31, 3.76)), (0.3, (1.73, 2.64, 4.46))],
)
def test_mass_grows_with_humidity_as_printed(kappa, expected):  # V11
    ratio = ae.mass_growth(np.array([0.80, 0.90, 0.95]), kappa, 1.65)
    np.testing.assert_allclose(ratio, expected, atol=0.006)


def test_diameter_grows_with_humidity_as_printed():  # V11
    growth = ae.growth_factor(np.array([0.80, 0.90, 0.95]), 0.3)
    np.testing.assert_allclose(growth, (1.301, 1.547, 1.885), atol=5e-4)


def test_growth_starts_at_one_and_is_held_at_the_cap():
    humidity = np.array([0.0, 0.97, 0.99, 1.0])
    growth = ae.growth_factor(humidity, 0.3)
    assert growth[0] == 1.0
    assert growth[1] == growth[2] == growth[3]
    np.testing.assert_array_equal(ae.growth_factor(humidity, 0.0), 1.0)


def test_mass_shares_rise_with_the_cut_and_fall_with_density():
    light, heavy = ae.mass_shares(ae.Mode(0.6, 2.0, 1.0, 0.0)), ae.mass_shares(ae.Mode(0.6, 2.0, 2.5, 0.0))
    assert np.all(np.diff(light) > 0)
    assert np.all(heavy < light)


@pytest.mark.parametrize("mode", [(0.0, 1.5, 1.0, 0.1), (0.1, 1.0, 1.0, 0.1), (0.1, 1.5, 1.0, -0.1)])
def test_impossible_modes_are_refused(mode):
    with pytest.raises(ValueError, match="a mode needs"):
        ae.Mode(*mode)


@pytest.mark.parametrize("edges", [[1.0], [2.0, 1.0], [-1.0, 1.0]])
def test_impossible_edges_are_refused(edges):
    with pytest.raises(ValueError, match="edges_um"):
        ae.bin_shares(np.array(edges), SMOKE)
