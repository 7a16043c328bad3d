"""The engine: what follows from what, when, and how often."""

from dataclasses import replace

import numpy as np
import pytest

from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.engine.occurrences import Occurrences
from envirosense.home.engine.rules import Condition, Outcome, Rule
from envirosense.home.engine.run import Outages, initial_codes, run_rules
from envirosense.home.log import NO_CAUSE, EventKind, EventLog, Origin
from tests.home.engine_cases import (
    AUTOMATION,
    DAY_US,
    PERSON,
    SCENE,
    SCRIPT,
    SECOND_US,
    THERMOSTAT,
    A,
    B,
    C,
    D,
    hands,
    plain_days,
    switches,
)

ON, OFF = 1, 0


def ran(*rules: Rule, wishes: Stimuli, n_days: int = 1, **options: object) -> tuple[EventLog, Occurrences]:
    return run_rules(switches(), rules, wishes, plain_days(n_days), n_days, 1, **options)  # type: ignore[arg-type]


def habit(name: str, trigger: int, action: int, **options: object) -> Rule:
    given = {"trigger_entity": trigger, "trigger_code": ON, "action_code": ON, "delay_s": 1.0}
    return Rule(name, True, action_entity=action, **given | options)  # type: ignore[arg-type]


def automation(name: str, trigger: int, action: int, **options: object) -> Rule:
    return replace(habit(name, trigger, action, **options), is_habit=False, automation_entity=AUTOMATION)


def flicker(n: int, every_s: float, *, first_s: float = 100.0) -> Stimuli:
    """`A` goes on `n` times and off in between."""
    return hands(*((first_s + every_s * at / 2, A, (at + 1) % 2) for at in range(2 * n)))


def test_a_change_is_a_change() -> None:
    rng = np.random.default_rng(1)
    wishes = hands(*((float(t), int(rng.integers(4)), int(rng.integers(2))) for t in range(1000)))
    log, _ = ran(habit("x", A, B), automation("y", B, C, action_code=OFF), wishes=wishes)
    for entity in range(4):
        codes = log.code[(log.entity == entity) & (log.kind == EventKind.STATE_CHANGED)]
        assert codes.size > 100
        assert codes[0] == ON
        assert (codes[1:] != codes[:-1]).all()


def test_times_rise_and_causes_come_earlier() -> None:
    rules = [automation(f"r{at}", A, at % 3 + 1, action_code=at // 3 % 2, delay_s=0.0) for at in range(6)]
    log, occurrences = ran(*rules, wishes=flicker(50, 20.0))
    assert (np.diff(log.t_us) > 0).all()
    assert (log.cause < np.arange(len(log))).all()
    assert (np.diff(occurrences.trigger_us) >= 0).all()
    assert set(occurrences.outcome) == {Outcome.DONE, Outcome.REDUNDANT}


def test_an_action_tells_who_and_why() -> None:
    log, occurrences = ran(
        habit("x", A, B, person=3, action_value=77.0),
        wishes=hands((10, A, ON), (20, B, ON)),
    )
    assert log.entity.tolist() == [A, B]
    assert log.t_us.tolist() == [10 * SECOND_US, 11 * SECOND_US]
    assert (log.origin[1], log.person[1], log.cause[1], log.rule[1]) == (Origin.PERSON, 3, 0, 0)
    assert log.value[1] == 77.0
    assert np.isnan(log.value[0])
    assert (log.cause[0], log.rule[0]) == (NO_CAUSE, -1)
    assert (occurrences.trigger[0], occurrences.action[0], occurrences.due_us[0]) == (0, 1, 11 * SECOND_US)


def test_probability_is_that_of_the_rule() -> None:
    n, share = 8000, 0.7
    _, occurrences = ran(habit("x", A, B, probability=share), wishes=flicker(n, 10.0))
    followed = np.mean(occurrences.outcome != Outcome.LEFT)
    assert len(occurrences) == n
    assert abs(followed - share) < 5 * np.sqrt(share * (1 - share) / n)


def test_delays_are_lognormal_about_their_median() -> None:
    n, delay_s, sigma = 4000, 3.0, 0.5
    _, occurrences = ran(habit("x", A, B, delay_s=delay_s, delay_sigma=sigma), wishes=flicker(n, 20.0))
    of = np.log((occurrences.due_us - occurrences.trigger_us) / SECOND_US / delay_s)[occurrences.outcome < 2]
    assert of.size > 0.99 * n
    assert abs(of.mean()) < 5 * sigma / np.sqrt(n)
    assert abs(of.std() - sigma) < 5 * sigma / np.sqrt(2 * n)


def test_another_rule_moves_no_draw() -> None:
    one = habit("x", A, B, probability=0.5, delay_sigma=0.5)
    other = habit("y", A, C, probability=0.5, delay_sigma=0.5)
    _, alone = ran(one, wishes=flicker(200, 100.0))
    _, both = ran(other, one, wishes=flicker(200, 100.0))
    mine = both.rule == 1
    assert (both.outcome[mine] == alone.outcome).all()
    assert (both.due_us[mine] == alone.due_us).all()
    assert (both.outcome[~mine] != alone.outcome).any()


def test_an_automation_is_triggered_once_for_all_its_actions() -> None:
    rules = [automation("x", A, B), automation("y", A, C), automation("z", A, D, delay_s=60.0)]
    log, _ = ran(*rules, wishes=hands((10, A, ON)))
    assert log.kind.tolist() == [0, EventKind.AUTOMATION_TRIGGERED, 0, 0, 0]
    assert log.entity.tolist() == [A, AUTOMATION, B, C, D]
    assert log.cause.tolist() == [-1, 0, 1, 1, 1]
    assert set(log.origin[1:]) == {Origin.AUTOMATION}


def test_an_automation_that_is_switched_off_does_nothing() -> None:
    log, occurrences = ran(automation("x", A, B), wishes=hands((5, AUTOMATION, OFF), (10, A, ON)))
    assert B not in log.entity
    assert occurrences.outcome.tolist() == [Outcome.NOT_ALLOWED]


def test_scripts_and_scenes_hand_the_cause_on() -> None:
    rules = [
        automation("call", A, SCRIPT),
        habit("in script", SCRIPT, SCENE, action_code=0),
        habit("in scene", SCENE, B, trigger_code=0),
    ]
    log, _ = ran(*rules, wishes=hands((10, A, ON), (20, A, OFF), (30, A, ON)))
    kinds = [EventKind.STATE_CHANGED, EventKind.AUTOMATION_TRIGGERED, EventKind.SCRIPT_STARTED]
    kinds += [EventKind.SCENE_ACTIVATED]
    assert log.kind[:5].tolist() == [*kinds, EventKind.STATE_CHANGED]
    assert log.cause[:5].tolist() == [-1, 0, 1, 2, 3]
    assert (log.kind == EventKind.SCRIPT_STARTED).sum() == 2  # a script starts again in the state it is in


def test_an_automation_that_waits_starts_anew() -> None:
    held = automation("x", A, B, trigger_code=OFF, delay_s=60.0, conditions=(Condition(A, OFF),))
    wishes = hands((1, A, ON), (10, A, OFF), (30, A, ON), (40, A, OFF), (200, A, ON))
    log, occurrences = ran(held, wishes=wishes)
    assert occurrences.outcome.tolist() == [Outcome.BROKEN_OFF, Outcome.DONE]
    at = int(np.flatnonzero(log.entity == AUTOMATION)[0])
    assert log.t_us[at] == 100 * SECOND_US  # told when the wait is over, by the trigger that lasted
    assert log.t_us[log.cause[at]] == 40 * SECOND_US


def test_a_condition_must_hold_when_the_action_is_due() -> None:
    rule = habit("x", A, B, delay_s=30.0, conditions=(Condition(C, ON),))
    wishes = hands((1, C, ON), (10, A, ON), (20, C, OFF), (60, A, OFF), (70, A, ON))
    _, occurrences = ran(rule, wishes=wishes)
    assert occurrences.outcome.tolist() == [Outcome.NOT_ALLOWED, Outcome.NOT_ALLOWED]
    assert occurrences.due_us.tolist() == [40 * SECOND_US, 70 * SECOND_US]


@pytest.mark.parametrize(
    ("wishes", "off_s"),
    [
        pytest.param(((10, A, ON),), 111, id="after its time"),
        pytest.param(((10, A, ON), (50, A, OFF), (60, A, ON)), 161, id="a new trigger starts it anew"),
        pytest.param(((10, A, ON), (50, B, OFF), (60, B, ON)), None, id="a hand takes over"),
    ],
)
def test_an_action_is_undone(wishes: tuple[tuple[float, int, int], ...], off_s: int | None) -> None:
    log, _ = ran(habit("x", A, B, revert_s=100.0), wishes=hands(*wishes))
    undone = (log.entity == B) & (log.code == OFF) & (log.rule == 0)
    assert (log.t_us[undone] // SECOND_US).tolist() == ([] if off_s is None else [off_s])


def test_loops_end() -> None:
    there, back = habit("x", A, B), habit("y", B, A, action_code=OFF)
    loop = [there, back, habit("z", A, B, trigger_code=OFF, action_code=OFF)]
    loop += [habit("w", B, A, trigger_code=OFF)]
    log, occurrences = ran(*loop, wishes=hands((10, A, ON)), max_chain=9)
    assert len(log) == 10
    assert occurrences.outcome[-1] == Outcome.NOT_ALLOWED


def test_long_chains_fit() -> None:
    there, back = habit("x", A, B), habit("y", B, A, action_code=OFF)
    loop = [there, back, habit("z", A, B, trigger_code=OFF, action_code=OFF)]
    loop += [habit("w", B, A, trigger_code=OFF)]
    log, _ = ran(*loop, wishes=hands((10, A, ON)), max_chain=5000)
    assert len(log) == 5001


def test_what_does_not_answer_neither_obeys_nor_reports() -> None:
    outages = Outages(np.array([B, A]), np.array([5, 100]) * SECOND_US, np.array([50, 150]) * SECOND_US)
    wishes = hands((10, A, ON), (60, A, OFF), (70, A, ON), (120, A, OFF), (130, A, ON), (160, A, OFF))
    log, occurrences = ran(habit("x", A, B), wishes=wishes, outages=outages)
    assert occurrences.outcome.tolist() == [Outcome.FAILED, Outcome.DONE]
    assert (log.t_us[log.entity == A] // SECOND_US).tolist() == [10, 60, 70, 160]


def test_what_is_not_over_at_the_end_is_broken_off() -> None:
    log, occurrences = ran(habit("x", A, B, delay_s=60.0), wishes=hands((86_390, A, ON), (86_500, A, OFF)))
    assert len(log) == 1
    assert occurrences.outcome.tolist() == [Outcome.BROKEN_OFF]


@pytest.mark.parametrize(
    ("options", "hours"),
    [
        ({"only_dark": True}, [1, 5, 19, 23]),
        ({"from_s": 8 * 3600.0, "until_s": 20 * 3600.0}, [9, 13, 19]),
        ({"from_s": 20 * 3600.0, "until_s": 6 * 3600.0}, [1, 5, 23]),
        ({"first_day": 1}, []),
        ({"days": 0b111_1110}, []),
    ],
    ids=["dark", "day", "night", "later", "not on Mondays"],
)
def test_a_rule_keeps_to_its_time(options: dict[str, object], hours: list[int]) -> None:
    wishes = hands(*((3600.0 * h + at, A, 1 - at) for h in (1, 5, 9, 13, 19, 23) for at in (0, 1)))
    _, occurrences = ran(habit("x", A, B, **options), wishes=wishes)
    allowed = occurrences.outcome != Outcome.NOT_ALLOWED
    assert (occurrences.trigger_us[allowed] // (3600 * SECOND_US)).tolist() == hours


def test_the_clock_starts_rules_on_their_days() -> None:
    by_clock = replace(habit("x", -1, B), at_s=8 * 3600.0, days=0b000_0101, revert_s=60.0, drift_s_day=10.0)
    log, occurrences = ran(by_clock, wishes=hands(), n_days=7)
    assert (
        occurrences.trigger_us - np.array([0, 2]) * DAY_US == (8 * 3600 + np.array([0, 20])) * SECOND_US
    ).all()
    assert (log.cause == [-1, 0, -1, 2]).all()
    sunset = replace(by_clock, at_s=-600.0, is_at_sunset=True, drift_s_day=0.0)
    _, at_dusk = ran(sunset, wishes=hands(), n_days=1)
    assert at_dusk.trigger_us.tolist() == [(18 * 3600 - 600) * SECOND_US]


def test_jitter_is_that_of_the_rule_and_of_no_other() -> None:
    rule = replace(habit("x", -1, B), at_s=12 * 3600.0, jitter_s=300.0)
    _, short = ran(rule, wishes=hands(), n_days=40)
    _, long = ran(replace(rule, name="y"), rule, wishes=hands(), n_days=80)
    mine = long.trigger_us[long.rule == 1]
    assert (mine[:40] == short.trigger_us).all()
    spread_s = (mine % DAY_US / SECOND_US - 12 * 3600.0).std()
    assert abs(spread_s - 300.0) < 5 * 300.0 / np.sqrt(160)


def test_a_new_set_point_is_a_change_of_a_thermostat_alone() -> None:
    wishes = replace_value(
        hands((1, THERMOSTAT, ON), (2, THERMOSTAT, ON), (3, THERMOSTAT, ON)), [20.0, 20.0, 21.0]
    )
    log, _ = ran(wishes=wishes)
    assert log.value.tolist() == [20.0, 21.0]
    lights = replace_value(hands((1, A, ON), (2, A, ON)), [10.0, 20.0])
    assert len(ran(wishes=lights)[0]) == 1


def replace_value(stimuli: Stimuli, values: list[float]) -> Stimuli:
    return replace(stimuli, value=np.array(values, dtype=np.float32))


def test_commands_come_before_what_they_ask_for() -> None:
    n = 4000
    wishes = hands(*((10.0 * at, A, (at + 1) % 2) for at in range(n)), origin=Origin.APP)
    shares = {EventKind.VOICE_COMMAND: 0.4, EventKind.WEBHOOK_TRIGGERED: 0.1, EventKind.API_CALL: 0.2}
    log, _ = ran(wishes=wishes, commands=shares)
    asked = log.kind[log.cause[log.cause >= 0]]
    for kind, share in shares.items():
        assert abs((asked == kind).sum() / n - share) < 5 * np.sqrt(share * (1 - share) / n)
    assert (log.entity[log.kind != 0] == A).all()
    assert (log.kind == 0).sum() == n


def test_homes_begin_at_rest() -> None:
    codes = initial_codes(switches())
    assert (codes[A], codes[AUTOMATION], codes[SCRIPT], codes[PERSON]) == (0, 1, 0, 1)


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ((habit("x", A, B), habit("x", A, C)), "twice: x"),
        ((habit("x", A, 99),), "entity 99"),
        ((habit("x", A, SCENE),), "has no state 1"),
        ((replace(habit("x", A, B), trigger_entity=-1),), "neither a trigger nor a time"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(rules: tuple[Rule, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ran(*rules, wishes=hands())


def test_stimuli_must_be_in_order() -> None:
    wishes = hands((1, A, ON), (2, A, OFF))
    with pytest.raises(ValueError, match="order of time"):
        ran(wishes=replace(wishes, t_us=wishes.t_us[::-1]))


@pytest.mark.parametrize("wish", [(1, A, 2), (1, 9, 0), (1, SCENE, 1)])
def test_stimuli_that_make_no_sense_are_refused(wish: tuple[float, int, int]) -> None:
    with pytest.raises(ValueError, match="stimul"):
        ran(wishes=hands(wish))
