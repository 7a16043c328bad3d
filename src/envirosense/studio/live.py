"""A twin that runs in time and is listened to: pacing, fan-out and switching.

The simulation runs in a thread of its own and never waits for a consumer (at full speed it gives readers in
the same process a moment, since there is no clock to keep). The clock here decides when a record is handed
out, never what is in it.
"""

import math
import threading
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, Protocol

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.pole.telemetry import LiveRecord, Record
from envirosense.studio.feed import DEFAULT_LIMIT, Feed, Subscription
from envirosense.studio.history import History

BLOCK_WALL_S: Final = 0.2  # wall time a block covers: the most a record is late
FULL_SPEED_TICKS: Final = 60
SOCKET: Final = "websocket"  # name of every consumer behind a WebSocket
PATIENCE_S: Final = 2.0  # that the simulation at full speed waits, once, for a reader that has stopped

type State = Literal["ready", "running", "finished", "stopped", "failed"]


class LiveTwin(Protocol):
    """What a session steps."""

    @property
    def device_id(self) -> str: ...  # noqa: D102
    @property
    def tick(self) -> int: ...  # noqa: D102
    @property
    def n_ticks(self) -> int: ...  # noqa: D102
    @property
    def dt_s(self) -> float: ...  # noqa: D102
    @property
    def start_utc(self) -> datetime: ...  # noqa: D102
    @property
    def sensors(self) -> Mapping[str, bool]: ...  # noqa: D102
    def advance(self, n_ticks: int) -> Sequence[Record]: ...  # noqa: D102
    def switch(self, sensor_id: str, on: bool) -> None: ...  # noqa: D102


class LiveSession:
    """A twin being run: `start`, then `wait` or `stop`; in between `feed` and `history` fill."""

    def __init__(self, twin: LiveTwin, speed: float = 1.0, patience_s: float = PATIENCE_S) -> None:
        """Session before its start.

        Args:
            twin: what is stepped.
            speed: simulated seconds per second; 0 or infinity is as fast as possible.
            patience_s: longest wait for a patient consumer at full speed [s].

        Raises:
            ConfigError: if the speed is negative or not a number.
        """
        if math.isnan(speed) or speed < 0.0:
            raise ConfigError("speed", speed, "must be 0 (as fast as possible) or more; 1 is real time")
        self.twin = twin
        self.speed = math.inf if speed == 0.0 else speed
        self.feed = Feed()
        self.history = History()
        self.error: Exception | None = None
        self.behind_s = 0.0  # most that the simulation was late
        self._patience_s = patience_s if math.isinf(self.speed) else 0.0
        self._step = threading.Lock()
        self._stopping = threading.Event()
        self._state: State = "ready"
        self._reached = 0
        self._thread = threading.Thread(target=self._run, name="live-simulation", daemon=True)

    @property
    def state(self) -> State:
        """Where the session is in its life."""
        return self._state

    @property
    def time_utc(self) -> datetime:
        """Time in the simulation up to which records were handed out."""
        return self.twin.start_utc + timedelta(seconds=self._reached * self.twin.dt_s)

    @property
    def block_ticks(self) -> int:
        """Ticks simulated at once."""
        if math.isinf(self.speed):
            return FULL_SPEED_TICKS
        return max(1, min(FULL_SPEED_TICKS, round(BLOCK_WALL_S * self.speed / self.twin.dt_s)))

    def start(self) -> None:
        """Begin to simulate."""
        self._state = "running"
        self._thread.start()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Whether the session ended within the time; an error of the simulation is raised here.

        Raises:
            Exception: what the simulation failed with.
        """
        self._thread.join(timeout_s)
        if self.error is not None:
            raise self.error
        return not self._thread.is_alive()

    def stop(self) -> None:
        """End the session within a block; consumers get what was handed out before."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        elif self._state == "ready":
            self._state = "stopped"
            self.feed.finish()

    def subscribe(
        self, name: str = "reader", limit: int = DEFAULT_LIMIT, is_patient: bool = True
    ) -> Subscription:
        """Records from now on, for one consumer in this process."""
        return self.feed.subscribe(name, limit, is_patient)

    def switch(self, sensor_id: str, on: bool) -> int:
        """First tick from which a sensor is on or off.

        Raises:
            UnknownNameError: if the device has no such sensor.
            ConfigError: if the session is over.
        """
        if sensor_id not in self.twin.sensors:
            raise UnknownNameError("sensor_id", sensor_id, self.twin.sensors)
        with self._step:
            if self._state not in ("ready", "running"):
                raise ConfigError("sensor_id", sensor_id, f"cannot be switched: the session is {self._state}")
            self.twin.switch(sensor_id, on)
            return self.twin.tick

    def _run(self) -> None:
        outcome: State = "finished"
        try:
            if not self._simulate():
                outcome = "stopped"
        except Exception as error:  # handed to whoever waits
            self.error, outcome = error, "failed"
        with self._step:
            self._state = outcome
        self.feed.finish()

    def _simulate(self) -> bool:
        """Whether the episode was run to its end; the clock starts once the world stands."""
        began_s = math.nan
        while self.twin.tick < self.twin.n_ticks:
            with self._step:
                first = self.twin.tick
                records = self.twin.advance(self.block_ticks)
                tick = self.twin.tick
            if math.isnan(began_s):
                began_s = time.monotonic() - first * self.twin.dt_s / self.speed
            due_s = began_s + (tick - 1) * self.twin.dt_s / self.speed
            if self._pause(due_s):
                return False
            self.history.add(records)
            self._reached = tick
            self.feed.publish(records, self._patience_s)
        return True

    def _pause(self, until_s: float) -> bool:
        """Wait until a moment of the monotonic clock; whether the session was stopped meanwhile."""
        now_s = time.monotonic()
        if not math.isinf(self.speed):
            self.behind_s = max(self.behind_s, now_s - until_s)
        return self._stopping.wait(max(0.0, until_s - now_s))


async def live(twin: LiveTwin, speed: float = 1.0, limit: int = DEFAULT_LIMIT) -> AsyncIterator[LiveRecord]:
    """Records of a twin as they come; leaving the loop ends the simulation.

    A reader slower than the stream misses the oldest records and gets a `DroppedRecord` in their place.
    """
    session = LiveSession(twin, speed)
    subscription = session.subscribe("reader", limit)
    session.start()
    try:
        async for record in subscription:
            yield record
    finally:
        subscription.close()
        session.stop()
    session.wait()
