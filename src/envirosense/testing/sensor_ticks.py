"""Checks that a sensor's rates are per time and not per call."""

from dataclasses import replace
from typing import Final

import numpy as np

from envirosense.core.protocols import Array
from envirosense.instruments.metadata import DRIFT_STAGES, NOISE_STAGES
from envirosense.instruments.sensor_config import SensorConfig
from envirosense.instruments.stages.contract import Draws
from envirosense.instruments.stages.digital import ClipQuantise
from envirosense.instruments.stages.faults import Dropout
from envirosense.testing.sensor_runs import AnySensor, readings
from envirosense.testing.worlds import UniformWorld, step_world

Z_LIMIT: Final = 5.0  # standard errors
GAIN_LIMIT: Final = 0.2  # ln variance: a wandering zero of a curved response changes its gain between runs
STEP_LIMIT: Final = 0.1  # of the swing: lags in a row are exact to first order in the tick, 2 % at 1 s


def check_time_step(sensor_class: type[AnySensor], config: SensorConfig) -> None:
    """Halving the tick leaves the response to a step and the noise spectrum: rates are per time."""
    _check_step_response(sensor_class, config)
    _check_noise_spectrum(sensor_class, config)


def _without(
    sensor_class: type[AnySensor], config: SensorConfig, kinds: tuple[type, ...], dt_s: float
) -> AnySensor:
    names = tuple(stage.name for stage in sensor_class(config).stages() if isinstance(stage, kinds))
    return sensor_class(config.model_copy(update={"stages_off": names, "interval_s": dt_s}))


def _check_step_response(sensor_class: type[AnySensor], config: SensorConfig, n: int = 240) -> None:
    random = (*NOISE_STAGES, *DRIFT_STAGES, Dropout, Draws, ClipQuantise)
    coarse, fine = (
        readings(_without(sensor_class, config, random, dt_s), [step_world(round(n / dt_s), dt_s)]).reading
        for dt_s in (1.0, 0.5)
    )
    swing = np.ptp(coarse, axis=0) + 1e-12
    gap = np.abs(coarse - fine[1::2]).max(axis=0) / swing
    for channel, worst in zip(sensor_class(config).channels, gap, strict=True):
        assert worst < STEP_LIMIT, (
            f"{channel.name}: halving the tick moved the step response by {worst:.1%}: use exp(-dt / tau)"
        )


def _check_noise_spectrum(sensor_class: type[AnySensor], config: SensorConfig, n: int = 28_800) -> None:
    """Allan variance over 8 s from two ticks; each has a relative standard error of sqrt(3 * 8 / n)."""
    still = UniformWorld(n=n, sun=0.0, gas={"ethanol": 40.0})
    kinds = (ClipQuantise, Dropout)
    coarse = readings(_without(sensor_class, config, kinds, 1.0), [still]).reading
    fine = readings(_without(sensor_class, config, kinds, 0.5), [replace(still, n=2 * n, dt_s=0.5)]).reading
    bound = Z_LIMIT * np.sqrt(2.0 * 3.0 * 8.0 / n) + GAIN_LIMIT
    for index, channel in enumerate(sensor_class(config).channels):
        twice, once = _allan_variance(fine[:, index], 16), _allan_variance(coarse[:, index], 8)
        if 0.0 in (twice, once):  # too rare to be counted in this time
            continue
        ratio = twice / once
        assert abs(np.log(ratio)) < bound, (
            f"{channel.name}: halving the tick changed the noise over 8 s by a factor {ratio:.3f} "
            f"(bound {np.exp(bound):.3f}): scale draws with the square root of the tick"
        )


def _allan_variance(series: Array, m: int) -> float:
    means = series[: series.size // m * m].reshape(-1, m).mean(axis=1)
    return float(0.5 * np.mean(np.diff(means) ** 2))
