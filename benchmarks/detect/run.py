"""`make bench-detect`: train on the library, test on sites never seen, over months of ordinary life.

`python benchmarks/detect/run.py [--months 20] [--share 1.0] [--out build/detect] [--workers 2]`. Nothing is
stored but the report and the evidence of each window: episodes are simulated, scored and dropped.
"""

import argparse
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from page import write_page
from report import print_report, summary, write_report
from sets import DAYS_PER_MONTH, EVENT_S, Job, Place, day_jobs, library_jobs, months, shares
from task import choose_margins, curve, judged, shuffled
from work import evidence, lesson

from envirosense.core.rng import stream
from envirosense.datasets.windows import Windows
from envirosense.factory.executors import WorkerPool, worker_count
from envirosense.pole.detectors.fire_alarm import FireAlarm, Lesson

TRAINING = Place("train", 1, 200)
TUNING = Place("tune", 2, 100)
TEST = Place("test", 6, 100)  # earlier seeds were looked at while the benchmark was tried
FIRES = {"fire": 50}
SHORT = {"fire": 60, "lookalike": 25, "environmental": 15, "system": 15}
TRAINING_DAYS = 150
TESTED_ON = {"fire": 40}
TUNING_MONTHS = 8.0
ALLOWED_PER_MONTH = {"smoke": 0.25, "heat": 0.375}  # on tuning days; leaves room for what is new


def told(results: Iterable[Any], n: int, what: str) -> list[Any]:
    """All results, with a line now and then."""
    began, found = time.monotonic(), []
    for result in results:
        found.append(result)
        if len(found) % max(1, n // 10) == 0:
            print(f"{what}: {len(found)}/{n} in {time.monotonic() - began:.0f} s", flush=True)
    return found


def scored_set(pool: WorkerPool, jobs: list[Job], alarms: tuple[FireAlarm, ...], what: str):
    """Windows of a set and the evidence of each alarm on them, (alarm, half, window)."""
    pieces = told(pool.map(partial(evidence, alarms=alarms), jobs), len(jobs), what)
    return Windows.concat([w for w, _ in pieces]), np.concatenate([e for _, e in pieces], axis=2)


def training_jobs(share: float) -> list[Job]:
    """Fires and days as long as those of the test; in a few hours, more fires, and rare look-alikes."""
    return [
        *library_jobs(TRAINING, scaled(FIRES, share)),
        *day_jobs(TRAINING, round(TRAINING_DAYS * share)),
        *library_jobs(TRAINING, scaled(SHORT, share), EVENT_S),
    ]


def allowed_on(n_days: int) -> dict[str, int]:
    """False alarms that each half may give on so many tuning days."""
    return {half: int(rate * months(n_days)) for half, rate in ALLOWED_PER_MONTH.items()}


def scaled(counts: dict[str, int], share: float) -> dict[str, int]:
    """A share of each count, at least one."""
    return {name: max(1, round(share * n)) for name, n in counts.items()}


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
    jobs = training_jobs(options.share)
    learned = Lesson.concat(told(pool.map(lesson, jobs), len(jobs), "training episodes"))
    began = time.monotonic()
    alarms = (
        FireAlarm().fit(learned, stream(0, "detect", "fit")),
        FireAlarm().fit(shuffled(learned, stream(0, "detect", "shuffle")), stream(0, "detect", "fit")),
    )
    print(f"fitted twice on {len(learned.is_quiet)} windows in {time.monotonic() - began:.0f} s", flush=True)
    tuning = day_jobs(TUNING, round(TUNING_MONTHS * options.share * DAYS_PER_MONTH))
    quiet, found = scored_set(pool, tuning, alarms, "tuning days")
    for alarm, one in zip(alarms, found, strict=True):
        choose_margins(alarm, quiet, one, allowed_on(len(tuning)))
    days = day_jobs(TEST, round(options.months * DAYS_PER_MONTH))
    negatives, quiet_evidence = scored_set(pool, days, alarms, "test days")
    events, event_evidence = scored_set(
        pool, library_jobs(TEST, scaled(TESTED_ON, options.share)), alarms, "test events"
    )
    outcomes = [
        judged(alarm, negatives, quiet_evidence[i], events, event_evidence[i])
        for i, alarm in enumerate(alarms)
    ]
    report = summary(
        outcomes, events, negatives, alarms[0].score(quiet_evidence[0]), days, shares([d.acts for d in days])
    )
    report["curve"] = curve(alarms[0], negatives, quiet_evidence[0], events, event_evidence[0])
    np.savez_compressed(options.out / "evidence.npz", days=quiet_evidence, events=event_evidence)
    write_report(options.out, report)
    write_page(options.out / "report.html", report)
    print_report(report)


if __name__ == "__main__":
    main()
