"""A home of switches for the engine's tests, and the engine once more in plain Python."""

import math
from dataclasses import dataclass, field

import numpy as np

from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.engine.occurrences import Occurrences
from envirosense.home.engine.rule_tables import waits_for
from envirosense.home.engine.rules import Outcome, Rule
from envirosense.home.log import EventKind, EventLog, Origin
from envirosense.home.model import Entity, Home
from envirosense.home.surroundings.context import Context

SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US
A, B, C, D, AUTOMATION, SCRIPT, SCENE, THERMOSTAT, PERSON = range(9)

type Event = tuple[int, int, int, int, int, int, int]  # time, entity, kind, code, origin, cause, rule


def switches() -> Home:
    """Four lights, an automation, a script, a scene, a thermostat, a person."""
    domains = ["light"] * 4 + ["automation", "script", "scene", "climate", "person"]
    states = {"scene": ("unknown",), "climate": ("off", "heat"), "person": ("not_home", "home")}
    entities = tuple(
        Entity(f"{domain}.n{at}", f"u{at}", domain, f"N{at}", states=states.get(domain, ("off", "on")))
        for at, domain in enumerate(domains)
    )
    return Home(
        "h", "H", "studio", "small", "r", "UTC", 0.0, 0.0, "en", "EUR", "de", "fixed",
        (), (), (), (), entities, (),
    )  # fmt: skip


def plain_days(n_days: int = 1, first_weekday: int = 0) -> Context:
    """Days with the sun up from six to eighteen."""
    n = 96 * n_days
    hour = np.arange(n) % 96 / 4.0
    rest = {name: np.zeros(n) for name in Context.__dataclass_fields__}
    return Context(
        **rest
        | {
            "local_h": hour,
            "weekday": ((np.arange(n) // 96 + first_weekday) % 7).astype(np.int8),
            "is_holiday": np.zeros(n, dtype=np.bool_),
            "sun_elevation_deg": -50.0 * np.cos(hour / 12.0 * np.pi),
        }
    )


def hands(*wishes: tuple[float, int, int], origin: Origin = Origin.PERSON) -> Stimuli:
    """Wishes (seconds, entity, code) in order of time."""
    columns = np.array(wishes, dtype=np.float64).reshape(-1, 3)
    return Stimuli.of(columns[:, 0] * SECOND_US, columns[:, 1], columns[:, 2], int(origin), 0)


def events_of(log: EventLog) -> list[Event]:
    """Rows of a log."""
    columns = (log.t_us, log.entity, log.kind, log.code, log.origin, log.cause, log.rule)
    return [tuple(map(int, row)) for row in zip(*columns, strict=True)]  # type: ignore[misc]


def found_of(occurrences: Occurrences) -> list[tuple[int, ...]]:
    """Rows of occurrences: rule, trigger, action, outcome."""
    columns = (occurrences.rule, occurrences.trigger, occurrences.action, occurrences.outcome)
    return [tuple(map(int, row)) for row in zip(*columns, strict=True)]


@dataclass
class Plain:
    """Rules of one day, done the slow way; no draws, no clock, no values, no windows of time."""

    rules: list[Rule]
    max_chain: int
    outages: list[tuple[int, int, int]]
    states: dict[int, int]
    events: list[Event] = field(default_factory=list)
    depths: list[int] = field(default_factory=list)
    found: list[list[int]] = field(default_factory=list)
    due: list[tuple[int, int, str, int]] = field(default_factory=list)
    arrivals: int = 0
    running: dict[int, int] = field(default_factory=dict)  # rule: occurrence
    timers: dict[int, dict[str, int]] = field(default_factory=dict)  # rule: what is to be undone
    said: dict[int, int] = field(default_factory=dict)  # row of the trigger: row of the automation

    def run(self, wishes: list[tuple[int, int, int, int]]) -> None:
        """Wishes (us, entity, code, origin) in order of time, and what follows from them."""
        for t, entity, code, origin in [*wishes, (DAY_US, -1, 0, 0)]:
            while self.due and min(self.due)[0] <= min(t, DAY_US - 1):
                at, arrival, what, number = min(self.due)
                self.due.remove((at, arrival, what, number))
                self._act(number, at) if what == "act" else self._undo(number, arrival, at)
            if entity >= 0 and not self._is_there(entity, code) and not self._is_out(entity, t):
                self._change(t, entity, code, origin, -1, -1, 0)

    def _is_there(self, entity: int, code: int) -> bool:
        return entity not in (SCRIPT, SCENE) and self.states[entity] == code

    def _is_out(self, entity: int, t: int) -> bool:
        return any(entity == one and start <= t < end for one, start, end in self.outages)

    def _hold(self, rule: Rule) -> bool:
        return all(self.states[one.entity] == one.code for one in rule.conditions)

    def _write(self, t: int, row: tuple[int, int, int, int, int, int], depth: int) -> int:
        last = self.events[-1][0] if self.events else -1
        self.events.append((max(t, last + 1), *row))
        self.depths.append(depth)
        return len(self.events) - 1

    def _later(self, t: int, what: str, number: int) -> int:
        self.due.append((t, self.arrivals, what, number))
        self.arrivals += 1
        return self.arrivals - 1

    def _change(self, t: int, entity: int, code: int, origin: int, cause: int, rule: int, depth: int) -> int:
        kinds = {SCRIPT: EventKind.SCRIPT_STARTED, SCENE: EventKind.SCENE_ACTIVATED}
        kind = kinds.get(entity, EventKind.STATE_CHANGED)
        row = self._write(t, (entity, int(kind), code, origin, cause, rule), depth)
        if kind == EventKind.STATE_CHANGED:
            self.states[entity] = code
        for number, one in enumerate(self.rules):
            if (one.trigger_entity, one.trigger_code) == (entity, code):
                self._start(number, row)
        return row

    def _start(self, number: int, trigger: int) -> None:
        rule, t = self.rules[number], self.events[trigger][0]
        self.found.append([number, trigger, -1, int(Outcome.NOT_ALLOWED)])
        if self.depths[trigger] >= self.max_chain or not self._hold(rule):
            return
        self.found[-1][3] = int(Outcome.BROKEN_OFF)
        if not rule.is_habit:
            self.running[number] = len(self.found) - 1
        if rule.automation_entity >= 0 and not waits_for(rule):
            self._say(number, trigger, t)
        self._later(t + round(rule.delay_s * SECOND_US), "act", len(self.found) - 1)

    def _say(self, number: int, trigger: int, t: int) -> int:
        if trigger not in self.said:
            row = (
                AUTOMATION,
                int(EventKind.AUTOMATION_TRIGGERED),
                1,
                int(Origin.AUTOMATION),
                trigger,
                number,
            )
            self.said[trigger] = self._write(t, row, self.depths[trigger])
        return self.said[trigger]

    def _act(self, at: int, t: int) -> None:
        one = self.found[at]
        number, trigger = one[0], one[1]
        rule = self.rules[number]
        if not rule.is_habit and self.running.get(number) != at:
            return
        self.running.pop(number, None)
        if t > self.events[trigger][0] and not self._hold(rule):
            one[3] = int(Outcome.NOT_ALLOWED)
            return
        cause = self._say(number, trigger, t) if rule.automation_entity >= 0 else trigger
        if self._is_out(rule.action_entity, t):
            one[3] = int(Outcome.FAILED)
            return
        self._do(at, t, cause)

    def _do(self, at: int, t: int, cause: int) -> None:
        one = self.found[at]
        number, trigger = one[0], one[1]
        rule, timer = self.rules[number], self.timers.get(number)
        entity, code = rule.action_entity, rule.action_code
        if self._is_there(entity, code):
            one[3] = int(Outcome.REDUNDANT)
            if timer and not self._touched(entity, timer["row"]):
                timer["arrival"] = self._later(t + round(rule.revert_s * SECOND_US), "undo", number)
                timer["cause"] = cause if rule.automation_entity >= 0 else timer["row"]
            return
        old = self.states[entity]
        origin = Origin.PERSON if rule.is_habit else Origin.AUTOMATION
        row = self._change(t, entity, code, int(origin), cause, number, self.depths[trigger] + 1)
        one[2:] = row, int(Outcome.DONE)
        if not math.isnan(rule.revert_s):
            arrival = self._later(t + round(rule.revert_s * SECOND_US), "undo", number)
            after = cause if rule.automation_entity >= 0 else row
            self.timers[number] = {"row": row, "old": old, "cause": after, "arrival": arrival}

    def _touched(self, entity: int, row: int) -> bool:
        hands_of = (Origin.PERSON, Origin.APP)
        return any(event[1] == entity and event[4] in hands_of for event in self.events[row + 1 :])

    def _undo(self, number: int, arrival: int, t: int) -> None:
        timer, rule = self.timers.get(number), self.rules[number]
        if timer is None or timer["arrival"] != arrival:
            return
        del self.timers[number]
        entity = rule.action_entity
        is_gone = self.states[entity] != rule.action_code or self._is_out(entity, t)
        if is_gone or self._touched(entity, timer["row"]) or self._is_there(entity, timer["old"]):
            return
        origin = Origin.PERSON if rule.is_habit else Origin.AUTOMATION
        depth = self.depths[timer["row"]] + 1
        self._change(t, entity, timer["old"], int(origin), timer["cause"], number, depth)
