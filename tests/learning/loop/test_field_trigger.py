"""What people said of alarms on real devices fires the trigger of a fall, or does not, and says why."""

import os
from threading import Event

import numpy as np
import pytest

from envirosense.core.errors import DatasetError
from envirosense.core.rng import stream
from envirosense.learning.deployment.deployment import ModelDeployment
from envirosense.learning.deployment.registry import ModelRegistry
from envirosense.learning.feedback.field_log import (
    FieldAnswers,
    FieldLog,
    FieldVerdict,
    answers_of,
    field_logs,
)
from envirosense.learning.loop.field import take_feedback
from envirosense.learning.retraining.config import DegradationSettings, RetrainingConfig, TriggerSettings
from envirosense.learning.retraining.field import FieldState, field_fall
from envirosense.learning.retraining.history import recorded_time
from envirosense.learning.retraining.loop_collection import collection_in
from envirosense.learning.retraining.manager import RetrainingManager
from envirosense.learning.retraining.watch import watch
from tests.learning.loop.field_world import N_SITES, FieldLoop, model, said, seeing_loop

SINCE = recorded_time()


@pytest.fixture
def loop(tmp_path, field):
    return seeing_loop(tmp_path / "loop", field)


def manager(loop):
    task, registry = FieldLoop().task, ModelRegistry(loop.url)
    config = RetrainingConfig(triggers=TriggerSettings(volume=None, drift=None), trainer=("false",))
    deployment = ModelDeployment(registry, task.name)
    return RetrainingManager(task, registry, deployment, loop.root / "retraining", config)


def explained(loop):
    """What a dry run says, and its finding on a fall."""
    decision = manager(loop).explain(collection_in(loop.root))
    return decision, next(one for one in decision.findings if one.trigger == "degradation")


def give(loop, field, path, **more):
    told = said(field, path, **{"model": "coin-window@1", **more})
    return take_feedback(loop.root, field, told, FieldLoop())


def test_without_feedback_only_new_samples_are_spoken_of(loop):
    decision, finding = explained(loop)
    assert not decision.fire
    assert "origin real" not in str(finding)


def test_events_that_were_missed_fire_and_the_origin_is_stated_apart(loop, field, tmp_path):
    give(loop, field, tmp_path / "f.jsonl", verdict="missed", start_s=0.0)
    decision, finding = explained(loop)
    assert decision.fire
    assert finding.fired
    assert "degradation: fires, new samples: right on 100.0%" in str(decision)
    assert f"origin real: an alarm at 0.0% of {N_SITES} reported events, by group, in 16 groups" in str(
        decision
    )
    assert "1.00% of real origin" in finding.false_alarms
    assert not finding.is_calm


def test_events_that_were_confirmed_do_not(loop, field, tmp_path):
    give(loop, field, tmp_path / "f.jsonl")
    decision, finding = explained(loop)
    assert not decision.fire
    assert "origin real: an alarm at 100.0% of 16 reported events" in str(finding)
    assert finding.is_calm


def test_false_alarms_fire(loop, field, tmp_path):
    give(loop, field, tmp_path / "f.jsonl", verdict="false")
    decision, finding = explained(loop)
    assert decision.fire
    assert "no reported event; 3 more groups with one are needed" in str(finding)
    assert "16 false alarms on" in str(finding)


def test_few_do_not_and_say_how_many_are_missing(loop, field, tmp_path):
    path = said(field, tmp_path / "f.jsonl", "missed", start_s=0.0, model="coin-window@1")
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:2]))
    take_feedback(loop.root, field, path, FieldLoop())
    decision, finding = explained(loop)
    assert not decision.fire
    assert "too few to tell: 1 more group with a reported event is needed" in str(finding)


def test_what_was_said_of_another_version_or_before_does_not(loop, field, tmp_path):
    registry = ModelRegistry(loop.url)
    registry.add(model(FieldLoop().samples(field), is_blind=True))
    give(loop, field, tmp_path / "f.jsonl", verdict="missed", start_s=0.0, model="coin-window@2")
    decision, finding = explained(loop)
    assert not decision.fire
    assert "nobody spoke of the version that serves" in str(finding)
    early = {"model": "", "reported_utc": "2020-01-01T00:00:00Z"}
    give(loop, field, tmp_path / "g.jsonl", verdict="missed", start_s=0.0, **early)
    assert not explained(loop)[0].fire
    late = {"model": "", "reported_utc": "2999-01-01T00:00:00Z"}
    give(loop, field, tmp_path / "h.jsonl", verdict="missed", start_s=0.0, **late)
    assert explained(loop)[0].fire


class Once(Event):
    def wait(self, timeout=None):
        self.set()
        return True


def test_the_service_looks_again_when_feedback_has_come(loop, field, tmp_path):
    (first,) = watch(loop.root, manager(loop), 0.0, Once())
    assert first.status == "quiet"
    assert list(watch(loop.root, manager(loop), 0.0, Once())) == []
    give(loop, field, tmp_path / "f.jsonl", verdict="missed", start_s=0.0)
    later = (loop.root / "feedback" / "yard.json").stat().st_mtime + 1
    os.utime(loop.root / "feedback" / "yard.json", (later, later))
    (again,) = watch(loop.root, manager(loop), 0.0, Once(), lambda: recorded_time().replace(year=2999))
    assert again.status in ("failed", "refused")  # it went on to train; this trainer gives no model
    assert list(watch(loop.root, manager(loop), 0.0, Once())) == []


def test_verdicts_are_counted_by_group_and_silence_is_quiet():
    verdicts = (
        FieldVerdict("a", is_event=True, is_alarmed=True, n_samples=2, model="m@1"),
        FieldVerdict("a", is_event=True, is_alarmed=False, n_samples=2, model="m@1"),
        FieldVerdict("b", is_event=False, is_alarmed=True, n_samples=1, model="m@1"),
        FieldVerdict("b", is_event=False, is_alarmed=True, n_samples=5, model="m@2"),
    )
    found = answers_of([FieldLog({"a": 14, "b": 10, "c": 10}, verdicts)], "m@1", SINCE)
    assert found.seen.tolist() == [0.5]
    assert found.quiet.tolist() == [1.0, 0.9, 1.0]
    assert (found.n_events, found.n_false) == (2, 1)
    nothing = answers_of([FieldLog({"a": 14}, verdicts[:3])], "m@3", SINCE)
    assert (len(nothing.seen), len(nothing.quiet)) == (0, 0)


def lives_that_fire(state_of, lives=400):
    rng = stream(3, "field trigger", "lives")
    return (
        sum(field_fall(state_of(rng), DegradationSettings(field_alpha=0.1)).fired for _ in range(lives))
        / lives
    )


def test_a_version_as_right_as_promised_keeps_within_the_budget():
    """60 groups of four events and 50 quiet samples; 0.1 of lives may fire, looked at once or always."""

    def state_of(rng, recall=0.9, false=0.02):
        seen = rng.binomial(4, recall, 60) / 4
        quiet = 1 - rng.binomial(50, false, 60) / 50
        return FieldState(FieldAnswers(seen, quiet, 240, 60), 0.9 / 0.95, 0.02 / 1.05)

    assert lives_that_fire(state_of) <= 0.1 + 3 * np.sqrt(0.1 * 0.9 / 400)
    assert lives_that_fire(lambda rng: state_of(rng, recall=0.6)) > 0.9
    assert lives_that_fire(lambda rng: state_of(rng, false=0.08)) > 0.9


def test_a_damaged_log_is_refused(loop, field, tmp_path):
    give(loop, field, tmp_path / "f.jsonl")
    (loop.root / "feedback" / "yard.json").write_text('{"n_samples": {}}')
    with pytest.raises(DatasetError, match="give the feedback file again"):
        field_logs(loop.root)
