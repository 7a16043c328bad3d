from typing import Any

import polars as pl
import pytest

from envirosense.factory.collection import (
    COLLECTION_POINTS,
    RecordSource,
    TrainingDataCollector,
    query_lineage,
    read_metadata,
)
from envirosense.pole.points.detections import POINT, read_detections

if "pole/detections" not in COLLECTION_POINTS:
    COLLECTION_POINTS.register("pole/detections")(POINT)

SOURCE = RecordSource("site-1", "0123abcd", "windows", ("window_detector@3",))


def detection(tick: int = 60, **fields: Any) -> dict[str, Any]:
    return {
        "site": "site-1", "scenario": "fire/any", "episode_id": "0123abcd", "tick": tick, "window_s": 60.0,
        "scores": {"normal": 0.2, "fire": 0.8}, "alarm": True, "truth_class": "fire", "detectable": True,
        "sensors": ["voc_array", "wind_sensor"], "event_id": "fire-1", "model": "window@3", **fields,
    }  # fmt: skip


@pytest.fixture
def collector(tmp_path):
    return TrainingDataCollector("pole", tmp_path, 0)


def test_windows_are_exported_in_order_with_their_scores(collector) -> None:
    records = [detection(120), detection(60), detection(0, truth_class="normal", event_id=None, alarm=False)]
    assert collector.collect("detections", records, SOURCE).n_accepted == 3
    cycle = collector.export()
    assert {one.name for one in (cycle / "detections").iterdir()} == {"detections.parquet", "metadata.json"}
    table = pl.read_parquet(cycle / "detections" / "detections.parquet")
    assert table["tick"].to_list() == [0, 60, 120]
    assert table["scores"][1].to_list()[0] == {"class_name": "fire", "score": 0.8}
    (first, *_) = read_detections(cycle)["detections.parquet"]
    assert (first["truth_class"], first["alarm"], first["sensors"]) == (
        "normal",
        False,
        ["voc_array", "wind_sensor"],
    )
    assert read_metadata(cycle / "detections")["counts"] == {
        "records": 3, "scored": 3, "alarms": 2, "class:fire": 2, "class:normal": 1
    }  # fmt: skip
    assert query_lineage(collector.folder, event="fire-1").num_rows == 2


def test_before_the_first_model_there_is_no_score_and_none_is_made_up(collector) -> None:
    assert (
        collector.collect("detections", [detection(scores=None, alarm=None, model=None)], SOURCE).n_accepted
        == 1
    )
    (row,) = read_detections(collector.export())["detections.parquet"]
    assert row["scores"] is None
    assert row["alarm"] is None


def test_a_window_judged_by_another_model_is_the_same_window(collector, tmp_path) -> None:
    collector.collect("detections", [detection()], SOURCE)
    again = TrainingDataCollector("pole", tmp_path, 0)
    again.collect("detections", [detection(scores={"normal": 0.5}, alarm=False, model="window@4")], SOURCE)
    (kept,) = again.accepted("detections")
    assert kept.record["model"] == "window@3"
    assert again.points() == collector.points()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"truth_class": None}, "truth_missing"),
        ({"detectable": None}, "detectable_missing"),
        ({"detectable": False}, "not_detectable"),
        ({"sensors": []}, "sensors_missing"),
        ({"scores": {"normal": 1.2}}, "malformed:scores.normal"),
        ({"window_s": 0.0}, "malformed:window_s"),
    ],
)
def test_one_fault_gives_its_own_reason_and_no_other(collector, fields, code) -> None:
    assert collector.collect("detections", [detection(**fields)], SOURCE).reasons == {code: 1}
