"""Imperfections of a magnetic sensor on the lengths of `emf_features`, (time, channel)."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from envirosense.core.protocols import Array
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.spectrum import clipped_sine_harmonic, clipped_sine_rms
from envirosense.instruments.stages.contract import Description, as_description
from envirosense.instruments.stages.drift import DAY_S, SharedGainDrift
from envirosense.instruments.stages.drift import GainState as DriftGainState
from envirosense.instruments.stages.kernels import autoregression
from envirosense.pole.sensors.emf_features import (
    AXES,
    ELLIPTICITY,
    HARMONICS,
    ORDERS,
    TONES,
)
from envirosense.pole.sensors.emf_kernels import scaled

LEAST_UT2: Final = 1e-18  # keeps ratios finite


@dataclass(frozen=True, slots=True)
class GainState:
    """Gain of this unit at the reference [1] and its slope [1/K], both (channel,)."""

    gain: Array
    per_k: Array


@dataclass(frozen=True, slots=True, eq=False)
class ElementGain:
    """Gain that calibration left, and how it follows the body's temperature; one draw for an element.

    Channels of one `group` share an element. The unit's own axes are the projection's affair; the budget
    counts them here, one sigma each: their gains `left_on_axes` (channel,), the share `askew` (axis, axis) of
    another axis that an axis feels, and how far axes are out of phase, which makes an ellipse of a line.
    """

    name: str
    spread_ln: Array
    spread_per_k: Array
    left_on_axes: Array
    askew: Array
    out_of_phase_rad: float
    group: tuple[int, ...]
    reference_k: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> GainState:
        """Gain and slope of this unit."""
        draws = unit_rng.standard_normal((2, 1 + max(self.group)))[:, np.array(self.group)]
        return GainState(np.exp(self.spread_ln * draws[0]), self.spread_per_k * draws[1])

    def apply(
        self, x: Array, carry: GainState, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, GainState]:
        """Signal times the gain of the moment, (time, channel)."""
        away_k = (conditions.body_k - self.reference_k)[:, None]
        return x * (carry.gain + (carry.gain * carry.per_k) * away_k), carry

    def spread(self, x: Array, carry: GainState, conditions: Conditions) -> Array:
        """What nobody has corrected, (time, channel)."""
        group = np.array(self.group)
        away_k = (conditions.body_k - self.reference_k)[:, None]
        first = np.unique(group, return_index=True)[1]  # a channel of each element stands for all of it
        fixed = np.square(self.spread_ln[first]) + np.square(self.left_on_axes[first])
        share = np.sqrt(fixed + np.square(self.spread_per_k[first]) * (away_k * away_k))
        error = scaled(x, share, group)
        square = np.square(x[:, AXES])
        error[:, AXES] = np.sqrt(np.square(error[:, AXES]) + square @ np.square(self.askew).T)
        total = square.sum(axis=1)
        across = total - np.square(square).sum(axis=1) / np.maximum(total, LEAST_UT2)
        error[:, ELLIPTICITY] = np.hypot(error[:, ELLIPTICITY], self.out_of_phase_rad * np.sqrt(across))
        return error

    def describe(self, carry: GainState) -> Description:
        """Gain and slope of this unit, and the reference."""
        return as_description({"gain": carry.gain, "per_k": carry.per_k, "reference_k": self.reference_k})


@dataclass(frozen=True, slots=True, eq=False)
class ElementDrift(SharedGainDrift):
    """Gain that walks with age, one walk for all channels of an element: what shares an element agrees.

    Rates, logarithmic channels and the other shares of the library's stage are not used.
    """

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> DriftGainState:
        """Walks of the elements over the age they have."""
        walks = unit_rng.standard_normal(1 + max(self.group)) * math.sqrt(self.age_days)
        return DriftGainState(np.zeros(n_channels), walks)

    def apply(
        self, x: Array, carry: DriftGainState, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, DriftGainState]:
        """Signal with the gain of the moment, (time, channel)."""
        walks = carry.walks.copy()
        noise = noise_rng.standard_normal((x.shape[0], walks.size))
        step = np.full(walks.size, math.sqrt(conditions.dt_s / DAY_S))
        walked = autoregression(noise, walks, np.ones(walks.size), step)
        gain = np.exp(walked * self._step_of_element())
        return scaled(x, gain, np.array(self.group)), DriftGainState(carry.per_day, walks)

    def _step_of_element(self) -> Array:
        step = np.zeros(1 + max(self.group))
        step[np.array(self.group)] = self.walk_per_sqrt_day
        return step

    def spread(self, x: Array, carry: DriftGainState, conditions: Conditions) -> float | Array:
        """Walk over the age at the episode's start."""
        if self.age_days == 0.0:
            return 0.0
        return np.asarray(x * (self.walk_per_sqrt_day * math.sqrt(self.age_days)))

    def describe(self, carry: DriftGainState) -> Description:
        """Size of the walk, age at the start and the walk of each channel."""
        walk = (self._step_of_element() * carry.walks)[np.array(self.group)]
        return as_description(
            {"ln_walk_per_sqrt_day": self.walk_per_sqrt_day, "age_days": self.age_days, "ln_walk": walk}
        )


@dataclass(frozen=True, slots=True)
class OffsetState:
    """Offset of each axis at the reference [uT] and its slope [uT/K], both (3,)."""

    offset: Array
    per_k: Array


@dataclass(frozen=True, slots=True, eq=False)
class RmsOffset:
    """Offset of the electronics behind the high pass: it joins the rms of an axis in quadrature.

    Tones keep clear of it: over whole periods a constant has none.
    """

    name: str
    offset_spread: float
    spread_per_k: float
    reference_k: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> OffsetState:
        """Offsets of this unit."""
        offset, slope = unit_rng.standard_normal((2, 3))
        return OffsetState(self.offset_spread * offset, self.spread_per_k * slope)

    def apply(
        self, x: Array, carry: OffsetState, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, OffsetState]:
        """Signal with the axes lifted, (time, channel)."""
        y = x.copy()
        away_k = (conditions.body_k - self.reference_k)[:, None]
        offset = carry.offset + carry.per_k * away_k
        y[:, AXES] = np.sqrt(np.square(x[:, AXES]) + offset * offset)
        return y, carry

    def spread(self, x: Array, carry: OffsetState, conditions: Conditions) -> Array:
        """Lift that the usual offset gives, (time, channel)."""
        spread = np.zeros_like(x)
        away_k = (conditions.body_k - self.reference_k)[:, None]
        square = self.offset_spread**2 + np.square(self.spread_per_k * away_k)
        spread[:, AXES] = np.sqrt(np.square(x[:, AXES]) + square) - x[:, AXES]
        return spread

    def describe(self, carry: OffsetState) -> Description:
        """Offsets and slopes of this unit."""
        return as_description({"offset": carry.offset, "per_k": carry.per_k, "reference_k": self.reference_k})


@dataclass(frozen=True, slots=True, eq=False)
class FieldSaturation:
    """Axes bend a little, and are cut off where the instantaneous field reaches `limit_ut`.

    The rms of an axis departs from a straight line by a share of the limit that is greatest, and the unit's
    own, at half the limit. A cut makes odd harmonics. Each axis counts as one sine; the fundamental and what
    rides on it shrink as the cut sines' do.
    """

    name: str
    limit_ut: float
    curvature_spread: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> Array:
        """Curvature of each axis of this unit, (3,)."""
        return self.curvature_spread * unit_rng.standard_normal(3)

    def apply(
        self, x: Array, carry: Array, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Signal bent and cut off, (time, channel)."""
        y = x.copy()
        axes = x[:, AXES]
        y[:, AXES] = axes * (1.0 + 4.0 * carry * (1.0 - np.minimum(axes / self.limit_ut, 1.0)))
        cut_ut = math.sqrt(0.5) * self.limit_ut
        if axes.max() > cut_ut:
            over = np.flatnonzero(axes.max(axis=1) > cut_ut)
            y[over] = self._cut(x[over])
        return y, carry

    def _cut(self, x: Array) -> Array:
        y = x.copy()
        peak = math.sqrt(2.0) * x[:, AXES]
        y[:, AXES] = clipped_sine_rms(peak, self.limit_ut)
        left = _length(clipped_sine_harmonic(peak, self.limit_ut, 1)) / _length(peak)
        y[:, [*range(*TONES.indices(x.shape[1])), ELLIPTICITY]] *= left[:, None]
        for column, order in zip(range(*HARMONICS.indices(x.shape[1])), ORDERS[1:], strict=True):
            if order % 2:
                made = math.sqrt(0.5) * _length(clipped_sine_harmonic(peak, self.limit_ut, order))
                y[:, column] = np.hypot(y[:, column], made)
        return y

    def describe(self, carry: Array) -> Description:
        """Greatest field and curvature of this unit."""
        return as_description({"limit": self.limit_ut, "curvature": carry})


def _length(axes: Array) -> Array:
    return np.asarray(np.sqrt(np.sum(np.square(axes), axis=1)))
