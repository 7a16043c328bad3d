import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate

from envirosense.core.errors import ConfigError
from envirosense.core.rng import stream
from envirosense.scenarios import Choice, Conditional, Follows, LogUniform, Normal, Uniform

NUMBERS = st.floats(1e-6, 1e6)
SHARES = st.floats(0.0, 1.0)
SPREADS = (Uniform(-2.0, 6.0), LogUniform(0.1, 100.0), Normal(1.0, 2.0, -0.5, 8.0))
RANDOM = stream(1, "shares").random(4000)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(NUMBERS, NUMBERS, SHARES)
def test_any_bounds_hold(one, other, share):
    low, high = sorted((one, other))
    if low == high:
        high = 2.0 * low
    middle = 0.5 * (low + high)
    for spread in (Uniform(low, high), LogUniform(low, high), Normal(middle, high - low, low, high)):
        value = spread.quantile(share, {})
        assert low <= value <= high
        assert all(spread.allows(allowed, {}) for allowed in (value, low, high))
        assert not spread.allows(low - 1, {})
        assert not spread.allows(high * 2 + 1, {})


@settings(derandomize=True, max_examples=50, deadline=None)
@given(SHARES, SHARES)
def test_quantiles_rise(one, other):
    low, high = sorted((one, other))
    assert all(spread.quantile(low, {}) <= spread.quantile(high, {}) for spread in SPREADS)


@pytest.mark.parametrize("spread", SPREADS, ids=str)
def test_the_density_is_that_of_the_quantiles(spread):
    for share in (0.05, 0.5, 0.9):
        upper = spread.quantile(share, {})
        below, _ = integrate.quad(
            lambda x: math.exp(spread.log_density(x, {})), spread.low, upper, epsabs=1e-10
        )
        assert below == pytest.approx(share, abs=1e-7)
    assert spread.log_density(spread.high + 1.0, {}) == -math.inf


def test_a_cut_normal_keeps_its_middle():
    # symmetric cuts leave the mean; n = 4000, standard error at most 2 / sqrt(n)
    wide = [Normal(3.0, 2.0, -5.0, 11.0).quantile(share, {}) for share in RANDOM]
    assert np.mean(wide) == pytest.approx(3.0, abs=5 * 2.0 / np.sqrt(len(wide)))
    assert np.std(wide) == pytest.approx(2.0, rel=5 / np.sqrt(2 * len(wide)))


def test_options_come_by_their_weights():
    spread = Choice(("a", "b", "c"), (1.0, 2.0, 1.0))
    assert spread.shares == (0.25, 0.5, 0.25)
    assert [spread.quantile(share, {}) for share in (0.0, 0.2499, 0.25, 0.74, 0.76, 1.0)] == list("aabbcc")
    assert math.exp(spread.log_density("b", {})) == pytest.approx(0.5)
    assert spread.log_density("d", {}) == -math.inf
    assert str(spread) == "one of a 25 %, b 50 %, c 25 %"
    assert Choice(("a", "b")).shares == (0.5, 0.5)


def test_a_case_is_chosen_by_what_stands_before():
    spread = Conditional("place", {"arm": Uniform(0.0, 2.0), "pole": Choice(("x",))})
    assert spread.quantile(0.5, {"place": "arm"}) == 1.0
    assert spread.quantile(0.5, {"place": "pole"}) == "x"
    assert spread.log_density(1.0, {"place": "arm"}) == pytest.approx(-math.log(2.0))
    assert spread.allows("x", {"place": "pole"})
    assert not spread.allows("x", {"place": "arm"})
    assert not spread.allows(1.0, {})
    with pytest.raises(ConfigError, match="place='roof': must be one of arm, pole"):
        spread.quantile(0.5, {"place": "roof"})


@pytest.mark.parametrize("correlation", [-0.7, 0.0, 0.9])
def test_a_value_follows_the_weather_and_keeps_its_own_spread(correlation):
    spread = Follows(Uniform(0.0, 1.0), "wind_m_s", correlation)
    ranks, n = stream(2, "ranks").random(4000), RANDOM.size
    values = np.array(
        [spread.quantile(u, {"weather.wind_m_s": rank}) for u, rank in zip(RANDOM, ranks, strict=True)]
    )
    assert np.sort(values) == pytest.approx((np.arange(n) + 0.5) / n, abs=1.63 / np.sqrt(n))  # KS, 1 %
    # rank correlation of a Gaussian copula: 6/pi asin(r/2); its standard error is at most 1/sqrt(n)
    expected = 6.0 / np.pi * np.arcsin(correlation / 2.0)
    assert np.corrcoef(values, ranks)[0, 1] == pytest.approx(expected, abs=5 / np.sqrt(n))


def test_without_weather_a_follower_is_its_own_spread():
    spread = Follows(LogUniform(1.0, 100.0), "air_k", 0.8)
    assert spread.quantile(0.5, {}) == pytest.approx(10.0)
    assert spread.quantile(0.5, {"weather.air_k": 0.5}) == pytest.approx(10.0)
    assert spread.quantile(0.5, {"weather.air_k": 1.0}) <= 100.0
    assert spread.allows(10.0, {})
    assert spread.log_density(10.0, {}) == LogUniform(1.0, 100.0).log_density(10.0, {})


@pytest.mark.parametrize(
    "value", [None, True, "1", float("nan"), float("inf"), -float("inf"), [1.0], 10**400]
)
def test_only_numbers_within_the_bounds_are_numbers(value):
    assert not any(spread.allows(value, {}) for spread in SPREADS)


@pytest.mark.parametrize("value", [1, 1.0, np.float64(1.0)])
def test_kinds_of_number_that_fit(value):
    assert all(spread.allows(value, {}) for spread in SPREADS)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Uniform(3.0, 3.0), "must rise"),
        (lambda: Uniform(0.0, math.inf), "must rise"),
        (lambda: LogUniform(-1.0, 3.0), "must be above 0"),
        (lambda: Normal(0.0, 0.0, -1.0, 1.0), "must be above 0"),
        (lambda: Normal(0.0, 1.0, 1.0, -1.0), "must rise"),
        (lambda: Choice(("a", "a")), "different options"),
        (lambda: Choice(()), "different options"),
        (lambda: Choice(("a", "b"), (1.0,)), "give 2 weights"),
        (lambda: Choice(("a", "b"), (1.0, 0.0)), "weights above 0"),
        (lambda: Follows(Uniform(0.0, 1.0), "air_k", 1.1), "within -1 to 1"),
    ],
)
def test_impossible_spreads_are_refused(make, words):
    with pytest.raises(ConfigError, match=words):
        make()
