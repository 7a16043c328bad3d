"""Mean and fluctuating plumes: published values, conservation, equality of means."""

import numpy as np
import pytest

from envirosense.physics.air.airflow import dissipation_m2_s3, ou_path, wind_speed_m_s
from envirosense.physics.gas import dispersion as plume
from envirosense.physics.gas.dispersion import PlumeSpread, RelativeSpread
from envirosense.physics.gas.strands import unit_strands


def _spread(
    sigma_y_m: float, sigma_z_m: float, wind_m_s: float = 5.0, travel_time_s: float = 20.0
) -> PlumeSpread:
    return PlumeSpread(*(np.asarray(v) for v in (sigma_y_m, sigma_z_m, wind_m_s, travel_time_s)))


def _relative(sigma_m: float, share: float) -> RelativeSpread:
    r, m = np.asarray(share * sigma_m), np.asarray(np.sqrt(1.0 - share**2) * sigma_m)
    return RelativeSpread(r, r, m, m)


@pytest.mark.parametrize(
    ("x_m", "sigma_y_m", "sigma_z_m", "chi"),
    [
        (100.0, 7.960, 5.595, 2.8939e-4),
        (200.0, 15.842, 10.525, 2.4312e-4),
        (500.0, 39.036, 22.678, 6.5251e-5),
        (1000.0, 76.277, 37.947, 2.1243e-5),
    ],
)
def test_class_d_plume_matches_published_values(x_m: float, sigma_y_m: float, sigma_z_m: float, chi: float):
    sigma_y, sigma_z = plume.briggs_rural(3.0, x_m)
    assert sigma_y == pytest.approx(sigma_y_m, abs=1e-3)
    assert sigma_z == pytest.approx(sigma_z_m, abs=1e-3)
    got = plume.mean_chi_s_m3(0.0, 0.0, 10.0, _spread(float(sigma_y), float(sigma_z)))
    assert got == pytest.approx(chi, rel=1e-3)


def test_half_class_lies_between_its_neighbours():
    a, between, b = (np.array(plume.briggs_rural(c, 300.0)) for c in (0.0, 0.5, 1.0))
    np.testing.assert_allclose(between, np.sqrt(a * b))


@pytest.mark.parametrize("inv_l", [-0.1, 0.0, 0.05])
@pytest.mark.parametrize("x_m", [3.0, 50.0, 400.0])
def test_crosswind_flux_equals_the_emission(x_m: float, inv_l: float):
    spread = plume.plume_spread(x_m, 6.0, 0.3, inv_l, 0.03, 0.2, 0.3)
    y = np.linspace(-8.0, 8.0, 401)[:, None] * spread.sigma_y_m
    z = np.linspace(0.0, 6.0 + 9.0 * float(spread.sigma_z_m), 1001)
    chi = plume.mean_chi_s_m3(y, z, 6.0, spread)
    flux = spread.wind_m_s * np.trapezoid(np.trapezoid(chi, z, axis=1), y[:, 0])
    assert flux == pytest.approx(1.0, abs=1e-3)


def test_wind_iteration_has_converged():
    x = np.geomspace(2.0, 800.0, 40)[:, None, None]
    inv_l = np.array([-0.15, -0.01, 0.0, 0.01, 0.15])[:, None]
    roughness = np.array([0.006, 0.1, 0.5])
    spread = plume.plume_spread(x, 2.5, 0.3, inv_l, roughness, 0.2)
    sigma_z = np.sqrt(np.maximum(spread.sigma_z_m**2 - plume.SIGMA_FLOOR_M**2, 0.0))
    ratio = 0.3 / spread.wind_m_s
    stable = 0.57 * ratio * x / (1.0 + 3.0 * ratio * np.cbrt(np.maximum(inv_l, 0.0) * x) ** 2)
    unstable = 0.57 * ratio * x * (1.0 + 1.5 * ratio * np.maximum(-inv_l, 0.0) * x)
    np.testing.assert_allclose(sigma_z, np.where(inv_l > 0.0, stable, unstable), rtol=1e-6)
    height = np.maximum(sigma_z * np.sqrt(2.0 / np.pi), 2.5)
    np.testing.assert_allclose(spread.wind_m_s, wind_speed_m_s(height, 0.3, inv_l, roughness), rtol=1e-3)


def test_elevated_source_spreads_by_the_vertical_turbulence():
    spread = plume.plume_spread(100.0, 40.0, 0.4, 0.0, 0.05, 0.1)
    time_s = 100.0 / float(spread.wind_m_s)
    epsilon = 0.4**3 / (0.4 * 40.0)
    memory_s = 2.0 * (1.3 * 0.4) ** 2 / (4.0 * epsilon)
    expected = 1.3 * 0.4 * time_s / (1.0 + 0.9 * np.sqrt(time_s / memory_s))
    assert spread.sigma_z_m == pytest.approx(expected, rel=1e-3)


def test_spreads_have_no_step_in_stability():
    inv_l = np.linspace(-0.15, 0.15, 20001)
    spread = plume.plume_spread(60.0, 9.0, 0.3, inv_l, 0.03, 0.2)
    for sigma in (spread.sigma_y_m, spread.sigma_z_m):
        assert np.abs(np.diff(np.log(sigma))).max() < 0.01


def test_source_size_adds_in_quadrature():
    point = plume.plume_spread(20.0, 6.0, 0.3, 0.0, 0.03, 0.2)
    wide = plume.plume_spread(20.0, 6.0, 0.3, 0.0, 0.03, 0.2, 2.0)
    assert wide.sigma_y_m**2 == pytest.approx(point.sigma_y_m**2 - plume.SIGMA_FLOOR_M**2 + 4.0)


def test_no_gas_upwind_none_without_emission_and_sources_add():
    spread = plume.plume_spread(np.array([-30.0, -1e-3, 30.0]), 6.0, 0.3, 0.0, 0.03, 0.2)
    chi = plume.mean_chi_s_m3(1.0, 8.0, 6.0, spread)
    assert chi[0] == chi[1] == 0.0 < chi[2]
    assert np.all(0.0 * chi == 0.0)
    other = plume.mean_chi_s_m3(4.0, 8.0, 3.0, spread)
    np.testing.assert_allclose(2.0 * chi + 3.0 * other, (4.0 * chi + 6.0 * other) / 2.0)


def test_calm_air_stays_finite():
    spread = plume.plume_spread(np.array([0.0, 1.0, 100.0]), 6.0, 1e-3, 0.15, 0.03, 1.8)
    assert np.all(np.isfinite(plume.mean_chi_s_m3(0.0, 6.0, 6.0, spread)))
    relative = plume.split_spread(spread, 0.0, 1e-9)
    assert np.all(np.isfinite(relative.sigma_r_y_m))


def test_opposite_receptors_see_the_same():
    spread = plume.plume_spread(25.0, 6.0, 0.3, -0.02, 0.03, 0.2)
    y = np.linspace(0.0, 20.0, 9)
    np.testing.assert_array_equal(
        plume.mean_chi_s_m3(y, 8.0, 6.0, spread), plume.mean_chi_s_m3(-y, 8.0, 6.0, spread)
    )


def test_plume_rise_matches_the_worked_examples():
    np.testing.assert_allclose(plume.plume_rise_m(np.array([1e3, 1e5]), 10.0, 3.0), [0.51, 2.4], rtol=0.015)
    assert plume.plume_rise_m(1e3, 500.0, 3.0) == plume.plume_rise_m(1e3, 49.0, 3.0)
    np.testing.assert_array_equal(plume.plume_rise_m(1e5, np.array([-5.0, 0.0]), 3.0), 0.0)


def test_split_conserves_variance_starts_at_the_source_and_ends_at_the_mean():
    x = np.geomspace(1e-3, 1e5, 60)
    epsilon = dissipation_m2_s3(0.3, 6.0, 0.0)
    spread = plume.plume_spread(x, 6.0, 0.3, 0.0, 0.03, 0.2, 0.3)
    relative = plume.split_spread(spread, 0.3, epsilon)
    for sigma, r, m in (
        (spread.sigma_y_m, relative.sigma_r_y_m, relative.sigma_m_y_m),
        (spread.sigma_z_m, relative.sigma_r_z_m, relative.sigma_m_z_m),
    ):
        np.testing.assert_allclose(r**2 + m**2, sigma**2, rtol=1e-12)
        assert r[0] == pytest.approx(0.3, rel=1e-3)
        assert r[-1] == pytest.approx(sigma[-1], rel=1e-2)
        assert np.all(r <= sigma * (1.0 + 1e-12))


def test_wide_puffs_grow_with_the_diffusivity_of_the_largest_eddies():
    """Beyond l = kappa z the width squared grows by 3 (C eps)^(1/3) l^(4/3) a second, 2.2 kappa u* z."""
    u_star, height_m = 0.3, 2.0
    epsilon, eddy_m = u_star**3 / (0.4 * height_m), 0.4 * height_m
    huge = PlumeSpread(*(np.full(2, v) for v in (1e4, 1e4, 3.0)), np.array([50.0, 51.0]))
    width2 = plume.split_spread(huge, 0.1, epsilon, eddy_m).sigma_r_y_m ** 2
    assert 0.5 * np.diff(width2)[0] == pytest.approx(1.105 * 0.4 * u_star * height_m, rel=1e-3)
    free, bound = (plume.split_spread(_spread(9.0, 9.0, 5.0, 1.0), 0.1, epsilon, e) for e in (np.inf, eddy_m))
    assert bound.sigma_r_y_m == pytest.approx(float(free.sigma_r_y_m), rel=1e-12)


@pytest.mark.parametrize(("share", "expected"), [(0.2, 3.571), (0.4, 1.843), (0.6, 1.301), (0.8, 1.072)])
def test_wander_in_one_direction_matches_gifford(share: float, expected: float):
    relative = _relative(10.0, share)
    still = RelativeSpread(relative.sigma_r_y_m, np.asarray(1.0), relative.sigma_m_y_m, np.asarray(0.0))
    assert 1.0 + plume.fluctuation_intensity(still, 0.0) ** 2 == pytest.approx(expected, abs=1e-3)
    with_noise = 1.0 + plume.fluctuation_intensity(still, 0.5) ** 2
    assert with_noise == pytest.approx(1.25 * expected, abs=2e-3)


@pytest.mark.parametrize(("share", "expected"), [(0.2, 3.429), (0.4, 1.548), (0.6, 0.833), (0.8, 0.386)])
def test_isotropic_wander_matches_gifford(share: float, expected: float):
    assert plume.fluctuation_intensity(_relative(10.0, share), 0.0) == pytest.approx(expected, abs=1.5e-3)


@pytest.mark.parametrize("height_m", [0.0, 1.5, 8.0])
@pytest.mark.parametrize("share", [0.5, 0.8])
def test_ensemble_mean_of_the_wandering_plume_is_the_steady_plume(share: float, height_m: float):
    """Gauss-Hermite quadrature over both centroids, near the ground where reflection matters: exact."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    weights = weights / weights.sum()
    spread, relative = _spread(4.0, 4.0), _relative(4.0, share)
    chi = plume.fluctuating_chi_s_m3(2.0, height_m, 3.0, spread, relative, nodes[:, None], nodes, 1.0)
    steady = plume.mean_chi_s_m3(2.0, height_m, 3.0, spread)
    assert weights @ chi @ weights == pytest.approx(float(steady), rel=1e-9)


@pytest.mark.parametrize("dt_s", [1.0, 0.5])
def test_series_have_the_steady_mean_and_gifford_intensity_at_any_step(dt_s: float):
    rng = np.random.default_rng(43)
    length_s, memory_s = 60_000.0, 3.0
    n = round(length_s / dt_s)
    y, z, noise = (
        ou_path(rng.standard_normal(n), dt_s, tau, rng.standard_normal()) for tau in (memory_s, memory_s, 1.0)
    )
    spread, relative = _spread(4.0, 4.0), _relative(4.0, 0.5)
    aloft_m = 100.0
    chi = plume.fluctuating_chi_s_m3(0.0, aloft_m, aloft_m, spread, relative, y, z, unit_strands(noise, 0.5))
    expected = float(plume.mean_chi_s_m3(0.0, aloft_m, aloft_m, spread))
    intensity = float(plume.fluctuation_intensity(relative, 0.5))
    error = intensity * np.sqrt(2.0 * memory_s / length_s)
    assert chi.mean() / expected == pytest.approx(1.0, abs=5.0 * error)
    batches = (chi / expected).reshape(100, -1)
    second = np.mean(batches**2, axis=1)
    assert second.mean() == pytest.approx(1.0 + intensity**2, abs=5.0 * second.std() / 10.0)


def test_blocks_give_the_same_bits_as_one_call():
    rng = np.random.default_rng(47)
    u_star, inv_l = rng.uniform(0.1, 0.5, 64), rng.uniform(-0.1, 0.1, 64)
    whole = plume.plume_spread(30.0, 6.0, u_star, inv_l, 0.03, 0.2, 0.3)
    for k in (0, 1, 63):
        one = plume.plume_spread(30.0, 6.0, u_star[k : k + 1], inv_l[k : k + 1], 0.03, 0.2, 0.3)
        assert one.sigma_z_m[0] == whole.sigma_z_m[k]
        assert one.sigma_y_m[0] == whole.sigma_y_m[k]
        assert one.wind_m_s[0] == whole.wind_m_s[k]
