"""A battery whose load follows its charge: the power mode is chosen anew at every hour of the clock."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from envirosense.physics.energy.battery import Pack, PackState, capacity_factor, run
from envirosense.physics.energy.power_modes import MODES, PowerMode, mode_at

type Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ModeCourse:
    """A pack and its power mode over the steps, each (time,); see `PackCourse`."""

    charge: Array
    voltage_v: Array
    current_a: Array  # positive when discharging
    served_w: Array
    charged_w: Array
    mode: npt.NDArray[np.int8]  # rank in MODES
    end: PackState


def usable_share(charge: float, temperature_k: float) -> float:
    """Charge that can be drawn at this temperature over that of a full pack there, 0..1."""
    capacity = float(capacity_factor(temperature_k))
    return max(charge - (1.0 - capacity), 0.0) / capacity


def run_modes(
    pack: Pack,
    start: PackState,
    load_w: Sequence[float],
    charger_w: Array,
    temperature_k: Array,
    hour: npt.NDArray[np.int64],
    dt_s: float,
    before: PowerMode = MODES[0],
    knows_cold: bool = False,
) -> ModeCourse:
    """Pack under the loads of its modes, one for each of `MODES` [W], and a charger, (time,) [W].

    `hour` (time,) numbers the hours of the clock; `before` is the mode before the first of them. A device
    that knows the cold goes by the share of the charge that can be drawn at the pack's temperature.
    """
    state, mode, courses, ranks = start, before, [], []
    edges = np.concatenate([[0], np.flatnonzero(np.diff(hour)) + 1, [hour.size]])
    for first, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        known = usable_share(state.charge, float(temperature_k[first])) if knows_cold else state.charge
        mode = mode_at(known, mode)
        rank = MODES.index(mode)
        part = slice(first, stop)
        wanted_w = np.full(stop - first, load_w[rank])
        course = run(pack, state, wanted_w, charger_w[part], temperature_k[part], dt_s)
        state = course.end
        courses.append(course)
        ranks.append(np.full(stop - first, rank, np.int8))
    return ModeCourse(
        charge=np.concatenate([course.charge for course in courses]),
        voltage_v=np.concatenate([course.voltage_v for course in courses]),
        current_a=np.concatenate([course.current_a for course in courses]),
        served_w=np.concatenate([course.served_w for course in courses]),
        charged_w=np.concatenate([course.charged_w for course in courses]),
        mode=np.concatenate(ranks),
        end=state,
    )
