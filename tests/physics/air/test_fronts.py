"""Fronts and spells: stated sizes within the published ranges, closed forms, smoothness, reproducibility."""

import numpy as np
import pytest

from envirosense.physics.air import fronts as fr
from envirosense.physics.air.humidity import relative_humidity

T_S = np.arange(0.0, 2.0 * 86_400.0, 60.0)
PASSAGE_S = 86_400.0
COURSES = {
    "cold front": lambda t_s: fr.cold_front(t_s, PASSAGE_S),
    "gust front": lambda t_s: fr.gust_front(t_s, PASSAGE_S),
    "heat wave": lambda t_s: fr.heat_wave(t_s, 0.0, 2.0 * 86_400.0, edge_s=43_200.0),
    "cold snap": lambda t_s: fr.cold_snap(t_s, 20_000.0, 160_000.0),
}


def test_ramp_is_the_cubic_between_zero_and_one():
    np.testing.assert_allclose(
        fr.ramp(np.array([-1.0, 0.0, 2.5, 5.0, 10.0, 11.0]), 0.0, 10.0), [0, 0, 0.15625, 0.5, 1, 1]
    )


@pytest.mark.parametrize("name", COURSES)
def test_courses_are_smooth_reproducible_and_independent_of_the_step(name: str):
    course, again, fine = (COURSES[name](t) for t in (T_S, T_S, np.arange(0.0, 172_800.0, 15.0)))
    for key, values in course.items():
        np.testing.assert_array_equal(values, again[key])
        np.testing.assert_allclose(values, fine[key][::4], rtol=1e-12, atol=1e-12)
        # no jump: a quarter of the step makes the largest change some four times smaller
        change, finer = (np.abs(np.diff(v)).max() for v in (values, fine[key]))
        assert finer < 0.3 * change


def test_cold_front_falls_turns_and_rises_as_published():
    front = fr.cold_front(T_S, PASSAGE_S)
    at = {hours: np.searchsorted(T_S, PASSAGE_S + 3600.0 * hours) for hours in (-9, -0.25, 0, 0.25, 2, 3, 5)}
    p = front["pressure_pa"]
    assert p[at[-9]] == 0.0
    assert p[at[0]] == p.min() == pytest.approx(-600.0)
    assert 100.0 <= (p[at[5]] - p[at[0]]) / 5.0 <= 300.0
    assert front["air_k"][at[0]] == 0.0
    assert front["air_k"][at[2]] == pytest.approx(-8.0)
    assert np.degrees(front["veer_rad"][at[0.25]]) == pytest.approx(91.7, abs=0.1)
    assert front["veer_rad"][at[-0.25]] == 0.0


def test_humidity_goes_up_and_then_down_behind_a_cold_front():
    front = fr.cold_front(T_S, PASSAGE_S)
    humidity = relative_humidity(293.0 + front["air_k"], 283.0 + front["dew_point_k"])
    after = humidity[T_S >= PASSAGE_S]
    assert after.max() > after[0] + 0.1
    assert after[-1] < after[0] - 0.05
    assert humidity.max() < 1.0


def test_gust_front_comes_before_its_rain():
    front = fr.gust_front(T_S, PASSAGE_S)
    since = T_S - PASSAGE_S
    gust_s = since[np.argmax(front["wind_m_s"])]
    rain_s = since[np.flatnonzero(front["rain_mm_h"])[0]]
    assert 600.0 <= rain_s - 0.0 <= 1800.0
    assert 0.0 < gust_s < rain_s
    jump = (since >= 0.0) & (since <= 600.0)
    assert front["air_k"][jump][-1] == pytest.approx(-7.0)
    assert front["pressure_pa"][jump][-1] == pytest.approx(250.0)
    assert front["wind_m_s"].max() == pytest.approx(16.0)
    assert not front["wind_m_s"][since <= 0.0].any()
    for key in ("air_k", "pressure_pa", "wind_m_s"):
        assert front[key][-1] == pytest.approx(0.0)


def test_rain_of_a_gust_front_sums_to_the_area_of_its_course():
    front = fr.gust_front(T_S, PASSAGE_S, rain_mm_h=40.0, rain_s=1800.0)
    # two cubic ramps of half the length each: half the rectangle
    assert np.sum(front["rain_mm_h"]) * 60.0 / 3600.0 == pytest.approx(0.5 * 40.0 * 0.5, rel=1e-3)


def test_spells_hold_their_size_and_end():
    heat, cold = COURSES["heat wave"](T_S), COURSES["cold snap"](T_S)
    middle = T_S.size // 2
    assert heat["air_k"][middle] == 8.0
    assert heat["air_k"][0] == 0.0
    assert cold["air_k"].min() == -14.0
    assert cold["air_k"][-1] == 0.0


def test_dry_wind_takes_over_speed_direction_and_humidity():
    n = T_S.size
    air, dew, wind = np.full(n, 295.0), np.full(n, 285.0), np.full(n, 3.0)
    swinging = np.mod(np.radians(220.0 + 30.0 * np.sin(T_S / 900.0)), 2.0 * np.pi)  # crosses the opposite
    event = fr.dry_wind(T_S, 20_000.0, 150_000.0, air, dew, swinging)
    middle = n // 2
    assert (wind * event["wind_factor"] + event["wind_m_s"])[middle] == pytest.approx(16.0)
    assert np.mod(swinging + event["veer_rad"], 2.0 * np.pi)[middle] == pytest.approx(np.radians(45.0))
    humidity = relative_humidity(air + event["air_k"], dew + event["dew_point_k"])
    assert humidity[middle] == pytest.approx(0.08)
    assert humidity.min() >= 0.05
    assert np.abs(np.diff(event["veer_rad"])).max() < 0.1
    assert event["veer_rad"][0] == 0.0
