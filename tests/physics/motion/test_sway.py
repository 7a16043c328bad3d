import numpy as np
import pytest

from envirosense.core.units import GRAVITY_M_S2
from envirosense.physics.motion.sway import (
    Span,
    blow_out_m,
    drag_n_m,
    gust_following,
    resonant_sigma_m,
    ring_down_m,
    slope_at_support,
    swing_damping,
    unit_ringing,
)

SPAN = Span(length_m=50.0, sag_m=1.0, mass_kg_m=0.689, diameter_m=0.0183)


def test_span_swings_like_the_rigid_pendulum_of_its_curve():
    u = (np.arange(100_000) + 0.5) / 100_000
    drop_m = 4.0 * SPAN.sag_m * u * (1.0 - u)
    angular = np.sqrt(GRAVITY_M_S2 * drop_m.mean() / np.mean(drop_m**2))
    assert SPAN.swing_hz == pytest.approx(angular / (2 * np.pi), rel=1e-6)
    assert 0.2 < SPAN.swing_hz < 1.0


def test_blow_out_turns_the_span_into_the_direction_of_both_forces():
    weight = SPAN.mass_kg_m * GRAVITY_M_S2
    np.testing.assert_allclose(blow_out_m(SPAN, np.array([0.0, weight, -1e9])), [0, np.sqrt(0.5), -1.0])
    force = drag_n_m(SPAN, np.array([10.0]), np.array([-10.0]), 1.2)
    assert force[0] == pytest.approx(-0.5 * 1.2 * 0.0183 * 100.0)
    assert slope_at_support(SPAN, 0.25) == pytest.approx(0.02)


@pytest.mark.parametrize("dt_s", [0.1, 1.0, 10.0])
def test_ringing_keeps_its_variance_and_memory_at_any_tick(dt_s):
    """Against the closed autocorrelation; 5 standard errors for n / 20 independent values at least."""
    n, hz, damping = 40_000, 0.56, 0.3
    x = unit_ringing(np.random.default_rng(3).standard_normal((n, 2)), dt_s, hz, damping, np.zeros(2))
    independent = n / max(1.0, 1.0 / (damping * 2 * np.pi * hz * dt_s))
    assert x.var() == pytest.approx(1.0, abs=5 * np.sqrt(2 / independent))
    angular, beta = 2 * np.pi * hz * dt_s, np.sqrt(1 - damping**2)
    memory = np.exp(-damping * angular) * (np.cos(beta * angular) + damping / beta * np.sin(beta * angular))
    assert np.mean(x[1:] * x[:-1]) == pytest.approx(memory, abs=5 * np.sqrt(2 / independent))


def test_ringing_knows_nothing_of_later_frequencies():
    n = 400
    normals = np.random.default_rng(3).standard_normal((n, 2))
    hz, damping = np.full(n, 0.56), np.full(n, 0.02)
    steady = unit_ringing(normals, 1.0, 0.56, 0.02, np.zeros(2))
    hz[200:], damping[200:] = 0.3, 0.2
    slackened = unit_ringing(normals, 1.0, hz, damping, np.zeros(2))
    np.testing.assert_array_equal(slackened[:200], steady[:200])
    assert not np.any(slackened[200:] == steady[200:])


def test_oscillators_side_by_side_ring_as_each_alone():
    rng, n = np.random.default_rng(3), 50
    normals, start = rng.standard_normal((3, n, 2)), rng.standard_normal((3, 2))
    together = unit_ringing(normals, 1.0, np.full(n, 0.56), 0.02, start)
    alone = [unit_ringing(normals[i], 1.0, np.full(n, 0.56), 0.02, start[i]) for i in range(3)]
    np.testing.assert_array_equal(together, alone)


def test_ring_down_solves_the_equation_of_motion():
    hz, damping, velocity = 0.56, 0.05, 0.4
    t_s = np.linspace(-1.0, 8.0, 90_001)
    x = ring_down_m(t_s, velocity, hz, damping)
    step = t_s[1] - t_s[0]
    v, a = np.gradient(x, step), np.gradient(np.gradient(x, step), step)
    after = t_s > 0.01
    rest = a + 2 * damping * (2 * np.pi * hz) * v + (2 * np.pi * hz) ** 2 * x
    assert np.abs(rest[after][:-5]).max() < 1e-3 * np.abs(a[after]).max()
    assert np.all(x[t_s <= 0] == 0.0)
    assert v[np.searchsorted(t_s, 0.001)] == pytest.approx(velocity, rel=0.01)


def test_air_damps_the_swing_in_proportion_to_the_wind():
    calm, fresh, strong = (swing_damping(SPAN, wind) for wind in (0.0, 10.0, 20.0))
    assert strong - calm == pytest.approx(2.0 * (fresh - calm))
    assert swing_damping(SPAN, 1e4) == 0.9


def test_a_short_span_feels_the_whole_gust():
    """The acceptance tends to one, which leaves the response to white noise."""
    short = Span(1e-3, 1.0, 0.689, 0.0183)
    sigma = resonant_sigma_m(short, np.array([0.1]), np.array([10.0]), 0.5, 0.04)
    assert sigma[0] == pytest.approx(0.02 * np.sqrt(0.5 * np.pi * short.swing_hz / 0.16), rel=1e-3)
    assert resonant_sigma_m(SPAN, np.array([0.1]), np.array([10.0]), 0.5, 0.04)[0] < 0.5 * sigma[0]


def test_a_span_follows_a_lasting_force_and_not_a_short_gust():
    force = np.zeros(200)
    force[50:] = 1.0
    followed = gust_following(force, 1.0, SPAN, 10.0)
    np.testing.assert_allclose(followed[[49, 50, -1]], [0.0, 1.0 - np.exp(-1.0 / 2.5), 1.0], atol=1e-9)
    fine = gust_following(np.repeat(force, 4), 0.25, SPAN, 10.0)
    np.testing.assert_allclose(fine[3::4], followed, atol=1e-12)


def test_damping_must_leave_an_oscillation():
    with pytest.raises(ValueError, match="damping"):
        unit_ringing(np.zeros((3, 2)), 1.0, 0.5, 1.0, np.zeros(2))
    with pytest.raises(ValueError, match="one per tick"):
        unit_ringing(np.zeros((3, 2)), 1.0, np.full(2, 0.5), 0.1, np.zeros(2))
