"""REST and WebSocket over a live session; the schema of the REST part is at /openapi.json."""

import asyncio
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import FastAPI, HTTPException, Path, Query, WebSocket, WebSocketDisconnect
from pydantic import BaseModel

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.pole.telemetry import AlertRecord, StatusRecord, TelemetryRecord
from envirosense.studio.history import KEPT
from envirosense.studio.live import SOCKET, LiveSession, State

DESCRIPTION: Final = (
    "Telemetry, status and alerts of a simulated Grid Guardian. The WebSocket `/live` sends every record as "
    "one JSON text message, and `{\"type\": \"dropped\", \"count\": n}` to a reader that is too slow. "
    "All times are those of the simulation."
)  # fmt: skip


class Problem(BaseModel):
    """Why a request could not be met."""

    detail: str


class ConsumerState(BaseModel):
    """Records of one consumer so far."""

    name: str
    delivered: int
    dropped: int
    is_open: bool


class Health(BaseModel):
    """State of the simulation behind this server."""

    state: State
    error: str | None
    time_utc: datetime
    tick: int
    n_ticks: int
    speed: float | None  # null: as fast as possible
    behind_s: float
    records: int
    consumers: list[ConsumerState]


class Device(BaseModel):
    """One device and its sensors: whether each is on."""

    device_id: str
    sensors: dict[str, bool]


class SensorSwitched(BaseModel):
    """A sensor after it was switched; `from_tick` is the first tick that shows it."""

    device_id: str
    sensor_id: str
    enabled: bool
    from_tick: int


DeviceId = Annotated[str, Path(min_length=1, max_length=100)]
SensorId = Annotated[str, Path(min_length=1, max_length=100)]
Limit = Annotated[int, Query(ge=1, le=KEPT, description="Most records returned: the last ones.")]
_NOT_FOUND: Final[dict[int | str, dict[str, Any]]] = {404: {"model": Problem}}
_OVER: Final[dict[int | str, dict[str, Any]]] = {404: {"model": Problem}, 409: {"model": Problem}}


def make_app(session: LiveSession) -> FastAPI:
    """Application that serves one session."""
    from importlib.metadata import version

    app = FastAPI(title="EnviroSense live", version=version("envirosense"), description=DESCRIPTION)
    _add_reading(app, session)
    _add_switching(app, session)
    _add_socket(app, session)
    return app


def _require_device(session: LiveSession, device_id: str) -> None:
    if device_id != session.twin.device_id:
        raise HTTPException(404, f"no device {device_id!r}; there is {session.twin.device_id!r}")


def _add_reading(app: FastAPI, session: LiveSession) -> None:
    history = session.history

    @app.get("/health")
    def health() -> Health:
        """Say how the simulation is doing."""
        return _health(session)

    @app.get("/devices")
    def devices() -> list[Device]:
        """List devices and their sensors."""
        return [Device(device_id=session.twin.device_id, sensors=dict(session.twin.sensors))]

    @app.get("/devices/{device_id}/latest", responses=_NOT_FOUND)
    def latest(device_id: DeviceId) -> list[TelemetryRecord]:
        """Return the last value of every parameter of every sensor."""
        _require_device(session, device_id)
        return history.latest()

    @app.get("/devices/{device_id}/telemetry", responses=_NOT_FOUND)
    def telemetry(
        device_id: DeviceId,
        parameter: Annotated[str | None, Query(description="Parameter id, such as ENV_TEMP.")] = None,
        limit: Limit = 100,
    ) -> list[TelemetryRecord]:
        """Return the last values of one parameter or of all, oldest first."""
        _require_device(session, device_id)
        return history.telemetry(parameter, limit)

    @app.get("/devices/{device_id}/alerts", responses=_NOT_FOUND)
    def alerts(device_id: DeviceId, limit: Limit = 100) -> list[AlertRecord]:
        """Return the last alert records, oldest first."""
        _require_device(session, device_id)
        return history.alerts(limit)

    @app.get("/devices/{device_id}/status", responses=_NOT_FOUND)
    def status(device_id: DeviceId) -> StatusRecord | None:
        """Return the last status record; null before the first."""
        _require_device(session, device_id)
        return history.status


def _health(session: LiveSession) -> Health:
    speed = session.speed
    return Health(
        state=session.state,
        error=None if session.error is None else str(session.error),
        time_utc=session.time_utc,
        tick=session.twin.tick,
        n_ticks=session.twin.n_ticks,
        speed=None if speed == float("inf") else speed,
        behind_s=session.behind_s,
        records=session.feed.published,
        consumers=[
            ConsumerState(name=c.name, delivered=c.delivered, dropped=c.dropped, is_open=c.is_open)
            for c in session.feed.counts
        ],
    )


def _add_switching(app: FastAPI, session: LiveSession) -> None:
    def switch(device_id: str, sensor_id: str, on: bool) -> SensorSwitched:
        _require_device(session, device_id)
        try:
            tick = session.switch(sensor_id, on)
        except UnknownNameError as error:
            raise HTTPException(404, str(error)) from None
        except ConfigError as error:
            raise HTTPException(409, str(error)) from None
        return SensorSwitched(device_id=device_id, sensor_id=sensor_id, enabled=on, from_tick=tick)

    @app.post("/devices/{device_id}/sensors/{sensor_id}/enable", responses=_OVER)
    def enable(device_id: DeviceId, sensor_id: SensorId) -> SensorSwitched:
        """Switch a sensor on."""
        return switch(device_id, sensor_id, True)

    @app.post("/devices/{device_id}/sensors/{sensor_id}/disable", responses=_OVER)
    def disable(device_id: DeviceId, sensor_id: SensorId) -> SensorSwitched:
        """Switch a sensor off: it reports nothing and draws no noise, so the run leaves its spec."""
        return switch(device_id, sensor_id, False)


def _add_socket(app: FastAPI, session: LiveSession) -> None:
    @app.websocket("/live")
    async def stream(socket: WebSocket) -> None:
        await socket.accept()
        subscription = session.subscribe(SOCKET, is_patient=False)
        sending = asyncio.ensure_future(_send_all(socket, subscription))
        listening = asyncio.ensure_future(_until_gone(socket))
        try:
            await asyncio.wait((sending, listening), return_when=asyncio.FIRST_COMPLETED)
        finally:
            subscription.close()
            for task in (sending, listening):
                task.cancel()
            await asyncio.gather(sending, listening, return_exceptions=True)


async def _send_all(socket: WebSocket, records: Any) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):  # the reader went while a message was on its way
        async for record in records:
            await socket.send_text(record.model_dump_json())
        await socket.close()


async def _until_gone(socket: WebSocket) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await socket.receive()  # what a reader says is not listened to
