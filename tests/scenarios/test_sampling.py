import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.rng import stream
from envirosense.scenarios import (
    Choice,
    Conditional,
    Constraint,
    Follows,
    LogUniform,
    Normal,
    Parameter,
    ParameterSpace,
    Uniform,
)
from envirosense.scenarios.sampling import (
    DESIGNS,
    design_shares,
    designed_draw,
    easiest_first,
    evened,
    importance_weight,
    narrowed,
    of_difficulty,
)


def space(*constraints, **spreads):
    parameters = {name: Parameter(spread, "1", name, "assumed") for name, spread in spreads.items()}
    return ParameterSpace(parameters, constraints)


SPACE = space(
    place=Choice(("arm", "pole"), (1.0, 3.0)),
    height=Conditional("place", {"arm": Uniform(0.0, 1.0), "pole": Uniform(10.0, 12.0)}),
    power=LogUniform(1.0, 100.0),
    wind=Follows(Normal(5.0, 2.0, 0.0, 20.0), "wind_m_s", 0.6),
)
TRIANGLE = space(Constraint({"a": 1.0, "b": 1.0}, at_most=1.0), a=Uniform(0.0, 1.0), b=Uniform(0.0, 1.0))


def shares(design, n, seed=1, over=SPACE, per=64):
    return np.array(
        [[design_shares(design, over, seed, i, per)(name, 0) for name in over.parameters] for i in range(n)]
    )


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    st.sampled_from(DESIGNS), st.integers(0, 2**40), st.integers(0, 2000), st.sampled_from([SPACE, TRIANGLE])
)
def test_every_draw_of_every_design_is_allowed_and_comes_again(design, seed, index, over):
    drawn = designed_draw(design, over, seed, index, 50)
    over.check(drawn.values)
    assert designed_draw(design, over, seed, index, 50) == drawn


@pytest.mark.parametrize("design", DESIGNS)
def test_designs_differ_by_seed_and_fill_the_unit_interval_evenly(design):
    one, other = shares(design, 512), shares(design, 512, seed=2)
    assert not np.any(one == other)
    assert np.all((one >= 0.0) & (one < 1.0))
    # standard error of a random mean: 1 / sqrt(12 n); the others do better
    np.testing.assert_allclose(one.mean(axis=0), 0.5, atol=5 / np.sqrt(12 * 512))


def test_sobol_points_put_one_in_every_equal_share_of_a_power_of_two():
    points = shares("sobol", 256)
    for column in points.T:
        np.testing.assert_array_equal(np.sort((column * 256).astype(int)), np.arange(256))


def test_sobol_points_go_on_beyond_a_block_as_if_there_were_none():
    from scipy.stats.qmc import discrepancy

    points = shares("sobol", 1024, over=TRIANGLE)
    assert len(np.unique(points[:, 0])) == 1024
    assert discrepancy(points) < 0.1 * discrepancy(shares("random", 1024, over=TRIANGLE))
    # a net in base 2: every 32 by 32 cell holds one of 1024 points of the two first dimensions
    cells = (points * 32).astype(int)
    assert len({tuple(cell) for cell in cells}) == 1024


def test_a_latin_hypercube_visits_every_share_once_in_every_turn():
    points = shares("latin_hypercube", 120, per=40)
    for turn in (points[:40], points[40:80], points[80:]):
        for column in turn.T:
            np.testing.assert_array_equal(np.sort((column * 40).astype(int)), np.arange(40))
    assert abs(np.corrcoef(points[:40].T)[0, 1]) < 0.5


def test_a_latin_hypercube_of_another_parameter_is_another():
    fewer = space(power=SPACE.parameters["power"].distribution)
    for i in range(5):
        whole, part = (designed_draw("latin_hypercube", s, 3, i, 10).values["power"] for s in (SPACE, fewer))
        assert whole == part


def test_refused_points_go_on_at_random_and_keep_the_constrained_spread():
    draws = [designed_draw("sobol", TRIANGLE, 5, i) for i in range(600)]
    a = np.array([draw.values["a"] for draw in draws])
    # a has the density 2 (1 - a): mean 1/3, standard deviation 0.236
    assert a.mean() == pytest.approx(1 / 3, abs=5 * 0.236 / np.sqrt(600))
    assert len(set(a)) == 600
    assert sum(draw.n_refused == 0 for draw in draws) == pytest.approx(300, abs=20)


def test_draws_follow_the_weather_they_are_given():
    calm, windy = (
        designed_draw("sobol", SPACE, 1, 7, ranks={"wind_m_s": rank}).values for rank in (0.1, 0.9)
    )
    assert windy["wind"] > calm["wind"]
    assert windy["power"] == calm["power"]


def test_a_space_without_parameters_has_empty_draws():
    assert all(designed_draw(design, space(), 1, 3, 10).values == {} for design in DESIGNS)


def test_an_unknown_design_and_an_empty_hypercube_are_refused():
    with pytest.raises(ConfigError, match="choose from random, sobol, latin_hypercube"):
        designed_draw("grid", SPACE, 1, 0)
    with pytest.raises(ConfigError, match="n=0: a Latin hypercube needs at least one draw"):
        designed_draw("latin_hypercube", SPACE, 1, 0)


# --- importance

PROPOSALS = [
    {"power": Uniform(1.0, 100.0)},
    {"place": Choice(("arm", "pole"))},
    {"height": Conditional("place", {"arm": Normal(0.5, 0.5, 0.0, 1.0), "pole": Uniform(10.0, 12.0)})},
    {"wind": Normal(10.0, 4.0, 0.0, 20.0), "place": Choice(("arm", "pole"), (2.0, 1.0))},
]


@pytest.mark.parametrize("proposal", PROPOSALS, ids=str)
def test_weights_have_the_mean_one_and_give_the_prior_back(proposal):
    other = narrowed(SPACE, proposal)
    rng = stream(1, "importance")
    draws = [
        other.drawn(lambda name, _: rng.random(), {"wind_m_s": rng.random()}).values for _ in range(3000)
    ]
    weights = np.array([importance_weight(SPACE, other, values) for values in draws])
    assert np.all(np.isfinite(weights) & (weights > 0.0))
    error = weights.std() / np.sqrt(weights.size)
    assert weights.mean() == pytest.approx(1.0, abs=5 * error)
    log_power = np.log10([values["power"] for values in draws])
    spread = np.std(weights * (log_power - 1.0)) / np.sqrt(weights.size)
    assert np.mean(weights * log_power) == pytest.approx(1.0, abs=5 * (spread + error))


def test_a_weight_is_the_ratio_of_the_densities():
    other = narrowed(SPACE, {"power": LogUniform(10.0, 100.0), "place": Choice(("arm", "pole"))})
    values = {"place": "arm", "height": 0.5, "power": 20.0, "wind": 5.0}
    assert importance_weight(SPACE, other, values) == pytest.approx(0.5 * 0.25 / 0.5)
    assert importance_weight(SPACE, SPACE, values) == 1.0


def test_what_follows_the_weather_goes_on_following_it():
    other = narrowed(SPACE, {"wind": Uniform(0.0, 20.0)})
    calm, windy = (
        other.drawn(lambda name, _: 0.5, {"wind_m_s": rank}).values["wind"] for rank in (0.01, 0.99)
    )
    assert calm < 5.0 < 15.0 < windy


@pytest.mark.parametrize(
    ("proposal", "words"),
    [
        (
            {"power": LogUniform(0.5, 50.0)},
            "power='log-uniform 0.5 to 50': gives 0.5; stay within log-uniform 1",
        ),
        ({"power": Choice(("high",))}, "gives 'high'; stay within"),
        ({"place": Choice(("arm", "roof"))}, "gives 'roof'; stay within"),
        ({"wind": Uniform(0.0, 30.0)}, "gives 30.0; stay within"),
    ],
)
def test_a_proposal_outside_the_space_is_refused(proposal, words):
    with pytest.raises(ConfigError, match=words):
        narrowed(SPACE, proposal)


def test_a_proposal_names_a_parameter_of_the_space():
    with pytest.raises(UnknownNameError, match="did you mean 'power'"):
        narrowed(SPACE, {"pover": Uniform(1.0, 2.0)})


def test_values_that_either_space_never_gives_have_no_weight():
    other = narrowed(
        SPACE, {"height": Conditional("place", {"arm": Uniform(0.0, 5.0), "pole": Uniform(10.0, 12.0)})}
    )
    values = {"place": "arm", "power": 20.0, "wind": 5.0}
    with pytest.raises(ConfigError, match=r"height=3\.0: cannot be drawn from place arm: uniform 0 to 1"):
        importance_weight(SPACE, other, values | {"height": 3.0})
    narrow = narrowed(SPACE, {"power": LogUniform(10.0, 100.0)})
    with pytest.raises(ConfigError, match=r"power=2\.0: cannot be drawn from log-uniform 10 to 100"):
        importance_weight(SPACE, narrow, values | {"height": 0.5, "power": 2.0})


def test_rare_options_become_common_and_keep_their_weight():
    cases = {"x": Choice(("u", "v"), (9.0, 1.0)), "y": Choice(("u", "v"))}
    rare = space(
        on=Choice(("x", "y"), (0.9, 0.1)),
        of=Conditional("on", cases),
        wet=Follows(Choice(("a", "b"), (0.8, 0.2)), "rain_mm_h", 0.3),
        power=Uniform(0.0, 1.0),
    )
    even = evened(rare, 0.5)
    assert even.parameters["on"].distribution.shares == pytest.approx((0.7, 0.3))
    assert even.parameters["of"].distribution.cases["x"].shares == pytest.approx((0.7, 0.3))
    assert even.parameters["wet"].distribution.spread.shares == pytest.approx((0.65, 0.35))
    assert even.parameters["power"] == rare.parameters["power"]
    values = {"on": "y", "of": "u", "wet": "a", "power": 0.5}
    assert importance_weight(rare, even, values) == pytest.approx(0.1 / 0.3 * 0.8 / 0.65)


# --- curriculum

DRAWS = [{"power": power} for power in (3.0, 1.0, 9.0, 1.0)]


def difficulty(draw):
    return 1.0 - draw["power"] / 10.0


def test_a_curriculum_begins_with_what_is_easy():
    assert [draw["power"] for draw in easiest_first(DRAWS, difficulty)] == [9.0, 3.0, 1.0, 1.0]
    one, other = easiest_first(DRAWS, difficulty)[2:]
    assert (one, other) == (DRAWS[1], DRAWS[3])
    assert one is DRAWS[1]
    assert easiest_first([], difficulty) == []


def test_draws_of_one_difficulty_are_picked_in_their_order():
    assert of_difficulty(DRAWS, difficulty, 0.5) == [DRAWS[0], DRAWS[1], DRAWS[3]]
    assert of_difficulty(DRAWS, difficulty, high=0.5) == [DRAWS[2]]
    assert of_difficulty(DRAWS, difficulty) == DRAWS


@pytest.mark.parametrize("rating", [-0.1, 1.1, math.nan])
def test_a_difficulty_lies_within_0_to_1(rating):
    with pytest.raises(ConfigError, match="difficulty"):
        easiest_first(DRAWS, lambda draw: rating)
