"""Splits by whole group: no site or home is ever in two of them."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from envirosense.core import rng as streams
from envirosense.core.errors import ConfigError, DatasetError

DEFAULT_FRACTIONS: Mapping[str, float] = {"train": 0.7, "validation": 0.15, "test": 0.15}

type Counts = npt.NDArray[np.float64]


def assign_splits(
    groups: Sequence[str],
    fractions: Mapping[str, float] = DEFAULT_FRACTIONS,
    *,
    seed: int,
    categories: Sequence[str] | None = None,
) -> dict[str, str]:
    """Split of every group, so that episodes, and each category of them, come near the fractions.

    Every split is used when there are at least as many groups as splits. The order of the
    episodes does not matter.

    Args:
        groups: group of each episode.
        fractions: share of each split; they are scaled to sum to 1.
        seed: decides between arrangements that are equally good.
        categories: category of each episode, to balance as well.
    """
    shares = _shares(fractions)
    counts = _counts(groups, categories or [""] * len(groups))
    target = shares[:, None] * sum(counts.values())
    held = np.zeros_like(target)
    names, assigned = list(fractions), {}
    order = _order(counts, seed)
    for position, group in enumerate(order):
        allowed = np.ones(len(names), dtype=bool)
        empty = held.sum(axis=1) == 0
        if len(order) - position <= empty.sum():
            allowed = empty
        best = int(np.argmin(np.where(allowed, _added_imbalance(counts[group], held, target), np.inf)))
        held[best] += counts[group]
        assigned[group] = names[best]
    return dict(sorted(assigned.items()))


def _shares(fractions: Mapping[str, float]) -> Counts:
    shares = np.array(list(fractions.values()), dtype=np.float64)
    if not len(shares) or not np.all(np.isfinite(shares)) or np.any(shares <= 0):
        raise ConfigError(
            "fractions", dict(fractions), "every split needs a share above 0; leave out unused splits"
        )
    return shares / shares.sum()


def _counts(groups: Sequence[str], categories: Sequence[str]) -> dict[str, Counts]:
    """Episodes by category (category,) of every group; the last entry counts them all."""
    if len(categories) != len(groups):
        raise ConfigError(
            "categories", len(categories), f"needs one entry for each of {len(groups)} episodes"
        )
    names = sorted(set(categories))
    pairs = Counter(zip(groups, categories, strict=True))
    totals = Counter(groups)
    return {g: np.array([*(pairs[g, name] for name in names), totals[g]], np.float64) for g in sorted(totals)}


def _order(counts: Mapping[str, Counts], seed: int) -> list[str]:
    """Groups, largest first, equal ones shuffled."""
    names = list(counts)
    rank = streams.stream(seed, "splits").permutation(len(names))
    return [names[i] for i in sorted(range(len(names)), key=lambda i: (-counts[names[i]][-1], rank[i]))]


def _added_imbalance(group: Counts, held: Counts, target: Counts) -> Counts:
    """Growth of the squared distance to the target if each split took the group, (split,)."""
    after = (held + group - target) ** 2
    return np.asarray(((after - (held - target) ** 2) / target).sum(axis=1))


def split_leaks(keys: Sequence[str], splits: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Keys (groups, world fingerprints) found in more than one split, with those splits."""
    seen: dict[str, set[str]] = {}
    for key, split in zip(keys, splits, strict=True):
        seen.setdefault(key, set()).add(split)
    return {key: tuple(sorted(found)) for key, found in sorted(seen.items()) if len(found) > 1}


def check_no_leak(keys: Sequence[str], splits: Sequence[str], what: str = "group") -> None:
    """Refuse splits that share a key.

    Raises:
        DatasetError: naming the first key and its splits.
    """
    leaks = split_leaks(keys, splits)
    if leaks:
        key, found = next(iter(leaks.items()))
        raise DatasetError(f"{what} {key!r} is in splits {', '.join(found)}; split by whole {what}")
