"""Two worker processes against one, by the real `generate`, in turns.

Wall time, so only a quiet machine gives a figure worth keeping: the load average is printed, and flagged
when more than one process ran before the benchmark did.
"""

import json
import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import workload
from figures import Figure, load, print_table, spread

from envirosense.factory.generator import generate

EPISODES, QUICK_EPISODES = 48, 24
ROUNDS, QUICK_ROUNDS = 4, 2
QUIET_LOAD = 1.0


def measure(quick: bool = False) -> list[Figure]:
    """Ratio of wall times, medians over rounds; processor time per pole-hour of both."""
    before, episodes = load(), QUICK_EPISODES if quick else EPISODES
    with workload.scratch() as folder:
        os.environ.setdefault("ENVIROSENSE_HOME", str(folder / "home"))
        _timed(1, folder / "warm", 3)
        rounds = [
            [_timed(workers, folder / f"{turn}-{workers}", episodes) for workers in (1, 2)]
            for turn in range(QUICK_ROUNDS if quick else ROUNDS)
        ]
    ratios = [one.wall_s / two.wall_s for one, two in rounds]
    cpu_s = [statistics.median(pair[i].shard_cpu_s for pair in rounds) / episodes for i in (0, 1)]
    quiet = "" if before <= QUIET_LOAD else "; MACHINE NOT QUIET, no verdict"
    note = f"{spread(ratios)}, load before {before:.2f}, after {load():.2f}{quiet}"
    rate = statistics.median(episodes / two.wall_s for _, two in rounds)
    return [
        Figure("two workers against one, wall", statistics.median(ratios), "x", 1.5, note=note),
        Figure("  pole-hours per second, two workers", rate, "1/s", note="wall, from start to manifest"),
        Figure("  CPU of a pole-hour, one worker", cpu_s[0], "s", note="with imports and first views"),
        Figure("  CPU of a pole-hour, two workers", cpu_s[1], "s", note="the same"),
    ]


@dataclass(frozen=True, slots=True)
class Run:
    """One call of `generate`."""

    wall_s: float
    shard_cpu_s: float


def _timed(workers: int, folder: Path, episodes: int) -> Run:
    start_s = time.perf_counter()
    generate(workload.request(episodes), folder, workers=workers)
    wall_s = time.perf_counter() - start_s
    return Run(wall_s, json.loads((folder / "run.json").read_text())["shard_cpu_s"])


if __name__ == "__main__":
    print_table(measure())
