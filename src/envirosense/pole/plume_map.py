"""One source's plume at many points and a few ticks, for pictures: the numbers that a point query gives.

A point query answers for every tick of the episode; a picture asks thousands of points about two dozen
ticks. Here all points of the plume tier go through the same laws at once, over the ticks needed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array, Position
from envirosense.physics.airflow import ou_path
from envirosense.physics.deposition import DEPOSITION_M_S, remaining_share
from envirosense.physics.dispersion import PlumeSpread, RelativeSpread, fluctuating_chi_s_m3, mean_chi_s_m3
from envirosense.physics.puffs import OLDEST_S, eddy_displacement_s, mirrored
from envirosense.physics.strands import strand_intensity, strand_time_s, strand_waves, unit_strands
from envirosense.physics.transport import CarryingAir, Release, grown, puffs_g_m3, tier
from envirosense.physics.turbulence import COMPONENTS, Component
from envirosense.pole.plumes import N_WAVES, PoleAir, wake_size_m
from envirosense.scenarios import Emission

type Ticks = npt.NDArray[np.intp]

_MEMORIES: Final = 30.0  # strand memories before a tick that still reach it: exp(-30) is 1e-13
_PASSING_WIDTHS: Final = 2.0  # of the plume at an instant, as in `transport.plume_chi_s_m3`


@dataclass(frozen=True, slots=True)
class PlumeMap:
    """Concentration of one gas at ticks and nodes, (tick, node) [g/m3], and the tier of each node."""

    gas_g_m3: Array
    tiers: tuple[str, ...]
    reasons: tuple[str, ...]
