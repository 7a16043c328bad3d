from dataclasses import replace

import numpy as np
import pytest

from envirosense.core.errors import DatasetError
from envirosense.learning.models.bundle import alarm_score
from envirosense.learning.retraining.trainer import BoostingTrainer, ForestTrainer, balanced_weights
from envirosense.testing.trainers import check_trainer


@pytest.mark.slow
@pytest.mark.parametrize("make", [ForestTrainer, BoostingTrainer])
def test_our_trainers_keep_the_contract(make, train, validation, held_out, task) -> None:
    check_trainer(make, train, validation, held_out, task)


class Deaf(ForestTrainer):
    """Takes no notice of weights."""

    def _weights(self, train):
        return balanced_weights(train.weighted(np.ones(len(train))))


class Peeking(ForestTrainer):
    """Learns from the validation samples too."""

    def train(self, train, validation, task, rng):
        return super().train(type(train).concat([train, validation]), validation, task, rng)


class Drawing(ForestTrainer):
    """Takes draws from elsewhere."""

    def train(self, train, validation, task, rng):
        return super().train(train, validation, task, np.random.default_rng())


class Eager(ForestTrainer):
    def train(self, train, validation, task, rng):
        bundle = super().train(train, validation, task, rng)
        return replace(bundle, card=bundle.card.model_copy(update={"threshold": -1.0}))


class Shuffling(ForestTrainer):
    """Learns nothing."""

    def train(self, train, validation, task, rng):
        return super().train(train.relabelled(rng.permutation(len(train))), validation, task, rng)


class Old(ForestTrainer):
    contract = 0


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (Old, "contract must be 1"),
        (Drawing, "same samples and rng"),
        (Eager, "40 of 40 negative validation units"),
        (Peeking, "must not depend on them"),
        pytest.param(Deaf, "weights change nothing", marks=pytest.mark.slow),
        pytest.param(Shuffling, "weights change nothing|no better than guessing", marks=pytest.mark.slow),
    ],
)
def test_a_trainer_that_breaks_the_contract_is_told_how(
    make, what, train, validation, held_out, task
) -> None:
    with pytest.raises(AssertionError, match=what):
        check_trainer(make, train, validation, held_out, task)


def test_one_class_alone_cannot_be_learned(train, validation, task) -> None:
    for chosen in (train.y == "quiet", train.y == "loud", train.y == "none"):
        with pytest.raises(DatasetError, match="at least one other class"):
            ForestTrainer().train(train.select(chosen), validation, task, np.random.default_rng(0))


def test_a_feature_without_end_is_named(train, validation, task) -> None:
    x = train.x.copy()
    x[3, 1] = 1e300
    with pytest.raises(DatasetError, match="feature b_v"):
        ForestTrainer().train(replace(train, x=x), validation, task, np.random.default_rng(0))


def test_classes_weigh_the_same_whatever_their_number_and_weights(toy) -> None:
    samples = toy(90, classes=("loud", "quiet", "quiet"))
    samples = samples.weighted(np.where(np.arange(len(samples)) % 4, 1.0, 7.0))
    weight = balanced_weights(samples)
    totals = [weight[samples.y == name].sum() for name in samples.classes]
    assert totals == pytest.approx([len(samples) / 2] * 2)
    quiet = samples.y == "quiet"
    assert np.ptp(weight[quiet] / samples.weight[quiet]) < 1e-12


def test_a_forest_takes_what_was_never_unknown_in_training(train, validation, held_out, task) -> None:
    bundle = ForestTrainer().train(train, validation, task, np.random.default_rng(0))
    holes = replace(held_out, x=np.full_like(held_out.x, np.nan))
    assert np.ptp(alarm_score(bundle, holes)) == 0.0
