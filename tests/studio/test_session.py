"""A session: pacing, ends, faults, switching."""

import asyncio
import math
import time

import pytest

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.pole.telemetry import DroppedRecord, StatusRecord, TelemetryRecord
from envirosense.studio import live


def values(records) -> list[float]:
    return [r.value for r in records if isinstance(r, TelemetryRecord)]


def test_at_full_speed_a_reader_gets_everything(make_twin) -> None:
    async def read() -> list:
        return [record async for record in live(make_twin(5000), speed=0, limit=100)]

    records = asyncio.run(read())
    assert values(records) == list(range(5000))
    assert not [r for r in records if isinstance(r, DroppedRecord)]
    assert sum(isinstance(r, StatusRecord) for r in records) == 500


@pytest.mark.parametrize("speed", [100.0, 400.0])
def test_the_clock_paces_the_simulation(make_session, speed: float) -> None:
    session = make_session(n_ticks=121, speed=speed)
    began = time.monotonic()
    session.start()
    assert session.wait(10.0)
    assert time.monotonic() - began >= 120.0 / speed
    assert session.feed.published == 121 + 13


def test_blocks_are_short_in_wall_time(make_session) -> None:
    assert make_session(speed=1.0).block_ticks == 1
    assert make_session(speed=60.0).block_ticks == 12
    assert make_session(speed=math.inf).block_ticks == make_session(speed=0.0).block_ticks == 60


@pytest.mark.parametrize("speed", [-1.0, math.nan])
def test_an_impossible_speed_is_refused(make_session, speed: float) -> None:
    with pytest.raises(ConfigError, match="speed="):
        make_session(speed=speed)


def test_leaving_the_loop_ends_the_simulation(make_twin) -> None:
    twin = make_twin(10**6)

    async def read() -> int:
        stream = live(twin, speed=1000.0)
        seen = 0
        async for _ in stream:
            seen += 1
            if seen == 5:
                break
        await stream.aclose()
        return seen

    assert asyncio.run(read()) == 5
    reached = twin.tick
    time.sleep(0.05)
    assert twin.tick == reached < 10**6


def test_a_reader_that_raises_ends_only_its_own_loop(make_session) -> None:
    session = make_session(n_ticks=2000)
    bad, good = session.subscribe("bad"), session.subscribe("good")

    async def fail() -> None:
        async for _ in bad:
            raise ValueError("bad reader")

    session.start()
    with pytest.raises(ValueError, match="bad reader"):
        asyncio.run(fail())
    bad.close()
    taken = []
    while not good.is_over:
        taken += good.take(1.0)
    assert session.wait(5.0)
    assert values(taken) == list(range(2000))


def test_a_reader_that_stops_does_not_stop_the_simulation(make_session) -> None:
    session = make_session(n_ticks=2000, patience_s=0.1)
    stopped = session.subscribe("stopped", limit=50)
    session.start()
    assert session.wait(5.0)
    assert session.state == "finished"
    taken = stopped.take()
    assert taken[0] == DroppedRecord(count=2200 - 50)
    assert len(taken) == 51


def test_a_fault_of_the_simulation_reaches_who_waits_and_who_reads(make_session, make_twin) -> None:
    session = make_session(fails_at=50)
    reader = session.subscribe()
    session.start()
    with pytest.raises(ArithmeticError, match="fell apart"):
        session.wait(5.0)
    assert session.state == "failed"
    while not reader.is_over:
        reader.take(1.0)

    async def read() -> None:
        async for _ in live(make_twin(fails_at=70), speed=0):
            pass

    with pytest.raises(ArithmeticError, match="fell apart"):
        asyncio.run(read())


def test_stop_ends_a_slow_session_at_once(make_session) -> None:
    session = make_session(speed=0.001)
    session.start()
    time.sleep(0.05)
    began = time.monotonic()
    session.stop()
    assert time.monotonic() - began < 1.0
    assert session.state == "stopped"


def test_a_sensor_is_switched_between_blocks(make_session) -> None:
    session = make_session(n_ticks=300, speed=1000.0)
    reader = session.subscribe()
    session.start()
    tick = session.switch("air", False)
    assert session.twin.sensors == {"air": False}
    with pytest.raises(UnknownNameError, match="sensor_id"):
        session.switch("wind", True)
    assert session.wait(5.0)
    assert values(reader.take()) == list(range(tick))
    with pytest.raises(ConfigError, match="the session is finished"):
        session.switch("air", True)


def test_a_session_stopped_before_its_start_ends_its_readers(make_session) -> None:
    session = make_session()
    reader = session.subscribe()
    session.stop()
    assert session.state == "stopped"
    assert reader.take(1.0) == []
    assert reader.is_over
