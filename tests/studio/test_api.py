"""REST and WebSocket in process: every documented status code is real."""

import contextlib
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
import schemathesis
from hypothesis import given, settings
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from envirosense.studio.api import make_app
from envirosense.studio.live import LiveSession
from envirosense.studio.server import ApiServer


@pytest.fixture
def finished(make_session) -> LiveSession:
    session = make_session(n_ticks=100)
    session.start()
    assert session.wait(5.0)
    return session


@pytest.fixture
def endless(make_session) -> LiveSession:
    session = make_session(n_ticks=10**7, speed=200.0)
    session.start()
    return session


def test_every_operation_keeps_to_its_schema(endless: LiveSession) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", make_app(endless))
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) == 8
    for operation in operations:

        @given(case=operation.as_strategy())
        @settings(max_examples=15, deadline=None, derandomize=True, database=None)
        def keeps_to_it(case: schemathesis.Case) -> None:
            case.call_and_validate()

        keeps_to_it()


@pytest.mark.slow
def test_schemathesis_finds_nothing_in_any_phase(endless: LiveSession, tmp_path: Path) -> None:
    server = ApiServer(endless, "127.0.0.1", 0)
    server.start()
    tool = Path(sys.executable).with_name("schemathesis")
    options = ["--max-examples", "20", "--seed", "1", "--no-color", "--request-timeout", "5"]
    done = subprocess.run(
        [tool, "run", f"{server.url}/openapi.json", *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=tmp_path,
    )
    server.close()
    assert done.returncode == 0, done.stdout[-4000:]


def test_health_and_devices(finished: LiveSession) -> None:
    with TestClient(make_app(finished)) as client:
        health = client.get("/health").json()
        assert (health["state"], health["tick"], health["n_ticks"]) == ("finished", 100, 100)
        assert (health["records"], health["speed"], health["error"]) == (110, None, None)
        assert client.get("/devices").json() == [{"device_id": "counter", "sensors": {"air": True}}]


def test_a_failed_simulation_is_reported(make_session) -> None:
    session = make_session(fails_at=3)
    session.start()
    with contextlib.suppress(ArithmeticError):
        session.wait(5.0)
    with TestClient(make_app(session)) as client:
        health = client.get("/health").json()
    assert (health["state"], health["error"]) == ("failed", "the world fell apart")


def test_latest_telemetry_alerts_and_status(finished: LiveSession) -> None:
    with TestClient(make_app(finished)) as client:
        (latest,) = client.get("/devices/counter/latest").json()
        assert (latest["parameter"], latest["value"]) == ("ENV_TEMP", 99.0)
        found = client.get("/devices/counter/telemetry", params={"parameter": "ENV_TEMP", "limit": 3}).json()
        assert [record["value"] for record in found] == [97.0, 98.0, 99.0]
        assert client.get("/devices/counter/alerts").json() == []
        assert client.get("/devices/counter/status").json()["overall"] == "normal"


@pytest.mark.parametrize("path", ["latest", "telemetry", "alerts", "status"])
def test_an_unknown_device_is_not_found(finished: LiveSession, path: str) -> None:
    with TestClient(make_app(finished)) as client:
        answer = client.get(f"/devices/other/{path}")
    assert answer.status_code == 404
    assert answer.json() == {"detail": "no device 'other'; there is 'counter'"}


def test_a_limit_out_of_range_is_refused(finished: LiveSession) -> None:
    with TestClient(make_app(finished)) as client:
        assert client.get("/devices/counter/telemetry", params={"limit": 0}).status_code == 422


def test_a_sensor_is_switched_while_running(make_session) -> None:
    session = make_session(n_ticks=10**6, speed=100.0)
    session.start()
    with TestClient(make_app(session)) as client:
        off = client.post("/devices/counter/sensors/air/disable")
        assert off.status_code == 200
        assert off.json()["enabled"] is False
        assert session.twin.sensors == {"air": False}
        assert client.post("/devices/counter/sensors/air/enable").json()["enabled"] is True
        assert client.post("/devices/counter/sensors/wind/enable").status_code == 404
        assert client.post("/devices/other/sensors/air/enable").status_code == 404
        session.stop()
        assert client.post("/devices/counter/sensors/air/disable").status_code == 409


def test_a_socket_gets_the_records_and_the_end(make_session) -> None:
    session = make_session(n_ticks=100)
    with TestClient(make_app(session)) as client, client.websocket_connect("/live") as socket:
        session.start()
        lines = [json.loads(socket.receive_text()) for _ in range(110)]
        with pytest.raises(WebSocketDisconnect):
            socket.receive_text()
    assert [line["sequence"] for line in lines] == list(range(110))
    (count,) = session.feed.counts
    assert (count.name, count.delivered, count.dropped) == ("websocket", 110, 0)


def test_a_socket_that_goes_stops_nothing(make_session) -> None:
    session = make_session(n_ticks=2000, speed=1000.0)
    with TestClient(make_app(session)) as client, client.websocket_connect("/live") as socket:
        session.start()
        socket.receive_text()
        socket.close()
        until = time.monotonic() + 5.0
        while session.feed.counts[0].is_open and time.monotonic() < until:
            time.sleep(0.01)
        assert not session.feed.counts[0].is_open
    assert session.wait(5.0)
    assert session.state == "finished"
