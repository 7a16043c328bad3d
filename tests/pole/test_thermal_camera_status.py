"""What a camera knows of its frames: status, quality and confidence."""

from datetime import UTC, datetime

import numpy as np
import pytest
from numba import config as numba_config

from envirosense.core.grid import TimeGrid
from envirosense.core.parts import load_part
from envirosense.instruments.status import Status
from envirosense.pole.device_streams import frames_batch, frames_schema
from envirosense.pole.mock import create_mock_environment_state
from envirosense.pole.sensors.thermal_camera import ThermalCameraConfig, ThermalCameraSensor

JANUARY_NIGHT, JULY_NIGHT = (datetime(2018, month, day, 8, tzinfo=UTC) for month, day in ((1, 12), (7, 10)))
START = "1990-07-01T12:00:00Z"
SMALL, LARGE, LOW_GAIN = (f"thermal_camera/lepton_{name}" for name in ("2_5", "3_5", "3_5_low_gain"))
NO_BAD_PIXELS = {f"imperfections.{kind}_fraction": 0.0 for kind in ("dead", "hot", "blinking")}
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


@compiled_only
def test_corrections_are_maintenance():
    block = frames(camera(), mock(n=400))
    assert np.array_equal((block.status & Status.MAINTENANCE) != 0, (block.frames.flags & 2) != 0)
    assert 2 <= ((block.status & Status.MAINTENANCE) != 0).sum() <= 3


def test_a_frame_with_many_clipped_pixels_is_at_its_limit():
    cold = frames(camera(), mock(scene_k=200.0, n=2))
    assert (cold.status & Status.AT_LIMIT).all()
    assert (cold.frames.n_clipped > 4700).all()
    spot = frames(camera(), mock("hot_spot", hot_spot_k=900.0, hot_spot_share=1.0, n=2))
    assert not (spot.status & Status.AT_LIMIT).any()
    assert spot.frames.n_clipped.max() == 1


@compiled_only
def test_a_camera_switched_on_warms_up():
    world = mock(n=700)
    block = frames(camera(on_since_s=0.0, interval_s=10.0), world)
    assert ((block.status & Status.WARMING_UP) != 0).tolist() == [t < 300 for t in range(0, 700, 10)]
    assert block.frames.fpa_k[0] < block.frames.fpa_k[-1] - 0.9
    assert block.quality[0] < 0.9 < block.quality[-1]
    long_on = frames(camera(interval_s=10.0), world)
    assert not (long_on.status & Status.WARMING_UP).any()
    half_warm = frames(camera(on_since_s=120.0, interval_s=10.0), mock(n=1))
    rise_k = long_on.frames.fpa_k[0] - 295.15
    assert half_warm.frames.fpa_k[0] - 295.15 == pytest.approx(rise_k * -np.expm1(-1.0), rel=0.05)


@compiled_only
def test_without_power_there_is_no_frame_and_afterwards_it_starts_cold():
    powered = np.ones(60, bool)
    powered[10:40] = False
    world = mock(n=60, dt_s=10.0)
    block = frames(camera(), world, powered)
    assert block.ticks.tolist() == np.flatnonzero(powered).tolist()
    assert set(block.lost_status) == {int(Status.OFF)}
    assert (block.status[10:] & Status.WARMING_UP).any()
    assert block.frames.fpa_k[10] < block.frames.fpa_k[9] - 0.5
    assert block.frames.n_ffc[10] == block.frames.n_ffc[9] + 1
    sensor, pieces = camera(), []
    memory = sensor.start_frames(3)
    for first in range(0, 60, 7):
        n = min(7, 60 - first)
        pieces.append(sensor.run_frames(world.ticks(first, n), memory, powered[first : first + n]).frames.low)
    assert np.array_equal(np.concatenate(pieces), block.frames.low)


@compiled_only
def test_a_camera_enabled_again_starts_with_a_correction():
    sensor, world = camera(), mock(n=200)
    memory = sensor.start_frames(3)
    before = sensor.run_frames(world.ticks(0, 10), memory)
    sensor.disable()
    off = sensor.run_frames(world.ticks(10, 100), memory)
    assert off.lost_ticks.size == 100
    assert (off.lost_status == int(Status.OFF)).all()
    sensor.enable()
    after = sensor.run_frames(world.ticks(110, 20), memory)
    assert after.ticks[0] == 110
    assert after.frames.n_ffc[0] == before.frames.n_ffc[-1] + 1
    assert (after.status & Status.WARMING_UP).all()
    assert after.frames.fpa_k[0] == pytest.approx(295.15, abs=0.05)


def test_confidence_falls_with_the_age_of_the_window_and_not_with_a_hidden_fault():
    world = mock(n=1, scene_k=340.0)
    new, old = (frames(camera(age_days=days), world) for days in (0.0, 5000.0))
    assert 0.99 < new.confidence[0] <= 1.0
    assert old.confidence[0] < new.confidence[0] - 0.4
    drifting = frames(broken("drifted"), world)
    assert drifting.confidence[0] == new.confidence[0]
    wet = frames(camera(), mock(n=1, scene_k=340.0, rain_mm_h=20.0))
    assert wet.quality[0] < new.quality[0] - 0.3


def test_a_picture_of_the_case_s_own_temperature_hides_the_dirt():
    """Dirt as warm as the scene takes nothing away, however much there is."""
    ages = [frames(camera(age_days=days), mock(n=1, scene_k=295.15)).confidence[0] for days in (0.0, 5000.0)]
    assert ages[1] == pytest.approx(ages[0], abs=0.005)


@pytest.mark.parametrize("age_days", [0.0, 365.0, 3000.0])
@pytest.mark.parametrize(
    ("scene_k", "housing_k", "part"),
    [
        (295.15, 295.15, SMALL),
        (268.15, 295.15, SMALL),
        (355.15, 295.15, SMALL),
        (250.15, 270.15, SMALL),
        (268.15, 295.15, LARGE),
        (355.15, 295.15, LOW_GAIN),
    ],
)
@compiled_only
def test_confidence_is_the_share_of_pixels_within_the_stated_accuracy(scene_k, housing_k, part, age_days):
    """Over 120 drawn units; pixels of a unit go astray together, so units count, not pixels."""
    n = 120
    world = mock(n=1, scene_k=scene_k, housing_k=housing_k, hot_spot_pixel=(0, 0))
    sensor = camera(part, age_days=age_days, overrides={"optics.rows": 12, "optics.columns": 16})
    blocks = [sensor.run_frames(world, sensor.start_frames(seed)) for seed in range(n)]
    errors_k = np.array([block.temperature_k()[0] for block in blocks]) - sensor.respond(world)[0]
    share = np.mean(np.abs(errors_k) <= sensor.accuracy_k)
    confidence = np.mean([block.confidence[0] for block in blocks])
    assert share == pytest.approx(confidence, abs=0.1 + 3 * np.sqrt(confidence * (1 - confidence) / n))


@compiled_only
def test_blocks_have_the_grades_of_the_whole():
    world, sensor = mock("sinusoid", n=40, begin_s=0.0), camera(age_days=800.0)
    whole, memory = frames(camera(age_days=800.0), world), sensor.start_frames(3)
    for first in range(0, 40, 7):
        piece = sensor.run_frames(world.ticks(first, min(7, 40 - first)), memory)
        at = slice(first, first + piece.ticks.size)
        assert np.array_equal(piece.confidence, whole.confidence[at])
        assert np.array_equal(piece.quality, whole.quality[at])
        assert np.array_equal(piece.status, whole.status[at])


@pytest.mark.parametrize(("scene_k", "n_lost"), [(293.15, 9), (200.0, 4800)])
def test_pixels_that_the_sun_blinds_are_counted_once(scene_k, n_lost):
    """A disc of 1.5 px about a pixel's middle has 9 pixels, which a cold sky may have taken already."""
    sensor = camera(azimuth_deg=90.0, elevation_deg=30.0, overrides=NO_BAD_PIXELS)
    row, column = sensor.camera.project(np.array([[1.0, 0.0, np.tan(np.radians(30.0))]]))
    assert (float(row[0]), float(column[0])) == pytest.approx((29.5, 39.5))
    sun = {"sun_azimuth_deg": 90.0, "sun_elevation_deg": 30.0, "scene_k": scene_k}
    whole = frames(sensor, mock(n=2, **sun))
    disc = int((whole.temperature_k()[0] > 440.0).sum())
    assert whole.frames.n_clipped.tolist() == [disc if scene_k > 233.0 else n_lost] * 2
    assert 4 <= disc <= 9
    stored = frames_batch(frames_schema(sensor.camera), whole)["n_clipped"]
    assert stored.to_pylist() == whole.frames.n_clipped.tolist()


def test_clipped_pixels_are_not_trusted():
    cold = frames(camera(), mock(scene_k=200.0, n=1))
    assert cold.confidence[0] < 0.01


@pytest.mark.parametrize(("start", "is_limited"), [(JANUARY_NIGHT, True), (JULY_NIGHT, False)])
def test_a_dry_winter_sky_is_beyond_the_range_and_a_summer_sky_is_not(make_world, start, is_limited):
    """Zenith in the camera's band: far below -40 degC on a clear night of January, above it in July."""
    state = make_world(n=2, start=start).state(0, 2)
    sensor = camera(position_m=(0.0, 1.2, 9.3), azimuth_deg=180.0, elevation_deg=60.0)
    block, share = frames(sensor, state), np.mean(sensor.respond(state) < 233.15, axis=1)
    assert (share > 0.5).all() == is_limited
    assert ((block.status & Status.AT_LIMIT) != 0).tolist() == [is_limited] * 2
    assert (block.frames.n_clipped / 4800).tolist() == pytest.approx(share.tolist(), abs=0.05)
    assert (block.confidence < 1.0 - share + 0.01).all()


@pytest.mark.parametrize("part", [SMALL, LARGE, LOW_GAIN])
def test_a_part_says_what_it_draws_and_how_accurate_it_is(part):
    assert camera(part).power_w == pytest.approx(0.16)
    assert load_part(part)["accuracy.absolute"] in (5.0, 10.0)
