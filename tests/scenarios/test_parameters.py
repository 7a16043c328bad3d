import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.rng import stream
from envirosense.scenarios import (
    Choice,
    Conditional,
    Constraint,
    LogUniform,
    Parameter,
    ParameterSpace,
    Uniform,
)

SPACE = ParameterSpace(
    {
        "power_w": Parameter(LogUniform(15.0, 250.0), "W", "heat", "assumed"),
        "share": Parameter(Uniform(-0.5, 0.5), "1", "share", "assumed"),
        "place": Parameter(Choice(("arm", "pole")), "1", "place", "assumed"),
    }
)
GOOD = {"power_w": 100.0, "share": 0.0, "place": "arm"}


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


def test_one_parameter_does_not_change_the_draw_of_another():
    fewer = ParameterSpace({"place": SPACE.parameters["place"]})
    assert drawn(5, fewer)["place"] == drawn(5)["place"]


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


def knob(distribution):
    return Parameter(distribution, "1", "a knob", "assumed")


SUM = ParameterSpace(
    {"a": knob(Uniform(0.0, 1.0)), "b": knob(Uniform(0.0, 1.0))},
    (Constraint({"a": 1.0, "b": 1.0}, at_most=1.0),),
)


def test_a_constraint_cuts_the_corner_off():
    # half of the square is refused; of 400 tries the share's standard error is 0.025
    draws = [SUM.drawn(lambda name, attempt, i=i: stream(i, name, attempt).random()) for i in range(400)]
    assert all(sum(draw.values.values()) <= 1.0 for draw in draws)
    tries = 400 + sum(draw.n_refused for draw in draws)
    assert 400 / tries == pytest.approx(0.5, abs=5 * 0.5 / 400**0.5)


def test_a_refused_draw_goes_on_in_the_streams():
    for seed in range(20):
        values = drawn(seed, SUM)
        SUM.check(values)
        assert drawn(seed, SUM) == values


def test_values_against_a_constraint_are_refused():
    with pytest.raises(ConfigError, match=r"parameters=.*'a': 0\.9.*: must keep \+?1 a \+1 b <= 1"):
        SUM.check({"a": 0.9, "b": 0.2})


def test_a_constraint_that_nothing_keeps_is_named_after_many_draws():
    impossible = ParameterSpace(SUM.parameters, (Constraint({"a": 1.0}, at_least=2.0),))
    with pytest.raises(ConfigError, match=r"constraints='2 <= 1 a': 1000 draws out of 1000 were refused"):
        drawn(0, impossible)


def test_a_constraint_names_parameters_of_its_space():
    with pytest.raises(UnknownNameError, match="parameter of a constraint"):
        ParameterSpace(SUM.parameters, (Constraint({"c": 1.0}),))


@pytest.mark.parametrize(
    ("constraint", "text"),
    [
        (Constraint({"a": 1.0, "b": -2.0}, at_least=0.0), "0 <= 1 a -2 b"),
        (Constraint({"a": 1.0}, -1.0, 3.0), "-1 <= 1 a <= 3"),
    ],
)
def test_a_constraint_reads_as_a_formula(constraint, text):
    assert str(constraint) == text


def test_a_conditional_parameter_takes_its_case_and_its_bounds():
    cases = {"arm": Uniform(0.0, 1.0), "pole": Uniform(10.0, 11.0)}
    space = ParameterSpace({"place": SPACE.parameters["place"], "height": knob(Conditional("place", cases))})
    draws = [drawn(seed, space) for seed in range(30)]
    assert {draw["place"] for draw in draws} == {"arm", "pole"}
    assert all((draw["height"] >= 10.0) == (draw["place"] == "pole") for draw in draws)
    with pytest.raises(ConfigError, match=r"height=10\.5: must be place arm: uniform 0 to 1; place pole"):
        space.check({"place": "arm", "height": 10.5})
