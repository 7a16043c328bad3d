"""Each effect of a camera alone: what it does to a known picture."""

from dataclasses import replace

import numpy as np
import pytest
from numba import config

from envirosense.core.parts import load_part
from envirosense.instruments import thermal_slow_kernels as k
from envirosense.instruments.radiance_conversion import STEP_K, fit_converter
from envirosense.physics.light.radiation import band_radiance_slope, band_radiance_w_m2_sr
from envirosense.pole.picture.scene import SparseWeights
from envirosense.pole.picture.thermal_imperfections import ThermalImperfections, draw_unit
from envirosense.pole.picture.thermal_recording import (
    CameraConditions,
    rain_film_loss,
    record_frames,
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


def test_window_dims_and_emits():
    shown = lasting(NONE, 330.0, 1, loss=0.3, window_k=290.0)[0]
    scene, window = band_radiance_w_m2_sr(np.array([330.0, 290.0]))
    mean = 0.7 * scene + 0.3 * window
    read = band_radiance_w_m2_sr(shown)
    assert read.mean() == pytest.approx(mean, rel=2e-3)
    assert lasting(NONE, 290.0, 1, loss=0.3, window_k=290.0).std() < 1e-9
    np.testing.assert_allclose(rain_film_loss(np.array([0.0, 2.0, 1e3])), [0.0, 0.177, 0.28], atol=1e-3)


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


def test_amplitudes_hold_at_300_kelvin():
    unit = unit_of(LEPTON)
    slope = float(band_radiance_slope(300.0))
    assert unit.kernel.amplitudes[k.SIGMA_WHITE] == pytest.approx(0.05 * slope)
    assert unit.kernel.maps[k.MAP_DRIFT].std() == pytest.approx(0.06 * slope, rel=0.05)
    assert unit.kernel.maps[k.MAP_WINDOW].mean() == pytest.approx(1.0, abs=1e-6)
