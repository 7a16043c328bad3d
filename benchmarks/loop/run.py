"""`make bench-loop`: does asking for weak spots teach more than even draws, on weaknesses that were planted?

`python benchmarks/loop/run.py [--seeds 10] [--share 1.0] [--out build/loop] [--workers 2]`. Each weakness is
a problem of its own. Both arms begin with the same episodes, none of them from the planted region, and pay
for all they use. The active arm looks at the errors on validation sites that both arms have, asks for weak
spots as the loop does, and is read against the even arm's final score.
"""

import argparse
import json
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
from arena import ArenaLoop, Forest, PlantedArena, Sets, Sizes, is_wrong, sets_of
from regions import REGIONS, SCENARIOS
from store import Store

from envirosense.learning.active.comparison import (
    ENOUGH,
    ArmComparison,
    Curve,
    Plan,
    Rounds,
    even,
    judged,
    run_arm,
)
from envirosense.learning.active.evidence import Judged
from envirosense.learning.active.manager import ActiveLearningManager
from envirosense.learning.active.slices import WeakSlice
from envirosense.learning.models.bundle import Scorer
from envirosense.learning.samples import Samples

WANTED: Final = 4  # regions of five
LOOKED_AT: Final = (0.0, 0.5, 1.0)  # shares of the further validation sites; the arms see all


@dataclass(frozen=True, slots=True)
class Found:
    """A weak spot that the active arm named."""

    turn: int
    words: str
    p: float
    ranges: dict[str, Any]


@dataclass(slots=True)
class Asking:
    """The active arm: weak spots on the validation sites, then a plan."""

    arena: PlantedArena
    manager: ActiveLearningManager
    found: list[Found] = field(default_factory=list)
    n_asked: int = 0

    def __call__(self, pool: Samples, scorer: Scorer, episodes: int, turn: int) -> Plan:
        """Where the next episodes come from."""
        validation = self.arena.sets.validation
        slices = self.manager.identify_weak_spots(Judged(validation, is_wrong(scorer, validation)))
        self.found += [Found(turn, one.words, one.p, dict(one.ranges)) for one in slices]
        plan = self.manager.plan(slices, episodes)
        self.manager.note(plan)
        self.n_asked += sum(n for spot, n in plan if spot is not None)
        return plan


@dataclass(frozen=True, slots=True)
class ArmRun:
    """One arm of one seed on one problem."""

    region: str
    curves: tuple[Curve, ...]
    found: tuple[Found, ...] = ()
    n_asked: int = 0
    n_short: int = 0  # asked for and not in the pool any more


def run_one(job: tuple[int, str, int], folder: Path, sizes: Sizes, rounds: Rounds) -> ArmRun:
    """One arm of one seed, in a worker."""
    region, arm, seed = REGIONS[job[0]], *job[1:]
    arena = PlantedArena(sets_of(Store(folder), sizes), region, seed)
    if arm == "even":
        return ArmRun(region.name, run_arm(arm, arena, even, rounds, seed))
    with TemporaryDirectory() as memory:
        ask = Asking(arena, ActiveLearningManager(ArenaLoop(), memory, seed))
        curves = run_arm(arm, arena, ask, rounds, seed)
    return ArmRun(region.name, curves, tuple(ask.found), ask.n_asked, arena.n_short)


def named_when_missing(seed: int, folder: Path, sizes: Sizes) -> dict[str, dict[str, list[str]]]:
    """What the manager says of a forest that has all even draws but one region's, and of one that has all.

    By region, and by the share of the further validation sites that it sees.
    """
    store = Store(folder)
    seen = {f"{share:g}": sets_of(store, sizes, share) for share in LOOKED_AT}
    train = next(iter(seen.values())).train
    told: dict[str, dict[str, list[str]]] = {}
    for region in (None, *REGIONS):
        forest = Forest(train if region is None else train.select(~region.inside(train)), seed)
        wanted = REGIONS if region is None else (region,)
        told[region.name if region else "none"] = {
            share: [
                one.words
                for one in weak_slices(forest, sets.validation, seed)
                if any(other.is_named(one.ranges) for other in wanted)
            ]
            for share, sets in seen.items()
        }
    return told


def weak_slices(forest: Forest, validation: Samples, seed: int) -> Sequence[WeakSlice]:
    """What a new manager says of a forest."""
    with TemporaryDirectory() as memory:
        manager = ActiveLearningManager(ArenaLoop(), memory, seed)
        return manager.identify_weak_spots(Judged(validation, is_wrong(forest, validation)))


def validation_facts(store: Store, sizes: Sizes) -> dict[str, dict[str, int]]:
    """Episodes and sites to look at, and cases of each region among them, by share of the further sites."""
    facts = {}
    for share in LOOKED_AT:
        seen = sets_of(store, sizes, share).validation
        cases = {
            one.name: len(np.unique(seen.unit[one.inside(seen) & (seen.y == one.label)])) for one in REGIONS
        }
        facts[f"{share:g}"] = {"episodes": len(np.unique(seen.unit)), "sites": len(seen.groups), **cases}
    return facts


def named(runs: list[ArmRun]) -> dict[str, dict[str, Any]]:
    """By region: share of the active runs that named it, where it is planted and elsewhere, and how."""
    active = [one for one in runs if one.found or one.n_asked]
    told: dict[str, dict[str, Any]] = {}
    for region in REGIONS:
        hits = {
            is_planted: [
                [spot for spot in run.found if region.is_named(spot.ranges)]
                for run in active
                if (run.region == region.name) == is_planted
            ]
            for is_planted in (True, False)
        }
        best = min((spot for found in hits[True] for spot in found), key=lambda spot: spot.p, default=None)
        share = {key: float(np.mean([bool(one) for one in found or [[]]])) for key, found in hits.items()}
        at_once = [any(spot.turn == 1 for spot in found) for found in hits[True]]
        told[region.name] = {
            "planted": region.words,
            "named by": share[True],
            "named at the first look by": float(np.mean(at_once or [False])),
            "named elsewhere by": share[False],
            "in words": best.words if best else "",
        }
    return told


def options_given() -> argparse.Namespace:
    """What the command line says."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seeds", type=int, default=10)
    asked.add_argument("--share", type=float, default=1.0, help="of the pools and rounds, for a quick look")
    asked.add_argument("--out", type=Path, default=Path("build/loop"))
    asked.add_argument("--workers", type=int, default=2)
    return asked.parse_args()


def report_of(result: ArmComparison, runs: list[ArmRun], facts: dict[str, Any]) -> dict[str, Any]:
    """Everything that was found, as plain data."""
    active = [one for one in runs if one.n_asked]
    return {
        **facts,
        "won": f"{result.n_won} of {len(REGIONS)} (wanted {WANTED}): the even arm's final score with at most "
        f"{ENOUGH:.0%} of its episodes in the median, and not by chance (Wilcoxon)",
        "rows": result.rows(),
        "regions": named(runs),
        "asked": sum(one.n_asked for one in active),
        "asked_and_out_of_stock": sum(one.n_short for one in active),
        "comparison": result.to_json(),
        "found": [[asdict(spot) for spot in run.found] for run in active],
    }


def show(report: dict[str, Any]) -> None:
    """The report on the screen."""
    print(
        f"{'region':24s} {'share':>6s} {'p':>7s} {'even':>6s} {'active':>6s} {'natural':>8s}"
        " named at the first look, at any, elsewhere"
    )
    for row in report["rows"]:
        name = row["region"]
        told = report["regions"][name]
        print(
            f"{name:24s}{row['median share of episodes']:8.2f}{row['p']:8.4f}{row['even final']:8.3f}"
            f"{row['active final']:8.3f}{report['natural_share'][name]:8.1%}"
            f"{told['named at the first look by']:8.0%}{told['named by']:8.0%}"
            f"{told['named elsewhere by']:8.0%} {told['in words']}"
        )
    show_naming(report)
    print(report["won"])
    print(f"{report['minutes']:.1f} minutes, of these {report['minutes_simulating']:.1f} simulating")


def show_naming(report: dict[str, Any]) -> None:
    """How many seeds named each region where it alone was missing, by what there was to look at."""
    for share, seen in report["validation"].items():
        print(f"validation: {seen['episodes']} episodes of {seen['sites']} sites")
        for name, found in report["named_when_missing"].items():
            told = [one[share] for one in found]
            words = next((one for words in told for one in words), "")
            missing = f"only {name}, {seen[name]} cases, is missing" if name in seen else "nothing is missing"
            print(f"  named where {missing}: {sum(map(bool, told))} of {len(told)} seeds {words}")


def natural_share(sets: Sets) -> dict[str, float]:
    """Share of the even draws of its scenario that each region holds."""
    found = {}
    for region in REGIONS:
        inside = np.unique(sets.train.unit[region.inside(sets.train)])
        all_of_it = np.unique(sets.train.unit[sets.train.slices["scenario"] == region.scenario])
        found[region.name] = len(inside) / len(all_of_it)
    return found


def measured(folder: Path, sizes: Sizes, rounds: Rounds, seeds: int, workers: int) -> dict[str, Any]:
    """Simulate, run both arms from every seed, compare."""
    began = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    store = Store(folder)
    store.fill(Sets.requests(sizes), workers)
    simulated = time.monotonic()
    arms = ("even", "active")
    jobs = [(at, arm, seed) for seed in range(seeds) for at in range(len(REGIONS)) for arm in arms]
    work = partial(run_one, folder=folder, sizes=sizes, rounds=rounds)
    runs: list[ArmRun] = []
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for run in pool.map(work, jobs):
            runs.append(run)
            print(f"{len(runs)} of {len(jobs)} arms after {time.monotonic() - began:.0f} s", flush=True)
        alone = list(pool.map(partial(named_when_missing, folder=folder, sizes=sizes), range(seeds)))
    sets = sets_of(store, sizes)
    facts = {
        "rounds": asdict(rounds),
        "pools": asdict(sizes),
        "natural_share": natural_share(sets),
        "validation": validation_facts(store, sizes),
        "named_when_missing": {name: [one[name] for one in alone] for name in alone[0]},
        "minutes_simulating": (simulated - began) / 60.0,
        "minutes": (time.monotonic() - began) / 60.0,
    }
    return report_of(judged([curve for run in runs for curve in run.curves], rounds), runs, facts)


def main() -> None:
    """Measure and report."""
    options = options_given()
    each = len(SCENARIOS)
    rounds = Rounds(first=each * round(20 * options.share), each=each * round(6 * options.share), n=8)
    sizes = Sizes().scaled(options.share)
    report = measured(options.out / "episodes", sizes, rounds, options.seeds, options.workers)
    (options.out / "report.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    show(report)


if __name__ == "__main__":
    main()
