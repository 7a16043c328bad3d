"""Pole-hours per second of one core, the share of each part and module, and the ratio to two baselines.

The product, the per-sample baseline and the whole-hour baseline take turns in one process on episodes
of an hour, as many of each scenario; times are processor time, ratios are medians over passes of a pair of
neighbours. The per-sample baseline runs a slice of the hour; its loop is scaled, its world and file are not.
"""

import statistics
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import workload  # first: it sets the number of BLAS threads
from figures import Figure, interleaved_cpu_s, median_ratio, print_table, spread
from parts import WORLD, part_times_s

from envirosense.core.episode import EpisodeSpec

HOUR_TICKS = 3600
DICT_SLICE = (60, 160)  # ticks of each hour that the per-sample baseline runs
EPISODES, BASELINE_EPISODES = 9, 3  # more for the product, so that its shards hold several as in use
PASSES, QUICK_PASSES = 5, 3
DEVICE_RATE = 2.5  # gate: pole-hours per core-second, all sensors on, written to disk
EARLIER_SAMPLES = "the earlier simulator: 90 to 98, most of them constants"

type Floats = npt.NDArray[np.float64]


def measure(quick: bool = False) -> list[Figure]:
    """Throughput, shares and ratios."""
    workload.use_one_core()
    chosen = workload.specs(EPISODES)
    with workload.scratch() as folder:
        times = interleaved_cpu_s(_tasks(chosen, folder), QUICK_PASSES if quick else PASSES)
        return [*_ratios(times), *_shares(chosen, folder / "parts")]


def _tasks(chosen: list[EpisodeSpec], folder: Path) -> dict[str, Callable[[], object]]:
    """One pass of everything that is compared."""
    import baseline_dict
    import baseline_numpy
    from baseline_world import simulate_world

    few = chosen[:BASELINE_EPISODES]
    devices: list[baseline_dict.Device] = []
    rows: list[list[baseline_dict.Row]] = []
    runs = iter(range(1_000_000))
    repeats = HOUR_TICKS // (DICT_SLICE[1] - DICT_SLICE[0])

    def prepare() -> None:
        devices[:] = [baseline_dict.prepare(spec, folder / "dict") for spec in few]

    def sample() -> None:
        rows[:] = [baseline_dict.sampled(device, *DICT_SLICE) for device in devices]

    def store() -> None:
        for one in rows:
            baseline_dict.write_rows(one * repeats, folder / "dict")

    return {
        "product": lambda: workload.write_episodes(chosen, folder / f"product{next(runs)}"),
        "dict world": prepare,
        "dict samples": sample,
        "dict file": store,
        "dict by hand": lambda: baseline_dict.read_by_hand(devices, *DICT_SLICE),
        "dict those by stages": lambda: baseline_dict.read_by_stages(devices, *DICT_SLICE, of_hand=True),
        "dict others by stages": lambda: baseline_dict.read_by_stages(devices, *DICT_SLICE, of_hand=False),
        "dict asks": lambda: [baseline_dict.ask_world(device, *DICT_SLICE) for device in devices],
        "numpy": lambda: [baseline_numpy.write_hour(spec, folder / "numpy") for spec in few],
        "world": lambda: [simulate_world(spec) for spec in few],
    }


def _ratios(times: dict[str, list[float]]) -> list[Figure]:
    per_hour = {
        name: np.array(passes) / (EPISODES if name == "product" else BASELINE_EPISODES)
        for name, passes in times.items()
    }
    hour_s, world_s, numpy_s = (per_hour[name] for name in ("product", "world", "numpy"))
    rate = (1.0 / hour_s).tolist()
    samples = HOUR_TICKS * statistics.median(rate)
    hour_ms, world_ms = (1e3 * statistics.median(x) for x in (hour_s, world_s))
    numpy_note = f"{statistics.median(numpy_s):.2f} s CPU per pole-hour, our world code on both sides"
    return [
        Figure("pole-hours per core-second", statistics.median(rate), "1/s", DEVICE_RATE, note=spread(rate)),
        Figure("  full samples per core-second", samples, "1/s", note=EARLIER_SAMPLES),
        *_dict_ratios(per_hour),
        Figure("against a whole hour in NumPy", median_ratio(numpy_s, hour_s), "x", 3.0, note=numpy_note),
        Figure(
            "  without the shared world",
            median_ratio(numpy_s - world_s, hour_s - world_s),
            "x",
            note=f"world {world_ms:.0f} ms of {hour_ms:.0f}, off both sides",
        ),
    ]


def _dict_ratios(per_hour: dict[str, Floats]) -> list[Figure]:
    """Ratios to the per-sample baseline, whose sensors in stages count as if all were written by hand."""
    hour_s, world_s = per_hour["product"], per_hour["world"]
    scale = HOUR_TICKS / (DICT_SLICE[1] - DICT_SLICE[0])
    as_it_is_s = per_hour["dict world"] + per_hour["dict file"] + scale * per_hour["dict samples"]
    share = statistics.median(per_hour["dict by hand"] / per_hour["dict those by stages"])
    dict_s = as_it_is_s - (1.0 - share) * scale * per_hour["dict others by stages"]
    asking_s = dict_s + scale * per_hour["dict asks"]
    as_it_is = median_ratio(as_it_is_s, hour_s)
    world_ms = 1e3 * statistics.median(world_s)
    note = f"{statistics.median(dict_s):.2f} s CPU per pole-hour, world computed at once by our code"
    return [
        Figure("against one dict a second", median_ratio(dict_s, hour_s), "x", 15.0, note=note),
        Figure("  sensors in stages at full cost", as_it_is, "x", note=f"by hand takes {share:.0%} of it"),
        Figure("  world asked every second", median_ratio(asking_s, hour_s), "x", note="same functions"),
        Figure(
            "  without the shared world",
            median_ratio(dict_s - world_s, hour_s - world_s),
            "x",
            note=f"world {world_ms:.0f} ms, off both sides",
        ),
    ]


def _shares(chosen: list[EpisodeSpec], folder: Path) -> list[Figure]:
    """Milliseconds and share of a pole-hour, by part of the path and by physics module of the world."""
    samples = [part_times_s(chosen, folder / str(turn)) for turn in range(QUICK_PASSES)]
    medians = {part: statistics.median(times[part] for times in samples) / len(chosen) for part in samples[0]}
    total_s = sum(medians.values())
    world_s = sum(time_s for part, time_s in medians.items() if part.startswith(WORLD))

    def share(name: str, time_s: float) -> Figure:
        return Figure(name, 1e3 * time_s, "ms", note=f"{time_s / total_s:.1%}")

    by_time = sorted(medians.items(), key=lambda item: -item[1])
    return [
        share("a pole-hour", total_s),
        share("  the world, all modules", world_s),
        *(share(f"    {part}", time_s) for part, time_s in by_time if part.startswith(WORLD)),
        *(share(f"  {part}", time_s) for part, time_s in by_time if not part.startswith(WORLD)),
    ]


if __name__ == "__main__":
    print_table(measure())
