"""What must not be found: things moved at random, habits too weak to build on, effects of one cause."""

from dataclasses import dataclass, replace

import numpy as np

from envirosense.core.rng import stream
from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.engine.rules import Rule
from envirosense.home.log import Origin
from envirosense.home.patterns import kinds
from envirosense.home.patterns.candidates import is_up
from envirosense.home.patterns.grounds import Ground, in_turn
from envirosense.home.patterns.model import (
    Negative,
    NegativeKind,
    PlantedPattern,
    active_code,
    no_stimuli,
    rest_code,
)
from envirosense.home.patterns.sensible import is_sensible
from envirosense.home.people.lives import DAY_US

_PER_DAY = (0.5, 3.0)  # random movements of a distractor, assumed
_ON_FOR_S = 1800.0  # mean time until it is put back, assumed


@dataclass(frozen=True, slots=True, eq=False)
class Distractors:
    """Distractors of a home and what makes them happen."""

    negatives: tuple[Negative, ...]
    rules: tuple[Rule, ...]
    stimuli: Stimuli


def distractors(
    ground: Ground, entities: list[int], links: list[Rule], used: set[int], seed: int
) -> Distractors:
    """One distractor for each entity: in turn moved at random, and by a weak habit after a trigger.

    Args:
        ground: The home and its episode.
        entities: Entities that nothing else moves.
        links: First links of the patterns; weak habits borrow their triggers where people would recognise it.
        used: Entities of the patterns.
        seed: Root of the random streams.
    """
    negatives: list[Negative] = []
    rules: list[Rule] = []
    parts: list[Stimuli] = []
    for place, entity in enumerate(entities):
        habit = _weak_habit(ground, place, entity, links, used | set(entities), seed) if place % 2 else None
        if habit is not None:
            rng = stream(seed, "home", "distractor", place, "undo")
            rules += [habit, *kinds.undoing(ground.home, habit, rng)]
            negatives.append(_negative(habit.name, NegativeKind.WEAK_HABIT, habit))
        else:
            parts.append(_random_moves(ground, place, entity, seed))
            code = active_code(ground.home.entities[entity])
            name = f"distractor/{place}"
            negatives.append(Negative(name, NegativeKind.RANDOM, -1, -1, entity, code))
    return Distractors(tuple(negatives), tuple(rules), Stimuli.merged(no_stimuli(), *parts))


def common_causes(patterns: tuple[PlantedPattern, ...]) -> tuple[Negative, ...]:
    """Pairs of actions that share a trigger and an area: neither follows from the other."""
    return tuple(
        Negative(
            f"{one.name}/common",
            NegativeKind.COMMON_CAUSE,
            one.links[0].action_entity,
            one.links[0].action_code,
            one.links[1].action_entity,
            one.links[1].action_code,
        )
        for one in patterns
        if len(one.links) == 2 and one.links[1].trigger_entity == one.links[0].trigger_entity
    )


def _weak_habit(
    ground: Ground, place: int, entity: int, links: list[Rule], used: set[int], seed: int
) -> Rule | None:
    """A habit followed too seldom to build on; None where no trigger of the home makes sense before it."""
    name, home = f"distractor/{place}", ground.home
    fits = [one for one in links if one.trigger_entity >= 0 and is_sensible(home, one.trigger_entity, entity)]
    if fits:
        rule = replace(
            fits[place // 2 % len(fits)],
            name=name,
            action_entity=entity,
            action_code=active_code(home.entities[entity]),
            revert_s=float("nan"),
            pattern=-1,
        )
    else:
        rng = stream(seed, "home", "distractor", place, "habit")
        turn = [one for one in in_turn(ground, used, rng) if is_sensible(home, one.entity, entity)]
        if not turn:
            return None
        rule = kinds.link(home, name, entity, ground.limits, rng)
        rule = replace(rule, trigger_entity=turn[0].entity, trigger_code=turn[0].code)
        rule = kinds.in_its_hours(rule, turn[0].t_us, ground.n_days, rng)
    return replace(rule, probability=ground.limits.weak)


def _negative(name: str, kind: NegativeKind, rule: Rule) -> Negative:
    return Negative(
        name,
        kind,
        rule.trigger_entity,
        rule.trigger_code,
        rule.action_entity,
        rule.action_code,
        rule.probability,
    )


def _random_moves(ground: Ground, place: int, entity: int, seed: int) -> Stimuli:
    """Hands that move a thing and put it back, at random times while somebody is up."""
    rng = stream(seed, "home", "distractor", place, "times")
    n_people = max(1, len(ground.home.residents))
    episode_us = ground.n_days * DAY_US
    t_us = np.sort(rng.integers(0, episode_us, size=rng.poisson(rng.uniform(*_PER_DAY) * ground.n_days)))
    person = stream(seed, "home", "distractor", place, "people").integers(n_people, size=t_us.size)
    does = np.zeros(t_us.size, dtype=bool)
    for resident in range(n_people):
        does |= (person == resident) & is_up(ground.lives, resident, t_us)
    t_us, person = t_us[does], person[does]
    on_us = stream(seed, "home", "distractor", place, "lengths").exponential(_ON_FOR_S * 1e6, t_us.size)
    back_us = np.minimum(t_us + on_us.astype(np.int64) + 1, episode_us - 1)
    one = ground.home.entities[entity]
    codes = [np.full(t_us.size, code) for code in (active_code(one), rest_code(one))]
    order = np.argsort(both := np.concatenate([t_us, back_us]), kind="stable")
    return Stimuli(
        both[order],
        np.full(both.size, entity, dtype=np.int32),
        np.concatenate(codes)[order].astype(np.int16),
        np.full(both.size, np.nan, dtype=np.float32),
        np.full(both.size, Origin.PERSON, dtype=np.int8),
        np.concatenate([person, person])[order].astype(np.int16),
    )
