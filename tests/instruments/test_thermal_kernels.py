"""Rendering and conversion to kelvin."""

import numpy as np
import pytest

from envirosense.instruments.radiance_conversion import STEP_K, fit_converter
from envirosense.instruments.shutter_kernels import (
    EPOCH,
    FFC_FPA_K,
    FLAG_IMMINENT,
    FLAG_IN_PROGRESS,
    FLAG_LOCKED_OUT,
    FPA_K,
    IS_ON,
    LAST_S,
    N_CARRY,
    N_OUT,
    NEXT_S,
    OUT_EPOCH,
    OUT_FLAGS,
    OUT_FPA_K,
    OUT_RATE_K_MIN,
    OUT_SINCE_S,
    run_shutter,
)
from envirosense.instruments.thermal_kernels import mix_radiance, radiance_to_kelvin
from envirosense.instruments.thermal_slow_kernels import paint_disc
from envirosense.physics.light.radiation import band_radiance_w_m2_sr, band_temperature_k

SHUTTER = np.array([120.0, 2.0, 180.0, 1.5, 0.9, 2.0, 263.15, 353.15])


def _render(indices, weights, radiance):
    out = np.empty((radiance.shape[0], indices.shape[0]), np.float32)
    mix_radiance(indices, weights, np.ascontiguousarray(radiance.T), out)
    return out


@pytest.fixture
def mixture():
    rng = np.random.default_rng(3)
    indices = np.array([[0, 1, 2], [3, 0, 0], [2, 4, 0]], np.int32)
    weights = np.array([[0.5, 0.3, 0.2], [1, 0, 0], [0.75, 0.25, 0]], np.float32)
    return indices, weights, rng.uniform(20, 90, (9, 5)).astype(np.float32)


def test_render_equals_the_matrix_product(mixture):
    indices, weights, radiance = mixture
    dense = np.zeros((3, 5))
    np.add.at(dense, (np.arange(3)[:, None], indices), weights)
    np.testing.assert_allclose(_render(*mixture), radiance @ dense.T, rtol=1e-6)


def test_render_does_not_depend_on_the_block(mixture):
    indices, weights, radiance = mixture
    whole = _render(*mixture)
    for n in (1, 2, 7):
        pieces = [_render(indices, weights, radiance[i : i + n]) for i in range(0, 9, n)]
        assert np.array_equal(np.concatenate(pieces), whole)


def _kelvin(converter, radiance):
    out = np.empty(radiance.size, np.float32)
    radiance_to_kelvin(
        radiance.astype(np.float32),
        converter.limits_w_m2_sr,
        converter.coefficients_k,
        converter.centre_scale,
        out,
    )
    return out


@pytest.mark.parametrize(("low_k", "high_k"), [(233.15, 443.15), (233.15, 723.15), (263.15, 413.15)])
def test_conversion_is_within_a_millikelvin(low_k, high_k):
    converter = fit_converter(low_k, high_k)
    temperature_k = np.linspace(low_k + STEP_K, high_k - STEP_K, 997)
    radiance = band_radiance_w_m2_sr(temperature_k)
    assert converter.error_k < 1e-3
    np.testing.assert_allclose(_kelvin(converter, radiance), band_temperature_k(radiance), atol=1e-3, rtol=0)


def test_conversion_clips_at_whole_codes_inside_the_range():
    converter = fit_converter(233.15, 443.15)
    ends = _kelvin(converter, np.array([-5.0, 0.0, 1e4]))
    assert converter.limits_code == (11658, 22157)
    np.testing.assert_allclose(ends, [233.16, 233.16, 443.14], atol=1e-3)


def test_published_radiances_read_back():
    radiance = np.array([22.2923, 35.1520, 54.9335, 215.672])  # V-RAD-1
    expected = [250.0, 273.15, 300.0, 423.15]
    np.testing.assert_allclose(_kelvin(fit_converter(233.15, 443.15), radiance), expected, atol=2e-3)


@pytest.mark.parametrize(
    ("low_k", "high_k"), [(300.0, 250.0), (-5.0, 300.0), (250.0, 2000.0), (155.0, 1300.0)]
)
def test_impossible_ranges_are_refused(low_k, high_k):
    with pytest.raises(ValueError, match="scene range"):
        fit_converter(low_k, high_k)


def _shutter(housing_k, dt_s=1.0, age_s=100.0, settings=SHUTTER, is_on=None):
    carry = np.zeros(N_CARRY)
    carry[IS_ON] = 1.0
    carry[FPA_K] = carry[FFC_FPA_K] = housing_k[0] + settings[1]
    carry[LAST_S], carry[NEXT_S] = -age_s, settings[2] - age_s
    out = np.empty((housing_k.size, N_OUT))
    is_on = np.ones(housing_k.size, bool) if is_on is None else is_on
    run_shutter(dt_s * np.arange(housing_k.size), dt_s, housing_k, is_on, settings, carry, out)
    return out, carry


def _flags(out, flag):
    return (out[:, OUT_FLAGS].astype(int) & flag) != 0


def _firing(out):
    return np.flatnonzero(np.diff(out[:, OUT_EPOCH], prepend=0.0) > 0)


def test_corrections_come_every_three_minutes():
    out, _ = _shutter(np.full(1000, 290.0))
    assert list(_firing(out)) == [80, 260, 440, 620, 800, 980]
    assert list(np.flatnonzero(_flags(out, FLAG_IN_PROGRESS))) == [80, 260, 440, 620, 800, 980]
    assert out[78, OUT_FLAGS] == out[79, OUT_FLAGS] == FLAG_IMMINENT
    assert out[77, OUT_FLAGS] == 0


def test_frozen_time_does_not_depend_on_the_frame_rate():
    for dt_s in (0.1, 0.5, 1.0):
        shares = [
            np.mean(_flags(_shutter(np.full(int(1800 / dt_s), 290.0), dt_s, age)[0], FLAG_IN_PROGRESS))
            for age in np.arange(0.9, 180.0, 7.3)
        ]
        assert abs(np.mean(shares) - 0.9 / 180) < 0.1 * 0.9 / 180 + 1e-4


def test_focal_plane_follows_housing_exactly_at_any_step():
    for dt_s in (1.0, 30.0):
        n = int(600 / dt_s) + 1
        housing_k = np.full(n, 300.0)
        housing_k[0] = 290.0
        out, _ = _shutter(housing_k, dt_s)
        expected = 302.0 - 10.0 * np.exp(-dt_s * np.arange(n) / 120.0)
        np.testing.assert_allclose(out[:, OUT_FPA_K], expected, rtol=1e-12)
        np.testing.assert_allclose(out[1:, OUT_RATE_K_MIN], (302.0 - expected[1:]) / 2.0, atol=1e-9)


def test_a_step_of_temperature_brings_a_correction_two_seconds_later():
    housing_k = np.full(170, 290.0)
    housing_k[10:] = 296.0
    out, _ = _shutter(housing_k, age_s=1.0)
    crossed = np.flatnonzero(out[:, OUT_FPA_K] - 292.0 >= 1.5)[0]
    assert _firing(out)[0] == crossed + 2
    assert out[crossed, OUT_FLAGS] == FLAG_IMMINENT


def test_no_correction_while_too_cold():
    housing_k = np.concatenate([np.full(600, 250.0), np.full(900, 275.0)])
    out, _ = _shutter(housing_k)
    first = _firing(out)[0]
    assert (out[:600, OUT_FLAGS] == FLAG_LOCKED_OUT).all()
    assert out[first, OUT_FPA_K] >= 263.15
    warm = np.flatnonzero(out[:, OUT_FPA_K] >= 263.15)[0]
    assert warm <= first <= warm + 2


def test_a_long_frame_period_skips_to_the_latest_correction():
    _, carry = _shutter(np.full(10, 290.0), dt_s=1000.0, age_s=0.0)
    assert 9000.0 - carry[LAST_S] < 180.0
    assert carry[EPOCH] == 9.0


def test_without_power_the_focal_plane_cools_and_switching_on_begins_with_a_correction():
    is_on = (np.arange(1800) < 100) | (np.arange(1800) >= 1000)
    out, _ = _shutter(np.full(1800, 290.0), age_s=20.0, is_on=is_on)
    assert out[99, OUT_FPA_K] == pytest.approx(292.0)
    assert out[999, OUT_FPA_K] == pytest.approx(290.0 + 2.0 * np.exp(-900 / 120), abs=1e-9)
    assert out[1120, OUT_FPA_K] == pytest.approx(292.0 - 2.0 * np.exp(-121 / 120), abs=0.01)
    assert _firing(out)[0] == 1000
    assert not _flags(out, FLAG_IN_PROGRESS)[1000]  # over by the first frame
    assert out[1000, OUT_SINCE_S] == pytest.approx(0.9)


def test_time_since_the_correction_starts_anew_with_each():
    out, _ = _shutter(np.full(400, 290.0))
    assert out[0, OUT_SINCE_S] == 100.0
    assert out[79, OUT_SINCE_S] == 179.0
    assert out[80, OUT_SINCE_S] == 0.0


@pytest.mark.parametrize(("n_rows", "n_columns"), [(60, 80), (12, 16), (9, 7)])
def test_a_disc_lies_in_pictures_of_any_width(n_rows, n_columns):
    image = np.zeros(n_rows * n_columns)
    paint_disc(image, n_columns, 5.0, 4.0, 1.5, 1.0)
    row, column = np.divmod(np.arange(image.size), n_columns)
    assert np.array_equal(image == 1.0, (row - 5.0) ** 2 + (column - 4.0) ** 2 <= 1.5**2)
