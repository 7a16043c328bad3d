"""Synergies: which pairs belong together, and what the stream says of them."""

import numpy as np
import pytest

from envirosense.core.rng import stream
from envirosense.home.engine.rules import Rule
from envirosense.home.log import EventKind, EventLog, Origin
from envirosense.home.model import Home
from envirosense.home.patterns.measured import chance_share
from envirosense.home.patterns.observed import Change, ObservedEvents
from envirosense.home.patterns.synergies import UNRELATED, Synergy, SynergyStatus, synergies
from envirosense.home.patterns.synergy_evidence import by_chance

DAY_S = 86_400.0


def log_of(rows: list[tuple[float, int, int]]) -> EventLog:
    """A log of changes (second, entity, code)."""
    rows = sorted(rows)
    n = len(rows)
    return EventLog(
        np.array([int(t * 1e6) for t, _, _ in rows], dtype=np.int64),
        np.array([entity for _, entity, _ in rows], dtype=np.int32),
        np.full(n, EventKind.STATE_CHANGED, dtype=np.int8),
        np.array([code for _, _, code in rows], dtype=np.int16),
        np.full(n, np.nan, dtype=np.float32),
        np.full(n, Origin.DEVICE, dtype=np.int8),
        np.full(n, -1, dtype=np.int16),
        np.full(n, -1, dtype=np.int64),
        np.full(n, -1, dtype=np.int32),
    )


def lived_kitchen(home: Home) -> EventLog:
    """Motion moves the kitchen's light nine times in ten, the bathroom's four, another an hour later."""
    rng = stream(1, "test", "synergies")
    rooms = ("kitchen", "bath")
    motion, bath = (home.entity_index[f"binary_sensor.{one}_motion"] for one in rooms)
    light, lamp = (home.entity_index[f"light.{one}_light"] for one in rooms)
    other = home.entity_index["light.living_light"]
    rows = []
    for t in np.sort(rng.uniform(0, 60 * DAY_S, 500)):
        rows += [(t, motion, 1), (t + 60, motion, 0)]
        if rng.random() < 0.9:
            rows += [(t + 5, light, 1), (t + 300, light, 0)]
        if rng.random() < 0.3:
            rows += [(t + 3600, other, 1), (t + 4000, other, 0)]
        rows += [(t + 1000, bath, 1), (t + 1060, bath, 0)]
        if rng.random() < 0.4:
            rows += [(t + 1020, lamp, 1), (t + 1300, lamp, 0)]
    return log_of(rows)


def pair(home: Home, found: tuple[Synergy, ...], trigger: str, action: str) -> Synergy:
    want = (home.entity_index[trigger], home.entity_index[action])
    return next(one for one in found if (one.trigger_entity, one.action_entity) == want)


def test_a_pair_that_follows_is_used_and_one_that_does_not_is_none(small_home: Home) -> None:
    found = synergies(small_home, (), lived_kitchen(small_home), 1)
    used = pair(small_home, found, "binary_sensor.kitchen_motion", "light.kitchen_light")
    assert used.status is SynergyStatus.USED
    assert used.evidence.follow_rate == pytest.approx(0.9, abs=0.07)  # five standard errors, n = 500
    assert used.evidence.delay_s == pytest.approx(5.0, abs=0.1)
    assert used.evidence.lift > 10
    idle = pair(small_home, found, "binary_sensor.kitchen_motion", "light.living_light")
    assert idle.status is SynergyStatus.NONE


def test_a_rule_makes_a_pair_used(small_home: Home) -> None:
    motion = small_home.entity_index["binary_sensor.bath_motion"]
    light = small_home.entity_index["light.bath_light"]
    rule = Rule("automation/bath", False, light, 1, trigger_entity=motion, trigger_code=1)
    found = synergies(small_home, (rule,), lived_kitchen(small_home), 1)
    one = pair(small_home, found, "binary_sensor.bath_motion", "light.bath_light")
    assert one.status is SynergyStatus.USED
    assert one.rules == ("automation/bath",)


def test_active_together_and_not_linked_is_latent(small_home: Home) -> None:
    found = synergies(small_home, (), lived_kitchen(small_home), 1)
    one = pair(small_home, found, "binary_sensor.bath_motion", "light.bath_light")
    assert one.status is SynergyStatus.LATENT
    assert one.evidence.follow_rate == pytest.approx(0.4, abs=0.11)  # five standard errors, n = 500
    assert one.evidence.lift > 10
    assert not one.rules


def test_pairs_are_many_distinct_and_unrelated_ones_are_never_latent(small_home: Home) -> None:
    found = synergies(small_home, (), lived_kitchen(small_home), 1)
    pairs = [(one.trigger_entity, one.action_entity) for one in found]
    assert len(pairs) == len(set(pairs)) >= 20
    strangers = [one for one in found if one.relationship == UNRELATED]
    assert strangers
    assert all(one.status is SynergyStatus.NONE for one in strangers)
    for one in strangers:
        a, b = (small_home.entities[number].area_id for number in (one.trigger_entity, one.action_entity))
        assert a != b
        assert b not in small_home.areas[small_home.area_index[str(a)]].adjacent


def test_the_closed_form_of_chance_is_the_mean_of_circular_shifts(small_home: Home) -> None:
    log = lived_kitchen(small_home)
    events = ObservedEvents.of(log, small_home)
    light = Change(small_home.entity_index["light.living_light"], 1)
    rng = stream(2, "test", "chance")
    t_us = np.sort(rng.integers(0, events.n_days * 86_400_000_000, 200))
    shifted = chance_share(events, t_us, light, 600.0)
    assert by_chance(events, light, 600.0) == pytest.approx(shifted, rel=0.4)  # 16 shifts of 200: 10 %
    assert by_chance(events, Change(light.entity, 0), 600.0) > 0.0
    assert by_chance(events, Change(small_home.entity_index["light.bed_light"], 1), 60.0) == 0.0


def test_a_number_triggers_where_it_rises_above_its_usual_range(small_home: Home) -> None:
    humidity = small_home.entity_index["sensor.bath_climate_humidity"]
    fan = small_home.entity_index["fan.bath_fan"]
    rows = [(600.0 * step, humidity, 0) for step in range(6 * 24 * 20)]
    log = log_of(rows)
    value = np.where(np.arange(len(rows)) % 144 < 10, 80.0, 50.0).astype(np.float32)
    moves = [(day * DAY_S + 120.0, fan, 1) for day in range(1, 20)]
    fans = log_of(moves + [(t + 3600.0, fan, 0) for t, fan, _ in moves])
    numbers = EventLog(
        log.t_us, log.entity, log.kind, log.code, value, log.origin, log.person, log.cause, log.rule
    )
    found = synergies(small_home, (), EventLog.merged(numbers, fans), 1)
    one = pair(small_home, found, "sensor.bath_climate_humidity", "fan.bath_fan")
    assert one.relationship == "humidity_fan"
    assert one.evidence.n_followed == 19
    assert one.status is SynergyStatus.USED
