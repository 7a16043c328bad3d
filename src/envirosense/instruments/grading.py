"""Error budget of a reading: what part data, age and surroundings lead one to expect.

Variances of the stages add, and so do errors whose sign is known; a stage that rescales the signal rescales
the errors before it. Lags and clipping are left out. What a unit happens to have drawn is not known to the
device and does not count.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.stages.contract import AnyStage, Biased, Sloped, Uncertain
from envirosense.instruments.stages.digital import ClipQuantise
from envirosense.instruments.stages.environment import REFERENCE_K
from envirosense.instruments.stages.faults import Disconnected
from envirosense.instruments.status import Status

type Rows = npt.NDArray[np.intp]
type Accuracy = Callable[[Array], Array | None]  # stated for readings (time, channel)

GRADED_EVERY_S: Final = 60.0
REFERENCE_HUMIDITY: Final = 0.5
DECIMALS: Final = 4  # of a grade: no error budget knows more
REFERENCE_PRESSURE_PA: Final = 101_325.0


@cache
def _kind(stage_class: type) -> tuple[bool, bool, bool]:
    """Whether a class of stages rescales errors, adds some, has one of known sign; asked once per class."""
    return (
        issubclass(stage_class, Sloped),
        issubclass(stage_class, Uncertain),
        issubclass(stage_class, Biased),
    )


@dataclass(slots=True)
class ErrorBudget:
    """Variance and mean expected of the signal's error so far; both broadcast to (time, channel)."""

    conditions: Conditions
    variance: float | Array = field(default=0.0)
    bias: float | Array = field(default=0.0)

    def meet(self, stage: AnyStage, x: Array, carry: Any) -> None:
        """Take in what a stage does to the errors of its input `x`."""
        is_sloped, is_uncertain, is_biased = _kind(type(stage))
        if is_sloped:
            slope = cast(Sloped, stage).slope(x, self.conditions)
            self.variance = self.variance * np.square(slope)
            self.bias = self.bias * slope
        if is_uncertain:
            spread = cast(Uncertain, stage).spread(x, carry, self.conditions)
            self.variance = self.variance + np.square(spread)
        if is_biased:
            self.bias = self.bias + cast(Biased, stage).bias(x, carry, self.conditions)

    @property
    def mean_square(self) -> float | Array:
        """Expected square of the error; broadcasts to (time, channel)."""
        return self.variance + np.square(self.bias)

    def chance_within(self, accuracy: Array) -> Array:
        """Chance that a normal error lies within an accuracy (time, channel), of each channel."""
        from scipy.special import ndtr

        sigma = np.sqrt(self.variance)
        with np.errstate(divide="ignore", invalid="ignore"):
            chance = ndtr((accuracy - self.bias) / sigma) - ndtr((-accuracy - self.bias) / sigma)
        return np.where(np.equal(sigma, 0.0), np.abs(self.bias) <= accuracy, chance)


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
    n = now.conditions.t_s.size
    quality = np.sqrt(np.minimum(_least_ratio(new.mean_square, now.mean_square), 1.0))
    if accuracy is None:
        confidence: float | Array = np.nan
    else:
        confidence = now.chance_within(accuracy).min(axis=-1)
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
    """Keeps the budgets of a unit and of a new one of its kind while a signal passes the stages.

    Budgets are worked out at `rows` of the block and hold until the next; see `graded_rows`.
    """

    def __init__(
        self, as_new: Mapping[str, tuple[AnyStage, Any]], conditions: Conditions, rows: Rows
    ) -> None:
        """Budgets before the first stage; `as_new` holds stage and carry of a new unit, by name."""
        self._as_new = as_new
        self._rows = rows
        at_rows = conditions.at(rows)
        self._reading: Array | None = None  # at the rows; what it was before a stage where that lost it
        self._now = ErrorBudget(at_rows)
        self._new = ErrorBudget(at_reference(at_rows))

    def meet(self, stage: AnyStage, x: Array, carry: Any) -> None:
        """Take in what a stage does to the errors of its input `x`."""
        if not self._rows.size:
            return
        at_rows = np.ascontiguousarray(x[self._rows])
        self._reading = self._with_last_known(at_rows)
        if not any(_kind(type(stage))):
            return
        self._now.meet(stage, at_rows, carry)
        if stage.name in self._as_new:
            new_stage, new_carry = self._as_new[stage.name]
            self._new.meet(new_stage, at_rows, new_carry)

    def _with_last_known(self, at_rows: Array) -> Array:
        before, lost = self._reading, np.isnan(at_rows)
        if before is None or before.shape != at_rows.shape or not lost.any():
            return at_rows
        return np.where(lost, before, at_rows)

    def grade(self, reading: Array, accuracy: Accuracy, held: tuple[float, float] | None) -> Grade:
        """Grade at every tick of the block, (time,); `held` is that of the tick before the block.

        Of a reading that dropped out the accuracy is that of the signal before: the grade holds for the
        readings of the next minute.
        """
        if not self._rows.size:
            return Grade(*(np.full(reading.shape[0], value) for value in held or (np.nan, np.nan)))
        exact = graded(self._now, self._new, accuracy(self._with_last_known(reading[self._rows])))
        since = np.cumsum(np.bincount(self._rows, minlength=reading.shape[0])) - 1  # -1: before the first row
        before = (np.nan, np.nan) if held is None else held
        values = (
            np.append(np.round(found, DECIMALS), last)[since]
            for found, last in zip((exact.quality, exact.confidence), before, strict=True)
        )
        return Grade(*values)


def graded_rows(first_tick: int, n: int, dt_s: float, is_fresh: bool) -> Rows:
    """Rows of a block at which readings are graded: once a minute of the episode, and at a first tick.

    An error budget moves with age and weather, not from one second to the next.
    """
    every = max(1, round(GRADED_EVERY_S / dt_s))
    rows = np.flatnonzero(np.arange(first_tick, first_tick + n) % every == 0)
    return np.union1d(rows, [0]) if is_fresh and n else rows


def only_reports(grade: Grade, missing: npt.NDArray[np.bool_], sampled: npt.NDArray[np.bool_]) -> Grade:
    """The grade with 0 where a reading is missing and NaN where nothing was sampled."""
    values = (
        np.where(sampled, np.where(missing, 0.0, found), np.nan)
        for found in (grade.quality, grade.confidence)
    )
    return Grade(*values)


def missing_ticks(reading: Array) -> npt.NDArray[np.bool_]:
    """Ticks at which a channel has no value, (time,)."""
    nothing = np.isnan(reading)
    return np.asarray(nothing.any(axis=1)) if nothing.any() else np.zeros(reading.shape[0], np.bool_)


def is_connected(stages: Sequence[AnyStage], conditions: Conditions) -> npt.NDArray[np.bool_]:
    """Ticks at which the device hears from the sensor, (time,)."""
    connected = np.ones(conditions.t_s.size, np.bool_)
    for stage in stages:
        if isinstance(stage, Disconnected):
            connected &= stage.spells.severity(conditions.t_s) == 0.0
    return connected


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
