"""Mean conductance of a charring branch over ticks: its last seconds are short against any tick."""

import numpy as np
import numpy.typing as npt

from envirosense.physics.electric.vegetation import (
    CHAR_SHARE,
    Branch,
    branch_resistance_ohm,
    bridging_dose,
    track_share,
)

type Floats = npt.NDArray[np.float64]


def mean_conductance_s(dose: Floats, branch: Branch, start_dose: float = 0.0) -> Floats:
    """Mean conductance while in contact during each tick that ends at a dose, (time,) [S].

    Dose runs evenly with contact, and R = R0 u^(1/3) with u = 1 - 3 (1 - c) dose, so 1/R integrates to
    u^(2/3) in closed form: the current that runs away within the last second is counted whole. Past
    the bridging it stays what char conducts.
    """
    before = np.concatenate([[start_dose], dose[:-1]])
    gain = dose - before
    powers = [_cube(at) ** (2.0 / 3.0) for at in (before, dose)]
    grown = (powers[0] - powers[1]) / (2.0 * (1.0 - CHAR_SHARE) * branch.fresh_ohm)
    full = bridging_dose()
    grown += (np.maximum(dose, full) - np.maximum(before, full)) / (CHAR_SHARE * branch.fresh_ohm)
    resting = 1.0 / branch_resistance_ohm(track_share(dose), branch)
    even = gain < 1e-9  # where the difference has lost its digits; the conductance hardly moves there
    return np.asarray(np.where(even, resting, grown / np.where(even, 1.0, gain)))


def _cube(dose: Floats) -> Floats:
    """Third power of the resistance over the fresh one."""
    return np.asarray(np.clip(1.0 - 3.0 * (1.0 - CHAR_SHARE) * dose, CHAR_SHARE**3, 1.0))
