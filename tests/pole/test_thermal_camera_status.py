"""What a camera knows of its frames: status, quality and confidence."""

import numpy as np
import pytest
from numba import config as numba_config

from envirosense.core.grid import TimeGrid
from envirosense.core.parts import load_part
from envirosense.instruments.status import Status
from envirosense.pole.mock import create_mock_environment_state
from envirosense.pole.sensors.thermal_camera import ThermalCameraConfig, ThermalCameraSensor

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
    world = mock(n=1)
    new, old = (frames(camera(age_days=days), world) for days in (0.0, 5000.0))
    assert 0.99 < new.confidence[0] <= 1.0
    assert old.confidence[0] < new.confidence[0] - 0.2
    assert frames(broken("fouled"), world).confidence[0] == new.confidence[0]
    wet = frames(camera(), mock(n=1, rain_mm_h=20.0))
    assert wet.quality[0] < new.quality[0] - 0.3


@pytest.mark.parametrize("part", [SMALL, LARGE, LOW_GAIN])
def test_a_part_says_what_it_draws_and_how_accurate_it_is(part):
    assert camera(part).power_w == pytest.approx(0.16)
    assert load_part(part)["accuracy.absolute"] in (5.0, 10.0)
