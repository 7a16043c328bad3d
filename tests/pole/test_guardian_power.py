"""A device whose sensors load its battery, and what it gives up as that empties."""

from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest

from envirosense.instruments.status import Status
from envirosense.pole.guardian import VirtualGridGuardian
from envirosense.pole.observability import excess_snr
from envirosense.pole.outfit import CAMERA, CARRIED, default_configuration
from envirosense.pole.site import Site
from envirosense.scenarios import AirMass, Forcing

SENSORS = tuple(sensor_id for sensor_id, _, _ in (*CARRIED, CAMERA))
DARK = {"ghi_w_m2": 0.0, "dni_w_m2": 0.0, "dhi_w_m2": 0.0, "air_c": -5.0}


def hungry(coupling, select=None, world=None, seed=5):
    chosen = default_configuration(Site()).select(select).model_copy(update={"power_coupling": coupling})
    guardian = VirtualGridGuardian(chosen, seed)
    if world is not None:
        guardian.couple(world)
    return guardian


@pytest.fixture(scope="module")
def dark(make_world):
    """Forty hours of December at 300 s without sun; seed 3 starts with a battery at 0.59."""
    return make_world(n=480, dt_s=300.0, start=datetime(2018, 12, 1, tzinfo=UTC), seed=3, **DARK)


@pytest.fixture(scope="module")
def starved(dark):
    """The device over those hours with coupling on, and off."""
    state = dark.state(0, 480)
    return hungry("on", world=dark).observe(state), hungry("off", world=dark).observe(state)


def test_a_device_whose_battery_empties_gives_up_its_camera_first_then_particles_and_gases(starved):
    coupled, _ = starved
    first = {name: int(np.argmax(off)) for name, b in coupled.readings.items()
             if (off := (b.status & Status.OFF) > 0).any()}  # fmt: skip
    frames = coupled.frames["thermal_camera"]
    dark_from = int(frames.lost_ticks[0])
    assert set(first) == {"voc_array", "particulate_matter", "emf_sensor", "microphone", "microphone_2"}
    assert 0 < dark_from < first["particulate_matter"] <= first["voc_array"]
    assert (frames.lost_status & Status.OFF).all()
    assert frames.ticks[-1] < dark_from


def test_a_sensor_without_power_has_no_reading_and_says_off(starved):
    coupled, _ = starved
    for name, block in coupled.readings.items():
        off = (block.status & Status.OFF) > 0
        assert np.isnan(block.reading[off]).all(), name
        assert (block.quality[off] == 0.0).all(), name


def test_coupling_leaves_the_noise_of_sensors_that_stay_on(starved):
    coupled, free = starved
    feel_the_board = {"barometer", "emf_sensor", "microphone", "microphone_2", "vibration_sensor"}
    apart = feel_the_board | {"internal_temperature", "battery_level", "solar_power"}
    for name, block in coupled.readings.items():
        on = (block.status & Status.OFF) == 0
        if name not in apart:
            assert np.array_equal(block.reading[on], free.readings[name].reading[on], equal_nan=True), name
    error_pa = [(b.readings["barometer"].reading - b.readings["barometer"].ideal)[:, 0] for b in starved]
    known = np.isfinite(error_pa[0])
    assert np.array_equal(known, np.isfinite(error_pa[1]))
    # the board shifts what is rounded; of independent noise it would be 0 +- 0.05
    assert np.corrcoef(*(np.diff(pa[known]) for pa in error_pa))[0, 1] > 0.5
    seen, lost = coupled.frames["thermal_camera"], free.frames["thermal_camera"]
    assert np.array_equal(seen.ticks, lost.ticks[: seen.ticks.size])


def test_the_battery_of_a_coupled_device_holds_what_its_sensors_leave(dark):
    state = dark.state(0, 480)
    names = ["battery_level"]
    alone, free = (hungry(how, names, dark).observe(state).readings["battery_level"] for how in ("on", "off"))
    all_of_it = hungry("on", world=dark)
    crowded = all_of_it.observe(state).readings["battery_level"]
    assert free.ideal[-1, 0] != alone.ideal[-1, 0] > crowded.ideal[-1, 0]
    assert hungry("off", world=dark).power is None
    assert set(all_of_it.power.powered) == set(SENSORS)


def test_without_coupling_nothing_is_ever_off(starved):
    _, free = starved
    assert all(not (b.status & Status.OFF).any() for b in free.readings.values())
    assert free.frames["thermal_camera"].lost_ticks.size == 0


def test_coupled_blocks_and_single_ticks_are_the_whole(dark, starved):
    coupled, _ = starved
    names = ["voc_array", "battery_level", "thermal_camera"]
    guardian, stepped = hungry("on", names, dark), hungry("on", names, dark)
    guardian._power = stepped._power = hungry("on", world=dark).power  # what the whole device has
    parts = [guardian.observe(dark.state(a, b)) for a, b in pairwise((0, 100, 107, 330, 480))]
    for name in names[:2]:
        for kind in ("reading", "status", "quality"):
            cut = np.concatenate([getattr(part.readings[name], kind) for part in parts])
            assert np.array_equal(cut, getattr(coupled.readings[name], kind), equal_nan=True), (name, kind)
    lost = np.concatenate([part.frames["thermal_camera"].lost_ticks for part in parts])
    assert np.array_equal(lost, coupled.frames["thermal_camera"].lost_ticks)
    for tick in (0, 107, 108, 335, 336, 337):
        sample = stepped.sample_environment(dark.state(tick, tick + 1))
        is_off = bool(coupled.readings["voc_array"].status[tick] & Status.OFF)
        assert (None in sample["voc_array"].values()) == is_off, tick
        assert (sample["thermal_camera"]["image_k"] is None) == (tick in lost), tick


def test_a_sensor_without_power_could_not_see_an_event(make_world):
    world = make_world(n=480, dt_s=300.0, start=datetime(2018, 12, 1, tzinfo=UTC), seed=3, **DARK)
    world.add(Forcing(air_masses=(AirMass("smoke", gas_ppb={"carbon_monoxide": np.full(480, 5e4)}),)))
    whole, names = hungry("on", world=world), ["voc_array"]
    free, coupled = hungry("off", names), hungry("on", names)
    coupled._power = whole.power
    seen, missed = (excess_snr(one, world)["voc_array"] for one in (free, coupled))
    powered = whole.power.powered["voc_array"]
    assert 0 < powered.sum() < 480
    assert (seen > 100.0).all()
    assert np.array_equal(missed[powered], seen[powered])
    assert (missed[~powered] == 0.0).all()
