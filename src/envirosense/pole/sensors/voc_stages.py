"""What happens to a metal-oxide layer: response, poisons, warming up, and the divider that reads it.

Signals are (time, channel): ln(G / G0) on the metal oxides (`is_log`), ppb on the others.
"""

import math
from dataclasses import dataclass, fields
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.stages import Description, Spells, as_description
from envirosense.instruments.stages.kernels import lag
from envirosense.instruments.stages.response import lag_gain
from envirosense.pole.sensors.voc_kernels import layer_lag

type Marks = npt.NDArray[np.bool_]

SILOXANES: Final = (
    "hexamethylcyclotrisiloxane",
    "octamethylcyclotetrasiloxane",
    "decamethylcyclopentasiloxane",
)
INHIBITORS: Final = ("hydrogen_sulfide", "sulfur_dioxide")
HALF_LN: Final = math.log(2.0)
POISONED_DOSES: Final = 2.0  # of the dose that halves the gain, in a sensor poisoned with severity 1; assumed
NEGLIGIBLE: Final = 1e-4  # loss of gain that is left out; numerical choice
PPB_PER_PPM: Final = 1000.0
HOUR_S: Final = 3600.0


@dataclass(frozen=True, slots=True)
class GasConditions(Conditions):
    """Surroundings with the gases that harm a metal oxide, (time,) each [ppb]; None for clean air."""

    siloxane_ppb: Array | None = None
    inhibitor_ppb: Array | None = None

    @classmethod
    def of(cls, conditions: Conditions, siloxane_ppb: Array, inhibitor_ppb: Array) -> Self:
        """The surroundings given, with these gases."""
        known = {field.name: getattr(conditions, field.name) for field in fields(Conditions)}
        return cls(**known, siloxane_ppb=siloxane_ppb, inhibitor_ppb=inhibitor_ppb)


def harmful_ppb(conditions: Conditions, name: str) -> Array:
    """Gas of one field of `GasConditions`, (time,) [ppb]; zero in surroundings that do not know it."""
    gas_ppb = getattr(conditions, name, None)
    return np.zeros(conditions.t_s.size) if gas_ppb is None else np.asarray(gas_ppb)


def weakened(x: Array, loss: Array, channels: Marks) -> Array:
    """Signal whose gain in these log channels is 1 - loss (time,), (time, channel).

    Gain acts on exp|x| - 1, the response over clean air; a loss below 1e-4 is left out.
    """
    rows = np.flatnonzero(loss > NEGLIGIBLE)
    if rows.size == 0:
        return x
    gain = 1.0 - loss[rows, None]
    if rows.size == loss.size and channels.all():
        return _with_gain(x, gain)
    y, place = x.copy(), np.ix_(rows, np.flatnonzero(channels))
    y[place] = _with_gain(x[place], gain)
    return y


def _with_gain(x: Array, gain: Array) -> Array:
    return np.copysign(np.log1p(gain * np.expm1(np.abs(x))), x)


@dataclass(frozen=True, slots=True)
class LayerState:
    """Response so far, (channel,); slowness in use, dose that halves the gain, dose so far [ppm h], (1,)."""

    response: Array
    slowness: Array
    halving_ppm_h: Array
    dose_ppm_h: Array


@dataclass(frozen=True, slots=True, eq=False)
class SensingLayer:
    """First-order response with its own time constants up and down, in gas and under siloxanes.

    Siloxanes leave silica on the layer: with E the dose and E50 that which halves the gain, the gain is
    2^(-E / E50) and the time constants grow by 1 + E / E50. Gas quickens: tau falls as (1 + c / K)^-power.
    Channels that are no metal oxide keep gain and speed.
    """

    name: str
    rise_s: Array
    fall_s: Array
    is_log: Marks
    beta: Array
    tau_power: float
    halving_ppm_h: tuple[float, float]  # log-uniform between units
    past_ppm_h: float  # dose before the episode
    poisoned: Spells

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> LayerState:
        """Nothing yet but the dose of the past; how much poison this unit bears."""
        low, high = np.log(self.halving_ppm_h)
        return LayerState(
            np.full(n_channels, np.nan),
            np.ones(1),
            np.exp(unit_rng.uniform(low, high, 1)),
            np.full(1, self.past_ppm_h),
        )

    def apply(
        self, x: Array, carry: LayerState, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, LayerState]:
        """Signal that the layer gives, (time, channel)."""
        doses, dose_ppm_h = self._doses(carry, conditions)
        response, slowness = carry.response.copy(), carry.slowness.copy()
        y = layer_lag(
            x,
            response,
            conditions.dt_s / self.rise_s,
            conditions.dt_s / self.fall_s,
            np.where(self.is_log, self.tau_power / self.beta, 0.0),
            1.0 + doses,
            slowness,
        )
        y = weakened(y, -np.expm1(-HALF_LN * doses), self.is_log)
        return y, LayerState(response, slowness, carry.halving_ppm_h, dose_ppm_h)

    def _doses(self, carry: LayerState, conditions: Conditions) -> tuple[Array, Array]:
        """Dose over the halving one, (time,), and the dose after the last tick [ppm h]."""
        taken = harmful_ppb(conditions, "siloxane_ppb") * (conditions.dt_s / HOUR_S / PPB_PER_PPM)
        dose_ppm_h = np.cumsum(np.concatenate([carry.dose_ppm_h, taken]))  # in order: blocks keep the bits
        planted = POISONED_DOSES * self.poisoned.severity(conditions.t_s)
        return dose_ppm_h[1:] / carry.halving_ppm_h + planted, dose_ppm_h[-1:]

    def spread(self, x: Array, carry: LayerState, conditions: Conditions) -> Array:
        """Gain lost to the dose of the past in a middling unit, as a share of the response."""
        middle_ppm_h = math.sqrt(self.halving_ppm_h[0] * self.halving_ppm_h[1])
        lost = -math.expm1(-HALF_LN * self.past_ppm_h / middle_ppm_h)
        return np.where(self.is_log, -lost * np.expm1(-np.abs(x)), 0.0)

    def describe(self, carry: LayerState) -> Description:
        """Time constants, dose so far and the one that halves the gain."""
        return as_description(
            {
                "rise_s": self.rise_s,
                "fall_s": self.fall_s,
                "response": carry.response,
                "dose_ppm_h": carry.dose_ppm_h[0],
                "halving_ppm_h": carry.halving_ppm_h[0],
            }
        )


@dataclass(frozen=True, slots=True)
class InhibitionState:
    """Greatest loss of this unit, and the share of it at present, (1,) each."""

    depth: Array
    share: Array


@dataclass(frozen=True, slots=True, eq=False)
class Inhibition:
    """Gain that sulphur gases take for a while: depth c / (c + half), coming and going in `settling_s`."""

    name: str
    is_log: Marks
    depth: tuple[float, float]  # uniform between units
    half_ppb: float
    settling_s: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> InhibitionState:
        """How much this unit can lose."""
        return InhibitionState(unit_rng.uniform(*self.depth, 1), np.full(1, np.nan))

    def apply(
        self, x: Array, carry: InhibitionState, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, InhibitionState]:
        """Signal of the inhibited layer, (time, channel)."""
        gas_ppb = harmful_ppb(conditions, "inhibitor_ppb")
        share = carry.share.copy()
        gain = lag_gain(conditions.dt_s, np.full(1, self.settling_s))
        covered = lag((gas_ppb / (gas_ppb + self.half_ppb))[:, None], share, gain, gain)[:, 0]
        return weakened(x, carry.depth * covered, self.is_log), InhibitionState(carry.depth, share)

    def describe(self, carry: InhibitionState) -> Description:
        """Greatest loss, the gas that takes half of it, and what is lost now."""
        lost = 0.0 if np.isnan(carry.share[0]) else carry.depth[0] * carry.share[0]
        return as_description({"depth": carry.depth[0], "half_ppb": self.half_ppb, "lost": lost})


@dataclass(frozen=True, slots=True)
class BurnInState:
    """Rise of ln R after a long rest, and how fast it goes [s], both (channel,)."""

    rise: Array
    tau_s: Array


@dataclass(frozen=True, slots=True, eq=False)
class BurnIn:
    """Resistance that is high after a long rest and falls over days of heating.

    Acts on a sensor that was switched on before the episode; a break within the episode is no long rest.
    """

    name: str
    is_log: Marks
    rise: tuple[float, float]  # of ln R, uniform between channels
    tau_s: tuple[float, float]  # uniform between channels

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> BurnInState:
        """Rise and time constant of each channel."""
        rise, tau = unit_rng.uniform(size=(2, n_channels))
        low, high = self.rise
        return BurnInState(
            np.where(self.is_log, low + (high - low) * rise, 0.0),
            self.tau_s[0] + (self.tau_s[1] - self.tau_s[0]) * tau,
        )

    def _heated_s(self, conditions: Conditions) -> Array | None:
        """Time since the long rest, (time, 1) [s]; None where there was none."""
        if conditions.on_s is None:
            return None
        rested = conditions.t_s - conditions.on_s <= 0.0
        return np.where(rested, np.maximum(conditions.on_s, 0.0), np.inf)[:, None]

    def apply(
        self, x: Array, carry: BurnInState, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, BurnInState]:
        """Signal of the layer that burns in, (time, channel)."""
        heated_s = self._heated_s(conditions)
        return (x if heated_s is None else x - carry.rise * np.exp(-heated_s / carry.tau_s)), carry

    def spread(self, x: Array, carry: BurnInState, conditions: Conditions) -> float | Array:
        """What a middling channel has still to lose."""
        heated_s = self._heated_s(conditions)
        if heated_s is None:
            return 0.0
        return np.where(self.is_log, np.mean(self.rise) * np.exp(-heated_s / np.mean(self.tau_s)), 0.0)

    def describe(self, carry: BurnInState) -> Description:
        """Rise of ln R and time constant of each channel."""
        return as_description({"rise": carry.rise, "tau_s": carry.tau_s})


@dataclass(frozen=True, slots=True, eq=False)
class Divider:
    """Voltage divider and converter: V / Vc = R_load / (R + R_load) in 2^bits steps.

    A step of V is a step of ln R that grows towards both ends, as (1 + r)^2 / r with r = R / R_load. The
    resistance in clean air differs between channels by `spread_ln`; R stays within the limits of ln(G / G0).
    """

    name: str
    is_log: Marks
    bits: float
    spread_ln: float
    low: float
    high: Array

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> Array:
        """Resistance in clean air over the load, (channel,)."""
        return np.exp(self.spread_ln * unit_rng.standard_normal(n_channels))

    def apply(
        self, x: Array, carry: Array, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Signal as converted, (time, channel)."""
        if self.is_log.all():
            return self._converted(x, carry, self.high), carry
        y, oxides = x.copy(), self.is_log
        y[:, oxides] = self._converted(x[:, oxides], carry[oxides], self.high[oxides])
        return y, carry

    def _converted(self, ln_g: Array, r0: Array, high: Array) -> Array:
        codes = 2.0**self.bits
        r_over_load = r0 * np.exp(-np.minimum(np.maximum(ln_g, self.low), high))
        code = np.minimum(np.maximum(np.rint(codes / (1.0 + r_over_load)), 1.0), codes - 1.0)
        return np.asarray(np.log(r0 * code / (codes - code)))

    def describe(self, carry: Array) -> Description:
        """Bits and the resistance in clean air over the load."""
        return as_description({"bits": self.bits, "r0_over_load": carry})
