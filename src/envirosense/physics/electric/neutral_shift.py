"""Shift of the neutral's voltage where its return path is lost: phases see more or less than their share."""

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]


def shifted_voltage_factor(
    residual_a: Floats, path_ohm: npt.ArrayLike, angle_rad: float, phase_voltage_v: float
) -> Floats:
    """Voltage of each phase to the shifted neutral over its normal value, (time, phase) [1].

    The sum of the phase currents returns through a path of `path_ohm` and lifts the neutral by their product,
    so phase k shows |V_k - V_n|. Kirchhoff's law, whatever the load.

    Args:
        residual_a: sum of the three phase currents, rms, (time,).
        path_ohm: resistance of its way back, a number or (time,).
        angle_rad: of that sum against the voltage of phase a.
        phase_voltage_v: normal voltage of a phase.
    """
    lifted = residual_a * np.asarray(path_ohm) * np.exp(1j * angle_rad) / phase_voltage_v
    normal = np.exp(-2j * np.pi * np.arange(3) / 3.0)
    return np.asarray(np.abs(normal - lifted[:, None]))
