from dataclasses import replace

import numpy as np
import pytest

from envirosense.home.log import EventKind, EventLog, Origin
from envirosense.home.model import Home
from envirosense.home.people.lives import SECOND_US
from envirosense.home.sensing.device_power import PowerCourse, StateRows, energy_kwh, power_course, summed

HOUR_US = 3600 * SECOND_US


def switched(home: Home, entity_id: str, times_h: list[float], values: list[float] | None = None) -> EventLog:
    """An entity that is turned on and off in turn."""
    n = len(times_h)
    return EventLog(
        t_us=(np.array(times_h) * HOUR_US).astype(np.int64),
        entity=np.full(n, home.entity_index[entity_id], dtype=np.int32),
        kind=np.full(n, EventKind.STATE_CHANGED, dtype=np.int8),
        code=(1 - np.arange(n) % 2).astype(np.int16),
        value=np.array(values or [np.nan] * n, dtype=np.float32),
        origin=np.full(n, Origin.PERSON, dtype=np.int8),
        person=np.zeros(n, dtype=np.int16),
        cause=np.full(n, -1, dtype=np.int64),
        rule=np.full(n, -1, dtype=np.int32),
    )


def course(home: Home, entity_id: str, log: EventLog) -> PowerCourse:
    number = home.entity_index[entity_id]
    device = home.device_by_id[str(home.entities[number].device_id)]
    return power_course(home, device, number, StateRows.of(log, len(home.entities)), 1)


def test_a_lamp_takes_power_by_its_brightness(small_home: Home) -> None:
    log = switched(small_home, "light.hall_light", [1.0, 2.0, 3.0, 4.0], [127.5, np.nan, np.nan, np.nan])
    lamp = course(small_home, "light.hall_light", log)
    assert lamp.power_w == pytest.approx([0.5, 0.5 + 0.5 * 8.5, 0.5, 9.0, 0.5])
    assert list(lamp.row) == [-1, 0, 1, 2, 3]


def test_a_programme_fills_its_run_and_names_its_switch(small_home: Home) -> None:
    washer = course(small_home, "switch.washer", switched(small_home, "switch.washer", [1.0, 3.0]))
    during = (washer.t_us >= HOUR_US) & (washer.t_us < 3 * HOUR_US)
    assert during.sum() >= 5
    assert washer.power_w[during].max() > 2.0 * np.median(washer.power_w[during])
    assert list(washer.row[washer.row >= 0]) == [0, 1]
    assert washer.power_w[-1] == pytest.approx(0.5)
    assert np.all(np.diff(washer.t_us) > 0)


def test_what_cycles_by_itself_cycles_until_it_is_off(small_home: Home) -> None:
    number = small_home.entity_index["switch.oven"]
    heater = replace(small_home.entities[number], capabilities={"appliance": "space_heater"})
    home = replace(
        small_home, entities=(*small_home.entities[:number], heater, *small_home.entities[number + 1 :])
    )
    warm = course(home, "switch.oven", switched(home, "switch.oven", [1.0, 5.0]))
    during = (warm.t_us >= HOUR_US) & (warm.t_us < 5 * HOUR_US)
    assert 15 < during.sum() < 45
    assert np.all(np.diff(warm.t_us) > 0)
    kwh = energy_kwh(warm, np.array([HOUR_US, 5 * HOUR_US]))
    assert 4.0 * 1.5 * 0.5 < kwh[1] - kwh[0] < 4.0 * 1.5


def test_a_freezer_runs_without_being_asked(small_home: Home) -> None:
    number = small_home.entity_index["switch.oven"]
    freezer = replace(small_home.entities[number], capabilities={"appliance": "freezer"})
    home = replace(
        small_home, entities=(*small_home.entities[:number], freezer, *small_home.entities[number + 1 :])
    )
    cold = course(home, "switch.oven", switched(home, "light.hall_light", [20.0, 23.0]))
    assert cold.t_us.size > 24
    assert 0.2 < np.mean(cold.power_w > 200.0) < 0.6


def test_energy_is_exact_for_steps() -> None:
    steps = PowerCourse(np.array([0, HOUR_US, 3 * HOUR_US]), np.array([0.0, 1500.0, 100.0]), np.full(3, -1))
    at = np.array([0, HOUR_US // 2, HOUR_US, 2 * HOUR_US, 3 * HOUR_US, 13 * HOUR_US])
    assert energy_kwh(steps, at) == pytest.approx([0.0, 0.0, 0.0, 1.5, 3.0, 4.0])


def test_powers_add_up() -> None:
    one = PowerCourse(np.array([0, HOUR_US]), np.array([10.0, 50.0]), np.array([-1, 4]))
    other = PowerCourse(np.array([0, 2 * HOUR_US]), np.array([5.0, 1.0]), np.array([-1, 6]))
    whole = summed([one, other])
    assert whole.power_w[-1] == pytest.approx(51.0)
    at = np.array([HOUR_US, 3 * HOUR_US])
    assert energy_kwh(whole, at) == pytest.approx(energy_kwh(one, at) + energy_kwh(other, at))
    assert list(whole.row[-2:]) == [4, 6]
