import math

import numpy as np
import pytest
from scipy import stats

from envirosense.core.errors import ConfigError, DatasetError
from envirosense.core.rng import stream
from envirosense.learning.deployment.betting import log_evidence, log_evidence_of_pairs
from envirosense.learning.deployment.duel import duel, group_balance, looks, mcnemar_p
from envirosense.learning.deployment.power import (
    duel_power,
    false_promotions,
    plan_duel,
    power_curve,
    promoted,
    simulated_duels,
)


def pair(won, lost, both=10):
    champion = np.array([False] * won + [True] * lost + [True] * both)
    challenger = np.array([True] * won + [False] * lost + [True] * both)
    return champion, challenger


@pytest.mark.parametrize(("b", "c"), [(0, 0), (1, 0), (10, 2), (7, 7), (300, 240)])
def test_evidence_is_the_closed_form(b, c):
    """2^(b+c) B(b+1, c+1) = 2^n / ((n+1) C(n, b))."""
    n = b + c
    exact = n * math.log(2) - math.log(n + 1) - math.log(math.comb(n, b))
    assert float(log_evidence_of_pairs(b, c)) == pytest.approx(exact, abs=1e-9)
    if n:
        walk = stream(1, "duel tests", "order").permutation(np.r_[np.ones(b), -np.ones(c)])
        assert log_evidence(walk)[-1] == pytest.approx(exact, abs=1e-6)


def test_evidence_is_a_fair_game():
    """Over all 2^10 equally likely courses the mean wealth is 1 after every step."""
    steps = np.array(np.meshgrid(*[[-1, 1]] * 10)).reshape(10, -1).T
    wealth = np.exp([log_evidence(course.astype(float)) for course in steps])
    np.testing.assert_allclose(wealth.mean(axis=0), 1.0, atol=1e-9)


def test_a_better_challenger_is_promoted_and_a_worse_one_is_not():
    better, worse = duel(*pair(20, 4)), duel(*pair(4, 20))
    assert better.promote
    assert not worse.promote
    assert better.evidence == worse.evidence > 20
    assert (better.challenger_only, better.champion_only, better.n) == (20, 4, 34)
    assert better.reason.startswith("the challenger was right alone 20 to 4 times on 34 units: better")
    assert ": worse (" in worse.reason


def test_an_equal_challenger_stays_challenger():
    right = stream(2, "duel tests", "equal").random(5000) < 0.8
    assert not duel(right, right).promote
    assert duel(right, right).evidence == 1.0
    assert "no difference" in duel(*pair(9, 8)).reason


def test_the_boundary_is_one_over_alpha():
    at = [duel(*pair(n, 0)).promote for n in range(10)]  # 2^n / (n + 1) >= 20 from n = 7.x on
    assert at == [2**n / (n + 1) >= 20 for n in range(10)]
    assert not duel(*pair(8, 0), alpha=0.01).promote


def test_swapping_the_two_swaps_the_verdict():
    champion, challenger = pair(30, 10)
    forth, back = duel(champion, challenger), duel(challenger, champion)
    assert forth.promote != back.promote
    assert (forth.challenger_only, forth.fixed_p) == (back.champion_only, back.fixed_p)


@pytest.mark.parametrize(("b", "c"), [(5, 0), (9, 3), (4, 12), (6, 6), (0, 0), (210, 160)])
def test_mcnemar_is_the_exact_binomial_test(b, c):
    expected = stats.binomtest(b, b + c).pvalue if b + c else 1.0
    assert mcnemar_p(b, c) == pytest.approx(expected, rel=1e-9)


def test_bad_input_is_refused():
    champion, challenger = pair(3, 2)
    with pytest.raises(DatasetError, match="15 and 14 outcomes"):
        duel(champion, challenger[1:])
    with pytest.raises(DatasetError, match="groups"):
        duel(champion, challenger, group=np.array(["a"]))
    with pytest.raises(ConfigError, match="alpha"):
        duel(champion, challenger, alpha=1.0)
    with pytest.raises(ConfigError, match="together at most 1"):
        duel_power(0.7, 0.7, 10, test="evidence")
    with pytest.raises(ConfigError, match="no gain to see"):
        plan_duel(0.04, 0.07)


def test_looking_stops_at_the_first_promotion():
    found = looks(*pair(60, 0, both=0), at=range(5, 61, 5))
    assert [one.promote for one in found] == [False, True]
    assert found[-1].n == 10


def test_looking_often_at_equal_models_promotes_at_most_alpha():
    """1,000 duels of 20 looks: at most 5 %; peeking with McNemar's test breaks its word."""
    honest = false_promotions(1000, 20, 2000, 0.11, seed=7)
    assert honest.value <= 0.05
    assert honest.high < 0.05
    assert false_promotions(1000, 20, 2000, 0.11, seed=7, test="mcnemar").low > 0.05


@pytest.mark.parametrize("disagree", [0.02, 0.3, 1.0])
def test_it_holds_whatever_the_models_disagree_about(disagree):
    assert false_promotions(1000, 20, 400, disagree, seed=8).high < 0.05


def test_a_test_that_always_says_yes_would_be_found_out():
    assert false_promotions(1000, 20, 2000, 0.11, seed=7, alpha=0.999).low > 0.05


def test_power_is_that_of_simulated_duels():
    """4,000 duels at 7 % against 4 %; 5 standard errors of a share are 0.03."""
    won, lost = simulated_duels(4000, 1, 2000, 0.07, 0.04, seed=3)
    once = promoted(won, lost, test="mcnemar").mean()
    assert duel_power(0.07, 0.04, 2000, test="mcnemar") == pytest.approx(once, abs=0.03)
    won, lost = simulated_duels(1000, 2000, 2000, 0.07, 0.04, seed=3)
    always = promoted(won, lost).any(axis=1).mean()
    assert duel_power(0.07, 0.04, 2000, test="evidence") == pytest.approx(always, abs=0.06)


def test_power_of_few_pairs_is_counted_exactly():
    """All 2^9 courses of nine discordant pairs, each looked at after every pair."""
    p, chance = 0.8, 0.0
    for code in range(2**9):
        steps = np.array([code >> at & 1 for at in range(9)])
        won = np.cumsum(steps)
        if promoted(won, np.arange(1, 10) - won).any():
            chance += p ** steps.sum() * (1 - p) ** (9 - steps.sum())
    assert duel_power(p, 1 - p, 9, test="evidence") == pytest.approx(chance, abs=1e-12)


def test_power_grows_with_units_and_the_plan_hits_it():
    ns = (100, 400, 1600, 6400)
    for test in ("evidence", "mcnemar"):
        assert np.all(np.diff(power_curve(0.07, 0.04, ns, test=test)) > 0)
    plan = plan_duel(0.07, 0.04)
    assert duel_power(0.07, 0.04, plan.n_units, test="evidence") == pytest.approx(0.8, abs=0.01)
    assert plan.n_fixed < plan.n_units < 2 * plan.n_fixed
    assert f"needs {plan.n_units} independent units" in str(plan)
    assert plan_duel(0.0501, 0.05).n_units is None
    assert "too small to plan for" in str(plan_duel(0.0501, 0.05))


def test_under_no_difference_exact_power_stays_below_the_sharper_bound():
    """Ahead and at 1/alpha: at most alpha / (2 - alpha), even looking after each of 10,000 units."""
    assert duel_power(0.1, 0.1, 10_000, test="evidence") < 0.05 / 1.95
    assert duel_power(0.09, 0.1, 10_000, test="evidence") < duel_power(0.1, 0.1, 10_000, test="evidence")


def homes(n_homes, n_patterns, spread, seed, gain=0.0):
    """Patterns of homes: in each home one of two models is better, by chance."""
    rng = stream(seed, "duel tests", "homes")
    group = np.repeat([f"h{at}" for at in range(n_homes)], n_patterns)
    tilt = np.repeat(np.clip(0.5 + gain + rng.normal(0, spread, n_homes), 0, 1), n_patterns)
    differ = rng.random(len(group)) < 0.3
    won = differ & (rng.random(len(group)) < tilt)
    champion = differ & ~won
    return champion, won, group


def test_units_that_depend_on_one_another_need_groups():
    """300 duels on 30 homes of 40 patterns: by unit the promise is broken, by home it is kept."""
    found = [homes(30, 40, 0.4, seed) for seed in range(300)]
    by_unit = np.mean([duel(champion, challenger).promote for champion, challenger, _ in found])
    by_group = np.mean(
        [duel(champion, challenger, group=group).promote for champion, challenger, group in found]
    )
    assert by_unit > 0.1
    assert by_group <= 0.05


def test_by_group_a_better_challenger_still_wins():
    champion, challenger, group = homes(30, 40, 0.1, seed=1, gain=0.2)
    found = duel(champion, challenger, group=group)
    assert found.promote
    assert found.by == "group"
    assert "of 30 groups" in found.reason
    assert not duel(challenger, champion, group=group).promote


def test_groups_of_one_unit_are_units():
    champion, challenger = pair(20, 6)
    names = np.array([f"u{at}" for at in range(len(champion))])
    assert duel(champion, challenger, group=names).evidence == pytest.approx(
        duel(champion, challenger).evidence
    )


def test_few_groups_cannot_promote():
    champion, challenger = pair(70, 0, both=0)
    assert not duel(champion, challenger, group=np.array([f"s{at % 7}" for at in range(70)])).promote
    assert duel(champion, challenger, group=np.array([f"s{at % 8}" for at in range(70)])).promote


def test_the_balance_of_a_group_counts_disagreements_alone():
    won = np.array([1, 1, 0, 0, 0, 0], dtype=bool)
    lost = np.array([0, 0, 1, 0, 1, 0], dtype=bool)
    group = np.array(["b", "b", "b", "c", "a", "a"])
    np.testing.assert_allclose(group_balance(won, lost, group), [1 / 3, -1.0])
