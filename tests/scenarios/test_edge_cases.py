import math
from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envirosense.core.errors import ConfigError
from envirosense.core.rng import stream
from envirosense.scenarios import (
    SCENARIOS,
    Choice,
    Conditional,
    Constraint,
    LogUniform,
    Parameter,
    ParameterSpace,
    Uniform,
)
from envirosense.scenarios.edge_cases import LEVELS, STRATEGIES, covering_rows, edge_cases, with_settings


def space(*constraints, **spreads):
    parameters = {name: Parameter(spread, "1", name, "assumed") for name, spread in spreads.items()}
    return ParameterSpace(parameters, constraints)


SPACE = space(
    place=Choice(("arm", "pole", "tank"), (1.0, 2.0, 1.0)),
    mode=Conditional("place", {"arm": Choice(("x",)), "pole": Choice(("x", "y")), "tank": Choice(("z",))}),
    power=LogUniform(1.0, 100.0),
    begin=Uniform(0.0, 1.0),
    length=Uniform(0.0, 1.0),
)
CUT = ParameterSpace(SPACE.parameters, (Constraint({"begin": 1.0, "length": 1.0}, at_most=1.2),))


@settings(derandomize=True, max_examples=20, deadline=None)
@given(st.sampled_from(STRATEGIES), st.integers(0, 30), st.integers(0, 2**40), st.sampled_from([SPACE, CUT]))
def test_as_many_as_asked_for_all_allowed_and_the_same_again(strategy, count, seed, over):
    found = edge_cases(over, strategy, count, seed)
    assert len(found) == count
    for case in found:
        over.check(case.values)
        assert case.strategy == strategy
        assert 0.0 <= case.rarity <= 1.0
    assert edge_cases(over, strategy, count, seed) == found


def test_a_longer_list_begins_with_the_shorter_one():
    assert all(edge_cases(CUT, s, 30, 4)[:7] == edge_cases(CUT, s, 7, 4) for s in STRATEGIES)


def test_boundary_puts_every_number_at_both_ends_and_draws_the_rest():
    found = edge_cases(SPACE, "boundary", 6, 1)
    ends = {(name, found[i].values[name]) for i in range(6) for name in found[i].settings}
    assert ends == {
        ("power", 1.0), ("power", 100.0), ("begin", 0.0), ("begin", 1.0), ("length", 0.0), ("length", 1.0)
    }  # fmt: skip
    assert all(len(case.settings) == 1 and case.rarity == 0.0 for case in found)
    assert len({case.values["begin"] for case in edge_cases(SPACE, "boundary", 60, 1)}) > 30


def test_boundary_takes_the_end_of_the_case_that_holds():
    over = space(
        place=Choice(("low", "high")),
        height=Conditional("place", {"low": Uniform(0.0, 1.0), "high": Uniform(10.0, 12.0)}),
    )
    ends = {(case.values["place"], case.values["height"]) for case in edge_cases(over, "boundary", 40, 1)}
    assert ends == {("low", 0.0), ("low", 1.0), ("high", 10.0), ("high", 12.0)}


def test_extreme_sets_two_or_more_numbers_far_out():
    found = edge_cases(SPACE, "extreme", 60, 2)
    assert {len(case.settings) for case in found} == {2, 3}
    for case in found:
        assert set(case.settings.values()) <= {0.001, 0.999}
        assert case.rarity == pytest.approx(0.001 ** len(case.settings))
    corners = Counter(tuple(sorted(case.settings.items())) for case in found)
    assert len(corners) > 12  # of 3 * 4 + 8


def test_extreme_leaves_out_corners_that_the_constraints_cut_off():
    found = edge_cases(CUT, "extreme", 40, 2)
    assert not any(case.settings.get("begin") == case.settings.get("length") == 0.999 for case in found)


def pairs(rows):
    return {pair for row in rows for pair in combinations(sorted(row.items(), key=str), 2)}


def test_rows_cover_every_pair_of_settings_that_can_be():
    rows = covering_rows(CUT, stream(1, "rows"))
    found = pairs(rows)
    modes = {"arm": "x", "tank": "z"}
    for place in ("arm", "pole", "tank"):
        for level in LEVELS:
            assert (("place", place), ("power", level)) in found
        for mode in ("x", "y", "z"):
            can_be = mode == modes[place] if place in modes else mode in "xy"
            assert ((("mode", mode), ("place", place)) in found) == can_be
    low, high = LEVELS
    for a, b in ((low, low), (low, high), (high, low)):
        assert (("begin", a), ("length", b)) in found
    assert (("begin", high), ("length", high)) not in found
    assert len(rows) <= 16  # 3 places times 3 modes bound it from below by 4


def test_few_rows_cover_many_options():
    over = space(**{f"p{i}": Choice(("a", "b", "c")) for i in range(4)})
    rows = covering_rows(over, stream(2, "rows"))
    assert len(pairs(rows)) == 6 * 9
    assert len(rows) <= 24  # the best array has 9 rows, all of them together 81


def test_rows_can_cover_triples():
    over = space(**{f"p{i}": Choice(("a", "b")) for i in range(4)})
    rows = covering_rows(over, stream(2, "rows"), strength=3)
    triples = {three for row in rows for three in combinations(row.items(), 3)}
    assert len(triples) == 4 * 8
    assert len(rows) <= 16


def test_pairwise_comes_to_every_pair_soon():
    found = edge_cases(SPACE, "pairwise", 30, 5)
    assert pairs([c.settings for c in found]) >= pairs(
        covering_rows(SPACE, stream(5, "edge settings", "pairwise", 0))
    )
    options = {name: value for name, value in found[0].values.items() if isinstance(value, str)}
    assert options == {name: found[0].settings[name] for name in options}
    odds = {"arm": 0.25, "pole": 0.5, "tank": 0.25}[found[0].values["place"]]
    odds *= 0.5 if found[0].values["place"] == "pole" else 1.0
    assert found[0].rarity == pytest.approx(odds * 0.05**3)


def test_a_space_of_one_parameter_is_covered_by_its_levels():
    assert covering_rows(space(a=Uniform(0.0, 1.0)), stream(1, "rows")) == [{"a": 0.05}, {"a": 0.95}]
    assert covering_rows(space(), stream(1, "rows")) == []


def test_settings_that_cannot_be_give_nothing():
    assert with_settings(SPACE, {"place": "arm", "mode": "y"}, stream(1, "x")) is None
    assert with_settings(SPACE, {"mode": "y"}, stream(1, "x"))["place"] == "pole"


@pytest.mark.parametrize(
    ("over", "strategy", "words"),
    [
        (SPACE, "random", "choose from boundary, pairwise, extreme"),
        (space(), "boundary", "nothing in this space"),
        (space(a=Choice(("x", "y"))), "extreme", "nothing in this space"),
        (space(Constraint({"a": 1.0}, 0.4, 0.6), a=Uniform(0.0, 1.0)), "boundary", "refuse all that it sets"),
    ],
)
def test_what_cannot_be_done_is_said(over, strategy, words):
    with pytest.raises(ConfigError, match=words):
        edge_cases(over, strategy, 3, 1)


def test_no_edge_cases_are_fewer_than_none():
    assert edge_cases(space(), "extreme", 0, 1) == ()
    with pytest.raises(ConfigError, match="count=-1"):
        edge_cases(SPACE, "extreme", -1, 1)


@pytest.mark.parametrize("scenario", list(SCENARIOS))
def test_every_scenario_takes_its_edge_cases(scenario):
    scenario_class = SCENARIOS[scenario]
    if not scenario_class.space.parameters:
        return
    for case in (c for strategy in STRATEGIES for c in _some(scenario_class.space, strategy)):
        assert scenario_class(case.values).params == case.values
        assert math.isfinite(case.rarity)


def _some(over, strategy):
    try:
        return edge_cases(over, strategy, 6, 1)
    except ConfigError:
        return []
