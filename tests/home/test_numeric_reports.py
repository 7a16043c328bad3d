from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.behaviour.stimuli_of_lives import base_stimuli
from envirosense.home.building.home_generator import SyntheticHomeGenerator
from envirosense.home.engine.run import run_rules
from envirosense.home.log import OF_FIRST, EventLog, Origin
from envirosense.home.model import Home
from envirosense.home.people.lives import DAY_US, SECOND_US, Lives
from envirosense.home.people.residents import live
from envirosense.home.sensing.numeric_reports import numeric_reports
from envirosense.home.sensing.rooms import RoomSeries, room_climate
from envirosense.home.surroundings.context import Context
from envirosense.home.surroundings.context_series import draw_context

N_DAYS = 7
SEED = 5

type Lived = tuple[Home, RoomSeries, Lives, EventLog, Context]


@pytest.fixture(scope="module")
def lived(small_home: Home) -> Lived:
    context = draw_context(small_home, datetime(2026, 3, 1, 23, tzinfo=UTC), N_DAYS, SEED)
    lives = live(small_home, context, N_DAYS, SEED)
    stimuli = base_stimuli(small_home, lives, context, frozenset(), N_DAYS, SEED)
    rooms = room_climate(small_home, lives, context, N_DAYS, SEED, windows=stimuli)
    log, _ = run_rules(small_home, (), Stimuli.merged(stimuli, rooms.stimuli), context, N_DAYS, SEED)
    return small_home, rooms, lives, log, context


@pytest.fixture(scope="module")
def reports(lived: Lived) -> EventLog:
    home, rooms, lives, log, context = lived
    return numeric_reports(home, rooms, lives, log, context, N_DAYS, SEED)


def of(reports: EventLog, home: Home, entity_id: str) -> tuple[np.ndarray, np.ndarray]:
    rows = reports.entity == home.entity_index[entity_id]
    return reports.t_us[rows], reports.value[rows]


def test_a_report_is_a_change(reports: EventLog) -> None:
    order = np.argsort(reports.entity, kind="stable")
    same = reports.entity[order][1:] == reports.entity[order][:-1]
    assert np.all(reports.value[order][1:][same] != reports.value[order][:-1][same])
    assert np.all(np.diff(reports.t_us[order])[same] > 0)


def test_reports_are_in_order_within_the_episode(reports: EventLog) -> None:
    assert np.all(np.diff(reports.t_us) >= 0)
    assert reports.t_us[0] >= 0
    assert reports.t_us[-1] < N_DAYS * DAY_US
    assert np.isfinite(reports.value).all()


def test_every_number_of_the_home_is_told(reports: EventLog, small_home: Home) -> None:
    numbers = {at for at, one in enumerate(small_home.entities) if one.is_numeric}
    assert set(reports.entity) == numbers


def test_a_home_of_the_catalogue_tells_hundreds_of_numbers_a_day(lived: Lived) -> None:
    home = SyntheticHomeGenerator().draw("single_family_house", "medium", "temperate", SEED)
    context, log = lived[4], lived[3].take(np.empty(0, dtype=np.int64))
    lives = live(home, context, N_DAYS, SEED)
    rooms = room_climate(home, lives, context, N_DAYS, SEED)
    told = numeric_reports(home, rooms, lives, log, context, N_DAYS, SEED)
    assert 300 < len(told) / N_DAYS < 2000


def test_meters_never_run_backwards(reports: EventLog, small_home: Home) -> None:
    for entity, one in enumerate(small_home.entities):
        if one.state_class == "total_increasing":
            assert np.all(np.diff(reports.value[reports.entity == entity]) > 0.0)


@pytest.mark.parametrize("role", ["temperature", "humidity", "co2"])
def test_a_change_is_told_when_it_is_large_or_late(reports: EventLog, small_home: Home, role: str) -> None:
    for entity in small_home.with_role(role):
        one = small_home.entities[entity]
        rows = reports.entity == entity
        moved, waited = np.abs(np.diff(reports.value[rows])), np.diff(reports.t_us[rows]) / SECOND_US
        assert np.all((moved > one.report_change - 0.01) | (waited > (one.report_s or np.inf) - 2.0))


def test_a_thermometer_follows_its_room(lived: Lived, reports: EventLog) -> None:
    home, rooms = lived[:2]
    t_us, value = of(reports, home, "sensor.bath_climate_temperature")
    truth = rooms.air_c[home.area_index["bathroom"], (t_us // (60 * SECOND_US)).astype(int)]
    assert abs(np.median(value - truth)) < 1.0
    assert np.std(value - truth) < 0.4
    assert np.allclose(value * 10.0, np.round(value * 10.0), atol=1e-3)


def test_energy_is_the_integral_of_power(lived: Lived, reports: EventLog) -> None:
    home = lived[0]
    for name in ("tv_plug", "desk_plug", "washer"):
        t_us, power_w = of(reports, home, f"sensor.{name}_power")
        at_us, kwh = of(reports, home, f"sensor.{name}_energy")
        held_kwh = np.append(0.0, np.cumsum(power_w[:-1] * np.diff(t_us))) / SECOND_US / 3.6e6
        edge = np.searchsorted(t_us, at_us[-1], side="right") - 1
        told_kwh = held_kwh[edge] + power_w[edge] * (at_us[-1] - t_us[edge]) / SECOND_US / 3.6e6
        assert told_kwh > 0.05
        assert kwh[-1] - kwh[0] == pytest.approx(told_kwh, rel=0.08, abs=0.02)


def test_a_lamp_is_seen_at_once_and_named(lived: Lived, reports: EventLog) -> None:
    home, log = lived[0], lived[3]
    whole = EventLog.merged(log, reports)
    rows = np.flatnonzero(
        (whole.cause >= 0) & (whole.entity == home.entity_index["sensor.hall_motion_illuminance"])
    )
    assert rows.size >= 3
    cause = whole.cause[rows]
    assert set(whole.entity[cause]) == {home.entity_index["light.hall_light"]}
    assert np.all(cause < rows)
    assert np.median(whole.t_us[rows] - whole.t_us[cause]) < 3 * SECOND_US


def test_a_switch_moves_the_power_of_its_plug(lived: Lived, reports: EventLog) -> None:
    home, log = lived[0], lived[3]
    power = home.entity_index["sensor.tv_plug_power"]
    rows = np.flatnonzero((reports.entity == power) & (reports.cause <= OF_FIRST))
    switched = OF_FIRST - reports.cause[rows]
    assert set(log.entity[switched]) == {home.entity_index["switch.tv_plug"]}
    assert np.all((reports.value[rows] > 60.0) == (log.code[switched] == 1))


def test_numbers_are_moved_by_devices_alone(reports: EventLog) -> None:
    assert set(reports.origin) == {int(Origin.DEVICE)}
    assert np.all(reports.person == -1)


def test_a_sensor_less_leaves_the_others_as_they_were(lived: Lived, reports: EventLog) -> None:
    home, rooms, lives, log, context = lived
    gone = home.with_role("humidity")[0]
    blind = replace(home.entities[gone], role="unknown")
    other = replace(home, entities=(*home.entities[:gone], blind, *home.entities[gone + 1 :]))
    fewer = numeric_reports(other, rooms, lives, log, context, N_DAYS, SEED)
    kept = reports.entity != gone
    assert np.array_equal(fewer.t_us, reports.t_us[kept])
    assert np.array_equal(fewer.value, reports.value[kept])


def test_the_same_seed_tells_the_same(lived: Lived, reports: EventLog) -> None:
    home, rooms, lives, log, context = lived
    again = numeric_reports(home, rooms, lives, log, context, N_DAYS, SEED)
    assert np.array_equal(again.value, reports.value)
    other = numeric_reports(home, rooms, lives, log, context, N_DAYS, SEED + 1)
    assert len(other) != len(reports) or not np.array_equal(other.value, reports.value)


def test_carbon_and_price_are_those_of_the_context(lived: Lived, reports: EventLog) -> None:
    home, context = lived[0], lived[4]
    t_us, value = of(reports, home, "sensor.carbon_intensity")
    assert np.array_equal(value, np.round(context.carbon_g_kwh)[(t_us // (900 * SECOND_US)).astype(int)])
    t_us, value = of(reports, home, "sensor.electricity_price")
    price = context.price_per_kwh[(t_us // (900 * SECOND_US)).astype(int)]
    assert np.allclose(value, price, atol=6e-5)
