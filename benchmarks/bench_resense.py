"""What sensing stored worlds anew costs beside generating them: one core, the real path of a worker.

`resense` simulates each world again, because it is not stored in full, and compares the hash of its truth.
"""

import statistics
from pathlib import Path

import workload  # first: it sets the number of BLAS threads
from figures import Figure, interleaved_cpu_s, median_ratio, print_table

from envirosense.factory.generator import generate
from envirosense.factory.resensing import Resensing
from envirosense.instruments.sensor_change import SensorChange
from envirosense.pole.twin import PoleTwin

EPISODES = 3
PASSES, QUICK_PASSES = 5, 3
CHANGES = {
    "one sensor older": SensorChange(sensors=("voc_array",), set={"age_days": 400.0}),
    "every sensor older": SensorChange(set={"age_days": 400.0}),
}


def measure(quick: bool = False) -> list[Figure]:
    """Cost of resensing over that of generating, and what is left of a pole-hour."""
    workload.use_one_core()
    with workload.scratch() as folder:
        source = folder / "source"
        generate(workload.request(EPISODES), source, workers=1)
        times = interleaved_cpu_s(_tasks(source, folder), QUICK_PASSES if quick else PASSES)
    generated = times["generated"]
    return [
        Figure(
            f"resensed over generated, {name}",
            median_ratio(times[name], generated),
            "x",
            note=f"{1e3 * statistics.median(times[name]) / EPISODES:.0f} ms a pole-hour",
        )
        for name in CHANGES
    ]


def _tasks(source: Path, folder: Path) -> dict[str, workload.Task]:
    twin, chosen, runs = PoleTwin(), workload.specs(EPISODES), iter(range(1_000_000))

    def resensed(change: SensorChange) -> workload.Task:
        sensing = {"changes": [change.model_dump(mode="json")]}
        specs = [twin.resensed(spec, sensing) for spec in chosen]
        stored = {new.episode_id: old.episode_id for new, old in zip(specs, chosen, strict=True)}
        made = Resensing("pole", source, stored)
        return lambda: workload.write_episodes(specs, folder / str(next(runs)), made)

    generated = {"generated": lambda: workload.write_episodes(chosen, folder / str(next(runs)))}
    return generated | {name: resensed(change) for name, change in CHANGES.items()}


if __name__ == "__main__":
    print_table(measure())
