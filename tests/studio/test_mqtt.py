"""Records over a real Mosquitto, which is killed and comes back."""

import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from envirosense.core.errors import ConfigError
from envirosense.pole.telemetry import DroppedRecord
from envirosense.studio.mqtt import MqttOutlet, messages

LOCAL = "127.0.0.1"
MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
needs_broker = pytest.mark.skipif(MOSQUITTO is None, reason="no Mosquitto here; apt-get install mosquitto")


def until(condition: Callable[[], bool], timeout_s: float = 15.0) -> bool:
    end = time.monotonic() + timeout_s
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def free_port() -> int:
    with socket.socket() as found:
        found.bind((LOCAL, 0))
        return int(found.getsockname()[1])


class Broker:
    """Mosquitto on a free port of this machine, with its messages on disk."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._settings = folder / "mosquitto.conf"
        self._settings.write_text(
            f"listener {self.port} {LOCAL}\nallow_anonymous true\nmax_queued_messages 100000\n",
            encoding="utf-8",
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        assert MOSQUITTO is not None
        self._process = subprocess.Popen(
            [MOSQUITTO, "-c", self._settings], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        assert until(self._answers)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(5.0)
            self._process = None

    def _answers(self) -> bool:
        try:
            socket.create_connection((LOCAL, self.port), 0.2).close()
        except OSError:
            return False
        return True


class Listener:
    """Client that hears every topic; it comes back by itself."""

    def __init__(self, port: int) -> None:
        self.heard: list[tuple[str, str]] = []
        self._is_listening = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda client, *_: client.subscribe("envirosense/#", 1)
        self._client.on_subscribe = lambda *_: self._is_listening.set()
        self._client.on_message = lambda _c, _d, m: self.heard.append((m.topic, m.payload.decode()))
        self._client.connect(LOCAL, port)
        self._client.loop_start()
        assert self._is_listening.wait(5.0)

    def records(self, kind: str) -> list[dict]:
        found = [json.loads(text) for topic, text in list(self.heard) if topic.endswith(f"/{kind}")]
        return [record for message in found for record in message] if kind == "telemetry" else found

    def connection(self) -> list[str]:
        return [text for topic, text in list(self.heard) if topic.endswith("/connection")]

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    made = Broker(tmp_path)
    made.start()
    yield made
    made.kill()


@pytest.fixture
def listener(broker: Broker) -> Iterator[Listener]:
    made = Listener(broker.port)
    yield made
    made.close()


def test_what_was_measured_at_one_time_is_one_message(make_twin) -> None:
    made = make_twin(2).advance(2)
    twice = [made[0], made[0], *made]
    kinds = [(kind, json.loads(payload)) for kind, payload, _ in messages([DroppedRecord(count=2), *twice])]
    assert [kind for kind, _ in kinds] == ["dropped", "telemetry", "status", "telemetry"]
    assert [record["value"] for record in kinds[1][1]] == [0.0, 0.0, 0.0]
    assert [record["value"] for record in kinds[3][1]] == [1.0]
    assert kinds[2][1]["overall"] == "normal"


@needs_broker
def test_every_record_arrives_once_in_order_on_its_topic(
    make_session, broker: Broker, listener: Listener
) -> None:
    session = make_session(n_ticks=300)
    outlet = MqttOutlet(session.subscribe("mqtt"), LOCAL, broker.port, "counter")
    outlet.connect()
    outlet.start()
    session.start()
    assert session.wait(10.0)
    assert outlet.finish(10.0)
    assert until(lambda: listener.connection()[-1:] == ["offline"])
    assert {topic for topic, _ in listener.heard} == {
        "envirosense/counter/telemetry", "envirosense/counter/status", "envirosense/counter/connection"
    }  # fmt: skip
    assert [record["value"] for record in listener.records("telemetry")] == [float(i) for i in range(300)]
    assert len(listener.records("status")) == 30
    assert listener.connection() == ["online", "offline"]
    assert outlet.sent == 330
    assert outlet.trouble == "" or not outlet.is_connected


@pytest.mark.slow
@needs_broker
def test_a_broker_that_dies_and_returns_loses_nothing(
    make_session, broker: Broker, listener: Listener
) -> None:
    session = make_session(n_ticks=1000, speed=200.0)
    outlet = MqttOutlet(session.subscribe("mqtt"), LOCAL, broker.port, "counter")
    outlet.connect()
    outlet.start()
    session.start()
    assert until(lambda: len(listener.records("telemetry")) > 50)
    broker.kill()
    assert until(lambda: not outlet.is_connected)
    listener.close()
    reached = session.twin.tick
    assert until(lambda: session.twin.tick > reached)  # the simulation goes on
    broker.start()
    back = Listener(broker.port)
    assert session.wait(20.0)
    assert outlet.finish(20.0)
    heard = [r["value"] for r in (*listener.records("telemetry"), *back.records("telemetry"))]
    back.close()
    # what was on its way when the broker died may be in neither listener's queue, or in both: QoS 1 is
    # between us and the broker; all that was sent after its return is here
    assert heard[-1] == 999.0
    last = [record["value"] for record in back.records("telemetry")]
    assert sorted(set(last)) == [float(i) for i in range(int(min(last)), 1000)]
    assert min(last) <= max(r["value"] for r in listener.records("telemetry")) + 51
    assert session.feed.counts[0].dropped == 0


@pytest.mark.slow
@needs_broker
def test_while_the_broker_is_away_the_buffer_is_bounded_and_the_loss_is_told(
    make_session, broker: Broker, listener: Listener
) -> None:
    session = make_session(n_ticks=2000)
    outlet = MqttOutlet(session.subscribe("mqtt", limit=50, is_patient=False), LOCAL, broker.port, "counter")
    outlet.connect()
    broker.kill()
    assert until(lambda: not outlet.is_connected)
    listener.close()
    outlet.start()
    session.start()
    assert session.wait(10.0)
    broker.start()
    back = Listener(broker.port)
    assert outlet.finish(20.0)
    assert until(lambda: bool(back.records("dropped")))
    lost = sum(record["count"] for record in back.records("dropped"))
    assert lost == session.feed.counts[0].dropped > 0
    assert until(lambda: len(back.records("telemetry") + back.records("status")) + lost == 2200)
    back.close()


@pytest.mark.slow
@needs_broker
def test_the_last_will_says_offline(make_session, broker: Broker, listener: Listener) -> None:
    outlet = MqttOutlet(make_session().subscribe("mqtt"), LOCAL, broker.port, "counter")
    outlet.connect()
    assert until(lambda: listener.connection() == ["online"])
    outlet._client.socket().shutdown(socket.SHUT_RDWR)  # the line is cut: no goodbye
    assert until(lambda: "offline" in listener.connection())
    assert until(lambda: listener.connection()[-1] == "online")  # and it comes back
    outlet.finish(0.1)


def test_without_a_broker_the_error_is_one_line(make_session) -> None:
    port = free_port()
    outlet = MqttOutlet(make_session().subscribe("mqtt"), LOCAL, port, "counter")
    with pytest.raises(
        ConfigError, match=rf"mqtt='{LOCAL}:{port}': no MQTT broker there \(Connection refused\)"
    ):
        outlet.connect()


def test_a_broker_that_never_comes_leaves_the_rest_unsent(make_session) -> None:
    session = make_session(n_ticks=50)
    outlet = MqttOutlet(session.subscribe("mqtt"), LOCAL, free_port(), "counter")
    outlet.connect(keep_trying=True)
    outlet.start()
    session.start()
    assert session.wait(5.0)
    assert outlet.trouble == "the broker is away; records wait"
    assert not outlet.finish(0.2)
    assert not outlet.is_connected
    assert outlet.sent == 0


def test_something_else_on_the_port_is_no_broker(make_session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("envirosense.studio.mqtt.CONNECT_S", 0.3)
    with socket.socket() as mute:
        mute.bind((LOCAL, 0))
        mute.listen()
        port = mute.getsockname()[1]
        outlet = MqttOutlet(make_session().subscribe("mqtt"), LOCAL, port, "counter")
        with pytest.raises(ConfigError, match="no MQTT broker there"):
            outlet.connect()


@pytest.mark.slow
@needs_broker
def test_with_wait_the_outlet_tries_until_the_broker_is_there(make_session, tmp_path: Path) -> None:
    late = Broker(tmp_path)
    session = make_session(n_ticks=100)
    outlet = MqttOutlet(session.subscribe("mqtt"), LOCAL, late.port, "counter")
    outlet.connect(keep_trying=True)
    outlet.start()
    session.start()
    assert session.wait(5.0)
    late.start()
    heard = Listener(late.port)
    assert outlet.finish(20.0)
    assert until(lambda: len(heard.records("telemetry")) == 100)
    heard.close()
    late.kill()
