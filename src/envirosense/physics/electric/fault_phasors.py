"""Currents of short circuits as phasors, each against the voltage of its own phase.

Phases are counted 0, 1, 2; answers fit `HARMONICS`' convention: rms, (time, phase).
"""

from typing import Final

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]
type Phasors = npt.NDArray[np.complex128]

LAG_RAD: Final = np.radians(70.0)  # of a fault's current behind its voltage, X/R near 3 # assumed


def ground_fault_a(current_a: Floats, phase: int, lag_rad: float = LAG_RAD) -> Phasors:
    """Current from one phase to ground, (time, 3) [A]."""
    phasors = np.zeros((current_a.size, 3), np.complex128)
    phasors[:, phase] = current_a * np.exp(-1j * lag_rad)
    return phasors


def phase_fault_a(current_a: Floats, first: int, second: int, lag_rad: float = LAG_RAD) -> Phasors:
    """Current that leaves one phase and returns in another, (time, 3) [A]; nothing flows to ground.

    It lags the voltage between the two by `lag_rad`.

    Raises:
        ValueError: if both are the same phase.
    """
    if first == second:
        raise ValueError(f"a fault between phases needs two of them, not {first} twice")
    voltage = np.exp(-2j * np.pi * np.arange(3) / 3.0)
    across = voltage[first] - voltage[second]
    flowing = current_a * across / abs(across) * np.exp(-1j * lag_rad)
    phasors = np.zeros((current_a.size, 3), np.complex128)
    phasors[:, first] = flowing * np.conj(voltage[first])
    phasors[:, second] = -flowing * np.conj(voltage[second])
    return phasors
