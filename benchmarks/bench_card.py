"""Peak memory and processor time of quality rules and card over many episodes, each in a process of its own.

`python benchmarks/bench_card.py 10000 30000` makes datasets of so many episodes of the coin twin (a minute
each, six streams), simulated one by one, then checks and describes each.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

import workload
from figures import Figure, print_table
from peak_memory import peak_bytes

from envirosense.datasets import Dataset
from envirosense.datasets.card import write_card
from envirosense.datasets.quality import QualityReport, read_quality
from envirosense.factory import GenerationRequest, generate
from envirosense.factory.describe import check_quality
from envirosense.factory.twins import TWINS
from envirosense.testing.twins import CoinTwin

MIB = 2**20
STEPS = ("open", "check", "card")  # opening alone is what the others stand on


def measure(counts: list[int]) -> list[Figure]:
    """Memory and time of each step, dataset by dataset."""
    figures = []
    for n_episodes in counts:
        with workload.scratch() as scratch:
            folder = scratch / "out"
            _in_process("make", folder, n_episodes)
            for step in STEPS:
                facts = _in_process(step, folder, n_episodes)
                name = f"{step}, {n_episodes:,} episodes"
                each = f"{1e3 * facts['cpu_s'] / n_episodes:.2f} ms an episode"
                figures.append(Figure(f"{name}: processor time", facts["cpu_s"], "s", note=each))
                figures.append(Figure(f"{name}: peak memory", facts["peak"], "MiB"))
    return figures


def _in_process(step: str, folder: Path, n_episodes: int) -> dict[str, float]:
    command = [sys.executable, __file__, step, str(folder), str(n_episodes)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def make(folder: Path, n_episodes: int) -> None:
    """Simulate the dataset."""
    request = GenerationRequest(twin="coin", episodes=n_episodes, duration_s=60.0, seed=workload.SEED)
    generate(request, folder, 1)


def check(folder: Path) -> QualityReport:
    """Run the rules as `dataset validate` does."""
    found = check_quality(Dataset.open(folder))
    found.write(folder)
    return found


def card(folder: Path) -> None:
    """Write the card with the outcome that is there."""
    write_card(Dataset.open(folder), TWINS["coin"]().describe(), read_quality(folder))


def run_step(step: str, folder: Path, n_episodes: int) -> None:
    """Print what one step took."""
    TWINS.register("coin")(CoinTwin)
    workload.use_one_core()
    began_s = time.process_time()
    if step == "make":
        make(folder, n_episodes)
    elif step == "open":
        assert len(Dataset.open(folder)) == n_episodes
    elif step == "check":
        check(folder)
    else:
        card(folder)
    print(json.dumps({"peak": peak_bytes() / MIB, "cpu_s": time.process_time() - began_s}))


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] in ("make", *STEPS):
        run_step(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
    else:
        print_table(measure([int(one) for one in sys.argv[1:]] or [3_000, 10_000]))
