"""What calibration leaves: gain, offset and curvature of this unit."""

from dataclasses import dataclass

import numpy as np

from envirosense.core.protocols import Array
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.stages.contract import Description, as_description


@dataclass(frozen=True, slots=True)
class CalibrationState:
    """Gain and offset of this unit, and its curvature as a share of full scale, all (channel,)."""

    gain: Array
    offset: Array
    curvature: Array


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """y = offset + gain x + curvature * 4 x (1 - x / full_scale), drawn once per unit.

    The gain is lognormal, offset and curvature are normal; the curvature is the greatest
    departure from a straight line as a share of full scale, at half scale.
    """

    name: str
    gain_spread_ln: float | Array = 0.0
    offset_spread: float | Array = 0.0
    curvature_spread: float | Array = 0.0
    full_scale: float | Array = 1.0

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> CalibrationState:
        """What this unit got."""
        gain, offset, curvature = unit_rng.standard_normal((3, n_channels))
        return CalibrationState(
            np.exp(self.gain_spread_ln * gain), self.offset_spread * offset, self.curvature_spread * curvature
        )

    def apply(
        self, x: Array, carry: CalibrationState, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, CalibrationState]:
        """Signal as this unit is calibrated, (time, channel)."""
        y = carry.offset + carry.gain * x
        if carry.curvature.any():
            inside = np.clip(x, 0.0, self.full_scale)
            y = y + carry.curvature * 4.0 * inside * (1.0 - inside / self.full_scale)
        return y, carry

    def spread(self, x: Array, carry: CalibrationState, conditions: Conditions) -> float | Array:
        """Gain, offset and curvature together."""
        gain = np.abs(x) * self.gain_spread_ln if np.any(self.gain_spread_ln) else 0.0
        return np.sqrt(np.square(gain) + np.square(self.offset_spread) + np.square(self.curvature_spread))

    def describe(self, carry: CalibrationState) -> Description:
        """Gain, offset and curvature of this unit."""
        return as_description(
            {
                "gain": carry.gain,
                "offset": carry.offset,
                "curvature": carry.curvature,
                "full_scale": self.full_scale,
            }
        )
