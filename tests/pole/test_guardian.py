from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.grid import TimeGrid
from envirosense.instruments.configuration import SensorConfiguration
from envirosense.instruments.sensor_change import SensorChange
from envirosense.pole.guardian import ScenarioState, VirtualGridGuardian
from envirosense.pole.mock import create_mock_environment_state
from envirosense.pole.outfit import CAMERA, CARRIED, default_configuration
from envirosense.pole.scenarios.electrical.equipment_overheat import EquipmentOverheatScenario
from envirosense.pole.scenarios.normal.diurnal_cycle import DiurnalCycleScenario
from envirosense.pole.site import Site, draw_site
from envirosense.scenarios import Forcing, Heating, WoodFuel

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
    swings = {"irradiance_swing_w_m2": -300.0, "energy_swing": -0.2, "board_swing_k": 9.0}
    world = mock("step", n=400, begin_s=200.0, **swings)
    counters = ("rain_gauge", "lightning_detector")  # nothing falls and nothing flashes
    for name, values in flat(device(without=counters).observe(world)).items():
        before, after = np.nanmean(values[100:200], axis=0), np.nanmean(values[300:], axis=0)
        noise = np.nanstd(values[100:200], axis=0) / 10.0
        moved = np.abs(after - before) > 5 * noise
        # the wind keeps its direction, the cells their temperature; a gas may be none of this air's
        least = {"wind_sensor": 0.5, "battery_level": 0.5, "solar_power": 0.5}
        assert moved.mean() >= least.get(name, 0.7), name


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


# --- one tick as plain values


def test_a_block_is_no_single_state():
    with pytest.raises(ConfigError, match=r"grid.n=2: must be 1; use observe\(\) for a block"):
        device().sample_environment(mock(n=2))


def test_a_sensor_between_its_samples_has_no_value():
    guardian = device()
    for name in ("barometer", "thermal_camera"):
        config = guardian.sensor(name).config
        guardian.reconfigure(config.model_copy(update={"interval_s": 10.0}))
    world = mock(n=12)
    samples = [guardian.sample_environment(world.ticks(tick, 1)) for tick in range(12)]
    for name, channel in (("barometer", "pressure_pa"), ("thermal_camera", "image_k")):
        assert [i for i, sample in enumerate(samples) if sample[name][channel] is not None] == [0, 10]


# --- changed while it runs


def change_nothing(guardian):
    pass


def switch(guardian):
    guardian.disable("voc_array")


def move(guardian):
    guardian.reposition("voc_array", (0.5, 0.5, 4.0))


def replace_part(guardian):
    guardian.reconfigure(guardian.sensor("voc_array").config.model_copy(update={"age_days": 700.0}))


def add(guardian):
    guardian.reconfigure(guardian.sensor("voc_array").config.model_copy(update={"sensor_id": "second"}))


@pytest.mark.parametrize("act", [switch, move, replace_part, add])
def test_a_change_while_it_runs_leaves_the_bits_of_the_others(act):
    world = mock("plume", n=60, sources=({"at_m": (3.0, 0.0, 6.0)},))
    blocks = {}
    for change in (change_nothing, act):
        guardian = device()
        first = flat(guardian.observe(world.ticks(0, 30)))
        change(guardian)
        blocks[change] = first, flat(guardian.observe(world.ticks(30, 30)))
    (before, plain), (same, changed) = blocks[change_nothing], blocks[act]
    for name in SENSORS:
        assert np.array_equal(before[name], same[name], equal_nan=True), name
        equal = np.array_equal(plain[name], changed[name], equal_nan=True)
        assert equal == (name != "voc_array" or act is add), name


def test_a_setting_that_cannot_be_leaves_the_device_as_it_was():
    guardian = device()
    before = guardian.configuration
    config = guardian.sensor("barometer").config.model_copy(update={"part": "wind/ft205"})
    with pytest.raises(ConfigError, match="must be one of barometer/bmp388"):
        guardian.reconfigure(config)
    assert guardian.configuration is before
    assert guardian.sensor("barometer").config.part == "barometer/bmp388"


# --- several guardians in one world


@pytest.fixture(scope="module")
def leaking(make_world):
    """World with a leak of wood smoke at the pole, south wind, 30 minutes at 10 s."""
    power_w = np.full(180, 250.0)
    world = make_world(n=180, wind_m_s=3.0, wind_from_deg=180.0)
    world.add(
        Forcing(
            heatings=(
                Heating("neutral_bracket", 0.4 * power_w),
                Heating("neutral_bracket_wood", 0.6 * power_w),
            ),
            fuels=(WoodFuel("neutral_bracket_wood", 60.0, 1.0),),
        )
    )
    return world


def test_guardians_of_one_world_share_its_plume_and_not_their_noise(leaking):
    state = leaking.state(0, 180)
    one, other = device(1, sensors=["voc_array"]), device(2, sensors=["voc_array"])
    truth = [g.sensor("voc_array").truth(state) for g in (one, other)]
    assert np.array_equal(*truth)
    found = [g.observe(state).readings["voc_array"] for g in (one, other)]
    assert np.array_equal(found[0].ideal, found[1].ideal)
    assert not np.array_equal(found[0].reading, found[1].reading)
    east, north, up = Site().device_position_m
    other.reposition("voc_array", (east, north, up + 0.5))
    above = other.sensor("voc_array").truth(state)
    assert not np.array_equal(above, truth[0])
    excess = [gas - one.sensor("voc_array").truth(state.without_causes()) for gas in (truth[0], above)]
    strongest = int(np.argmax(excess[0].max(axis=0)))
    together = np.corrcoef(*(np.log(1e-3 + np.abs(gas[30:, strongest])) for gas in excess))[0, 1]
    assert together > 0.5


def test_watching_a_world_does_not_change_it(leaking):
    before = leaking.state(0, 180).gas_ppb(["formaldehyde"], Site().device_position_m)
    for seed in (1, 2):
        device(seed, sensors=["voc_array"]).observe(leaking.state(0, 180))
    assert np.array_equal(before, leaking.state(0, 180).gas_ppb(["formaldehyde"], Site().device_position_m))


# --- recordings of loud events


def test_gusts_set_off_recordings_once_asked_for_and_blocks_do_not_matter(make_world):
    world = make_world(n=60, dt_s=1.0)
    chosen = default_configuration(Site()).select(["microphone"])
    loud = chosen.changed([SensorChange(set={"waveform_s": 0.1, "waveform_rise_dba": 10.0})])
    found = VirtualGridGuardian(loud, 5).observe(world.state(0, 60)).windows["microphone"]
    ticks = [window.tick for window in found]
    assert 0 < len(ticks) <= 6
    assert ticks == sorted(set(ticks))
    assert {window.samples.size for window in found} == {19_200}
    guardian = VirtualGridGuardian(loud, 5)
    cut = [guardian.observe(world.state(a, b)).windows["microphone"] for a, b in pairwise((0, 13, 14, 60))]
    again = [window for windows in cut for window in windows]
    assert [window.tick for window in again] == ticks
    assert all(np.array_equal(a.samples, b.samples) for a, b in zip(found, again, strict=True))
    assert VirtualGridGuardian(chosen, 5).observe(world.state(0, 60)).windows == {"microphone": []}
