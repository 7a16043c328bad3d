"""What the meters of a home count: electricity and water."""

from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.home.people.lives import SECOND_US, Lives
from envirosense.home.sensing.device_power import PowerCourse, energy_kwh, summed
from envirosense.home.sensing.rooms import RoomSeries

type Floats = npt.NDArray[np.float64]
type Times = npt.NDArray[np.int64]

START_KWH: Final = (1.0, 60.0)  # of a plug's meter when the episode begins (assumed)
START_HOME_KWH: Final = (500.0, 4000.0)  # of the home's (assumed)
START_L: Final = (1e3, 9e4)  # of the water meter (assumed)
BASE_W: Final = (60.0, 180.0)  # what nobody switches: refrigerator, router, standby (from memory, 50-300 W)
COOLING_COP: Final = 3.2  # of room coolers (from memory)
HEAT_PUMP_SHARE, HEAT_PUMP_COP = 0.35, 3.0  # homes that heat by electricity (assumed)
WATER_L_MIN: Final = {  # while somebody does it (a shower 8-10 l/min, from memory; the rest assumed)
    "shower": 7.0,
    "get_ready": 0.8,
    "breakfast": 0.4,
    "cook": 0.6,
    "dishes": 1.2,
    "laundry": 2.5,
    "clean": 0.3,
    "garden": 3.0,
}
FLUSH_L: Final = 6.0  # and hands are washed (from memory)


def plug_kwh(course: PowerCourse | None, at_us: Times, draw: np.random.Generator) -> Floats:
    """Count of a plug's meter, shape of `at_us` [kWh]."""
    start_kwh = draw.uniform(*START_KWH)
    return start_kwh + (energy_kwh(course, at_us) if course is not None else np.zeros(at_us.size))


def home_kwh(
    courses: list[PowerCourse], rooms: RoomSeries, at_us: Times, draw: np.random.Generator
) -> Floats:
    """Count of the home's meter at even moments from 0 on, (tick,) [kWh].

    All devices, what is always on, and heat and cold where electricity makes them.
    """
    kwh = draw.uniform(*START_HOME_KWH) + draw.uniform(*BASE_W) * at_us / SECOND_US / 3.6e6
    if courses:
        kwh += energy_kwh(summed(courses), at_us)
    heats = draw.random() < HEAT_PUMP_SHARE
    heat_w, cool_w = (np.maximum(sign * rooms.hvac_w, 0.0).sum(axis=0) for sign in (1.0, -1.0))
    taken_w = heat_w * (heats / HEAT_PUMP_COP) + cool_w / COOLING_COP
    per_tick = round(float(at_us[1]) / SECOND_US / rooms.step_s)
    taken_j = taken_w.reshape(at_us.size, per_tick).sum(axis=1, dtype=np.float64) * rooms.step_s
    return np.asarray(kwh + np.append(0.0, np.cumsum(taken_j)[:-1]) / 3.6e6, dtype=np.float64)


def water_l(lives: Lives, n: int, draw: np.random.Generator) -> Floats:
    """Count of the water meter, a minute a tick, (tick,) [L]."""
    minute_us = 60 * SECOND_US
    rates = np.array([WATER_L_MIN.get(name, 0.0) for name in lives.activity_names])[lives.activity]
    flush = np.array([FLUSH_L * ("toilet" in name) for name in lives.activity_names])[lives.activity]
    first = np.minimum(lives.activity_start_us // minute_us, n)
    last = np.minimum(lives.activity_end_us // minute_us, n)
    flow = np.bincount(first, rates, minlength=n + 1) - np.bincount(last, rates, minlength=n + 1)
    litres = np.maximum(np.cumsum(flow)[:n].round(6), 0.0) + np.bincount(last, flush, minlength=n + 1)[:n]
    return np.asarray(draw.uniform(*START_L) + np.cumsum(litres), dtype=np.float64)
