"""Profile, stability, turbulence statistics and OU paths against published values and closed forms."""

import numpy as np
import pytest

from envirosense.physics.air import airflow as air

WINDS = np.linspace(0.0, 15.0, 301)


@pytest.mark.parametrize(
    ("obukhov_m", "wind_m_s"), [(np.inf, 3.9737), (-20, 3.3861), (-100, 3.7625), (20, 5.8394), (100, 4.3469)]
)
def test_profile_matches_published_values(obukhov_m: float, wind_m_s: float):
    assert air.wind_speed_m_s(10.0, 0.3, 1.0 / obukhov_m, 0.05) == pytest.approx(wind_m_s, abs=1e-4)


def test_stability_correction_matches_published_values():
    np.testing.assert_allclose(air.psi_m(np.array([-0.5, -0.1, 0.0])), [0.79336, 0.28361, 0.0], atol=1e-5)


def test_shear_is_the_slope_of_the_profile():
    zeta = np.array([-2.0, -0.3, -0.01, 0.01, 0.5, 0.99, 1.5, 4.0])
    step = 1e-6
    slope = (air.psi_m(zeta + step) - air.psi_m(zeta - step)) / (2.0 * step)
    np.testing.assert_allclose(air.phi_m(zeta), 1.0 - zeta * slope, rtol=1e-6)
    np.testing.assert_allclose(air.phi_h(np.minimum(zeta, 0.0)), air.phi_m(np.minimum(zeta, 0.0)) ** 2)
    np.testing.assert_allclose(air.phi_h(np.array([0.5, 2.0])), [3.5, 6.0])


def test_displacement_lifts_the_profile_and_wind_vanishes_at_the_roughness():
    assert air.wind_speed_m_s(12.0, 0.3, 0.0, 0.05, 2.0) == air.wind_speed_m_s(10.0, 0.3, 0.0, 0.05)
    np.testing.assert_array_equal(air.wind_speed_m_s(np.array([0.05, 0.001, -1.0]), 0.3, -0.1, 0.05), 0.0)


@pytest.mark.parametrize("inv_l", [-0.15, -0.01, 0.0, 0.02, 0.15])
def test_friction_velocity_inverts_the_profile(inv_l: float):
    u_star = air.friction_velocity_m_s(4.0, 10.0, inv_l, 0.1)
    assert air.wind_speed_m_s(10.0, u_star, inv_l, 0.1) == pytest.approx(4.0)


@pytest.mark.parametrize(
    ("ghi_w_m2", "roughness_m"), [(0.0, 0.03), (30.0, 0.5), (150.0, 0.006), (900.0, 1.0)]
)
def test_stability_closes_the_heat_budget_where_it_is_not_clamped(ghi_w_m2: float, roughness_m: float):
    air_k, heat_content = 285.0, 1.2 * 1005.0
    s = air.stability(WINDS[80:], 10.0, roughness_m, ghi_w_m2, air_k, 1.2)
    heat = air.sensible_heat_w_m2(ghi_w_m2, WINDS[80:])
    closed = -0.4 * 9.80665 * heat / (heat_content * air_k * s.friction_velocity_m_s**3)
    free = np.abs(closed) < 0.04
    assert free.sum() > 50
    np.testing.assert_allclose(s.inv_obukhov_per_m[free], closed[free], rtol=1e-6)


@pytest.mark.parametrize("ghi_w_m2", [0.0, 10.0, 100.0, 1000.0])
def test_stability_is_finite_bounded_and_continuous_in_wind(ghi_w_m2: float):
    wind = np.linspace(0.0, 15.0, 20001)
    s = air.stability(wind, 10.0, 0.03, ghi_w_m2, 290.0)
    assert np.all(np.abs(s.inv_obukhov_per_m) <= 0.15)
    assert np.all(s.friction_velocity_m_s > 0.0)
    assert np.abs(np.diff(s.friction_velocity_m_s)).max() < 0.01  # the wind step is 0.00075 m/s
    assert np.abs(np.diff(s.inv_obukhov_per_m)).max() < 0.003


def test_day_is_unstable_night_stable_and_strong_wind_neutral():
    inv_l = air.stability(np.array([3.0, 3.0, 15.0]), 10.0, 0.03, np.array([800.0, 0.0, 0.0]), 290.0)
    assert inv_l.inv_obukhov_per_m[0] < -0.02
    assert inv_l.inv_obukhov_per_m[1] > 0.005
    assert abs(inv_l.inv_obukhov_per_m[2]) < 0.001


def test_sensible_heat_keeps_its_range_and_has_no_step_at_dawn():
    np.testing.assert_allclose(air.sensible_heat_w_m2(0.0, np.array([0.5, 3.0, 12.0])), [-5.0, -15.0, -30.0])
    assert air.sensible_heat_w_m2(800.0, 3.0) == pytest.approx(0.4 * (0.75 * 800.0 - 30.0), rel=1e-3)
    assert np.abs(np.diff(air.sensible_heat_w_m2(np.linspace(0.0, 200.0, 2001), 6.0))).max() < 0.1


def test_pasquill_classes_follow_turner():
    got = air.pasquill_class(
        np.array([1.0, 2.5, 4.0, 5.5, 7.0, 1.0, 4.0, 4.0, 2.5, 7.0]),
        np.array([800.0, 800.0, 500.0, 500.0, 100.0, 100.0, 0.0, 0.0, 0.0, 0.0]),
        np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.2, 0.8, 0.2, 0.2]),
    )
    np.testing.assert_array_equal(got, [0.0, 0.5, 1.5, 2.5, 3.0, 1.0, 4.0, 3.0, 5.0, 3.0])


def test_classes_give_golder_lengths():
    inv_l = air.class_inv_obukhov_per_m(np.arange(6.0), 0.1)
    np.testing.assert_allclose(inv_l, [-0.125, -0.066, -0.02, 0.0, 0.022, 0.071], atol=1e-12)
    assert air.class_inv_obukhov_per_m(0.5, 0.1) == pytest.approx(-0.0955)
    assert air.class_inv_obukhov_per_m(0.0, 1e-4) == -0.15


def test_sigmas_are_neutral_convective_and_never_below_the_floor():
    neutral = air.turbulence_sigmas_m_s(0.5, 0.0, 10.0)
    np.testing.assert_allclose([neutral.u, neutral.v, neutral.w], [1.2, 0.95, 0.65])
    convective = air.turbulence_sigmas_m_s(0.3, -0.05, 10.0)
    assert convective.v == pytest.approx(0.3 * (12.0 + 25.0) ** (1.0 / 3.0), rel=1e-6)
    assert convective.w == pytest.approx(0.3 * 1.3 * 2.5 ** (1.0 / 3.0))
    calm = air.turbulence_sigmas_m_s(1e-4, 0.15, 10.0)
    assert calm.u == calm.v == air.LATERAL_FLOOR_M_S
    nearly = air.turbulence_sigmas_m_s(0.5, -1e-7, 10.0)
    np.testing.assert_allclose([nearly.u, nearly.v, nearly.w], [1.2, 0.95, 0.65], rtol=1e-4)


def test_direction_spread_is_ratio_of_speeds_and_at_most_uniform():
    np.testing.assert_allclose(air.sigma_theta_rad(0.5, np.array([5.0, 0.0])), [0.1, np.pi / np.sqrt(3.0)])


def test_dissipation_and_memory_match_the_worked_example():
    epsilon = air.dissipation_m2_s3(0.3, 6.0, 0.0)
    assert epsilon == pytest.approx(0.0113, rel=0.01)
    assert air.lagrangian_time_s(1.3 * 0.3, epsilon) == pytest.approx(6.8, rel=0.01)
    assert np.all(air.dissipation_m2_s3(0.1, np.array([5.0, 50.0, 500.0]), 0.15) > 0.0)


def test_gust_factor_of_open_country():
    np.testing.assert_allclose(air.gust_factor(np.array([0.15, 0.2])), [1.45, 1.6])


def test_displacement_follows_taylor():
    got = air.displacement_sigma_m(0.5, 20.0, np.array([0.0, 1.0, 5.0, 20.0, 60.0, 300.0]))
    np.testing.assert_allclose(got, [0.0, 0.4959, 2.4000, 8.5776, 20.2474, 52.9150], atol=1e-4)


@pytest.mark.parametrize("dt_s", [1.0, 0.25])
def test_integrated_path_spreads_as_taylor_says(dt_s: float):
    n_paths, age_s = 1500, 60.0
    rng = np.random.default_rng(7)
    steps = round(age_s / dt_s)
    displacement = np.empty(n_paths)
    for k in range(n_paths):
        start = rng.standard_normal()
        path = air.ou_path(rng.standard_normal(steps), dt_s, 20.0, start)
        displacement[k] = 0.5 * dt_s * (0.5 * (start + path[-1]) + path[:-1].sum())
    expected = float(air.displacement_sigma_m(0.5, 20.0, age_s))
    # 5 standard errors of a standard deviation from n_paths Gaussian displacements
    assert displacement.std() == pytest.approx(expected, rel=5.0 / np.sqrt(2.0 * n_paths))


@pytest.mark.parametrize("dt_s", [1.0, 0.1])
def test_path_variance_and_memory_do_not_depend_on_the_step(dt_s: float):
    n, tau_s = 20_000, 5.0
    rng = np.random.default_rng(3)
    path = air.ou_path(rng.standard_normal(n), dt_s, tau_s, rng.standard_normal())
    independent = n * dt_s / tau_s  # sum of squared autocorrelation over both sides is tau/dt
    assert path.var() == pytest.approx(1.0, abs=5.0 * np.sqrt(2.0 / independent))
    lag = round(5.0 / dt_s)
    assert np.mean(path[lag:] * path[:-lag]) == pytest.approx(
        np.exp(-1.0), abs=5.0 * np.sqrt(2.0 / independent)
    )


@pytest.mark.parametrize("varying", [False, True])
def test_split_path_equals_whole_path_bit_for_bit(varying: bool):
    rng = np.random.default_rng(1)
    normals = rng.standard_normal(100)
    tau_s = rng.uniform(1.0, 9.0, 100) if varying else np.full(1, 4.0)
    whole = air.ou_path(normals, 1.0, tau_s, 0.3)
    last, parts = 0.3, []
    for block in (slice(0, 1), slice(1, 8), slice(8, 68), slice(68, 100)):
        parts.append(air.ou_path(normals[block], 1.0, tau_s[block] if varying else tau_s, last))
        last = parts[-1][-1]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_wrong_number_of_memories_is_refused():
    with pytest.raises(ValueError, match="tau_s has 3 values"):
        air.ou_path(np.zeros(5), 1.0, np.ones(3), 0.0)
