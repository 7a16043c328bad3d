"""Trainers of another package, each wrong in its own way."""

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from envirosense.learning.models.bundle import bundle_of
from envirosense.learning.retraining.trainer import ForestTrainer


class Failing(ForestTrainer):
    name = "failing"

    def train(self, train, validation, task, rng):
        raise RuntimeError("the licence server is away")


class Hanging(ForestTrainer):
    """Starts a child that would go on, and says where it is."""

    name = "hanging"

    def train(self, train, validation, task, rng):
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        Path(task.slice_by[0]).write_text(str(child.pid))
        time.sleep(600)


class Nothing(ForestTrainer):
    name = "nothing"

    def train(self, train, validation, task, rng):
        return type("Empty", (), {"save": lambda self, folder: folder})()


class Altered(ForestTrainer):
    """A forest with another card."""

    def train(self, train, validation, task, rng):
        bundle = super().train(train, validation, task, rng)
        return replace(bundle, card=bundle.card.model_copy(update=self.update(bundle.card)))


class WrongTask(Altered):
    def update(self, card):
        return {"task": "another"}


class WrongFeatures(Altered):
    def update(self, card):
        return {"features": tuple(reversed(card.features))}


class Eager(Altered):
    """Alarms on everything."""

    def update(self, card):
        return {"threshold": -1.0}


class OldContract(ForestTrainer):
    contract = 0


class OneClass(ForestTrainer):
    def train(self, train, validation, task, rng):
        return super().train(train.select(train.y != "noisy"), validation, task, rng)


class _Linear:
    """Logistic regression whose coefficients are not what was learned."""

    def train(self, train, validation, task, rng):
        from sklearn.linear_model import LogisticRegression

        found = LogisticRegression().fit(np.nan_to_num(train.x), train.y)
        self.spoil(found)
        return bundle_of(
            found,
            task=task.name,
            negative=task.negative,
            features=train.features,
            threshold=0.5,
            trainer="odd@1",
        )

    contract, name, version = 1, "odd", "1"


class NotNumbers(_Linear):
    def spoil(self, found):
        found.coef_[:] = np.nan


class Overconfident(_Linear):
    def spoil(self, found):
        found.classes_ = np.array([*found.classes_, "third"])


class _Twice:
    def __init__(self, inner):
        self.inner = inner

    def predict_proba(self, x):
        return 2.0 * self.inner.predict_proba(x)


class NotOne(ForestTrainer):
    def train(self, train, validation, task, rng):
        bundle = super().train(train, validation, task, rng)
        return replace(bundle, estimator=_Twice(bundle.estimator))
