"""Lights by hand."""

from dataclasses import replace

import numpy as np
import pytest

from envirosense.home.behaviour.brightness import is_dimmable
from envirosense.home.behaviour.light_stimuli import indoor_lx, light_stimuli
from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.log import Origin
from envirosense.home.model import Home
from envirosense.home.patterns.stream_statistics import hour_chi_square
from envirosense.home.people.lives import DAY_US, SECOND_US
from tests.home.household_cases import HOUR_US, OUT, household_of, lives_of, ordinary_days, plain_context

N_DAYS = 60
LIVING, KITCHEN, BEDSIDE = "light.living_light", "light.kitchen_light", "switch.bed_switch"


def lights(home: Home, lives: object, n_days: int = N_DAYS, **weather: float) -> dict[str, Stimuli]:
    context = plain_context(n_days, **weather)  # type: ignore[arg-type]
    household = household_of(home, lives, n_days, context=context)  # type: ignore[arg-type]
    parts: dict[str, list[Stimuli]] = {}
    for part in light_stimuli(household):
        if len(part):
            parts.setdefault(home.entities[int(part.entity[0])].entity_id, []).append(part)
    return {name: Stimuli.merged(*some) for name, some in parts.items()}


def is_on_at(part: Stimuli, t_us: np.ndarray) -> np.ndarray:
    """Whether the last wish before each moment was on."""
    row = np.searchsorted(part.t_us, t_us, side="right") - 1
    return np.where(row >= 0, part.code[np.maximum(row, 0)] == 1, False)


def test_a_room_with_windows_is_bright_by_day_and_one_without_is_not(small_home: Home) -> None:
    household = household_of(small_home, ordinary_days(small_home, 1), 1)
    living, entry = (
        indoor_lx(household, small_home.area_index[name]) for name in ("living_room", "entryway")
    )
    noon = 48
    assert living[noon] == pytest.approx(110.0 * 400.0 * 0.12 * 4.5 / 26.0)
    assert living[0] == entry[noon] == 0.0


def test_lights_burn_in_the_evening_and_not_by_day(small_home: Home) -> None:
    kitchen = lights(small_home, ordinary_days(small_home, N_DAYS))[KITCHEN]
    day = np.arange(N_DAYS) * DAY_US
    assert is_on_at(kitchen, day + round(18.5 * HOUR_US)).mean() > 0.7  # cooking after sunset
    assert is_on_at(kitchen, day + round(7.3 * HOUR_US)).mean() < 0.1  # breakfast after sunrise
    assert is_on_at(kitchen, day + round(12.0 * HOUR_US)).mean() < 0.1  # at work


def test_dusk_finds_somebody_who_sits_there_already(small_home: Home) -> None:
    stays = [(0, "living_room", "work_home", 24.0 * d + 10.0) for d in range(N_DAYS)]
    stays += [(0, "bedroom", "sleep", 24.0 * d + 23.0 * (d > 0)) for d in range(N_DAYS)]
    living = lights(small_home, lives_of(small_home, stays, N_DAYS))[LIVING]
    hour = living.t_us[living.code == 1] % DAY_US / HOUR_US
    assert 18.0 <= np.median(hour) < 18.5


def test_the_last_one_to_leave_mostly_puts_it_out(small_home: Home) -> None:
    living = lights(small_home, ordinary_days(small_home, N_DAYS, (0, 1)))[LIVING]
    day = np.arange(N_DAYS) * DAY_US
    left = is_on_at(living, day + 23 * HOUR_US)
    assert left.mean() < 0.2
    assert is_on_at(living, day + 28 * HOUR_US).mean() < 0.1  # put out on the round before bed


def test_nobody_lights_a_room_where_nobody_is(small_home: Home) -> None:
    lit = lights(small_home, lives_of(small_home, [(0, OUT, "away_vacation", 0.0)], 3), 3)
    assert not any(part.code.any() for part in lit.values())


def test_brightness_is_for_dimmable_lights_that_go_on(small_home: Home) -> None:
    lit = lights(small_home, ordinary_days(small_home, N_DAYS))
    living, bedside = lit[LIVING], lit[BEDSIDE]
    value = living.value[living.code == 1]
    assert ((value >= 1) & (value <= 255)).all()
    assert np.isnan(living.value[living.code == 0]).all()
    assert np.isnan(bedside.value).all()


def test_television_is_watched_by_less_light_than_dinner_is_cooked_by(small_home: Home) -> None:
    def middle(name: str) -> float:
        stays = [(0, "living_room", name, 0.0), (0, "bedroom", "sleep", 4.0)]
        stays = [(p, a, n, h + 24.0 * d) for d in range(N_DAYS) for p, a, n, h in stays]
        part = lights(small_home, lives_of(small_home, stays, N_DAYS))["light.living_lamp"]
        return float(np.median(part.value[part.code == 1]))

    assert middle("watch_tv") < 0.5 * middle("clean")


def test_a_plain_lamp_has_no_brightness(small_home: Home) -> None:
    light = small_home.entities[small_home.entity_index[LIVING]]
    assert is_dimmable(light)
    assert not is_dimmable(replace(light, capabilities={"supported_color_modes": ["onoff"]}))
    assert is_dimmable(replace(light, capabilities={"supported_color_modes": ["color_temp", "hs"]}))


def test_hands_do_most_and_home_assistant_some(small_home: Home) -> None:
    lit = lights(small_home, ordinary_days(small_home, N_DAYS, (0, 1)))
    origin = np.concatenate([part.origin for part in lit.values()])
    assert set(origin.tolist()) == {Origin.PERSON, Origin.APP}
    assert 0.1 < np.mean(origin == Origin.APP) < 0.2  # 0.15, drawn for a whole room at once


def test_lights_know_day_and_night(small_home: Home) -> None:
    lit = lights(small_home, ordinary_days(small_home, 90))
    on_us = np.sort(np.concatenate([part.t_us[part.code == 1] for part in lit.values()]))
    assert hour_chi_square(on_us) > 1000.0


def test_the_heater_on_a_switch_is_no_lamp(small_home: Home) -> None:
    devices = tuple(
        replace(one, device_type="towel_heater") if one.device_id == "bed_switch" else one
        for one in small_home.devices
    )
    home = replace(small_home, devices=devices)
    assert BEDSIDE not in lights(home, ordinary_days(home, 5), 5)


def test_people_switch_the_lights_of_a_room_one_after_the_other(small_home: Home) -> None:
    stays = [(0, "living_room", "clean", 20.0 + 24 * d) for d in range(N_DAYS)]
    stays += [(0, "bedroom", "sleep", 24.0 * d + 23.0 * (d > 0)) for d in range(N_DAYS)]
    lit = lights(small_home, lives_of(small_home, stays, N_DAYS))
    first, second = (lit[name].t_us[lit[name].code == 1] for name in (LIVING, "light.living_lamp"))
    together = np.isin(second // (10 * SECOND_US), first // (10 * SECOND_US))
    assert second.size == 0 or together.mean() > 0.7
