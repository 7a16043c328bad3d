"""Automations: what homes have, and that rules and configuration say the same."""

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from envirosense.home.automations.automation import COUNTS, Automation, with_automations
from envirosense.home.automations.automation_config import clock, for_time, service
from envirosense.home.automations.automation_ground import Ground
from envirosense.home.automations.automation_kinds import WEIGHTS, candidates
from envirosense.home.automations.automation_plans import DEVICE_S, WEEKDAYS, rules_of
from envirosense.home.building.home_generator import SyntheticHomeGenerator
from envirosense.home.building.mix import home_plan
from envirosense.home.engine.rules import ALL_DAYS, DAY_S, Rule
from envirosense.home.engine.run import run_rules
from envirosense.home.log import EventKind
from envirosense.home.model import Entity, Home
from tests.home.engine_cases import SECOND_US, hands, plain_days

N_HOMES = 40

type Automated = tuple[Home, tuple[Automation, ...]]


@pytest.fixture(scope="module")
def homes() -> list[Automated]:
    plans = home_plan(N_HOMES, 5)
    drawn = [
        SyntheticHomeGenerator().draw(one.home_type, one.size, one.region, 100 + at)
        for at, one in enumerate(plans)
    ]
    return [with_automations(home, 200 + at) for at, home in enumerate(drawn)]


def all_of(homes: list[Automated]) -> list[Automation]:
    return [one for _, automations in homes for one in automations]


def by_state_and_all(automations: tuple[Automation, ...]) -> tuple[int, int]:
    """Number of state triggers and of all triggers."""
    triggers: list[Any] = [one for each in automations for one in each.config()["triggers"]]  # type: ignore[attr-defined]
    return sum(one["trigger"] == "state" for one in triggers), len(triggers)


def test_homes_have_as_much_as_real_ones(homes: list[Automated]) -> None:
    configs: list[Any] = [one.config() for one in all_of(homes)]
    triggers = [trigger for one in configs for trigger in one["triggers"]]
    n = len(configs)
    assert n > 300
    assert 1.1 <= len(triggers) / n <= 1.7  # as in published configurations, like all figures here
    assert 1.4 <= sum(len(one["actions"]) for one in configs) / n <= 2.8
    assert 0.8 <= sum(len(one["conditions"]) for one in configs) / n <= 1.2
    counts = np.array([by_state_and_all(automations) for _, automations in homes])
    share = counts[:, 0].sum() / counts[:, 1].sum()
    error = np.sqrt(((counts[:, 0] - share * counts[:, 1]) ** 2).sum()) / counts[:, 1].sum()
    assert error < 0.05
    assert abs(share - 0.57) < 0.03 + 3 * error  # homes differ: the error is that of a ratio over homes
    assert len({one.plan.kind for one in all_of(homes)}) >= 12


def test_every_kind_has_a_weight(small_home: Home) -> None:
    drawn = {plan.drawn_as or plan.kind for plan in candidates(Ground(small_home, 1))}
    assert len(drawn) >= 12
    assert drawn <= set(WEIGHTS)


def test_their_entities_come_last_and_once(homes: list[Automated]) -> None:
    for at, (home, automations) in enumerate(homes):
        plan = home_plan(N_HOMES, 5)[at]
        plain = SyntheticHomeGenerator().draw(plan.home_type, plan.size, plan.region, 100 + at)
        assert home.entities[: len(plain.entities)] == plain.entities
        added = home.entities[len(plain.entities) :]
        assert {one.domain for one in added} <= {"automation", "script", "scene"}
        assert len({one.entity_id for one in home.entities}) == len(home.entities)
        assert len({one.unique_id for one in home.entities}) == len(home.entities)
        assert [home.entities[one.number].entity_id for one in automations] == [
            one.entity_id for one in automations
        ]
        least, most = COUNTS[home.size]
        assert min(least, len(candidates(Ground(plain, 200 + at)))) <= len(automations) <= most


def test_the_same_seed_draws_the_same(small_home: Home) -> None:
    one, again, other = (repr(with_automations(small_home, seed)) for seed in (3, 3, 4))  # NaN equals no NaN
    assert one == again
    assert one != other


def test_another_device_leaves_the_others_as_they_were(small_home: Home) -> None:
    lamp = Entity("light.new", "new", "light", "New", area_id="kitchen", states=("off", "on"))
    more = replace(small_home, entities=(*small_home.entities, lamp))
    before = {(one.kind, one.place): one for one in candidates(Ground(small_home, 3))}
    after = {(one.kind, one.place): one for one in candidates(Ground(more, 3))}
    assert set(before) <= set(after)
    elsewhere = [
        key for key, one in before.items() if "kitchen" not in key[1] and "light.new" not in str(one)
    ]
    assert len(elsewhere) > 20
    assert all([each.at_s for each in before[key].triggers] == pytest.approx(
        [each.at_s for each in after[key].triggers], nan_ok=True) for key in elsewhere)  # fmt: skip


def seconds(length: dict[str, int]) -> float:
    sizes = {"hours": 3600, "minutes": 60, "seconds": 1}
    return float(sum(sizes[unit] * number for unit, number in length.items()))


def of_day(text: str) -> float:
    sign = -1.0 if text.startswith("-") else 1.0
    hours, minutes, secs = map(int, text.lstrip("-").split(":"))
    return sign * (3600 * hours + 60 * minutes + secs)


def said_by_config(config: Any) -> set[tuple[object, ...]]:
    """Each way from a trigger to an action: trigger, its length, conditions, entity, service, data, delay."""
    ways = set()
    conditions = frozenset(str(sorted(one.items())) for one in config["conditions"])
    for trigger in config["triggers"]:
        start = {key: value for key, value in trigger.items() if key != "for"}
        waited_s = seconds(trigger.get("for", {}))
        for step in config["actions"]:
            if "delay" in step:
                waited_s += seconds(step["delay"])
                continue
            for entity_id in step["target"]["entity_id"]:
                data = str(step.get("data", {}))
                ways.add((str(start), waited_s, conditions, entity_id, step["action"], data))
    return ways


def said_by_rule(home: Home, rule: Rule) -> tuple[object, ...]:
    def name(entity: int, code: int) -> tuple[str, str]:
        return home.entities[entity].entity_id, home.entities[entity].states[code]

    if rule.trigger_entity >= 0:
        entity_id, state = name(rule.trigger_entity, rule.trigger_code)
        start: dict[str, str] = {"trigger": "state", "entity_id": entity_id, "to": state}
    elif rule.is_at_sunset:
        start = {"trigger": "sun", "event": "sunset", "offset": clock(rule.at_s)}
    else:
        start = {"trigger": "time", "at": clock(rule.at_s)}
    asked = [
        {"condition": "state", "entity_id": entity_id, "state": state}
        for entity_id, state in (name(one.entity, one.code) for one in rule.conditions)
    ]
    if rule.delay_s >= 1.0 and asked and rule.delay_sigma == 0.0:
        held = [
            one
            for one in asked
            if (one["entity_id"], one["state"]) == tuple(start.get(k) for k in ("entity_id", "to"))
        ]
        asked = [one for one in asked if one not in held[-1:]] + held[1:]
    times: dict[str, object] = {}
    if (rule.from_s, rule.until_s) != (0.0, DAY_S):
        times |= {"after": clock(rule.from_s), "before": clock(rule.until_s)}
    if rule.days != ALL_DAYS:
        times |= {"weekday": [day for bit, day in enumerate(WEEKDAYS) if rule.days >> bit & 1]}
    conditions = [*asked, *([{"condition": "time", **times}] if times else [])]
    action = home.entities[rule.action_entity]
    called, data = service(action, action.states[rule.action_code], rule.action_value)
    said = frozenset(str(sorted(one.items())) for one in conditions)
    delay_s = 0.0 if rule.delay_sigma else rule.delay_s
    return str(start), delay_s, said, action.entity_id, called, str(data)


def test_the_configuration_says_what_the_rules_do(homes: list[Automated]) -> None:
    for home, automations in homes:
        for one in automations:
            own = [rule for rule in one.rules if rule.automation_entity == one.number]
            assert {said_by_rule(home, rule) for rule in own} == said_by_config(one.config()), one.alias


def test_scripts_and_scenes_say_what_their_rules_do(homes: list[Automated]) -> None:
    counted: Counter[str] = Counter()
    for home, automations in homes:
        for one in automations:
            rest = [rule for rule in one.rules if rule.automation_entity < 0]
            moved = {home.entities[rule.action_entity].entity_id for rule in rest}
            said: set[str] = set()
            for scene in one.scene_configs():
                said |= set(scene["entities"])  # type: ignore[call-overload]
            for script in one.script_configs().values():
                steps: Any = script["sequence"]
                said |= {each for step in steps for each in step.get("target", {}).get("entity_id", [])}
            assert said == moved
            counted.update(home.entities[rule.trigger_entity].domain for rule in rest)
    assert counted["script"] > 0
    assert counted["scene"] > 0


def test_rules_of_a_home_have_names_of_their_own(homes: list[Automated]) -> None:
    for _, automations in homes:
        names = [rule.name for one in automations for rule in one.rules]
        assert len(set(names)) == len(names)


def test_what_is_reserved_is_left_alone(homes: list[Automated]) -> None:
    for at, (home, automations) in enumerate(homes):
        made = {"automation", "script", "scene"}
        plain = replace(home, entities=tuple(one for one in home.entities if one.role not in made))
        reserved = frozenset(plain.with_role("light")[::2])
        names = {plain.entities[number].entity_id for number in reserved}
        left = with_automations(plain, 200 + at, reserved)[1]
        acted = {rule.action_entity for one in left for rule in one.rules}
        assert not acted & reserved
        assert not any(str(one.config()["actions"]).find(f"'{name}'") >= 0 for one in left for name in names)
        assert all(one.rules for one in left)
        assert repr(with_automations(plain, 200 + at)[1]) == repr(automations)


def test_a_home_with_reserved_entities_has_as_many(small_home: Home) -> None:
    reserved = frozenset(small_home.with_role("light")[::2])
    whole, automations = with_automations(small_home, 3)
    spared, others = with_automations(small_home, 3, reserved)
    assert len(others) == len(automations)
    assert not {rule.action_entity for one in others for rule in one.rules} & reserved
    assert sum(one.domain == "automation" for one in spared.entities) == len(others)
    assert whole != spared


def test_a_home_moves_by_its_automations(small_home: Home) -> None:
    home = small_home
    plans = {(one.kind, one.place): one for one in candidates(Ground(home, 3))}
    light_on, light_off = plans["motion_light", "hallway"], plans["motion_light_off", "hallway"]
    light_on = replace(light_on, conditions=())
    own = [Entity(f"automation.a{at}", f"a{at}", "automation", "A", states=("off", "on")) for at in (0, 1)]
    whole = replace(home, entities=(*home.entities, *own))
    first = len(home.entities)
    rules = (*rules_of(light_on, "automation.a0", first), *rules_of(light_off, "automation.a1", first + 1))
    motion, light = (home.with_role(role, "hallway")[0] for role in ("motion", "light"))
    wishes = hands((100, motion, 1), (160, motion, 0), (170, motion, 1), (300, motion, 0))
    log, _ = run_rules(whole, rules, wishes, plain_days(), 1, 1)
    hold_s = light_off.triggers[0].hold_s
    at_s = log.t_us[log.entity == light] / SECOND_US
    assert at_s[0] == pytest.approx(100.0 + DEVICE_S, rel=0.02)
    assert at_s[-1] == pytest.approx(300.0 + hold_s)
    caused = log.cause[log.entity == light]
    assert (log.kind[caused] == EventKind.AUTOMATION_TRIGGERED).all()


def test_lengths_and_times_are_written_as_home_assistant_reads_them() -> None:
    assert [for_time(s) for s in (7200, 300, 90)] == [{"hours": 2}, {"minutes": 5}, {"seconds": 90}]
    assert [clock(s) for s in (27000, -900, 0)] == ["07:30:00", "-00:15:00", "00:00:00"]
    sensor = Entity("binary_sensor.x", "x", "motion", "X", states=("off", "on"))
    with pytest.raises(ValueError, match=r"no service puts binary_sensor\.x"):
        service(sensor, "on", 1.0)
