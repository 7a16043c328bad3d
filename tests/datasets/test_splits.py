from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from envirosense.core.errors import ConfigError, DatasetError
from envirosense.datasets import assign_splits, check_no_leak, split_leaks


@given(st.lists(st.integers(0, 12), min_size=3), st.integers(0, 5))
def test_every_group_has_one_split_and_no_split_is_empty(numbers, seed):
    groups = [f"g{number}" for number in numbers]
    splits = assign_splits(groups, seed=seed)
    assert set(splits) == set(groups)
    if len(set(groups)) >= 3:
        assert set(splits.values()) == {"train", "validation", "test"}
    assert not split_leaks(groups, [splits[group] for group in groups])


def test_episodes_come_near_the_fractions():
    rng = np.random.default_rng(1)
    groups = [f"g{k}" for k in rng.integers(0, 100, 1000)]
    splits = assign_splits(groups, seed=3)
    counts = Counter(splits[group] for group in groups)
    for split, share in {"train": 0.7, "validation": 0.15, "test": 0.15}.items():
        assert counts[split] / 1000 == pytest.approx(share, abs=0.01)


def test_categories_are_balanced_too():
    groups = [f"g{k}" for k in range(40)]
    categories = ["fire" if k % 4 == 0 else "normal" for k in range(40)]
    splits = assign_splits(groups, seed=0, categories=categories)
    fire = Counter(
        splits[group] for group, category in zip(groups, categories, strict=True) if category == "fire"
    )
    assert fire["train"] in {6, 7, 8}
    assert min(fire["validation"], fire["test"]) >= 1


def test_the_order_of_episodes_does_not_matter_and_the_seed_does():
    groups = [f"g{k % 30}" for k in range(90)]
    assert assign_splits(groups, seed=1) == assign_splits(groups[::-1], seed=1)
    assert assign_splits(groups, seed=1) != assign_splits(groups, seed=2)


@pytest.mark.parametrize(("n_groups", "used"), [(1, {"train"}), (2, {"train", "validation"})])
def test_few_groups_fill_the_first_splits(n_groups, used):
    assert set(assign_splits([f"g{k}" for k in range(n_groups)], seed=0).values()) == used


def test_two_splits_may_be_asked_for():
    splits = assign_splits([f"g{k}" for k in range(10)], {"train": 8, "test": 2}, seed=0)
    assert Counter(splits.values()) == {"train": 8, "test": 2}


@pytest.mark.parametrize(
    "fractions", [{}, {"train": 0.0}, {"train": 1.0, "test": -1.0}, {"train": float("nan")}]
)
def test_bad_fractions_are_refused(fractions):
    with pytest.raises(ConfigError, match="every split needs a share above 0"):
        assign_splits(["a"], fractions, seed=0)


def test_categories_must_match_the_groups():
    with pytest.raises(ConfigError, match="one entry for each of 2 episodes"):
        assign_splits(["a", "b"], seed=0, categories=["x"])


def test_leaks_are_found_and_named():
    assert split_leaks(["a", "b", "a"], ["train", "test", "test"]) == {"a": ("test", "train")}
    check_no_leak(["a", "b"], ["train", "test"])
    with pytest.raises(DatasetError, match="group 'a' is in splits test, train"):
        check_no_leak(["a", "a"], ["train", "test"])
