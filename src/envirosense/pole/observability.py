"""Whether each sensor could see an event: ideal signal over the part's noise, without any draw."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.instruments.base import BaseSensor
from envirosense.pole.detection_limit import detection_limit_snr
from envirosense.pole.guardian import VirtualGridGuardian
from envirosense.pole.looks import LOOK_S, LookMeans, look_means, look_ticks
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

    A rise is the mean of the look that ends at the tick, ten seconds or one tick that is longer, so that a
    short tick changes nothing. A sigma is what such means of a steady reading scatter by and, in quadrature,
    what those of the channel scatter by themselves within the hour in the world without the cause: a sound of
    a hundredth of a decibel over gusty wind is not to be told from the wind, nor a tenth of a kelvin in a
    picture through which clouds pass.

    Between its samples a sensor goes on showing the last. One that is switched off, without power or without
    a link shows nothing. A camera is asked at the steps of the heat network, between which temperatures are
    linear.
    """
    grid = world.grid
    state = world.state(0, grid.n)
    healthy = state.without_causes(cause_id)
    snr: dict[str, Array] = {name: np.zeros(grid.n) for name in device.sensors}
    looks = {name: LookMeans(grid.dt_s) for name in device.scalar_sensors}
    for hour in hours(grid.n, grid.dt_s):
        ticks = hour.start, hour.stop - hour.start
        for name, sensor in device.scalar_sensors.items():
            if sensor.is_enabled:
                both = state.ticks(*ticks), healthy.ticks(*ticks)
                snr[name][hour] = _greatest_rise(sensor, *both, looks[name], grid.dt_s)
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


def _greatest_rise(
    sensor: BaseSensor[Any, Any],
    state: Environment3DState,
    healthy: Environment3DState,
    looks: LookMeans,
    dt_s: float,
) -> Array:
    """Greatest rise of any channel of one sensor over the ticks of a block, in sigmas, (time,)."""
    without = sensor.observable(healthy)
    rise = np.abs(looks.of(sensor.observable(state) - without))
    noise = look_sigma(sensor, dt_s)
    sigma = np.hypot(noise, scatter(look_means(without, dt_s)))
    noisy = noise > 0.0  # a count without noise of its own tells no strength
    return np.asarray((rise[:, noisy] / sigma[noisy]).max(axis=1, initial=0.0))


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


def look_sigma(sensor: BaseSensor[Any, Any], dt_s: float) -> Array:
    """One sigma of the mean of a look at a steady reading, (channel,)."""
    return noise_sigma(sensor, max(dt_s, LOOK_S))


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
    """Ticks whose last minute holds a look at or above the limit, or ten seconds of `is_told`, (time,)."""
    look = look_ticks(dt_s)
    span = max(look, round(SPAN_S / dt_s))
    shows = _lately(snr >= limit_snr, span, 1)
    return shows if is_told is None else shows | _lately(is_told, span, look)


def _lately(is_so: npt.NDArray[np.bool_], span: int, needed: int) -> npt.NDArray[np.bool_]:
    """Ticks at which it was so at `needed` of the last `span` ticks, (time,)."""
    total = np.concatenate([[0], np.cumsum(is_so)])
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
