"""What a sensor reports wrong just after it was switched on."""

from dataclasses import dataclass

import numpy as np

from envirosense.core.protocols import Array
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.stages.contract import Description, as_description, per_channel


@dataclass(frozen=True, slots=True, eq=False)
class WarmUp:
    """Error that decays after switch-on: a unit's own share of `error`, times exp(-t / tau).

    The share is standard normal and belongs to the unit: it warms up alike every time.
    """

    name: str
    error: float | Array
    tau_s: float | Array

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> Array:
        """Error of this unit right after switch-on, (channel,)."""
        return per_channel(self.error, n_channels) * unit_rng.standard_normal(n_channels)

    def apply(
        self, x: Array, carry: Array, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Signal with what warming up adds, (time, channel)."""
        left = self._left(conditions)
        return (x, carry) if left is None else (x + carry * left, carry)

    def _left(self, conditions: Conditions) -> Array | None:
        """Share of the error that is left, (time, 1 or channel); None where the sensor is long on."""
        if conditions.on_s is None:
            return None
        # before switch-on there is no reading; a negative time would only overflow
        return np.exp(-np.maximum(conditions.on_s, 0.0)[:, None] / self.tau_s)

    def spread(self, x: Array, carry: Array, conditions: Conditions) -> float | Array:
        """Expected error of what is left."""
        left = self._left(conditions)
        return 0.0 if left is None else np.asarray(self.error * left)

    def describe(self, carry: Array) -> Description:
        """Error of this unit right after switch-on, and how fast it fades."""
        return as_description({"error": carry, "tau_s": self.tau_s})
