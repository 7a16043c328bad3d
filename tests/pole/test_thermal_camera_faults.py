"""What goes wrong with a camera, what it knows of that, and its larger preset."""

import numpy as np
import pytest
from numba import config as numba_config

from envirosense.core.grid import TimeGrid
from envirosense.instruments.status import Status
from envirosense.pole.mock import create_mock_environment_state
from envirosense.pole.picture.view import site_view
from envirosense.pole.sensors.thermal_camera import ThermalCameraConfig, ThermalCameraSensor
from envirosense.pole.site import Site

START = "1990-07-01T12:00:00Z"
SMALL, LARGE, LOW_GAIN = (f"thermal_camera/lepton_{name}" for name in ("2_5", "3_5", "3_5_low_gain"))
FRAME_FIELDS = ("low", "high", "fpa_k", "n_ffc", "flags", "n_clipped")
compiled_only = pytest.mark.skipif(bool(numba_config.DISABLE_JIT), reason="many frames")


def camera(part=SMALL, seed=3, **settings):
    values = {"sensor_id": "eye", "sensor_type": "thermal_camera", "part": part} | settings
    return ThermalCameraSensor(ThermalCameraConfig.parse(values), seed)


def mock(kind="uniform", n=10, dt_s=1.0, **settings):
    return create_mock_environment_state(kind, TimeGrid(start_utc=START, dt_s=dt_s, n=n), **settings)


def frames(sensor, world, powered=None):
    return sensor.run_frames(world, sensor.start_frames(3), powered)


def broken(kind, begin_s=0.0, severity=1.0, end_s=None, off=(), **settings):
    fault = {"kind": kind, "begin_s": begin_s, "severity": severity, "end_s": end_s}
    return camera(faults=[fault], stages_off=off, **settings)


def without_noise(sensor):
    kept = ("window_loss", "soiling_per_day")
    return tuple(name for name in sensor.effects if name not in kept)


# --- the larger preset


@pytest.mark.parametrize(("part", "shape"), [(SMALL, (60, 80)), (LARGE, (120, 160)), (LOW_GAIN, (120, 160))])
def test_a_part_sets_the_size_of_the_picture(part, shape):
    sensor = camera(part)
    world = mock("hot_spot", n=1, hot_spot_pixel=(5, 7), hot_spot_k=400.0)
    assert sensor.get_ground_truth(world)["image_k"].shape == shape
    perfect = camera(part, stages_off=True).sample(world)["image_k"]
    assert perfect.shape == shape
    assert np.unravel_index(perfect.argmax(), shape) == (5, 7)
    assert np.abs(perfect - sensor.get_ground_truth(world)["image_k"]).max() <= 0.02


def test_low_gain_sees_a_flame_that_high_gain_clips():
    hot = mock(scene_k=600.0, n=1)
    assert camera(LOW_GAIN, stages_off=True).sample(hot)["image_k"].max() == pytest.approx(600.0, abs=0.02)
    assert camera(LARGE, stages_off=True).sample(hot)["image_k"].max() < 444.0


def test_the_large_picture_sees_the_same_scene_in_finer_pixels():
    """Through the same lens bodies take the same share of both pictures."""
    small, large = camera(SMALL), camera(LARGE, overrides={"optics.horizontal_view_deg": 50.0})
    pose = {"position_m": (0.0, 4.0, 9.0), "azimuth_deg": 180.0, "elevation_deg": 30.0}
    seen = [
        site_view(Site(), camera(part, overrides=o, **pose).camera)[0]
        for part, o in ((SMALL, {}), (LARGE, large.config.overrides))
    ]
    shares = []
    for one in seen:
        names = np.array([name.split("/")[0] for name in one.components])
        shares.append({name: one.weights[:, names == name].sum() / len(one.weights) for name in set(names)})
    for name, share in shares[0].items():
        assert shares[1][name] == pytest.approx(share, abs=2e-3)
    assert small.camera.focal_px * 2 == pytest.approx(large.camera.focal_px)
    assert camera(LARGE).camera.focal_px == pytest.approx(80 / np.tan(np.radians(28.5)))


@compiled_only
def test_the_large_picture_has_the_noise_of_its_sheet():
    others = tuple(name for name in camera(LARGE).effects if name != "netd_k")
    shown = frames(camera(LARGE, stages_off=others), mock(scene_k=300.0, n=150)).temperature_k()
    seen_k = np.sqrt(shown.var(axis=0, ddof=1).mean() - 0.02**2 / 12)
    assert seen_k == pytest.approx(0.05, rel=5 / np.sqrt(2 * 149 * 19200))


@compiled_only
def test_blocks_of_a_large_picture_are_the_whole():
    world, sensor = mock(n=6, rain_mm_h=3.0), camera(LARGE)
    whole, memory = frames(camera(LARGE), world), sensor.start_frames(3)
    for first, n in ((0, 1), (1, 3), (4, 2)):
        piece = sensor.run_frames(world.ticks(first, n), memory)
        for name in FRAME_FIELDS:
            assert np.array_equal(getattr(piece.frames, name), getattr(whole.frames, name)[first : first + n])


# --- the window


def test_dirt_takes_light_and_shows_the_window():
    clean, dirty = (
        frames(sensor, mock(scene_k=330.0, n=4)).temperature_k()[3]
        for sensor in (
            camera(stages_off=without_noise(camera())),
            broken("fouled", 2.0, off=without_noise(camera())),
        )
    )
    assert clean.mean() - dirty.mean() == pytest.approx(0.28 * 35.0, rel=0.15)  # window at 295 K
    half = frames(broken("fouled", severity=0.5, off=without_noise(camera())), mock(scene_k=330.0, n=1))
    assert 0.4 < (clean.mean() - half.temperature_k().mean()) / (clean.mean() - dirty.mean()) < 0.6


def test_a_web_hides_strands_and_leaves_the_rest():
    off = camera().effects
    sensor = broken("spider", 1.0, off=off)
    shown = frames(sensor, mock(scene_k=330.0, n=2)).temperature_k()
    lost = shown[0] - shown[1]
    assert lost.max() > 12.0
    assert 0.05 < (lost > 5.0).mean() < 0.7
    assert (lost < 1.0).mean() > 0.15
    again = frames(broken("spider", off=off, seed=3), mock(scene_k=330.0, n=1)).temperature_k()[0]
    assert np.array_equal(again, shown[1])  # the web is the unit's own, named draw


def test_ice_shows_the_temperature_of_the_case():
    sensor = broken("iced", 1.0, end_s=2.0, off=camera().effects)
    shown = frames(sensor, mock(scene_k=330.0, housing_k=268.0, n=3)).temperature_k()
    assert np.abs(shown[1] - 268.0).max() <= 0.011
    assert np.abs(shown[[0, 2]] - 330.0).max() <= 0.011


def test_ice_hides_the_sun():
    sun = {"sun_azimuth_deg": 90.0, "sun_elevation_deg": 30.0}
    at = {"azimuth_deg": 90.0, "elevation_deg": 30.0}
    assert frames(broken("iced", **at), mock(**sun)).temperature_k().max() < 400.0


def test_a_window_soils_with_the_days_since_it_was_cleaned():
    sensors = (
        camera(),
        camera(age_days=1000.0),
        camera(age_days=1000.0, calibrated_at_days=[990.0]),
        camera(age_days=1e6),
    )
    new, old, cleaned, ancient = (sensor.start_frames(3).unit.window_loss for sensor in sensors)
    assert new < cleaned < old < ancient <= new + 0.28 + 1e-9
    worlds = mock(n=1, scene_k=350.0)
    quality = [frames(sensor, worlds).quality[0] for sensor in sensors]
    assert quality[0] > quality[2] > quality[1] > quality[3]


def test_gain_drifts_by_the_law_of_a_random_walk():
    drifted = []
    for seed in range(200):
        off = tuple(name for name in camera().effects if name != "gain_drift_per_sqrt_year")
        old = camera(age_days=4 * 365.25, stages_off=off, overrides={"imperfections.dead_fraction": 0.0})
        drifted.append(float(old.start_frames(seed).unit.kernel.maps[0].mean()) - 1.0)
    assert np.std(drifted) == pytest.approx(0.005 * 2.0, rel=5 / np.sqrt(400))


# --- shutter, zero and link


def test_a_shutter_that_stays_closed_shows_itself_and_raises_no_flag():
    sensor = broken("ffc_stuck", 3.0, off=camera().effects)
    block = frames(sensor, mock("hot_spot", n=6, hot_spot_k=400.0, scene_k=280.0))
    shown = block.temperature_k()
    assert np.ptp(shown[2]) > 10.0
    assert np.ptp(shown[3:]) <= 0.02
    unit = sensor.start_frames(3).unit
    assert shown[4, 0] == pytest.approx(295.15 + unit.shutter[1], abs=0.02)
    assert not (block.status[3:] & Status.MAINTENANCE).any()


def test_a_stuck_link_repeats_its_frame_over_blocks():
    sensor, world = broken("stuck", 2.0, end_s=7.0), mock("sinusoid", n=10, begin_s=0.0)
    memory = sensor.start_frames(3)
    blocks = [sensor.run_frames(world.ticks(first, n), memory) for first, n in ((0, 3), (3, 3), (6, 4))]
    shown = np.concatenate([block.temperature_k() for block in blocks])
    repeats = np.flatnonzero((shown[1:] == shown[:-1]).all(axis=1)) + 1
    assert repeats.tolist() == [2, 3, 4, 5, 6]
    healthy = frames(camera(), world).temperature_k()
    assert np.array_equal(shown[[0, 1, 7, 8, 9]], healthy[[0, 1, 7, 8, 9]])


def test_a_link_that_is_stuck_from_the_start_repeats_the_first_frame():
    world = mock("sinusoid", n=4, begin_s=0.0)
    shown = frames(broken("stuck"), world).temperature_k()
    assert np.array_equal(shown, np.broadcast_to(frames(camera(), world).temperature_k()[0], shown.shape))


def test_a_link_that_is_down_brings_no_frame():
    world = mock(n=10)
    block, healthy = frames(broken("disconnected", 3.0, end_s=5.0), world), frames(camera(), world)
    assert block.ticks.tolist() == [0, 1, 2, 5, 6, 7, 8, 9]
    assert block.lost_ticks.tolist() == [3, 4]
    assert set(block.lost_status) == {int(Status.NO_DATA)}
    assert np.array_equal(block.frames.low, healthy.frames.low[block.ticks])
    assert block.status.shape == block.quality.shape == block.confidence.shape == (8,)


@compiled_only
def test_the_link_drops_out_at_the_part_s_rate():
    n, up_s, down_s = 40_000, 300.0, 20.0
    rates = {"fault.up": up_s, "fault.down": down_s, "optics.rows": 8, "optics.columns": 8}
    sensor = camera(overrides=rates)
    lost = frames(sensor, mock(n=n, hot_spot_pixel=(0, 0))).lost_ticks
    share, memory_s = down_s / (up_s + down_s), 1.0 / (1.0 / up_s + 1.0 / down_s)
    assert lost.size / n == pytest.approx(share, abs=5 * np.sqrt(share * (1 - share) * 2 * memory_s / n))
    assert (
        frames(
            camera(overrides=rates, stages_off=["link"]), mock(n=2000, hot_spot_pixel=(0, 0))
        ).lost_ticks.size
        == 0
    )


@compiled_only
def test_a_zero_goes_astray_in_an_hour_and_a_saturated_camera_is_at_its_end():
    off = camera().effects
    drifted = frames(broken("drifted", severity=0.2, off=off), mock(n=61, dt_s=60.0, scene_k=300.0))
    shown = drifted.temperature_k()[:, 100]
    assert shown[0] == pytest.approx(300.0, abs=0.02)
    assert shown[60] == pytest.approx(310.0, abs=0.6)  # 10 K at 300 K; the slope is greater at 310 K
    full = frames(broken("saturated", off=off), mock(n=2))
    assert (full.temperature_k() == 22157 * 0.02).all()
    assert (full.status & Status.AT_LIMIT).all()


def test_everything_off_leaves_no_fault():
    sensor = broken("iced", off=True)
    world = mock(scene_k=330.0, rain_mm_h=50.0)
    assert np.abs(frames(sensor, world).temperature_k() - 330.0).max() <= 0.011
    assert frames(sensor, world).quality.tolist() == frames(sensor, world).confidence.tolist() == [1.0] * 10
