"""A home and everything that happened in it: the parts of the twin put together."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from envirosense.home.engine.occurrences import Occurrences
from envirosense.home.engine.rules import Rule
from envirosense.home.log import EventLog
from envirosense.home.model import Home
from envirosense.home.options import Level
from envirosense.home.people.lives import Lives
from envirosense.home.surroundings.context import Context

if TYPE_CHECKING:
    from envirosense.home.automations.automation import Automation
    from envirosense.home.faults import Fault
    from envirosense.home.patterns.model import Planted
    from envirosense.home.sensing.rooms import RoomSeries


MADE_HERE: Final = frozenset({"automation", "script", "scene"})  # roles that a home is given anew


@dataclass(frozen=True, slots=True, eq=False)
class HomeHistory:
    """What the simulation knows of one home over some days; readings, truth and labels are cut from it.

    `rules` are those of the engine, in the order that `Occurrences.rule` counts: planted ones first.
    """

    home: Home
    automations: "tuple[Automation, ...]"
    start_utc: datetime
    n_days: int
    world_seed: int
    context: Context
    lives: Lives
    planted: "Planted"
    rules: tuple[Rule, ...]
    rooms: "RoomSeries"
    log: EventLog
    occurrences: Occurrences
    faults: "tuple[Fault, ...]"


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """A home with its people, what is planted in them, and its automations: all that is there beforehand."""

    home: Home
    automations: "tuple[Automation, ...]"
    context: Context
    lives: Lives
    planted: "Planted"


def settled(home: Home, start_utc: datetime, n_days: int, world_seed: int, level: Level) -> Settled:
    """What is there before anything happens; automations leave what is planted alone."""
    from envirosense.home.automations.automation import with_automations
    from envirosense.home.patterns.planting import plant
    from envirosense.home.people.residents import live
    from envirosense.home.surroundings.context_series import draw_context

    home = replace(home, entities=tuple(one for one in home.entities if one.role not in MADE_HERE))
    context = draw_context(home, start_utc, n_days, world_seed)
    lives = live(home, context, n_days, world_seed)
    planted = plant(home, lives, n_days, level, world_seed)
    complete, automations = with_automations(home, world_seed, planted.reserved)
    return Settled(complete, automations, context, lives, planted)


def lived(
    home: Home,
    start_utc: datetime,
    n_days: int,
    world_seed: int,
    sensing_seed: int,
    level: Level = "standard",
    faults_per_month: float = 1.0,
) -> HomeHistory:
    """History of a home that is furnished but for its automations; same arguments, same history.

    People live (`world_seed`), devices follow, sensors report and fail (`sensing_seed`).
    """
    from envirosense.home.behaviour.commands import with_commands
    from envirosense.home.behaviour.hands import with_hands
    from envirosense.home.behaviour.stimuli import Stimuli
    from envirosense.home.behaviour.stimuli_of_lives import base_stimuli
    from envirosense.home.engine.run import run_rules
    from envirosense.home.faults import draw_faults, faulted, outages
    from envirosense.home.sensing.numeric_reports import numeric_reports
    from envirosense.home.sensing.rooms import room_climate

    there = settled(home, start_utc, n_days, world_seed, level)
    home, context, lives, planted = there.home, there.context, there.lives, there.planted
    rules = (*planted.rules, *(rule for one in there.automations for rule in one.rules))
    base = base_stimuli(home, lives, context, planted.reserved, n_days, world_seed)
    rooms = room_climate(home, lives, context, n_days, world_seed, windows=base, reserved=planted.reserved)
    moved = {
        one.entity_id: [home.entities[rule.action_entity].entity_id for rule in one.rules]
        for one in there.automations
    }
    faults = draw_faults(home, n_days, sensing_seed, faults_per_month, moved)
    stimuli = Stimuli.merged(base.without(rooms.aired_contacts), rooms.stimuli, planted.stimuli)
    states, occurrences = run_rules(
        home, rules, stimuli, context, n_days, world_seed, outages=outages(faults)
    )
    states = with_hands(states, home, lives, planted.reserved, world_seed)
    states, asked = with_commands(states, home, planted.reserved, world_seed)
    occurrences = occurrences.moved(asked)
    numbers = numeric_reports(home, rooms, lives, states, context, n_days, sensing_seed)
    whole = EventLog.merged(states, numbers)
    log, place = faulted(whole, faults, home, sensing_seed)
    return HomeHistory(
        home,
        there.automations,
        start_utc,
        n_days,
        world_seed,
        context,
        lives,
        planted,
        rules,
        rooms,
        log,
        occurrences.moved(whole.places_of(states)).moved(place),
        faults,
    )
