import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.rng import stream
from envirosense.scenarios import Choice, LogUniform, Parameter, ParameterSpace, Uniform

SPACE = ParameterSpace(
    {
        "power_w": Parameter(LogUniform(15.0, 250.0), "W", "heat", "assumed"),
        "share": Parameter(Uniform(-0.5, 0.5), "1", "share", "assumed"),
        "place": Parameter(Choice(("arm", "pole")), "1", "place", "assumed"),
    }
)
GOOD = {"power_w": 100.0, "share": 0.0, "place": "arm"}
NUMBERS = st.floats(1e-6, 1e6)


def drawn(seed, space=SPACE):
    return space.draw(lambda name: stream(seed, name))


@settings(derandomize=True, max_examples=50, deadline=None)
@given(st.integers(0, 2**63 - 1))
def test_what_is_drawn_is_allowed_plain_and_repeatable(seed):
    values = drawn(seed)
    SPACE.check(values)
    assert values.keys() == SPACE.parameters.keys()
    assert [type(value) for value in values.values()] == [float, float, str]
    assert drawn(seed) == values


@settings(derandomize=True, max_examples=50, deadline=None)
@given(NUMBERS, NUMBERS, st.integers(0, 1000))
def test_any_bounds_hold(one, other, seed):
    low, high = sorted((one, other))
    for spread in (Uniform(low, high), LogUniform(low, high)):
        value = spread.draw(stream(seed, "x"))
        assert low <= value <= high
        assert spread.allows(value)
        assert spread.allows(low)
        assert spread.allows(high)
        assert not spread.allows(low - 1)
        assert not spread.allows(high * 2 + 1)


def test_one_parameter_does_not_change_the_draw_of_another():
    fewer = ParameterSpace({"place": SPACE.parameters["place"]})
    assert drawn(5, fewer)["place"] == drawn(5)["place"]


def test_distributions_have_their_shape():
    # n = 4000 draws; means within 5 standard errors: width / sqrt(12 n)
    rng, n = stream(1, "shape"), 4000
    uniform = [Uniform(2.0, 6.0).draw(rng) for _ in range(n)]
    assert np.mean(uniform) == pytest.approx(4.0, abs=5 * 4.0 / np.sqrt(12 * n))
    logs = np.log10([LogUniform(0.1, 100.0).draw(rng) for _ in range(n)])
    assert np.mean(logs) == pytest.approx(0.5, abs=5 * 3.0 / np.sqrt(12 * n))
    heads = np.mean([Choice(("a", "b")).draw(rng) == "a" for _ in range(n)])
    assert heads == pytest.approx(0.5, abs=5 * 0.5 / np.sqrt(n))


@pytest.mark.parametrize(
    "value", [None, True, "1", float("nan"), float("inf"), -float("inf"), [1.0], 10**400]
)
def test_only_numbers_within_the_bounds_are_numbers(value):
    assert not Uniform(0.0, 2.0).allows(value)
    assert not LogUniform(0.1, 2.0).allows(value)


@pytest.mark.parametrize("value", [1, 1.0, np.float64(1.0)])
def test_kinds_of_number_that_fit(value):
    assert Uniform(0.0, 2.0).allows(value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"power_w": 14.9}, r"power_w=14\.9: must be log-uniform 15 to 250 \[W\]"),
        ({"share": 1}, r"share=1: must be uniform -0\.5 to 0\.5 \[1\]"),
        ({"place": "roof"}, r"place='roof': must be one of arm, pole"),
        ({"place": 1.0}, r"place=1\.0: must be one of"),
    ],
)
def test_what_is_out_of_range_is_refused(change, words):
    with pytest.raises(ConfigError, match=words):
        SPACE.check(GOOD | change)


def test_unknown_and_missing_parameters_are_refused():
    SPACE.check(GOOD)
    with pytest.raises(UnknownNameError, match="did you mean 'power_w'"):
        SPACE.check(GOOD | {"power": 1})
    with pytest.raises(ConfigError, match="place=None: parameter is missing"):
        SPACE.check({"power_w": 100.0, "share": 0.0})


def test_a_space_crosses_process_borders():
    assert pickle.loads(pickle.dumps(SPACE)) == SPACE
