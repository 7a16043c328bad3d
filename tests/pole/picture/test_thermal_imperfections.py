"""The whole camera: each effect alone, all off, blocks, physical time."""

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
    rain_film_loss,
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


EFFECTS = {
    "row_white_k": 0.05,
    "netd_k": 0.05,
    "flicker_k": 0.3,
    "column_white_k": 0.05,
    "column_slow_k": 0.05,
    "gain_spread": 0.05,
    "vignetting_residual": 0.05,
    "ffc_offset_k": 0.05,
    "drift_k_per_k": 0.3,
    "walk_k_per_sqrt_min": 0.05,
    "narcissus_k_per_k": 0.05,
    "bias_k": 1.5,
    "bias_k_per_k": 0.05,
    "bias_k_per_k_min": 1.0,
    "dead_fraction": 0.01,
    "hot_fraction": 0.01,
    "blinking_fraction": 0.2,
    "window_loss": 0.1,
    "sun_radius_px": 1.5,
}


@pytest.mark.parametrize("effect", EFFECTS)
def test_every_effect_can_stand_alone(effect):
    conditions = surroundings(2, housing_k=[295.0, 310.0], window_k=310.0, row=30.0, column=40.0)
    scene_k = np.full(2, 320.0)
    calm = kelvin(run(NONE, scene_k, conditions)[0])
    shown = kelvin(run(replace(NONE, **{effect: EFFECTS[effect]}), scene_k, conditions)[0])
    assert (np.abs(calm - 320.0) <= STEP_K / 2 + 1e-4).all()
    assert np.abs(shown - calm).max() > STEP_K / 2


@compiled_only
@pytest.mark.parametrize(
    ("scene_k", "std_k"), [(300.0, 0.050), (253.0, 0.087), (273.0, 0.067), (363.0, 0.031)]
)
def test_noise_in_kelvin_grows_in_the_cold(scene_k, std_k):
    shown = lasting(replace(NONE, netd_k=0.05), scene_k, 400)
    seen_k = np.sqrt(shown.var(axis=0).mean() - STEP_K**2 / 12)
    law_k = 0.05 * float(band_radiance_slope(300.0) / band_radiance_slope(scene_k))
    assert seen_k == pytest.approx(law_k, rel=0.004)  # 5 standard errors of 1.9 million are 0.3 %
    assert seen_k == pytest.approx(std_k, abs=0.005)  # V-CAM-3, whose counts follow a fitted curve
    assert shown.mean() == pytest.approx(scene_k, abs=0.002)


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
def test_slow_noise_has_its_variance_at_any_frame_rate():
    settings = replace(NONE, flicker_k=0.5, ffc_period_s=1e6)
    for dt_s in (1.0, 60.0):
        shown = kelvin(run(settings, np.full(40, 300.0), dt_s=dt_s)[0])
        error = 5 * np.sqrt(2 / N)  # pixels are independent: n = 4800
        assert shown[0].std() == pytest.approx(0.5, rel=error)
        assert shown[-1].std() == pytest.approx(0.5, rel=error)
    shown = kelvin(run(settings, np.full(61, 300.0), dt_s=40.0)[0]) - 300.0
    correlation = (shown[:-1] * shown[1:]).mean() / 0.25
    expected = np.mean([np.exp(-40 / tau) for tau in (20.0, 80.0, 320.0)])
    assert correlation == pytest.approx(expected, abs=5 / np.sqrt(N * 20))


@compiled_only
def test_fixed_pattern_walks_between_corrections_and_falls_back_after_one():
    settings = replace(NONE, walk_k_per_sqrt_min=0.1)
    unit = replace(unit_of(settings), since_ffc_s=1.0)
    shown = kelvin(run(settings, np.full(200, 300.0), unit=unit)[0]) - 300.0
    error = 5 * np.sqrt(2 / N)
    assert shown[175].var() == pytest.approx(0.1**2 * 171 / 60 + STEP_K**2 / 12, rel=error)
    assert shown[185].std() < 0.05


@compiled_only
def test_fixed_pattern_follows_the_focal_plane_until_the_correction():
    settings = replace(NONE, drift_k_per_k=0.06)
    unit = replace(unit_of(settings), since_ffc_s=1.0)
    conditions = surroundings(300, housing_k=295.0 + np.where(np.arange(300) > 0, 1.3, 0.0))
    frames, _ = run(settings, np.full(300, 300.0), conditions, unit=unit)
    moved_k = frames.fpa_k[178] - frames.fpa_k[0]
    std_k = np.sqrt(kelvin(frames)[178].var() - STEP_K**2 / 12)
    assert std_k == pytest.approx(0.06 * moved_k, rel=5 * np.sqrt(0.5 / N) + 0.01)
    assert kelvin(frames)[190].std() < 0.02


def test_gain_error_vanishes_at_the_shutter_temperature():
    settings = replace(NONE, gain_spread=0.05)
    unit = unit_of(settings)
    shutter_k = 295.0 + unit.shutter[1]
    at_shutter = kelvin(run(settings, [shutter_k], unit=unit)[0])
    hot = kelvin(run(settings, [shutter_k + 50], unit=unit)[0])
    assert np.abs(at_shutter - shutter_k).max() <= STEP_K / 2 + 1e-3
    assert hot.std() > 1.0


def test_narcissus_is_a_spot_in_the_middle():
    settings = replace(NONE, narcissus_k_per_k=0.5, self_heating_k=(2.0, 2.0))
    image = kelvin(run(settings, [300.0])[0]).reshape(60, 80) - 300.0
    assert image[29, 39] == pytest.approx(-1.0, abs=0.02)  # housing is 2 K below the focal plane
    assert image[29, 59] == pytest.approx(-np.exp(-0.5), abs=0.05)
    assert abs(image[0, 0]) < 0.1


def test_bias_follows_the_camera_and_stays_in_specification():
    settings = replace(NONE, bias_k_per_k=0.05, self_heating_k=(2.0, 2.0))
    image = kelvin(run(settings, [300.0], surroundings(1, housing_k=316.15))[0])
    assert image.mean() == pytest.approx(301.0, abs=0.011)
    drawn = [unit_of(replace(NONE, bias_k=4.0), seed=seed).bias_k for seed in range(100)]
    assert max(map(abs, drawn)) == 5.0
    assert np.std(drawn) > 2.0


@compiled_only
def test_column_noise_is_common_to_a_column():
    shown = lasting(replace(NONE, column_white_k=0.05), 300.0, 300).reshape(300, 60, 80) - 300.0
    columns = shown.mean(axis=1)
    assert columns.std() == pytest.approx(0.05, rel=5 / np.sqrt(2 * columns.size))
    assert (shown - columns[:, None]).std() < STEP_K / 2
    slow = lasting(replace(NONE, column_slow_k=0.2), 300.0, 9).reshape(9, 60, 80)
    assert slow[:, 0].std(axis=1).mean() == pytest.approx(0.2, rel=5 / np.sqrt(2 * 80))


def test_window_dims_and_emits():
    shown = lasting(NONE, 330.0, 1, loss=0.3, window_k=290.0)[0]
    scene, window = band_radiance_w_m2_sr(np.array([330.0, 290.0]))
    mean = 0.7 * scene + 0.3 * window
    read = band_radiance_w_m2_sr(shown)
    assert read.mean() == pytest.approx(mean, rel=2e-3)
    assert lasting(NONE, 290.0, 1, loss=0.3, window_k=290.0).std() < 1e-9
    np.testing.assert_allclose(rain_film_loss(np.array([0.0, 2.0, 1e3])), [0.0, 0.177, 0.28], atol=1e-3)


@compiled_only
def test_frozen_frames_repeat_the_last_one():
    settings = replace(LEPTON, netd_k=0.2)
    unit = replace(unit_of(settings), since_ffc_s=100.5)
    frames, _ = run(settings, np.full(800, 300.0), unit=unit)
    frozen = np.flatnonzero(frames.flags & FLAG_IN_PROGRESS)
    repeats = np.flatnonzero((frames.low[1:] == frames.low[:-1]).all(axis=1)) + 1
    assert list(frozen) == [80, 260, 440, 620]
    assert np.array_equal(repeats, frozen)


def test_dead_pixels_are_stuck_and_can_be_repaired():
    settings = replace(NONE, dead_fraction=0.01)
    shown = kelvin(run(settings, [300.0, 330.0])[0])
    unit = unit_of(settings)
    assert unit.dead.size == pytest.approx(48, abs=5 * 7)
    stuck = np.flatnonzero(shown[0] == shown[1])
    assert np.array_equal(stuck, np.sort(unit.dead))
    repaired = kelvin(run(replace(settings, is_repairing=True), [300.0, 330.0])[0])
    np.testing.assert_allclose(repaired[1], 330.0, atol=0.0101)


@compiled_only
def test_blinking_pixels_keep_their_duty_at_any_frame_rate():
    settings = replace(NONE, blinking_fraction=0.1)
    for dt_s in (1.0, 5.0):
        n = 600
        frames, _ = run(settings, np.full(n, 300.0), dt_s=dt_s)
        unit = unit_of(settings, dt_s)
        is_on = kelvin(frames)[:, unit.blinking] > 300.5
        duty, memory_s = 5 / 65, 1 / (1 / 5 + 1 / 60)
        n_free = is_on.size * min(dt_s / (2 * memory_s), 1.0)
        assert is_on.mean() == pytest.approx(duty, abs=5 * np.sqrt(duty * (1 - duty) / n_free))
        stays = is_on[1:][is_on[:-1]].mean()
        assert stays == pytest.approx(duty + (1 - duty) * np.exp(-dt_s / memory_s), abs=0.03)
        assert kelvin(frames).max() < 305.1


@compiled_only
def test_sun_saturates_a_disc_and_leaves_a_fading_ghost():
    settings = replace(NONE, sun_radius_px=1.5, burn_in_k=5.0)
    seen = np.arange(400) < 30
    conditions = surroundings(400, row=np.where(seen, 20.0, np.nan), column=np.where(seen, 30.0, np.nan))
    image = kelvin(run(settings, np.full(400, 300.0), conditions)[0]).reshape(400, 60, 80)
    disc = image[10] == 22157 * STEP_K
    assert disc.sum() == 9
    assert disc[20, 30]
    assert image[35, 20, 30] == pytest.approx(300 + 5 * np.exp(-10 / 180), abs=0.1)
    assert image[215, 20, 30] == pytest.approx(300 + 5 * np.exp(-190 / 180), abs=0.1)
    assert image[215, 40, 60] == pytest.approx(300, abs=0.011)


@compiled_only
def test_row_noise_is_common_to_a_row():
    shown = lasting(replace(NONE, row_white_k=0.05), 300.0, 300).reshape(300, 60, 80) - 300.0
    rows = shown.mean(axis=2)
    assert rows.std() == pytest.approx(0.05, rel=5 / np.sqrt(2 * rows.size))
    assert (shown - rows[:, :, None]).std() < STEP_K / 2


def staircase_covariance(n, settings):
    """Covariance of a pixel over n seconds [K2]: white, octaves on their grids, walk by 10 s cells."""
    cell = np.arange(n) // 10
    total = settings.netd_k**2 * np.eye(n)
    for every in k.OCTAVE_CELLS:
        apart = np.abs(cell[:, None] // every - cell // every)
        total = total + settings.flicker_k**2 / 3 * np.exp(-k.OCTAVE_DECAY_PER_UPDATE * apart)
    walked_min = np.minimum(cell[:, None], cell) * k.SLOW_GRID_S / 60.0
    return total + settings.walk_k_per_sqrt_min**2 * walked_min


@compiled_only
@pytest.mark.parametrize("averaged_s", [1, 10, 40, 100, 300])
def test_allan_curve_of_a_pixel_between_corrections(averaged_s):
    """White falls, 1/f stays, the walk of the fixed pattern rises: all from the covariance of the model."""
    settings = replace(
        NONE, netd_k=0.2, flicker_k=0.1, walk_k_per_sqrt_min=0.05, ffc_period_s=1e6, ffc_step_k=1e3
    )
    unit = replace(unit_of(settings), since_ffc_s=1.0)
    n = 2 * averaged_s
    shown = kelvin(run(settings, np.full(n, 300.0), unit=unit)[0])
    seen = 0.5 * np.mean((shown[averaged_s:].mean(axis=0) - shown[:averaged_s].mean(axis=0)) ** 2)
    weight = np.repeat([-1.0, 1.0], averaged_s) / averaged_s
    expected = 0.5 * weight @ (staircase_covariance(n, settings) + STEP_K**2 / 12 * np.eye(n)) @ weight
    assert seen == pytest.approx(expected, rel=5 * np.sqrt(2 / N) + 0.01)  # 4800 independent pixels


@compiled_only
def test_a_correction_draws_a_new_fixed_pattern_and_forgets_the_old():
    """Residuals before and after are independent, each of 30 mK; what had grown is gone."""
    settings = replace(NONE, ffc_offset_k=0.3, walk_k_per_sqrt_min=0.1, drift_k_per_k=0.06)
    unit = replace(unit_of(settings), since_ffc_s=100.0)
    shown = kelvin(run(settings, np.full(90, 300.0), unit=unit)[0]) - 300.0
    before, after = shown[79], shown[85]
    assert abs(np.corrcoef(before, after)[0, 1]) < 5 / np.sqrt(N)
    assert after.std() == pytest.approx(0.3, rel=5 * np.sqrt(0.5 / N))
    walked = 0.3**2 + 0.1**2 * 170 / 60  # 100 s before the start and 7 cells since
    assert before.var() == pytest.approx(walked, rel=5 * np.sqrt(2 / N))


@compiled_only
def test_blinking_pixels_change_at_their_rates():
    """On for 5 s and off for 60 s on average: spells of a two-state chain, counted over an hour."""
    settings = replace(NONE, blinking_fraction=0.02)
    unit, n = unit_of(settings), 3600
    is_on = kelvin(run(settings, np.full(n, 300.0), unit=unit)[0])[:, unit.blinking] > 300.5
    rate_hz = 1 / 5 + 1 / 60
    settle = -np.expm1(-rate_hz)
    onsets, ends = (np.sum(is_on[1:] & ~is_on[:-1]), np.sum(~is_on[1:] & is_on[:-1]))
    for count, chances, hz in ((onsets, np.sum(~is_on[:-1]), 1 / 60), (ends, np.sum(is_on[:-1]), 1 / 5)):
        expected = chances * settle * hz / rate_hz
        assert count == pytest.approx(expected, abs=5 * np.sqrt(expected))


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


def test_amplitudes_hold_at_300_kelvin():
    unit = unit_of(LEPTON)
    slope = float(band_radiance_slope(300.0))
    assert unit.kernel.amplitudes[k.SIGMA_WHITE] == pytest.approx(0.05 * slope)
    assert unit.kernel.maps[k.MAP_DRIFT].std() == pytest.approx(0.06 * slope, rel=0.05)
    assert unit.kernel.maps[k.MAP_WINDOW].mean() == pytest.approx(1.0, abs=1e-6)


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
