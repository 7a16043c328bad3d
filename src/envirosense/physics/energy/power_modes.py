"""The device's five power modes and how it falls back from one to the next as the battery empties.

Full power is for alerts only and is never chosen from the charge.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class PowerMode:
    """One way to run the device."""

    name: str
    power_w: float  # of the device, from its firmware specification
    lowest_charge: float  # the mode is left below; assumed


FULL: Final = PowerMode("full", 5.0, 0.5)
MODES: Final = (
    PowerMode("standard", 1.2, 0.4),
    PowerMode("economy", 0.8, 0.25),
    PowerMode("critical", 0.4, 0.12),
    PowerMode("hibernate", 0.05, 0.0),
)
RETURN: Final = 0.05  # charge above a mode's limit at which the device comes back to it; assumed


def mode_at(charge: float, before: PowerMode) -> PowerMode:
    """Mode for a state of charge 0..1: down at once, up only with some charge in hand."""
    deepest = MODES.index(before) if before in MODES else 0
    for rank, mode in enumerate(MODES):
        margin = RETURN if rank < deepest else 0.0
        if charge >= mode.lowest_charge + margin:
            return mode
    return MODES[-1]
