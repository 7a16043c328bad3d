"""A registry with small models of a made-up task."""

from functools import cache

import numpy as np
import pytest

from envirosense.core.rng import stream
from envirosense.learning.deployment.registry import ModelRegistry
from envirosense.learning.models.bundle import bundle_of
from envirosense.learning.samples import Samples

FEATURES = ("level_m", "flow_m3_s")


def samples(n=80, seed=1, n_groups=8):
    rng = stream(seed, "deployment tests", "samples")
    x = rng.normal(size=(n, 2))
    y = np.where(x[:, 0] + 0.7 * rng.normal(size=n) > 0.8, "leak", "normal")
    names = np.array([f"e{row}" for row in range(n)])
    group = np.array([f"site{row % n_groups}" for row in range(n)])
    return Samples(x, FEATURES, y, group, names, names, np.full(n, "simulated"), np.ones(n))


@cache
def fitted(seed):
    from sklearn.tree import DecisionTreeClassifier

    learned = samples(seed=seed)
    return DecisionTreeClassifier(max_depth=3, random_state=0).fit(learned.x, learned.y)


def bundle(threshold=0.5, seed=1, task="pump-window", estimator=None):
    return bundle_of(
        estimator or fitted(seed),
        task=task,
        negative="normal",
        features=FEATURES,
        threshold=threshold,
        trainer="tree@1",
    )


@pytest.fixture
def registry(tmp_path):
    return ModelRegistry(f"sqlite:///{tmp_path / 'home' / 'catalog.sqlite'}")


@pytest.fixture
def three(registry):
    """Labels of three versions."""
    return [registry.add(bundle(threshold)).label for threshold in (0.3, 0.5, 0.7)]
