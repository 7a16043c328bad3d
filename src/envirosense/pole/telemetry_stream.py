"""Records of a device's blocks, tick after tick: what it measured, concluded and is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from envirosense.core.grid import TimeGrid
from envirosense.instruments.memory import SensorBlock
from envirosense.instruments.status import Status
from envirosense.physics.energy.power_modes import MODES
from envirosense.pole import telemetry_parameters as p
from envirosense.pole.guardian import GuardianBlock, VirtualGridGuardian
from envirosense.pole.telemetry import (
    AlertRecord,
    Record,
    SensorStatus,
    Severity,
    StatusRecord,
    TelemetryRecord,
)
from envirosense.pole.telemetry_alerts import HOT_SPOT, Alert, Watch
from envirosense.pole.telemetry_derived import DERIVED
from envirosense.pole.telemetry_images import Image, Lasting, images_by_tick, share

STATUS_EVERY_S: Final = 60.0  # and at the first tick, and when a sensor is switched; assumed
DEGRADING: Final = Status.NO_DATA | Status.AT_LIMIT
UNFIT: Final = Status.WARMING_UP | Status.MAINTENANCE | Status.DISTURBED  # not for a rule to judge
_NAMES: Final[dict[int, tuple[str, ...]]] = {}


def flag_names(flags: int) -> tuple[str, ...]:
    """Names of the status bits that are set."""
    if flags not in _NAMES:
        _NAMES[flags] = tuple(str(flag.name) for flag in Status if flags & flag)
    return _NAMES[flags]


@dataclass(frozen=True, slots=True)
class Sent:
    """Block of one scalar sensor, ready to be sent: readings [tick][channel] as stored."""

    block: SensorBlock
    parameters: tuple[p.Parameter, ...]
    channels: tuple[str, ...]
    readings: list[list[float | None]]


class TelemetryStream:
    """Turns blocks, in order, into records; how the ticks are cut into blocks changes none of them."""

    def __init__(self, device: VirtualGridGuardian, grid: TimeGrid) -> None:
        """Stream of a device that reports on the ticks of a grid."""
        self.device_id = device.configuration.guardian_id
        self._device, self._grid = device, grid
        self._sequence = 0
        self._watch = Watch()
        self._lasting: dict[str, Lasting] = {}
        self._latest: dict[str, float] = {}  # parameter -> last value
        self._flags: dict[str, int] = {}
        self._switched = True  # since the last status record

    def switched(self) -> None:
        """Send a status record at the next tick: a sensor was switched on or off."""
        self._switched = True

    def records(self, block: GuardianBlock, first_tick: int, n_ticks: int) -> list[Record]:
        """Records of the ticks of a block, in order."""
        sensors = self._device.scalar_sensors
        scalars = {name: self._sent(name, block.readings[name]) for name in sensors}
        frames = {name: images_by_tick(found) for name, found in block.frames.items()}
        made: list[Record] = []
        for i in range(n_ticks):
            tick = first_tick + i
            made += self._tick(tick, i, scalars, {name: f[tick] for name, f in frames.items() if tick in f})
        return made

    def _sent(self, name: str, block: SensorBlock) -> Sent:
        sensor = self._device.scalar_sensors[name]
        parameters = tuple(p.parameter_of(sensor.sensor_type, channel) for channel in sensor.channels)
        readings = p.stored_values(block.reading, sensor.channels)
        return Sent(block, parameters, tuple(channel.name for channel in sensor.channels), readings)

    def _tick(
        self, tick: int, i: int, scalars: Mapping[str, Sent], frames: Mapping[str, Image]
    ) -> Iterator[Record]:
        power = self._device.power
        if power is not None and not power.energy.is_powered[tick]:
            for name in self._device.sensors:
                self._watch.forget(name)
            return  # nobody is there to send
        t_s = tick * self._grid.dt_s
        at = self._grid.start_utc + timedelta(seconds=t_s)
        fresh: dict[str, float] = {}  # of several sensors for one parameter, the first
        for name, sent in scalars.items():
            self._flags[name] = int(sent.block.status[i])
            if sent.block.sampled[i]:
                yield from self._readings(name, sent, i, at, fresh)
            self._listen(name, sent, i, t_s)
        for name, image in frames.items():
            yield from self._image(name, image, at, t_s)
        yield from self._derived(at, fresh)
        self._latest |= fresh
        self._watch_hot_spot(t_s, frames)
        for alert in self._watch.judge():
            yield self._alert(alert, at)
        if self._switched or t_s % STATUS_EVERY_S < self._grid.dt_s:
            self._switched = False
            yield self._status(tick, at)

    def _head(self, at: datetime) -> dict[str, Any]:
        self._sequence += 1
        return {"device": self.device_id, "sequence": self._sequence - 1, "time_utc": at}

    def _readings(
        self, name: str, sent: Sent, i: int, at: datetime, fresh: dict[str, float]
    ) -> Iterator[Record]:
        block = sent.block
        facts = {
            "sensor": name,
            "status": flag_names(self._flags[name]),
            "quality": share(block.quality[i]),
            "confidence": share(block.confidence[i]),
        }
        for parameter, channel, reading in zip(sent.parameters, sent.channels, sent.readings[i], strict=True):
            value = parameter.of(reading)
            if value is not None:
                fresh.setdefault(parameter.parameter_id, value)
            yield TelemetryRecord(
                **self._head(at),
                **facts,
                parameter=parameter.parameter_id,
                value=value,
                unit=parameter.unit,
                reading=reading if parameter.exponent else None,
                channel=channel,
            )

    def _listen(self, name: str, sent: Sent, i: int, t_s: float) -> None:
        if not self._device.scalar_sensors[name].is_enabled or self._flags[name] & Status.OFF:
            self._watch.forget(name)
        elif sent.block.sampled[i]:
            self._watch.hear(t_s, name, any(reading is not None for reading in sent.readings[i]))
            if not self._flags[name] & UNFIT:
                for parameter, reading in zip(sent.parameters, sent.readings[i], strict=True):
                    if (value := parameter.of(reading)) is not None:
                        self._watch.add(t_s, parameter.parameter_id, value)

    def _image(self, name: str, image: Image, at: datetime, t_s: float) -> Iterator[Record]:
        self._flags[name] = image.flags
        if image.flags & Status.OFF:
            self._watch.forget(name)
            return
        self._watch.hear(t_s, name, image.codes is not None)
        for parameter, value in ((p.THERMAL_MAX, image.hottest_c), (p.THERMAL_AVERAGE, image.mean_c)):
            yield TelemetryRecord(
                **self._head(at),
                parameter=parameter.parameter_id,
                value=value,
                unit=parameter.unit,
                sensor=name,
                status=flag_names(image.flags),
                quality=image.quality,
                confidence=image.confidence,
            )

    def _derived(self, at: datetime, fresh: Mapping[str, float]) -> Iterator[Record]:
        for one in DERIVED:
            if (value := one.value(fresh)) is not None:
                yield TelemetryRecord(
                    **self._head(at),
                    parameter=one.parameter_id,
                    value=value,
                    unit=one.unit,
                    sources=one.sources,
                )

    def _watch_hot_spot(self, t_s: float, frames: Mapping[str, Image]) -> None:
        air_c = self._latest.get("ENV_TEMP")
        for name, image in frames.items():
            if image.codes is not None and not image.flags & UNFIT:
                hottest_c = self._lasting.setdefault(name, Lasting()).hottest_c(t_s, image.codes)
                if air_c is not None and hottest_c is not None:
                    self._watch.add(t_s, HOT_SPOT, hottest_c - air_c)

    def _alert(self, alert: Alert, at: datetime) -> AlertRecord:
        found = alert.finding
        return AlertRecord(
            **self._head(at),
            alert_id=f"{self.device_id}-{alert.alert_id}",
            state=alert.state,
            severity=Severity(max(found.severity, int(Severity.INFORMATION))),
            family=found.event_type.family,
            event_type=found.event_type,
            event_subtype=found.event_subtype,
            title=found.title,
            evidence=found.evidence,
        )

    def _status(self, tick: int, at: datetime) -> StatusRecord:
        sensors = tuple(
            SensorStatus(
                sensor=name,
                sensor_type=sensor.sensor_type,
                enabled=sensor.is_enabled,
                interval_s=sensor.config.interval_s,
                flags=flag_names(self._flags.get(name, 0)),
            )
            for name, sensor in self._device.sensors.items()
        )
        power = self._device.power
        degraded = any(self._flags.get(s.sensor, 0) & DEGRADING for s in sensors if s.enabled)
        return StatusRecord(
            **self._head(at),
            overall="degraded" if degraded else "normal",
            power_mode=None if power is None else MODES[power.energy.mode[tick]].name,
            battery_pct=self._latest.get("SYS_BATT"),
            solar_w=self._latest.get("SYS_SOLAR"),
            internal_c=self._latest.get("SYS_TEMP"),
            sensors=sensors,
        )
