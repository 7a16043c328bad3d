"""Filters and ports that dirt closes: the air behind them follows more slowly."""

from dataclasses import dataclass

import numpy as np

from envirosense.core.protocols import Array
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.stages import Description, Spells, as_description, per_channel
from envirosense.instruments.stages.kernels import lag
from envirosense.instruments.stages.response import lag_gain
from envirosense.pole.sensors.blockage_kernels import varying_lag


@dataclass(frozen=True, slots=True, eq=False)
class BlockedLag:
    """First-order response of time constant tau (blocked / tau)^severity; the first value is settled."""

    name: str
    tau_s: float | Array
    blocked_s: float | Array
    spells: Spells

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> Array:
        """Response so far, (channel,); NaN until the first value."""
        return np.full(n_channels, np.nan)

    def apply(
        self, x: Array, carry: Array, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Delayed signal, (time, channel)."""
        state = carry.copy()
        tau_s = per_channel(self.tau_s, x.shape[1])
        if not self.spells:
            gain = lag_gain(conditions.dt_s, tau_s)
            return lag(x, state, gain, gain), state
        severity = self.spells.severity(conditions.t_s)[:, None]
        slow_s = tau_s * (per_channel(self.blocked_s, x.shape[1]) / tau_s) ** severity
        return varying_lag(x, state, lag_gain(conditions.dt_s, slow_s)), state

    def describe(self, carry: Array) -> Description:
        """Time constants, clean and blocked, and the response so far."""
        return as_description({"tau_s": self.tau_s, "blocked_s": self.blocked_s, "response": carry})
