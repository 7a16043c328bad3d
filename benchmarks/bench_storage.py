"""Storage: frames as byte planes, scalars, and hashes, to Parquet and back on one core.

Run: `python benchmarks/bench_storage.py`. Gates (printed, never asserted): frames >= 300 MB/s
written and >= 1.8 times smaller than raw at default noise.
"""

import hashlib
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from envirosense.core.episode import EpisodeSpec
from envirosense.datasets import (
    TICK,
    Column,
    FrameLayout,
    entropy_limit,
    frame_columns,
    split_planes,
    stream_schema,
)
from envirosense.datasets.frames import table_frames
from envirosense.datasets.hashing import content_hash
from envirosense.datasets.store import EpisodeSink, ShardFiles

HOUR_S = 3600
ROUNDS = 5
SPEC = EpisodeSpec.parse(
    {
        "twin": "bench",
        "scenario": "bench/storage",
        "params": {},
        "site": {},
        "weather": {},
        "sensing": {},
        "grid": {"start_utc": "2020-01-01T00:00:00Z", "dt_s": 1.0, "n": HOUR_S},
        "world_seed": 0,
        "sensing_seed": 0,
        "group": "bench",
    }
)


def scene(noise_k: float) -> np.ndarray:
    """One hour of (frame, row, column) counts: static picture over 30 K, slow drift, white noise."""
    rng = np.random.default_rng(1)
    row, column = np.mgrid[0:60, 0:80]
    picture_k = 275.0 + 30.0 * (0.5 + 0.5 * np.sin(column / 13.0) * np.cos(row / 9.0))
    frames = np.empty((HOUR_S, 60, 80), dtype=np.uint16)
    for t in range(HOUR_S):
        noise = rng.normal(0.0, noise_k, picture_k.shape)
        frames[t] = np.rint((picture_k + 0.5 * np.sin(t / 900.0) + noise) / 0.02)
    return frames


def median_cpu_s(*tasks: Callable[[], object]) -> list[float]:
    """Median processor time of each task, run in turns after one warm-up round [s]."""
    times: list[list[float]] = [[] for _ in tasks]
    for _ in range(ROUNDS + 1):
        for taken, task in zip(times, tasks, strict=True):
            start = time.process_time()
            task()
            taken.append(time.process_time() - start)
    return [statistics.median(taken[1:]) for taken in times]


def write_stream(folder: Path, name: str, batches: list[pa.RecordBatch]) -> Path:
    """Path of a stream written as a worker writes it: keys, row groups, content hash."""
    files = ShardFiles(folder, "bench")
    sink = EpisodeSink(SPEC, files)
    for batch in batches:
        sink.write(name, batch)
    sink.close()
    files.streams[name].close()
    return files.streams[name].path


def frame_batches(frames: np.ndarray, low_codec: str) -> list[pa.RecordBatch]:
    """Blocks of 300 frames ready for the sink."""
    schema = stream_schema([TICK, *frame_columns(FrameLayout(), "apparent temperature", low_codec)])
    ticks = np.arange(len(frames))
    return [
        pa.record_batch([pa.array(ticks[i : i + 300]), *split_planes(frames[i : i + 300])], schema=schema)
        for i in range(0, len(frames), 300)
    ]


def report_frames(folder: Path, label: str, noise_k: float) -> None:
    """Print one line for each codec of the low plane, for one kind of scene."""
    frames = scene(noise_k)
    limit = entropy_limit(frames)
    codecs = ("none", "zstd")
    writers = [partial(write_frames, folder, frames, codec) for codec in codecs]
    for codec, writer, write_s in zip(codecs, writers, median_cpu_s(*writers), strict=True):
        path = writer()
        (read_s,) = median_cpu_s(lambda path=path: table_frames(pq.ParquetFile(path).read(use_threads=False)))
        np.testing.assert_array_equal(table_frames(pq.read_table(path)), frames)
        mb = frames.nbytes / 1e6
        print(
            f"frames, {label}, low plane {codec:<4}  write {mb / write_s:5.0f} MB/s  "
            f"read {mb / read_s:5.0f} MB/s  ratio {frames.nbytes / path.stat().st_size:6.2f}"
        )
    print(
        f"entropy limit of the noise: ratio {limit.ratio:.2f} "
        f"({limit.bits_per_pixel:.2f} bit/pixel, noise {limit.noise_counts:.2f} counts)"
    )


def write_frames(folder: Path, frames: np.ndarray, low_codec: str) -> Path:
    """Path of frames split, hashed and written to a new file."""
    (folder / "bench.thermal.parquet").unlink(missing_ok=True)
    return write_stream(folder, "thermal", frame_batches(frames, low_codec))


def report_scalars(folder: Path, n_columns: int) -> None:
    """Print one line for an hour of rounded float32 columns at 1 Hz."""
    rng = np.random.default_rng(2)
    columns = [Column(f"c{i}", pa.float32(), "1", "rounded noise") for i in range(n_columns)]
    values = [np.round(rng.normal(20.0, 0.5, HOUR_S), 2).astype(np.float32) for _ in columns]
    arrays = [np.arange(HOUR_S), *values]
    batch = pa.record_batch([pa.array(a) for a in arrays], schema=stream_schema([TICK, *columns]))
    (write_s,) = median_cpu_s(lambda: write_stream(folder, "readings", [batch]))
    path = write_stream(folder, "readings", [batch])
    print(
        f"{f'scalars, {n_columns} columns x 3600 rows':<34} write {write_s * 1e3:5.1f} ms  "
        f"ratio {batch.nbytes / path.stat().st_size:.2f}"
    )


def report_hashes(frames: np.ndarray) -> None:
    """Print the speed of hash functions of the standard library, and of our content hash."""
    data = frames.tobytes()
    mb = len(data) / 1e6
    names = ("sha256", "sha512", "blake2b")
    times_s = median_cpu_s(*(partial(hashlib.new, name, data) for name in names))
    print("hashes  " + "  ".join(f"{n} {mb / s:.0f} MB/s" for n, s in zip(names, times_s, strict=True)))
    table = pa.Table.from_batches(frame_batches(frames, "none"))
    (hash_s,) = median_cpu_s(lambda: content_hash(table))
    print(f"content hash of frames {mb / hash_s:.0f} MB/s")


def main() -> None:
    """Print every measurement."""
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        report_frames(folder, "50 mK noise", 0.05)
        report_frames(folder, "no noise", 0.0)
        for n_columns in (40, 130):
            report_scalars(folder, n_columns)
    report_hashes(scene(0.05))


if __name__ == "__main__":
    main()
