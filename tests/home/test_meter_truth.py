from dataclasses import replace

import numpy as np
import pytest

from envirosense.core.rng import stream
from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.people.lives import Lives
from envirosense.home.sensing.device_power import PowerCourse
from envirosense.home.sensing.meter_truth import BASE_W, home_kwh, plug_kwh, water_l
from envirosense.home.sensing.rooms import RoomSeries

MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US
TICKS_US = np.arange(24 * 12) * 5 * MINUTE_US


def a_life(names: tuple[str, ...], minutes: list[int]) -> Lives:
    """One person who does one thing after another."""
    edges = np.concatenate([[0], np.cumsum(minutes)]) * MINUTE_US
    n = len(names)
    one, which = np.zeros(n, dtype=np.int32), np.arange(n, dtype=np.int32)
    return Lives(names, one, which, edges[:-1], edges[1:], one, one, edges[:-1], edges[1:], which)


def rooms(hvac_w: float) -> RoomSeries:
    none = np.zeros((1, 24 * 60), dtype=np.float32)
    heat = np.full((1, 24 * 60), hvac_w, dtype=np.float32)
    return RoomSeries(60.0, none, none, none, heat, np.array([-1]), none, Stimuli.of(np.empty(0), 0, 0, 0))


def test_a_shower_of_ten_minutes_takes_seventy_litres() -> None:
    litres = water_l(a_life(("sleep", "shower", "read"), [60, 10, 100]), 200, stream(1, "water"))
    assert litres[-1] - litres[0] == pytest.approx(70.0)
    assert litres[59] == litres[0]
    assert np.all(np.diff(litres) >= 0.0)


def test_a_flush_comes_at_the_end() -> None:
    litres = water_l(a_life(("sleep", "toilet", "read"), [60, 4, 100]), 200, stream(1, "water"))
    assert np.flatnonzero(np.diff(litres)) == [63]


def test_a_plug_counts_what_its_device_takes() -> None:
    steady = PowerCourse(np.array([0]), np.array([250.0]), np.array([-1]))
    kwh = plug_kwh(steady, TICKS_US, stream(1, "plug"))
    assert kwh[-1] - kwh[0] == pytest.approx(0.25 * (24.0 - 5.0 / 60.0))
    assert np.ptp(plug_kwh(None, TICKS_US, stream(1, "plug"))) == 0.0


def test_a_home_counts_its_devices_what_is_always_on_and_its_cooling() -> None:
    steady = PowerCourse(np.array([0]), np.array([1000.0]), np.array([-1]))
    hours = 24.0 - 5.0 / 60.0
    plain = np.ptp(home_kwh([], rooms(0.0), TICKS_US, stream(1, "home")))
    assert BASE_W[0] * hours / 1000.0 < plain < BASE_W[1] * hours / 1000.0
    busy = np.ptp(home_kwh([steady, replace(steady)], rooms(0.0), TICKS_US, stream(1, "home")))
    assert busy - plain == pytest.approx(2.0 * hours)
    cooled = np.ptp(home_kwh([], rooms(-3200.0), TICKS_US, stream(1, "home")))
    assert cooled - plain == pytest.approx(hours)
