"""Two worker processes against one, by the real `generate`, in turns; and the cost of a live tick.

Wall time, so only a quiet machine gives a figure worth keeping: the load average is printed, and flagged
when more than one process ran before the benchmark did.
"""

import itertools
import os
import statistics
import time
from pathlib import Path

import workload
from figures import Figure, load, print_table, spread

from envirosense.factory.generator import generate

EPISODES = 24
ROUNDS, QUICK_ROUNDS = 4, 2
QUIET_LOAD = 1.0


def measure(quick: bool = False) -> list[Figure]:
    """Ratio of wall times, medians over rounds."""
    before = load()
    rounds = QUICK_ROUNDS if quick else ROUNDS
    ratios, hours_s = [], []
    with workload.scratch() as folder:
        os.environ.setdefault("ENVIROSENSE_HOME", str(folder / "home"))
        names = itertools.count()
        _wall_s(1, folder / "warm", EPISODES // 4)
        for _ in range(rounds):
            one_s, two_s = (_wall_s(workers, folder / str(next(names)), EPISODES) for workers in (1, 2))
            ratios.append(one_s / two_s)
            hours_s.append(EPISODES / two_s)
    quiet = "" if before <= QUIET_LOAD else "; machine not quiet: not a verdict"
    note = f"{spread(ratios)}, load before {before:.2f}, after {load():.2f}{quiet}"
    return [
        Figure("two workers against one, wall", statistics.median(ratios), "x", 1.5, note=note),
        Figure("pole-hours per second, two workers", statistics.median(hours_s), "1/s",
               note="wall, with start of the workers, manifest and catalogue"),
    ]  # fmt: skip


def _wall_s(workers: int, folder: Path, episodes: int) -> float:
    start_s = time.perf_counter()
    generate(workload.request(episodes), folder, workers=workers)
    return time.perf_counter() - start_s


if __name__ == "__main__":
    print_table(measure())
