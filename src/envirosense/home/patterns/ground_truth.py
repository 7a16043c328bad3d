"""The truth of a home's patterns, cut from what was planted and what became of it."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from envirosense.home.engine.occurrences import Occurrences
from envirosense.home.engine.rules import Outcome, Rule
from envirosense.home.log import EventLog
from envirosense.home.model import Home
from envirosense.home.patterns.agreement import Agreement, agreement
from envirosense.home.patterns.measured import chance_share, clock_chance, followed, nearest_s
from envirosense.home.patterns.model import Negative, Planted, PlantedPattern
from envirosense.home.patterns.observed import ObservedEvents, Times
from envirosense.home.patterns.occurrences_of import PatternOccurrences, pattern_occurrences
from envirosense.home.patterns.stream_checks import (
    Trouble,
    change,
    clock_reach_s,
    due_times_us,
    link_reach_s,
)
from envirosense.home.patterns.truth_records import (
    DAYS,
    GroundTruth,
    LinkRecord,
    NegativeRecord,
    PatternRecord,
    StateRecord,
    read_truth,
    write_truth,
)
from envirosense.home.surroundings.context import Context


class GroundTruthGenerator:
    """Makes, annotates, writes and checks the truth of one home.

    Attributes:
        home: The home.
        n_days: Length of the episode.
        first_weekday: 0 for a Monday.
    """

    def __init__(self, home: Home, n_days: int, first_weekday: int = 0) -> None:
        self.home = home
        self.n_days = n_days
        self.first_weekday = first_weekday

    @classmethod
    def of(cls, home: Home, n_days: int, context: Context) -> "GroundTruthGenerator":
        """One for a home in its surroundings."""
        return cls(home, n_days, int(context.weekday[0]))

    def extract(
        self, planted: Planted, log: EventLog, occurrences: Occurrences, first_rule: int = 0
    ) -> GroundTruth:
        """Truth of the planted patterns with how often each was triggered and followed.

        Args:
            planted: What was planted.
            log: The log that the occurrences' rows point into.
            occurrences: Of all rules of the home.
            first_rule: Number of `planted.rules[0]` among them.
        """
        mine = pattern_occurrences(planted, log, occurrences, first_rule)
        return GroundTruth(
            home_id=self.home.home_id,
            n_days=self.n_days,
            first_weekday=self.first_weekday,
            patterns=tuple(self._pattern(one, mine) for one in planted.patterns),
            negatives=tuple(self._negative(one) for one in planted.negatives),
        )

    def annotate(self, truth: GroundTruth, log: EventLog) -> GroundTruth:
        """The truth with what the stream shows of it: chance level and lift of each link.

        The chance level is the share of the triggers that would be followed if all of them were shifted
        around the circle of the episode, mean of several shifts; of one by the clock its actions are.
        """
        events = ObservedEvents.of(log, self.home)
        patterns = [
            one.model_copy(update={"links": tuple(self._annotated(one, link, events) for link in one.links)})
            for one in truth.patterns
        ]
        return truth.model_copy(update={"patterns": tuple(patterns)})

    def agreement(self, truth: GroundTruth, log: EventLog, troubles: Iterable[Trouble] = ()) -> Agreement:
        """How much of the truth the stream bears out; times of known failures are left out."""
        return agreement(truth, ObservedEvents.of(log, self.home), self.home, troubles)

    @staticmethod
    def write(truth: GroundTruth, path: Path) -> None:
        """Write the truth as JSON.

        Raises:
            StorageError: if the file cannot be written.
        """
        write_truth(truth, path)

    @staticmethod
    def read(path: Path) -> GroundTruth:
        """The truth of a file, checked.

        Raises:
            ConfigError: if a field does not fit.
            SchemaVersionError: if a newer version has written it.
        """
        return read_truth(path)

    def _state(self, entity: int, code: int) -> StateRecord:
        one = self.home.entities[entity]
        return StateRecord(entity_id=one.entity_id, state=one.states[code])

    def _pattern(self, pattern: PlantedPattern, occurrences: PatternOccurrences) -> PatternRecord:
        first = pattern.links[0]
        last_day = min(first.last_day, self.n_days - 1)
        alive = last_day - first.first_day + 1
        counts = [self._counts(occurrences, pattern.number, place) for place in range(len(pattern.links))]
        return PatternRecord(
            pattern_id=pattern.name,
            pattern_type=pattern.kind.value,
            detector=pattern.family.value,
            description=self._description(pattern),
            devices=tuple(self.home.entities[entity].entity_id for entity in pattern.devices),
            links=tuple(
                self._link(link, count, alive) for link, count in zip(pattern.links, counts, strict=True)
            ),
            conditions=tuple(self._state(one.entity, one.code) for one in first.conditions),
            only_dark=first.only_dark,
            from_s=first.from_s,
            until_s=first.until_s,
            days=tuple(day for place, day in enumerate(DAYS) if first.days >> place & 1),
            first_day=first.first_day,
            last_day=last_day,
        )

    @staticmethod
    def _counts(occurrences: PatternOccurrences, number: int, link: int) -> tuple[int, int, int]:
        """Allowed triggers, those followed, and those that changed a state."""
        mine = (occurrences.pattern == number) & (occurrences.link == link)
        outcome, n_followed = occurrences.outcome[mine], int(occurrences.is_followed[mine].sum())
        n_left, n_done = (int((outcome == each).sum()) for each in (Outcome.LEFT, Outcome.DONE))
        return n_followed + n_left, n_followed, n_done

    def _link(self, rule: Rule, counts: tuple[int, int, int], alive: int) -> LinkRecord:
        is_clock = rule.trigger_entity < 0
        n_triggers, n_followed, n_events = counts
        return LinkRecord(
            trigger=None if is_clock else self._state(rule.trigger_entity, rule.trigger_code),
            action=self._state(rule.action_entity, rule.action_code),
            at_s=rule.at_s if is_clock else None,
            jitter_s=rule.jitter_s,
            drift_s_day=rule.drift_s_day,
            delay_s=rule.delay_s,
            delay_sigma=rule.delay_sigma,
            probability=rule.probability,
            revert_s=rule.revert_s if np.isfinite(rule.revert_s) else None,
            n_triggers=n_triggers,
            n_followed=n_followed,
            n_events=n_events,
            confidence=n_followed / n_triggers if n_triggers else None,
            support=n_events / max(alive, 1),
        )

    def _negative(self, one: Negative) -> NegativeRecord:
        return NegativeRecord(
            pattern_id=one.name,
            negative_type=one.kind.value,
            trigger=None if one.trigger_entity < 0 else self._state(one.trigger_entity, one.trigger_code),
            action=self._state(one.action_entity, one.action_code),
            probability=one.probability,
        )

    def _description(self, pattern: PlantedPattern) -> str:
        def text(entity: int, code: int) -> str:
            one = self.home.entities[entity]
            return f"{one.name} {one.states[code]}"

        first = pattern.links[0]
        done = " and ".join(text(one.action_entity, one.action_code) for one in pattern.links)
        minutes = round(first.at_s / 60.0) if pattern.is_by_clock else 0
        when = f"at {minutes // 60:02d}:{minutes % 60:02d}" if pattern.is_by_clock else (
            f"after {text(first.trigger_entity, first.trigger_code)}")  # fmt: skip
        return f"{done} {when}"

    def _annotated(self, pattern: PatternRecord, link: LinkRecord, events: ObservedEvents) -> LinkRecord:
        action = change(self.home, link.action)
        if link.trigger is None:
            share, chance = self._by_clock(pattern, link, events.times(action))
        else:
            t_us, reach_s = events.times(change(self.home, link.trigger)), link_reach_s(link)
            share = followed(events, t_us, action, reach_s).share
            chance = chance_share(events, t_us, action, reach_s)
        known = chance == chance and share == share
        lift = share / chance if known and chance > 0.0 else None
        return link.model_copy(update={"chance": chance if known else None, "lift": lift})

    def _by_clock(self, pattern: PatternRecord, link: LinkRecord, action_us: Times) -> tuple[float, float]:
        """Share of the days on which it lives that were followed, and by chance."""
        due_us = due_times_us(pattern, link, self.n_days)[pattern.first_day : pattern.last_day + 1]
        reach_s = clock_reach_s(link)
        share = float((np.abs(nearest_s(action_us, due_us)) <= reach_s).mean())
        return share, clock_chance(action_us, due_us, reach_s, self.n_days)
