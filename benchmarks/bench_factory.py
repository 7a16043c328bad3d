"""CPU that the factory adds to simulating and storing the same episodes in a plain loop, in turns.

The loop draws the specs and writes every episode through the same sink: same rows, same Parquet files.
`generate` adds plan, shards, journal, checksums, flushes, manifest, episode table and catalogue. Both run in
this process, so processor time is all there is; worker processes are measured in `bench_workers.py`.
"""

import os
import statistics
from pathlib import Path

import workload
from figures import Figure, interleaved_cpu_s, load, print_table, spread

from envirosense.datasets.store import EpisodeSink, ShardFiles
from envirosense.factory.executors import InlineExecutor
from envirosense.factory.generator import generate
from envirosense.pole.twin import PoleTwin

EPISODES, QUICK_EPISODES = 12, 3
PASSES, QUICK_PASSES = 5, 2
CEILING = 1.10


def measure(quick: bool = False) -> list[Figure]:
    """Ratio of processor times, median over passes."""
    episodes, passes = (QUICK_EPISODES, QUICK_PASSES) if quick else (EPISODES, PASSES)
    workload.use_one_core()
    with workload.scratch() as folder:
        os.environ.setdefault("ENVIROSENSE_HOME", str(folder / "home"))
        turns = iter(range(10**6))
        times = interleaved_cpu_s(
            {
                "bare": lambda: _bare(folder / f"bare{next(turns)}", episodes),
                "factory": lambda: _factory(folder / f"factory{next(turns)}", episodes),
            },
            passes,
        )
    ratios = [whole / bare for whole, bare in zip(times["factory"], times["bare"], strict=True)]
    bare_s, whole_s = (statistics.median(times[name]) / episodes for name in ("bare", "factory"))
    note = f"{spread(ratios)}, load {load():.2f}"
    return [
        Figure(
            "factory over simulating and storing, CPU", statistics.median(ratios), "x", CEILING, True, note
        ),
        Figure("  CPU of a pole-hour, plain loop", bare_s, "s"),
        Figure("  CPU of a pole-hour, generate", whole_s, "s"),
    ]


def _bare(folder: Path, episodes: int) -> None:
    """Simulate and store without a factory."""
    folder.mkdir()
    twin, files = PoleTwin(), ShardFiles(folder, "bare")
    for spec in workload.specs(episodes):
        sink = EpisodeSink(spec, files)
        twin.simulate(spec, sink)
        sink.close()
    for stream in files.streams.values():
        stream.close()


def _factory(folder: Path, episodes: int) -> None:
    generate(workload.request(episodes), folder, workers=1, executor=InlineExecutor())


if __name__ == "__main__":
    print_table(measure())
