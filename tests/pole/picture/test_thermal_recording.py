"""Frames of a camera: all off, blocks, carry, frozen frames, pictures of any shape."""

from dataclasses import replace

import numpy as np
import pytest
from numba import config

from envirosense.core.parts import load_part
from envirosense.instruments import thermal_slow_kernels as k
from envirosense.instruments.radiance_conversion import STEP_K, fit_converter
from envirosense.instruments.shutter_kernels import FLAG_IN_PROGRESS, FLAG_LOCKED_OUT
from envirosense.physics.light.radiation import band_radiance_slope, band_radiance_w_m2_sr
from envirosense.pole.picture.scene import SparseWeights
from envirosense.pole.picture.thermal_imperfections import ThermalImperfections, draw_unit
from envirosense.pole.picture.thermal_recording import (
    CameraCarry,
    CameraConditions,
    ideal_temperature_k,
    record_frames,
    render_radiance,
    start_camera,
)

N = 4800
LEPTON = ThermalImperfections.of(load_part("thermal_camera/lepton_2_5").group("imperfections"))
NONE = LEPTON.none()
CONVERTER = fit_converter(233.15, 443.15)
UNIFORM = SparseWeights(np.zeros((N, 1), np.int32), np.ones((N, 1), np.float32))
compiled_only = pytest.mark.skipif(bool(config.DISABLE_JIT), reason="many frames")


def surroundings(n, housing_k=295.0, loss=0.0, window_k=295.0, row=np.nan, column=np.nan):
    values = (housing_k, loss, window_k, row, column)
    return CameraConditions(*(np.broadcast_to(np.asarray(v, float), n).copy() for v in values))


def part_of(conditions, start, stop):
    names = ("housing_k", "window_loss", "window_k", "sun_row", "sun_column")
    return CameraConditions(*(getattr(conditions, name)[start:stop] for name in names))


def unit_of(settings, dt_s=1.0, seed=5):
    return draw_unit(settings, CONVERTER, dt_s, seed, "pole", "episode", "camera")


def run(settings, scene_k, conditions=None, dt_s=1.0, unit=None):
    scene_k = np.atleast_1d(np.asarray(scene_k, float))
    conditions = surroundings(scene_k.size) if conditions is None else conditions
    unit = unit_of(settings, dt_s) if unit is None else unit
    radiance = band_radiance_w_m2_sr(scene_k)[:, None]
    return record_frames(radiance, UNIFORM, unit, conditions, start_camera(unit, conditions.housing_k[0]))


def kelvin(frames):
    return STEP_K * (frames.low.astype(np.float64) + 256.0 * frames.high)


def lasting(settings, scene_k, n, **more):
    return kelvin(run(settings, np.full(n, scene_k), surroundings(n, **more))[0])


def test_all_off_equals_the_ideal_reading_within_half_a_step():
    rng = np.random.default_rng(0)
    weights = SparseWeights(
        rng.integers(0, 40, (N, 2)).astype(np.int32), np.tile(np.array([0.75, 0.25], np.float32), (N, 1))
    )
    radiance = band_radiance_w_m2_sr(rng.uniform(234.0, 442.0, (2, 40)))
    conditions = surroundings(2, housing_k=[280.0, 281.0])
    unit = unit_of(NONE)
    frames, _ = record_frames(radiance, weights, unit, conditions, start_camera(unit, 280.0))
    ideal = ideal_temperature_k(radiance, weights, CONVERTER)
    assert np.abs(kelvin(frames) - ideal).max() <= STEP_K / 2 + 1e-4  # float32 of 440 K is 3e-5 K


def test_isothermal_world_reads_its_temperature():
    scene_k = np.array([240.0, 300.0, 430.0])  # V-CAM-2
    frames, _ = run(NONE, scene_k)
    np.testing.assert_allclose(kelvin(frames), np.repeat(scene_k[:, None], N, 1), atol=0.0101)


def test_reading_is_clipped_to_the_scene_range_and_ideal_is_not():
    frames, _ = run(NONE, [200.0, 900.0])
    assert set(kelvin(frames)[0]) == {11658 * STEP_K}
    assert set(kelvin(frames)[1]) == {22157 * STEP_K}
    radiance = band_radiance_w_m2_sr(np.array([200.0, 900.0]))[:, None]
    ideal = ideal_temperature_k(radiance, UNIFORM, CONVERTER)
    np.testing.assert_allclose(ideal[:, 0], [200.0, 900.0], atol=2e-3)


def busy_hour(n):
    """Housing that ramps past FFC steps and the cold lock-out, rain, and the sun passing through."""
    t_s = np.arange(n, dtype=float)
    row = np.where((t_s > 0.2 * n) & (t_s < 0.3 * n), 20.0 + 0.01 * t_s, np.nan)
    return surroundings(n, 258.0 + 24.0 * t_s / n, 0.1 * (t_s % 500 < 100), 280.0, row, 30.0 + 0.005 * t_s)


@compiled_only
@pytest.mark.parametrize("block", [1, 7, 64, 1000])
def test_any_block_gives_the_same_bits(block):
    n = 3600
    conditions = busy_hour(n)
    radiance = band_radiance_w_m2_sr(290.0 + np.sin(np.arange(n) / 50.0))[:, None]
    unit = unit_of(replace(LEPTON, is_repairing=True))
    whole, end = record_frames(radiance, UNIFORM, unit, conditions, start_camera(unit, 258.0))
    carry = start_camera(unit, 258.0)
    for start in range(0, n, block):
        stop = min(start + block, n)
        piece, carry = record_frames(
            radiance[start:stop], UNIFORM, unit, part_of(conditions, start, stop), carry
        )
        for name in ("low", "high", "fpa_k", "n_ffc", "flags"):
            assert np.array_equal(getattr(piece, name), getattr(whole, name)[start:stop])
    assert carry.next_tick == end.next_tick == n
    assert all(np.array_equal(a, b) for a, b in zip(carry.slow, end.slow, strict=True))
    assert whole.n_ffc[-1] > 15
    assert (whole.flags[:60] == FLAG_LOCKED_OUT).all()


def test_small_blocks_give_the_same_bits():
    conditions = busy_hour(3)
    unit = unit_of(LEPTON)
    radiance = np.full((3, 1), 50.0)
    whole, _ = record_frames(radiance, UNIFORM, unit, conditions, start_camera(unit, 258.0))
    carry = start_camera(unit, 258.0)
    for t in range(3):
        piece, carry = record_frames(radiance[t : t + 1], UNIFORM, unit, part_of(conditions, t, t + 1), carry)
        assert np.array_equal(piece.low[0], whole.low[t])
        assert np.array_equal(piece.high[0], whole.high[t])


def test_a_block_leaves_its_carry_alone():
    unit = unit_of(LEPTON)
    carry = start_camera(unit, 295.0)
    before = CameraCarry(
        carry.next_tick, carry.shutter.copy(), k.SlowState._make(a.copy() for a in carry.slow)
    )
    record_frames(np.full((2, 1), 50.0), UNIFORM, unit, surroundings(2), carry)
    assert np.array_equal(carry.shutter, before.shutter)
    assert all(np.array_equal(a, b) for a, b in zip(carry.slow, before.slow, strict=True))


@compiled_only
def test_kinds_of_draw_are_independent():
    full = LEPTON
    quiet = replace(full, flicker_k=0.0, gain_spread=0.0, column_white_k=0.0, blinking_fraction=0.0)
    assert np.array_equal(unit_of(full).kernel.keys, unit_of(quiet).kernel.keys)
    assert np.array_equal(unit_of(full).dead, unit_of(quiet).dead)
    assert unit_of(full).bias_k == unit_of(quiet).bias_k
    keys = unit_of(full).kernel.keys
    assert len({tuple(key) for key in keys}) == k.N_KEYS
    white = replace(NONE, netd_k=0.5)
    apart = lasting(white, 300.0, 20) - lasting(replace(white, flicker_k=0.1), 300.0, 20)
    assert np.abs(apart).max() < 0.6  # the same white noise: only the flicker differs
    other = kelvin(run(white, np.full(20, 300.0), unit=unit_of(white, seed=6))[0])
    first = lasting(white, 300.0, 20)
    correlation = np.corrcoef(first.ravel(), other.ravel())[0, 1]
    assert abs(correlation) < 5 / np.sqrt(first.size)


@compiled_only
def test_slow_state_follows_time_and_not_frames():
    settings = replace(NONE, flicker_k=0.015, walk_k_per_sqrt_min=0.01, column_slow_k=0.02, ffc_period_s=1e6)
    ends = []
    for dt_s in (0.5, 1.0, 10.0):
        n = int(2000 / dt_s) + 1
        _, carry = run(settings, np.full(n, 300.0), surroundings(n), dt_s)
        ends.append(carry.slow)
    for other in ends[1:]:
        assert np.array_equal(ends[0].fields, other.fields)
        assert np.array_equal(ends[0].column, other.column)


@compiled_only
def test_frozen_frames_repeat_the_last_one():
    settings = replace(LEPTON, netd_k=0.2)
    unit = replace(unit_of(settings), since_ffc_s=100.5)
    frames, _ = run(settings, np.full(800, 300.0), unit=unit)
    frozen = np.flatnonzero(frames.flags & FLAG_IN_PROGRESS)
    repeats = np.flatnonzero((frames.low[1:] == frames.low[:-1]).all(axis=1)) + 1
    assert list(frozen) == [80, 260, 440, 620]
    assert np.array_equal(repeats, frozen)


@pytest.mark.parametrize("shape", [(120, 160), (12, 16), (9, 11)])
def test_pictures_of_any_shape_have_their_own_maps(shape):
    settings = replace(LEPTON, dead_fraction=0.05, is_repairing=True)
    unit = draw_unit(settings, CONVERTER, 1.0, 5, "eye", shape=shape)
    n = shape[0] * shape[1]
    conditions = surroundings(2)
    weights = SparseWeights(np.zeros((n, 1), np.int32), np.ones((n, 1), np.float32))
    carry = start_camera(unit, 295.0)
    frames, after = record_frames(np.full((2, 1), 54.9335), weights, unit, conditions, carry)
    assert frames.low.shape == (2, n)
    assert after.slow.column.shape == (shape[1],)
    assert np.median(kelvin(frames)) == pytest.approx(300.0 + unit.bias_k, abs=1.5)
    spot = unit.kernel.maps[k.MAP_NARCISSUS].reshape(shape)
    assert spot.max() == pytest.approx(spot[(shape[0] - 1) // 2, (shape[1] - 1) // 2])
    assert (unit.kernel.neighbours < n).all()


def test_render_in_tiles_equals_one_frame_at_a_time():
    rng = np.random.default_rng(1)
    radiance = rng.uniform(20, 80, (3, 1))
    whole = render_radiance(radiance, UNIFORM)
    assert np.array_equal(whole, np.repeat(radiance.astype(np.float32), N, axis=1))


def test_sparse_frames_still_walk_freeze_and_burn_in():
    settings = replace(
        NONE,
        walk_k_per_sqrt_min=0.1,
        flicker_k=0.1,
        ffc_offset_k=0.2,
        freeze_s=10.0,
        sun_radius_px=1.5,
        burn_in_k=5.0,
    )
    unit = replace(unit_of(settings, dt_s=15.0), since_ffc_s=170.0)
    conditions = surroundings(3, row=[np.nan, 20.0, np.nan], column=[np.nan, 30.0, np.nan])
    frames, carry = run(settings, np.full(3, 300.0), conditions, 15.0, unit)
    image = kelvin(frames).reshape(3, 60, 80)
    assert list(frames.n_ffc) == [0, 1, 1]
    assert np.array_equal(image[0], image[1])
    assert image[2].std() > 0.1
    left = float(carry.slow.fields[k.SLOW_BURN].max() / band_radiance_slope(300.0))
    assert left == pytest.approx(5.0 * np.exp(-20 / 180), rel=1e-5)  # cells 1 to 3
