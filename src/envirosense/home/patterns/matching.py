"""What was found against what was planted."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from envirosense.home.engine.rules import DAY_S, Condition, Rule
from envirosense.home.model import Home
from envirosense.home.patterns.model import PatternKind, Planted, PlantedPattern
from envirosense.home.patterns.observed import FoundPattern

DELAY_FACTOR: Final = 1.6  # median delays that differ by less are the same; assumed
LEAST_DELAY_S: Final = 4.0  # or by less than this; assumed
CLOCK_S: Final = 1200.0  # times of the day that differ by less are the same; assumed

type EntityPair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Score:
    """How well patterns were found.

    Attributes:
        n_planted: Patterns that were planted.
        n_recalled: Those found.
        n_right: Found patterns that are planted ones or links of one.
        n_wrong: Found patterns of planted entities or distractors that are neither.
        n_known: Found patterns that nothing is said about: see `compared`.
    """

    n_planted: int
    n_recalled: int
    n_right: int
    n_wrong: int
    n_known: int

    @property
    def precision(self) -> float:
        """Share of the judged patterns that are right; 1 where nothing was found."""
        judged = self.n_right + self.n_wrong
        return self.n_right / judged if judged else 1.0

    @property
    def recall(self) -> float:
        """Share of the planted patterns that were found; 1 where nothing was planted."""
        return self.n_recalled / self.n_planted if self.n_planted else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of the two."""
        both = self.precision + self.recall
        return 2.0 * self.precision * self.recall / both if both else 0.0

    def __add__(self, other: "Score") -> "Score":
        """Counts of two homes together."""
        return Score(
            self.n_planted + other.n_planted,
            self.n_recalled + other.n_recalled,
            self.n_right + other.n_right,
            self.n_wrong + other.n_wrong,
            self.n_known + other.n_known,
        )


def known_pairs(rules: Iterable[Rule], planted: Planted) -> frozenset[EntityPair]:
    """Trigger and action of every rule that was not planted: automations and habits of the home."""
    mine = {rule.name for rule in planted.rules}
    return frozenset((rule.trigger_entity, rule.action_entity) for rule in rules if rule.name not in mine)


def compared(
    found: Iterable[FoundPattern],
    planted: Planted,
    home: Home,
    known: frozenset[EntityPair] = frozenset(),
) -> Score:
    """Found patterns judged by the planted ones.

    A found pattern is right where kind, entities, trigger and the delay or time of the day are those of a
    planted one; a pair that is a link of a planted chain or room is right too. It is wrong where it moves
    an entity of the truth (`Planted.reserved`: patterns, distractors) in another way.

    Everything else is left out as known, for nobody planted it and yet much of it is true: what moves an
    entity that everyday life and automations move, and what `known` names. So precision here is that among
    patterns whose truth is known exactly; it says nothing of the regularities of everyday life.
    """
    found = tuple(found)
    recalled = [all(_is_found(one, need, found, home) for need in _needs(one)) for one in planted.patterns]
    n_right = n_wrong = n_known = 0
    for one in found:
        if any(_is_right(one, pattern, home) for pattern in planted.patterns):
            n_right += 1
        elif _is_known(one, planted, known):
            n_known += 1
        else:
            n_wrong += 1
    return Score(len(planted.patterns), sum(recalled), n_right, n_wrong, n_known)


def _needs(pattern: PlantedPattern) -> tuple[tuple[Rule, ...], ...]:
    """What must be found of a pattern, each as its links: a room is two pairs."""
    if pattern.kind is PatternKind.ROOM:
        return tuple((link,) for link in pattern.links)
    return (pattern.links,)


def _is_found(pattern: PlantedPattern, links: tuple[Rule, ...], found: tuple[FoundPattern, ...],
              home: Home) -> bool:  # fmt: skip
    return any(_agrees(one, pattern.family, links, home) for one in found)


def _is_right(found: FoundPattern, pattern: PlantedPattern, home: Home) -> bool:
    if any(_agrees(found, pattern.family, need, home) for need in _needs(pattern)):
        return True
    is_chain = pattern.kind is PatternKind.SEQUENCE
    return is_chain and any(
        _agrees(found, PatternKind.CO_OCCURRENCE, (link,), home) for link in pattern.links
    )


def _agrees(found: FoundPattern, family: PatternKind, links: tuple[Rule, ...], home: Home) -> bool:
    """Whether kind, entities in their order, conditions and timing are the same."""
    first = links[0]
    states = [(first.trigger_entity, first.trigger_code)] if first.trigger_entity >= 0 else []
    states += [(link.action_entity, link.action_code) for link in links]
    if found.kind is not family or [(one.entity, one.code) for one in found.changes] != states:
        return False
    if family is PatternKind.CONTEXTUAL and found.conditions[0] not in _conditions(first, home):
        return False
    return _is_on_time(found, first) if first.trigger_entity < 0 else _is_as_late(found, first)


def _conditions(rule: Rule, home: Home) -> tuple[Condition, ...]:
    suns = home.with_role("sun") if rule.only_dark else ()
    return (*rule.conditions, *(Condition(one, home.entities[one].code("below_horizon")) for one in suns))


def _is_as_late(found: FoundPattern, rule: Rule) -> bool:
    near = abs(found.delay_s - rule.delay_s) <= LEAST_DELAY_S
    return near or abs(np.log(max(found.delay_s, 0.05) / max(rule.delay_s, 0.05))) <= np.log(DELAY_FACTOR)


def _is_on_time(found: FoundPattern, rule: Rule) -> bool:
    """Compared in the middle of the days that both live, where a slope that is a little off does least."""
    middle = (max(found.first_day, rule.first_day) + min(found.last_day, rule.last_day)) / 2.0
    planted_s = rule.at_s + rule.drift_s_day * (middle - rule.first_day)
    apart = (found.at_s + found.drift_s_day * middle - planted_s + DAY_S / 2) % DAY_S - DAY_S / 2
    return abs(apart) <= max(CLOCK_S, rule.jitter_s)


def _is_known(found: FoundPattern, planted: Planted, known: frozenset[EntityPair]) -> bool:
    is_by_clock = found.kind is PatternKind.TIME_OF_DAY
    first, *actions = (-1, *found.devices) if is_by_clock else found.devices
    if any(action not in planted.reserved for action in actions):
        return True
    steps = zip((first, *actions[:-1]), actions, strict=True)
    return all(step in known for step in steps)
