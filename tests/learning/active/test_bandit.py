"""The bandit: adapts to a planted weak family, forgets, starves nobody."""

import numpy as np
import pytest

from envirosense.core.errors import ConfigError
from envirosense.learning.active.bandit import BanditSettings, FamilyBandit, rewards_of

FAMILIES = ("fire", "wear", "weather", "calm")


def played(gains, seed, rounds=40, settings=None):
    """Reward of all rounds together, of the bandit and of even shares; `gains` may depend on the round."""
    rng, bandit = np.random.default_rng(seed), FamilyBandit(FAMILIES, settings or BanditSettings())
    won, even = 0.0, 0.0
    for turn in range(rounds):
        now = gains(turn)
        shares = bandit.shares(rng)
        rewards = {name: now[name] + 0.5 * rng.standard_normal() for name in FAMILIES}
        won += sum(shares[name] * now[name] for name in FAMILIES)
        even += np.mean([now[name] for name in FAMILIES])
        bandit.learn(rewards)
    return won, even, bandit


def test_regret_is_less_than_that_of_even_shares_on_a_planted_weak_family():
    gains = dict(zip(FAMILIES, (0.1, 1.0, 0.1, 0.1), strict=True))
    for seed in range(5):
        won, even, _ = played(lambda turn: gains, seed)
        best = 40 * 1.0
        assert best - won < 0.5 * (best - even)


def test_it_follows_a_family_that_stops_teaching():
    def gains(turn):
        return {**dict.fromkeys(FAMILIES, 0.1), ("wear" if turn < 20 else "fire"): 1.0}

    _, _, bandit = played(gains, 1)
    shares = bandit.shares(np.random.default_rng(0))
    assert max(shares, key=shares.get) == "fire"
    _, _, stubborn = played(gains, 1, settings=BanditSettings(discount=1.0))
    assert stubborn.shares(np.random.default_rng(0))["fire"] < shares["fire"]


def test_no_family_starves():
    gains = dict(zip(FAMILIES, (0.0, 5.0, 0.0, 0.0), strict=True))
    _, _, bandit = played(lambda turn: gains, 3)
    shares = bandit.shares(np.random.default_rng(1))
    assert min(shares.values()) >= 0.2 / 4 - 1e-12
    assert sum(shares.values()) == pytest.approx(1)
    allotted = bandit.allot(41, np.random.default_rng(1))
    assert sum(allotted.values()) == 41
    assert min(allotted.values()) >= 1


def test_without_evidence_the_shares_are_even_within_chance():
    draws = 4000
    shares = FamilyBandit(FAMILIES, BanditSettings(draws=draws)).shares(np.random.default_rng(2))
    sigma = 0.8 * np.sqrt(0.25 * 0.75 / draws)
    assert all(abs(one - 0.25) < 5 * sigma for one in shares.values())


def test_the_unit_of_the_reward_does_not_matter():
    def shares(scale):
        bandit = FamilyBandit(FAMILIES)
        for _ in range(4):
            bandit.learn({"fire": 1.0 * scale, "wear": 0.2 * scale, "calm": 0.1 * scale})
        return bandit.shares(np.random.default_rng(5))

    assert shares(1.0) == pytest.approx(shares(1e-6))


def test_reward_is_the_loss_that_fell_per_cost():
    rewards = rewards_of({"fire": 0.5, "wear": 0.4}, {"fire": 0.3, "wear": 0.5}, {"fire": 100.0, "wear": 0.0})
    assert rewards == {"fire": pytest.approx(0.002)}


def test_what_cannot_be_is_refused():
    bandit = FamilyBandit(FAMILIES)
    with pytest.raises(ConfigError, match="did you mean 'fire'"):
        bandit.learn({"fires": 1.0})
    with pytest.raises(ConfigError, match="finite"):
        bandit.learn({"fire": float("nan")})
    with pytest.raises(ConfigError, match="at least one"):
        FamilyBandit(())
