"""Plan of one automation: said once, it is written both as rules and as Home Assistant's configuration."""

from dataclasses import dataclass
from itertools import groupby
from typing import Final

from envirosense.home.automations.automation_config import Step, clock, for_time, service
from envirosense.home.engine.rules import ALL_DAYS, DAY_S, Condition, Rule
from envirosense.home.model import Entity

DEVICE_S, DEVICE_SIGMA = 0.25, 0.4  # from a service call to the device's answer, median and spread; assumed
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MANY: Final = 5  # entities from which on they are listed in one call; assumed
NO_TIME: Final = float("nan")


@dataclass(frozen=True, slots=True)
class State:
    """An entity in one of its states."""

    number: int
    entity: Entity
    state: str

    @property
    def code(self) -> int:
        """Code of the state."""
        return self.entity.code(self.state)


@dataclass(frozen=True, slots=True)
class Trigger:
    """A state that an entity comes into and stays in for `hold_s`, or a time of the day.

    Attributes:
        at_s: Time of the day, after sunset where `is_at_sunset` [s].
    """

    to: State | None = None
    hold_s: float = 0.0
    at_s: float = NO_TIME
    is_at_sunset: bool = False

    @property
    def name(self) -> str:
        """Its part of the names of rules."""
        if self.to is None:
            return f"{'sunset' if self.is_at_sunset else 'time'}{self.at_s:+.0f}"
        return f"{self.to.entity.entity_id}={self.to.state}"

    def config(self) -> dict[str, object]:
        """As Home Assistant writes it."""
        if self.to is None:
            if self.is_at_sunset:
                return {"trigger": "sun", "event": "sunset", "offset": clock(self.at_s)}
            return {"trigger": "time", "at": clock(self.at_s)}
        found: dict[str, object] = {
            "trigger": "state",
            "entity_id": self.to.entity.entity_id,
            "to": self.to.state,
        }
        return found | ({"for": for_time(self.hold_s)} if self.hold_s else {})


@dataclass(frozen=True, slots=True)
class Action:
    """A state that an entity is put into, `delay_s` after the trigger."""

    to: State
    value: float = NO_TIME
    delay_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """One automation.

    Attributes:
        kind: What it is for.
        place: What tells it from others of its kind: an area, an entity.
        scripts: What the scripts and scenes that it calls do: rules of their own.
        from_s, until_s: Part of the day in which it works, across midnight where `until_s` is less [s].
        drawn_as: Kind of the automation that it comes with, empty where it comes by itself.
    """

    kind: str
    place: str
    alias: str
    description: str
    triggers: tuple[Trigger, ...]
    actions: tuple[Action, ...]
    conditions: tuple[State, ...] = ()
    days: int = ALL_DAYS
    from_s: float = 0.0
    until_s: float = DAY_S
    scripts: tuple["Script", ...] = ()
    drawn_as: str = ""

    @property
    def mode(self) -> str:
        """`restart` where something may be waited for."""
        waits = any(one.hold_s for one in self.triggers) or any(one.delay_s for one in self.actions)
        return "restart" if waits else "single"


@dataclass(frozen=True, slots=True)
class Script:
    """A script or a scene of the home: what it does when it is called; one that only tells does nothing."""

    to: State  # its own entity, started
    actions: tuple[Action, ...]


def rules_of(plan: Plan, entity_id: str, number: int) -> tuple[Rule, ...]:
    """Rules of a plan: one for each trigger and action, and those of its scripts.

    Args:
        plan: The plan.
        entity_id: Of the automation.
        number: Of the automation's entity.
    """
    conditions = tuple(Condition(one.number, one.code) for one in plan.conditions)
    rules = []
    for trigger in plan.triggers:
        to = trigger.to
        held = (Condition(to.number, to.code),) if to is not None and trigger.hold_s else ()
        for action in plan.actions:
            delay_s = trigger.hold_s + action.delay_s
            rules.append(
                Rule(
                    name=f"{entity_id}/{trigger.name}/{_name(action)}",
                    is_habit=False,
                    trigger_entity=-1 if to is None else to.number,
                    trigger_code=-1 if to is None else to.code,
                    at_s=trigger.at_s,
                    is_at_sunset=trigger.is_at_sunset,
                    conditions=conditions + held,
                    from_s=plan.from_s,
                    until_s=plan.until_s,
                    days=plan.days,
                    delay_s=delay_s or DEVICE_S,
                    delay_sigma=0.0 if delay_s else DEVICE_SIGMA,
                    action_entity=action.to.number,
                    action_code=action.to.code,
                    action_value=action.value,
                    automation_entity=number,
                )
            )
    return tuple(rules) + tuple(rule for one in plan.scripts for rule in _script_rules(one))


def _script_rules(script: Script) -> tuple[Rule, ...]:
    return tuple(
        Rule(
            name=f"{script.to.entity.entity_id}/{_name(action)}",
            is_habit=False,
            trigger_entity=script.to.number,
            trigger_code=script.to.code,
            delay_s=action.delay_s or DEVICE_S,
            delay_sigma=0.0 if action.delay_s else DEVICE_SIGMA,
            action_entity=action.to.number,
            action_code=action.to.code,
            action_value=action.value,
        )
        for action in script.actions
    )


def _name(action: Action) -> str:
    return f"{action.to.entity.entity_id}={action.to.state}"


def config_of(plan: Plan, unique_id: str) -> dict[str, object]:
    """The plan as Home Assistant's `automations.yaml` has it."""
    return {
        "id": unique_id,
        "alias": plan.alias,
        "description": plan.description,
        "mode": plan.mode,
        "triggers": [one.config() for one in plan.triggers],
        "conditions": _conditions(plan),
        "actions": sequence(plan.actions),
    }


def _conditions(plan: Plan) -> list[dict[str, object]]:
    found: list[dict[str, object]] = [
        {"condition": "state", "entity_id": one.entity.entity_id, "state": one.state}
        for one in plan.conditions
    ]
    times: dict[str, object] = {}
    if (plan.from_s, plan.until_s) != (0.0, DAY_S):
        times |= {"after": clock(plan.from_s), "before": clock(plan.until_s)}
    if plan.days != ALL_DAYS:
        times |= {"weekday": [name for bit, name in enumerate(WEEKDAYS) if plan.days >> bit & 1]}
    return [*found, {"condition": "time", **times}] if times else found


def sequence(actions: tuple[Action, ...]) -> list[Step]:
    """Steps of actions in order of their delays; five or more that ask for the same are one call."""
    steps: list[Step] = []
    waited_s = 0.0
    for delay_s, due in groupby(sorted(actions, key=_delay), key=_delay):
        if delay_s > waited_s:
            steps.append({"delay": for_time(delay_s - waited_s)})
            waited_s = delay_s
        for (name, data), same in groupby(due, key=_service):
            targets = [one.to.entity.entity_id for one in same]
            each = [targets] if len(targets) >= MANY else [[one] for one in targets]
            for targets_of_one in each:
                call: Step = {"action": name, "target": {"entity_id": targets_of_one}}
                steps.append(call | ({"data": data} if data else {}))
    return steps


def _delay(action: Action) -> float:
    return action.delay_s


def _service(action: Action) -> tuple[str, dict[str, object]]:
    return service(action.to.entity, action.to.state, action.value)
