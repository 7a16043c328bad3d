import asyncio
import json

import numpy as np
import pytest

from envirosense.core.errors import ConfigError, DatasetError, UnknownNameError
from envirosense.factory.collection import FilterRule, RecordSource, TrainingDataCollector
from tests.factory.collection.toy_points import OTHER, SOURCE, TWIN, ToyRecord, toy


@pytest.fixture
def collector(tmp_path):
    return TrainingDataCollector(TWIN, tmp_path, 0)


def test_a_good_record_is_accepted_and_a_bad_one_has_all_of_its_reasons(collector) -> None:
    report = collector.collect("toys", [toy(), toy(1, score=0.1, target=" ")], SOURCE)
    assert (report.n_accepted, report.n_rejected) == (1, 1)
    assert report.reasons == {"score_low": 1, "target_empty": 1}
    assert collector.points()["toys"].status == "fed"


def test_a_missing_score_is_missing_and_not_a_good_one(collector) -> None:
    report = collector.collect("toys", [toy(score=None)], SOURCE)
    assert report.reasons == {"score_missing": 1}
    assert collector.points()["toys"].status == "refused"


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ({"name": "x", "score": "high", "target": "t"}, "malformed:score"),
        ({"name": "x", "score": 0.9, "target": "t", "colour": "red"}, "malformed:colour"),
        ({"score": 0.9, "target": "t"}, "malformed:name"),
        ({"name": "x", "score": float("nan"), "target": "t"}, "malformed:score"),
        ("no mapping", "malformed:record"),
    ],
)
def test_a_malformed_record_is_rejected_and_named(collector, record, code) -> None:
    report = collector.collect("toys", [record], SOURCE)
    assert code in report.reasons
    assert not report.n_accepted


def test_duplicates_are_counted_and_not_kept(collector) -> None:
    report = collector.collect("toys", [toy(), toy(), toy(1)], SOURCE)
    assert (report.n_accepted, report.n_duplicates) == (2, 1)
    collector.collect("toys", [toy()], SOURCE)
    found = collector.points()["toys"]
    assert (found.n_accepted, found.n_duplicates) == (2, 2)


def test_the_same_content_from_another_source_is_another_record(collector) -> None:
    collector.collect("toys", [toy()], SOURCE)
    collector.collect("toys", [toy()], OTHER)
    found = collector.points()["toys"]
    assert (found.n_accepted, found.n_duplicates, found.n_sites) == (2, 0, 2)


def test_a_cycle_run_again_counts_nothing_twice(collector, tmp_path) -> None:
    records = [toy(), toy(), toy(1, score=0.0)]
    collector.collect("toys", records, SOURCE)
    before = collector.points()
    again = TrainingDataCollector(TWIN, tmp_path, 0)
    assert again.points() == before
    report = again.collect("toys", records, SOURCE)
    assert (report.n_accepted, report.n_rejected, report.n_duplicates) == (1, 1, 1)
    assert again.points() == before


def test_a_point_without_a_consumer_waits_and_makes_nothing_up(collector) -> None:
    collector.collect("more_toys", [], SOURCE)
    found = collector.points()
    assert found["more_toys"].status == found["lonely"].status == "waiting"
    assert str(found["lonely"]) == "lonely: waiting (no consumer ran)"
    assert str(found["more_toys"]) == "more_toys: waiting (its consumer found nothing)"
    assert collector.accepted("lonely") == []


def test_what_a_crash_tore_is_dropped_and_taken_in_again(collector, tmp_path) -> None:
    collector.collect("toys", [toy(), toy(1)], SOURCE)
    whole = collector.points()
    journal = tmp_path / "collected" / "cycle_0" / "toys.jsonl"
    journal.write_bytes(journal.read_bytes()[:-40])
    again = TrainingDataCollector(TWIN, tmp_path, 0)
    assert again.points()["toys"].n_accepted == 1
    again.collect("toys", [toy(), toy(1)], SOURCE)
    assert again.points() == TrainingDataCollector(TWIN, tmp_path, 0).points() == whole


def test_a_consumer_that_breaks_off_leaves_nothing_of_that_call(collector) -> None:
    def breaking():
        yield toy(1)
        raise RuntimeError("lost the thread")

    collector.collect("toys", [toy()], SOURCE)
    with pytest.raises(RuntimeError, match="thread"):
        collector.collect("toys", breaking(), SOURCE)
    assert collector.points()["toys"].n_accepted == 1


def test_a_journal_that_is_none_is_refused_by_line(collector, tmp_path) -> None:
    collector.collect("toys", [toy()], SOURCE)
    journal = tmp_path / "collected" / "cycle_0" / "toys.jsonl"
    journal.write_text(journal.read_text() + "{}\n")
    with pytest.raises(DatasetError, match="line 2"):
        TrainingDataCollector(TWIN, tmp_path, 0)


def test_models_and_numpy_values_are_taken_as_they_are(collector) -> None:
    records = [
        ToyRecord(**toy()),
        toy(1, score=np.float32(0.75), parts=np.array(["a", "b"]), is_big=np.True_),
    ]
    report = collector.collect("toys", records, SOURCE)
    assert report.n_accepted == 2
    stored = {one.record["name"]: one.record for one in collector.accepted("toys")}
    assert stored["toy 1"]["parts"] == ["a", "b"]
    assert json.loads(json.dumps(stored)) == stored


def test_order_of_arrival_does_not_matter(tmp_path) -> None:
    records = [toy(number) for number in range(6)]
    one, other = (TrainingDataCollector(TWIN, tmp_path / name, 0) for name in "ab")
    one.collect("toys", records, SOURCE)
    one.collect("toys", records, OTHER)
    other.collect("toys", records[::-1], OTHER)
    other.collect("toys", records[::-1], SOURCE)
    assert one.accepted("toys") == other.accepted("toys")


def test_other_filters_may_be_set(tmp_path) -> None:
    strict = (FilterRule(code="not_perfect", test="at_least", fields=("score",), value=1.0),)
    collector = TrainingDataCollector(TWIN, tmp_path, 0, filters={"toys": strict})
    assert collector.collect("toys", [toy()], SOURCE).reasons == {"not_perfect": 1}
    with pytest.raises(UnknownNameError, match="did you mean 'toys'"):
        TrainingDataCollector(TWIN, tmp_path, 0, filters={"toyz": strict})


def test_many_consumers_collect_beside_an_event_loop(collector) -> None:
    async def several() -> None:
        sources = [RecordSource(f"site-{number}", f"episode-{number}") for number in range(8)]
        await asyncio.gather(*(collector.acollect("toys", [toy(), toy(1)], one) for one in sources))

    asyncio.run(several())
    found = collector.points()["toys"]
    assert (found.n_accepted, found.n_sites, found.n_duplicates) == (16, 8, 0)


def test_consumers_that_find_the_same_at_once_are_told_apart(collector, tmp_path) -> None:
    async def several() -> None:
        records = [toy(number) for number in range(40)]
        await asyncio.gather(*(collector.acollect("toys", records, SOURCE) for _ in range(6)))

    asyncio.run(several())
    found = collector.points()["toys"]
    assert (found.n_accepted, found.n_duplicates) == (40, 200)
    assert TrainingDataCollector(TWIN, tmp_path, 0).points() == collector.points()


def test_records_may_come_as_they_are_found(collector) -> None:
    async def found():
        for number in range(3):
            await asyncio.sleep(0)
            yield toy(number)

    report = asyncio.run(collector.acollect("toys", found(), SOURCE))
    assert report.n_accepted == 3


def test_a_cancelled_call_takes_all_or_nothing(collector, tmp_path) -> None:
    async def cancelled() -> None:
        task = asyncio.create_task(collector.acollect("toys", [toy(n) for n in range(200)], SOURCE))
        await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert collector.points()["toys"].n_accepted in (0, 200)
    assert TrainingDataCollector(TWIN, tmp_path, 0).points() == collector.points()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"twin": "no such twin"}, "unknown twin"),
        ({"cycle": -1}, "cycle=-1"),
        ({"cycle": True}, "whole number"),
        ({"origin": "dreamt"}, "unknown origin"),
    ],
)
def test_a_collector_that_cannot_be_is_refused(tmp_path, changes, message) -> None:
    with pytest.raises(ConfigError, match=message):
        TrainingDataCollector(**{"twin": TWIN, "folder": tmp_path, "cycle": 0, **changes})


def test_an_unknown_point_and_a_source_from_nowhere_are_refused(collector) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'toys'"):
        collector.collect("toyss", [toy()], SOURCE)
    with pytest.raises(ConfigError, match="give a list of one"):
        collector.collect("toys", toy(), SOURCE)
    with pytest.raises(ConfigError, match=r"source\.site"):
        RecordSource("", "0123abcd")
