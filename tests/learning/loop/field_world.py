"""Recorded sites with a loop of their windows, models of them, and what people say."""

import json

import numpy as np
from sklearn.tree import DecisionTreeClassifier

from envirosense.datasets.recorded import ImportMap, import_logs
from envirosense.learning.deployment.deployment import ModelDeployment
from envirosense.learning.deployment.registry import ModelRegistry
from envirosense.learning.loop.folder import LoopFolder
from envirosense.learning.models.bundle import bundle_of
from envirosense.learning.samples import Samples
from envirosense.learning.tasks import ModelTask
from envirosense.testing.twins import SCHEMAS

N_SITES = 16
MAP = {
    "twin": "coin",
    "tick": "5s",
    "time": {"column": "when", "format": "unix_s"},
    "columns": {"volts": {"channel": "near", "unit": "V"}},
    "group_column": "site",
}


class FieldLoop:
    """Windows of recorded logs; what a subject of a loop has besides is not needed here."""

    name = "coin"

    def __init__(self):
        self.task = ModelTask(name="coin-window", negative="normal")

    def samples(self, dataset):
        windows = dataset.windows()
        ids = [f"{e}@{t}" for e, t in zip(windows.episode_id, windows.start_tick, strict=True)]
        level = np.nan_to_num(windows.features())
        n = len(windows)
        return Samples(
            x=level, features=windows.feature_names(), y=np.full(n, "normal"), group=windows.group,
            unit=windows.episode_id, sample_id=np.array(ids), origin=np.full(n, "simulated"),
            weight=np.ones(n),
        )  # fmt: skip


def recorded_field(folder):
    """Sites whose level rises for five minutes."""
    lines = ["when,volts,site"]
    for site in range(N_SITES):
        lines += [
            f"{1.7e9 + tick * 5:.0f},{5.0 if 120 <= tick < 180 else 0.1},site{site}" for tick in range(240)
        ]
    (folder / "log.csv").write_text("\n".join(lines) + "\n")
    return import_logs(ImportMap.parse(MAP), [folder / "log.csv"], folder / "yard", SCHEMAS)


def model(samples, is_blind):
    """Tells a high level, or nothing at all."""
    high = samples.x.max(axis=1) > 2.0
    y = np.where(high, "heads", "normal")
    x = np.zeros_like(samples.x) if is_blind else samples.x
    estimator = DecisionTreeClassifier(random_state=0).fit(x, y)
    return bundle_of(
        estimator, task="coin-window", negative="normal", features=samples.features, threshold=0.5,
        trainer="tree@1",
    )  # fmt: skip


def always(samples):
    """Has an alarm for everything, right or wrong."""
    x = np.concatenate([samples.x, samples.x - 1e6])
    y = np.repeat(["heads", "normal"], len(samples))
    estimator = DecisionTreeClassifier(random_state=0).fit(x, y)
    return bundle_of(
        estimator, task="coin-window", negative="normal", features=samples.features, threshold=0.5,
        trainer="tree@1",
    )  # fmt: skip


def said(field, path, verdict="confirmed", start_s=600.0, **more):
    rows = [
        {"episode_id": one.episode_id, "verdict": verdict, "event_type": "heads", "start_s": start_s,
         "end_s": start_s + 300.0, "sensors": ["near"], "model": "coin-window@2", **more}
        for one in field
    ]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def seeing_loop(root, field):
    """Folder of a loop whose version sees a rise, which is all that its frozen test set asks for."""
    folder = LoopFolder(root)
    config = {"subject": "coin", "episodes": 4, "validation_episodes": 4, "test_episodes": 4}
    folder.root.mkdir()
    (folder.root / "loop.json").write_text(json.dumps(config))
    samples = FieldLoop().samples(field)
    columns = {one: getattr(samples, one) for one in Samples.__slots__ if one not in ("y", "unit")}
    risen = np.where(samples.x.max(axis=1) > 2.0, "heads", "normal")
    known = Samples(**columns, unit=samples.sample_id, y=risen)
    for path in (folder.test, folder.validation, folder.cycle(1) / "samples.parquet"):
        known.save(path)
    (folder.cycle(1) / "collected.json").write_text('{"accepted_share": null}')
    registry = ModelRegistry(folder.url)
    first = registry.add(model(samples, is_blind=False))
    ModelDeployment(registry, "coin-window").promote(first, reason="a test", who="test")
    return folder
