"""Philox bits against published vectors, normals against theory."""

import numpy as np
import pytest
from numba import config
from scipy import stats

from envirosense.instruments.noise_kernels import (
    philox_bits,
    philox_normal_block,
    philox_normals,
    philox_uniforms,
    philox_words,
)

KEY = np.array([0x12345678, 0x9ABCDEF0, 7, 11], np.uint32)
compiled_only = pytest.mark.skipif(bool(config.DISABLE_JIT), reason="millions of draws")


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [  # known answers of Random123 1.14, file kat_vectors
        ([0] * 4, [0] * 2, [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
        ([0xFFFFFFFF] * 4, [0xFFFFFFFF] * 2, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
        (
            [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
            [0xA4093822, 0x299F31D0],
            [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
        ),
    ],
)
def test_philox_gives_the_published_words(counter, key, expected):
    words = philox_words(*np.array(counter, np.uint64), *np.array(key, np.uint64))
    assert [int(word) for word in words] == expected


def test_bits_use_lane_tick_and_name_as_counter():
    out = np.empty(8, np.uint32)
    philox_bits(out, KEY, 5)
    words = philox_words(*np.array([1, 5, 7, 11], np.uint64), *KEY[:2].astype(np.uint64))
    assert [int(word) for word in words] == [int(word) for word in out[1::2]]


def test_block_equals_single_ticks():
    block = np.empty((3, 40), np.float32)
    philox_normal_block(block, KEY, 100)
    row = np.empty(40, np.float32)
    for r in range(3):
        philox_normals(row, KEY, 100 + r)
        assert np.array_equal(row, block[r])


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 5, 6, 7])
def test_any_length_is_filled(n):
    out = np.full(n, np.nan, np.float32)
    philox_normals(out, KEY, 0)
    assert np.isfinite(out).all()


def test_ticks_and_names_draw_apart():
    first, second, third = np.empty((3, 64), np.float32)
    other = KEY.copy()
    other[3] += 1
    philox_normals(first, KEY, 1)
    philox_normals(second, KEY, 2)
    philox_normals(third, other, 1)
    assert not np.isin(first, second).any()
    assert not np.isin(first, third).any()


@pytest.fixture(scope="module")
def many():
    out = np.empty(1 << 21, np.float32)
    philox_normals(out, KEY, 3)
    return out.astype(np.float64)


@compiled_only
def test_moments_are_normal(many):
    n = many.size  # 2.1 million; bounds are 5 standard errors
    assert abs(many.mean()) < 5 / np.sqrt(n)
    assert abs(many.var() - 1) < 5 * np.sqrt(2 / n)
    assert abs((many**3).mean()) < 5 * np.sqrt(15 / n)
    assert abs((many**4).mean() - 3) < 5 * np.sqrt(96 / n)


@compiled_only
def test_distribution_and_tail_are_normal(many):
    assert stats.kstest(many[:500_000], "norm").pvalue > 1e-3
    share, expected = (np.abs(many) > 4).mean(), 2 * stats.norm.sf(4)
    assert abs(share - expected) < 5 * np.sqrt(expected / many.size)


@compiled_only
def test_neighbours_and_pairs_are_uncorrelated(many):
    n = many.size
    for lag in (1, 2, n // 4, n // 2):
        assert abs(np.mean(many[lag:] * many[:-lag])) < 5 / np.sqrt(n - lag)


@compiled_only
def test_ticks_are_independent_at_each_lane():
    frames = np.empty((1000, 4800), np.float32)
    philox_normal_block(frames, KEY, 0)
    z = frames.mean(axis=0, dtype=np.float64) * np.sqrt(1000)
    assert np.abs(z).max() < 5.0  # 3.7 expected of 4800
    assert abs((frames[1:] * frames[:-1]).mean(dtype=np.float64)) < 5 / np.sqrt(999 * 4800)


@compiled_only
def test_keys_that_differ_by_one_bit_are_independent():
    first, second = np.empty((2, 1 << 19), np.float32)
    near = KEY.copy()
    near[0] ^= 1
    philox_normals(first, KEY, 0)
    philox_normals(second, near, 0)
    assert abs(np.mean(first * second, dtype=np.float64)) < 5 / np.sqrt(first.size)


@compiled_only
def test_uniforms_fill_the_open_interval():
    out = np.empty(1 << 20, np.float32)
    philox_uniforms(out, KEY, 9)
    assert out.min() > 0.0
    assert out.max() < 1.0
    assert stats.kstest(out[:200_000].astype(float), "uniform").pvalue > 1e-3
