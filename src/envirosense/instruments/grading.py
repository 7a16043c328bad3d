"""Error budget of a reading: what part data, age and surroundings lead one to expect.

Variances of the stages add; a stage that rescales the signal rescales the errors before it. Lags and
clipping are left out. What a unit happens to have drawn is not known to the device and does not count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.stages.contract import AnyStage, Sloped, Uncertain
from envirosense.instruments.stages.digital import ClipQuantise
from envirosense.instruments.stages.environment import REFERENCE_K
from envirosense.instruments.status import Status

REFERENCE_HUMIDITY: Final = 0.5
DECIMALS: Final = 4  # of a grade: no error budget knows more
REFERENCE_PRESSURE_PA: Final = 101_325.0


@cache
def _kind(stage_class: type) -> tuple[bool, bool]:
    """Whether stages of a class rescale errors, and whether they add some; asked once per class."""
    return issubclass(stage_class, Sloped), issubclass(stage_class, Uncertain)


@dataclass(slots=True)
class ErrorBudget:
    """Variance expected of the signal so far; broadcasts to (time, channel)."""

    conditions: Conditions
    variance: float | Array = field(default=0.0)

    def meet(self, stage: AnyStage, x: Array, carry: Any) -> None:
        """Take in what a stage does to the errors of its input `x`."""
        is_sloped, is_uncertain = _kind(type(stage))
        if is_sloped:
            slope = cast(Sloped, stage).slope(x, self.conditions)
            self.variance = self.variance * np.square(slope)
        if is_uncertain:
            spread = cast(Uncertain, stage).spread(x, carry, self.conditions)
            self.variance = self.variance + np.square(spread)


@dataclass(frozen=True, slots=True)
class Grade:
    """How far to trust readings, (time,) each, by the worst channel."""

    quality: Array
    confidence: Array


def at_reference(conditions: Conditions) -> Conditions:
    """The same ticks in still air of 20 degC and half humidity, for a sensor long on."""
    n = conditions.t_s.size
    warm_k, none = np.full(n, REFERENCE_K), np.zeros(n)
    return replace(
        conditions,
        air_k=warm_k,
        inside_k=warm_k,
        relative_humidity=np.full(n, REFERENCE_HUMIDITY),
        pressure_pa=np.full(n, REFERENCE_PRESSURE_PA),
        wind_m_s=none,
        ghi_w_m2=none,
        rain_mm_h=None if conditions.rain_mm_h is None else none,
        on_s=None,
    )


def graded(now: ErrorBudget, new: ErrorBudget, accuracy: Array | None) -> Grade:
    """Grade of readings by their error budget, that of a new unit, and the accuracy stated, (time, channel).

    With nothing uncertain both are 1; without an accuracy the confidence is not known.
    """
    from scipy.special import erf

    n = now.conditions.t_s.size
    quality = np.sqrt(np.minimum(_least_ratio(new.variance, now.variance), 1.0))
    if accuracy is None:
        confidence: float | Array = np.nan
    else:
        confidence = erf(np.sqrt(0.5 * _least_ratio(np.square(accuracy), now.variance)))
    return Grade(*(np.broadcast_to(values, (n,)).astype(np.float64) for values in (quality, confidence)))


def _least_ratio(above: float | Array, below: float | Array) -> Array:
    """Least quotient over the channels, (time,) or one number; infinite where nothing is below."""
    above, below = np.atleast_1d(above), np.atleast_1d(below)
    n_channels = max(above.shape[-1], below.shape[-1])
    least = np.array(np.inf)
    with np.errstate(divide="ignore", invalid="ignore"):
        for channel in range(n_channels):  # a reduction over so short an axis costs more
            quotient = above[..., channel % above.shape[-1]] / below[..., channel % below.shape[-1]]
            least = np.fmin(least, quotient)  # 0 / 0 is no limit
    if np.isnan(below.sum()):  # of a spread that is no number: not to be hidden
        least = np.where(np.isnan(below).any(axis=-1), np.nan, least)
    return least


class Grader:
    """Keeps the budgets of a unit and of a new one of its kind while a signal passes the stages."""

    def __init__(self, as_new: Mapping[str, tuple[AnyStage, Any]], conditions: Conditions) -> None:
        """Budgets before the first stage; `as_new` holds stage and carry of a new unit, by name."""
        self._as_new = as_new
        self._now = ErrorBudget(conditions)
        self._new = ErrorBudget(at_reference(conditions))

    def meet(self, stage: AnyStage, x: Array, carry: Any) -> None:
        """Take in what a stage does to the errors of its input `x`."""
        self._now.meet(stage, x, carry)
        if stage.name in self._as_new:
            new_stage, new_carry = self._as_new[stage.name]
            self._new.meet(new_stage, x, new_carry)

    def grade(
        self, missing: npt.NDArray[np.bool_], accuracy: Array | None, sampled: npt.NDArray[np.bool_]
    ) -> Grade:
        """Grade of the readings: 0 where one is missing, NaN where nothing was sampled."""
        exact = graded(self._now, self._new, accuracy)
        grade = Grade(np.round(exact.quality, DECIMALS), np.round(exact.confidence, DECIMALS))
        for values in (grade.quality, grade.confidence):
            values[missing] = 0.0
            values[~sampled] = np.nan
        return grade


def missing_ticks(reading: Array) -> npt.NDArray[np.bool_]:
    """Ticks at which a channel has no value, (time,)."""
    nothing = np.isnan(reading)
    return np.asarray(nothing.any(axis=1)) if nothing.any() else np.zeros(reading.shape[0], np.bool_)


def known_flags(
    reading: Array,
    missing: npt.NDArray[np.bool_],
    has_power: npt.NDArray[np.bool_],
    stages: Sequence[AnyStage],
    conditions: Conditions,
    warm_up_s: float,
) -> npt.NDArray[np.uint16]:
    """Bits of `Status` that any sensor knows of itself, (time,)."""
    flags = np.where(has_power, 0, int(Status.OFF)).astype(np.uint16)
    flags[has_power & missing] |= np.uint16(Status.NO_DATA)
    if conditions.on_s is not None:
        flags[has_power & (conditions.on_s < warm_up_s)] |= np.uint16(Status.WARMING_UP)
    for stage in stages:
        if isinstance(stage, ClipQuantise):
            flags[stage.at_limit(reading)] |= np.uint16(Status.AT_LIMIT)
    return flags
