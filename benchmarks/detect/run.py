"""`make bench-detect`: train on the library, test on sites never seen, over months of ordinary life.

`python benchmarks/detect/run.py [--months 20] [--share 1.0] [--out build/detect] [--workers 2]`. Nothing is
stored but the report: episodes are simulated into windows, scored and dropped.
"""

import argparse
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from report import print_report, summary, write_report
from sets import DAY_S, DAYS_PER_MONTH, Place, library_specs, months, negative_days, shares, spec_of
from task import judged, threshold_for
from work import judged_windows, training_windows

from envirosense.core.episode import EpisodeSpec
from envirosense.core.rng import stream
from envirosense.datasets.windows import Windows
from envirosense.factory.executors import WorkerPool, worker_count
from envirosense.learning.detectors import WindowDetector, shuffled_labels

TRAINING = Place("train", 1, 200)
TUNING = Place("tune", 2, 100)
TEST = Place("test", 3, 100)
TRAINED_ON = {
    "fire": 100, "electrical": 15, "environmental": 20, "lookalike": 40, "multi_factor": 15, "normal": 60,
    "system": 15,
}  # fmt: skip
TESTED_ON = {"fire": 40}
TUNING_MONTHS = 6.0
TREES = 200


def told(results: Iterable[Any], n: int, what: str) -> list[Any]:
    """All results, with a line now and then."""
    began, found = time.monotonic(), []
    for result in results:
        found.append(result)
        if len(found) % max(1, n // 10) == 0:
            print(f"{what}: {len(found)}/{n} in {time.monotonic() - began:.0f} s", flush=True)
    return found


def scored_set(pool: WorkerPool, specs: list[EpisodeSpec], detectors: tuple[WindowDetector, ...], what: str):
    """Windows of a set and the evidence of each detector on them."""
    pieces = told(pool.map(partial(judged_windows, detectors=detectors), specs), len(specs), what)
    return Windows.concat([w for w, _ in pieces]), np.concatenate([e for _, e in pieces], axis=1)


def day_specs(place: Place, n_months: float) -> tuple[list[EpisodeSpec], dict[str, float]]:
    """Specs of the days of a place, and the share of each scenario."""
    days = negative_days(place, round(n_months * DAYS_PER_MONTH))
    return [spec_of(place, name, index, DAY_S) for name, index in days], shares(days)


def main() -> None:
    """Train, tune, test, report."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--months", type=float, default=20.0)
    asked.add_argument("--share", type=float, default=1.0, help="of the episodes, for a quick look")
    asked.add_argument("--out", type=Path, default=Path("build/detect"))
    asked.add_argument("--workers", type=int, default=None)
    options = asked.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    pool = WorkerPool(worker_count(options.workers), ("envirosense.pole.preload",))
    counts = {name: max(1, round(options.share * n)) for name, n in TRAINED_ON.items()}
    specs = list(library_specs(TRAINING, counts))
    train = Windows.concat(told(pool.map(training_windows, specs), len(specs), "training episodes"))
    print(f"training on {len(train)} windows, {int(train.is_event.sum())} of fire", flush=True)
    began = time.monotonic()
    detector = WindowDetector("boosting", TREES).fit(train, stream(0, "detect", "fit"))
    control = WindowDetector("boosting", TREES).fit(
        shuffled_labels(train, stream(0, "detect", "shuffle")), stream(0, "detect", "fit")
    )
    detectors = (detector, control)
    print(f"fitted twice in {time.monotonic() - began:.0f} s", flush=True)
    tuning, _ = day_specs(TUNING, TUNING_MONTHS * options.share)
    quiet, quiet_score = scored_set(pool, tuning, detectors, "tuning days")
    allowed = int(TUNING_MONTHS * options.share / 2)  # half the budget, for what was not met yet
    thresholds = [threshold_for(quiet, score, allowed) for score in quiet_score]
    days, mix = day_specs(TEST, options.months)
    negatives, negative_score = scored_set(pool, days, detectors, "test days")
    events = list(
        library_specs(TEST, {name: max(1, round(options.share * n)) for name, n in TESTED_ON.items()})
    )
    positives, score = scored_set(pool, events, detectors, "test events")
    outcomes = [
        judged(negatives, negative_score[i], positives, score[i], thresholds[i])
        for i in range(len(detectors))
    ]
    report = summary(outcomes, positives, negatives, negative_score[0], mix, months(len(days)))
    write_report(options.out, report)
    print_report(report)


if __name__ == "__main__":
    main()
