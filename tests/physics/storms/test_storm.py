"""Storm cells: track, life, clustering, and the weather at the ground."""

import numpy as np
import pytest

from envirosense.physics.storms import storm as sm

CELL = sm.Cell(1800.0, 3000.0, np.radians(90.0), 10.0, 8.0, 2400.0)


def test_cell_passes_closest_at_its_time_and_bearing():
    t_s = np.linspace(0.0, 3600.0, 361)
    distance_m = CELL.distance_m(t_s)
    assert t_s[np.argmin(distance_m)] == 1800.0
    assert distance_m.min() == pytest.approx(3000.0)
    east_m, north_m = CELL.centre_m(np.array([1700.0, 1800.0]))
    assert (east_m[1], north_m[1]) == pytest.approx((3000.0, 0.0), abs=1e-9)
    assert np.hypot(*np.diff([east_m, north_m])[:, 0]) == pytest.approx(1000.0)


def test_life_grows_peaks_and_decays():
    age = np.linspace(0.0, 1.0, 1001)
    course = sm.life_course(age)
    assert course[0] == course[-1] == 0.0
    assert age[np.argmax(course)] == pytest.approx(0.4)
    assert course.max() == pytest.approx(1.0)
    assert np.all(sm.life_course(np.array([-0.1, 1.1])) == 0.0)


def test_cell_has_as_many_flashes_as_its_rate_says():
    counts = [sm.cell_strikes(CELL, np.random.default_rng(k)).flash_duration_s.size for k in range(150)]
    age = (np.arange(10_000) + 0.5) / 10_000
    wanted = 8.0 / 60.0 * 2400.0 * sm.life_course(age).mean()
    assert np.mean(counts) == pytest.approx(wanted, abs=5.0 * np.std(counts) / np.sqrt(150))


def test_flashes_lie_around_the_moving_centre():
    strikes = sm.cell_strikes(CELL, np.random.default_rng(4))
    first = np.unique(strikes.flash_id, return_index=True)[1]
    east_m, north_m = CELL.centre_m(strikes.time_s[first])
    n = first.size
    for off_m in (strikes.x_m[first] - east_m, strikes.y_m[first] - north_m):
        assert off_m.mean() == pytest.approx(0.0, abs=5.0 * sm.SPREAD_M / np.sqrt(n))
        assert off_m.std() == pytest.approx(sm.SPREAD_M, rel=5.0 / np.sqrt(2.0 * n))
    assert np.all(np.abs(strikes.time_s - 1800.0) < 1200.0 + 5.0)


def _flash_times_s(strikes) -> np.ndarray:
    first = np.unique(strikes.flash_id, return_index=True)[1]
    return np.sort(strikes.time_s[first])


def test_flashes_of_a_natural_storm_cluster():
    spread, fano = [], []
    for seed in range(20):
        times_s = _flash_times_s(sm.natural_storm(7200.0, np.random.default_rng(seed)))
        gaps_s = np.diff(times_s)
        counts = np.histogram(times_s, np.arange(0.0, 7201.0, 300.0))[0]
        spread.append(gaps_s.std() / gaps_s.mean())
        fano.append(counts.var() / counts.mean())
    # a Poisson process gives 1 and 1
    assert np.median(spread) > 1.2
    assert np.median(fano) > 3.0


def test_natural_storm_keeps_to_its_time_and_repeats():
    one, again = (sm.natural_storm(1800.0, np.random.default_rng(9)) for _ in range(2))
    np.testing.assert_array_equal(one.time_s, again.time_s)
    np.testing.assert_array_equal(one.peak_current_ka, again.peak_current_ka)
    assert one.time_s.min() >= 0.0
    assert one.time_s.max() < 1800.0
    with pytest.raises(ValueError, match="duration_s"):
        sm.natural_storm(0.0, np.random.default_rng(9))


def test_strong_near_cells_bring_the_strongest_weather():
    t_s = np.arange(0.0, 3600.0, 10.0)
    near = sm.storm_weather(t_s, sm.Cell(1800.0, 0.0, 0.0, 10.0, 10.0, 2400.0))
    far = sm.storm_weather(t_s, sm.Cell(1800.0, 30_000.0, 0.0, 10.0, 10.0, 2400.0))
    weak = sm.storm_weather(t_s, sm.Cell(1800.0, 0.0, 0.0, 10.0, 0.5, 2400.0))
    assert (near.pressure_pa, near.cooling_k) == (pytest.approx(300.0), pytest.approx(10.0))
    assert (weak.pressure_pa, weak.cooling_k) == (pytest.approx(100.0), pytest.approx(3.0))
    assert far.gust_m_s < 0.1 * near.gust_m_s
    assert far.rain_mm_h.max() < 1e-9
    assert near.onset_s == pytest.approx(1800.0 - sm.GUST_LEAD_M / 10.0)
    assert near.onset_s < t_s[np.argmax(near.rain_mm_h)]
    assert 50.0 < near.rain_mm_h.max() <= 80.0


def test_outflow_blows_away_from_the_cell():
    # at the onset the centre is north and a little west of the pole: it moves east past the north
    weather = sm.storm_weather(np.zeros(1), sm.Cell(1800.0, 6000.0, 0.0, 10.0, 5.0, 2400.0))
    assert np.degrees(weather.gust_to_rad) == pytest.approx(135.0)


@pytest.mark.parametrize("change", [(-1.0, 8.0, 2400.0), (0.0, -1.0, 2400.0), (0.0, 8.0, 0.0)])
def test_impossible_cells_are_refused(change):
    closest_m, rate, lifetime_s = change
    with pytest.raises(ValueError, match="cell"):
        sm.Cell(0.0, closest_m, 0.0, 10.0, rate, lifetime_s)
