"""Temperature inside the device: a case that sun, wind and electronics heat, and a board within it.

Lumped: C dT/dt = gains - G (T - air); the board stands off the case by its own power. Steps are exact for
inputs that are constant over them.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

type Array = npt.NDArray[np.float64]

CASE_M2: Final = 0.12  # 240 x 160 x 80 mm less the mounted back; assumed
CASE_J_K: Final = 900.0  # 1.8 kg of which the case is half; assumed
FILM_W_M2_K: Final = 10.0  # light wind, with long-wave; assumed
BOARD_K_PER_W: Final = 3.5  # board to case, 2-5 K/W; assumed
BOARD_TAU_S: Final = 240.0  # 70 J/K of board behind that resistance; assumed


def case_conductance_w_k(wind_m_s: float | Array = 0.0) -> Array:
    """Conductance from case to air, same shape [W/K]: 10 W/m2/K plus 2 per m/s of wind (assumed)."""
    return np.asarray(CASE_M2 * (FILM_W_M2_K + 2.0 * np.asarray(wind_m_s, dtype=np.float64)))


def case_tau_s(conductance_w_k: float | Array) -> Array:
    """Time constant of the case, same shape [s]."""
    return np.asarray(CASE_J_K / np.asarray(conductance_w_k))


def case_rise_k(heat_w: float | Array, conductance_w_k: float | Array) -> Array:
    """Steady rise of the case over air, broadcast shape [K]."""
    return np.asarray(np.asarray(heat_w) / np.asarray(conductance_w_k))


def board_k(case_k: Array, power_w: Array, dt_s: float) -> Array:
    """Temperature of the board, (time,) [K]: the case's plus its own heat, lagged; settled at the start."""
    from scipy.signal import lfilter

    aim_k = np.asarray(case_k) + BOARD_K_PER_W * np.asarray(power_w)
    keep = np.exp(-dt_s / BOARD_TAU_S)
    followed, _ = lfilter([1.0 - keep], [1.0, -keep], aim_k, zi=[keep * aim_k[0]])
    return np.asarray(followed)
