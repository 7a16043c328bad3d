from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.grid import TimeGrid
from envirosense.instruments.configuration import SensorConfiguration
from envirosense.pole.guardian import ScenarioState, VirtualGridGuardian
from envirosense.pole.mock import create_mock_environment_state
from envirosense.pole.outfit import CAMERA, CARRIED, default_configuration
from envirosense.pole.scenarios.diurnal_cycle import DiurnalCycleScenario
from envirosense.pole.scenarios.equipment_overheat import EquipmentOverheatScenario
from envirosense.pole.site import Site, draw_site

OVERHEAT = {
    "component": "clamp_b", "final_resistance_ohm": 4e-3, "onset_fraction": 0.05, "growth_fraction": 0.2,
    "real_growth_days": 100.0,
}  # fmt: skip
SENSORS = tuple(sensor_id for sensor_id, _, _ in (*CARRIED, CAMERA))
TYPES = tuple(dict.fromkeys(sensor_type for _, sensor_type, _ in (*CARRIED, CAMERA)))


def device(seed=5, **select):
    return VirtualGridGuardian(default_configuration(Site()).select(**select), seed)


def mock(kind="step", n=120, **settings):
    grid = TimeGrid(start_utc="1990-07-01T12:00:00Z", dt_s=1.0, n=n)
    return create_mock_environment_state(kind, grid, **settings)


def flat(block):
    """All readings of a block by sensor."""
    frames = {name: b.temperature_k() for name, b in block.frames.items()}
    return {name: b.reading for name, b in block.readings.items()} | frames


def test_the_device_has_every_sensor_at_its_place():
    guardian = device()
    assert tuple(guardian.sensors) == SENSORS
    assert all(s.position_3d == Site().device_position_m for s in guardian.sensors.values())
    assert tuple(guardian.cameras) == ("thermal_camera",)
    assert set(guardian.describe_camera("thermal_camera")) == {"unit", "amplitudes"}


@pytest.mark.parametrize("index", range(4))
def test_the_camera_looks_towards_its_pole(index):
    site = draw_site(3, index)
    east, north, _ = site.device_position_m
    camera = next(s for s in default_configuration(site).sensors if s.sensor_id == "thermal_camera")
    to_pole_deg = np.degrees(np.arctan2(-east, -north))
    off_deg = (camera.azimuth_deg - site.camera_pan_deg - to_pole_deg + 180.0) % 360.0 - 180.0
    assert off_deg == pytest.approx(0.0, abs=1e-9)


def test_one_tick_at_a_time_is_the_block(make_world):
    world = make_world(n=40, dt_s=2.0)
    block = flat(device().observe(world.state(0, 40)))
    stepped = device()
    for tick in range(40):
        sample = stepped.sample_environment(world.state(tick, tick + 1))
        for name, values in block.items():
            got = np.array([np.nan if v is None else v for v in sample[name].values()]).astype(float)
            assert np.array_equal(got.ravel(), values[tick].ravel(), equal_nan=True), (tick, name)


@pytest.mark.parametrize("sizes", [(1, 39), (7, 33), (13, 13, 14)])
def test_blocks_do_not_matter(make_world, sizes):
    world = make_world(n=40, dt_s=2.0)
    whole, guardian = flat(device().observe(world.state(0, 40))), device()
    cuts = np.cumsum((0, *sizes))
    blocks = [flat(guardian.observe(world.state(a, b))) for a, b in pairwise(cuts)]
    for name, values in whole.items():
        assert np.array_equal(np.concatenate([b[name] for b in blocks]), values, equal_nan=True), name


@pytest.fixture(scope="module")
def everything():
    return flat(device().observe(mock("sinusoid", n=60, begin_s=0.0)))


@pytest.mark.parametrize("without", TYPES)
def test_taking_sensors_away_leaves_the_others_bit_equal(without, everything):
    fewer = flat(device(without=[without]).observe(mock("sinusoid", n=60, begin_s=0.0)))
    assert set(everything) - set(fewer) == {i for i, kind, _ in (*CARRIED, CAMERA) if kind == without}
    for name, values in fewer.items():
        assert np.array_equal(values, everything[name], equal_nan=True), name


def test_every_sensor_follows_its_world():
    world = mock("step", n=400, begin_s=200.0, irradiance_swing_w_m2=-300.0)
    for name, values in flat(device().observe(world)).items():
        before, after = np.nanmean(values[100:200], axis=0), np.nanmean(values[300:], axis=0)
        noise = np.nanstd(values[100:200], axis=0) / 10.0
        moved = np.abs(after - before) > 5 * noise
        # the wind keeps its direction; blind is a channel whose gas is not in this air
        assert moved.mean() >= {"wind_sensor": 0.5}.get(name, 0.7), name


def test_truth_is_the_world_at_the_sensors():
    world = mock("uniform", n=1, air_k=280.0)
    truth = device().get_ground_truth_data(world)
    assert truth["temperature_humidity"]["temperature_c"] == pytest.approx(6.85)
    assert truth["voc_array"]["ozone_ppb"] == 35.0
    assert truth["thermal_camera"]["image_k"].shape == (60, 80)


def test_a_training_sample_is_readings_and_labels(make_world):
    world = make_world(n=180)
    scenario = EquipmentOverheatScenario(OVERHEAT)
    scenario.setup_environment(world)
    scenario.update(0, world)
    guardian = device()
    quiet = guardian.generate_training_sample(ScenarioState(scenario, world.state(0, 1), 0))
    hot = guardian.generate_training_sample(ScenarioState(scenario, world.state(179, 180), 179))
    assert set(quiet[0]) == set(SENSORS)
    assert not quiet[1]["is_anomaly"]
    assert hot[1] == scenario.get_ground_truth_labels(179, world.state(179, 180))
    assert (hot[1]["event_type"], hot[1]["is_anomaly"]) == ("overheating", True)
    unlabelled = ScenarioState(scenario, world.state(0, 1), 0)
    assert device().generate_training_sample(unlabelled, include_labels=False)[1] == {}


def test_a_small_dataset_has_the_samples_asked_for(make_world):
    pairs = [
        (DiurnalCycleScenario({}), make_world(n=6)),
        (EquipmentOverheatScenario(OVERHEAT), make_world(n=6)),
    ]
    samples = device().generate_dataset(pairs, 5)
    assert len(samples) == 10
    assert samples[0][1] == {"event_type": "normal", "is_anomaly": False, "severity": 0.0}
    world = make_world(n=6)
    again = device().observe(world.state(0, 5)).readings["barometer"].reading[:, 0]
    assert [s[0]["barometer"]["pressure_pa"] for s in samples[:5]] == again.tolist()
    with pytest.raises(ConfigError, match="num_samples_per_scenario=7: a sample is a tick"):
        device().generate_dataset([(DiurnalCycleScenario({}), make_world(n=6))], 7)


def test_a_sensor_can_be_switched_off_and_on():
    guardian, world = device(), mock(n=2)
    guardian.disable("voc_array")
    guardian.disable("thermal_camera")
    off = guardian.observe(world.ticks(0, 1))
    assert np.isnan(off.readings["voc_array"].reading).all()
    assert off.frames["thermal_camera"].ticks.size == 0
    guardian.enable("voc_array")
    assert not np.isnan(guardian.observe(world.ticks(1, 1)).readings["voc_array"].reading).any()


def test_a_moved_sensor_reads_its_new_place():
    world = mock("plume", n=1, sources=({"at_m": (3.0, 0.0, 6.0)},))
    guardian = device()
    guardian.reposition("voc_array", (0.0, 0.0, 6.0))
    near = guardian.get_ground_truth_data(world)["voc_array"]
    guardian.reposition("voc_array", (10.0, 0.0, 6.0))
    far = guardian.get_ground_truth_data(world)["voc_array"]
    assert near["formaldehyde_ppb"] > far["formaldehyde_ppb"] == 0.0


def test_a_sensor_can_be_replaced_or_added():
    guardian = device()
    old = guardian.sensor("barometer").config
    guardian.reconfigure(old.model_copy(update={"interval_s": 10.0}))
    assert guardian.sensor("barometer").config.interval_s == 10.0
    guardian.reconfigure(old.model_copy(update={"sensor_id": "second_barometer"}))
    assert len(guardian.sensors) == len(guardian.configuration.sensors) == len(SENSORS) + 1
    camera = guardian.sensor("thermal_camera").config
    guardian.reconfigure(camera.model_copy(update={"interval_s": 2.0}))
    assert guardian.observe(mock(n=4)).frames["thermal_camera"].ticks.tolist() == [0, 2]
    block = guardian.observe(mock(n=4)).readings
    assert not np.array_equal(block["second_barometer"].reading, block["barometer"].reading, equal_nan=True)


def test_unknown_sensors_are_refused_with_a_suggestion():
    with pytest.raises(UnknownNameError, match="did you mean 'barometer'"):
        device().disable("barometr")
    with pytest.raises(UnknownNameError, match="did you mean 'voc_array'"):
        device(without=["voc_aray"])
    twice = default_configuration(Site()).model_dump()
    twice["sensors"] = [*twice["sensors"], twice["sensors"][0]]
    with pytest.raises(ConfigError, match="is used twice"):
        SensorConfiguration.parse(twice)


def test_another_seed_is_another_device():
    world = mock("uniform", n=5)
    one, other = flat(device(5).observe(world)), flat(device(6).observe(world))
    counters = {"rain_gauge", "lightning_detector"}  # nothing to count in this world
    assert {name for name in one if np.array_equal(one[name], other[name], equal_nan=True)} <= counters


def test_scenario_states_are_plain(make_world):
    state = ScenarioState(DiurnalCycleScenario({}), make_world(n=2).state(0, 1), 0)
    assert replace(state, tick=1).tick == 1
