"""Patterns found blindly: from changes of state and the registry alone."""

import numpy as np

from envirosense.home.log import EventLog
from envirosense.home.model import Home
from envirosense.home.patterns.co_occurrence import Pair, pairs
from envirosense.home.patterns.contextual import explained, holds_often_enough
from envirosense.home.patterns.observed import Change, FoundPattern, ObservedEvents
from envirosense.home.patterns.sequence import chains
from envirosense.home.patterns.time_of_day import by_clock
from envirosense.home.people.lives import DAY_US
from envirosense.home.surroundings.context import Context


class PatternExtractor:
    """Finds habits in a home's history: by the clock, after a trigger, under a condition, in a chain.

    It sees `ObservedEvents` and nothing else of the log: no cause, rule, origin or person. Each change that
    somebody may have wanted (a light on, a lock opened) is explained once, by the likeliest trigger or time
    of the day; a second, rarer habit of the same thing is not looked for, nor are things switched off.

    What everyday life and automations make regular is found as well, and rightly: `matching.compared` leaves
    it out of the score instead of calling it wrong.
    """

    def extract(
        self, log: EventLog | ObservedEvents, home: Home, context: Context | None = None
    ) -> tuple[FoundPattern, ...]:
        """Patterns of a stream, chains last.

        Args:
            log: The stream; of an `EventLog` changes of state alone are looked at.
            home: Registry of the home.
            context: Tells the weekday of the first day, which is a Monday without it.
        """
        events = log if isinstance(log, ObservedEvents) else ObservedEvents.of(log, home)
        first_weekday = 0 if context is None else int(context.weekday[0])
        if not events.n_days:
            return ()
        targets = events.targets(home)
        by_target: dict[Change, list[Pair]] = {}
        for pair in pairs(events, targets, events.triggers(home)):
            by_target.setdefault(pair.target, []).append(pair)
        single = [
            self._likeliest(target, by_target.get(target, []), events, home, first_weekday)
            for target in targets
        ]
        found = tuple(one for one in single if one is not None)
        return (*found, *chains(found))

    def _likeliest(
        self, target: Change, candidates: list[Pair], events: ObservedEvents, home: Home, first_weekday: int
    ) -> FoundPattern | None:
        """The pattern that says most about the changes of one thing, None where none says enough."""
        tried = [explained(pair, events, home, first_weekday) for pair in candidates]
        tried = [one for one in tried if holds_often_enough(one[0])]
        clock = by_clock(target, events.deeds(target), events.n_days, first_weekday)
        if clock is not None:
            tried.append(clock)
        if not tried:
            return None
        return max(tried, key=lambda one: one[1])[0]


def shuffled(events: ObservedEvents, rng: np.random.Generator) -> ObservedEvents:
    """The same events, each at a random time: what chance makes of them."""
    t_us = np.sort(rng.integers(0, events.n_days * DAY_US, size=events.t_us.size))
    order = rng.permutation(events.t_us.size)
    return ObservedEvents(t_us, events.entity[order], events.code[order])
