"""Sample-level strategies: closed forms, limits, and scikit-activeml as oracle."""

import numpy as np
import pytest

from envirosense.core.errors import ConfigError
from envirosense.learning.active.strategies import STRATEGIES, k_centre, query

from .conftest import planted_samples

OF_MEMBERS = ("bald", "committee_kl", "vote_entropy", "variation_ratio")


def drawn_scores(rng, members=5, n=200, classes=4):
    found = rng.dirichlet(np.full(classes, 0.5), size=(members, n))
    return found.mean(axis=0), found


def utilities(name, scores, members, rng, x=None):
    x = np.zeros((len(scores), 2)) if x is None else x
    return STRATEGIES[name](scores, members, x, x[:0], rng)


def test_uncertainty_in_closed_form(rng):
    scores = np.array([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0], [0.6, 0.3, 0.1]])
    entropy = [np.log(2), 0.0, -(0.6 * np.log(0.6) + 0.3 * np.log(0.3) + 0.1 * np.log(0.1))]
    np.testing.assert_allclose(utilities("entropy", scores, None, rng), entropy, atol=1e-12)
    np.testing.assert_allclose(utilities("margin", scores, None, rng), [1.0, 0.0, 0.7])
    np.testing.assert_allclose(utilities("least_confident", scores, None, rng), [0.5, 0.0, 0.4])


def test_bald_knows_disagreement_from_a_toss_up(rng):
    toss_up = np.full((4, 1, 2), 0.5)
    disagree = np.array([[[1.0, 0.0]], [[1.0, 0.0]], [[0.0, 1.0]], [[0.0, 1.0]]])
    assert utilities("bald", toss_up[0], toss_up, rng)[0] == pytest.approx(0.0, abs=1e-12)
    assert utilities("bald", disagree.mean(0), disagree, rng)[0] == pytest.approx(np.log(2))
    assert utilities("entropy", toss_up[0], toss_up, rng)[0] == pytest.approx(np.log(2))


def test_committee_divergence_is_bald_by_another_road(rng):
    scores, members = drawn_scores(rng)
    np.testing.assert_allclose(
        utilities("committee_kl", scores, members, rng), utilities("bald", scores, members, rng), atol=1e-9
    )


def test_votes_in_closed_form(rng):
    members = np.array([[[0.9, 0.1]], [[0.6, 0.4]], [[0.2, 0.8]]])
    third = [1 / 3, 2 / 3]
    assert utilities("vote_entropy", members.mean(0), members, rng)[0] == pytest.approx(
        -sum(p * np.log(p) for p in third)
    )
    assert utilities("variation_ratio", members.mean(0), members, rng)[0] == pytest.approx(1 / 3)


@pytest.mark.parametrize("name", OF_MEMBERS)
def test_a_committee_of_one_is_refused(name, rng):
    scores, members = drawn_scores(rng, members=1)
    with pytest.raises(ConfigError, match="at least 2 members"):
        utilities(name, scores, members, rng)


def test_k_centre_covers_within_twice_the_best(rng):
    corners = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [10.0, 10.0]])
    x = np.concatenate([corner + rng.uniform(-0.5, 0.5, (50, 2)) for corner in corners])
    chosen = k_centre(x, 4, x[:0])
    assert len({int(at) // 50 for at in chosen}) == 4
    to_next = np.min(np.linalg.norm(x[:, None] - x[chosen], axis=2), axis=1).max()
    assert to_next <= 2 * np.sqrt(0.5)  # the best radius is at most that of one cluster


def test_the_best_are_asked_for_and_spread_keeps_them_apart(rng):
    samples = planted_samples(rng, n=200)
    scores, members = drawn_scores(rng)
    best = query(samples, 10, scores, strategy="margin", rng=rng)
    value = utilities("margin", scores, members, rng)
    assert value[best].min() >= np.delete(value, best).max()
    apart = query(samples, 10, scores, strategy="margin", spread=0.5, rng=rng)
    assert len(set(apart.tolist())) == 10

    def closest(rows):
        distance = np.linalg.norm(samples.x[rows][:, None] - samples.x[rows], axis=2)
        return distance[np.triu_indices(10, 1)].min()

    assert closest(apart) > closest(best)


def test_core_set_keeps_away_from_what_is_labelled(rng):
    samples = planted_samples(rng, n=100)
    scores, _ = drawn_scores(rng, n=100)
    known = samples.select(np.arange(50))
    chosen = query(samples, 20, scores, strategy="core_set", labelled=known, rng=rng)
    assert chosen.min() >= 50


@pytest.mark.parametrize("name", sorted(STRATEGIES))
def test_the_same_seed_asks_for_the_same(name, rng):
    samples = planted_samples(rng, n=60)
    scores, members = drawn_scores(rng, n=60)
    first, second = (
        query(samples, 9, scores, strategy=name, members=members, rng=np.random.default_rng(3))
        for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)
    assert len(set(first.tolist())) == 9


def test_what_does_not_fit_is_refused(rng):
    samples = planted_samples(rng, n=20)
    scores, members = drawn_scores(rng, n=20)
    with pytest.raises(ConfigError, match="did you mean 'entropy'"):
        query(samples, 2, scores, strategy="entrop", rng=rng)
    with pytest.raises(ConfigError, match="ask for at least 1"):
        query(samples, 0, scores, rng=rng)
    with pytest.raises(ConfigError, match=r"must be \(20, classes\)"):
        query(samples, 2, scores[:5], rng=rng)
    with pytest.raises(ConfigError, match="members"):
        query(samples, 2, scores, members=members[:, :5], rng=rng)


@pytest.mark.parametrize(
    ("ours", "theirs"), [("entropy", "entropy"), ("margin", "margin_sampling"), ("least_confident",) * 2]
)
def test_uncertainty_equals_scikit_activeml(ours, theirs, rng):
    oracle = pytest.importorskip("skactiveml.pool")
    scores, _ = drawn_scores(rng)
    expected = oracle.uncertainty_scores(scores, method=theirs)
    np.testing.assert_allclose(utilities(ours, scores, None, rng), expected, atol=1e-6)


def test_committees_equal_scikit_activeml(rng):
    oracle = pytest.importorskip("skactiveml.pool")
    scores, members = drawn_scores(rng)
    votes = members.argmax(axis=2).T
    np.testing.assert_allclose(
        utilities("committee_kl", scores, members, rng), oracle.average_kl_divergence(members), atol=1e-5
    )
    theirs = oracle.vote_entropy(votes, [0, 1, 2, 3])
    ours = utilities("vote_entropy", scores, members, rng)
    np.testing.assert_allclose(
        ours / ours.max(), theirs / theirs.max(), atol=1e-6
    )  # their log may have another base
    np.testing.assert_allclose(
        utilities("variation_ratio", scores, members, rng), oracle.variation_ratios(votes), atol=1e-6
    )


def test_core_set_equals_scikit_activeml(rng):
    oracle = pytest.importorskip("skactiveml.pool")
    x = rng.normal(size=(80, 3))
    is_known = np.arange(80) < 10
    theirs, _ = oracle.k_greedy_center(
        x, np.where(is_known, 1.0, np.nan), batch_size=6, random_state=0, missing_label=np.nan
    )
    ours = k_centre(x[~is_known], 6, x[is_known]) + 10
    np.testing.assert_array_equal(ours, theirs)
