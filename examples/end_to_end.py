"""Every sensor and every scenario, from simulated causes to a deployed model, in a minute or two.

A dataset of the whole library, its checks, a model judged on sites that it never saw, where it is weak, and
one turn of the loop: generate, collect, train, judge, deploy, and find what to ask the simulator for next.

Run: python examples/end_to_end.py [FOLDER]     (without a folder nothing is kept)
"""

import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

import envirosense as es
from envirosense.datasets import Dataset, verify
from envirosense.datasets.quality import validate
from envirosense.learning import TrainedModel, evaluate, train
from envirosense.learning.active.slices import find_slices
from envirosense.learning.loop.engine import loop_config, run_loop
from envirosense.learning.retraining.sufficiency import SufficiencyNeeds
from envirosense.pole.loop import PoleLoop
from envirosense.scenarios import SCENARIOS

SEED = 8
ROUNDS = 2  # how often each scenario is drawn


def simulate(folder: Path) -> Dataset:
    """Short episodes of every scenario, seen by every sensor that the device may carry."""
    dataset = es.generate(
        "*",
        episodes=ROUNDS * len(SCENARIOS),
        duration="10m",
        dt="5s",
        seed=SEED,
        out=folder,
        with_optional=True,
        frame_interval_s=10,
        stages_stream=False,
        card=False,
    )
    sensors = next(iter(dataset)).spec.sensing["sensors"]
    kinds = Counter(name.partition("/")[0] for name in SCENARIOS)
    print(f"simulated  {len(dataset)} episodes of {len(SCENARIOS)} scenarios")
    print("           " + ", ".join(f"{count} {kind}" for kind, count in kinds.items()))
    print(
        f"           {len(sensors)} sensors, the last {', '.join(one['sensor_id'] for one in sensors[-3:])}"
    )
    return dataset


def check(dataset: Dataset) -> None:
    """Whether files are as written, and readings, labels and splits as they should be."""
    files, rules = verify(dataset.folder), validate(dataset)
    kept = sum(rule.is_passed for rule in rules.results)
    noted = [f"{one.name} {one.n_failed} of {one.n_checked}" for one in rules.results if not one.is_passed]
    print(f"checked    files {'whole' if files.is_ok else 'DAMAGED'}, hash {dataset.logical_hash[:16]}")
    print(f"           {kept} of {len(rules.results)} quality rules kept throughout; {', '.join(noted)}")


def judge(dataset: Dataset, folder: Path) -> TrainedModel:
    """A forest beside a plain rule and a forest of shuffled labels, on sites that none of them saw."""
    trained = train(dataset, folder, SEED, size=100)
    report = evaluate(folder, dataset)
    exposure = report.exposure
    print(
        f"judged     on {exposure.n_groups} unseen sites; guessing has a PR-AUC of {exposure.prevalence:.2f}"
    )
    for one in report.detectors:
        area, found = one.pr_auc, one.recall
        caught = (
            f"found {round(found.value * found.n)} of {found.n} events" if found.n else "no event to find"
        )
        print(
            f"           {one.role:<9} PR-AUC {area.value:.2f} ({area.low:.2f} to {area.high:.2f}), {caught}"
        )
    return trained


def find_weak_spots(dataset: Dataset, trained: TrainedModel) -> None:
    """Conditions under which the model errs more than elsewhere, on all sites that it was not fitted on."""
    subject = PoleLoop()
    samples = subject.samples(dataset)
    fitted = [episode.episode_id for episode in dataset["train"]]
    samples = samples.select(~np.isin(samples.unit, fitted))
    normal = trained.model.classes.index("normal")
    score = 1.0 - trained.model.estimator.predict_proba(samples.x)[:, normal]
    wrong = (score > trained.thresholds["model"]) != (samples.y != "normal")
    scenario = samples.slices["scenario"]
    shares = {str(name): wrong[scenario == name].mean() for name in np.unique(scenario[wrong])}
    worst = sorted(shares, key=lambda name: -shares[name])[:3]
    print("           most often wrong: " + ", ".join(f"{name} {shares[name]:.0%}" for name in worst))
    shown = find_slices(samples, wrong, subject.task.slice_by, seed=SEED)
    print("weak spots " + ("\n           ".join(map(str, shown)) or "none can be shown on so few sites"))


class SmallLoop(PoleLoop):
    """The pole's loop, content to train on little: an example is to take a minute."""

    needs = SufficiencyNeeds(units_per_class=1, groups_per_class=1, least_share=0.0, target=None)


def turn_the_loop(folder: Path) -> None:
    """One cycle, and what serves after it."""
    subject = SmallLoop()
    sizes = {"episodes": 66, "validation_episodes": 22, "test_episodes": 44}
    config = loop_config(subject, seed=SEED, compare_uniform=False, **sizes)
    report = run_loop(config, folder, cycles=1, subject=subject)
    (row,) = report.rows()
    figure = "" if row["pr_auc"] is None else f", PR-AUC {row['pr_auc']:.2f} on sites of its own"
    print(f"loop       {row['version']}: {row['outcome']}{figure}; serving: {report.serving}")
    print(f"           page: {folder / 'report.html'}")


def main(folder: Path) -> None:
    """All of it, in a folder."""
    dataset = simulate(folder / "dataset")
    check(dataset)
    find_weak_spots(dataset, judge(dataset, folder / "model"))
    turn_the_loop(folder / "loop")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as scratch:
            main(Path(scratch))
