"""Steps through the rooms, compiled: activities in, stays out."""

import numpy as np
import numpy.typing as npt
from numba import njit

type Floats = npt.NDArray[np.float64]
type Ints = npt.NDArray[np.int64]

US = 1_000_000.0
PASS_SPREAD = 0.35  # of the logarithm of the time to cross a room  # assumed
DWELL_SPREAD = 1.1  # of the time between two visits to other rooms, which come in bursts  # assumed
VISIT_SPREAD = 0.8  # of their length  # assumed
NEXT_VISIT = 0.3  # of the visits lead on to another room  # assumed
DOORSTEP_S = 25.0  # shoes and keys, median  # assumed
DOORSTEP_SPREAD = 0.6  # assumed
MOST_VISITS = 4  # without going back
LAST_VISIT_S = 60.0  # before the end of an activity one stays where one is
RETURN_US = 20_000_000  # with less left of it one does not go back
RUSH = 0.8  # a visit's way takes no more of what is left of an activity than this
HURRY = 0.4  # walking takes no more of an activity than this


@njit(cache=True, nogil=True, error_model="numpy")
def chosen(
    areas: Ints, weights: Floats, n: int, near: Floats, rng: np.random.Generator
) -> int:  # pragma: no cover - compiled
    """One of the first `n` areas by weight and nearness."""
    total = 0.0
    for k in range(n):
        total += weights[k] * near[areas[k]]
    left = rng.random() * total
    for k in range(n):
        left -= weights[k] * near[areas[k]]
        if left <= 0.0:
            return int(areas[k])
    return int(areas[n - 1])


@njit(cache=True, nogil=True, error_model="numpy")
def grown(stays: Ints, n: int, room: int) -> Ints:  # pragma: no cover - compiled
    """The table with space for `room` more rows after the first `n`."""
    if n + room <= stays.shape[0]:
        return stays
    larger = np.empty((2 * stays.shape[0] + room, 3), dtype=np.int64)
    larger[:n] = stays[:n]
    return larger


@njit(cache=True, nogil=True, error_model="numpy")
def walked(
    here: int,
    target: int,
    now: int,
    latest: int,
    row: int,
    hops: Ints,
    pass_s: Floats,
    stays: Ints,
    n: int,
    rng: np.random.Generator,
) -> tuple[int, int]:  # pragma: no cover - compiled
    """Passes through the areas between two; all of them by `latest`. Rows and the time after them."""
    away = hops.shape[0] - 1
    first, at, before = n, hops[here, target], here
    begin = now
    while at != target and before != target:
        took = pass_s[at] * np.exp(PASS_SPREAD * rng.standard_normal())
        if before == away or hops[at, target] == away:
            took += DOORSTEP_S * np.exp(DOORSTEP_SPREAD * rng.standard_normal())
        stays[n, 0], stays[n, 1], stays[n, 2] = at, now, row
        now += max(int(took * US), 1)
        n += 1
        before, at = at, hops[at, target]
    if now > latest:
        squeeze = max(latest - begin, 0) / (now - begin)
        for k in range(first, n):
            stays[k, 1] = begin + int((stays[k, 1] - begin) * squeeze)
        now = begin + int((now - begin) * squeeze)
    return n, now


@njit(cache=True, nogil=True, error_model="numpy")
def gone(
    here: int,
    there: int,
    now: int,
    end: int,
    row: int,
    hops: Ints,
    pass_s: Floats,
    stays: Ints,
    n: int,
    rng: np.random.Generator,
) -> tuple[int, int]:  # pragma: no cover - compiled
    """Walks to another area and is there, unless here already. Rows and the time after the walk."""
    if there == here:
        return n, now
    latest = now + int(RUSH * (end - now))
    n, now = walked(here, there, now, latest, row, hops, pass_s, stays, n, rng)
    stays[n, 0], stays[n, 1], stays[n, 2] = there, now, row
    return n + 1, now


@njit(cache=True, nogil=True, error_model="numpy")
def stays_of(
    activity: Ints,
    start_us: Ints,
    end_us: Ints,
    mains: tuple[Ints, Floats, Ints],
    visits: tuple[Ints, Floats, Ints],
    every_s: Floats,
    visit_s: Floats,
    pace: Floats,
    hops: Ints,
    near: Floats,
    pass_s: Floats,
    rng: np.random.Generator,
) -> Ints:  # pragma: no cover - compiled
    """Stays of one person as (area, start, row of the activity), (stay, 3); each ends where the next begins.

    `mains` and `visits` are areas and weights by (activity, choice) and the number of choices; `pace` is the
    factor of the number of visits in each activity; `hops` is the next area on the way from one to another,
    `near` how much nearness counts, and the last area of both the world outside.
    """
    n, most = 0, (MOST_VISITS + 2) * (hops.shape[0] + 1)
    stays = np.empty((4 * activity.size + most, 3), dtype=np.int64)
    here = int(mains[0][activity[0], 0])
    for row in range(activity.size):
        kind, now, end = activity[row], start_us[row], end_us[row]
        stays = grown(stays, n, most)
        main = chosen(mains[0][kind], mains[1][kind], mains[2][kind], near[here], rng)
        latest = now + int(HURRY * (end - now))
        n, now = walked(main if row == 0 else here, main, now, latest, row, hops, pass_s, stays, n, rng)
        stays[n, 0], stays[n, 1], stays[n, 2] = main, now, row
        n, here = n + 1, main
        while visits[2][kind] > 0:
            dwell = np.exp(DWELL_SPREAD * rng.standard_normal() - 0.5 * DWELL_SPREAD**2)
            now += int(US * every_s[kind] / pace[row] * dwell)
            if now + int(US * (LAST_VISIT_S + visit_s[kind])) >= end:
                break
            stays = grown(stays, n, most)
            for _ in range(MOST_VISITS):
                there = chosen(visits[0][kind], visits[1][kind], visits[2][kind], near[here], rng)
                n, now = gone(here, there, now, end, row, hops, pass_s, stays, n, rng)
                now = min(now + int(US * visit_s[kind] * np.exp(VISIT_SPREAD * rng.standard_normal())), end)
                here = there
                if end - now < RETURN_US or rng.random() > NEXT_VISIT:
                    break
            if end - now < RETURN_US:
                break  # and on from there
            n, now = gone(here, main, now, end, row, hops, pass_s, stays, n, rng)
            here = main
    return stays[:n]
