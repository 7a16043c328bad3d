"""Devices that an activity needs: media, appliances with their programmes, fans, the robot."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from envirosense.home.behaviour.device_uses import DeviceUse, device_uses
from envirosense.home.behaviour.household import Floats, Household, hand_or_app
from envirosense.home.behaviour.spans import Rows, Spans, Times
from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.log import Origin
from envirosense.home.people.lives import DAY_US, SECOND_US

HABIT: Final = (0.5, 1.3)  # of a household for a device, times the share of the table; assumed
DELAY_SPREAD: Final = (
    1.5  # a delay lies between the median over this and the median times this, mostly; assumed
)
LINGER_S: Final = 20.0  # from the end of the activity to switching off, at most; assumed
PAUSE_SHARE: Final = 0.25  # of the films and pieces that are paused once; assumed
PAUSE_S: Final = (30.0, 300.0)  # for so long; assumed
IDLE_SHARE: Final = 0.3  # of the media that are stopped first and go off by themselves; assumed
IDLE_S: Final = (300.0, 1800.0)  # after so long; assumed
DOCK_S: Final = 150.0  # way of the robot back to its dock; assumed
ALWAYS_ON: Final = ("freezer",)
ROLES: Final = ("media", "appliance", "switch", "fan", "vacuum")

type Uses = tuple[Times, Times, Rows, np.ndarray]  # from, until, stay, whether the device ends it


def activity_stimuli(household: Household) -> list[Stimuli]:
    """What activities make of the free media, appliances, switches, fans and robots."""
    parts = [_plugged_in(household, entity) for entity in household.free("appliance")]
    for role in ROLES:
        for entity in household.free(role):
            used = [_uses(household, entity, use) for use in device_uses() if _fits(household, entity, use)]
            if used:
                start_us, end_us, row, by_itself = (np.concatenate(one) for one in zip(*used, strict=True))
                spans = Spans.union(start_us, end_us, np.arange(row.size))
                parts.append(_SWITCHED[role](household, entity, spans, row, by_itself))
    return parts


def _plugged_in(household: Household, entity: int) -> Stimuli:
    """On from the beginning for what is never switched off."""
    is_on = household.home.entities[entity].capabilities.get("appliance") in ALWAYS_ON
    return Stimuli.of(np.zeros(int(is_on)), entity, 1, Origin.DEVICE)


def _fits(household: Household, entity: int, use: DeviceUse) -> bool:
    """Whether a line of the table is about an entity."""
    it = household.home.entities[entity]
    if it.role != use.role or (use.appliance and it.capabilities.get("appliance") != use.appliance):
        return False
    kind = household.device_type(entity)
    if (use.is_a and use.is_a not in kind) or (use.is_not and use.is_not in kind):
        return False
    area = household.area_of(entity)
    return not use.in_kinds or (area is not None and household.home.areas[area].kind in use.in_kinds)


def _uses(household: Household, entity: int, use: DeviceUse) -> Uses:
    """Times of use of one entity for one purpose, (use,)."""
    names = (use.name, household.entity_id(entity))
    low, high = HABIT
    habit = low + (high - low) * household.rng("habit", *names).random()
    first, end_us = _occasions(household, entity, use)
    start_us = household.start_us[first] + _delay_us(household.draws(first, "delay", *names), use.delay_s)
    air_c = household.context.air_c[household.step(start_us)]
    kept = household.draws(first, "used", *names) < use.share * habit
    kept &= (air_c > use.above_c) & (air_c < use.below_c)
    programme = household.draws(first, "programme", *names)
    if use.minutes is None:
        kept &= start_us < end_us
        end_us = end_us + (LINGER_S * programme * SECOND_US).astype(np.int64)
    else:
        short, long = use.minutes
        end_us = start_us + ((short + (long - short) * programme) * 60.0 * SECOND_US).astype(np.int64)
    kept[kept] = _is_within_day(start_us[kept], use.per_day)
    return start_us[kept], end_us[kept], first[kept], np.full(int(kept.sum()), use.stops_itself)


def _occasions(household: Household, entity: int, use: DeviceUse) -> tuple[Rows, Times]:
    """First stay of each fitting activity, there where the device is if somebody goes there, and its end."""
    area = household.area_of(entity)
    does = household.does(*use.activities) & household.is_home
    rows = np.flatnonzero(does & (household.area == area)) if area is not None else np.flatnonzero(does)
    if use.place == "home":
        elsewhere = np.flatnonzero(does & ~np.isin(household.errand, household.errand[rows]))
        rows = np.union1d(rows, elsewhere)
    if not rows.size:
        return rows, rows
    errand = household.errand[rows]
    heads = np.flatnonzero(np.concatenate([[True], errand[1:] != errand[:-1]]))
    return rows[heads], np.maximum.reduceat(household.end_us[rows], heads)


def _delay_us(draw: Floats, median_s: float) -> Times:
    return (median_s * DELAY_SPREAD ** (4.0 * draw - 2.0) * SECOND_US).astype(np.int64)


def _is_within_day(start_us: Times, per_day: int) -> np.ndarray:
    """Whether a use is among the first of its day, (use,)."""
    order = np.argsort(start_us, kind="stable")
    day = start_us[order] // DAY_US
    rank = np.arange(day.size) - np.searchsorted(day, day, side="left")
    kept = np.empty(day.size, dtype=np.bool_)
    kept[order] = rank < per_day
    return kept


def _plain(household: Household, entity: int, spans: Spans, row: Rows, by_itself: np.ndarray) -> Stimuli:
    """On and off; the end of a programme is the device's own."""
    on, off, ends, people = _hands(household, entity, spans, row, by_itself)
    return Stimuli.of(
        np.concatenate([spans.start_us, spans.end_us]),
        entity,
        np.repeat([1, 0], len(spans)),
        np.concatenate([on, np.where(ends, Origin.DEVICE, off)]),
        people,
    )


def _hands(
    household: Household, entity: int, spans: Spans, row: Rows, by_itself: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Origin of each switching on and off, whether the device ends it itself, and who does it."""
    name, first, last = household.entity_id(entity), row[spans.first], row[spans.last]
    ends = by_itself[spans.last]
    on = hand_or_app(household.draws(first, "on by app", name))
    off = hand_or_app(household.draws(last, "off by app", name))
    who_ends = np.where(ends, -1, household.resident[last])
    return on, off, ends, np.concatenate([household.resident[first], who_ends])


def _media(household: Household, entity: int, spans: Spans, row: Rows, by_itself: np.ndarray) -> Stimuli:
    """Playing, perhaps paused once, then off at once or idle first."""
    it, name = household.home.entities[entity], household.entity_id(entity)
    playing, idle, off = it.code("playing"), it.code("idle"), it.code("off")
    on_by, off_by, _, people = _hands(household, entity, spans, row, by_itself)
    first, n = row[spans.first], len(spans)
    is_idle = household.draws(first, "idle", name) < IDLE_SHARE
    pause_us, resume_us, has_pause = _pauses(household, name, spans, first)
    low, high = IDLE_S
    later_us = spans.end_us + (
        (low + (high - low) * household.draws(first, "idle time", name)) * SECOND_US
    ).astype(np.int64)
    next_us = np.append(spans.start_us[1:], household.end_of_time_us + DAY_US)
    goes_off = is_idle & (later_us < next_us)
    later, who = np.flatnonzero(goes_off), people[:n]
    return Stimuli.merged(
        Stimuli.of(spans.start_us, entity, playing, on_by, who),
        Stimuli.of(spans.end_us, entity, np.where(is_idle, idle, off), off_by, people[n:]),
        Stimuli.of(later_us[later], entity, off, Origin.DEVICE),
        Stimuli.of(pause_us, entity, idle, on_by[has_pause], who[has_pause]),
        Stimuli.of(resume_us, entity, playing, on_by[has_pause], who[has_pause]),
    )


def _pauses(household: Household, name: str, spans: Spans, first: Rows) -> tuple[Times, Times, np.ndarray]:
    """Beginning and end of the pauses, and which spans have one."""
    low, high = PAUSE_S
    share = household.draws(first, "pause", name)
    length_us = ((low + (high - low) * share / PAUSE_SHARE) * SECOND_US).astype(np.int64)
    whole_us = spans.end_us - spans.start_us
    begin_us = spans.start_us + (household.draws(first, "pause at", name) * whole_us).astype(np.int64)
    has_pause = (share < PAUSE_SHARE) & (begin_us + length_us < spans.end_us)
    return begin_us[has_pause], (begin_us + length_us)[has_pause], has_pause


def _vacuum(household: Household, entity: int, spans: Spans, row: Rows, by_itself: np.ndarray) -> Stimuli:
    """Cleaning, on its way back, docked."""
    people, n = household.resident[row[spans.first]], len(spans)
    on = hand_or_app(household.draws(row[spans.first], "on by app", household.entity_id(entity)))
    return cleaning(household, entity, spans.start_us, spans.end_us, on, people[:n])


def cleaning(
    household: Household, entity: int, start_us: Times, end_us: Times, origin: Sequence[int] | np.ndarray,
    person: np.ndarray,
) -> Stimuli:  # fmt: skip
    """One run of a robot after the other: cleaning, returning, docked."""
    it, n = household.home.entities[entity], start_us.size
    return Stimuli.of(
        np.concatenate([start_us, end_us, end_us + int(DOCK_S * SECOND_US)]),
        entity,
        np.repeat([it.code("cleaning"), it.code("returning"), it.code("docked")], n),
        np.concatenate([origin, np.full(2 * n, Origin.DEVICE)]),
        np.concatenate([person, np.full(2 * n, -1)]),
    )


_SWITCHED: Final = {"media": _media, "appliance": _plain, "switch": _plain, "fan": _plain, "vacuum": _vacuum}
