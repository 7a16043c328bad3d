from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.behaviour.stimuli_of_lives import base_stimuli
from envirosense.home.engine.rules import Rule
from envirosense.home.engine.run import run_rules
from envirosense.home.faults import (
    SHARES,
    FailureKind,
    Fate,
    Fault,
    draw_faults,
    faulted,
    outages,
    with_faults,
    with_stream_faults,
)
from envirosense.home.log import EventKind, EventLog, Origin
from envirosense.home.model import UNAVAILABLE, Entity, Home
from envirosense.home.people.lives import DAY_US, SECOND_US
from envirosense.home.people.residents import live
from envirosense.home.sensing.numeric_reports import numeric_reports
from envirosense.home.sensing.rooms import room_climate
from envirosense.home.surroundings.context_series import draw_context

N_DAYS = 6
SEED = 3
START_US, END_US = 2 * DAY_US + DAY_US // 3, 4 * DAY_US
ROBOT = Entity("automation.hall_light", "automation-hall", "automation", "Hall Light", states=("off", "on"))


@pytest.fixture(scope="module")
def home(small_home: Home) -> Home:
    return replace(small_home, entities=(*small_home.entities, ROBOT))


@pytest.fixture(scope="module")
def log(home: Home) -> EventLog:
    context = draw_context(home, datetime(2026, 3, 1, 23, tzinfo=UTC), N_DAYS, SEED)
    lives = live(home, context, N_DAYS, SEED)
    light = home.entity_index["light.hall_light"]
    stimuli = base_stimuli(home, lives, context, frozenset({light}), N_DAYS, SEED)
    rooms = room_climate(home, lives, context, N_DAYS, SEED)
    rule = Rule(
        "hall",
        is_habit=False,
        action_entity=light,
        action_code=1,
        trigger_entity=home.entity_index["binary_sensor.hall_motion"],
        trigger_code=1,
        delay_s=1.0,
        revert_s=120.0,
        automation_entity=home.entity_index["automation.hall_light"],
    )
    states, _ = run_rules(home, (rule,), Stimuli.merged(stimuli, rooms.stimuli), context, N_DAYS, SEED)
    return EventLog.merged(states, numeric_reports(home, rooms, lives, states, context, N_DAYS, SEED))


def fault(home: Home, kind: FailureKind, symptom: str, *entity_ids: str) -> Fault:
    numbers = tuple(home.entity_index[one] for one in entity_ids)
    return Fault(kind, home.entities[numbers[0]].device_id, numbers, START_US, END_US, symptom)


def rows_of(log: EventLog, home: Home, entity_id: str) -> np.ndarray:
    return np.flatnonzero(
        (log.entity == home.entity_index[entity_id]) & (log.kind == EventKind.STATE_CHANGED)
    )


def inside(log: EventLog, rows: np.ndarray) -> np.ndarray:
    return rows[(log.t_us[rows] >= START_US) & (log.t_us[rows] < END_US)]


def assert_sound(log: EventLog, home: Home) -> None:
    assert np.all(np.diff(log.t_us) >= 0)
    has_cause = np.flatnonzero(log.cause >= 0)
    assert np.all(log.cause[has_cause] < has_cause)
    for entity, one in enumerate(home.entities):
        rows = np.flatnonzero((log.entity == entity) & (log.kind == EventKind.STATE_CHANGED))
        said = log.value[rows] if one.is_numeric or one.domain == "climate" else np.zeros(rows.size)
        repeated = (log.code[rows][1:] == log.code[rows][:-1]) & (said[1:] == said[:-1])
        assert not repeated.any(), one.entity_id
    keys = np.stack([log.t_us, log.entity, log.kind], axis=1)
    assert len(np.unique(keys, axis=0)) == len(log)


def test_no_failure_changes_nothing(log: EventLog, home: Home) -> None:
    assert with_faults(log, (), home, SEED) is log


def test_a_dead_device_is_unavailable_until_it_is_repaired(log: EventLog, home: Home) -> None:
    name = "sensor.bath_climate_temperature"
    broken = with_faults(log, [fault(home, FailureKind.SUDDEN, "unavailable", name)], home, SEED)
    assert_sound(broken, home)
    rows = rows_of(broken, home, name)
    silent = rows[broken.code[rows] == UNAVAILABLE]
    assert silent.size == 1
    assert abs(broken.t_us[silent[0]] - START_US) < 5 * SECOND_US
    back = rows[np.flatnonzero(rows == silent[0])[0] + 1]
    assert abs(broken.t_us[back] - END_US) < 5 * SECOND_US
    before = rows_of(log, home, name)
    assert broken.value[back] == log.value[before[log.t_us[before] < END_US][-1]]
    assert broken.origin[back] == Origin.FAULT


def test_what_an_automation_did_not_hear_it_does_not_answer(log: EventLog, home: Home) -> None:
    failure = fault(home, FailureKind.SUDDEN, "unavailable", "binary_sensor.hall_motion")
    broken = with_faults(log, [failure], home, SEED)
    assert_sound(broken, home)
    lit = [inside(one, rows_of(one, home, "light.hall_light")) for one in (log, broken)]
    assert lit[0].size > 10
    assert lit[1].size <= 1  # the end of the last one before
    triggers = (broken.kind == EventKind.AUTOMATION_TRIGGERED) & (broken.t_us >= START_US)
    assert not (triggers & (broken.t_us < END_US)).any()


def test_others_are_left_alone(log: EventLog, home: Home) -> None:
    failure = fault(home, FailureKind.SUDDEN, "unavailable", "sensor.bath_climate_temperature")
    broken = with_faults(log, [failure], home, SEED)
    others = [one.t_us[one.entity != failure.entities[0]] for one in (log, broken)]
    assert np.array_equal(others[0], others[1])


def test_a_stuck_sensor_is_silent_but_there(log: EventLog, home: Home) -> None:
    name = "sensor.bed_climate_humidity"
    broken = with_faults(log, [fault(home, FailureKind.SUDDEN, "frozen", name)], home, SEED)
    assert_sound(broken, home)
    rows = rows_of(broken, home, name)
    assert not inside(broken, rows).size
    assert not (broken.code[rows] == UNAVAILABLE).any()


def test_a_drifting_sensor_goes_further_and_further_off(log: EventLog, home: Home) -> None:
    name = "sensor.living_motion_temperature"
    broken = with_faults(log, [fault(home, FailureKind.PROGRESSIVE, "drift", name)], home, SEED)
    assert_sound(broken, home)
    rows = inside(broken, rows_of(broken, home, name))
    place = log.places_of(broken)[rows]
    off = np.abs(broken.value[rows] - log.value[place])
    part = (broken.t_us[rows] - START_US) / (END_US - START_US)
    assert off[part < 0.1].max(initial=0.0) < 1.0
    assert off[part > 0.8].mean() > 1.0


def test_a_failing_contact_misses_more_and_more(log: EventLog, home: Home) -> None:
    name = "binary_sensor.kitchen_motion"
    broken = with_faults(log, [fault(home, FailureKind.PROGRESSIVE, "missed events", name)], home, SEED)
    assert_sound(broken, home)
    middle = (START_US + END_US) // 2
    share = []
    for low, high in ((START_US, middle), (middle, END_US)):
        heard = [
            ((one.t_us[rows] >= low) & (one.t_us[rows] < high)).sum()
            for one, rows in ((each, rows_of(each, home, name)) for each in (broken, log))
        ]
        share.append(heard[0] / heard[1])
    assert share[1] < share[0] < 1.0


def test_a_flapping_device_comes_and_goes(log: EventLog, home: Home) -> None:
    name = "light.living_light"
    broken = with_faults(log, [fault(home, FailureKind.INTERMITTENT, "flapping", name)], home, SEED)
    assert_sound(broken, home)
    rows = inside(broken, rows_of(broken, home, name))
    assert (broken.code[rows] == UNAVAILABLE).sum() >= 10


def test_a_battery_dies_slowly_and_is_replaced(log: EventLog, home: Home) -> None:
    names = ("binary_sensor.bath_motion", "sensor.bath_motion_battery")
    broken = with_faults(log, [fault(home, FailureKind.BATTERY, "low battery", *names)], home, SEED)
    assert_sound(broken, home)
    rows = inside(broken, rows_of(broken, home, names[1]))
    charge = broken.value[rows][broken.code[rows] != UNAVAILABLE]
    assert charge.size >= 3
    assert np.all(np.diff(charge) < 0.0)
    assert broken.code[rows[-1]] == UNAVAILABLE
    after = rows_of(broken, home, names[1])
    assert broken.value[after[broken.t_us[after] >= END_US][0]] == 100.0
    motion = inside(broken, rows_of(broken, home, names[0]))
    assert broken.code[motion[-1]] == UNAVAILABLE


def test_a_wrong_unit_turns_celsius_into_fahrenheit(log: EventLog, home: Home) -> None:
    name = "sensor.bed_climate_temperature"
    broken = with_faults(log, [fault(home, FailureKind.CONFIG_ERROR, "wrong unit", name)], home, SEED)
    assert_sound(broken, home)
    rows = inside(broken, rows_of(broken, home, name))
    place = log.places_of(broken)[rows]
    assert np.allclose(broken.value[rows], 1.8 * log.value[place] + 32.0, atol=0.06)


def test_an_inverted_contact_says_the_opposite(log: EventLog, home: Home) -> None:
    name = "binary_sensor.front_door"
    broken = with_faults(log, [fault(home, FailureKind.CONFIG_ERROR, "inverted", name)], home, SEED)
    assert_sound(broken, home)
    rows = inside(broken, rows_of(broken, home, name))
    place = log.places_of(broken)[rows]
    assert rows.size >= 2
    assert np.array_equal(broken.code[rows], 1 - log.code[place])


def test_a_loop_of_automations_runs_away(log: EventLog, home: Home) -> None:
    names = ("automation.hall_light", "light.bath_light")
    short = replace(
        fault(home, FailureKind.AUTOMATION_LOOP, "runaway automation", *names), end_us=START_US + DAY_US // 96
    )
    broken = with_faults(log, [short], home, SEED)
    assert_sound(broken, home)
    turns = (broken.kind == EventKind.AUTOMATION_TRIGGERED) & (broken.origin == Origin.FAULT)
    assert turns.sum() > 100
    moved = broken.cause[inside(broken, rows_of(broken, home, names[1]))]
    assert np.all(np.isin(np.flatnonzero(turns), moved))


def test_an_overloaded_host_reports_late_and_restarts(log: EventLog, home: Home) -> None:
    everything = tuple(one.entity_id for one in home.entities)
    long = fault(home, FailureKind.RESOURCE_EXHAUSTION, "late reports", *everything)
    late = replace(long, end_us=START_US + DAY_US // 12)
    broken = with_faults(log, [late], home, SEED)
    assert_sound(broken, home)
    told = [((one.t_us >= START_US) & (one.t_us < START_US + DAY_US // 24)).sum() for one in (log, broken)]
    assert told[1] < told[0]
    place = faulted(log, [late], home, SEED)[1]
    found = np.flatnonzero(place >= 0)
    assert np.array_equal(broken.entity[place[found]], log.entity[found])
    assert found.size > 0.97 * len(log)
    away = broken.t_us[broken.code == UNAVAILABLE]
    assert away.size > 20
    assert np.ptp(away) == 0


def test_a_cloud_that_counts_calls_stops_answering_each_hour(log: EventLog, home: Home) -> None:
    names = ("sensor.carbon_intensity", "weather.home")
    broken = with_faults(
        log, [fault(home, FailureKind.API_RATE_LIMIT, "missing updates", *names)], home, SEED
    )
    assert_sound(broken, home)
    told = [inside(one, rows_of(one, home, names[0])).size for one in (log, broken)]
    assert 0 < told[1] < 0.8 * told[0]  # at most three of the four changes of an hour are heard


def test_kinds_come_in_their_shares(home: Home) -> None:
    found = [one.kind for seed in range(150) for one in draw_faults(home, 90, seed, 2.0)]
    n = len(found)
    assert n == pytest.approx(150 * 6, rel=0.12)
    for kind, share in SHARES.items():
        assert abs(found.count(kind) / n - share) < 5.0 * np.sqrt(share * (1.0 - share) / n), kind


def test_failures_lie_within_the_episode_and_apart(home: Home) -> None:
    for seed in range(20):
        faults = draw_faults(home, 30, seed, 6.0)
        assert list(faults) == sorted(faults, key=lambda one: one.start_us)
        for at, one in enumerate(faults):
            assert 0 <= one.start_us < one.end_us <= 30 * DAY_US
            assert one.entities
            for other in faults[at + 1 :]:
                apart = one.end_us < other.start_us
                assert apart or set(one.entities).isdisjoint(other.entities)


def test_all_that_a_home_may_meet_together_is_sound(log: EventLog, home: Home) -> None:
    for seed in range(4):
        faults = draw_faults(home, N_DAYS, seed, 40.0)
        broken = with_faults(log, faults, home, seed)
        assert_sound(broken, home)
        again = with_faults(log, faults, home, seed)
        assert np.array_equal(broken.t_us, again.t_us)


def test_another_device_seldom_changes_who_fails(home: Home) -> None:
    faults = draw_faults(home, 90, SEED, 3.0)
    fewer = tuple(one for one in home.entities if one.device_id != "speaker")
    other = draw_faults(replace(home, entities=fewer), 90, SEED, 3.0)
    starts = {one.start_us for one in faults} & {one.start_us for one in other}
    assert len(starts) > 0.7 * len(faults)


def test_a_loop_moves_what_its_automation_acts_on(home: Home) -> None:
    automations = [home.entities[at].entity_id for at in home.with_role("automation")]
    moved = {automations[0]: ["light.hall_light", "lock.front_lock"]}
    loops = [
        one
        for seed in range(60)
        for one in draw_faults(home, 90, seed, 6.0, moved)
        if one.kind is FailureKind.AUTOMATION_LOOP
    ]
    wanted = (home.entity_index[automations[0]], home.entity_index["light.hall_light"])
    assert loops
    assert {one.entities for one in loops} == {wanted}
    none = [one for seed in range(60) for one in draw_faults(home, 90, seed, 6.0, {})]
    assert not any(one.kind is FailureKind.AUTOMATION_LOOP for one in none)


def test_what_becomes_of_a_message_hangs_on_its_entity_and_time_alone(log: EventLog, home: Home) -> None:
    whole = with_stream_faults(log, home, SEED, drop=0.05, duplicate=0.03, late=0.01)
    kept = np.flatnonzero(log.entity != log.entity[0])
    fewer = with_stream_faults(log.take(kept), home, SEED, drop=0.05, duplicate=0.03, late=0.01)
    assert np.array_equal(
        kept[fewer.dropped], np.setdiff1d(whole.dropped, np.flatnonzero(log.entity == log.entity[0]))
    )


def test_another_failure_moves_no_symptom(log: EventLog, home: Home) -> None:
    drift = fault(home, FailureKind.PROGRESSIVE, "drift", "sensor.bed_climate_temperature")
    other = fault(home, FailureKind.SUDDEN, "unavailable", "light.hall_light")
    one, both = (with_faults(log, faults, home, SEED) for faults in ([drift], [other, drift]))
    entity = home.entity_index["sensor.bed_climate_temperature"]
    assert np.array_equal(one.value[one.entity == entity], both.value[both.entity == entity])


def test_whole_outages_are_told_to_the_engine(home: Home) -> None:
    dead = fault(home, FailureKind.SUDDEN, "unavailable", "light.hall_light")
    drifting = fault(home, FailureKind.PROGRESSIVE, "drift", "sensor.bed_climate_temperature")
    silent = outages([dead, drifting])
    assert list(silent.entity) == [home.entity_index["light.hall_light"]]
    assert silent.start_us[0] == START_US


def test_messages_are_lost_and_doubled_in_their_shares(log: EventLog, home: Home) -> None:
    n = len(log)
    sent = with_stream_faults(log, home, SEED, drop=0.05, duplicate=0.03, late=0.01)
    for seen, share in (
        (sent.dropped.size, 0.05),
        ((sent.fate == Fate.AGAIN).sum(), 0.03),
        ((sent.fate == Fate.LATE).sum(), 0.01),
    ):
        assert abs(seen / n - share) < 5.0 * np.sqrt(share / n)
    assert np.array_equal(np.union1d(sent.row, sent.dropped), np.arange(n))
    assert not np.isin(sent.dropped, sent.row).any()


def test_messages_arrive_after_their_events_and_late_ones_are_overtaken(log: EventLog, home: Home) -> None:
    sent = with_stream_faults(log, home, SEED, drop=0.0, duplicate=0.0, late=0.02)
    assert np.all(np.diff(sent.arrived_us) >= 0)
    assert np.all(sent.arrived_us >= log.t_us[sent.row])
    assert np.any(np.diff(sent.row) < 0)
    in_time = sent.fate == Fate.IN_TIME
    assert np.all(np.diff(sent.row[in_time]) > 0)


def test_a_good_link_delivers_everything_as_it_is(log: EventLog, home: Home) -> None:
    sent = with_stream_faults(log, home, SEED, drop=0.0, duplicate=0.0, late=0.0)
    assert np.array_equal(sent.row, np.arange(len(log)))
    assert np.array_equal(sent.arrived_us, log.t_us)


def test_more_than_all_messages_cannot_fail(log: EventLog, home: Home) -> None:
    with pytest.raises(ValueError, match="shares"):
        with_stream_faults(log, home, SEED, drop=0.9, late=0.2)
