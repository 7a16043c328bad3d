"""Pattern quality: does a model tell right patterns from wrong ones better than the detectors do?

Detectors of the ordinary kind run on homes; a forest learns on some homes which candidates are right, and
ranks those of others. The gain is in average precision over the raw confidence, with a bootstrap over homes.
What was planted is moved by nothing else in these homes: a real home's truth is less clean than theirs.
"""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import workload
from figures import Figure, load, print_table

from envirosense.core.rng import stream
from envirosense.datasets.dataset import Dataset
from envirosense.factory import generate
from envirosense.factory.executors import InlineExecutor
from envirosense.home.detectors.detect import detect
from envirosense.home.detectors.judged import JudgedHome
from envirosense.home.detectors.seen import seen_of
from envirosense.home.loop import HomeLoop, HomeLoopConfig
from envirosense.learning.intervals import by_group
from envirosense.learning.metrics import average_precision
from envirosense.learning.models.bundle import alarm_score
from envirosense.learning.retraining.trainer import TRAINERS, ForestTrainer
from envirosense.learning.samples import Samples

HOMES, DAYS = 40, 30
QUICK_HOMES = 8
SHUFFLES = 8
FEW = 8  # homes of a first cycle, before more are asked for
TRAIN_SEED, TEST_SEED = 101, 202

type Floats = npt.NDArray[np.float64]


def measure(quick: bool = False) -> list[Figure]:
    """Figures of one training set and one test set that share no home."""
    n = QUICK_HOMES if quick else HOMES
    loop = HomeLoop(HomeLoopConfig(days=DAYS))
    workload.use_one_core()
    with workload.scratch() as folder:
        train, test = (_homes(loop, n, seed, folder) for seed in (TRAIN_SEED, TEST_SEED))
        learned, judged = loop.samples(train), loop.samples(test)
        homes, took_s = loop.homes(test), _detection_s(test)
    return [*_quality(learned, judged), *_detectors(homes, took_s)]


def _homes(loop: HomeLoop, n: int, seed: int, folder: Path) -> Dataset:
    return generate(loop.request(n, seed), folder / str(seed), workers=1, executor=InlineExecutor())


def _quality(train: Samples, test: Samples) -> list[Figure]:
    positive = np.asarray(test.y != HomeLoop.task.negative)
    raw = test.x[:, test.features.index("confidence_raw")]

    def precision(score: Floats) -> float:
        return average_precision(score, positive)

    model = _trained(train, test, train.groups)
    few = _trained(train, test, train.groups[: min(FEW, len(train.groups) // 2)])
    turns = [_trained(_shuffled(train, turn), test, train.groups) for turn in range(SHUFFLES)]
    shuffled = [roc_area(one, positive) for one in turns]
    best = max(range(len(test.features)), key=lambda at: _single(test.x[:, at], positive))

    def gain(one: Floats, other: Floats) -> Callable[[Floats], float]:
        return lambda weight: (
            average_precision(one, positive, weight) - average_precision(other, positive, weight)
        )

    found = by_group(gain(model, raw), test.group, stream(0, "bench", "gain"))
    more = by_group(gain(model, few), test.group, stream(0, "bench", "more"))
    told = f"95 % {found.low:.3f} to {found.high:.3f}, {len(test.groups)} homes"
    sizes = f"{len(train)} and {len(test)} candidates, load {load():.2f}"
    return [
        Figure("average precision of the raw confidence", precision(raw), "1", note=sizes),
        Figure(
            "average precision of the model", precision(model), "1", note=f"share right {positive.mean():.3f}"
        ),
        Figure("  gain over the raw confidence", found.value or 0.0, "1", 0.05, note=told),
        Figure("  lower end of its interval", found.low or 0.0, "1", 1e-9),
        Figure("  best single measure", _single(test.x[:, best], positive), "1", note=test.features[best]),
        Figure(
            "  ROC area of models of shuffled verdicts, mean",
            statistics.mean(shuffled),
            "1",
            note=f"chance is 0.5; {min(shuffled):.3f} to {max(shuffled):.3f} over {SHUFFLES}",
        ),
        Figure(
            f"  gain of {len(train.groups)} homes over {min(FEW, len(train.groups) // 2)}, relative",
            (more.value or 0.0) / max(precision(few), 1e-9),
            "1",
            note=f"absolute {more.low:.3f} to {more.high:.3f}",
        ),
    ]


def _trained(train: Samples, test: Samples, groups: tuple[str, ...]) -> Floats:
    """Scores of a forest of those homes; every fifth chooses the threshold and is not learned from."""
    trainer = TRAINERS["forest"]() if "forest" in TRAINERS else ForestTrainer()
    held = groups[::5]
    fitted = train.of_groups([one for one in groups if one not in held])
    bundle = trainer.train(fitted, train.of_groups(held), HomeLoop.task, stream(0, "bench", "forest"))
    return alarm_score(bundle, test)


def _shuffled(train: Samples, turn: int) -> Samples:
    return train.relabelled(stream(0, "bench", "shuffle", turn).permutation(len(train)))


def roc_area(score: Floats, positive: npt.NDArray[np.bool_]) -> float:
    """Area under the ROC curve; unlike average precision it is a half for any ranking by chance."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(positive, score))


def _single(value: Floats, positive: npt.NDArray[np.bool_]) -> float:
    """Average precision of one measure, whichever way round is better."""
    known = np.nan_to_num(value)
    return max(average_precision(known, positive), average_precision(-known, positive))


def _detection_s(dataset: Dataset) -> list[float]:
    """Processor time of all detectors on each home."""
    times = []
    for episode in dataset:
        home, events = seen_of(episode)
        began_s = time.process_time()
        detect(events, home)
        times.append(time.process_time() - began_s)
    return times


def _detectors(homes: tuple[JudgedHome, ...], took_s: list[float]) -> list[Figure]:
    counts = [len(one.candidates) for one in homes]
    n_found = sum(len(one.recalled) for one in homes)
    n_planted = sum(len(one.truth.patterns) for one in homes)
    return [
        Figure("all detectors on a home of 30 days, most", max(took_s), "s", 0.3, True),
        Figure("  median", statistics.median(took_s), "s"),
        Figure("  candidates of a home, median", statistics.median(counts), "1", note=f"to {max(counts)}"),
        Figure(
            "  planted patterns among them", n_found / max(n_planted, 1), "1", note=f"{n_planted} planted"
        ),
    ]


if __name__ == "__main__":
    print_table(measure())
