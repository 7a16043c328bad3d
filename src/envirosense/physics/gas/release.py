"""What an overheated material gives off: a finite stock that leaves at an Arrhenius rate."""

import numpy as np
import numpy.typing as npt

from envirosense.core.units import GAS_CONSTANT_J_MOL_K
from envirosense.physics.fire.pyrolysis import remaining_share

type Floats = npt.NDArray[np.float64]


def arrhenius_per_s(
    temperature_k: npt.ArrayLike, reference_per_s: float, reference_k: float, energy_j_mol: float
) -> Floats:
    """First-order rate that is `reference_per_s` at `reference_k`, same shape [1/s]."""
    inverse_k = 1.0 / reference_k - 1.0 / np.asarray(temperature_k, dtype=np.float64)
    return np.asarray(reference_per_s * np.exp(energy_j_mol / GAS_CONSTANT_J_MOL_K * inverse_k))


def release_per_s(rate_per_s: Floats, dt_s: float) -> Floats:
    """Share of the first stock that leaves, tick means (time,) [1/s]; its sum never passes the stock.

    The rate is constant within a tick, so the loss is exact for any `dt_s`.
    """
    if dt_s <= 0.0:
        raise ValueError(f"dt_s must be above zero, not {dt_s}")
    left, _ = remaining_share(rate_per_s, dt_s)
    before = np.concatenate([[1.0], left[:-1]])
    return np.asarray((before - left) / dt_s)
