"""Samples of a closed-form task, and trainers that another package brings."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from envirosense.core.registry import Registry
from envirosense.learning.deployment.deployment import ModelDeployment
from envirosense.learning.deployment.registry import ModelRegistry
from envirosense.learning.retraining import run, run_job, trainer
from envirosense.learning.retraining.config import RetrainingConfig, TriggerSettings
from envirosense.learning.retraining.manager import RetrainingManager
from envirosense.learning.retraining.sufficiency import SufficiencyNeeds
from envirosense.learning.retraining.trainer import ForestTrainer
from envirosense.learning.samples import Samples
from envirosense.learning.tasks import ModelTask

TASK = ModelTask(name="toy", negative="quiet", alarm_share=0.1)
HERE = Path(__file__).parent


def toy_samples(
    n_units=120, n_groups=12, separation=3.0, seed=0, n_each=2, classes=("loud", "quiet"), name="g"
):
    """Units of `n_each` samples; feature `a_v` tells the classes apart, `b_v` says nothing."""
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(n_units), n_each)
    y = np.array(classes)[unit % len(classes)]
    x = rng.normal(size=(len(unit), 3))
    x[:, 0] += separation * (unit % len(classes) == 0)
    x[::11, 2] = np.nan
    wind = rng.uniform(0, 12, n_units)[unit]
    return Samples(
        x=x,
        features=("a_v", "b_v", "c_v"),
        y=y,
        group=np.array([f"{name}{at % n_groups:03d}" for at in unit // len(classes)]),
        unit=np.array([f"{name}-u{at:05d}" for at in unit]),
        sample_id=np.array([f"{name}-u{at:05d}@{k}" for k, at in enumerate(unit)]),
        origin=np.full(len(unit), "simulated"),
        weight=np.ones(len(unit)),
        slices={"wind_m_s": wind, "scenario": np.array(["calm", "storm"])[(wind > 6).astype(int)]},
    )


@pytest.fixture(scope="session")
def toy():
    return toy_samples


@pytest.fixture
def task():
    return TASK


@pytest.fixture(scope="session")
def train():
    return toy_samples(seed=1)


@pytest.fixture(scope="session")
def validation():
    return toy_samples(80, seed=2, name="v")


@pytest.fixture(scope="session")
def held_out():
    return toy_samples(120, seed=3, name="t")


@pytest.fixture(scope="session")
def other_package(tmp_path_factory):
    """A package on the path, as installed: its trainers are found by name in any process."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "other_trainers.py").write_text((HERE / "odd_trainers.py").read_text())
    info = folder / "other_trainers-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other-trainers\nVersion: 1.0\n")
    names = ("Failing", "Hanging", "Nothing", "WrongTask", "OldContract")
    points = [f"{name.lower()} = other_trainers:{name}" for name in names]
    if "forest" not in trainer.TRAINERS:
        points += [
            "forest = envirosense.learning.retraining.trainer:ForestTrainer",
            "boosting = envirosense.learning.retraining.trainer:BoostingTrainer",
        ]
    (info / "entry_points.txt").write_text("[envirosense.trainers]\n" + "\n".join(points) + "\n")
    return folder


@pytest.fixture
def trainers(other_package, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(other_package))
    monkeypatch.setattr(sys, "path", [str(other_package), *sys.path])
    fresh = Registry("trainer", "envirosense.trainers")
    for module in (trainer, run, run_job):
        monkeypatch.setattr(module, "TRAINERS", fresh)
    return fresh


@pytest.fixture(scope="session")
def odd():
    """The module of odd trainers."""
    spec = importlib.util.spec_from_file_location("odd_trainers", HERE / "odd_trainers.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def place(tmp_path, task):
    """A folder of a loop with a registry, and a trainer that costs nothing: it hands over a stored model."""
    return Place(tmp_path / "loop", task)


class Place:
    def __init__(self, folder, task):
        self.folder, self.task = folder, task
        folder.mkdir()
        self.registry = ModelRegistry(f"sqlite:///{folder}/catalog.sqlite")
        self.deployment = ModelDeployment(self.registry, task.name)
        self.collections = 0
        self.model = None

    def ready(self, samples, validation):
        """Command of a trainer that gives the model that these samples make."""
        model = ForestTrainer().train(samples, validation, self.task, np.random.default_rng(1))
        self.model = model
        made = model.save(self.folder.parent / "ready")
        return ("sh", "-c", f'mkdir -p "$1/result" && cp {made}/* "$1/result"', "trainer")

    def manager(self, trainer=("false",), needs=None, **triggers):
        config = RetrainingConfig(
            triggers=TriggerSettings(**triggers),
            trainer=trainer,
            needs=needs or SufficiencyNeeds(target=None),
        )
        return RetrainingManager(
            self.task, self.registry, self.deployment, self.folder / "retraining", config
        )

    def collect(self, samples, number):
        samples.save(self.folder / f"cycle_{number}" / "samples.parquet")

    def frozen(self, validation, test):
        validation.save(self.folder / "validation.parquet")
        test.save(self.folder / "test.parquet")
