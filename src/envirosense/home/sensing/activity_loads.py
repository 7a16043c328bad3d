"""What activities give off to the air of the room that they are done in."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from envirosense.physics.rooms.people import carbon_dioxide_l_s, sensible_heat_w, vapour_g_s
from envirosense.physics.rooms.rooms_kernels import Floats

CHILD_SIZE: Final = 0.6  # of an adult's metabolism (assumed)


class Load(NamedTuple):
    """One person's work and what goes with it; all assumed but for the classes of metabolism.

    Attributes:
        met: Metabolic rate, ISO 8996 (from memory).
        appliance_w: Heat of what is switched on for it [W].
        vapour_g_h: Water that it frees beside breath and sweat [g/h].
        extract_per_h: Air changes by a fan or a hood meanwhile [1/h].
    """

    met: float = 1.2
    appliance_w: float = 0.0
    vapour_g_h: float = 0.0
    extract_per_h: float = 0.0


LOADS: Final = {
    "sleep": Load(0.8),
    "shower": Load(1.5, 100.0, 2200.0, 2.5),
    "get_ready": Load(1.6, 80.0, 150.0),
    "dress": Load(1.5),
    "breakfast": Load(1.3, 250.0, 250.0),
    "cook": Load(1.9, 900.0, 1100.0, 2.5),
    "eat": Load(1.1, 0.0, 60.0),
    "dishes": Load(1.7, 60.0, 350.0),
    "laundry": Load(1.9, 150.0, 200.0),
    "clean": Load(2.6, 120.0, 150.0),
    "watch_tv": Load(1.0, 110.0),
    "read": Load(1.0, 10.0),
    "play": Load(1.8),
    "homework": Load(1.1, 30.0),
    "work_home": Load(1.1, 120.0),
    "computer": Load(1.1, 130.0),
    "relax": Load(1.0, 20.0),
    "exercise": Load(4.5),
    "guests_visit": Load(1.2, 40.0),
}


def load_table(activity_names: Sequence[str]) -> Floats:
    """Of the body of an adult at each activity, of a child's, and of what is switched on for it.

    Columns are [W], [g/s], [l/s], [1/h]; rows those of `activity_names` three times, (3 activity, 4).
    """
    loads = [LOADS.get(name, Load()) for name in activity_names]
    met = np.array([load.met for load in loads])
    beside = np.array([[one.appliance_w, one.vapour_g_h / 3600.0, 0.0, one.extract_per_h] for one in loads])
    body = np.stack(
        [sensible_heat_w(met), vapour_g_s(met), carbon_dioxide_l_s(met), np.zeros_like(met)], axis=1
    )
    return np.concatenate([body, CHILD_SIZE * body, beside])
