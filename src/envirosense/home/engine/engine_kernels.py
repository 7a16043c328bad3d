"""The engine's kernel: stimuli, clock and pending actions in one order of time.

Draws are a function of (rule's name, number of its trigger) alone, those of commands of (time, entity), so
that a rule or a stimulus more moves no draw of another.
"""

import math
from typing import Final

import numpy as np
from numba import njit

from envirosense.home.engine.engine_queue_kernels import QUEUED, draws, pop, push
from envirosense.home.engine.engine_tables import Engine, Inputs

EVENTS, OCCURRENCES, _, _, LAST_US = range(5)  # places in the counters
STATE, TRIGGERED, SCRIPT, SCENE, VOICE = range(5)  # of `EventKind`
BY_PERSON, BY_APP, BY_AUTOMATION = 1, 2, 3  # of `Origin`
DONE, REDUNDANT, LEFT, NOT_ALLOWED, BROKEN_OFF, FAILED = range(6)  # `Outcome`
DAY_US: Final = 86_400_000_000
STEP_US: Final = 900_000_000  # of the context
LONGEST_US: Final = 1e15  # of a delay, so that a sum of times fits into 64 bits
HEADROOM: Final = 8  # rows that one step can write besides one per rule


@njit(inline="always", error_model="numpy")
def _write(
    e: Engine, t: int, entity: int, kind: int, code: int, value: float,
    origin: int, person: int, cause: int, rule: int, depth: int,
) -> int:  # fmt: skip
    row = e.n[EVENTS]
    e.n[EVENTS] += 1
    event = e.log[row]
    t = max(t, e.n[LAST_US] + 1)  # no two events share a microsecond: order and identity are in the time
    e.n[LAST_US] = t
    event.t_us, event.entity, event.kind, event.code = t, entity, kind, code
    event.value, event.origin, event.person = value, origin, person
    event.cause, event.rule, event.depth = cause, rule, depth
    return int(row)


@njit(inline="always", error_model="numpy")
def _is_out(e: Engine, entity: int, t: int) -> bool:
    thing = e.entities[entity]
    at = thing.outage
    while at < thing.outages_end and e.outages[at].end_us <= t:
        at += 1
    thing.outage = at
    return bool(at < thing.outages_end and e.outages[at].start_us <= t)


@njit(inline="always", error_model="numpy")
def _is_there(e: Engine, entity: int, code: int, value: float) -> bool:
    thing = e.entities[entity]
    if thing.kind != STATE or thing.code != code:
        return False
    return not (thing.has_value and not math.isnan(value) and thing.value != value)


@njit(inline="always", error_model="numpy")
def _hold(e: Engine, rule: int) -> bool:
    for at in range(e.rules[rule].conditions, e.rules[rule].conditions_end):
        if e.entities[e.conditions[at].entity].code != e.conditions[at].code:
            return False
    return True


@njit(inline="always", error_model="numpy")
def _is_time(e: Engine, rule: int, t: int, by_clock: bool) -> bool:
    """Days of a rule by the clock were looked at when its triggers were made."""
    r, day = e.rules[rule], t // DAY_US
    if not by_clock:
        weekday = (e.first_weekday + day) % 7
        if day < r.first_day or day > r.last_day or (r.days >> weekday) & 1 == 0:
            return False
    if r.only_dark and not e.is_dark[min(t // STEP_US, e.is_dark.size - 1)]:
        return False
    of_day, start, end = t - day * DAY_US, r.from_us, r.until_us
    return bool(start <= of_day < end) if start <= end else bool(of_day < end or of_day >= start)


@njit(inline="always", error_model="numpy")
def _depth(e: Engine, row: int) -> int:
    return int(e.log[row].depth) if row >= 0 else 0


@njit(cache=True, nogil=True, error_model="numpy")
def _announce(e: Engine, at: int, t: int) -> int:
    """Row that says that the automation was triggered; its other rules on the same trigger share it."""
    one = e.found[at]
    rule, trigger = int(one.rule), int(one.trigger)
    automation = int(e.rules[rule].automation)
    thing = e.entities[automation]
    if thing.announced_for != trigger or thing.announced_us != one.trigger_us:
        depth = _depth(e, trigger)
        thing.announced = _write(
            e, t, automation, TRIGGERED, 1, np.nan, BY_AUTOMATION, -1, trigger, rule, depth
        )
        thing.announced_for, thing.announced_us = trigger, one.trigger_us
    return int(thing.announced)


@njit(inline="always", error_model="numpy")
def _is_followed(e: Engine, at: int, number: int) -> bool:
    """Whether conditions and draw let a trigger pass; `due_us` then says when its action is due."""
    one = e.found[at]
    rule, t = int(one.rule), int(one.trigger_us)
    r = e.rules[rule]
    one.outcome = NOT_ALLOWED
    if r.automation >= 0 and e.entities[r.automation].code == 0:
        return False
    if not _is_time(e, rule, t, one.trigger < 0) or not _hold(e, rule):
        return False
    delay = r.delay_us
    if r.probability < 1.0 or r.delay_sigma > 0.0:
        uniform, normal = draws(r.key_0, r.key_1, r.key_2, r.key_3, number, 0)
        if uniform >= r.probability:
            one.outcome = LEFT
            return False
        delay *= math.exp(r.delay_sigma * normal)
    one.due_us = t + int(min(delay, LONGEST_US))
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def _start(e: Engine, rule: int, trigger: int, t: int) -> None:
    """A trigger of a rule; its action is put into the queue when it is to come."""
    at = int(e.n[OCCURRENCES])
    e.n[OCCURRENCES] += 1
    one, r = e.found[at], e.rules[rule]
    if at > 0:
        t = max(t, e.found[at - 1].trigger_us)  # an event may stand some microseconds after its wish
    one.rule, one.trigger, one.trigger_us = rule, trigger, t
    one.action, one.due_us, one.announced, one.outcome = -1, t, -1, NOT_ALLOWED
    number = int(r.n_triggers)
    r.n_triggers += 1
    if _depth(e, trigger) >= e.max_chain or not _is_followed(e, at, number):
        return
    due = int(one.due_us)
    one.due_us, one.outcome = t, BROKEN_OFF  # what stays where it is never done
    if not r.is_habit:
        r.pending = at
    if r.automation >= 0 and not r.waits:
        one.announced = _announce(e, at, t)
    push(e.queue, e.n, due, 2 * at)


@njit(cache=True, nogil=True, error_model="numpy")
def _change(
    e: Engine, t: int, entity: int, code: int, value: float,
    origin: int, person: int, cause: int, rule: int, depth: int,
) -> int:  # fmt: skip
    """Row of the change; the rules that it triggers are started."""
    thing = e.entities[entity]
    kind = int(thing.kind)
    is_new = kind != STATE or thing.code != code
    if thing.has_value and math.isnan(value):
        value = float(thing.value)
    row = _write(e, t, entity, kind, code, value, origin, person, cause, rule, depth)
    thing.value = value
    if kind == STATE:
        thing.code = code
    if origin in (BY_PERSON, BY_APP):
        thing.person_row = row
    if is_new and code >= 0:
        key = int(thing.first_key) + code
        for at in range(e.rules_at[key], e.rules_at[key + 1]):
            _start(e, int(e.rules_of[at]), row, int(e.log[row].t_us))
    return row


@njit(inline="always", error_model="numpy")
def _do(e: Engine, at: int, t: int, cause: int) -> None:
    """The action itself, with the undoing that follows it."""
    one = e.found[at]
    rule = int(one.rule)
    r = e.rules[rule]
    entity, code, value = int(r.entity), int(r.code), float(r.value)
    thing = e.entities[entity]
    if _is_there(e, entity, code, value):
        one.outcome = REDUNDANT
        if r.revert_order >= 0 and thing.person_row <= r.revert_row:
            r.revert_order = push(e.queue, e.n, t + int(r.revert_us), 2 * rule + 1)
            r.revert_cause = cause if r.automation >= 0 else r.revert_cause
        return
    old_code, old_value = int(thing.code), float(thing.value)
    depth = _depth(e, int(one.trigger)) + 1
    row = _change(e, t, entity, code, value, int(r.origin), int(r.person), cause, rule, depth)
    one.action, one.outcome = row, DONE
    if r.revert_us >= 0:
        r.revert_code, r.revert_value, r.revert_row = old_code, old_value, row
        r.revert_cause = cause if r.automation >= 0 else row
        r.revert_order = push(e.queue, e.n, t + int(r.revert_us), 2 * rule + 1)


@njit(inline="always", error_model="numpy")
def _act(e: Engine, at: int, t: int) -> None:
    """What was due is done, unless it was restarted, or cannot be."""
    one = e.found[at]
    rule = int(one.rule)
    r = e.rules[rule]
    if not r.is_habit:
        if r.pending != at:
            return  # a later trigger has restarted it
        r.pending = -1
    one.due_us = t
    if t > one.trigger_us and not _hold(e, rule):
        one.outcome = NOT_ALLOWED
        return
    is_automation = r.automation >= 0
    if is_automation and r.waits:
        one.announced = _announce(e, at, t)
    if _is_out(e, int(r.entity), t):
        one.outcome = FAILED
        return
    _do(e, at, t, int(one.announced) if is_automation else int(one.trigger))


@njit(inline="always", error_model="numpy")
def _undo(e: Engine, rule: int, order: int, t: int) -> None:
    """The action is undone, unless it was restarted or somebody else has moved the entity since."""
    r = e.rules[rule]
    if r.revert_order != order:
        return
    r.revert_order = -1
    entity, row = int(r.entity), int(r.revert_row)
    thing = e.entities[entity]
    if thing.person_row > row or thing.code != r.code or _is_out(e, entity, t):
        return
    code, value, cause, depth = int(r.revert_code), float(r.revert_value), int(r.revert_cause), _depth(e, row)
    if not _is_there(e, entity, code, value):
        _change(e, t, entity, code, value, int(r.origin), int(r.person), cause, rule, depth + 1)


@njit(inline="always", error_model="numpy")
def _stimulate(e: Engine, inputs: Inputs, at: int) -> None:
    """A wish from outside; one that came through Home Assistant may have a command before it."""
    t, entity = int(inputs.t_us[at]), int(inputs.entity[at])
    code, value = int(inputs.code[at]), float(inputs.value[at])
    origin, person, cause = int(inputs.origin[at]), int(inputs.person[at]), -1
    if _is_there(e, entity, code, value) or _is_out(e, entity, t):
        return
    if origin == BY_APP:
        key = e.command_key
        share, _ = draws(key[0], key[1], key[2], key[3], t & 0xFFFFFFFF, (t >> 32) ^ (entity << 16))
        for kind in range(e.command_below.size):
            if share < e.command_below[kind]:
                cause = _write(e, t, entity, VOICE + kind, code, value, origin, person, -1, -1, 0)
                break
    _change(e, t, entity, code, value, origin, person, cause, -1, 0)


@njit(cache=True, nogil=True, error_model="numpy")
def run(e: Engine, inputs: Inputs) -> bool:
    """Whether all fitted into the columns of the engine, whose numbers of rows then stand in `n`."""
    room, n, queue, end = e.rules.size + HEADROOM, e.n, e.queue, e.end_us
    clock_at, stimulus_at = 0, 0
    while True:
        if n[EVENTS] + room > e.log.size or n[OCCURRENCES] + room > e.found.size:
            return False
        if n[QUEUED] + room > queue.size:
            return False
        t = end
        if stimulus_at < inputs.t_us.size:
            t = min(t, inputs.t_us[stimulus_at])
        if clock_at < inputs.clock_us.size:
            t = min(t, inputs.clock_us[clock_at])
        if n[QUEUED] > 0 and queue[0].t_us <= t and queue[0].t_us < end:
            due, order, what = int(queue[0].t_us), int(queue[0].order), int(queue[0].what)
            pop(queue, n)
            if what & 1:
                _undo(e, what >> 1, order, due)
            else:
                _act(e, what >> 1, due)
        elif t >= end:
            return True
        elif clock_at < inputs.clock_us.size and inputs.clock_us[clock_at] == t:
            _start(e, int(inputs.clock_rule[clock_at]), -1, int(t))
            clock_at += 1
        else:
            _stimulate(e, inputs, stimulus_at)
            stimulus_at += 1
