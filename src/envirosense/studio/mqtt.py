"""Records to an MQTT broker: QoS 1, a last will, reconnection, a bounded buffer.

Topics are `envirosense/DEVICE/telemetry`, `/status`, `/alert` and `/dropped`. A telemetry message is the
array of what was measured at one time, as the device sends it too; the others are one record each. The
retained `envirosense/DEVICE/connection` says `online` or, through the last will, `offline`.
"""

import threading
import uuid
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from envirosense.core.errors import ConfigError, MissingExtraError
from envirosense.pole.telemetry import LiveRecord, TelemetryRecord
from envirosense.studio.feed import Subscription
from envirosense.studio.outlet import Outlet

if TYPE_CHECKING:
    from paho.mqtt.client import Client

QOS: Final = 1  # at least once; `sequence` tells repeats
KEEP_ALIVE_S: Final = 15
SHORTEST_RETRY_S: Final = 1
LONGEST_RETRY_S: Final = 30
IN_FLIGHT: Final = 50  # messages sent and not yet acknowledged
CONNECT_S: Final = 5.0
LEAVE_S = 3.0


def messages(records: Sequence[LiveRecord]) -> Iterator[tuple[str, str, int]]:
    """Last part of the topic, payload, and number of records of the messages that carry records."""
    for kind, found in groupby(records, _message):
        lines = [record.model_dump_json() for record in found]
        if kind[0] == "telemetry":
            yield kind[0], f"[{','.join(lines)}]", len(lines)
        else:
            yield from ((kind[0], line, int(kind[0] != "dropped")) for line in lines)


def _message(record: LiveRecord) -> tuple[str, object]:
    """Neighbours of the same value share a message, if they are telemetry."""
    return record.type, record.time_utc if isinstance(record, TelemetryRecord) else None


class MqttOutlet(Outlet):
    """Publishes records while the broker is there; while it is not, they wait in the subscription."""

    def __init__(self, subscription: Subscription, host: str, port: int, device: str) -> None:
        """Outlet to a broker, not yet connected.

        Raises:
            MissingExtraError: if paho-mqtt is not installed.
        """
        super().__init__(subscription)
        self._address = host, port
        self._topic = f"envirosense/{device}"
        self._unacknowledged: dict[int, int] = {}  # message -> its records
        self._early: set[int] = set()  # acknowledged before `publish` returned
        self._changed = threading.Condition()
        self._is_connected = self._is_closing = False
        self.refusal = ""
        self._client = self._make_client(device)

    def _make_client(self, device: str) -> "Client":
        try:
            from paho.mqtt.client import Client
            from paho.mqtt.enums import CallbackAPIVersion
        except ImportError:
            raise MissingExtraError("paho-mqtt", "live") from None
        client = Client(CallbackAPIVersion.VERSION2, client_id=f"envirosense-{device}-{uuid.uuid4().hex[:8]}")
        client.will_set(f"{self._topic}/connection", "offline", QOS, retain=True)
        client.reconnect_delay_set(SHORTEST_RETRY_S, LONGEST_RETRY_S)
        client.max_inflight_messages_set(IN_FLIGHT)
        client.connect_timeout = CONNECT_S
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_publish = self._acknowledged
        return client

    def connect(self, keep_trying: bool = False) -> None:
        """Reach the broker, or with `keep_trying` let the outlet try until it answers.

        Raises:
            ConfigError: if no broker answers, or it refuses the connection.
        """
        host, port = self._address
        if keep_trying:
            self._client.connect_async(host, port, KEEP_ALIVE_S)
            self._client.loop_start()
            return
        try:
            self._client.connect(host, port, KEEP_ALIVE_S)
        except (OSError, ValueError) as error:
            raise self._no_broker(str(getattr(error, "strerror", None) or error)) from None
        self._client.loop_start()
        with self._changed:
            self._changed.wait_for(lambda: self._is_connected or self.refusal, CONNECT_S)
            is_connected = self._is_connected
        if not is_connected:
            self._leave()
            raise self._no_broker(self.refusal or "no answer")

    def _no_broker(self, why: str) -> ConfigError:
        fix = f"no MQTT broker there ({why}); start one, or give --wait to keep trying"
        return ConfigError("mqtt", f"{self._address[0]}:{self._address[1]}", fix)

    def send(self, records: Sequence[LiveRecord]) -> None:
        """Publish records in order; waits while the broker is away or behind."""
        for kind, payload, n in messages(records):
            with self._changed:
                self._changed.wait_for(self._may_send)
                if self._is_closing:
                    return
            self._publish(kind, payload, n)

    def _publish(self, kind: str, payload: str, n_records: int, retain: bool = False) -> None:
        mid = self._client.publish(f"{self._topic}/{kind}", payload, QOS, retain).mid
        with self._changed:
            if mid in self._early:
                self._early.discard(mid)
                self._sent += n_records
            else:
                self._unacknowledged[mid] = n_records

    def _may_send(self) -> bool:
        return self._is_closing or (self._is_connected and len(self._unacknowledged) < IN_FLIGHT)

    def finish(self, timeout_s: float) -> bool:
        """Whether every record was acknowledged within the time; then the outlet says goodbye."""
        self._join(timeout_s)
        with self._changed:
            self._changed.wait_for(lambda: not self._unacknowledged or not self._is_connected, timeout_s)
            is_done = not self._unacknowledged and not self._thread.is_alive() and self.error is None
            self._is_closing = True
            self._changed.notify_all()
        self.subscription.close()
        if self._is_connected:
            self._client.publish(f"{self._topic}/connection", "offline", QOS, retain=True).wait_for_publish(1)
        self._leave()
        return is_done

    def _leave(self) -> None:
        self._client.disconnect()
        # the client's thread may be busy with a broker that is not there, and its own stop waits for ever
        stopper = threading.Thread(target=self._client.loop_stop, name="mqtt-leave", daemon=True)
        stopper.start()
        stopper.join(LEAVE_S)

    @property
    def sent(self) -> int:
        """Records that the broker acknowledged."""
        with self._changed:
            return self._sent

    @property
    def trouble(self) -> str:
        """Why nothing goes out now."""
        with self._changed:
            if self.error is not None or self._is_connected:
                return super().trouble
            return f"the broker is away{self.refusal and f' ({self.refusal})'}; records wait"

    @property
    def is_connected(self) -> bool:
        """Whether the broker is there now."""
        with self._changed:
            return self._is_connected

    def _connected(self, client: "Client", data: Any, flags: Any, reason: Any, properties: Any) -> None:
        with self._changed:
            self._is_connected = not reason.is_failure
            self.refusal = str(reason) if reason.is_failure else ""
            self._changed.notify_all()
        if not reason.is_failure:
            self._publish("connection", "online", 0, retain=True)

    def _disconnected(self, client: "Client", data: Any, flags: Any, reason: Any, properties: Any) -> None:
        with self._changed:
            self._is_connected = False
            self._changed.notify_all()

    def _acknowledged(self, client: "Client", data: Any, mid: int, reason: Any, properties: Any) -> None:
        with self._changed:
            if mid in self._unacknowledged:
                self._sent += self._unacknowledged.pop(mid)
            else:
                self._early.add(mid)
            self._changed.notify_all()
