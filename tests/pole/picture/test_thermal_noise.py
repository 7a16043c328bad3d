"""Noise of a camera in time and place: white, 1/f, lines, blinking pixels, Allan curve."""

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
def test_column_noise_is_common_to_a_column():
    shown = lasting(replace(NONE, column_white_k=0.05), 300.0, 300).reshape(300, 60, 80) - 300.0
    columns = shown.mean(axis=1)
    assert columns.std() == pytest.approx(0.05, rel=5 / np.sqrt(2 * columns.size))
    assert (shown - columns[:, None]).std() < STEP_K / 2
    slow = lasting(replace(NONE, column_slow_k=0.2), 300.0, 9).reshape(9, 60, 80)
    assert slow[:, 0].std(axis=1).mean() == pytest.approx(0.2, rel=5 / np.sqrt(2 * 80))


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
