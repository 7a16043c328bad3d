"""What calibration leaves in wind measured by its components."""

from dataclasses import dataclass

import numpy as np

from envirosense.core.protocols import Array
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.stages import Calibration
from envirosense.instruments.stages.calibration import CalibrationState

N_AXES = 2  # of the wind; the gust's excess follows


@dataclass(frozen=True, slots=True, eq=False)
class ComponentCalibration(Calibration):
    """Calibration of wind east and north and of the gust's excess, (time, 3) [m/s].

    Its error budget counts errors along the wind, across it and of the gust, which become those of speed,
    direction and gust: a gust is wrong by what the speed is.
    """

    def spread(self, x: Array, carry: CalibrationState, conditions: Conditions) -> Array:
        """Gain and offset along the wind, across it and of the gust, (time, 3) [m/s]."""
        square = np.square(x[:, :N_AXES])
        speed_square = np.maximum(square.sum(axis=1), 1e-12)
        gain, offset = np.square(self.gain_spread_ln), np.broadcast_to(np.square(self.offset_spread), 3)
        error = np.empty_like(x)
        along = gain * np.square(square).sum(axis=1) / speed_square
        error[:, 0] = along + offset[0]
        error[:, 1] = 2.0 * gain * square.prod(axis=1) / speed_square + offset[1]
        error[:, 2] = along + gain * np.square(x[:, N_AXES]) + offset[0]
        return np.sqrt(error)
