"""Streams made by hand: what a detector has to find is known exactly."""

import numpy as np
import numpy.typing as npt

from envirosense.home.detectors.seen import SeenEntity, SeenHome
from envirosense.home.patterns.observed import Change, ObservedEvents
from envirosense.home.people.lives import DAY_US

N_DAYS = 28
MINUTE_US = 60_000_000
type Times = npt.NDArray[np.int64]

HOME = SeenHome(
    (
        SeenEntity("binary_sensor.hall_motion", "hall", ("off", "on")),
        SeenEntity("light.hall", "hall", ("off", "on")),
        SeenEntity("light.kitchen", "kitchen", ("off", "on")),
        SeenEntity("sun.sun", None, ("above_horizon", "below_horizon")),
        SeenEntity("switch.fountain", "garden", ("off", "on")),
    ),
    {"hall": frozenset({"kitchen"})},
    N_DAYS,
)
MOTION, HALL, KITCHEN, SUN, FOUNTAIN = range(5)
ON = 1


def at_random(n: int, rng: np.random.Generator) -> Times:
    """So many moments of the episode, in order."""
    return np.sort(rng.integers(0, N_DAYS * DAY_US, size=n))


def pulses(entity: int, t_us: Times, on_us: int = 3 * MINUTE_US) -> list[tuple[int, int, int]]:
    """An entity switched on at those times and off a while later; what comes while it is on is left out."""
    rows: list[tuple[int, int, int]] = []
    free_us = 0
    for at in t_us.tolist():
        if at >= free_us:
            rows += [(at, entity, 1), (at + on_us, entity, 0)]
            free_us = at + on_us + 1
    return rows


def stream_of(*parts: list[tuple[int, int, int]]) -> ObservedEvents:
    """All of it in order of time."""
    rows = sorted(row for part in parts for row in part)
    t_us, entity, code = (np.array(column) for column in zip(*rows, strict=True))
    return ObservedEvents(t_us.astype(np.int64), entity.astype(np.int32), code.astype(np.int16))


def on(entity: int) -> Change:
    """The change of an entity to on."""
    return Change(entity, ON)
