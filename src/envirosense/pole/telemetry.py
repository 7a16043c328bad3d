"""What the device sends: telemetry, status and alert records, one JSON line each.

Message kinds, parameter ids, severities, alert states and the alert taxonomy are those of the device's
firmware specification (6.1.1, 6.3, 6.4.1). The envelope is ours: its header fields stand beside the payload
and every record carries one reading, so that a line is complete by itself. What the simulated device has no
honest source for (processor, memory, storage, signal) is not sent. Times are the simulation's.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt

from envirosense.core.config import FrozenModel
from envirosense.scenarios.taxonomy import EventSubtype, EventType, Family


class Severity(IntEnum):
    """Levels of an alert (firmware specification 6.3.2)."""

    INFORMATION = 1
    ADVISORY = 2
    WARNING = 3
    CRITICAL = 4
    EMERGENCY = 5


class AlertState(StrEnum):
    """Where an alert is in its handling (firmware specification 6.3.3).

    The device itself sends New, again with a higher severity when matters get worse, and Resolved when the
    condition is gone; the other states belong to operators.
    """

    NEW = "New"
    ACKNOWLEDGED = "Acknowledged"
    IN_PROGRESS = "InProgress"
    ESCALATED = "Escalated"
    RESOLVED = "Resolved"
    DISMISSED = "Dismissed"
    CLOSED = "Closed"


class DeviceRecord(FrozenModel):
    """What every record of a device begins with; `sequence` rises by one from record to record."""

    device: str
    sequence: NonNegativeInt
    time_utc: datetime


class TelemetryRecord(DeviceRecord):
    """One value of one parameter.

    `value` is null where the sensor has none; `reading` is given where the stored reading has another unit.
    Both are the shortest decimal numbers that give the float back.
    `status` names the flags of `envirosense.instruments.status.Status`. A derived parameter has no sensor
    but `sources`, the parameters it is computed from.
    """

    type: Literal["telemetry"] = "telemetry"
    parameter: str
    value: float | None
    unit: str
    reading: float | None = None
    sensor: str | None = None
    channel: str | None = None
    status: tuple[str, ...] = ()
    quality: float | None = None
    confidence: float | None = None
    sources: tuple[str, ...] = ()


class Evidence(FrozenModel):
    """One quantity behind an alert: its average, the baseline it is judged against, and the limit."""

    parameter: str
    value: float
    baseline: float | None
    threshold: float
    unit: str


class AlertRecord(DeviceRecord):
    """A rule that holds, from the readings alone; records of one alert share `alert_id`."""

    type: Literal["alert"] = "alert"
    alert_id: str
    state: AlertState
    severity: Severity
    family: Family
    event_type: EventType
    event_subtype: EventSubtype | None = None
    title: str
    evidence: tuple[Evidence, ...] = ()


class SensorStatus(FrozenModel):
    """One sensor as the device sees it; `flags` are those of its last tick."""

    sensor: str
    sensor_type: str
    enabled: bool
    interval_s: float
    flags: tuple[str, ...] = ()


class StatusRecord(DeviceRecord):
    """State of the device; a quantity that it carries no sensor for is null."""

    type: Literal["status"] = "status"
    overall: Literal["normal", "degraded"]
    power_mode: str | None = None
    battery_pct: float | None = None
    solar_w: float | None = None
    internal_c: float | None = None
    sensors: tuple[SensorStatus, ...] = ()


class DroppedRecord(FrozenModel):
    """Told to a consumer that was too slow: so many records before the next one are missing."""

    type: Literal["dropped"] = "dropped"
    count: NonNegativeInt


type Record = TelemetryRecord | StatusRecord | AlertRecord
type LiveRecord = Annotated[Record | DroppedRecord, Field(discriminator="type")]


def readings_of(records: Iterable[LiveRecord]) -> Mapping[str, dict[datetime, float | None]]:
    """Readings that telemetry carries, in the stored unit: column `sensor.channel` -> time -> value.

    Converted to the column's type they are the readings of the stored dataset, bit for bit.
    """
    columns: dict[str, dict[datetime, float | None]] = {}
    for record in records:
        if isinstance(record, TelemetryRecord) and record.sensor is not None and record.channel is not None:
            value = record.value if record.reading is None else record.reading
            columns.setdefault(f"{record.sensor}.{record.channel}", {})[record.time_utc] = value
    return columns
