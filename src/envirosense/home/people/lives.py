"""What the people of a home do, minute by minute, as arrays: the cause of nearly everything else."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

type Ints = npt.NDArray[np.int32]
type Times = npt.NDArray[np.int64]

AWAY: Final = -1  # number of the area of somebody who is not at home
SECOND_US: Final = 1_000_000
DAY_US: Final = 86_400 * SECOND_US


@dataclass(frozen=True, slots=True, eq=False)
class Lives:
    """Activities and stays of all residents, each table sorted by its start.

    Times are microseconds since the episode's start. Of one resident neither activities nor stays overlap,
    and both cover the episode without a gap. A guest is a resident number past those of the home.

    Attributes:
        activity_names: Names that `activity` points into (`sleep`, `cook`, `shower`, `watch_tv`, `work`,
            `away_work`, `away_leisure`, `leave`, `arrive` ...).
        activity_resident, activity, activity_start_us, activity_end_us: (activity,).
        stay_resident, stay_area, stay_start_us, stay_end_us: Where somebody is, (stay,); `AWAY` outside.
        stay_activity: Row of the activity that a stay belongs to, (stay,).
    """

    activity_names: tuple[str, ...]
    activity_resident: Ints
    activity: Ints
    activity_start_us: Times
    activity_end_us: Times
    stay_resident: Ints
    stay_area: Ints
    stay_start_us: Times
    stay_end_us: Times
    stay_activity: Ints
