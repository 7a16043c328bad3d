"""Contacts at doors: open when somebody goes through, closed again by habit."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from envirosense.home.behaviour.household import Bools, Floats, Household
from envirosense.home.behaviour.spans import Rows, Spans
from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.log import Origin
from envirosense.home.people.lives import SECOND_US

OUTSIDE: Final = "outside"
OPEN_S: Final = 5.0  # median time for which a door is open when somebody goes through; assumed
OPEN_SPREAD: Final = 0.6  # of its logarithm; assumed
LEAST_DRAW: Final = 0.001  # no door is left open for days
LONG_SHARE: Final = 0.03  # of the openings of an outer door: luggage, shopping, a talk; assumed
LONG_S: Final = 120.0  # their median; assumed
BEFORE_S: Final = 1.5  # a door opens before somebody is through; assumed
FIRST_DOOR_SHARE: Final = 0.85  # of the crossings, where several doors lead from one area to another; assumed
CLOSED_BEHIND: Final = {"bathroom": 0.85, "toilet": 0.95, "bedroom": 0.35, "kids_room": 0.2, "office": 0.4}
OTHER_CLOSED_BEHIND: Final = 0.25  # share of the crossings after which an inner door is shut; assumed
ASLEEP_CLOSED: Final = 0.7  # the same for somebody who goes to bed; assumed


def door_stimuli(household: Household) -> list[Stimuli]:
    """Openings and closings of the contacts that are free, one part each."""
    doors = household.home.with_role("door")
    ends = {entity: _ends(household, entity) for entity in doors}
    parts = []
    for entity in household.free("door"):
        if ends[entity] is None:
            continue
        rows = _through(household, ends, entity)
        leads_out = household.home.entities[entity].capabilities["between"][1] == OUTSIDE  # type: ignore[index]
        one = _outer if leads_out else _inner
        parts.append(one(household, entity, rows))
    return parts


def _ends(household: Household, entity: int) -> tuple[int, int] | None:
    """Numbers of the two areas; the one after the last area is outside."""
    between = household.home.entities[entity].capabilities.get("between")
    if not isinstance(between, Sequence) or len(between) != 2:
        return None
    index = household.home.area_index
    first, second = (index.get(str(one), len(index)) for one in between)
    return first, second


def _through(household: Household, ends: dict[int, tuple[int, int] | None], entity: int) -> Rows:
    """Crossings that go through this door rather than through another one between the same areas."""
    pair = ends[entity]
    assert pair is not None
    rows = np.flatnonzero(_matches(household, pair, ends))
    same = [other for other, both in ends.items() if both is not None and set(both) == set(pair)]
    place, n = same.index(entity), len(same)
    rest = (1.0 - FIRST_DOOR_SHARE) / max(n - 1, 1)
    edge = np.array([0.0, *(FIRST_DOOR_SHARE + rest * np.arange(n))]) if n > 1 else np.array([0.0, 1.0])
    draw = _draws_of(household, rows, "door choice", min(pair), max(pair))
    through: Rows = rows[(draw >= edge[place]) & (draw < edge[place + 1])]
    return through


def _matches(household: Household, pair: tuple[int, int], ends: dict[int, tuple[int, int] | None]) -> Bools:
    """Crossings between the two ends; outside is every outdoor area that has no door of its own there."""
    steps, areas = household.crossings, household.home.areas
    own = {frozenset(both) for both in ends.values() if both is not None}
    inner, outer = pair
    if outer < len(areas):
        others = [outer]
    else:
        out = [n for n, area in enumerate(areas) if area.is_outdoor and frozenset((inner, n)) not in own]
        others = [len(areas), *out]
    there, back = np.isin(steps.target, others), np.isin(steps.origin, others)
    matches: Bools = ((steps.origin == inner) & there) | ((steps.target == inner) & back)
    return matches


def _draws_of(household: Household, rows: Rows, *names: str | int) -> Floats:
    """A number between 0 and 1 for each crossing, that of the stay it leads to."""
    return household.draws(household.crossings.row[rows], *names)


def _outer(household: Household, entity: int, rows: Rows) -> Stimuli:
    """A door to the outside is closed behind the last of those who go through."""
    stay, name = household.crossings.row[rows], household.entity_id(entity)
    open_s = _log_normal(_draws_of(household, rows, "door time", name), OPEN_S)
    is_long = _draws_of(household, rows, "door long", name) < LONG_SHARE
    open_us = (np.where(is_long, open_s * LONG_S / OPEN_S, open_s) * SECOND_US).astype(np.int64)
    t_us = household.crossings.t_us[rows]
    spans = Spans.union(t_us - int(BEFORE_S * SECOND_US), t_us + open_us, stay)
    who = np.concatenate([household.resident[spans.first], household.resident[spans.last]])
    code = np.repeat([1, 0], len(spans))
    return Stimuli.of(np.concatenate([spans.start_us, spans.end_us]), entity, code, Origin.DEVICE, who)


def _inner(household: Household, entity: int, rows: Rows) -> Stimuli:
    """An inner door is shut behind somebody or left open until the next one shuts it."""
    steps, name = household.crossings, household.entity_id(entity)
    stay = steps.row[rows]
    kinds = np.array(
        [CLOSED_BEHIND.get(area.kind, OTHER_CLOSED_BEHIND) for area in household.home.areas] + [0.0]
    )
    share = np.where(household.does("sleep", "go_to_bed")[stay], ASLEEP_CLOSED, kinds[steps.target[rows]])
    share = np.where(steps.is_passing[rows], OTHER_CLOSED_BEHIND, share)
    is_shut = _draws_of(household, rows, "door shut", name) < share
    open_s = _log_normal(_draws_of(household, rows, "door time", name), OPEN_S)
    open_us = (open_s * SECOND_US).astype(np.int64)
    t_us, who = steps.t_us[rows], household.resident[stay]
    times = np.concatenate([t_us - int(BEFORE_S * SECOND_US), (t_us + open_us)[is_shut]])
    code = np.repeat([1, 0], (rows.size, int(is_shut.sum())))
    return Stimuli.of(times, entity, code, Origin.DEVICE, np.concatenate([who, who[is_shut]]))


def _log_normal(draw: Floats, median: float) -> Floats:
    """Log-normal figure from a number between 0 and 1."""
    from scipy.special import ndtri

    figure: Floats = median * np.exp(OPEN_SPREAD * ndtri(np.clip(draw, LEAST_DRAW, 1.0 - LEAST_DRAW)))
    return figure
