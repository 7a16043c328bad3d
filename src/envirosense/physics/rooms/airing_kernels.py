"""Compiled: what people do about rooms that are too warm, whenever they look about them."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

type Floats = npt.NDArray[np.float64]
type Ints = npt.NDArray[np.int64]
type Flags = npt.NDArray[np.bool_]

LEAVES, AWAKE, ASLEEP = 0, 1, 2  # who looks: the last one out, somebody who is up, somebody in bed
FRESHER_K: Final = 1.0  # that outside must be cooler for a window to be opened (assumed)
STUFFY_K: Final = 0.5  # that outside may be warmer before it is shut (assumed)
RELIEF_K: Final = 2.5  # below the limit at which it is shut again (assumed)
COOLED_K: Final = 1.5  # that people bear more before they open a window on a cooler (assumed)
CURTAIN_K: Final = 1.0  # below the limit at which curtains are drawn (assumed)
COLD_IN_BED_C: Final = 18.5  # at which a sleeper gets up and shuts it (assumed)


class RoomHabits(NamedTuple):
    """What people do about rooms that are too warm.

    Attributes:
        look_step, look_kind: When somebody looks, and who: `LEAVES`, `AWAKE`, `ASLEEP`; (look,) in order.
        too_warm_c: From which a room is too warm, (room,) [degC].
        aired_per_h: Extra air changes through its open window, 0 without one, (room,) [1/h].
        drawn: Part of the sun that drawn curtains let through.
        door_m3_s: Air either way through a door that is left open for a warm room, (link,) [m3/s].
    """

    look_step: Ints
    look_kind: Ints
    too_warm_c: Floats
    aired_per_h: Floats
    drawn: float
    door_m3_s: Floats


class RoomOpenings(NamedTuple):
    """What stands open or is drawn for warmth, as the balances take it.

    Attributes:
        window_per_h: Extra air changes through windows, (room,) [1/h].
        sun: Part of the sun that curtains let through, (room,).
        door_m3_s: Air either way through doors, (link,) [m3/s].
    """

    window_per_h: Floats
    sun: Floats
    door_m3_s: Floats


@njit(cache=True, nogil=True, error_model="numpy")
def looked(
    habits: RoomHabits,
    kind: int,
    air_c: Floats,
    is_cooled: Flags,
    outside_c: float,
    network_doors: tuple[Ints, Ints, Floats],
    openings: RoomOpenings,
) -> None:
    """One look: windows, curtains and doors are moved where rooms ask for it.

    `is_cooled` says in which rooms a cooler is set, (room,); `network_doors` are both ends of the links and
    the air that passes when nobody moved the door.
    """
    for room in range(air_c.size):
        limit_c = habits.too_warm_c[room] + COOLED_K * is_cooled[room]
        if openings.window_per_h[room] > 0.0:
            is_cold = air_c[room] < (limit_c - RELIEF_K if kind == AWAKE else COLD_IN_BED_C)
            if kind == LEAVES or is_cold or outside_c > air_c[room] + STUFFY_K:
                openings.window_per_h[room] = 0.0
        elif kind == AWAKE and air_c[room] > limit_c and outside_c < air_c[room] - FRESHER_K:
            openings.window_per_h[room] = habits.aired_per_h[room]
        if kind == AWAKE and air_c[room] > habits.too_warm_c[room] - CURTAIN_K:
            openings.sun[room] = habits.drawn
        elif kind == AWAKE and air_c[room] < habits.too_warm_c[room] - CURTAIN_K - RELIEF_K:
            openings.sun[room] = 1.0
    link_a, link_b, usual_m3_s = network_doors
    for link in range(link_a.size):
        a, b = link_a[link], link_b[link]
        if air_c[b] > air_c[a]:
            a, b = b, a
        if kind == AWAKE and air_c[a] > habits.too_warm_c[a] and not is_cooled[b]:
            openings.door_m3_s[link] = max(habits.door_m3_s[link], usual_m3_s[link])
        elif air_c[a] < habits.too_warm_c[a] - RELIEF_K:
            openings.door_m3_s[link] = usual_m3_s[link]
