"""Feedback files: read whole, or refused with the line that is wrong."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from envirosense.core.errors import ConfigError, DatasetError, SchemaVersionError
from envirosense.datasets.recorded.log_file import LogError
from envirosense.factory import TWINS, GenerationRequest, generate
from envirosense.factory.executors import InlineExecutor
from envirosense.learning.feedback import FeedbackRecord, FeedbackScope, add_feedback, read_feedback
from envirosense.testing.twins import CoinTwin

if "coin" not in TWINS:
    TWINS.register("coin")(CoinTwin)


def lines(path, *records):
    path.write_text("".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in records))
    return path


def test_json_lines_and_parquet_say_the_same(confirmed, scope, tmp_path):
    missed = {**confirmed, "verdict": "missed", "start_s": 0.0, "end_s": 60.0, "score": None, "sensors": []}
    found = read_feedback(lines(tmp_path / "a.jsonl", confirmed, "", missed), scope)
    assert [one.verdict for one in found] == ["confirmed", "missed"]
    assert found[0].model == "coin-window@3"
    assert found[0].reported_utc.hour == 18
    pq.write_table(pa.Table.from_pylist([confirmed, missed]), tmp_path / "a.parquet")
    assert read_feedback(tmp_path / "a.parquet", scope) == found


def test_a_record_that_stands_twice_counts_once(confirmed, scope, tmp_path):
    assert len(read_feedback(lines(tmp_path / "a.jsonl", confirmed, confirmed), scope)) == 1
    assert read_feedback(lines(tmp_path / "b.jsonl"), scope) == ()


BAD = {
    "damaged": ('{"episode_id": "x', "line 2, column 'record': is not JSON"),
    "list": ("[1, 2]", "line 2, column 'record': is no object"),
    "class": ({"event_type": "haeds"}, "line 2, column 'event_type': 'haeds': .* did you mean 'heads'"),
    "said": ({"said": "edge"}, "line 2, column 'said': 'edge'"),
    "negative": ({"event_type": "normal"}, "line 2, column 'event_type': 'normal'"),
    "episode": ({"episode_id": "beef"}, "line 2, column 'episode_id': 'beef': unknown episode_id"),
    "sensor": ({"sensors": ["nose"]}, "line 2, column 'sensors': 'nose'"),
    "late": ({"end_s": 5000.0}, "line 2, column 'end_s': 5000.0: lies after the episode, which has 1200 s"),
    "order": ({"end_s": 500.0}, "end_s must lie after start_s"),
    "place": ({"start_s": None}, "give start_s and end_s, or the name"),
    "both": ({"name": "habit"}, "give start_s and end_s, or the name"),
    "verdict": ({"verdict": "maybe"}, "line 2, column 'verdict': 'maybe'"),
    "score": ({"score": 1.5}, "line 2, column 'score': 1.5"),
    "said of missed": ({"verdict": "missed", "said": "tails"}, "said belongs to a confirmed alarm"),
    "field": ({"sensor": "near"}, "line 2, column 'sensor': .*did you mean 'sensors'"),
    "clock": ({"reported_utc": "2026-11-22T18:00:00"}, "line 2, column 'reported_utc'"),
    "contradiction": ({"verdict": "false"}, "line 2, column 'verdict': says false, line 1 confirmed"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_line_is_named_and_changes_nothing(name, confirmed, scope, tmp_path):
    change, match = BAD[name]
    bad = change if isinstance(change, str) else {**confirmed, **change}
    good = {**confirmed, "start_s": 0.0, "end_s": 120.0}
    log = tmp_path / "log.jsonl"
    assert add_feedback(log, lines(tmp_path / "old.jsonl", good), scope) == 1
    before = log.read_bytes()
    path = lines(tmp_path / "bad.jsonl", confirmed, bad)
    with pytest.raises(LogError, match=match):
        add_feedback(log, path, scope)
    assert log.read_bytes() == before


def test_files_that_are_none_are_refused(confirmed, scope, tmp_path):
    with pytest.raises(DatasetError, match="no feedback can be read"):
        read_feedback(tmp_path / "none.jsonl", scope)
    (tmp_path / "a.parquet").write_text("no")
    with pytest.raises(DatasetError, match="no feedback can be read"):
        read_feedback(tmp_path / "a.parquet", scope)
    with pytest.raises(SchemaVersionError, match="line 1: schema version 2"):
        read_feedback(lines(tmp_path / "a.jsonl", {**confirmed, "schema_version": 2}), scope)


def test_the_log_keeps_the_last_word(confirmed, scope, tmp_path):
    log = tmp_path / "feedback" / "log.jsonl"
    assert add_feedback(log, lines(tmp_path / "a.jsonl", confirmed), scope) == 1
    assert add_feedback(log, tmp_path / "a.jsonl", scope) == 0
    corrected = {**confirmed, "verdict": "false"}
    assert add_feedback(log, lines(tmp_path / "b.jsonl", corrected), scope) == 1
    (record,) = read_feedback(log, scope)
    assert record == FeedbackRecord.parse(corrected)


def test_feedback_is_about_devices(task, tmp_path):
    request = GenerationRequest(twin="coin", episodes=2, duration_s=60.0, dt_s=5.0)
    simulated = generate(request, tmp_path / "data", executor=InlineExecutor())
    with pytest.raises(DatasetError, match="origin is 'simulated'; feedback is about recorded logs"):
        FeedbackScope.of(simulated, task, ("heads",))


def test_a_record_survives_its_file(confirmed):
    record = FeedbackRecord.parse(confirmed)
    assert FeedbackRecord.parse(record.model_dump(mode="json")) == record
    with pytest.raises(ConfigError, match=r"episode_id=''"):
        FeedbackRecord.parse({**confirmed, "episode_id": ""})
