"""Feedback on a loop's alarms: kept, turned into weak spots and samples, and able to bring a version back."""

import json
import re

import numpy as np
import pytest

from envirosense.core.errors import DatasetError
from envirosense.datasets.recorded.log_file import LogError
from envirosense.learning.deployment.deployment import ModelDeployment
from envirosense.learning.deployment.registry import ModelRegistry
from envirosense.learning.loop.config import LoopConfig
from envirosense.learning.loop.field import feedback_in, take_feedback, weak_in_the_field
from envirosense.learning.loop.folder import LoopFolder
from envirosense.learning.samples import Samples
from tests.learning.loop.field_world import N_SITES, FieldLoop, always, model, said


@pytest.fixture
def loop(tmp_path, field):
    """Folder of a loop in which a blind version replaced one that sees."""
    folder = LoopFolder(tmp_path / "loop")
    folder.claim(LoopConfig(subject="coin", episodes=4, validation_episodes=4, test_episodes=4))
    samples = FieldLoop().samples(field)
    known = np.where(np.arange(len(samples)) % 2, "heads", "normal")
    Samples(**{name: getattr(samples, name) for name in ("x", "features", "group", "unit", "sample_id",
            "origin", "weight")}, y=known).save(folder.validation)  # fmt: skip
    registry = ModelRegistry(folder.url)
    deployment = ModelDeployment(registry, "coin-window")
    for is_blind in (False, True):
        deployment.promote(registry.add(model(samples, is_blind)), reason="a test", who="test")
    return folder


def serving(loop):
    return ModelDeployment(ModelRegistry(loop.url), "coin-window").serving().label


def test_events_that_the_version_before_would_have_seen_bring_it_back(loop, field, tmp_path):
    assert serving(loop) == "coin-window@2"
    found = take_feedback(loop.root, field, said(field, tmp_path / "f.jsonl", "missed"), FieldLoop())
    assert found.rollback is not None
    assert found.rollback.who == "auto-rollback"
    assert serving(loop) == "coin-window@1"
    assert found.to_json()["rollback"]["to_version"] == "coin-window@1"
    assert "coin-window@1 serves again" in str(found)


def test_events_that_both_missed_do_not(loop, field, tmp_path):
    path = said(field, tmp_path / "f.jsonl", "missed", start_s=0.0)
    assert take_feedback(loop.root, field, path, FieldLoop()).rollback is None
    assert serving(loop) == "coin-window@2"


def test_what_the_version_before_says_where_nobody_looked_counts_against_it(loop, field, tmp_path):
    """The events were elsewhere; on the rise, of which nobody spoke, only the version before has an alarm."""
    deployment = ModelDeployment(ModelRegistry(loop.url), "coin-window")
    samples = FieldLoop().samples(field)
    deployment.promote(deployment.registry.add(always(samples)), reason="a test", who="test")
    deployment.promote("coin-window@2", reason="a test", who="test")
    path = said(field, tmp_path / "f.jsonl", "missed", start_s=0.0)
    assert take_feedback(loop.root, field, path, FieldLoop()).rollback is None
    assert serving(loop) == "coin-window@2"


@pytest.mark.parametrize(
    "of_another",
    [{"model": "coin-window@1"}, {"model": "", "reported_utc": "2020-01-01T00:00:00Z"}, {"model": ""}],
)
def test_records_of_another_version_or_time_bring_nothing_back(loop, field, tmp_path, of_another):
    path = said(field, tmp_path / "f.jsonl", "missed", **of_another)
    assert take_feedback(loop.root, field, path, FieldLoop()).rollback is None
    assert serving(loop) == "coin-window@2"


def test_records_are_kept_once_and_give_samples_of_real_origin(loop, field, tmp_path):
    path = said(field, tmp_path / "f.jsonl")
    first = take_feedback(loop.root, field, path, FieldLoop())
    again = take_feedback(loop.root, field, path, FieldLoop())
    assert (first.n_new, again.n_new) == (N_SITES, 0)
    assert len(feedback_in(loop.root)) == N_SITES
    judged = Samples.load(first.samples)
    assert set(judged.origin) == {"real"}
    assert set(judged.y) == {"heads"}
    assert len(judged.groups) == N_SITES


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"event_type": "edge"}, "event_type"),
        ({"sensors": ["far"]}, "sensors"),
        (
            {"model": "coin-windw@2"},
            "line 1, column 'model': 'coin-windw@2': .* did you mean 'coin-window@2'",
        ),
        ({"model": "coin-window@9"}, "model"),
    ],
)
def test_an_unknown_class_sensor_or_model_is_refused_and_recorded_and_nothing_changes(
    loop, field, tmp_path, wrong, told
):
    with pytest.raises(LogError, match=told):
        take_feedback(loop.root, field, said(field, tmp_path / "f.jsonl", "missed", **wrong), FieldLoop())
    (row,) = (loop.root / "feedback" / "refused.jsonl").read_text().splitlines()
    assert re.search(told, json.loads(row)["reason"])
    assert feedback_in(loop.root) == []
    assert serving(loop) == "coin-window@2"


def test_a_record_about_no_sample_is_refused_before_anything_is_kept(loop, field, tmp_path):
    path = said(field, tmp_path / "f.jsonl")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    nameless = [{key: value for key, value in row.items() if not key.endswith("_s")} for row in rows]
    path.write_text("".join(json.dumps({**row, "name": "no such"}) + "\n" for row in nameless))
    with pytest.raises(DatasetError, match="no sample lies there"):
        take_feedback(loop.root, field, path, FieldLoop())
    assert feedback_in(loop.root) == []


def test_a_class_that_is_wrong_in_the_field_is_a_weak_spot(loop, field, tmp_path):
    take_feedback(loop.root, field, said(field, tmp_path / "a.jsonl", "false"), FieldLoop())
    records = [
        *feedback_in(loop.root),
        *(one.model_copy(update={"verdict": "confirmed", "event_type": "tails"})
          for one in feedback_in(loop.root)),
    ]  # fmt: skip
    config = LoopConfig(subject="coin", episodes=4, validation_episodes=4, test_episodes=4)
    records = [
        one.model_copy(update={"episode_id": f"{one.episode_id}{at}"}) for at, one in enumerate(records)
    ]
    (spot,) = weak_in_the_field(records, config.active)
    assert spot.ranges == {"class": "heads"}
    assert spot.p < 0.001
    assert str(spot).endswith("by 16 reports (from feedback)")
    assert spot.to_spot().origin == "feedback"


def test_a_loop_without_feedback_has_none(tmp_path):
    assert feedback_in(tmp_path) == []
