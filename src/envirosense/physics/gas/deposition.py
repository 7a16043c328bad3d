"""Loss of gas and particles to the ground on their way; fall speeds of particles are in `settling`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import exp1

from envirosense.physics.gas.dispersion import PlumeSpread

type Array = npt.NDArray[np.float64]
type Values = float | Array

# daytime values over grass [WeselyHicks2000] (from memory); a gas that is not named does not deposit
DEPOSITION_M_S: Final[Mapping[str, float]] = MappingProxyType(
    {
        "ozone": 0.004,
        "nitrogen_dioxide": 0.002,
        "sulfur_dioxide": 0.008,
        "ammonia": 0.008,
        "hydrogen_chloride": 0.01,
        "formaldehyde": 0.005,
        "acetic_acid": 0.008,
    }
)


def remaining_share(
    deposition_m_s: Values, distance_m: Values, release_height_m: Values, spread: PlumeSpread
) -> Array:
    """Share of the emission still airborne at a distance, broadcast shape [1] (source depletion)."""
    exposure = ground_exposure_s_m(distance_m, release_height_m, spread)
    return np.exp(-np.asarray(deposition_m_s) * exposure)


def ground_exposure_s_m(distance_m: Values, release_height_m: Values, spread: PlumeSpread) -> Array:
    """What a deposition velocity is multiplied with to give the loss on the way, broadcast shape [s/m].

    ln share = -(v/U) integral of sqrt(2/pi) exp(-H^2/2 sigma_z^2)/sigma_z dx, which for sigma_z proportional
    to x is an exponential integral. A ground source is given 1 mm of height: the integral needs a start.
    """
    x = np.maximum(distance_m, 1e-3)
    height = np.maximum(release_height_m, 1e-3)
    argument = 0.5 * (height / spread.sigma_z_m) ** 2
    path = np.sqrt(2.0 / np.pi) * x / spread.sigma_z_m * 0.5 * exp1(argument)
    return np.asarray(path / spread.wind_m_s)
