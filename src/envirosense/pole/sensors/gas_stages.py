"""Imperfections of gas sensors that measure one gas each: electrochemical cells and an infrared cell."""

from dataclasses import dataclass

import numpy as np

from envirosense.core.protocols import Array
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.stages import Description, as_description


@dataclass(frozen=True, slots=True, eq=False)
class PressureGain:
    """Gain (p / p0)^exponent of each channel, less the share that the firmware takes out.

    An infrared cell counts molecules in its path, so its mole fraction goes with the density; broader lines
    add to it. A cell behind a capillary answers the mole fraction: exponent 0.
    """

    name: str
    exponent: Array
    reference_pa: float
    residual: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        """Nothing to remember."""

    def _excess(self, channel: int, conditions: Conditions) -> Array:
        density = conditions.pressure_pa / self.reference_pa
        return np.asarray(self.residual * (density ** self.exponent[channel] - 1.0))

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Signal at the pressure of the air, (time, channel)."""
        y = x.copy()
        for channel in np.flatnonzero(self.exponent).tolist():
            y[:, channel] *= 1.0 + self._excess(channel, conditions)
        return y, None

    def spread(self, x: Array, carry: None, conditions: Conditions) -> Array:
        """The whole of it: the device does not correct it further."""
        error = np.zeros_like(x)
        for channel in np.flatnonzero(self.exponent).tolist():
            error[:, channel] = np.abs(x[:, channel] * self._excess(channel, conditions))
        return error

    def describe(self, carry: None) -> Description:
        """Exponents and the share left."""
        return as_description({"exponent": self.exponent, "residual": self.residual})


@dataclass(frozen=True, slots=True, eq=False)
class CellGain:
    """Sensitivity that follows the temperature; a normal share of it with `residual_spread` is uncorrected.

    The curve is `gain` at `at_k`, straight between them and level beyond; the channels marked in `applies`
    have it.
    """

    name: str
    at_k: Array
    gain: Array
    residual_spread: float
    applies: Array

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> Array:
        """Share left in each channel of this unit, (channel,)."""
        return self.residual_spread * unit_rng.standard_normal(n_channels)

    def _excess(self, conditions: Conditions) -> Array:
        return np.interp(conditions.air_k, self.at_k, self.gain)[:, None] - 1.0

    def apply(
        self, x: Array, carry: Array, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Signal at the sensitivity of the moment, (time, channel)."""
        return x * (1.0 + carry * self.applies * self._excess(conditions)), carry

    def spread(self, x: Array, carry: Array, conditions: Conditions) -> Array:
        """Share that a common unit leaves."""
        return np.abs((self.residual_spread * self.applies) * self._excess(conditions) * x)

    def describe(self, carry: Array) -> Description:
        """Share left in each channel."""
        return as_description({"residual_share": carry * self.applies})
