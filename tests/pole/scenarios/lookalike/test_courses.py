import numpy as np
import pytest

from envirosense.pole.scenarios.lookalike import courses, road
from envirosense.testing.planted_world import planted_grid

GRID = planted_grid()
FINE = planted_grid(dt_s=5.0)
DAY = planted_grid(duration_s=86_400.0)


def rng(seed=0):
    return np.random.default_rng(seed)


def paired(fine):
    """Means of neighbouring ticks."""
    return fine.reshape(-1, 2).mean(axis=1)


def test_flicker_has_the_mean_one_and_its_spread():
    # 86 400 s of tau 60 s: n_eff 720; mean within 5 standard errors of sqrt(exp(s^2) - 1)
    course = courses.flicker(DAY, rng(), 60.0, 0.5)
    assert course.mean() == pytest.approx(1.0, abs=5.0 * np.sqrt(np.expm1(0.25) / 720.0))
    # logarithms of tick means (10 s of tau 60 s lose a few per cent) within 5 / sqrt(2 * 720) and that loss
    assert np.std(np.log(course)) == pytest.approx(0.5, rel=0.2)
    assert course.min() > 0.0


def test_flicker_is_the_same_at_any_time_step():
    coarse, fine = (courses.flicker(grid, rng(), 45.0, 0.5) for grid in (GRID, FINE))
    np.testing.assert_allclose(paired(fine), coarse, rtol=1e-9)


def test_times_come_at_their_rate_and_in_order():
    found = courses.times_s(rng(), 0.05, 1000.0, 21_000.0)
    assert len(found) == pytest.approx(1000.0, abs=5.0 * np.sqrt(1000.0))
    assert np.all(np.diff(found) >= 0.0)
    assert 1000.0 <= found[0] <= found[-1] <= 21_000.0
    assert courses.times_s(rng(), 1.0, 50.0, 20.0).size == 0


def test_presence_counts_visits_by_their_time():
    begin_s = np.array([95.0, 100.0, 2000.0])
    count = courses.presence(GRID, begin_s, 30.0)
    np.testing.assert_allclose(count.sum() * GRID.dt_s, 90.0)
    np.testing.assert_allclose(count[9:14], [0.5, 2.0, 2.0, 1.5, 0.0])
    np.testing.assert_allclose(paired(courses.presence(FINE, begin_s, 30.0)), count)


def test_what_lingers_was_given_off_and_goes_with_the_wind():
    rate = np.zeros(GRID.n)
    rate[30:40] = 2.0
    slow, fast = (courses.lingering(GRID, rate, np.full(GRID.n, wind), 120.0) for wind in (1.0, 6.0))
    for course in (slow, fast):
        assert np.all(course[:30] == 0.0)
        assert course.sum() == pytest.approx(rate.sum(), rel=1e-6)  # first-order, unit integral
    assert slow[60] > 10.0 * fast[60]
    # after the end it falls by e in distance over wind, 120 s
    assert slow[70] / slow[58] == pytest.approx(np.exp(-1.0), rel=1e-6)


def test_a_vehicle_drives_along_its_road_once():
    speed_m_s, come_s = 8.0, np.array([100.0])
    seen = road.visits(GRID, come_s, speed_m_s)
    assert seen.shape == (road.STATIONS, GRID.n)
    np.testing.assert_allclose(seen.sum(axis=1) * GRID.dt_s, road.SPACING_M / speed_m_s)
    inside = (GRID.t_s >= 100.0) & (GRID.t_s < 120.0)
    np.testing.assert_allclose(seen[:, inside].sum(axis=0), 1.0)
    middles_s = (seen * GRID.t_s).sum(axis=1) / seen.sum(axis=1)
    assert np.all(np.diff(middles_s) >= 0.0)


@pytest.mark.parametrize("bearing_deg", [0.0, 90.0, 215.0])
def test_a_road_is_nearest_where_it_is_said_to_be(bearing_deg):
    places = np.array(road.Road(30.0, bearing_deg).stations(1.0))
    away_m = np.hypot(places[:, 0], places[:, 1])
    middle = road.STATIONS // 2
    assert np.argmin(away_m) == middle
    assert away_m[middle] == pytest.approx(30.0)
    angle = np.radians(bearing_deg)
    np.testing.assert_allclose(places[middle, :2], [30.0 * np.sin(angle), 30.0 * np.cos(angle)], atol=1e-9)
    np.testing.assert_allclose(places[:, :2] @ [np.sin(angle), np.cos(angle)], 30.0)  # a straight line across
    np.testing.assert_allclose(np.linalg.norm(np.diff(places, axis=0), axis=1), road.SPACING_M)
