import sqlite3
from contextlib import closing

import pandas as pd
import polars as pl
import pytest

from envirosense.core.errors import DatasetError
from envirosense.factory.collection import RecordSource, TrainingDataCollector, query_lineage, read_metadata
from envirosense.home.patterns.synergies import Synergy, SynergyStatus
from envirosense.home.patterns.synergy_evidence import Evidence
from envirosense.home.patterns.truth_records import PatternRecord
from envirosense.home.points.device_intelligence import read_device_intelligence
from envirosense.home.points.pattern_detection import expected_pattern, read_pattern_detection
from envirosense.home.points.soft_prompt import read_soft_prompt
from envirosense.home.points.synergy_detection import impact_score, read_gnn_synergy, synergy_truth
from envirosense.home.points.yaml_generation import read_yaml_pairs
from tests.home.points.point_cases import (
    CO_OCCURRENCE,
    CONTEXTUAL,
    GOOD,
    NAMES,
    SEQUENCE,
    SOURCE,
    SUGGESTION,
    TIME_OF_DAY,
    changed,
    pattern,
    synergy,
)

LAYOUT = {
    "gnn_synergy": {"synergies.json", "entities.json", "metadata.json"},
    "soft_prompt": {"queries.json", "metadata.json"},
    "pattern_detection": {"patterns.json", "ground_truth.json"},
    "yaml_generation": {"yaml_pairs.json", "validation_results.json"},
    "device_intelligence": set(),
}
BESIDE = {
    "gnn_synergy": {"synergies.parquet", "entities.parquet", "negatives.json", "negatives.parquet"},
    "soft_prompt": {"ask_ai_queries.sqlite"},
    "pattern_detection": {"patterns.parquet", "ground_truth.parquet", "metadata.json"},
    "yaml_generation": {"metadata.json"},
    "device_intelligence": {"devices.json", "devices.csv", "metadata.json"},
}


@pytest.fixture
def collector(tmp_path):
    return TrainingDataCollector("home", tmp_path, 0)


def test_a_home_has_the_five_points_and_device_intelligence(collector) -> None:
    assert [one.point for one in collector.points().points] == list(NAMES)
    assert {one.status for one in collector.points().points} == {"waiting"}


def test_the_layout_of_a_cycle_is_the_one_agreed(collector, tmp_path) -> None:
    for name, record in GOOD.items():
        assert collector.collect(name, [record], SOURCE).n_accepted == 1, name
    cycle = collector.export()
    for folder in (cycle, tmp_path / "training_data" / "aggregated"):
        found = {one.name: {file.name for file in one.iterdir()} for one in folder.iterdir() if one.is_dir()}
        assert found == {name: files | BESIDE[name] for name, files in LAYOUT.items()}


def test_points_that_nobody_fed_say_so_and_leave_the_same_files_without_a_row(collector, tmp_path) -> None:
    collector.collect("pattern_detection", [pattern()], SOURCE)
    cycle = collector.export()
    for folder in (cycle, tmp_path / "training_data" / "aggregated"):
        for name in set(LAYOUT) - {"pattern_detection"}:
            assert {file.name for file in (folder / name).iterdir()} == LAYOUT[name] | BESIDE[name]
            told = read_metadata(folder / name)
            assert (told["status"], told["counts"]["records"]) == ("waiting", 0)
            assert {facts["n_rows"] for facts in told["files"].values()} == {0}
        read = (read_gnn_synergy, read_soft_prompt, read_yaml_pairs, read_device_intelligence)
        assert not any(rows for one in read for rows in one(folder).values())


@pytest.mark.parametrize(
    ("point", "path", "value", "code"),
    [
        ("pattern_detection", "pattern.confidence", 0.49, "confidence_low"),
        ("pattern_detection", "pattern.confidence", None, "confidence_missing"),
        ("pattern_detection", "pattern.occurrences", 1, "occurrences_few"),
        ("pattern_detection", "pattern.device_id", "", "device_missing"),
        ("pattern_detection", "is_right", None, "truth_missing"),
        ("pattern_detection", "pattern.hour", 24, "malformed:pattern.time_of_day.hour"),
        ("pattern_detection", "pattern.colour", "red", "malformed:pattern.time_of_day.colour"),
        ("synergy_detection", "prediction.confidence", 0.59, "confidence_low"),
        ("synergy_detection", "prediction.confidence", None, "confidence_missing"),
        ("synergy_detection", "synergy.trigger_entity", None, "trigger_missing"),
        ("synergy_detection", "synergy.action_entity", "", "action_missing"),
        ("synergy_detection", "synergy.action_entity", "binary_sensor.hall", "same_entity"),
        ("synergy_detection", "entities", [], "entities_missing"),
        ("synergy_detection", "truth.status", None, "truth_missing"),
        ("suggestion_generation", "suggestion.quality", None, "quality_missing"),
        ("suggestion_generation", "suggestion.quality", 0.69, "quality_low"),
        ("suggestion_generation", "suggestion.description_only", " ", "text_empty"),
        ("suggestion_generation", "prompt", "", "prompt_empty"),
        ("suggestion_generation", "response", "", "response_empty"),
        ("yaml_generation", "validation_result.is_valid", False, "yaml_invalid"),
        ("yaml_generation", "validation_result.is_valid", None, "validation_missing"),
        ("yaml_generation", "output", "", "output_empty"),
        ("yaml_generation", "input.query", "", "input_empty"),
        ("ask_ai", "original_query", "dim ", "query_short"),
        ("ask_ai", "original_query", "", "query_missing"),
        ("device_intelligence", "device_type", None, "type_missing"),
    ],
)
def test_one_fault_gives_its_own_reason_and_no_other(collector, point, path, value, code) -> None:
    report = collector.collect(point, [changed(GOOD[point], path, value)], SOURCE)
    assert (report.reasons, report.n_accepted) == ({code: 1}, 0)


def test_a_query_without_any_content_is_refused(collector) -> None:
    empty = {**GOOD["ask_ai"], "response": "", "suggestions": [{"description": "", "confidence": 0.9}]}
    assert collector.collect("ask_ai", [empty], SOURCE).reasons == {"content_empty": 1}


def test_a_device_of_which_nothing_is_known_is_refused(collector) -> None:
    assert collector.collect("device_intelligence", [{"device_id": "d"}], SOURCE).reasons == {
        "row_empty": 1, "type_missing": 1
    }  # fmt: skip


def test_patterns_of_every_kind_are_exported_with_their_truth(collector) -> None:
    found = [TIME_OF_DAY, CO_OCCURRENCE, SEQUENCE, CONTEXTUAL]
    records = [pattern(one) for one in found] + [
        pattern({**TIME_OF_DAY, "hour": 3}, is_right=False, expected=None)
    ]
    assert collector.collect("pattern_detection", records, SOURCE).n_accepted == 5
    cycle = collector.export()
    rows = read_pattern_detection(cycle)
    assert {row["pattern_type"] for row in rows["patterns.json"]} == {one["pattern_type"] for one in found}
    truths = {row["data_id"]: row for row in rows["ground_truth.json"]}
    assert [row["data_id"] for row in rows["patterns.json"]] == list(truths)
    assert sorted(row["is_right"] for row in truths.values()) == [False, True, True, True, True]
    assert read_metadata(cycle / "pattern_detection")["counts"] == {"records": 5, "right": 4, "wrong": 1}
    table = pl.read_parquet(cycle / "pattern_detection" / "patterns.parquet")
    chain = table.filter(pl.col("pattern_type") == "sequence").row(0, named=True)
    assert chain["devices"] == SEQUENCE["devices"]
    assert table.filter(pl.col("pattern_type") == "contextual")["metadata"][0].count("person.ann") == 1
    assert query_lineage(collector.folder, event="pattern_3").num_rows == 4


def test_synergies_of_truth_and_pairs_that_are_none_are_apart(collector) -> None:
    lamp = "light.kitchen"
    records = [synergy(), synergy(action="switch.fan", status="latent"), synergy(action=lamp, status="none")]
    collector.collect("synergy_detection", records, SOURCE)
    collector.collect("synergy_detection", [synergy()], RecordSource("home-2", "4567abcd"))
    cycle = collector.export()
    rows = read_gnn_synergy(cycle)
    keys = {"synergy_id", "device_ids", "impact_score", "confidence", "area", "validated_by_patterns"}
    assert all(keys <= set(row) and len(row["device_ids"]) == 2 for row in rows["synergies.json"])
    assert sorted(row["status"] for row in rows["synergies.json"]) == ["latent", "used", "used"]
    assert [row["device_ids"][1] for row in rows["negatives.json"]] == [lamp]
    assert all({"entity_id", "area_id", "friendly_name"} <= set(row) for row in rows["entities.json"])
    places = [(row["home_id"], row["entity_id"]) for row in rows["entities.json"]]
    assert len(places) == len(set(places)) == 6
    assert read_metadata(cycle / "gnn_synergy")["counts"] == {
        "records": 4, "positives": 3, "negatives": 1, "entities": 6, "distinct_pairs": 4
    }  # fmt: skip
    assert rows["synergies.parquet"] == rows["synergies.json"]


def test_the_best_suggestion_comes_first_and_both_points_feed_the_soft_prompt(collector) -> None:
    collector.collect("ask_ai", [GOOD["ask_ai"]], SOURCE)
    collector.collect("suggestion_generation", [SUGGESTION], SOURCE)
    cycle = collector.export()
    rows = {row["collected_at"]: row for row in read_soft_prompt(cycle)["queries.json"]}
    assert rows["ask_ai"]["suggestions"][0]["description"] == "turn on the hall light at dusk"
    assert len(rows["ask_ai"]["suggestions"]) == 2
    assert rows["suggestion_generation"]["suggestions"][0]["description"] == SUGGESTION["response"]
    with closing(sqlite3.connect(cycle / "soft_prompt" / "ask_ai_queries.sqlite")) as database:
        best = "SELECT json_extract(suggestions, '$[0].description') FROM ask_ai_queries WHERE approval = ?"
        answer = database.execute(best, ("approved",)).fetchone()[0]
    assert answer == "turn on the hall light at dusk"


def test_a_conversation_without_suggestions_is_answered_by_its_response(collector) -> None:
    collector.collect("ask_ai", [{**GOOD["ask_ai"], "suggestions": []}], SOURCE)
    (row,) = read_soft_prompt(collector.export())["queries.json"]
    assert [one["description"] for one in row["suggestions"]] == ["I can do that."]


def test_yaml_pairs_and_devices_read_back(collector) -> None:
    collector.collect("yaml_generation", [GOOD["yaml_generation"]], SOURCE)
    collector.collect("device_intelligence", [GOOD["device_intelligence"]], SOURCE)
    cycle = collector.export()
    (pair,) = read_yaml_pairs(cycle)["yaml_pairs.json"]
    assert {"input", "output", "validation_result", "ground_truth"} <= set(pair)
    found = read_device_intelligence(cycle)
    assert found["devices.csv"] == found["devices.json"]
    table = pd.read_csv(cycle / "device_intelligence" / "devices.csv")
    assert table["events_per_day"][0] == 11.5
    (cycle / "yaml_generation" / "yaml_pairs.json").write_text("[]")
    with pytest.raises(DatasetError, match="export the cycle again"):
        read_yaml_pairs(cycle)


def test_a_pattern_scored_by_another_model_is_the_same_pattern(collector) -> None:
    records = [pattern(metrics={"quality": quality}) for quality in (None, 0.4)]
    report = collector.collect("pattern_detection", records, SOURCE)
    assert (report.n_accepted, report.n_duplicates) == (1, 1)
    other = pattern(metrics={"lift": 3.0})
    assert collector.collect("pattern_detection", [other], SOURCE).n_duplicates == 0


def test_a_planted_pattern_becomes_what_a_detector_should_find() -> None:
    link = {
        "trigger": {"entity_id": "binary_sensor.hall", "state": "on"},
        "action": {"entity_id": "light.hall", "state": "on"},
        "probability": 0.9, "n_triggers": 40, "n_followed": 36, "support": 1.5,
    }  # fmt: skip
    planted = PatternRecord.parse({
        "pattern_id": "p", "pattern_type": "co_occurrence", "detector": "co_occurrence", "description": "d",
        "devices": ["binary_sensor.hall", "light.hall"], "links": [link], "last_day": 29,
        "conditions": [{"entity_id": "person.ann", "state": "home"}],
    })  # fmt: skip
    found = expected_pattern(planted)
    assert (found.trigger_device, found.action_devices) == ("binary_sensor.hall", ("light.hall",))
    assert (found.confidence, found.frequency, found.conditions) == (0.9, 1.5, ("person.ann=home",))


def test_truth_of_a_pair_is_taken_over() -> None:
    evidence = Evidence(n_triggers=20, n_followed=0, follow_rate=0.0, chance=0.1, delay_s=float("nan"))
    true = Synergy("unrelated", 1, 2, None, False, SynergyStatus.NONE, 0.0, evidence)
    assert synergy_truth(true).model_dump() == {
        "status": "none", "n_triggers": 20, "n_followed": 0, "follow_rate": 0.0, "chance": 0.1,
        "delay_s": None,
    }  # fmt: skip
    assert impact_score(0.8, "high") == pytest.approx(0.56)
