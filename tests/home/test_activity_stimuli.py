"""Devices that activities need."""

from dataclasses import replace

import numpy as np
import pytest

from envirosense.home.behaviour.activity_stimuli import activity_stimuli
from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.log import Origin
from envirosense.home.model import Home
from envirosense.home.people.lives import DAY_US, SECOND_US
from tests.home.household_cases import HOUR_US, household_of, lives_of, ordinary_days, plain_context

N_DAYS = 60


def used(home: Home, lives: object, n_days: int = N_DAYS, **weather: float) -> dict[str, Stimuli]:
    context = plain_context(n_days, **weather)  # type: ignore[arg-type]
    parts = activity_stimuli(household_of(home, lives, n_days, context=context))  # type: ignore[arg-type]
    return {home.entities[int(part.entity[0])].entity_id: part for part in parts if len(part)}


def daily(home: Home, area: str, name: str, hours: float = 2.0) -> object:
    stays = [(0, area, name, 24.0 * d + 10.0) for d in range(N_DAYS)]
    stays += [(0, "bedroom", "sleep", 24.0 * d + 10.0 + hours) for d in range(N_DAYS)]
    return lives_of(home, [(0, "bedroom", "sleep", 0.0), *stays], N_DAYS)


def lengths_s(part: Stimuli) -> np.ndarray:
    return np.diff(part.t_us)[part.code[:-1] == 1] / SECOND_US


def test_a_washing_machine_runs_its_programme_and_ends_it_itself(small_home: Home) -> None:
    washer = used(small_home, daily(small_home, "bathroom", "laundry"))["switch.washer"]
    assert ((lengths_s(washer) >= 50 * 60) & (lengths_s(washer) <= 120 * 60)).all()
    assert set(washer.origin[washer.code == 0].tolist()) == {Origin.DEVICE}
    assert set(washer.origin[washer.code == 1].tolist()) == {Origin.PERSON, Origin.APP}
    assert 0.3 * N_DAYS < np.count_nonzero(washer.code == 1) <= N_DAYS


def test_the_television_runs_as_long_as_somebody_watches(small_home: Home) -> None:
    television = used(small_home, daily(small_home, "living_room", "watch_tv"))["switch.tv_plug"]
    on_h = television.t_us[television.code == 1] % DAY_US / HOUR_US
    off_h = television.t_us[television.code == 0] % DAY_US / HOUR_US
    assert ((on_h >= 10.0) & (on_h < 10.2)).all()
    assert ((off_h >= 12.0) & (off_h < 12.01)).all()


def test_nobody_watches_in_another_room(small_home: Home) -> None:
    assert "switch.tv_plug" not in used(small_home, daily(small_home, "bedroom", "watch_tv"))


def test_two_who_watch_together_use_it_once(small_home: Home) -> None:
    stays = [(p, "living_room", "watch_tv", 10.0 + 0.5 * p) for p in (0, 1)]
    stays += [(p, "bedroom", "sleep", 12.0 + 0.5 * p) for p in (0, 1)]
    stays += [(p, "bedroom", "sleep", 0.0) for p in (0, 1)]
    television = used(small_home, lives_of(small_home, stays, 1), 1).get("switch.tv_plug")
    assert television is not None
    assert television.code.tolist() == [1, 0]
    assert television.person.tolist() == [0, 1]


def test_media_pause_and_idle_between_playing_and_off(small_home: Home) -> None:
    media = used(small_home, daily(small_home, "living_room", "watch_tv"))["media_player.speaker"]
    names = small_home.entities[small_home.entity_index["media_player.speaker"]].states
    assert {names[code] for code in media.code} == {"off", "idle", "playing"}
    assert (np.diff(media.t_us) >= 0).all()
    assert (np.diff(media.code) != 0).all()


def test_an_oven_is_used_twice_a_day_at_most(small_home: Home) -> None:
    stays = [(0, "kitchen" if n % 2 else "bedroom", "cook", 0.25 * n) for n in range(24 * 4 * 10)]
    oven = used(small_home, lives_of(small_home, stays, 10), 10)["switch.oven"]
    per_day = np.bincount(oven.t_us[oven.code == 1] // DAY_US)
    assert per_day.max() <= 2


def test_the_robot_cleans_returns_and_docks(small_home: Home) -> None:
    robot = used(small_home, daily(small_home, "living_room", "clean"))["vacuum.vacuum"]
    names = small_home.entities[int(robot.entity[0])].states
    assert [names[code] for code in robot.code[:3]] == ["cleaning", "returning", "docked"]
    assert set(robot.origin[robot.code != names.index("cleaning")].tolist()) == {Origin.DEVICE}


def test_the_bathroom_fan_follows_the_shower(small_home: Home) -> None:
    fan = used(small_home, ordinary_days(small_home, N_DAYS))["fan.bath_fan"]
    on_h = fan.t_us[fan.code == 1] % DAY_US / HOUR_US
    assert ((on_h >= 6.7) & (on_h < 6.8)).all()
    assert lengths_s(fan).min() >= 600


@pytest.mark.parametrize(("air_c", "runs"), [(-5.0, True), (15.0, False)])
def test_a_space_heater_runs_in_the_cold_only(small_home: Home, air_c: float, runs: bool) -> None:
    plug = small_home.entities[small_home.entity_index["switch.tv_plug"]]
    heater = replace(plug, entity_id="switch.heater", capabilities={"appliance": "space_heater"})
    home = replace(small_home, entities=(*small_home.entities, heater))
    assert ("switch.heater" in used(home, daily(home, "living_room", "relax"), air_c=air_c)) is runs


def test_a_freezer_is_on_from_the_beginning(small_home: Home) -> None:
    plug = small_home.entities[small_home.entity_index["switch.tv_plug"]]
    freezer = replace(plug, entity_id="switch.freezer", capabilities={"appliance": "freezer"})
    home = replace(small_home, entities=(*small_home.entities, freezer))
    part = used(home, ordinary_days(home, 2), 2)["switch.freezer"]
    assert (part.t_us.tolist(), part.code.tolist()) == ([0], [1])
