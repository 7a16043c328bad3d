"""Numbers of a channel's error: how far readings are from ideal ones, and how often within what is stated."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from envirosense.core.protocols import Array
from envirosense.instruments.base import BaseSensor
from envirosense.instruments.stages.digital import ClipQuantise


@dataclass(frozen=True, slots=True)
class ErrorNumbers:
    """Error of one channel over its readings; NaN where there is none, or no accuracy is stated."""

    mean: float
    sigma: float
    within: float  # share of the readings whose error the stated accuracy covers


def periods(sensor: BaseSensor[Any, Any]) -> Array:
    """Value at which each channel wraps, (channel,); 0 for one that does not."""
    n = len(sensor.channels)
    found = np.zeros(n)
    for stage in sensor.stages():
        if isinstance(stage, ClipQuantise):
            found = np.maximum(found, np.broadcast_to(stage.period, (n,)))
    return found


def errors(sensor: BaseSensor[Any, Any], reading: Array, ideal: Array) -> Array:
    """Reading less ideal reading, (time, channel), the short way round where a channel wraps."""
    error = reading - ideal
    for i in np.flatnonzero(period := periods(sensor)):
        error[:, i] = np.mod(error[:, i] + 0.5 * period[i], period[i]) - 0.5 * period[i]
    return error


def within_accuracy(sensor: BaseSensor[Any, Any], reading: Array, error: Array) -> Array | None:
    """Whether each error is covered by the accuracy that the part states, (time, channel), 0 or 1.

    NaN without a reading; None where the part states no accuracy.
    """
    accuracy = sensor.stated_accuracy(reading)
    if accuracy is None:
        return None
    return np.where(np.isnan(error), np.nan, np.abs(error) <= accuracy)


def error_numbers(error: Array, within: Array | None) -> ErrorNumbers:
    """Numbers of one channel's errors, (time,), and of whether they are within the accuracy."""
    known = np.isfinite(error)
    if not known.any():
        return ErrorNumbers(np.nan, np.nan, np.nan)
    share = np.nan if within is None else float(within[known].mean())
    return ErrorNumbers(float(error[known].mean()), float(error[known].std()), share)
