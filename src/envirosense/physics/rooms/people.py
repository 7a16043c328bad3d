"""What people give off indoors, by how hard they work."""

from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.physics.rooms.rooms_kernels import VAPORISATION_J_G

type Floats = npt.NDArray[np.float64]

SKIN_M2: Final = 1.8  # of an adult, ISO 7730 (from memory)
MET_W_M2: Final = 58.15  # seated at rest, ISO 7730 (from memory)
SENSIBLE_AT_REST: Final = 0.70  # of the heat near 21 degC; sweat and breath take 40-50 g/h (from memory)
SENSIBLE_FALL: Final = 0.12  # by which the share falls for each further met (assumed)
CO2_L_S_MET: Final = 0.0043  # an adult, ASHRAE 62.1: 0.0052 l/s at 1.2 met (from memory)


def heat_w(met: npt.ArrayLike) -> Floats:
    """Heat of an adult, shape of `met` [W]: 105 W at rest."""
    return MET_W_M2 * SKIN_M2 * np.asarray(met, dtype=np.float64)


def sensible_heat_w(met: npt.ArrayLike) -> Floats:
    """Part of it that warms the air, shape of `met` [W]."""
    share = SENSIBLE_AT_REST - SENSIBLE_FALL * (np.asarray(met, dtype=np.float64) - 1.0)
    return heat_w(met) * np.clip(share, 0.3, 0.75)


def vapour_g_s(met: npt.ArrayLike) -> Floats:
    """Water that carries the rest of the heat away, shape of `met` [g/s]."""
    return (heat_w(met) - sensible_heat_w(met)) / VAPORISATION_J_G


def carbon_dioxide_l_s(met: npt.ArrayLike) -> Floats:
    """Carbon dioxide breathed out, shape of `met` [l/s]: 18 l/h seated at a desk."""
    return CO2_L_S_MET * np.asarray(met, dtype=np.float64)
