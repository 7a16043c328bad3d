"""Peak memory of a day at one frame a second, in a process of its own."""

import json
import subprocess
import sys
import time
from typing import Any

import workload
from figures import Figure, print_table
from peak_memory import peak_bytes

DAY_S, QUICK_S = 86_400.0, 14_400.0
GIB = 2**30


def measure(quick: bool = False) -> list[Figure]:
    """Peak resident memory and processor time of one long episode."""
    duration_s = QUICK_S if quick else DAY_S
    command = [sys.executable, __file__, "--episode", str(duration_s)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    facts = json.loads(done.stdout.splitlines()[-1])
    hours = duration_s / 3600.0
    note = f"{facts['scenario']}, {facts['megabytes']:.0f} MB on disk, {facts['cpu_s']:.1f} s CPU"
    return [
        Figure(
            f"peak memory of {hours:.0f} h at 1 frame/s", facts["peak_bytes"] / GIB, "GiB", 1.0, True, note
        ),
        Figure("  of it before the episode", facts["idle_bytes"] / GIB, "GiB", note="imports"),
    ]


def run_episode(duration_s: float) -> dict[str, Any]:
    """Facts of one episode through the real store."""
    workload.use_one_core()
    chosen = [spec for spec in workload.specs(3, duration_s) if spec.scenario.startswith("fire/")]
    idle_bytes = peak_bytes()
    start_s = time.process_time()
    with workload.scratch() as folder:
        n_bytes = workload.write_episodes(chosen, folder)
    return {
        "scenario": chosen[0].scenario,
        "peak_bytes": peak_bytes(),
        "idle_bytes": idle_bytes,
        "cpu_s": time.process_time() - start_s,
        "megabytes": n_bytes / 1e6,
    }


if __name__ == "__main__":
    if sys.argv[1:2] == ["--episode"]:
        print(json.dumps(run_episode(float(sys.argv[2]))))
    else:
        print_table(measure())
