"""The discrete-event engine: what people do and what sensors see becomes a history, through rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.rng import philox_key
from envirosense.home.behaviour.commands import COMMANDS
from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.engine.engine_tables import (
    ENTITY,
    EVENT,
    FOUND,
    OUTAGE,
    QUEUED,
    Engine,
    Inputs,
    Records,
    records,
)
from envirosense.home.engine.occurrences import Occurrences
from envirosense.home.engine.rule_clock import clock_triggers
from envirosense.home.engine.rule_tables import first_keys, rule_tables
from envirosense.home.engine.rules import Rule
from envirosense.home.log import EventKind, EventLog
from envirosense.home.model import Home
from envirosense.home.people.lives import DAY_US
from envirosense.home.surroundings.context import Context

MAX_CHAIN: Final = 16  # events that may follow from one another through rules; assumed
INITIAL_STATES: Final[Mapping[str, str]] = MappingProxyType(  # of all others the first of their states
    {"person": "home", "device_tracker": "home", "automation": "on"}
)
_KINDS: Final = {"script": EventKind.SCRIPT_STARTED, "scene": EventKind.SCENE_ACTIVATED}
_COMMAND_KINDS: Final = (EventKind.VOICE_COMMAND, EventKind.WEBHOOK_TRIGGERED, EventKind.API_CALL)
_WITH_VALUE: Final = "climate"  # domain whose set point alone is a change

type Times = npt.NDArray[np.int64]
type Ints = npt.NDArray[np.int32]
type Codes = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True, eq=False)
class Outages:
    """Times in which an entity neither obeys nor reports, (outage,) each."""

    entity: Ints
    start_us: Times
    end_us: Times

    @classmethod
    def none(cls) -> "Outages":
        """No outage at all."""
        return cls(np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros(0, np.int64))


def initial_codes(home: Home) -> Codes:
    """State that each entity is in when the episode begins, (entity,); 0 for one that gives a number."""

    def code(domain: str, states: tuple[str, ...]) -> int:
        wanted = INITIAL_STATES.get(domain)
        return states.index(wanted) if wanted in states else 0

    return np.array([code(entity.domain, entity.states) for entity in home.entities], dtype=np.int16)


def run_rules(
    home: Home,
    rules: Sequence[Rule],
    stimuli: Stimuli,
    context: Context,
    n_days: int,
    seed: int,
    *,
    outages: Outages | None = None,
    commands: Mapping[EventKind, float] = COMMANDS,
    initial: Codes | None = None,
    max_chain: int = MAX_CHAIN,
) -> tuple[EventLog, Occurrences]:
    """History of the home and every trigger of every rule, both in order of time.

    What finds the entity where it is to be makes no event; of a thermostat a new set point alone is one. A
    habit triggered twice before its delay is over goes on twice, an automation starts anew. One whose
    conditions name its own trigger waits for it to last (`for:`) and is logged when the delay is over.

    Args:
        home: The home with all its entities.
        rules: What follows from what; their places are the numbers in the log.
        stimuli: What comes from outside, in order of time.
        context: Daylight and weekdays.
        n_days: Length of the episode.
        seed: Root of the random streams.
        outages: When entities do not answer: actions fail, stimuli are lost.
        commands: Shares of the stimuli through Home Assistant with such an event before; the rest has none.
        initial: States at the start in place of `initial_codes`, (entity,).
        max_chain: An event that so many rules led to triggers no further one: loops end.

    Raises:
        ValueError: if a rule names what the home does not have, or stimuli are not in order of time.
    """
    from envirosense.home.engine.engine_kernels import run

    _check(home, stimuli)
    inputs = _inputs(stimuli, *clock_triggers(rules, context, n_days, seed))
    codes = initial_codes(home) if initial is None else initial
    n_wishes = len(stimuli) + inputs.clock_us.size
    rows = 4 * n_wishes + 64 * len(rules) + 1024  # pages not written cost nothing
    while True:
        engine = Engine(
            *rule_tables(home, rules, seed),
            *_entities(home, codes, outages or Outages.none()),
            is_dark=np.ascontiguousarray(context.is_dark),
            command_key=philox_key(seed, "home", "commands").astype(np.uint64),
            command_below=np.cumsum([commands.get(kind, 0.0) for kind in _COMMAND_KINDS]),
            log=records(EVENT, rows),
            found=records(FOUND, rows),
            queue=records(QUEUED, rows),
            n=np.array([0, 0, 0, 0, -1]),
            first_weekday=int(context.weekday[0]),
            end_us=n_days * DAY_US,
            max_chain=max_chain,
        )
        if run(engine, inputs):
            return _results(engine)
        rows *= 4


def _inputs(stimuli: Stimuli, clock_us: npt.NDArray[np.int64], clock_rule: npt.NDArray[np.int32]) -> Inputs:
    columns = {one.name: np.ascontiguousarray(getattr(stimuli, one.name)) for one in fields(stimuli)}
    return Inputs(**columns, clock_us=clock_us, clock_rule=clock_rule)


def _check(home: Home, stimuli: Stimuli) -> None:
    if np.any(stimuli.t_us[1:] < stimuli.t_us[:-1]):
        raise ValueError("stimuli must be in order of time")
    n = len(home.entities)
    if stimuli.entity.size and not 0 <= stimuli.entity.min() <= stimuli.entity.max() < n:
        raise ValueError(f"stimuli name entities outside 0..{n - 1}")
    states = np.diff(first_keys(home))[stimuli.entity]
    if (wrong := np.flatnonzero(stimuli.code >= states)).size:
        at = int(wrong[0])
        entity_id = home.entities[stimuli.entity[at]].entity_id
        raise ValueError(f"a stimulus puts {entity_id} into state {stimuli.code[at]}, which it does not have")


def _entities(home: Home, codes: Codes, outages: Outages) -> tuple[Records, Records]:
    """Tables of entities and outages."""
    order = np.lexsort((outages.start_us, outages.entity))
    domains = [entity.domain for entity in home.entities]
    first = np.searchsorted(outages.entity[order], np.arange(len(domains) + 1))
    columns = {
        "kind": np.array([_KINDS.get(domain, EventKind.STATE_CHANGED) for domain in domains]),
        "has_value": np.array([domain == _WITH_VALUE for domain in domains]),
        "first_key": first_keys(home)[:-1],
        "outage": first[:-1],
        "outages_end": first[1:],
        "code": codes,
        "value": np.array(np.nan),
    }
    columns |= {name: np.array(-1) for name in ("person_row", "announced", "announced_us")}
    columns["announced_for"] = np.array(-2)  # -1 is a trigger by the clock
    times = {"start_us": outages.start_us[order], "end_us": outages.end_us[order]}
    return records(ENTITY, len(domains), columns), records(OUTAGE, order.size, times)


def _results(engine: Engine) -> tuple[EventLog, Occurrences]:
    log, found = engine.log[: engine.n[0]], engine.found[: engine.n[1]]
    return (
        EventLog(**{one.name: np.ascontiguousarray(log[one.name]) for one in fields(EventLog)}),
        Occurrences(**{one.name: np.ascontiguousarray(found[one.name]) for one in fields(Occurrences)}),
    )
