import numpy as np
import pytest
from numba import config as numba_config

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.grid import TimeGrid
from envirosense.physics.light.radiation import band_radiance_w_m2_sr, band_temperature_k
from envirosense.pole.mock import create_mock_environment_state
from envirosense.pole.outfit import default_configuration
from envirosense.pole.sensors.thermal_camera import ThermalCameraConfig, ThermalCameraSensor
from envirosense.pole.site import Site
from envirosense.scenarios import Forcing, Heating
from envirosense.testing.worlds import UniformWorld

START = "1990-07-01T12:00:00Z"
PART = "thermal_camera/lepton_2_5"
NEVER = {"imperfections.ffc_period_s": 1e6, "imperfections.ffc_step_k": 1e3}


def camera(seed=3, **settings):
    values = {"sensor_id": "eye", "sensor_type": "thermal_camera", "part": PART} | settings
    return ThermalCameraSensor(ThermalCameraConfig.parse(values), seed)


def mock(kind="uniform", n=10, dt_s=1.0, **settings):
    return create_mock_environment_state(kind, TimeGrid(start_utc=START, dt_s=dt_s, n=n), **settings)


def frames(sensor, world):
    return sensor.run_frames(world, sensor.start_frames(3))


@pytest.mark.parametrize("scene_k", [243.15, 300.0, 420.0])
def test_an_isothermal_world_reads_its_temperature(scene_k):
    """V-CAM-2."""
    block = frames(camera(stages_off=True), mock(scene_k=scene_k))
    assert block.temperature_k().shape == (10, 4800)
    assert np.abs(block.temperature_k() - scene_k).max() <= 0.02
    assert np.abs(camera().respond(mock(scene_k=scene_k)) - scene_k).max() <= 0.002


@pytest.mark.skipif(bool(numba_config.DISABLE_JIT), reason="many frames")
@pytest.mark.parametrize(("scene_k", "sigma_mk"), [(253.15, 87.0), (300.0, 50.0), (363.15, 31.0)])
def test_a_static_pixel_has_the_noise_of_the_sheet(scene_k, sigma_mk):
    """V-CAM-3: only the white noise; 400 frames of 4800 pixels, within a tenth."""
    sensor = camera()
    others = tuple(name for name in sensor.effects if name != "netd_k")
    readings = frames(camera(stages_off=others, overrides=NEVER), mock(scene_k=scene_k, n=400))
    std_mk = 1e3 * readings.temperature_k().std(axis=0, ddof=1)
    assert abs(std_mk.mean() - sigma_mk) <= 0.1 * sigma_mk
    assert np.all(np.abs(std_mk - sigma_mk) < 0.35 * sigma_mk)


def test_a_spot_smaller_than_a_pixel_is_diluted_by_radiance():
    world = mock("hot_spot", hot_spot_pixel=(12, 30), hot_spot_share=0.3, hot_spot_k=400.0, scene_k=290.0)
    image = frames(camera(stages_off=True), world).temperature_k()[0].reshape(60, 80)
    scene, spot = band_radiance_w_m2_sr(np.array([290.0, 400.0]))
    mixed_k = band_temperature_k(np.array([0.7 * scene + 0.3 * spot]))[0]
    assert abs(image[12, 30] - mixed_k) <= 0.02
    assert mixed_k > 290.0 + 0.3 * 110.0  # radiance grows faster than temperature
    assert np.abs(np.delete(image.ravel(), 12 * 80 + 30) - 290.0).max() <= 0.02


def test_the_picture_follows_the_scene():
    image = frames(camera(), mock("step", n=120)).temperature_k().mean(axis=1)
    assert image[119] - image[0] == pytest.approx(5.0, abs=0.5)


def test_the_picture_follows_the_live_world(make_world):
    site_camera = camera(position_m=(0.0, 1.2, 9.3), azimuth_deg=180.0, elevation_deg=60.0, stages_off=True)
    world = make_world(n=90)
    world.add(Forcing(heatings=(Heating("pole_top_bolt", np.full(90, 120.0)),)))
    hot, healthy = world.state(60, 61), world.state(60, 61).without_causes()
    image, calm = (frames(site_camera, state).temperature_k()[0] for state in (hot, healthy))
    seen, _ = hot.view(site_camera.camera)
    bolt = seen.weights[:, seen.components.index("pole_top_bolt")]
    assert np.argmax(image - calm) in np.argsort(-bolt)[:6]
    assert (image - calm).max() > 10.0


def test_an_effect_is_switched_off_by_its_name():
    dead = camera(overrides={"imperfections.dead_fraction": 0.05})
    repaired = camera(overrides={"imperfections.dead_fraction": 0.05}, stages_off=["dead_fraction"])
    assert dead.start_frames(3).unit.dead.size > 100
    assert repaired.start_frames(3).unit.dead.size == 0
    assert repaired.imperfections.netd_k == dead.imperfections.netd_k > 0.0


def test_frames_come_at_multiples_of_the_interval():
    slow = frames(camera(interval_s=4.0), mock(n=10))
    assert slow.ticks.tolist() == [0, 4, 8]
    later = camera(interval_s=4.0)
    assert frames(later, mock(n=10).ticks(3, 6)).ticks.tolist() == [4, 8]
    with pytest.raises(ConfigError, match=r"eye.interval_s=1.5: must be a multiple of the tick, 1.0 s"):
        frames(camera(interval_s=1.5), mock())


@pytest.mark.parametrize("dt_s", [1.0, 10.0, 60.0])
def test_the_shutter_keeps_its_period_whatever_the_tick(dt_s):
    """Corrections come every three minutes of the world's time, also where ticks are longer than frames."""
    n = round(1800.0 / dt_s)
    world = mock(n=n, dt_s=dt_s)
    sensor = camera(interval_s=1.0)
    memory = sensor.start_frames(3)
    block = sensor.run_frames(world, memory)
    assert abs(block.frames.n_ffc[-1] - 10) <= 1
    assert np.all(np.diff(block.frames.n_ffc) <= 1)


def test_a_camera_switched_off_takes_no_frames():
    sensor = camera(enabled=False)
    assert frames(sensor, mock()).ticks.size == 0
    assert sensor.sample(mock(n=1)) == {"image_k": None}
    sensor.enable()
    assert sensor.sample(mock(n=1))["image_k"].shape == (60, 80)


def test_one_tick_at_a_time_is_the_block():
    world, sensor = mock("sinusoid", n=12, begin_s=0.0), camera()
    block = frames(camera(), world).temperature_k()
    for tick in range(12):
        image = sensor.sample(world.ticks(tick, 1))["image_k"]
        assert np.array_equal(image.ravel(), block[tick])
    with pytest.raises(ConfigError, match="must be 1; use run"):
        sensor.sample(world)


def test_truth_is_the_ideal_picture():
    sensor, world = camera(), mock("hot_spot", n=1)
    truth = sensor.get_ground_truth(world)["image_k"]
    assert np.array_equal(truth.ravel(), sensor.respond(world)[0])
    assert np.unravel_index(truth.argmax(), truth.shape) == (29, 39)


class SunIn:
    """A pole's world with the sun put in a chosen direction."""

    def __init__(self, state, azimuth, elevation):
        self.state, self.sun = state, (np.full(state.grid.n, azimuth), np.full(state.grid.n, elevation))

    def sun_direction(self):
        return self.sun

    def __getattr__(self, name):
        return getattr(self.state, name)


@pytest.mark.parametrize(("body", "is_seen"), [("sky/", True), ("pole", False)])
def test_the_pole_hides_the_sun_behind_it(make_world, body, is_seen):
    state = make_world(n=2).state(0, 2)
    chosen = default_configuration(Site()).sensors[-1]
    sensor = ThermalCameraSensor(chosen, 3)
    seen, _ = state.view(sensor.camera)
    names = [i for i, name in enumerate(seen.components) if name.startswith(body)]
    pixel = int(np.argmax(seen.weights[:, names].sum(axis=1)))
    east, north, up = sensor.camera.rays(1)[pixel]
    block = frames(sensor, SunIn(state, np.arctan2(east, north), np.arcsin(up)))
    assert (block.temperature_k()[:, pixel] > 440.0).all() == is_seen


def test_the_sun_in_view_saturates_a_disc():
    sensor = camera(azimuth_deg=90.0, elevation_deg=30.0)
    assert frames(sensor, mock(sun_azimuth_deg=90.0, sun_elevation_deg=30.0)).temperature_k().max() > 440.0
    assert frames(sensor, mock(sun_azimuth_deg=270.0, sun_elevation_deg=30.0)).temperature_k().max() < 400.0


def test_rain_on_the_window_hides_contrast():
    hot = {"hot_spot_share": 1.0}
    dry, wet = (
        frames(camera(), mock("hot_spot", rain_mm_h=rain, **hot)).temperature_k()[0] for rain in (0.0, 20.0)
    )
    assert np.ptp(wet) < np.ptp(dry) - 5.0


def test_signal_to_noise_grows_with_the_spot_and_is_zero_without():
    spots = [mock("hot_spot", hot_spot_k=k, n=2) for k in (300.0, 330.0, 400.0)]
    snr = [camera().excess_snr(world, world.without_causes())[0] for world in spots]
    assert 0.0 < snr[0] < snr[1] < snr[2]
    healthy = mock(n=2)
    assert np.all(camera().excess_snr(healthy, healthy.without_causes()) == 0.0)
    noisy = camera(overrides={"imperfections.netd_k": 0.5})
    assert noisy.excess_snr(spots[1], spots[1].without_causes())[0] < snr[1]


def test_the_channel_states_step_and_noise():
    (channel,) = camera().channels
    assert (channel.unit, channel.resolution) == ("K", 0.02)
    assert channel.noise_sigma == pytest.approx(np.hypot(np.hypot(0.05, 0.03), 0.3))
    assert camera().get_ml_metadata()["channels"][0]["name"] == "apparent_temperature"


def test_seeds_are_cameras():
    one, same, other = (camera().start_frames(seed).unit for seed in (3, 3, 4))
    assert one.bias_k == same.bias_k != other.bias_k


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"stages_off": ["netd"]}, "did you mean 'netd_k'"),
        ({"stages_off": ["fpa_tau_s"]}, "unknown stages_off"),
        ({"overrides": {"imperfections.netd": 1.0}}, "did you mean 'imperfections.netd_k'"),
        ({"overrides": {"imperfections.netd_k": -0.1}}, "must be 0 or more"),
        ({"overrides": {"imperfections.blink_on_s": 0.0}}, "must be above 0"),
        ({"overrides": {"imperfections.netd_k": "loud"}}, "must be a number"),
        ({"overrides": {"range.low_k": 500.0}}, "must be rising"),
        ({"overrides": {"optics.rows": 4}}, "needs 8 rows and columns"),
        ({"faults": [{"kind": "foulded"}]}, "did you mean 'fouled'"),
        ({"elevation_deg": 95.0}, "elevation_deg=95.0"),
        ({"interval_s": -1.0}, "interval_s=-1.0"),
        ({"azimut_deg": 3.0}, "did you mean 'azimuth_deg'"),
        ({"part": "thermal_camera/lepton_3"}, "lepton_3_5"),
        ({"part": "barometer/bmp388"}, "is no part of kind thermal_camera"),
    ],
)
def test_an_impossible_camera_is_refused_in_one_line(settings, words):
    with pytest.raises(ConfigError, match=words) as refusal:
        camera(**settings)
    assert "\n" not in str(refusal.value)


def test_a_world_without_a_scene_is_refused():
    with pytest.raises(ConfigError, match="has no scene"):
        camera().respond(UniformWorld(n=2))


def test_unknown_effects_are_suggested():
    with pytest.raises(UnknownNameError):
        camera(stages_off=("is_repairing",))
