from dataclasses import replace

import numpy as np
import pytest

from envirosense.core.errors import DatasetError
from envirosense.learning.models.bundle import alarm_score
from envirosense.learning.retraining.label_free import expectation, label_free_estimate
from envirosense.testing.toy_samples import FormulaModel, toy_samples

MODEL = FormulaModel()


@pytest.fixture(scope="module")
def labelled():
    return toy_samples(1, 40, 40)


def truth(samples):
    alarm, positive = alarm_score(MODEL, samples) > MODEL.threshold, samples.y == "event"
    return np.mean(alarm == positive), np.mean(positive[alarm]), np.mean(alarm[positive])


def test_the_estimate_is_what_labels_would_have_said(labelled) -> None:
    fresh = toy_samples(2, 40, 40)
    found = label_free_estimate(MODEL, labelled, fresh)
    for one, true in zip((found.right, found.precision, found.recall), truth(fresh), strict=True):
        assert one.value == pytest.approx(true, abs=0.03)
        assert one.low < one.value < one.high


def test_it_follows_samples_that_move_to_where_the_model_is_unsure(labelled) -> None:
    """Samples near the threshold alone: features moved, what they mean did not."""
    fresh = toy_samples(3, 40, 40)
    unsure = fresh.select(np.abs(alarm_score(MODEL, fresh) - MODEL.threshold) < 0.15)
    found = label_free_estimate(MODEL, labelled, unsure)
    assert found.right.value == pytest.approx(truth(unsure)[0], abs=0.05)
    assert found.right.value < label_free_estimate(MODEL, labelled, fresh).right.value - 0.1


def test_it_never_looks_at_the_labels_and_so_misses_a_change_of_meaning(labelled) -> None:
    fresh = toy_samples(4, 20, 20)
    turned = replace(fresh, y=np.where(fresh.y == "event", "normal", "event"))
    assert label_free_estimate(MODEL, labelled, turned) == label_free_estimate(MODEL, labelled, fresh)
    assert truth(turned)[0] < 0.5


def test_one_kind_of_sample_cannot_calibrate(labelled) -> None:
    with pytest.raises(DatasetError, match="of both kinds"):
        label_free_estimate(MODEL, labelled.select(labelled.y == "event"), labelled)
    with pytest.raises(DatasetError, match="samples to judge"):
        label_free_estimate(MODEL, labelled, labelled.select(labelled.y == "none"))


def test_an_expectation_is_told_beside_what_validation_said(labelled) -> None:
    fresh = toy_samples(5, 40, 40)
    unsure = fresh.select(np.abs(alarm_score(MODEL, fresh) - MODEL.threshold) < 0.15)
    found = expectation(MODEL, labelled, unsure, 1)
    assert found.validation == pytest.approx(truth(labelled)[0])
    assert found.new.high < found.validation
    assert f"right on {found.new.value:.1%} (" in str(found)
    assert f"{found.validation:.1%} of the validation samples" in str(found)


def test_nothing_is_expected_where_nothing_can_be_told(labelled) -> None:
    assert expectation(None, labelled, labelled, 1) is None
    assert expectation(MODEL, labelled.select(labelled.y == "event"), labelled, 1) is None
    assert expectation(MODEL, labelled, labelled.select(labelled.y == "none"), 1) is None
    odd = replace(labelled, features=tuple(f"{one}2" for one in labelled.features))
    assert expectation(MODEL, labelled, odd, 1) is None
