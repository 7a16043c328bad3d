"""Patterns given to the people of a home before its episode begins.

They are habits, as rules for the engine: what they move is moved by nothing beside them and what undoes them
(`Planted.reserved`), and about two thirds of what could be moved are left to everyday life.
"""

from dataclasses import replace
from itertools import cycle, islice
from math import ceil

import numpy as np

from envirosense.core.rng import stream
from envirosense.home.engine.rules import Rule
from envirosense.home.model import Home
from envirosense.home.patterns import kinds
from envirosense.home.patterns.candidates import Trigger, triggers
from envirosense.home.patterns.distractors import common_causes, distractors
from envirosense.home.patterns.grounds import (
    Ground,
    condition,
    in_turn,
    is_in_hours,
    nearest,
    time_at_home,
)
from envirosense.home.patterns.kinds import CLOCK_KINDS, LIMITS, TWO_ACTIONS
from envirosense.home.patterns.model import PatternKind, Planted, PlantedPattern, actionable
from envirosense.home.patterns.sensible import is_sensible
from envirosense.home.people.lives import DAY_US, Lives

_SHARE = 0.36  # of the actionable entities that are given to patterns and distractors
_LEAST = 3  # patterns, where so many entities may move
_LONG_KINDS = (PatternKind.DAY_TYPE, PatternKind.SEASONAL, PatternKind.DRIFT)
_LONG_DAYS = 14  # of an episode in which those mean anything
_TRIES = 40  # triggers that are looked at for one pattern


def plant(home: Home, lives: Lives, n_days: int, level: str, seed: int) -> Planted:
    """Patterns, distractors and coincidences of a home, before anything happens in it.

    Args:
        home: The home.
        lives: What its people do: where triggers come often enough is guessed from it.
        n_days: Length of the episode.
        level: Key of `LIMITS`: `easy`, `standard` or `hard`.
        seed: Root of the random streams.

    Raises:
        ValueError: for a level that is not known or an episode without a day.
    """
    if level not in LIMITS:
        raise ValueError(f"unknown level {level!r}; known are {', '.join(LIMITS)}")
    if n_days < 1:
        raise ValueError(f"an episode needs a day at least, not {n_days}")
    limits = LIMITS[level]
    free = _free_entities(home, seed)
    n_given = min(max(_LEAST, ceil(_SHARE * len(free))), len(free))
    n_negative = max(0, min(int(limits.negatives * n_given), n_given - _LEAST))
    ground = Ground(home, lives, n_days, limits, triggers(home, lives))
    patterns = _patterns(ground, free, n_given - n_negative, seed)
    taken = {entity for one in patterns for entity in one.devices}
    taken |= {each.entity for one in patterns for link in one.links for each in link.conditions}
    left = [number for number in free if number not in taken]
    noise = distractors(ground, left[:n_negative], [one.links[0] for one in patterns], taken, seed)
    links = tuple(each for one in patterns for each in one.links)
    undo = tuple(
        rule for each in links for rule in kinds.undoing(home, each, stream(seed, "home", "undo", each.name))
    )
    moved = {each.action_entity for each in links} | {one.action_entity for one in noise.negatives}
    return Planted(
        patterns,
        links + undo + noise.rules,
        noise.stimuli,
        frozenset(moved),
        noise.negatives + common_causes(patterns),
    )


def _free_entities(home: Home, seed: int) -> list[int]:
    """Actionable entities in the order in which they are given away: what a room misses least comes first."""
    free = actionable(home)
    rng = stream(seed, "home", "patterns", "entities")
    score = rng.random(len(free))
    for place, number in enumerate(free):
        one = home.entities[number]
        is_only = len(home.with_role(one.role, one.area_id)) == 1
        score[place] += 0.7 * (is_only and one.role == "light") + 0.5 * (one.role == "media")
    return [free[place] for place in np.argsort(score, kind="stable")]


def _patterns(ground: Ground, free: list[int], n_entities: int, seed: int) -> tuple[PlantedPattern, ...]:
    """As many patterns as the entities allow, kinds in turn from a drawn order."""
    order = list(PatternKind)
    stream(seed, "home", "patterns", "kinds").shuffle(order)
    made: list[PlantedPattern] = []
    used: set[int] = set()
    for kind in islice(cycle(order), 4 * len(order)):
        n_left = n_entities - sum(len(one.links) for one in made)
        wants = 2 if kind in TWO_ACTIONS else 1
        if n_left <= 0:
            break
        if wants > n_left or (wants == 2 and n_left - 2 < _LEAST - len(made) - 1):
            continue
        open_ = [number for number in free if number not in used]
        one = _pattern(ground, kind, len(made), open_, used, seed)
        if one is not None:
            made.append(one)
            used |= {*one.devices, *(each.entity for link in one.links for each in link.conditions)}
    return tuple(made)


def _pattern(ground: Ground, kind: PatternKind, number: int, free: list[int], used: set[int],
             seed: int) -> PlantedPattern | None:  # fmt: skip
    if kind in _LONG_KINDS and ground.n_days < _LONG_DAYS:
        return None
    rng = stream(seed, "home", "pattern", number, kind.value)
    name = f"pattern/{number}"
    if kind in CLOCK_KINDS or (kind is PatternKind.SEASONAL and rng.random() < 0.5):
        links = _by_clock(ground, kind, name, free, rng)
    else:
        links = _by_trigger(ground, kind, name, free, used, rng)
    if links is None:
        return None
    return PlantedPattern(number, name, kind, tuple(replace(one, pattern=number) for one in links))


def _by_clock(ground: Ground, kind: PatternKind, name: str, free: list[int],
              rng: np.random.Generator) -> tuple[Rule, ...] | None:  # fmt: skip
    if not free or not ground.home.residents:
        return None
    resident = int(rng.integers(len(ground.home.residents)))
    rule = kinds.link(ground.home, name, free[0], ground.limits, rng)
    if kind is PatternKind.DAY_TYPE:
        rule = kinds.on_some_days(rule, ground.n_days, rng)
    if kind is PatternKind.SEASONAL:
        rule = kinds.within(rule, ground.n_days, rng)
    if kind is PatternKind.DRIFT:
        rule = kinds.drifting(rule, ground.n_days, rng)
    at_s = time_at_home(ground, resident, rule.days, rng)
    present = kinds.person_home(ground.home, resident)
    rule = replace(rule, person=resident, conditions=() if present is None else (present,))
    return (kinds.at_clock(rule, at_s, ground.limits, rng),)


def _by_trigger(ground: Ground, kind: PatternKind, name: str, free: list[int], used: set[int],
                rng: np.random.Generator) -> tuple[Rule, ...] | None:  # fmt: skip
    n_actions = 2 if kind in TWO_ACTIONS else 1
    turn = in_turn(ground, used, rng)
    if kind is PatternKind.CONTEXTUAL:  # has no hours of its own: what is rare comes first
        turn.sort(key=lambda one: one.t_us.size > kinds.BUSY_PER_DAY * ground.n_days)
    for trigger in turn[:_TRIES]:
        actions = _actions(ground.home, kind, trigger, free)
        if len(actions) < n_actions:
            continue
        root = _root(ground, kind, name, trigger, actions[0], n_actions, used, rng)
        if root is not None:
            return (root, *_second(ground, kind, root, actions[1:], rng))
    return None


def _actions(home: Home, kind: PatternKind, trigger: Trigger, free: list[int]) -> list[int]:
    """The nearest thing that people would move after the trigger, and another where two are moved."""
    near = nearest(home, trigger, [number for number in free if number != trigger.entity])
    fits = [number for number in near if is_sensible(home, trigger.entity, number)]
    if kind not in TWO_ACTIONS:
        return fits[:1]
    for first in fits:
        if kind is PatternKind.ROOM:
            area_id = home.entities[first].area_id
            then = [n for n in fits if n != first and home.entities[n].area_id == area_id]
        else:
            then = [n for n in near if n != first and is_sensible(home, first, n)]
        if then:
            return [first, then[0]]
    return []


def _root(ground: Ground, kind: PatternKind, name: str, trigger: Trigger, action: int, n_actions: int,
          used: set[int], rng: np.random.Generator) -> Rule | None:  # fmt: skip
    """First link of a pattern with its trigger; None where that would come too seldom."""
    n_links = n_actions if kind is PatternKind.SEQUENCE else 1
    rule = kinds.link(ground.home, name, action, ground.limits, rng, n_links)
    rule = replace(rule, trigger_entity=trigger.entity, trigger_code=trigger.code)
    t_us = trigger.t_us
    if kind is PatternKind.CONTEXTUAL:
        found = condition(ground, trigger, action, used, rng)
        if found is None:
            return None
        holds, rule = found[0], replace(rule, only_dark=found[1] is None)
        rule = replace(rule, conditions=(found[1],)) if found[1] is not None else rule
        t_us = t_us[holds]
    else:
        rule = kinds.in_its_hours(rule, t_us, ground.n_days, rng)
        t_us = t_us[is_in_hours(rule, t_us)]
    if kind is PatternKind.SEASONAL:
        rule = kinds.within(rule, ground.n_days, rng)
        day = t_us // DAY_US
        t_us = t_us[(day >= rule.first_day) & (day <= rule.last_day)]
    if kind is PatternKind.DURATION:
        rule = replace(rule, revert_s=round(float(rng.uniform(300.0, 1200.0)), 0))
    return rule if t_us.size >= ground.least else None


def _second(ground: Ground, kind: PatternKind, root: Rule, actions: list[int],
            rng: np.random.Generator) -> tuple[Rule, ...]:  # fmt: skip
    """The other link: of a chain it starts with what the first did, of a room with the same trigger."""
    if not actions:
        return ()
    rule = kinds.link(ground.home, f"{root.name}/next", actions[0], ground.limits, rng, 2)
    if kind is PatternKind.SEQUENCE:
        return (
            replace(
                rule,
                probability=root.probability,
                trigger_entity=root.action_entity,
                trigger_code=root.action_code,
            ),
        )
    return (
        replace(
            rule,
            probability=root.probability,
            trigger_entity=root.trigger_entity,
            trigger_code=root.trigger_code,
            from_s=root.from_s,
            until_s=root.until_s,
        ),
    )
