"""Which samples to ask for next: doubt, disagreement of members and spread, as numpy over probabilities.

All strategies have one signature and higher is better, so that they can be swapped by name. None needs an
estimator of a certain library: probabilities of any model will do.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.learning.samples import Floats, Samples

type Utilities = Callable[[Floats, Floats | None, Floats, Floats, np.random.Generator], Floats]
type Index = npt.NDArray[np.intp]

_LEAST: Final = 1e-300  # a probability of 0 has no logarithm and adds nothing


def _plogp(p: Floats) -> Floats:
    return p * np.log(np.maximum(p, _LEAST))


def _require_members(members: Floats | None, name: str) -> Floats:
    if members is None or len(members) < 2:
        given = 0 if members is None else len(members)
        raise ConfigError("members", given, f"{name} needs the scores of at least 2 members of an ensemble")
    return members


def entropy(scores: Floats, members: Floats | None, x: Floats, labelled_x: Floats,
            rng: np.random.Generator) -> Floats:  # fmt: skip
    """Shannon entropy of the score, (sample,) [nat]."""
    return -_plogp(scores).sum(axis=1)


def margin(scores: Floats, members: Floats | None, x: Floats, labelled_x: Floats,
           rng: np.random.Generator) -> Floats:  # fmt: skip
    """One less the distance of the two likeliest classes, (sample,), 0..1."""
    if scores.shape[1] < 2:
        return np.zeros(len(scores))
    top = np.partition(scores, -2, axis=1)[:, -2:]
    return 1.0 - (top[:, 1] - top[:, 0])


def least_confident(scores: Floats, members: Floats | None, x: Floats, labelled_x: Floats,
                    rng: np.random.Generator) -> Floats:  # fmt: skip
    """One less the score of the likeliest class, (sample,)."""
    return 1.0 - scores.max(axis=1)


def bald(scores: Floats, members: Floats | None, x: Floats, labelled_x: Floats,
         rng: np.random.Generator) -> Floats:  # fmt: skip
    """Mutual information of class and member: entropy of the mean less mean entropy, (sample,) [nat].

    High where members are sure of different things, low where all agree that it is a toss-up.
    """
    members = _require_members(members, "bald")
    whole = -_plogp(members.mean(axis=0)).sum(axis=1)
    return np.maximum(whole + _plogp(members).sum(axis=2).mean(axis=0), 0.0)


def committee_kl(scores: Floats, members: Floats | None, x: Floats, labelled_x: Floats,
                 rng: np.random.Generator) -> Floats:  # fmt: skip
    """Mean divergence of the members from their consensus, (sample,) [nat]: equals `bald`."""
    members = _require_members(members, "committee_kl")
    consensus = np.maximum(members.mean(axis=0), _LEAST)
    apart = members * (np.log(np.maximum(members, _LEAST)) - np.log(consensus))
    return np.asarray(apart.sum(axis=2).mean(axis=0), dtype=np.float64)


def vote_entropy(scores: Floats, members: Floats | None, x: Floats, labelled_x: Floats,
                 rng: np.random.Generator) -> Floats:  # fmt: skip
    """Entropy of the members' votes, (sample,) [nat]."""
    return -_plogp(_votes(_require_members(members, "vote_entropy"))).sum(axis=1)


def variation_ratio(scores: Floats, members: Floats | None, x: Floats, labelled_x: Floats,
                    rng: np.random.Generator) -> Floats:  # fmt: skip
    """Share of the members that vote against the majority, (sample,)."""
    return 1.0 - _votes(_require_members(members, "variation_ratio")).max(axis=1)


def _votes(members: Floats) -> Floats:
    """Share of the votes for each class, (sample, class)."""
    chosen = members.argmax(axis=2)
    return np.stack([(chosen == one).mean(axis=0) for one in range(members.shape[2])], axis=1)


def core_set(scores: Floats, members: Floats | None, x: Floats, labelled_x: Floats,
             rng: np.random.Generator) -> Floats:  # fmt: skip
    """Distance to the nearest labelled sample, features in standard deviations, (sample,)."""
    here, there = standardised(x, labelled_x)
    return nearest(here, there)


def random(scores: Floats, members: Floats | None, x: Floats, labelled_x: Floats,
           rng: np.random.Generator) -> Floats:  # fmt: skip
    """Even numbers of 0..1, (sample,): the baseline."""
    return rng.random(len(scores))


STRATEGIES: Final[dict[str, Utilities]] = {
    one.__name__: one
    for one in (
        entropy, margin, least_confident, bald, committee_kl, vote_entropy, variation_ratio, core_set, random,
    )
}  # fmt: skip


def query(
    samples: Samples,
    k: int,
    scores: Floats,
    *,
    strategy: str = "entropy",
    members: Floats | None = None,
    labelled: Samples | None = None,
    spread: float = 0.0,
    rng: np.random.Generator,
) -> Index:
    """Index of the `k` samples most worth asking for, best first.

    Args:
        samples: To choose from.
        k: How many; all where there are fewer.
        scores: Of the model, (sample, class).
        strategy: Name in `STRATEGIES`.
        members: Scores of the members of an ensemble, (member, sample, class).
        labelled: What is known already, for strategies that keep away from it.
        spread: 0: the best by themselves, which may all be alike; above 0: the best `k (1 + 10 spread)` are
            thinned to the `k` that lie furthest apart. `core_set` always is.
        rng: Breaks ties.

    Raises:
        ConfigError: if the strategy is unknown, needs members, or sizes do not fit.
    """
    if strategy not in STRATEGIES:
        raise UnknownNameError("strategy", strategy, STRATEGIES)
    _require_fit(samples, k, scores, members)
    known = labelled.x if labelled is not None else np.empty((0, samples.x.shape[1]))
    k = min(k, len(samples))
    if strategy == "core_set":
        here, there = standardised(samples.x, known)
        return k_centre(here, k, there)
    utilities = STRATEGIES[strategy](scores, members, samples.x, known, rng)
    order = np.lexsort((rng.random(len(utilities)), -utilities))
    if spread <= 0.0:
        return order[:k]
    pool = order[: min(len(order), int(np.ceil(k * (1.0 + 10.0 * spread))))]
    here, _ = standardised(samples.x[pool], known)
    return pool[k_centre(here, k, here[:0])]


def _require_fit(samples: Samples, k: int, scores: Floats, members: Floats | None) -> None:
    if k < 1:
        raise ConfigError("k", k, "ask for at least 1")
    if scores.ndim != 2 or len(scores) != len(samples):
        raise ConfigError("scores", scores.shape, f"must be ({len(samples)}, classes)")
    if members is not None and members.shape[1:] != scores.shape:
        raise ConfigError("members", members.shape, f"must be (member, {scores.shape[0]}, {scores.shape[1]})")


# --- spread


def standardised(x: Floats, labelled_x: Floats) -> tuple[Floats, Floats]:
    """Both in standard deviations of all together; what is unknown becomes the mean."""
    both = np.concatenate([x, labelled_x])
    known = ~np.isnan(both)
    n = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, both, 0.0).sum(axis=0) / n
    apart = np.where(known, both - mean, 0.0)
    sigma = np.sqrt((apart**2).sum(axis=0) / n)
    scaled = apart / np.where(sigma > 0.0, sigma, 1.0)
    return scaled[: len(x)], scaled[len(x) :]


def nearest(x: Floats, centres: Floats) -> Floats:
    """Distance of each row to its nearest centre, (row,); inf where there is none."""
    least = np.full(len(x), np.inf)
    for centre in centres:
        np.minimum(least, ((x - centre) ** 2).sum(axis=1), out=least)
    return np.sqrt(least)


def k_centre(x: Floats, k: int, centres: Floats) -> Index:
    """Index of `k` rows, each the one furthest from all centres and those before it.

    The greedy answer is at most twice as far from the rows as the best possible. Without centres it begins
    with row 0.
    """
    least = nearest(x, centres) ** 2
    chosen = np.empty(k, dtype=np.intp)
    for turn in range(k):
        chosen[turn] = at = int(least.argmax())
        np.minimum(least, ((x - x[at]) ** 2).sum(axis=1), out=least)
        least[at] = -1.0  # a row is chosen once
    return chosen
