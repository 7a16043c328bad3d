"""The comparison of two arms: equal arms tie, a better one wins, and nobody asks for more than it may."""

import json
import math

import numpy as np
import pytest

from envirosense.core.errors import ConfigError
from envirosense.core.rng import stream
from envirosense.factory.weak_spots import WeakSpot
from envirosense.learning.active.comparison import (
    Curve,
    Rounds,
    compare,
    episodes_to_reach,
    even,
    judged,
    run_arm,
)

from .conftest import planted_samples

SPOT = WeakSpot(scenario="hot/arc")
ROUNDS = Rounds(first=20, each=10, n=8)


class CountingArena:
    """The score of its region is one less exp(-draws from there / 10), with noise; `all` sees everything."""

    regions = ("arc",)

    def __init__(self, seed, noise=0.0):
        self.seed, self.noise = seed, noise
        self.asked = []

    def collect(self, plan, seed):
        self.asked += plan
        return planted_samples(stream(seed, "draws"), n=sum(count for _, count in plan))

    def learn(self, train, seed):
        return seed

    def scores(self, scorer):
        there = sum(count if spot else count / 10 for spot, count in self.asked)
        noise = self.noise * stream(self.seed, "score", scorer).standard_normal(2)
        return {"arc": 1 - math.exp(-there / 10) + noise[0], "all": 0.5 + noise[1]}


def asks_there(arena, seed):
    return lambda pool, scorer, episodes, turn: [(SPOT, episodes - 2), (None, 2)]


def test_an_arm_that_asks_in_the_right_place_wins_and_the_ratio_is_exact():
    found = compare(lambda seed: CountingArena(seed), asks_there, ROUNDS, range(10))
    (region,) = found.regions
    # the even arm ends with 10 draws there; the active one has 2, and gets 8.2 with each 10 episodes
    expected = np.interp(1 - math.exp(-1), [1 - math.exp(-0.2), 1 - math.exp(-1.02)], [20, 30]) / 100
    assert region.ratio == pytest.approx(expected)
    assert region.p < 0.01
    assert region.is_won
    assert found.n_won == 1
    assert region.final["active"] > region.final["even"]
    assert all(gain > 0 for gain in region.area_gains)


def test_the_first_draws_are_shared_and_both_arms_pay_for_every_episode():
    curves = {arm: run_arm(arm, CountingArena(3), ask, ROUNDS, 3)
              for arm, ask in (("even", even), ("active", asks_there(None, 3)))}  # fmt: skip
    first = {arm: found[0].scores[0] for arm, found in curves.items()}
    assert first["even"] == first["active"]
    for found in curves.values():
        assert found[0].episodes == (20, 30, 40, 50, 60, 70, 80, 90, 100)


def test_two_equal_arms_tie():
    noise, seeds = 0.05, range(40)
    pairs = compare(
        lambda seed: CountingArena(seed, noise),
        lambda arena, seed: _even_with_other_noise(arena),
        ROUNDS,
        seeds,
    )
    (region,) = pairs.regions
    assert region.p > 0.01
    assert region.ratio > 0.8
    assert not region.is_won


def _even_with_other_noise(arena):
    arena.seed += 1000
    return even


def test_what_is_measured_beside_the_regions_is_told_apart():
    found = compare(lambda seed: CountingArena(seed), asks_there, ROUNDS, range(3))
    assert [one.region for one in found.others] == ["all"]
    assert [row["region"] for row in found.rows()] == ["arc", "all"]
    episodes, scores = found.mean_curve("active", "arc")
    assert len(episodes) == len(scores) == 9
    with pytest.raises(ConfigError, match="no such curve"):
        found.mean_curve("active", "fire")


def test_a_score_never_reached_is_infinite_and_null_in_json():
    curves = [Curve("even", "arc", 1, (10, 20), (0.5, 0.9)), Curve("active", "arc", 1, (10, 20), (0.5, 0.6))]
    found = judged(curves, Rounds(10, 10, 1))
    assert math.isinf(found.regions[0].ratio)
    assert not found.regions[0].is_won
    told = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert told["regions"][0]["ratios"] == [None]


def test_episodes_are_read_off_the_rising_curve():
    lucky = Curve("active", "arc", 1, (10, 20, 30, 40), (0.2, 0.8, 0.3, 0.6))
    np.testing.assert_allclose(lucky.rising, [0.2, 0.55, 0.55, 0.6])
    assert episodes_to_reach(lucky, 0.6) == pytest.approx(40)  # one lucky round does not count
    assert episodes_to_reach(lucky, 0.375) == pytest.approx(15)
    assert episodes_to_reach(lucky, 0.1) == 10
    assert math.isinf(episodes_to_reach(lucky, 0.7))


def test_an_arm_that_asks_for_more_than_it_may_is_refused():
    def greedy(pool, scorer, episodes, turn):
        return [(SPOT, episodes + 1)]

    with pytest.raises(ConfigError, match="must ask for 10 episodes"):
        run_arm("active", CountingArena(1), greedy, ROUNDS, 1)
    with pytest.raises(ConfigError, match="at least 1"):
        Rounds(10, 0, 3)


def test_curves_are_heard_of_as_they_come():
    heard = []
    compare(lambda seed: CountingArena(seed), asks_there, Rounds(5, 5, 1), (1, 2), heard.append)
    assert [(one.arm, one.seed, one.region) for one in heard] == [
        (arm, seed, region) for seed in (1, 2) for arm in ("even", "active") for region in ("arc", "all")
    ]
