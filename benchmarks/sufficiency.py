"""Does the verdict of sufficiency agree with what training then delivers?

    python benchmarks/sufficiency.py [--datasets 50] [--seed 1]

Tasks are closed forms: normal features whose class means, group effects and condition effects are
known. Data sets are graded in size, diversity (groups and conditions), balance and difficulty. A data
set delivers where a forest trained on all of it reaches the target, mean recall of the classes, on
groups and conditions of the whole task that it never saw.
"""

import argparse
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from envirosense.core.rng import derived_seed, stream
from envirosense.learning.intervals import proportion
from envirosense.learning.retraining.learning_curve import mean_recall
from envirosense.learning.retraining.sufficiency import (
    DataSufficiencyChecker,
    SufficiencyNeeds,
    SufficiencyVerdict,
)
from envirosense.learning.retraining.trainer import ForestTrainer
from envirosense.learning.samples import Samples
from envirosense.learning.tasks import ModelTask

type Floats = npt.NDArray[np.float64]

N_CONDITIONS = 8
N_FEATURES = 12
N_INFORMATIVE = 5
TARGET = 0.75
CLASSES = ("quiet", "one", "two", "three")
CONDITIONS = tuple(f"condition {at}" for at in range(N_CONDITIONS))


@dataclass(frozen=True)
class Grade:
    """How much there is of what."""

    n_units: int
    n_groups: int
    n_conditions: int
    n_classes: int
    least_share: float
    separation: float
    group_sigma: float
    condition_sigma: float


def grades(n: int, seed: int) -> list[Grade]:
    """Grades that cover the range of each property evenly (Latin hypercube)."""
    rng = stream(seed, "sufficiency benchmark", "grades")
    u = np.stack([(rng.permutation(n) + rng.random(n)) / n for _ in range(8)], axis=1)
    found = []
    for row in u:
        n_units = round(30 * (900 / 30) ** row[0])
        found.append(
            Grade(
                n_units=n_units,
                n_groups=min(round(4 * (60 / 4) ** row[1]), n_units // 3),
                n_conditions=1 + int(row[2] * N_CONDITIONS),
                n_classes=2 + int(row[3] * 3),
                least_share=0.03 * (0.25 / 0.03) ** row[4],
                separation=1.5 + 4.0 * row[5],
                group_sigma=0.2 + 0.5 * row[6],
                condition_sigma=0.1 + 0.5 * row[7],
            )
        )
    return found


class Task:
    """One family of samples with a known law."""

    def __init__(self, grade: Grade, seed: int) -> None:
        self.grade = grade
        rng = stream(seed, "sufficiency benchmark", "law")
        means = rng.normal(size=(grade.n_classes, N_INFORMATIVE))
        means -= means.mean(axis=0)
        distance = np.linalg.norm(means[:, None] - means[None], axis=2)[np.triu_indices(grade.n_classes, 1)]
        self.means = np.zeros((grade.n_classes, N_FEATURES))
        self.means[:, :N_INFORMATIVE] = means * grade.separation / distance.mean()
        self.condition = rng.normal(0, grade.condition_sigma, (N_CONDITIONS, grade.n_classes, N_FEATURES))

    def draw(
        self, n_units: int, n_groups: int, conditions: int, least_share: float, seed: int, name: str
    ) -> Samples:
        """Units of two samples each, in groups of about equal size."""
        rng = stream(seed, "sufficiency benchmark", "draw", name)
        group = rng.permutation(np.arange(n_units) % n_groups)
        condition = rng.permutation(np.arange(n_units) % conditions)
        label = rng.permutation(_labels(n_units, self.grade.n_classes, least_share))
        site = rng.normal(0, self.grade.group_sigma, (n_groups, N_FEATURES))
        unit = np.repeat(np.arange(n_units), 2)
        centre = self.means[label] + self.condition[condition, label] + site[group]
        return Samples(
            x=centre[unit] + rng.normal(size=(len(unit), N_FEATURES)),
            features=tuple(f"f{at}" for at in range(N_FEATURES)),
            y=np.array(CLASSES)[label[unit]],
            group=np.array([f"{name}{at:04d}" for at in group[unit]]),
            unit=np.array([f"{name}u{at:06d}" for at in unit]),
            sample_id=np.array([f"{name}{at:07d}@0" for at in range(len(unit))]),
            origin=np.full(len(unit), "simulated"),
            weight=np.ones(len(unit)),
            slices={"scenario": np.array(CONDITIONS)[condition[unit]]},
        )


def _labels(n: int, n_classes: int, least_share: float) -> npt.NDArray[np.intp]:
    """Class of each unit: the last one is rare, the others share the rest."""
    rare = max(round(least_share * n), 1)
    return np.concatenate([np.arange(n - rare) % (n_classes - 1), np.full(rare, n_classes - 1)])


@dataclass(frozen=True)
class Case:
    """What the checker said and what training gave."""

    grade: Grade
    verdict: SufficiencyVerdict
    delivered: float

    @property
    def delivers(self) -> bool:
        """Whether training reached the target."""
        return self.delivered >= TARGET

    @property
    def agrees(self) -> bool:
        """Whether the verdict was right."""
        return self.delivers == self.verdict.is_enough


def case(grade: Grade, seed: int) -> Case:
    """One data set judged, and trained on."""
    task = Task(grade, seed)
    train = task.draw(grade.n_units, grade.n_groups, grade.n_conditions, grade.least_share, seed, "train")
    test = task.draw(2000, 200, N_CONDITIONS, 1 / grade.n_classes, seed, "test")
    needs = SufficiencyNeeds(target=TARGET, conditions={"scenario": CONDITIONS})
    verdict = DataSufficiencyChecker(needs, seed).check(train)
    return Case(grade, verdict, delivered(train, test, seed))


def delivered(train: Samples, test: Samples, seed: int) -> float:
    """Mean recall of the classes on held-out groups."""
    rng = stream(seed, "sufficiency benchmark", "fit")
    model = ForestTrainer().train(train, train, ModelTask(name="graded", negative=CLASSES[0]), rng)
    said = np.asarray(model.classes)[model.score(test).argmax(axis=1)]
    return mean_recall(test.y, said, np.ones(len(test)))


def main() -> None:
    """Print one line a data set, and the agreement."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--datasets", type=int, default=50)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    cases = []
    for at, grade in enumerate(grades(given.datasets, given.seed)):
        found = case(grade, derived_seed(given.seed, "sufficiency benchmark", at))
        cases.append(found)
        expected = found.verdict.expected
        print(
            f"{grade.n_units:5d} units {grade.n_groups:3d} groups "
            f"{grade.n_conditions} of {N_CONDITIONS} conditions "
            f"{grade.n_classes} classes, rarest {grade.least_share:4.0%}: "
            f"expected {'  - ' if expected is None else f'{expected:.2f}'} delivered {found.delivered:.2f} "
            f"{'enough' if found.verdict.is_enough else 'no    '} {'' if found.agrees else 'WRONG'} "
            f"{' | '.join(found.verdict.reasons)[:150]}",
            flush=True,
        )
    right = sum(one.agrees for one in cases)
    share = proportion(right, len(cases))
    delivering = sum(one.delivers for one in cases)
    print(f"agreement {right} of {len(cases)} = {share.value:.0%} (95 % {share.low:.0%} to {share.high:.0%})")
    print(f"delivering: {delivering} of {len(cases)}; always saying the commoner is right in "
          f"{max(delivering, len(cases) - delivering) / len(cases):.0%}")  # fmt: skip
    for text, wrong in (("enough, but not delivered", True), ("no, but delivered", False)):
        print(f"{text}: {sum(not one.agrees and one.verdict.is_enough == wrong for one in cases)}")


if __name__ == "__main__":
    main()
