from datetime import UTC, datetime, timedelta
from threading import Event, Thread

import pytest

from envirosense.learning.retraining.config import ScheduleSettings, VolumeSettings
from envirosense.learning.retraining.watch import watch

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def looks(place, manager, now=None):
    """Runs of one look at the folder."""
    return list(watch(place.folder, manager, 0.0, _Once(), now))


class _Once(Event):
    """Stops a service when it would wait for the next look."""

    def wait(self, timeout=None):
        self.set()
        return True


def test_a_service_finds_new_samples_and_enters_an_evaluated_version(
    place, toy, validation, held_out
) -> None:
    """No command is given after the start: files appear, and a version follows."""
    first, second = toy(40, 8, seed=1), toy(80, 8, seed=2, name="h")
    trainer = place.ready(type(first).concat([first, second]), validation)
    manager = place.manager(trainer, volume=VolumeSettings(new_units=100))
    place.frozen(validation, held_out)
    stop, runs, saw = Event(), [], Event()

    def serve() -> None:
        for run in watch(place.folder, manager, 0.02, stop):
            runs.append(run)
            saw.set()

    service = Thread(target=serve)
    service.start()
    try:
        place.collect(first, 1)
        assert saw.wait(30)
        saw.clear()
        place.collect(second, 2)
        assert saw.wait(30)
    finally:
        stop.set()
        service.join(30)
    assert [(run.collection, run.status) for run in runs] == [("cycle_1", "quiet"), ("cycle_2", "trained")]
    assert place.registry.version("toy@1").facts["evaluation"]["recall"] > 0.8


@pytest.mark.slow
def test_the_service_trains_with_a_trainer_of_the_registry(
    place, trainers, train, validation, held_out
) -> None:
    place.frozen(validation, held_out)
    place.collect(train, 1)
    (run,) = looks(place, place.manager("forest"))
    assert (run.status, run.version) == ("trained", "toy@1")
    bundle = place.registry.load("toy@1")
    assert bundle.card.trained_on[0] == train.content_hash
    assert run.evaluation["pr_auc"] > 0.9


def test_a_service_that_is_started_again_answers_nothing_twice(place, train, validation, held_out) -> None:
    place.frozen(validation, held_out)
    place.collect(train, 1)
    assert [run.status for run in looks(place, place.manager())] == ["failed"]
    assert looks(place, place.manager()) == []


def test_samples_that_cannot_be_read_are_recorded_and_read_again_when_they_change(
    place, train, validation, held_out
) -> None:
    place.frozen(validation, held_out)
    path = place.folder / "cycle_1" / "samples.parquet"
    path.parent.mkdir()
    path.write_bytes(b"torn")
    manager = place.manager()
    (run,) = looks(place, manager)
    assert run.status == "refused"
    assert "no samples can be read" in run.reasons[0]
    place.collect(train, 1)
    assert [run.status for run in looks(place, manager)] == ["failed"]


def test_time_alone_is_reason_to_look_where_a_schedule_says_so(
    place, train, validation, held_out, toy
) -> None:
    place.frozen(validation, held_out)
    place.collect(train, 1)
    manager = place.manager(
        place.ready(train, validation), schedule=ScheduleSettings(every_days=7), drift=None,
        volume=VolumeSettings(new_units=100),
    )  # fmt: skip
    assert [run.status for run in looks(place, manager, lambda: NOW)] == ["trained"]
    place.collect(toy(20, 4, seed=8, name="h"), 2)
    assert [run.status for run in looks(place, manager, lambda: NOW + timedelta(days=1))] == ["quiet"]
    assert looks(place, manager, lambda: NOW + timedelta(days=2)) == []
    (run,) = looks(place, manager, lambda: NOW + timedelta(days=9))
    assert run.status == "trained"
    assert "schedule: fires, 9.0 days" in run.reasons[0]
