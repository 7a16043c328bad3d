from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from envirosense.physics.rooms.people import carbon_dioxide_l_s, vapour_g_s
from envirosense.physics.rooms.rooms import (
    longest_step_s,
    loss_w_k,
    mixing_ratio_g_kg,
    no_habits,
    room_courses,
    room_network,
    settled_state,
)
from envirosense.physics.rooms.rooms_kernels import AIR_J_M3_K, RoomForcing, RoomNetwork, RoomState, run_rooms

OFFICE = Path(__file__).parents[4] / "shared/data/occupancy_uci/occupancy_1min.parquet"
OFFICE_M3 = 5.85 * 3.50 * 3.53  # its size as given by Candanedo and Feldheim 2016 (from memory)


def network(n_rooms: int = 1, air_changes_h: float = 0.5) -> RoomNetwork:
    rooms = np.full(n_rooms, 16.0)
    links = [[at, at + 1] for at in range(n_rooms - 1)]
    return room_network(
        rooms, rooms / 8, rooms, links, wall_w_m2_k=0.4, window_w_m2_k=1.3, air_changes_h=air_changes_h
    )


def forcing(n_rooms: int = 1, dt_s: float = 60.0, **changed: object) -> RoomForcing:
    none, nothing = np.zeros(0, dtype=np.int64), np.zeros(0)
    calm = RoomForcing(
        dt_s=dt_s,
        outer_steps=round(900 / dt_s),
        outside_c=np.full(2, 5.0),
        outside_g_kg=np.full(2, 4.0),
        outside_ppm=420.0,
        solar_w=np.zeros((2, n_rooms)),
        base_w=np.zeros(n_rooms),
        change_step=none,
        change_room=none,
        change_kind=none,
        change_by=none,
        kind_w=np.array([70.0]),
        kind_g_s=np.array([0.015]),
        kind_l_s=np.array([0.005]),
        kind_per_h=np.array([0.0]),
        zone=np.full(n_rooms, -1),
        most_heat_w=np.full(n_rooms, 2000.0),
        most_cool_w=np.full(n_rooms, 2000.0),
        set_step=none,
        set_zone=none,
        set_heat_c=nothing,
        set_cool_c=nothing,
        habits=no_habits(network(n_rooms)),
    )
    return calm._replace(**changed)


def one_person(step: int = 0) -> dict[str, object]:
    first = np.array([0])
    return {
        "change_step": np.array([step]),
        "change_room": first,
        "change_kind": first,
        "change_by": np.array([1]),
    }


def settled(rooms: RoomNetwork, air_c: float = 5.0) -> RoomState:
    return settled_state(rooms, air_c, 0.5, 420.0)


def light(rooms: RoomNetwork) -> RoomNetwork:
    """The same with little mass: it settles within hours."""
    return rooms._replace(mass_j_k=rooms.mass_j_k / 20.0)


def test_a_heated_room_settles_where_its_losses_equal_the_heat() -> None:
    rooms = light(network())
    courses = room_courses(rooms, forcing(base_w=np.array([500.0])), settled(rooms), 3_000)
    flow_out = rooms.air_outside_w_k + AIR_J_M3_K * rooms.leak_m3_s
    through_mass = 1.0 / (1.0 / rooms.air_mass_w_k + 1.0 / rooms.mass_outside_w_k)
    assert courses.air_c[0, -1] == pytest.approx(5.0 + 500.0 / (flow_out + through_mass)[0], abs=0.01)


def test_breath_settles_at_source_over_fresh_air() -> None:
    rooms = network()
    courses = room_courses(rooms, forcing(**one_person()), settled(rooms), 2_000)
    assert courses.co2_ppm[0, -1] == pytest.approx(420.0 + 0.005e3 / rooms.leak_m3_s[0], abs=0.5)


def test_stale_air_thins_out_by_the_air_change_rate() -> None:
    rooms = network(air_changes_h=0.7)
    start = settled(rooms)._replace(co2_ppm=np.array([1420.0]))
    courses = room_courses(rooms, forcing(dt_s=5.0), start, 1441)
    hours = 5.0 * np.arange(1441) / 3600.0
    assert courses.co2_ppm[0] == pytest.approx(420.0 + 1000.0 * np.exp(-0.7 * hours), abs=1.0)


def test_vapour_settles_at_source_over_fresh_air() -> None:
    rooms = network()
    warm = forcing(**one_person(), outside_c=np.full(2, 20.0))
    courses = room_courses(rooms, warm, settled_state(rooms, 20.0, 0.3, 420.0), 12_000)
    vapour_g_kg = 4.0 + 0.015 / (1.204 * rooms.leak_m3_s[0])
    shown = mixing_ratio_g_kg(float(courses.air_c[0, -1]), float(courses.humidity_pct[0, -1]) / 100.0)
    assert shown == pytest.approx(vapour_g_kg, rel=2e-3)


def test_closed_rooms_keep_all_heat_and_all_gas() -> None:
    rooms = network(3, air_changes_h=0.0)
    still = np.zeros(3)
    rooms = rooms._replace(air_outside_w_k=still, mass_outside_w_k=still)
    start = settled(rooms, 20.0)._replace(
        air_c=np.array([18.0, 25.0, 21.0]), co2_ppm=np.array([2e3, 4e2, 9e2])
    )
    end = RoomState(*(part.copy() for part in start))
    run_rooms(
        rooms,
        forcing(3, base_w=np.array([100.0, 0, 0])),
        end,
        mixing_ratio_g_kg(np.arange(1301), 1.0),
        600,
        0,
    )
    heat_j = [(one.air_c * rooms.air_j_k + one.mass_c * rooms.mass_j_k).sum() for one in (start, end)]
    assert heat_j[1] - heat_j[0] == pytest.approx(100.0 * 600 * 60.0, rel=1e-9)
    assert end.co2_ppm.sum() == pytest.approx(start.co2_ppm.sum(), rel=1e-12)
    assert np.ptp(end.air_c) < np.ptp(start.air_c)


def test_halving_the_step_halves_the_error() -> None:
    rooms = network(2)
    ends = []
    for dt_s in (60.0, 30.0, 15.0):
        heated = forcing(2, dt_s, base_w=np.array([800.0, 0.0]))
        ends.append(float(room_courses(rooms, heated, settled(rooms), round(1800 / dt_s) + 1).air_c[0, -1]))
    assert (ends[0] - ends[1]) / (ends[1] - ends[2]) == pytest.approx(2.0, rel=0.25)
    assert abs(ends[0] - ends[1]) < 0.05


def test_a_step_longer_than_the_smallest_room_bears_is_refused() -> None:
    rooms = network()
    with pytest.raises(ValueError, match="too long"):
        room_courses(rooms, forcing(dt_s=2.0 * longest_step_s(rooms)), settled(rooms), 3)


@pytest.mark.parametrize(("heat_c", "cool_c", "outside_c"), [(21.0, np.nan, -5.0), (np.nan, 24.0, 33.0)])
def test_a_thermostat_holds_the_room_near_its_set_point(
    heat_c: float, cool_c: float, outside_c: float
) -> None:
    rooms = light(network())
    first = np.array([0])
    held = forcing(
        zone=first,
        set_step=first,
        set_zone=first,
        set_heat_c=np.array([heat_c]),
        set_cool_c=np.array([cool_c]),
        outside_c=np.full(2, outside_c),
    )
    courses = room_courses(rooms, held, settled(rooms, outside_c), 3_000)
    set_c, way = np.nanmax([heat_c, cool_c]), np.sign(set_c_side(heat_c))
    assert 0.0 < way * (set_c - courses.air_c[0, -1]) < 0.8
    need_w = loss_w_k(rooms)[0] * (courses.air_c[0, -1] - outside_c)
    assert courses.hvac_w[0, -1] == pytest.approx(need_w, rel=0.05)


def set_c_side(heat_c: float) -> float:
    return -1.0 if np.isnan(heat_c) else 1.0


def test_cooling_dries_the_air() -> None:
    rooms, first = light(network()), np.array([0])
    hot = forcing(
        zone=first,
        set_step=first,
        set_zone=first,
        set_heat_c=np.array([np.nan]),
        set_cool_c=np.array([24.0]),
        outside_c=np.full(2, 33.0),
        outside_g_kg=np.full(2, 16.0),
    )
    courses = room_courses(rooms, hot, settled_state(rooms, 30.0, 0.6, 420.0), 2_000)
    inside = mixing_ratio_g_kg(float(courses.air_c[0, -1]), float(courses.humidity_pct[0, -1]) / 100.0)
    assert inside < 13.0
    assert courses.hvac_w[0, -1] < 1.2 * loss_w_k(rooms)[0] * (
        courses.air_c[0, -1] - 33.0
    )  # water costs more


def test_air_never_holds_more_water_than_it_can() -> None:
    rooms = network(air_changes_h=0.1)
    wet = forcing(**one_person(), kind_g_s=np.array([1.0]))
    courses = room_courses(rooms, wet, settled(rooms, 20.0), 600)
    assert courses.humidity_pct.max() == pytest.approx(100.0, abs=1e-3)


def test_what_leaves_one_room_is_felt_next_door() -> None:
    rooms = network(3)
    courses = room_courses(rooms, forcing(3, **one_person()), settled(rooms), 300)
    assert courses.co2_ppm[0, -1] > courses.co2_ppm[1, -1] > courses.co2_ppm[2, -1] > 421.0


@pytest.mark.skipif(not OFFICE.exists(), reason="the office's measurements are not here")
def test_a_measured_office_fills_and_empties_as_the_model_says() -> None:
    import pyarrow.parquet as pq

    table = pq.read_table(OFFICE).sort_by("date")
    hours = table["date"].to_numpy().astype("datetime64[s]").astype(np.int64) / 3600.0
    ppm, occupied = table["CO2"].to_numpy().astype(float), table["Occupancy"].to_numpy()
    vapour_g_kg = 1e3 * table["HumidityRatio"].to_numpy()
    rises, changes_h, water_g_l = [], [], []
    edges = np.flatnonzero(np.diff(occupied)) + 1
    for start, end in pairwise(edges):
        t_h = hours[start:end] - hours[start]
        if t_h[-1] < 0.6 or np.diff(t_h).max() > 0.1:
            continue
        half = int(np.searchsorted(t_h, 0.5))
        if occupied[start] and ppm[start] < 550.0:
            rises.append((ppm[start + half] - ppm[start]) / t_h[half])
            if rises[-1] > 150.0:
                gained = vapour_g_kg[start + half] - vapour_g_kg[start]
                water_g_l.append(1.2 * gained / (1e-3 * (ppm[start + half] - ppm[start])))
        elif not occupied[start] and ppm[start] > 700.0 and t_h[-1] > 8.0:
            floor_ppm = ppm[end - 60 : end].min() - 5.0
            part = (t_h < 1.5) & (ppm[start:end] > floor_ppm + 40.0)
            changes_h.append(-np.polyfit(t_h[part], np.log(ppm[start:end][part] - floor_ppm), 1)[0])
    assert len(rises) >= 4
    assert len(changes_h) >= 4
    rise_ppm_h, modelled_g_l = _half_an_hour(float(np.median(changes_h)))
    assert 0.25 < np.median(changes_h) < 1.5  # what homes are given, windows closed
    assert 0.7 * rise_ppm_h < np.median(rises) < 2.2 * rise_ppm_h  # one to two people sat there
    assert modelled_g_l == pytest.approx(np.median(water_g_l), rel=0.25)


def _half_an_hour(air_changes_h: float) -> tuple[float, float]:
    """Rise of the office's gas [ppm/h], and water by gas [g/l], in the first half hour with one person."""
    office = np.array([OFFICE_M3])
    rooms = network(air_changes_h=air_changes_h)._replace(
        volume_m3=office, leak_m3_s=air_changes_h / 3600.0 * office
    )
    start = settled_state(rooms, 20.0, 0.27, 420.0)
    person = forcing(
        **one_person(),
        kind_g_s=np.array([vapour_g_s(1.1)]),
        kind_l_s=np.array([carbon_dioxide_l_s(1.1)]),
        outside_g_kg=start.vapour_g_kg.repeat(2),
        outside_c=np.full(2, 20.0),
    )
    courses = room_courses(rooms, person, start, 31)
    gained_ppm = float(courses.co2_ppm[0, -1] - courses.co2_ppm[0, 0])
    end_g_kg = mixing_ratio_g_kg(float(courses.air_c[0, -1]), float(courses.humidity_pct[0, -1]) / 100.0)
    gained_g_kg = float(end_g_kg - start.vapour_g_kg[0])
    return 2.0 * gained_ppm, 1.204 * gained_g_kg / (1e-3 * gained_ppm)
