"""Doors of furniture: opened by who does something beside them."""

from dataclasses import replace

import numpy as np
import pytest

from envirosense.home.behaviour.lid_stimuli import lid_stimuli, openings
from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.catalog import default_catalog
from envirosense.home.model import Device, Entity, Home
from envirosense.home.people.lives import SECOND_US
from tests.home.household_cases import HOUR_US, OUT, household_of, lives_of, ordinary_days

N_DAYS = 60


def with_lids(home: Home, *places: tuple[str, str]) -> Home:
    """The home with contacts of some types in some areas."""
    devices, entities = list(home.devices), list(home.entities)
    for device_type, area_id in places:
        name = f"{area_id}_{device_type}"
        devices.append(
            Device(name, name, device_type, area_id, "maker", "model", "1", 0.0, 0.0, True, None, ())
        )
        entities.append(
            Entity(
                entity_id=f"binary_sensor.{name}", unique_id=name, role="lid", name=name, device_id=name,
                area_id=area_id, device_class="opening", states=("off", "on"),
            )
        )  # fmt: skip
    return replace(home, devices=tuple(devices), entities=tuple(entities))


def moved(home: Home, device_type: str, area_id: str, **more: object) -> Stimuli:
    furnished = with_lids(home, (device_type, area_id))
    lives = more.pop("lives", None) or ordinary_days(home, N_DAYS)
    (part,) = lid_stimuli(household_of(furnished, lives, N_DAYS, **more))  # type: ignore[arg-type]
    return part


def test_every_contact_at_furniture_has_its_table_and_every_table_its_contact() -> None:
    types = default_catalog().devices
    with_lid = {name for name, one in types.items() if any(each.role == "lid" for each in one.entities)}
    assert with_lid == set(openings())


def test_openings_and_closings_alternate_and_are_short(small_home: Home) -> None:
    fridge = moved(small_home, "fridge_contact", "kitchen")
    assert len(fridge) > 100
    assert fridge.code.tolist() == [1, 0] * (len(fridge) // 2)
    open_s = np.diff(fridge.t_us)[::2] / SECOND_US
    assert np.median(open_s) == pytest.approx(openings()["fridge_contact"].open_s, rel=0.5)


def test_the_fridge_is_opened_by_who_is_in_the_kitchen_and_by_nobody_else(small_home: Home) -> None:
    fridge = moved(small_home, "fridge_contact", "kitchen")
    hour = fridge.t_us[fridge.code == 1] / HOUR_US % 24.0
    assert (((hour >= 7.0) & (hour < 7.5)) | ((hour >= 18.0) & (hour < 19.5))).all()


def test_a_cook_opens_the_fridge_as_often_as_the_table_says(small_home: Home) -> None:
    stays = []
    for day in range(N_DAYS):
        stays += [(0, OUT, "away_work", 24.0 * day), (0, "kitchen", "cook", 24.0 * day + 18.0)]
        stays += [(0, OUT, "away_work", 24.0 * day + 19.0)]
    counts = []
    for seed in range(12):
        fridge = moved(
            small_home, "fridge_contact", "kitchen", lives=lives_of(small_home, stays, N_DAYS), seed=seed
        )
        counts.append(np.count_nonzero(fridge.code) / N_DAYS)
    table = openings()["fridge_contact"]
    expected = 60.0 * table.per_min["cook"] / (1.0 - table.again)  # of every opening, runs of them included
    assert np.mean(counts) == pytest.approx(expected, rel=0.25)  # households differ by half, 12 of them


def test_one_opening_is_often_followed_by_another(small_home: Home) -> None:
    fridge = moved(small_home, "fridge_contact", "kitchen")
    gaps_s = np.diff(fridge.t_us[fridge.code == 1]) / SECOND_US
    assert np.mean(gaps_s < 30.0) > 0.25


def test_another_resident_leaves_the_openings_of_the_first_as_they_were(small_home: Home) -> None:
    one = moved(small_home, "wardrobe_contact", "bedroom", lives=ordinary_days(small_home, N_DAYS, (0,)))
    two = moved(small_home, "wardrobe_contact", "bedroom", lives=ordinary_days(small_home, N_DAYS, (0, 1)))
    mine = two.t_us[(two.code == 1) & (two.person == 0)]
    assert np.isin(mine, one.t_us).mean() > 0.95  # the other may have it open already


def test_a_reserved_contact_is_left_alone(small_home: Home) -> None:
    furnished = with_lids(small_home, ("fridge_contact", "kitchen"))
    reserved = frozenset({len(furnished.entities) - 1})
    assert not lid_stimuli(household_of(furnished, ordinary_days(small_home, 5), 5, reserved=reserved))
