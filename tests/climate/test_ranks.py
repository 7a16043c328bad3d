from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import spearmanr

from envirosense.climate.files import greensboro
from envirosense.climate.ranks import weather_ranks
from envirosense.climate.year import HOURS_PER_YEAR
from envirosense.factory.request import EpisodeRequest
from envirosense.pole.twin import PoleTwin
from envirosense.scenarios import SCENARIOS, WEATHER_RANKS, Conditional, Follows

N = 400
RAINY = "environmental/weather_event"
FOLLOWED = {"wind_m_s": 0.4, "rain_mm_h": 0.4, "warming_k": 0.4}  # parameter -> correlation of normal scores


def all_ranks(year):
    table = [weather_ranks(year, float(hour)) for hour in range(HOURS_PER_YEAR)]
    return {name: np.array([row[name] for row in table]) for name in table[0]}


@pytest.fixture(scope="module")
def ranks():
    return all_ranks(greensboro())


def test_every_quantity_that_a_parameter_may_follow_has_a_rank(ranks):
    assert set(ranks) == set(WEATHER_RANKS)


def test_ranks_rise_with_their_quantity(ranks):
    year = greensboro()
    for name, values in (("wind_m_s", year.wind_m_s), ("air_k", year.air_c), ("rain_mm_h", year.rain_mm)):
        order = np.argsort(values, kind="stable")
        assert np.all(np.diff(ranks[name][order]) >= 0.0), name
        same = np.diff(values[order]) == 0.0
        assert np.array_equal(np.diff(ranks[name][order]) == 0.0, same), name


def test_ranks_are_uniform_over_the_year_where_values_differ():
    """Distinct values get the middles of 8760 equal parts of 0..1."""
    wind_m_s = np.random.default_rng(0).permutation(HOURS_PER_YEAR) / 1000.0
    year = replace(greensboro(), wind_m_s=wind_m_s, digest="distinct winds")
    found = np.sort(all_ranks(year)["wind_m_s"])
    assert found == pytest.approx((np.arange(HOURS_PER_YEAR) + 0.5) / HOURS_PER_YEAR, abs=1e-12)


def test_the_mean_rank_is_a_half_whatever_the_ties(ranks):
    for name, values in ranks.items():
        assert values.mean() == pytest.approx(0.5, abs=1e-9), name
        assert 0.0 < values.min() <= values.max() < 1.0, name


def test_ties_count_half():
    rain_mm = np.zeros(HOURS_PER_YEAR)
    rain_mm[:2190] = 1.0
    year = replace(greensboro(), rain_mm=rain_mm, digest="rain in a quarter of the hours")
    assert weather_ranks(year, 0.0)["rain_mm_h"] == pytest.approx(0.875)
    assert weather_ranks(year, 5000.0)["rain_mm_h"] == pytest.approx(0.375)
    steady = replace(year, rain_mm=np.zeros(HOURS_PER_YEAR), digest="no rain")
    assert weather_ranks(steady, 17.0)["rain_mm_h"] == 0.5


def test_an_hour_holds_until_the_next_and_the_year_repeats():
    year = greensboro()
    assert weather_ranks(year, 100.0) == weather_ranks(year, 100.99)
    assert weather_ranks(year, 100.0) == weather_ranks(year, 100.0 + HOURS_PER_YEAR)


def test_another_year_has_ranks_of_its_own():
    year = greensboro()
    upside_down = replace(year, air_c=-year.air_c, dew_point_c=-year.air_c - 5.0, digest="upside down")
    here, there = (weather_ranks(y, 12.0)["air_k"] for y in (year, upside_down))
    assert here == pytest.approx(1.0 - there, abs=1e-12)


def rank_correlation(normal_correlation):
    """Of two quantities whose normal scores have a correlation: 6 / pi asin(r / 2)."""
    return 6.0 / np.pi * np.arcsin(normal_correlation / 2.0)


@pytest.fixture(scope="module")
def drawn():
    """Parameters of 400 drawn specs, and the ranks of the weather at their starts."""
    twin, year = PoleTwin(), greensboro()
    options = {"sensors": ("barometer",), "design": "random"}
    specs = [twin.draw(RAINY, EpisodeRequest(5, i, 4, 600.0, 10.0, options)) for i in range(N)]
    starts = [weather_ranks(year, year.hour_of(spec.grid.start_utc)) for spec in specs]
    return [spec.params for spec in specs], starts


def test_parameters_of_drawn_specs_follow_the_weather(drawn):
    """Rank correlation over 400 draws within five standard errors of the copula's, 1 / sqrt(n - 1) each.

    Ties of the weather's ranks (steps of the observations) lower it by less than a hundredth.
    """
    params, starts = drawn
    parameters = SCENARIOS[RAINY].space.parameters
    for name, correlation in FOLLOWED.items():
        spread = parameters[name].distribution
        assert isinstance(spread, Follows)
        assert spread.correlation == correlation
        found = spearmanr([p[name] for p in params], [s[spread.weather] for s in starts]).statistic
        assert found == pytest.approx(rank_correlation(correlation), abs=5.0 / np.sqrt(N - 1)), name
        assert found > 3.0 / np.sqrt(N - 1), name


def test_other_parameters_do_not_follow_it(drawn):
    params, starts = drawn
    for name in ("onset_fraction", "dust_ug_m3", "bearing_deg", "closest_m"):
        assert not isinstance(SCENARIOS[RAINY].space.parameters[name].distribution, Follows | Conditional)
        for weather in WEATHER_RANKS:
            found = spearmanr([p[name] for p in params], [s[weather] for s in starts]).statistic
            assert abs(found) < 5.0 / np.sqrt(N - 1), (name, weather)


def test_following_keeps_a_parameters_own_spread(drawn):
    """Kolmogorov-Smirnov distance of 400 draws: 1.95 / sqrt(n) is passed by chance in 1e-3 of cases."""
    params, _ = drawn
    spread = SCENARIOS[RAINY].space.parameters["warming_k"].distribution.spread
    values = np.sort([p["warming_k"] for p in params])
    expected = (values - spread.low) / (spread.high - spread.low)
    steps = np.arange(1, N + 1) / N
    distance = max(np.abs(steps - expected).max(), np.abs(steps - 1.0 / N - expected).max())
    assert distance < 1.95 / np.sqrt(N)
