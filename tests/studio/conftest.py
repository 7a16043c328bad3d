"""A tiny twin to serve: one sensor that counts its ticks."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from envirosense.core.errors import UnknownNameError
from envirosense.pole.telemetry import Record, StatusRecord, TelemetryRecord
from envirosense.studio.live import LiveSession

START = datetime(2018, 7, 10, 17, tzinfo=UTC)


class CountingTwin:
    """Sends its tick as ENV_TEMP, and its status every tenth tick; fails where told to."""

    device_id = "counter"
    start_utc = START

    def __init__(self, n_ticks: int = 100, dt_s: float = 1.0, fails_at: int | None = None) -> None:
        self.n_ticks, self.dt_s, self.fails_at = n_ticks, dt_s, fails_at
        self.tick = 0
        self._sequence = 0
        self._on = True

    @property
    def sensors(self) -> dict[str, bool]:
        return {"air": self._on}

    def switch(self, sensor_id: str, on: bool) -> None:
        if sensor_id != "air":
            raise UnknownNameError("sensor_id", sensor_id, self.sensors)
        self._on = on

    def advance(self, n_ticks: int) -> list[Record]:
        made: list[Record] = []
        for tick in range(self.tick, min(self.tick + n_ticks, self.n_ticks)):
            if tick == self.fails_at:
                raise ArithmeticError("the world fell apart")
            if self._on:
                made.append(TelemetryRecord(**self._head(tick), parameter="ENV_TEMP", value=tick, unit="degC",
                                            sensor="air", channel="temperature_c"))  # fmt: skip
            if tick % 10 == 0:
                made.append(StatusRecord(**self._head(tick), overall="normal"))
            self.tick = tick + 1
        return made

    def _head(self, tick: int) -> dict[str, object]:
        self._sequence += 1
        time_utc = START + timedelta(seconds=tick * self.dt_s)
        return {"device": self.device_id, "sequence": self._sequence - 1, "time_utc": time_utc}


type MakeSession = Callable[..., LiveSession]


@pytest.fixture(scope="session")
def make_twin() -> type[CountingTwin]:
    """The class of the tiny twin."""
    return CountingTwin


@pytest.fixture
def make_session() -> Iterator[MakeSession]:
    """Session of a tiny twin, stopped at the test's end."""
    made: list[LiveSession] = []

    def session(
        n_ticks: int = 100, speed: float = 0.0, fails_at: int | None = None, patience_s: float = 2.0
    ) -> LiveSession:
        made.append(LiveSession(CountingTwin(n_ticks, fails_at=fails_at), speed, patience_s))
        return made[-1]

    yield session
    for one in made:
        one.stop()
