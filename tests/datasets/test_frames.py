import math

import duckdb
import numpy as np
import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from envirosense.core.errors import ConfigError
from envirosense.datasets import (
    FrameLayout,
    entropy_limit,
    frame_columns,
    join_planes,
    split_planes,
    stream_schema,
)
from envirosense.datasets.frames import frame_planes, rounded_normal_entropy_bit
from envirosense.datasets.store import parquet_writer

LAYOUT = FrameLayout()
SCHEMA = stream_schema(frame_columns(LAYOUT, "apparent temperature"))


def scene(n_frames: int = 400) -> np.ndarray:
    """Static picture spanning 30 K with slow drift and 50 mK white noise, in 0.02 K counts."""
    rng = np.random.default_rng(5)
    row, column = np.mgrid[0:60, 0:80]
    picture_k = 275.0 + 30.0 * (0.5 + 0.5 * np.sin(column / 13.0) * np.cos(row / 9.0))
    drift_k = 0.5 * np.sin(np.arange(n_frames) / 900.0)[:, None, None]
    return np.rint((picture_k + drift_k + rng.normal(0.0, 0.05, (n_frames, 60, 80))) / 0.02).astype(np.uint16)


@pytest.fixture
def written(tmp_path):
    frames = scene()
    path = tmp_path / "thermal.parquet"
    with parquet_writer(path, SCHEMA) as writer:
        for first in range(0, len(frames), 100):
            writer.write_table(pa.table(split_planes(frames[first : first + 100]), schema=SCHEMA))
    return path, frames


def test_split_and_join_are_inverse_over_the_whole_range():
    frames = np.arange(65_536, dtype=np.uint16).reshape(16, 64, 64)
    layout = FrameLayout(64, 64)
    low, high = split_planes(frames)
    np.testing.assert_array_equal(
        join_planes(pa.chunked_array([low]), pa.chunked_array([high]), layout), frames
    )


def test_join_respects_slices_and_chunks():
    frames = scene(10)
    low, high = (pa.chunked_array([plane[2:3], plane[3:9]]) for plane in split_planes(frames))
    np.testing.assert_array_equal(join_planes(low, high, LAYOUT), frames[2:9])


def test_a_view_that_is_not_contiguous_is_split_right():
    frames = scene(8)
    low, high = split_planes(frames[::2, :, :])
    np.testing.assert_array_equal(
        join_planes(pa.chunked_array([low]), pa.chunked_array([high]), LAYOUT), frames[::2]
    )


def test_pyarrow_polars_and_duckdb_read_the_planes(written):
    path, frames = written
    arrow = pq.read_table(path)
    np.testing.assert_array_equal(join_planes(arrow["frame_lo"], arrow["frame_hi"], LAYOUT), frames)
    rows = {
        "polars": polars.read_parquet(path).select("frame_lo", "frame_hi").rows(),
        "duckdb": duckdb.sql(f"select frame_lo, frame_hi from '{path}'").fetchall(),
    }
    for found in rows.values():
        low, high = (
            np.frombuffer(b"".join(part), np.uint8).astype(np.uint16) for part in zip(*found, strict=True)
        )
        np.testing.assert_array_equal((low + 256 * high).reshape(frames.shape), frames)


def test_planes_are_plain_required_and_say_their_shape(written):
    file = pq.ParquetFile(written[0])
    for column in range(2):
        chunk = file.metadata.row_group(0).column(column)
        assert "PLAIN" in chunk.encodings
        assert not any("DICTIONARY" in encoding for encoding in chunk.encodings)
        assert not chunk.is_stats_set
        assert file.schema.column(column).max_definition_level == 0
    assert FrameLayout.of(file.schema_arrow.field("frame_lo")) == LAYOUT
    assert frame_planes(file.schema_arrow) == ("frame_lo", "frame_hi")


def test_noisy_frames_shrink_by_1_8_and_no_more_than_entropy_allows(written):
    path, frames = written
    ratio = frames.nbytes / path.stat().st_size
    assert 1.8 <= ratio < entropy_limit(frames).ratio


def test_frames_without_noise_shrink_far_more_with_a_compressed_low_plane(tmp_path):
    frames = np.repeat(scene(1), 100, axis=0)
    schema = stream_schema(frame_columns(LAYOUT, "ideal", low_codec="zstd"))
    with parquet_writer(tmp_path / "x.parquet", schema) as writer:
        writer.write_table(pa.table(split_planes(frames), schema=schema))
    assert frames.nbytes / (tmp_path / "x.parquet").stat().st_size > 20.0


@pytest.mark.parametrize("sigma", [0.5, 1.0, 2.5, 20.0])
def test_entropy_of_rounded_noise_tends_to_the_gaussian_formula(sigma):
    formula_bit = 0.5 * math.log2(2.0 * math.pi * math.e * (sigma**2 + 1.0 / 12.0))  # Sheppard
    assert rounded_normal_entropy_bit(sigma) == pytest.approx(formula_bit, abs=0.02 if sigma < 1.0 else 0.002)


def test_entropy_limit_finds_the_noise_of_a_scene():
    limit = entropy_limit(scene())
    assert limit.noise_counts == pytest.approx(2.5, rel=0.01)
    assert limit.bits_per_pixel == pytest.approx(3.37, abs=0.02)
    assert entropy_limit(np.zeros((3, 2, 2), np.uint16)).ratio == math.inf


def test_counts_become_values():
    assert FrameLayout(1, 1, 0.02, 0.0).values(np.array([[[65_000]]], np.uint16)).item() == pytest.approx(
        1300.0
    )


def test_a_column_without_shape_is_no_plane():
    with pytest.raises(ConfigError, match="is not a frame plane"):
        FrameLayout.of(pa.field("x", pa.binary(4)))
