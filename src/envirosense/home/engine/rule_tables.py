"""Rules as arrays: what the engine's kernel reads instead of objects."""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from envirosense.core.rng import philox_key
from envirosense.home.engine.engine_tables import CONDITION, RULE, Records, records
from envirosense.home.engine.rules import Rule
from envirosense.home.log import Origin
from envirosense.home.model import Home
from envirosense.home.people.lives import SECOND_US

NEVER_US: Final = -1  # a rule whose action is not undone

type Ints = npt.NDArray[np.int32]
type Times = npt.NDArray[np.int64]


class RuleTables(NamedTuple):
    """Rules, their conditions, and which of them a change starts (see `engine_tables.Engine`)."""

    rules: Records
    rules_at: Times
    rules_of: Ints
    conditions: Records


def waits_for(rule: Rule) -> bool:
    """Whether an automation's trigger has to last until the action is due: `for:` in Home Assistant."""
    return not rule.is_habit and any(
        one.entity == rule.trigger_entity and one.code == rule.trigger_code for one in rule.conditions
    )


def rule_tables(home: Home, rules: Sequence[Rule], seed: int) -> RuleTables:
    """Arrays of the rules.

    Raises:
        ValueError: if two rules share a name, or one names an entity or a state that the home does not have.
    """
    _check(home, rules)
    conditions = [one for rule in rules for one in rule.conditions]
    ends = np.cumsum([len(rule.conditions) for rule in rules], dtype=np.int64)
    columns = _columns(rules) | _keys(rules, seed) | {"conditions_end": ends}
    columns["conditions"] = ends - [len(rule.conditions) for rule in rules]
    started = {name: np.array(-1) for name in ("pending", "revert_order", "revert_row", "revert_cause")}
    started |= {name: np.array(0) for name in ("n_triggers", "revert_code", "revert_value")}
    found = {
        "entity": np.array([one.entity for one in conditions], dtype=np.int32),
        "code": np.array([one.code for one in conditions], dtype=np.int32),
    }
    return RuleTables(
        records(RULE, len(rules), columns | started),
        *_by_trigger(rules, first_keys(home)),
        records(CONDITION, len(conditions), found),
    )


def first_keys(home: Home) -> Times:
    """Place of each entity's first state among those of all entities, and their number, (entity + 1,)."""
    return np.cumsum([0, *(max(len(entity.states), 1) for entity in home.entities)], dtype=np.int64)


def _keys(rules: Sequence[Rule], seed: int) -> dict[str, npt.NDArray[Any]]:
    keys = [philox_key(seed, "home", "rule", rule.name) for rule in rules]
    words = np.array(keys, dtype=np.uint64).reshape(-1, 4)
    return {f"key_{place}": words[:, place] for place in range(4)}


def _columns(rules: Sequence[Rule]) -> dict[str, npt.NDArray[Any]]:
    def column(dtype: type, value: Callable[[Rule], float]) -> npt.NDArray[Any]:
        return np.array([value(rule) for rule in rules], dtype=dtype)

    def microseconds(value_s: float) -> int:
        return NEVER_US if np.isnan(value_s) else round(value_s * SECOND_US)

    return {
        "entity": column(np.int32, lambda r: r.action_entity),
        "code": column(np.int32, lambda r: r.action_code),
        "value": column(np.float64, lambda r: r.action_value),
        "probability": column(np.float64, lambda r: r.probability),
        "delay_us": column(np.float64, lambda r: r.delay_s * SECOND_US),
        "delay_sigma": column(np.float64, lambda r: r.delay_sigma),
        "revert_us": column(np.int64, lambda r: microseconds(r.revert_s)),
        "from_us": column(np.int64, lambda r: microseconds(r.from_s)),
        "until_us": column(np.int64, lambda r: microseconds(r.until_s)),
        "days": column(np.int32, lambda r: r.days),
        "first_day": column(np.int32, lambda r: r.first_day),
        "last_day": column(np.int32, lambda r: r.last_day),
        "only_dark": column(np.bool_, lambda r: r.only_dark),
        "person": column(np.int32, lambda r: r.person),
        "origin": column(np.int32, lambda r: Origin.PERSON if r.is_habit else Origin.AUTOMATION),
        "automation": column(np.int32, lambda r: r.automation_entity),
        "is_habit": column(np.bool_, lambda r: r.is_habit),
        "waits": column(np.bool_, waits_for),
    }


def _by_trigger(rules: Sequence[Rule], key_at: Times) -> tuple[Times, Ints]:
    """`rules_at` and `rules_of`: rules of one trigger in the order in which they are given."""
    by_state = [number for number, rule in enumerate(rules) if rule.trigger_entity >= 0]
    keys = np.array(
        [key_at[rules[number].trigger_entity] + rules[number].trigger_code for number in by_state], np.int64
    )
    order = np.argsort(keys, kind="stable")
    starts = np.searchsorted(keys[order], np.arange(key_at[-1] + 1))
    return starts, np.array(by_state, dtype=np.int32)[order]


def _check(home: Home, rules: Sequence[Rule]) -> None:
    names = [rule.name for rule in rules]
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(f"rules must have different names; twice: {', '.join(twice[:3])}")
    for rule in rules:
        used = [(rule.action_entity, rule.action_code)]
        used += [(one.entity, one.code) for one in rule.conditions]
        if rule.trigger_entity >= 0:
            used.append((rule.trigger_entity, rule.trigger_code))
        elif np.isnan(rule.at_s):
            raise ValueError(f"rule {rule.name!r} has neither a trigger nor a time")
        for entity, code in used:
            if not 0 <= entity < len(home.entities):
                raise ValueError(f"rule {rule.name!r} names entity {entity}, which the home does not have")
            if not 0 <= code < max(len(home.entities[entity].states), 1):
                raise ValueError(f"rule {rule.name!r}: {home.entities[entity].entity_id} has no state {code}")
