"""Fan-out: every consumer has its own bounded queue, and none can hold up another."""

import asyncio
import threading
import time
from datetime import UTC, datetime

import pytest

from envirosense.pole.telemetry import DroppedRecord, TelemetryRecord
from envirosense.studio import Feed


def records(first: int, n: int) -> list[TelemetryRecord]:
    at = datetime(2018, 7, 10, tzinfo=UTC)
    return [
        TelemetryRecord(device="d", sequence=i, time_utc=at, parameter="ENV_TEMP", value=i, unit="degC")
        for i in range(first, first + n)
    ]


def numbers(taken: list) -> list[int]:
    return [record.sequence for record in taken if isinstance(record, TelemetryRecord)]


def test_every_consumer_gets_every_record() -> None:
    feed = Feed()
    one, two = feed.subscribe("one"), feed.subscribe("two")
    feed.publish(records(0, 3))
    feed.publish(records(3, 2))
    feed.finish()
    assert numbers(one.take()) == numbers(two.take()) == [0, 1, 2, 3, 4]
    assert one.take() == []
    assert one.is_over


def test_a_full_queue_drops_the_oldest_and_says_how_many() -> None:
    feed = Feed()
    slow = feed.subscribe("slow", limit=4)
    for first in range(0, 12, 3):
        feed.publish(records(first, 3))
    taken = slow.take()
    assert taken[0] == DroppedRecord(count=8)
    assert numbers(taken) == [8, 9, 10, 11]
    feed.publish(records(12, 1))
    assert numbers(slow.take()) == [12]  # told once
    (count,) = feed.counts
    assert (count.delivered, count.dropped) == (5, 8)


def test_a_stopped_consumer_costs_others_nothing() -> None:
    feed = Feed()
    feed.subscribe("stopped", limit=10)
    awake = feed.subscribe("awake", limit=10_000)
    began = time.monotonic()
    for first in range(0, 5000, 10):
        feed.publish(records(first, 10))
    assert time.monotonic() - began < 5.0
    assert len(numbers(awake.take())) == 5000


def test_a_closed_subscription_gets_nothing_more_and_is_counted_by_name() -> None:
    feed = Feed()
    for _ in range(3):
        visitor = feed.subscribe("socket")
        feed.publish(records(0, 2))
        visitor.take()
        visitor.close()
    feed.publish(records(2, 1))
    assert visitor.take() == []
    (count,) = feed.counts
    assert (count.name, count.delivered, count.is_open) == ("socket", 6, False)


def test_a_patient_consumer_is_waited_for_once() -> None:
    feed = Feed()
    reader = feed.subscribe("reader", limit=5, is_patient=True)
    feed.publish(records(0, 5), patience_s=0.2)
    began = time.monotonic()
    feed.publish(records(5, 5), patience_s=0.2)
    assert time.monotonic() - began >= 0.19
    began = time.monotonic()
    feed.publish(records(10, 5), patience_s=0.2)  # it has stalled: no more waiting
    assert time.monotonic() - began < 0.15
    assert numbers(reader.take()) == [10, 11, 12, 13, 14]


def test_a_patient_consumer_that_reads_loses_nothing() -> None:
    feed = Feed()
    reader = feed.subscribe("reader", limit=5, is_patient=True)
    seen: list[int] = []

    def read() -> None:
        while not reader.is_over:
            seen.extend(numbers(reader.take(1.0)))

    thread = threading.Thread(target=read)
    thread.start()
    for first in range(0, 300, 3):
        feed.publish(records(first, 3), patience_s=5.0)
    feed.finish()
    thread.join(5.0)
    assert seen == list(range(300))


def test_take_returns_nothing_when_the_time_is_up() -> None:
    assert Feed().subscribe("idle").take(0.01) == []


def test_who_subscribes_after_the_end_is_told_at_once() -> None:
    feed = Feed()
    feed.finish()
    late = feed.subscribe("late")
    assert late.is_over
    assert late.take() == []


def test_coroutines_wait_for_records_of_another_thread() -> None:
    feed = Feed()
    reader = feed.subscribe("reader")

    def publish() -> None:
        for i in range(20):
            feed.publish(records(i, 1))
            time.sleep(0.002)
        feed.finish()

    async def read() -> list[int]:
        threading.Thread(target=publish).start()
        return [record.sequence async for record in reader if isinstance(record, TelemetryRecord)]

    assert asyncio.run(read()) == list(range(20))


def test_a_consumer_whose_event_loop_is_gone_hinders_nobody() -> None:
    feed = Feed()
    reader, other = feed.subscribe("reader"), feed.subscribe("other")

    async def wait_in_vain() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(aiter(reader)), 0.02)

    asyncio.run(wait_in_vain())
    feed.publish(records(0, 1))
    assert numbers(other.take()) == [0]
