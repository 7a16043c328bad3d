"""Whether each sensor could see an event: ideal signal over the part's noise, without any draw."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.instruments.base import BaseSensor
from envirosense.pole.detection_limit import LOOK_S, detection_limit_snr
from envirosense.pole.guardian import VirtualGridGuardian
from envirosense.pole.natural_scatter import hours, scatter
from envirosense.pole.state import Environment3DState
from envirosense.pole.world import EnvironmentOrchestrator

SPAN_S = 60.0  # length of the look back; assumed


@dataclass(frozen=True, slots=True)
class Observability:
    """What one sensor could see of one event."""

    max_snr: float
    first_detectable_s: float | None
    detectable_s: float


def excess_snr(
    device: VirtualGridGuardian, world: EnvironmentOrchestrator, cause_id: int = 0
) -> dict[str, Array]:
    """Greatest rise of any channel over the world without one cause, in sigmas, (time,) by sensor.

    A sigma is what a steady reading scatters by and, in quadrature, what the channel scatters by itself
    within the hour in the world without the cause: a sound of a hundredth of a decibel over gusty wind is
    not to be told from the wind, nor a tenth of a kelvin in a picture through which clouds pass.

    Between its samples a sensor goes on showing the last. One that is switched off, without power or without
    a link shows nothing. A camera is asked at the steps of the heat network, between which temperatures are
    linear.
    """
    grid = world.grid
    state = world.state(0, grid.n)
    healthy = state.without_causes(cause_id)
    snr: dict[str, Array] = {name: np.zeros(grid.n) for name in device.sensors}
    for hour in hours(grid.n, grid.dt_s):
        ticks = hour.start, hour.stop - hour.start
        for name, sensor in device.scalar_sensors.items():
            if sensor.is_enabled:
                _raise_to(snr[name][hour], sensor, state.ticks(*ticks), healthy.ticks(*ticks), grid.dt_s)
    every = world.component_step_ticks
    steps = np.arange(0, grid.n, every)
    slow, slow_healthy = state.every(every), healthy.every(every)
    for name, camera in device.cameras.items():
        if not camera.is_enabled:
            continue
        at_steps = np.zeros(steps.size)
        for hour in hours(steps.size, every * grid.dt_s):
            ticks = hour.start, hour.stop - hour.start
            at_steps[hour] = camera.excess_snr(slow.ticks(*ticks), slow_healthy.ticks(*ticks))
        snr[name] = np.interp(np.arange(grid.n), steps, at_steps)
    for name, sensor in device.sensors.items():
        snr[name] = snr[name][last_sample(sensor.config.ticks_apart(grid.dt_s), grid.n)]
    return {name: np.where(device.heard_ticks(name), values, 0.0) for name, values in snr.items()}


def _raise_to(
    snr: Array,
    sensor: BaseSensor[Any, Any],
    state: Environment3DState,
    healthy: Environment3DState,
    dt_s: float,
) -> None:
    """Put the greatest rise of any channel of one sensor into `snr`, (time,), where it is greater."""
    without = sensor.observable(healthy)
    rise = np.abs(sensor.observable(state) - without)
    noise = noise_sigma(sensor, dt_s)
    sigma = np.hypot(noise, scatter(without))
    for channel in np.flatnonzero(noise > 0.0):  # a count without noise of its own tells no strength
        np.maximum(snr, rise[:, channel] / sigma[channel], out=snr)


def last_sample(every: int, n: int) -> npt.NDArray[np.int64]:
    """Tick of the last sample at each tick, (time,): between samples a sensor shows nothing new."""
    ticks = np.arange(n)
    return ticks - ticks % every


def noise_sigma(sensor: BaseSensor[Any, Any], dt_s: float) -> Array:
    """One sigma of a steady reading, (channel,); a tick longer than the interval holds its mean."""
    interval_s = max(sensor.config.interval_s, dt_s)
    if interval_s == sensor.config.interval_s:
        return np.array([channel.noise_sigma for channel in sensor.channels])
    at_tick = type(sensor)(sensor.config.model_copy(update={"interval_s": interval_s}))
    return np.array([channel.noise_sigma for channel in at_tick.channels])


def watched_channels(sensor: BaseSensor[Any, Any], dt_s: float) -> int:
    """Channels with a noise of their own, among which a cause is looked for; at least one."""
    return max(1, int((noise_sigma(sensor, dt_s) > 0.0).sum()))


def detection_limits_snr(device: VirtualGridGuardian, dt_s: float) -> dict[str, float]:
    """Detection limit by sensor [sigma]; of a camera every pixel is watched."""
    watched = {name: camera.camera.rows * camera.camera.columns for name, camera in device.cameras.items()}
    watched |= {name: watched_channels(sensor, dt_s) for name, sensor in device.scalar_sensors.items()}
    return {name: detection_limit_snr(n) for name, n in watched.items()}


def detectable_ticks(
    snr: Array, dt_s: float, limit_snr: float, is_told: npt.NDArray[np.bool_] | None = None
) -> npt.NDArray[np.bool_]:
    """Ticks whose last minute holds ten seconds at or above the limit, or marked by `is_told`, (time,)."""
    needed = max(1, round(LOOK_S / dt_s))
    span = max(needed, round(SPAN_S / dt_s))
    shows = snr >= limit_snr if is_told is None else (snr >= limit_snr) | is_told
    total = np.concatenate([[0], np.cumsum(shows)])
    first = np.maximum(np.arange(1, total.size) - span, 0)
    return np.asarray(total[1:] - total[first] >= needed)


def observe_event(
    snr: Mapping[str, Array],
    limit_snr: Mapping[str, float],
    active: npt.NDArray[np.bool_],
    grid: TimeGrid,
    is_told: Mapping[str, npt.NDArray[np.bool_]] | None = None,
) -> dict[str, Observability]:
    """What each sensor could see while the event is active, by sensor.

    `limit_snr` says from which ratio on a sensor is believed, see `detection_limits_snr`. `is_told` marks
    ticks at which the reading of a sensor is lost, or its status another, because of the cause; no ratio
    says how much.
    """
    seen, told = {}, is_told or {}
    for name, values in snr.items():
        ticks = np.flatnonzero(detectable_ticks(values, grid.dt_s, limit_snr[name], told.get(name)) & active)
        greatest = float(values[active].max()) if active.any() else 0.0
        first_s = float(ticks[0] * grid.dt_s) if ticks.size else None
        seen[name] = Observability(greatest, first_s, float(ticks.size * grid.dt_s))
    return seen
