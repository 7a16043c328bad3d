"""`make bench`: every measurement, one table of figure, gate and verdict.

`python benchmarks/run.py [--quick] [--json PATH] [--only pole,storage,...]`. A gate that is missed is
printed, never raised: time is measured here, not tested. The exit code is 0 unless a measurement fails.
"""

import argparse
import importlib
import json
import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import workload  # first: it sets the number of BLAS threads
from figures import Figure, load, machine_facts, print_table

from envirosense.factory.executors import WORKER_ENVIRONMENT

TITLES = {
    "pole": "One core, whole path",
    "sensors": "Sensors, one core",
    "resense": "The same worlds under other sensors",
    "live": "Live",
    "factory": "The factory's own share",
    "workers": "Two workers",
    "memory": "Memory",
    "start": "Start and live use",
    "storage": "Storage of frames",
    "formats": "Formats",
    "camera": "Thermal camera",
    "homes": "Smart homes",
}


def measured_alone(name: str, quick: bool) -> list[Figure]:
    """Figures of one benchmark in a process of its own: what another left in memory slows it."""
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=fresh) as process:
        return process.submit(measure, name, quick).result()


def measure(name: str, quick: bool) -> list[Figure]:
    """Figures of one benchmark, here."""
    if name == "storage":
        return storage_figures()
    if name == "camera":
        return camera_figures()
    figures: list[Figure] = importlib.import_module(f"bench_{name}").measure(quick)
    return figures


def storage_figures() -> list[Figure]:
    """Frames at default noise: speed of splitting, hashing and writing, size, and the least possible size."""
    import bench_storage as b

    workload.use_one_core()
    frames = b.scene(0.05)
    with workload.scratch() as folder:
        (write_s,) = b.median_cpu_s(lambda: b.write_frames(folder, frames, "none"))
        ratio = frames.nbytes / b.write_frames(folder, frames, "none").stat().st_size
    limit = b.entropy_limit(frames)
    noise = f"{limit.bits_per_pixel:.2f} bit a pixel"
    return [
        Figure(
            "frames to Parquet, one core",
            frames.nbytes / 1e6 / write_s,
            "MB/s",
            300.0,
            note="with the content hash",
        ),
        Figure("frames, raw over stored", ratio, "x", 1.8, note="noise of 50 mK"),
        Figure("  entropy limit", limit.ratio, "x", note=noise),
    ]


def camera_figures() -> list[Figure]:
    """Frames a second of one camera in one world, through every imperfection, to byte planes."""
    import statistics

    from envirosense.pole.run import EpisodeRun

    run = EpisodeRun(workload.specs(2)[1])
    state, camera = run.world.state(0, run.spec.grid.n), run.device.cameras["thermal_camera"]
    times = []
    for _ in range(6):
        memory = camera.start_frames(run.spec.sensing_seed)
        start_s = time.process_time()
        camera.run_frames(state, memory)
        times.append(time.process_time() - start_s)
    rate = run.spec.grid.n / statistics.median(times[1:])
    return [
        Figure(
            "camera, all imperfections", rate, "frames/s", note="pieces: python benchmarks/bench_camera.py"
        )
    ]


def main() -> int:
    """Run what was asked and print it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer passes, a shorter day")
    parser.add_argument("--only", help=f"comma-separated: {', '.join(TITLES)}")
    parser.add_argument("--json", type=Path, metavar="PATH", help="write the figures here as well")
    options = parser.parse_args()
    names = options.only.split(",") if options.only else list(TITLES)
    if unknown := sorted(set(names) - set(TITLES)):
        parser.error(f"--only {unknown[0]}: choose from {', '.join(TITLES)}")
    facts = machine_facts()
    print("\n".join(f"{name:<10} {value}" for name, value in facts.items()))
    results: dict[str, list[dict[str, Any]]] = {}
    missed = 0
    for name in names:
        start_s = time.perf_counter()
        figures = measured_alone(name, options.quick)
        print(f"\n{TITLES[name]} ({time.perf_counter() - start_s:.0f} s, load {load():.2f})")
        print_table(figures)
        results[name] = [figure.record() for figure in figures]
        missed += sum(figure.verdict == "MISS" for figure in figures)
    print(f"\n{missed} of {sum(f['gate'] is not None for r in results.values() for f in r)} gates missed")
    if options.json:
        options.json.write_text(json.dumps({"machine": facts, "figures": results}, indent=2) + "\n")
    return 0


def as_worker() -> None:
    """Start this process anew in the environment that a worker of the factory gets."""
    if any(os.environ.get(name) != value for name, value in WORKER_ENVIRONMENT.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **WORKER_ENVIRONMENT})


if __name__ == "__main__":
    as_worker()
    sys.exit(main())
