"""Formats: hours of a camera to HDF5 and Parquet and back, and one pole-hour in every format, on one core.

Run: `python benchmarks/bench_formats.py` for the tables, `python benchmarks/run.py --only formats` for the
figures with gates: frames >= 300 MB/s to Parquet and to HDF5 on one core, a random window inside a row group
in less than 5 ms for every stream. A figure of the tables is the processor time of a whole export: reading
the dataset, writing, checksums, fsync.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import bench_storage
import numpy as np
import pyarrow as pa
import workload
from figures import Figure

from envirosense.core.episode import EpisodeSpec, EpisodeSummary
from envirosense.core.protocols import Sink
from envirosense.datasets import Dataset, Plan, finish, prepare_output, write_shard
from envirosense.datasets.formats import FORMATS, Export, FileFormat, RowFormat, check_export
from envirosense.datasets.formats.base import plain_batches
from envirosense.datasets.formats.columns import plain_schema
from envirosense.datasets.frames import frame_planes, table_frames
from envirosense.factory import GenerationRequest, generate

CAMERA_HOURS = 3
ROUNDS = 3
WINDOW_ROWS = 60
WINDOWS = 200  # of each stream


def measure(quick: bool) -> list[Figure]:
    """Frames written, and random windows of every stream read, on one core."""
    workload.use_one_core()
    with workload.scratch() as scratch:
        frames = bench_storage.scene(0.05)
        (write_s,) = bench_storage.median_cpu_s(lambda: bench_storage.write_frames(scratch, frames, "none"))
        hdf5 = hdf5_file_speed(scratch, camera_dataset(scratch / "camera"))
        windows_ms = dict(window_times_ms(scratch, 40 if quick else WINDOWS))
    slowest = max(windows_ms, key=lambda stream: windows_ms[stream])
    others = ", ".join(f"{stream} {windows_ms[stream]:.2f}" for stream in sorted(windows_ms))
    return [
        Figure(
            "frames to Parquet, one core", frames.nbytes / 1e6 / write_s, "MB/s", 300.0, note="CPU, hashed"
        ),
        Figure("frames to HDF5, uncompressed chunks", hdf5, "MB/s", 300.0, note="CPU"),
        Figure(
            "random window inside a row group, slowest stream",
            windows_ms[slowest],
            "ms",
            5.0,
            is_ceiling=True,
            note=f"{slowest}; wall, warm, median of {WINDOW_ROWS} rows: {others}",
        ),
    ]


def window_times_ms(scratch: Path, n_windows: int) -> Iterator[tuple[str, float]]:
    """Streams of two pole-hours at full rate, with the median time of a window read and decoded [ms]."""
    request = GenerationRequest.parse(
        {"twin": "pole", "scenarios": ["fire/*"], "episodes": 2, "duration_s": 3600.0, "seed": 7}
    )
    dataset = generate(request, scratch / "hours", 1)
    rng = np.random.default_rng(1)
    for stream in dataset.streams:
        places = [one.locations[stream] for one in dataset if one.row_count(stream)]
        times_s = []
        for _ in range(n_windows + 5 if places else 0):
            place = places[rng.integers(len(places))]
            group = int(place["first_row_group"] + rng.integers(place["row_groups"]))
            begun_s = time.perf_counter()
            rows = dataset.files.read(place["file"], range(group, group + 1), None)
            first = int(rng.integers(max(rows.num_rows - WINDOW_ROWS, 1)))
            window = rows.slice(first, WINDOW_ROWS)
            if frame_planes(window.schema):
                table_frames(window)
            times_s.append(time.perf_counter() - begun_s)
        if times_s:
            yield stream, 1e3 * statistics.median(times_s[5:])  # the first ones open the file


def camera_dataset(folder: Path) -> Dataset:
    """Hours of one camera at one frame a second, default noise."""
    batches = bench_storage.frame_batches(bench_storage.scene(0.05), "auto")

    def simulate(spec: EpisodeSpec, out: Sink) -> EpisodeSummary:
        for batch in batches:
            out.write("thermal", batch)
        return EpisodeSummary(episode_id=spec.episode_id)

    specs = [bench_storage.SPEC.model_copy(update={"world_seed": seed}) for seed in range(CAMERA_HOURS)]
    plan = Plan.build(
        name="camera", twin="bench", seed=0, episodes=[(spec, "train") for spec in specs], code_version="0"
    )
    with prepare_output(plan, folder) as output:
        for shard in output.pending:
            write_shard(output.folder, shard, simulate)
        finish(output)
    return Dataset.open(folder)


def cpu_s(task: Callable[..., object], *inputs: object, **options: object) -> float:
    """Processor time of a task [s]."""
    start = time.process_time()
    task(*inputs, **options)
    return time.process_time() - start


def read_all(folder: Path) -> None:
    """Read every stream of an export."""
    for episode in Export.open(folder):
        for stream in episode.streams:
            episode.table(stream)


def camera_speeds(scratch: Path) -> None:
    """Print MB/s of frames written and read, formats in turns after one round that is thrown away."""
    dataset = camera_dataset(scratch / "camera")
    n_mb = CAMERA_HOURS * bench_storage.HOUR_S * 9600 / 1e6
    names = {"hdf5": "none", "hdf5 gzip": "gzip", "parquet": "auto", "arrow": "none", "webdataset": "none"}
    written: dict[str, list[float]] = {name: [] for name in names}
    read: dict[str, list[float]] = {name: [] for name in names}
    for round_ in range(ROUNDS + 1):
        for name, compression in names.items():
            kind, target = FORMATS[name.split()[0]](), scratch / f"{name}-{round_}"
            assert isinstance(kind, FileFormat)
            write_s = cpu_s(kind.write, dataset, target, compression=compression)
            read_s = cpu_s(read_all, target)
            if round_:
                written[name].append(n_mb / write_s)
                read[name].append(n_mb / read_s)
    print(f"frames to an HDF5 file, uncompressed chunks: {hdf5_file_speed(scratch, dataset):.0f} MB/s")
    print(f"{n_mb:.0f} MB of frames         written MB/s   read MB/s   times smaller")
    for name in names:
        size = folder_bytes(scratch / f"{name}-1")
        speeds = statistics.median(written[name]), statistics.median(read[name])
        print(f"  {name:<20} {speeds[0]:>12.0f} {speeds[1]:>11.0f} {n_mb * 1e6 / size:>15.2f}")


def hdf5_file_speed(scratch: Path, dataset: Dataset) -> float:
    """Frames written to an HDF5 file from memory, nothing else [MB/s]."""
    kind, schema = FORMATS["hdf5"](), plain_schema(dataset.schema("thermal"))
    assert isinstance(kind, RowFormat)
    episode = next(iter(dataset))
    batches = list(plain_batches(episode, "thermal", schema))
    speeds = []
    for round_ in range(ROUNDS + 1):
        folder = scratch / f"file-{round_}"
        folder.mkdir()
        writer = kind.writer(folder, {"thermal": schema}, "none")
        seconds = cpu_s(writer.add, episode, "thermal", batches) + cpu_s(writer.close)
        speeds.append(bench_storage.HOUR_S * 9600 / 1e6 / seconds)
    return statistics.median(speeds[1:])


def folder_bytes(folder: Path) -> int:
    """Size of a folder's files."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def pole_table(scratch: Path) -> None:
    """Print size and time of one pole-hour without frames in every format, each checked."""
    request = GenerationRequest.parse({
        "twin": "pole",
        "scenarios": ["fire/cellulose_pyrolysis", "electrical/equipment_overheat", "normal/diurnal_cycle"],
        "episodes": 6,
        "duration_s": 600.0,
        "dt_s": 1.0,
        "seed": 7,
        "name": "pole",
        "options": {"frame_interval_s": 10.0},
    })  # fmt: skip
    dataset = generate(request, scratch / "pole", 1)
    streams = [name for name in dataset.streams if name != "thermal"]
    n_values = sum(one.row_count(name) * len(dataset.schema(name)) for one in dataset for name in streams)
    print(f"one pole-hour, {len(streams)} streams, {n_values / 1e6:.2f} M values   MB   write s   check s")
    for name, found in FORMATS.items():
        kind = found()
        if isinstance(kind, FileFormat):
            target = scratch / f"pole-{name}"
            write_s = cpu_s(kind.write, dataset, target, streams=streams)
            check_s = cpu_s(check_export, target)
            assert check_export(target).is_ok
            print(f"  {name:<12} {folder_bytes(target) / 1e6:>8.1f} {write_s:>8.2f} {check_s:>8.2f}")


if __name__ == "__main__":
    pa.set_cpu_count(1)
    with tempfile.TemporaryDirectory() as scratch_name:
        os.environ["ENVIROSENSE_HOME"] = scratch_name
        camera_speeds(Path(scratch_name))
        pole_table(Path(scratch_name))
