"""What scenarios do to the device itself: faults of its sensors, power, link, battery and panel.

Faults are those that a configuration can plant. A tick without power, or without a link, is lost whole.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.protocols import Array
from envirosense.instruments.configuration import SensorConfiguration
from envirosense.instruments.faults import Fault
from envirosense.instruments.memory import SensorBlock
from envirosense.instruments.registry import SENSORS
from envirosense.instruments.status import Status
from envirosense.pole.domain import require_within
from envirosense.pole.sensors.thermal_camera_frames import FrameBlock
from envirosense.scenarios import DeviceChange, Forcing, SensorFault

type Flags = npt.NDArray[np.bool_]

BRIGHTEST: Final = 3.0  # greatest factor on the panel's light, as for the sun itself; assumed


@dataclass(frozen=True, slots=True)
class DeviceTimes:
    """Ticks of an episode at which the device has power, and a link, (time,) each; None for always."""

    is_on: Flags | None = None
    is_linked: Flags | None = None


def require_device_causes(forcing: Forcing, n: int) -> None:
    """Refuse what cannot happen to a device over `n` ticks.

    Raises:
        UnknownNameError: if there is no such sensor type, or it cannot have the fault.
        ConfigError: if a time, a number or the shape of a course cannot be used.
    """
    for fault in forcing.sensor_faults:
        _planted(fault)
    for change in forcing.device:
        for name in ("is_off", "is_silent", "panel_factor"):
            _require_course(f"device.{name}", getattr(change, name), n)
        if change.start_charge is not None:
            require_within("device.start_charge", change.start_charge, 0.0, 1.0)


def _require_course(name: str, values: object, n: int) -> None:
    if values is None:
        return
    kinds = "biuf" if name.endswith("factor") else "b"
    if not isinstance(values, np.ndarray) or values.dtype.kind not in kinds or values.shape != (n,):
        shown = values.shape if isinstance(values, np.ndarray) else type(values).__name__
        raise ConfigError(name, shown, f"needs an array of {n} {'numbers' if kinds != 'b' else 'flags'}")
    if not np.all((values >= 0) & (values <= BRIGHTEST)):
        raise ConfigError(name, "out of range", f"must lie within 0 to {BRIGHTEST:g}")


def _planted(fault: SensorFault) -> Fault:
    """The fault as settings of a sensor have it."""
    if fault.sensor_type not in SENSORS:
        raise UnknownNameError("sensor_faults.sensor_type", fault.sensor_type, SENSORS)
    kinds = SENSORS[fault.sensor_type].fault_kinds
    if fault.kind not in kinds:
        raise UnknownNameError(f"sensor_faults.kind of {fault.sensor_type}", fault.kind, kinds)
    values = {"begin_s": fault.begin_s, "end_s": fault.end_s, "severity": fault.severity}
    return Fault.parse({"kind": fault.kind, **values}, "sensor_faults")


def with_planted_faults(
    configuration: SensorConfiguration, forcings: Iterable[Forcing]
) -> SensorConfiguration:
    """The guardian with every fault of the causes in each sensor of its type; one not carried has none.

    Raises:
        UnknownNameError: if there is no such sensor type, or it cannot have the fault.
    """
    faults = [(fault.sensor_type, _planted(fault)) for f in forcings for fault in f.sensor_faults]
    if not faults:
        return configuration
    sensors = [
        sensor.model_copy(
            update={"faults": (*sensor.faults, *(f for kind, f in faults if kind == sensor.sensor_type))}
        )
        for sensor in configuration.sensors
    ]
    return configuration.model_copy(update={"sensors": tuple(sensors)})


def device_times(forcings: Iterable[Forcing]) -> DeviceTimes:
    """Ticks at which no cause takes the device's power, or its link."""
    changes = _changes(forcings)
    return DeviceTimes(
        _at_none([change.is_off for change in changes if change.is_off is not None]),
        _at_none([change.is_silent for change in changes if change.is_silent is not None]),
    )


def _changes(forcings: Iterable[Forcing]) -> list[DeviceChange]:
    return [change for forcing in forcings for change in forcing.device]


def _at_none(flags: Sequence[Flags]) -> Flags | None:
    return ~reduce(np.logical_or, flags) if any(one.any() for one in flags) else None


def start_charge(forcings: Iterable[Forcing], usual: float) -> float:
    """Charge of the battery at the episode's start, 0..1: the least that a cause says, else the usual."""
    said = [change.start_charge for change in _changes(forcings) if change.start_charge is not None]
    return min(said, default=usual)


def panel_factor(forcings: Iterable[Forcing]) -> float | Array:
    """Factor on the light that reaches the panel's cells, (time,), or 1 where no cause covers it."""
    factors = [change.panel_factor for change in _changes(forcings) if change.panel_factor is not None]
    return reduce(np.multiply, factors) if factors else 1.0


def unheard(block: SensorBlock, is_silent: Flags) -> SensorBlock:
    """What arrives of a sensor's block while the link is down at some ticks, (time,).

    Nothing is buffered: a lost reading stays lost, with `NO_DATA`. Time without power is known afterwards.
    """
    lost = is_silent & block.sampled
    is_off = (block.status & Status.OFF) > 0
    return replace(
        block,
        reading=np.where(is_silent[:, None], np.nan, block.reading),
        status=np.where(lost & ~is_off, np.uint16(Status.NO_DATA), block.status).astype(np.uint16),
        quality=np.where(lost, 0.0, block.quality),
        confidence=np.where(lost, 0.0, block.confidence),
    )


def unheard_frames(block: FrameBlock, is_silent: Flags, first_tick: int) -> FrameBlock:
    """What arrives of a camera's block while the link is down at some ticks, (time,) from `first_tick` on."""
    missing = np.where(is_silent[block.ticks - first_tick], Status.NO_DATA, 0).astype(np.uint16)
    heard = block.without(missing)
    if heard is block:
        return block
    ticks = np.concatenate((block.lost_ticks, heard.lost_ticks))
    status = np.concatenate((block.lost_status, heard.lost_status))
    order = np.argsort(ticks)
    return replace(heard, lost_ticks=ticks[order], lost_status=status[order])
