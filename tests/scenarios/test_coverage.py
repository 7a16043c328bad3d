import pytest

from envirosense.scenarios import (
    SCENARIOS,
    Choice,
    Conditional,
    Follows,
    LogUniform,
    Parameter,
    ParameterSpace,
    Uniform,
)
from envirosense.scenarios.act_spaces import different
from envirosense.scenarios.coverage import (
    categorical,
    is_movable,
    options_of,
    pair_coverage,
    possible_pairs,
    range_coverage,
)
from envirosense.scenarios.sampling import designed_draw, evened

EPISODES = 200


def space(*constraints, **spreads):
    parameters = {name: Parameter(spread, "1", name, "assumed") for name, spread in spreads.items()}
    return ParameterSpace(parameters, constraints)


SPACE = space(
    place=Choice(("arm", "pole")),
    mode=Conditional("place", {"arm": Choice(("x", "y")), "pole": Follows(Choice(("y", "z")), "air_k", 0.5)}),
    power=LogUniform(1.0, 100.0),
)


def test_options_are_found_through_cases_and_followers():
    assert options_of(SPACE.parameters["mode"].distribution) == ("x", "y", "z")
    assert categorical(SPACE) == ("place", "mode")
    assert [is_movable(p.distribution) for p in SPACE.parameters.values()] == [False, False, True]
    assert is_movable(Follows(Uniform(0.0, 1.0), "air_k", 0.1))
    assert is_movable(Conditional("place", {"arm": Uniform(0.0, 1.0)}))


def test_pairs_that_cannot_occur_do_not_count():
    assert set(possible_pairs(SPACE)) == {
        (("place", place), ("mode", mode))
        for place, mode in (("arm", "x"), ("arm", "y"), ("pole", "y"), ("pole", "z"))
    }


def test_a_pair_is_impossible_through_a_third_parameter():
    over = space(
        kind=Choice(("dry", "wet")),
        one=Conditional("kind", {"dry": Choice(("a",)), "wet": Choice(("b",))}),
        other=Conditional("kind", {"dry": Choice(("c",)), "wet": Choice(("d",))}),
    )
    both = {pair for pair in possible_pairs(over) if pair[0][0] == "one"}
    assert both == {(("one", "a"), ("other", "c")), (("one", "b"), ("other", "d"))}


def test_options_that_must_differ_are_no_pair():
    over = space(different("one", "other"), one=Choice(("a", "b")), other=Choice(("a", "b")))
    assert len(possible_pairs(over)) == 2


def test_coverage_is_the_share_of_possible_pairs_that_was_seen():
    draws = [{"place": "arm", "mode": "x", "power": 2.0}, {"place": "pole", "mode": "z", "power": 2.0}]
    found = pair_coverage(SPACE, draws)
    assert (found.n_possible, found.share) == (4, 0.5)
    assert found.missed == ((("place", "arm"), ("mode", "y")), (("place", "pole"), ("mode", "y")))
    assert pair_coverage(SPACE, []).share == 0.0
    assert pair_coverage(space(a=Choice(("x", "y"))), []).share == 1.0


def test_range_coverage_counts_equally_likely_parts():
    draws = [{"place": "arm", "mode": "x", "power": power} for power in (1.0, 1.1, 9.9, 10.1, 100.0)]
    assert range_coverage(SPACE, draws, n_bins=10) == {"power": 0.4}
    assert range_coverage(SPACE, [], n_bins=10) == {}


@pytest.mark.parametrize("scenario", list(SCENARIOS))
def test_two_hundred_episodes_see_the_pairs_of_options(scenario):
    """Sobol draws with rare options drawn more often; the weights of the draws restore the odds."""
    over = evened(SCENARIOS[scenario].space)
    for seed in range(3):
        draws = [designed_draw("sobol", over, seed, i).values for i in range(EPISODES)]
        found = pair_coverage(over, draws)
        assert found.share >= 0.95, found.missed


@pytest.mark.parametrize("scenario", list(SCENARIOS))
def test_two_hundred_episodes_see_the_range_of_every_number(scenario):
    over = SCENARIOS[scenario].space
    draws = [designed_draw("sobol", over, 1, i).values for i in range(EPISODES)]
    low = {name: share for name, share in range_coverage(over, draws, 20).items() if share < 0.95}
    cut = {name for constraint in over.constraints for name in constraint.weights}
    assert low.keys() <= cut  # a constraint may leave the end of a range empty
