"""Parameter vectors: drawn, jittered, and weighed so that the choice of spots can be undone."""

import numpy as np
import pytest

from envirosense.core.errors import ConfigError
from envirosense.factory.weak_spots import WeakSpot
from envirosense.learning.active.scenario_space import (
    Encoding,
    drawn,
    importance_weights,
    jittered,
    n_rows,
    within,
)
from envirosense.scenarios.distributions import Choice, Uniform
from envirosense.scenarios.parameters import Constraint, Parameter, ParameterSpace


def space(**spreads):
    return ParameterSpace({name: Parameter(one, "1", name, "made up") for name, one in spreads.items()})


SPACES = {
    "hot/arc": ParameterSpace(
        space(gap=Uniform(0, 8), kind=Choice(("dry", "wet"))).parameters,
        (Constraint({"gap": 1.0}, at_most=6.0),),
    ),
    "hot/fire": space(heat=Uniform(10, 20)),
}


def even_rows(rng, n=3000):
    scenario = rng.choice(["hot/arc", "hot/fire"], n)
    is_arc = scenario == "hot/arc"
    return {
        "scenario": scenario,
        "gap": np.where(is_arc, rng.uniform(0, 6, n), np.nan),
        "heat": np.where(is_arc, np.nan, rng.uniform(10, 20, n)),
        "kind": np.where(is_arc, rng.choice(["dry", "wet"], n), ""),
        "wind": rng.gamma(2.0, 2.0, n),
    }


def test_candidates_keep_to_their_scenario_and_its_constraints(rng):
    found = drawn(SPACES, even_rows(rng, 50), 300, seed=1)
    is_arc = found["scenario"] == "hot/arc"
    assert 0 < is_arc.sum() < 300
    assert found["gap"][is_arc].max() <= 6.0
    assert np.isnan(found["gap"][~is_arc]).all()
    assert (found["heat"][~is_arc] >= 10).all()
    assert set(found["kind"][is_arc].tolist()) == {"dry", "wet"}
    assert len(np.unique(found["gap"][is_arc])) == is_arc.sum()  # drawn anew, not copied


def test_jitters_stay_near_and_are_allowed(rng):
    rows = even_rows(rng, 400)
    moved = jittered(rows, Encoding.of(rows), 0.05, SPACES, rng)
    assert 200 < n_rows(moved) <= 400
    assert np.nanmax(moved["gap"]) <= 6.0
    same = even_rows(np.random.default_rng(8), 400)
    assert np.array_equal(rows["gap"], same["gap"], equal_nan=True)  # the given rows are left alone


def test_unknown_numbers_lie_in_the_middle_for_distances(rng):
    rows = even_rows(rng, 20)
    encoding = Encoding.of(rows)
    places = encoding.places(rows)
    assert np.isfinite(places).all()
    assert ((places >= 0) & (places <= 1)).all()
    assert encoding.names[:3] == ("gap", "heat", "wind")


def test_weights_undo_the_choice_of_spots(rng):
    natural = even_rows(rng, 4000)
    spots = [WeakSpot(scenario="hot/arc", parameters={"wind": [6.0, 12.0]}), WeakSpot(scenario="hot/fire")]
    pieces = [even_rows(rng, 1000)]
    for spot, count in zip(spots, (1500, 500), strict=True):
        many = even_rows(rng, 60_000)
        held = np.flatnonzero(within(spot, many))[:count]
        assert len(held) == count
        pieces.append({name: column[held] for name, column in many.items()})
    rows = {name: np.concatenate([piece[name] for piece in pieces]) for name in natural}
    asked = [(None, 1000), (spots[0], 1500), (spots[1], 500)]
    weights = importance_weights(rows, asked, natural)
    assert weights.mean() == pytest.approx(1.0, abs=0.08)
    assert weights.max() <= 3.0 + 1e-9  # a third of the draws are even
    usual, biased = 4.0, rows["wind"].mean()  # mean of the gamma
    undone = (weights * rows["wind"]).sum() / weights.sum()
    sigma = np.sqrt((weights**2).sum()) / weights.sum() * np.sqrt(8.0)
    assert abs(undone - usual) < 5 * sigma
    assert abs(biased - usual) > 10 * sigma


def test_without_even_draws_there_are_no_weights(rng):
    rows = even_rows(rng, 10)
    with pytest.raises(ConfigError, match="share of even draws"):
        importance_weights(rows, [(WeakSpot(scenario="*"), 10)], rows)


def test_a_spot_holds_what_lies_in_all_of_its_ranges(rng):
    rows = even_rows(rng, 500)
    spot = WeakSpot(scenario="hot/*", parameters={"gap": [1, 2], "kind": "wet", "elsewhere": [0, 1]})
    held = within(spot, rows)
    expected = (rows["gap"] >= 1) & (rows["gap"] <= 2) & (rows["kind"] == "wet")
    np.testing.assert_array_equal(held, expected)
    assert held.any()
