import numpy as np
import pytest

from envirosense.physics.fire.ground_fire import ring_burnt_g_s


def test_all_grass_within_the_radius_burns_and_no_more():
    t_s = np.arange(0.0, 600.0, 2.0)
    burnt_g_s = ring_burnt_g_s(t_s, 2.0, 100.0, 0.05, 4.0, load_g_m2=200.0)
    assert burnt_g_s.sum() * 2.0 == pytest.approx(200.0 * np.pi * 16.0)
    assert np.all(burnt_g_s[t_s < 98.0] == 0.0)
    assert np.all(burnt_g_s[t_s > 180.0] == 0.0)  # 4 m at 5 cm/s take 80 s


def test_the_edge_burns_at_its_length_times_its_speed():
    burnt_g_s = ring_burnt_g_s(np.array([40.0]), 1e-3, 0.0, 0.1, 10.0, load_g_m2=300.0)
    assert burnt_g_s[0] == pytest.approx(300.0 * 2.0 * np.pi * 4.0 * 0.1, rel=1e-3)


def test_coarse_ticks_hold_the_mean_of_fine_ones():
    fine = ring_burnt_g_s(np.arange(0.0, 100.0), 1.0, 7.3, 0.07, 3.0)
    coarse = ring_burnt_g_s(np.arange(0.0, 100.0, 10.0), 10.0, 7.3, 0.07, 3.0)
    np.testing.assert_allclose(fine.reshape(10, 10).mean(axis=1), coarse)


def test_a_fire_without_spread_is_refused():
    with pytest.raises(ValueError, match="spread_m_s"):
        ring_burnt_g_s(np.zeros(1), 1.0, 0.0, 0.0, 1.0)
