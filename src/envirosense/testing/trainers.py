"""The contract every trainer must keep."""

import tempfile
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from envirosense.learning.judging.evaluator import require_probabilities
from envirosense.learning.judging.units import unit_outcomes
from envirosense.learning.metrics import average_precision
from envirosense.learning.models.bundle import ModelBundle, alarm_score, load_bundle
from envirosense.learning.retraining.trainer import CONTRACT, Trainer
from envirosense.learning.samples import Samples
from envirosense.learning.tasks import ModelTask


def check_trainer(
    make: Callable[[], Trainer], train: Samples, validation: Samples, held_out: Samples, task: ModelTask
) -> ModelBundle:
    """A model of the trainer, after failing if it breaks the contract on these samples.

    The three sets need the same classes, in different groups, that features can tell apart.

    Raises:
        AssertionError: saying what broke.
    """
    trainer = make()
    assert trainer.contract == CONTRACT, f"contract must be {CONTRACT}"
    assert trainer.name, "name must say what it is"
    assert trainer.version, "version must change with what it does"
    before = train.content_hash, validation.content_hash
    bundle = _trained(make, train, validation, task)
    assert before == (train.content_hash, validation.content_hash), "training must not change its samples"
    _check_card(bundle, train, task)
    _check_scores(bundle, held_out)
    _check_threshold(bundle, validation, task)
    _check_storage(bundle, held_out)
    again = _trained(make, train, validation, task)
    assert np.array_equal(again.score(held_out), bundle.score(held_out)), "same samples and rng, same scores"
    _check_blindness(make, bundle, train, validation, task)
    _check_weights(make, train, validation, held_out, task)
    _check_skill(bundle, held_out, task)
    return bundle


def _trained(
    make: Callable[[], Trainer], train: Samples, validation: Samples, task: ModelTask
) -> ModelBundle:
    return make().train(train, validation, task, np.random.default_rng(1))


def _check_card(bundle: ModelBundle, train: Samples, task: ModelTask) -> None:
    card = bundle.card
    assert card.task == task.name, f"the card must name the task {task.name!r}"
    assert card.negative == task.negative, f"the negative class must be {task.negative!r}"
    assert card.features == train.features, "the card must name the training features, in order"
    assert tuple(sorted(card.classes)) == train.classes, "the classes must be those of the training samples"
    assert "@" in card.trainer, "the card must name the trainer as name@version"


def _check_scores(bundle: ModelBundle, samples: Samples) -> None:
    require_probabilities(bundle.score(samples), len(samples), len(bundle.classes))
    unknown = replace(samples, x=np.full_like(samples.x, np.nan))
    require_probabilities(bundle.score(unknown), len(samples), len(bundle.classes))
    half = np.arange(0, len(samples), 2)
    alone, together = bundle.score(samples.select(half)), bundle.score(samples)[half]
    assert np.allclose(alone, together), "the score of a sample must not depend on the others scored"


def _check_threshold(bundle: ModelBundle, validation: Samples, task: ModelTask) -> None:
    units = unit_outcomes(validation, alarm_score(bundle, validation) > bundle.threshold, task)
    quiet = int(np.sum(~units.positive))
    alarms = int(np.sum(units.alarmed & ~units.positive))
    assert alarms <= task.alarm_share * quiet, (
        f"the threshold lets {alarms} of {quiet} negative validation units alarm; {task.alarm_share:.0%} may"
    )


def _check_storage(bundle: ModelBundle, samples: Samples) -> None:
    with tempfile.TemporaryDirectory() as folder:
        stored = load_bundle(bundle.save(folder))
    assert stored.card == bundle.card, "the card must come back as it was"
    assert np.array_equal(stored.score(samples), bundle.score(samples)), "a stored model must score the same"


def _check_blindness(
    make: Callable[[], Trainer], bundle: ModelBundle, train: Samples, validation: Samples, task: ModelTask
) -> None:
    """What a model may learn from is `x`, `y` and `weight` of the training samples."""
    flipped = {name: values[::-1] for name, values in train.slices.items()}
    other = _trained(make, replace(train, slices=flipped), validation, task)
    same = np.array_equal(other.score(validation), bundle.score(validation))
    assert same, "a model must not depend on the conditions of its samples"
    chosen = validation.select(np.arange(len(validation)) % 4 > 0)
    other = _trained(make, train, chosen, task)
    same = np.array_equal(other.score(validation), bundle.score(validation))
    assert same, "validation samples choose the threshold alone; scores must not depend on them"


def _check_weights(
    make: Callable[[], Trainer], train: Samples, validation: Samples, held_out: Samples, task: ModelTask
) -> None:
    """Half of the samples get wrong classes and next to no weight: the rest must decide."""
    wrong = train.relabelled(np.random.default_rng(2).permutation(len(train)))
    both = Samples.concat([train, replace(wrong, sample_id=np.char.add(wrong.sample_id, "w"))])
    light = np.concatenate([np.ones(len(train)), np.full(len(train), 1e-9)])
    heavy = light[::-1].copy()
    positive = held_out.y != task.negative
    listened, ignored = (
        average_precision(
            alarm_score(_trained(make, both.weighted(weight), validation, task), held_out), positive
        )
        for weight in (light, heavy)
    )
    assert listened > ignored, f"weights change nothing (PR-AUC {listened:.2f} and {ignored:.2f})"


def _check_skill(bundle: ModelBundle, samples: Samples, task: ModelTask) -> None:
    positive = samples.y != task.negative
    found = average_precision(alarm_score(bundle, samples), positive)
    assert found > positive.mean(), f"PR-AUC {found:.2f} is no better than guessing ({positive.mean():.2f})"
