"""What a stream shows of one link of a written pattern: its trigger, its delay, how often it is followed."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from envirosense.home.engine.rules import DAY_S
from envirosense.home.model import Home
from envirosense.home.patterns.measured import Followed, followed, likeliest_share, nearest_s
from envirosense.home.patterns.model import PatternKind
from envirosense.home.patterns.observed import Bools, Change, Floats, ObservedEvents, Times
from envirosense.home.patterns.truth_records import DAYS, GroundTruth, LinkRecord, PatternRecord, StateRecord
from envirosense.home.people.lives import DAY_US
from envirosense.home.surroundings.context import STEP_S

LEAST_TRIGGERS: Final = 4  # that must be seen in the stream
SHARE_TOLERANCE: Final = 0.08  # of the share followed, besides chance; assumed
DELAY_TOLERANCE: Final = 0.25  # of the median delay, besides chance; assumed
LEAST_DELAY_S: Final = 1.0  # that two delays may differ by; assumed
_ERRORS: Final = 4.0  # standard errors that chance is allowed
_TAIL: Final = 1e-3  # chance that is allowed to look like a trigger
_REACH: Final = 4.0  # spreads of the delay's logarithm that still belong to it
_OUTSIDE: Final = 0.35  # share followed where the truth says nothing follows, at the most; assumed
_LEAST_LIFT: Final = 1.5  # of the share followed over the one a day earlier, besides chance; assumed
_MEDIAN_ERROR: Final = 1.2533  # standard error of a median over that of a mean


@dataclass(frozen=True, slots=True)
class Trouble:
    """A failure of an entity: what it says meanwhile is no evidence."""

    entity: int
    start_us: int
    end_us: int


@dataclass(frozen=True, slots=True)
class Stream:
    """What a pattern is checked against."""

    truth: GroundTruth
    events: ObservedEvents
    home: Home
    troubles: tuple[Trouble, ...]

    def is_sound(self, pattern: PatternRecord, t_us: Times) -> Bools:
        """Whether none of the entities of a pattern fails at those times, (time,)."""
        names = (*pattern.devices, *(one.entity_id for one in pattern.conditions))
        entities = {self.home.entity_index[name] for name in names}
        sound = np.ones(t_us.size, dtype=bool)
        for one in self.troubles:
            if one.entity in entities:
                sound &= (t_us < one.start_us) | (t_us > one.end_us)
        return sound

    def sound_share(self, pattern: PatternRecord) -> float:
        """Share of the time in which it lives that none of its entities fails."""
        t_us = np.arange(pattern.first_day * DAY_US, (pattern.last_day + 1) * DAY_US, DAY_US // 96)
        return float(self.is_sound(pattern, t_us).mean()) if t_us.size else 0.0


def link_reach_s(link: LinkRecord) -> float:
    """Time after a trigger in which its action still belongs to it [s]."""
    return link.delay_s * float(np.exp(_REACH * link.delay_sigma)) + 2.0


def clock_reach_s(link: LinkRecord) -> float:
    """Distance from its time of the day at which an action still belongs to a link by the clock [s]."""
    return _REACH * link.jitter_s + 60.0


def due_times_us(pattern: PatternRecord, link: LinkRecord, n_days: int) -> Times:
    """When a link by the clock is due on each day of the episode, (day,)."""
    day = np.arange(n_days)
    due_s = (link.at_s or 0.0) + link.drift_s_day * (day - pattern.first_day)
    due_us: Times = day * DAY_US + (due_s * 1e6).astype(np.int64)
    return due_us


@dataclass(frozen=True, slots=True)
class Part:
    """What of a link agrees: where it holds, its trigger, its delay or time, its share."""

    is_kind: bool
    is_triggered: bool
    is_in_time: bool
    is_as_often: bool


def measured(pattern: PatternRecord, link: LinkRecord, stream: Stream) -> Part:
    """What the stream says of a link."""
    truth, events, home = stream.truth, stream.events, stream.home
    if link.trigger is None:
        return _by_clock(pattern, link, stream)
    trigger, action = change(home, link.trigger), change(home, link.action)
    reach_s = link_reach_s(link)
    triggers_us = events.times(trigger)
    is_fit = stream.is_sound(pattern, triggers_us)
    is_fit &= _is_clear(pattern, events, home, triggers_us, reach_s)
    is_first = link is pattern.links[0] or link.trigger == pattern.links[0].trigger
    may = _allowed(pattern, truth, events, home, triggers_us) if is_first else np.ones_like(is_fit)
    done = followed(events, triggers_us, action, reach_s)
    place = np.searchsorted(triggers_us, done.t_us)
    done, place = done.take(is_fit[place]), place[is_fit[place]]
    inside = may[place]
    if inside.sum() < LEAST_TRIGGERS or not done.is_followed[inside].any():
        return Part(False, False, False, False)
    share = float(done.is_followed[inside].mean())
    earlier = followed(events, untriggered(done.t_us[inside] - DAY_US, triggers_us, reach_s), action, reach_s)
    likely, n = likeliest_share(events, triggers_us[is_fit & may], action, link.delay_s, link.delay_sigma)
    return Part(
        _is_quiet_outside(done, inside, share),
        not earlier.n or _is_beyond(share, _LEAST_LIFT * earlier.share, int(inside.sum())),
        _is_in_time(done.delay_s[inside & done.is_followed], link),
        _is_near(likely, link.confidence, n),
    )


def untriggered(t_us: Times, triggers_us: Times, reach_s: float) -> Times:
    """Those of the times with no trigger about them: one by the clock comes a day earlier too, (time,)."""
    reach_us = round(reach_s * 1e6)
    before = np.searchsorted(triggers_us, t_us - reach_us)
    alone: Times = t_us[before == np.searchsorted(triggers_us, t_us + reach_us, side="right")]
    return alone


def _by_clock(pattern: PatternRecord, link: LinkRecord, stream: Stream) -> Part:
    """One by the clock: its days are the triggers, the distance from its time of the day is the delay."""
    truth, events, home = stream.truth, stream.events, stream.home
    action_us = events.times(change(home, link.action))
    due_us = due_times_us(pattern, link, truth.n_days)
    inside = _allowed(pattern, truth, events, home, due_us, np.arange(truth.n_days))
    inside &= stream.is_sound(pattern, due_us)
    if inside.sum() < LEAST_TRIGGERS or not action_us.size:
        return Part(False, False, False, False)
    apart_s = nearest_s(action_us, due_us)
    reach_s = clock_reach_s(link)
    is_done = np.abs(apart_s) <= reach_s
    n, share = int(inside.sum()), float(is_done[inside].mean())
    if not is_done[inside].any():
        return Part(False, False, False, False)
    second = action_us / 1e6 % DAY_S
    expected = reach_s * 2.0 / DAY_S * second.size / max(truth.n_days, 1)
    off_s = abs(float(np.median(apart_s[inside & is_done])))
    error_s = _ERRORS * _MEDIAN_ERROR * link.jitter_s / np.sqrt(is_done[inside].sum())
    n_outside = int((~inside).sum())
    quiet = not n_outside or float(is_done[~inside].mean()) <= _OUTSIDE + 2.0 / n_outside
    return Part(
        quiet, _is_beyond(share, min(_LEAST_LIFT * expected, 0.9), n), off_s <= 60.0 + error_s,
        _is_near(share, link.confidence, n),
    )  # fmt: skip


def _allowed(pattern: PatternRecord, truth: GroundTruth, events: ObservedEvents, home: Home, t_us: Times,
             day: Times | None = None) -> Bools:  # fmt: skip
    """Whether the pattern may start at those times, as far as the stream tells, (time,)."""
    of_day = t_us // DAY_US if day is None else day
    second = t_us / 1e6 % DAY_S
    bits = np.array([name in pattern.days for name in DAYS])
    allowed = (of_day >= pattern.first_day) & (of_day <= pattern.last_day)
    allowed &= bits[(of_day + truth.first_weekday) % 7]
    if day is None and pattern.from_s < pattern.until_s:
        allowed &= (second >= pattern.from_s) & (second < pattern.until_s)
    elif day is None:
        allowed &= (second >= pattern.from_s) | (second < pattern.until_s)
    states = [*pattern.conditions]
    if pattern.only_dark:
        suns = [home.entities[number].entity_id for number in home.with_role("sun")]
        states += [StateRecord(entity_id=one, state="below_horizon") for one in suns]
    for state in states:
        wanted = change(home, state)
        allowed &= events.state_before(wanted.entity, t_us) == wanted.code
    return np.asarray(allowed, dtype=bool)


def _is_clear(
    pattern: PatternRecord, events: ObservedEvents, home: Home, t_us: Times, reach_s: float
) -> Bools:
    """Whether it is clear that the conditions hold or do not: they last while the action is awaited.

    Rules know the sun to a step of the context, so a step around its rise and set nothing is clear.
    """
    clear = np.ones(t_us.size, dtype=bool)
    for one in pattern.conditions:
        entity = home.entity_index[one.entity_id]
        later_us = t_us + round(reach_s * 1e6)
        clear &= events.state_before(entity, t_us) == events.state_before(entity, later_us)
    step_us = round(STEP_S * 1e6)
    for number in home.with_role("sun") if pattern.only_dark else ():
        clear &= events.state_before(number, t_us - step_us) == events.state_before(number, t_us + step_us)
    return clear


def _is_quiet_outside(done: Followed, inside: Bools, share: float) -> bool:
    """Whether little follows where the truth says that nothing does: conditions, hours, days, validity."""
    n = int((~inside).sum())
    if not n:
        return True
    slack = _ERRORS * np.sqrt(_OUTSIDE * (1 - _OUTSIDE) / n)
    return bool(done.is_followed[~inside].mean() <= _OUTSIDE * share + slack)


def can_be_told(link: LinkRecord, n: int) -> bool:
    """Whether a link of such a share shows over chance with `n` triggers, even where it comes out weak.

    With few triggers a habit that is followed half of the time looks like chance, and chance like a habit.
    """
    share = link.probability
    weak = share - 2.0 * np.sqrt(share * (1.0 - share) / max(n, 1))
    by_chance = link.chance or 0.0
    if link.trigger is None:  # its action at any other time of the day
        by_chance = 2.0 * clock_reach_s(link) / DAY_S * max(link.support, share)
    return _is_beyond(weak, min(_LEAST_LIFT * by_chance, 0.9), n)


def _is_beyond(share: float, level: float, n: int) -> bool:
    """Whether more of so many followed than a level says, and not by chance: the binomial tail is thin."""
    from scipy.special import bdtrc

    low = min(max(level, 0.5 / n), 1.0)
    n_followed = round(share * n)
    return bool(share > low and bdtrc(n_followed - 1, n, low) < _TAIL)


def _is_in_time(delay_s: Floats, link: LinkRecord) -> bool:
    error = _ERRORS * _MEDIAN_ERROR * link.delay_sigma / np.sqrt(delay_s.size)
    allowed_s = max(LEAST_DELAY_S, (DELAY_TOLERANCE + error) * link.delay_s)
    return bool(abs(float(np.median(delay_s)) - link.delay_s) <= allowed_s)


def _is_near(share: float, planted: float | None, n: int) -> bool:
    if planted is None:
        return False
    error = _ERRORS * np.sqrt(max(planted * (1.0 - planted), 0.25 / n) / n)
    return bool(abs(share - planted) <= SHARE_TOLERANCE + error)


def is_undone_in_time(pattern: PatternRecord, stream: Stream) -> bool:
    """Of a pattern with a set duration: whether its action lasted so long, and longer only if renewed."""
    events, home = stream.events, stream.home
    link = pattern.links[0]
    if pattern.pattern_type != PatternKind.DURATION or link.revert_s is None:
        return True
    action = change(home, link.action)
    start_us = events.deeds(action)
    start_us = start_us[stream.is_sound(pattern, start_us)]
    ends = events.times_left(action)
    place = np.searchsorted(ends, start_us, side="right")
    lasted_s = (ends[place[place < ends.size]] - start_us[place < ends.size]) / 1e6
    if lasted_s.size < LEAST_TRIGGERS:  # too few to say anything against it
        return True
    return bool(
        (lasted_s >= link.revert_s - 5.0).mean() >= 0.8 and lasted_s.min() <= link.revert_s * 1.05 + 5
    )


def change(home: Home, state: StateRecord) -> Change:
    """An entity's change to a state, in numbers."""
    number = home.entity_index[state.entity_id]
    return Change(number, home.entities[number].code(state.state))
