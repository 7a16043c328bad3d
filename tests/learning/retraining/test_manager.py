import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from envirosense.core.errors import DatasetError
from envirosense.datasets.lock import FolderLock
from envirosense.learning.retraining.collection import Collection, tried
from envirosense.learning.retraining.config import VolumeSettings
from envirosense.learning.retraining.history import RetrainingRun, RunHistory
from envirosense.learning.retraining.manager import LOCK, FolderBusyError
from envirosense.learning.retraining.sufficiency import SufficiencyNeeds
from envirosense.learning.retraining.trainer import ForestTrainer
from envirosense.learning.samples import Samples

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def collection(train, validation, held_out):
    return Collection("cycle_1", train, validation, held_out)


def test_a_volume_that_is_passed_gives_a_new_evaluated_version(place, collection, train, validation) -> None:
    manager = place.manager(place.ready(train, validation))
    run = manager.after_collection(collection, NOW)
    assert (run.status, run.version) == ("trained", "toy@1")
    version = place.registry.version("toy@1")
    assert version.facts["evaluation"] == run.evaluation
    assert run.evaluation["recall"] > 0.8
    stored = json.loads((manager.folder / "run_0001" / "evaluation.json").read_text())
    assert stored["overall"]["recall"]["value"] == run.evaluation["recall"]
    assert place.deployment.serving() is None
    again = manager.after_collection(collection, NOW + timedelta(hours=1))
    assert (again.status, again.reasons) == ("quiet", ("no trigger fires",))
    assert [one.status for one in manager.history.runs()] == ["trained", "quiet"]


def test_a_dry_run_explains_and_writes_nothing(place, collection) -> None:
    manager = place.manager()
    decision = manager.explain(collection, NOW)
    assert decision.fire
    assert "volume: fires, 120 new units, 50 are asked for (false alarms: never" in str(decision)
    assert not manager.folder.exists()


def test_the_word_on_drift_says_what_the_running_model_should_still_get_right(
    place, collection, toy, train, validation
) -> None:
    manager = place.manager(place.ready(train, validation), volume=VolumeSettings(new_units=1))
    run = manager.after_collection(collection)
    place.deployment.promote(run.version, reason="a test", who="test")
    near = toy(40, 8, seed=7, name="n")
    near = replace(near, x=near.x * np.array([0.0, 1.0, 1.0]) + np.array([1.5, 0.0, 0.0]))  # all are doubtful
    more = replace(collection, name="cycle_2", samples=Samples.concat([collection.samples, near]))
    said = next(one for one in manager.explain(more).findings if one.trigger == "drift")
    assert said.fired
    assert "by its own scores, labels unseen, the model should be right on" in said.words
    expected = manager.state(more, run.at).expected
    assert expected.new.value < expected.validation - 0.05


def test_one_class_only_is_refused_and_the_running_model_stays(place, collection, train, validation) -> None:
    manager = place.manager(place.ready(train, validation))
    manager.after_collection(collection, NOW)
    place.deployment.promote("toy@1", reason="test", who="test")
    before = place.deployment.serving()
    lonely = train.select(train.y == "quiet")
    lonely = replace(lonely, sample_id=np.char.add(lonely.sample_id, "new"))
    run = manager.after_collection(replace(collection, name="cycle_2", samples=lonely), NOW)
    assert run.status == "refused"
    assert "holds only quiet: needs 3 units of at least one other class" in run.reasons[0]
    assert place.deployment.serving() == before
    assert len(place.registry.versions()) == 1


def test_a_trainer_that_fails_is_recorded_with_what_it_said(place, collection) -> None:
    manager = place.manager(("sh", "-c", "echo no licence >&2; exit 7"))
    run = manager.after_collection(collection, NOW)
    assert run.status == "failed"
    assert run.reasons == ("the trainer ended with exit code 7 (no licence)",)
    assert manager.history.runs()[0].facts["stderr"] == "no licence"
    assert place.registry.versions() == ()


def test_a_failed_training_is_tried_again_after_the_cooldown(place, collection, train, validation) -> None:
    place.manager(("false",)).after_collection(collection, NOW)
    manager = place.manager(place.ready(train, validation), cooldown_h=2.0)
    assert manager.after_collection(collection, NOW + timedelta(hours=1)).status == "quiet"
    assert manager.after_collection(collection, NOW + timedelta(hours=3)).status == "trained"


def test_a_test_set_of_one_class_is_refused_before_training(place, collection, held_out) -> None:
    lonely = replace(collection, test=held_out.select(held_out.y == "loud"))
    run = place.manager().after_collection(lonely, NOW)
    assert run.status == "refused"
    assert "the test set holds only" in run.reasons[0]


def test_a_model_trained_on_a_group_of_the_test_set_is_refused(place, collection, train, validation) -> None:
    manager = place.manager(place.ready(train, validation))
    run = manager.after_collection(replace(collection, test=train), NOW)
    assert run.status == "failed"
    assert "of the test set was trained on" in run.reasons[0]
    assert place.registry.versions() == ()


def test_a_reason_in_the_configuration_fires_once_and_one_by_hand_always(place, collection) -> None:
    manager = place.manager(manual="new camera", volume=None, drift=None, degradation=None)
    assert manager.after_collection(collection, NOW).manual == "new camera"
    assert manager.after_collection(collection, NOW).status == "quiet"
    for _ in range(2):
        run = manager.after_collection(collection, NOW, manual="because")
        assert (run.status, run.manual) == ("failed", "because")


def test_answers_that_fall_fire_once_until_they_are_calm(place, collection, toy, train, validation) -> None:
    manager = place.manager(
        place.ready(train, validation), drift=None, volume=VolumeSettings(new_units=10_000)
    )
    manager.after_collection(collection, NOW, manual="first")
    place.deployment.promote("toy@1", reason="test", who="test")
    wrong = toy(400, 100, separation=-3.0, seed=9, name="w")
    later = replace(collection, name="cycle_2", samples=type(train).concat([train, wrong]))
    run = manager.after_collection(later, NOW)
    assert run.status == "trained"
    assert "degradation: fires, right on" in run.reasons[0]
    more = toy(400, 100, separation=-3.0, seed=10, name="x")
    third = replace(later, name="cycle_3", samples=type(train).concat([later.samples, more]))
    run = manager.after_collection(third, NOW)
    assert (run.status, run.reasons) == ("quiet", ("degradation fires still and was answered",))
    good = toy(400, 100, seed=11, name="y")
    fourth = replace(third, name="cycle_4", watched=good, samples=type(train).concat([third.samples, good]))
    assert manager.after_collection(fourth, NOW).decision["disarmed"] == []


def test_samples_asked_for_weak_spots_are_not_taken_for_drift(
    place, collection, toy, train, validation
) -> None:
    manager = place.manager(place.ready(train, validation), volume=VolumeSettings(new_units=10_000))
    manager.after_collection(collection, NOW, manual="first")
    odd = toy(120, 12, seed=5, name="o")
    odd = replace(odd, x=odd.x + 5.0)
    even = toy(120, 12, seed=6, name="e")
    both = replace(collection, name="cycle_2", samples=type(train).concat([train, odd, even]))
    assert manager.explain(both, NOW).fire
    assert not manager.explain(replace(both, watched=type(train).concat([train, even])), NOW).fire


def test_new_even_draws_are_compared_with_the_even_draws_that_were_trained_on(
    place, collection, toy, train, validation
) -> None:
    odd = toy(120, 12, seed=5, name="o")
    odd = replace(odd, x=odd.x + 5.0)
    even = toy(120, 12, seed=6, name="e")
    both = replace(collection, samples=type(train).concat([train, odd]), watched=train)
    manager = place.manager(place.ready(train, validation), volume=VolumeSettings(new_units=10_000))
    assert manager.after_collection(both, NOW, manual="first").status == "trained"
    samples, watched = (type(train).concat([one, even]) for one in (both.samples, train))
    later = replace(both, name="cycle_2", samples=samples, watched=watched)
    state = manager.state(later, NOW)
    assert len(state.trained) == len(train) + len(odd)
    assert state.reference.sample_id.tolist() == train.sample_id.tolist()
    assert not manager.explain(later, NOW).fire
    alone = manager.state(replace(later, watched=even), NOW)
    assert len(alone.reference) == len(alone.trained)


def test_groups_answer_in_the_order_they_came(toy, task, train, validation) -> None:
    """A bet that may be looked at after every answer needs them so, whatever groups are called."""
    model = ForestTrainer().train(train, validation, task, np.random.default_rng(1))
    good, bad = toy(40, 4, seed=7, name="z"), toy(40, 4, separation=-3.0, seed=8, name="a")
    found = tried(model, type(train).concat([good, bad]), task)
    assert len(found) == 8
    assert found[:4].min() > found[4:].max()


def test_the_answer_to_a_collection_is_no_look_that_could_not_read_it(place, collection) -> None:
    manager = place.manager()
    manager.refuse("cycle_1", "torn", NOW)
    assert manager.history.answer("cycle_1") is None
    run = manager.after_collection(collection, NOW)
    manager.refuse("cycle_1", "torn again", NOW)
    manager.refuse("cycle_2", "torn", NOW)
    assert manager.history.answer("cycle_1").number == run.number
    assert manager.history.answer("cycle_2") is None


def test_a_version_stays_the_answer_when_a_later_look_is_quiet(place, collection, train, validation) -> None:
    manager = place.manager(place.ready(train, validation))
    run = manager.after_collection(collection, NOW)
    assert manager.after_collection(collection, NOW).status == "quiet"
    assert manager.history.answer("cycle_1").number == run.number


def test_a_busy_folder_is_said_to_be_busy(place, collection) -> None:
    manager = place.manager()
    lock = FolderLock(manager.folder / LOCK)
    lock.acquire()
    with pytest.raises(FolderBusyError, match="is writing here"):
        manager.after_collection(collection, NOW)
    lock.release()
    assert manager.after_collection(collection, NOW).status == "failed"


def test_a_killed_look_leaves_a_history_that_goes_on(place, collection) -> None:
    manager = place.manager()
    manager.after_collection(collection, NOW)
    with manager.history.path.open("ab") as opened:
        opened.write(b'{"number": 2, "at_utc": "2026')
    assert len(manager.history.runs()) == 1
    assert manager.after_collection(collection, NOW).number == 2
    assert len(manager.history.runs()) == 2


def test_a_spoilt_history_is_named(tmp_path) -> None:
    history = RunHistory(tmp_path)
    history.append(RetrainingRun(1, NOW.isoformat(), "cycle_1", "quiet", ("none",)))
    history.path.write_bytes(b"nonsense\n" + history.path.read_bytes())
    with pytest.raises(DatasetError, match="line 1 is no run"):
        history.runs()


def test_expectation_is_recorded_where_data_would_not_reach_the_target(place, collection, toy) -> None:
    noise = toy(60, 6, separation=0.0, seed=4)
    manager = place.manager(needs=SufficiencyNeeds(target=0.9))
    run = manager.after_collection(replace(collection, samples=noise), NOW)
    assert run.status == "refused"
    assert "expects a mean recall of" in run.reasons[0]
    assert run.facts["sufficiency"]["curve"]["share"]


def test_beside_an_event_loop_a_cancelled_look_is_recorded(place, collection) -> None:
    manager = place.manager(("sh", "-c", "sleep 0.3; exit 1"))

    async def cancelled() -> None:
        look = asyncio.create_task(manager.aafter_collection(collection, NOW))
        await asyncio.sleep(0.05)
        look.cancel()
        with pytest.raises(asyncio.CancelledError):
            await look

    asyncio.run(cancelled())
    assert [one.status for one in manager.history.runs()] == ["failed"]
