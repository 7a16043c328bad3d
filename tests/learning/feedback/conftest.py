"""Two recorded sites, twenty minutes each, with a level that rises at the first; samples of their windows."""

import numpy as np
import pytest

from envirosense.datasets.recorded import ImportMap, import_logs
from envirosense.learning.feedback import FeedbackScope
from envirosense.learning.samples import Samples
from envirosense.learning.tasks import ModelTask
from envirosense.testing.twins import SCHEMAS

MAP = {
    "twin": "coin",
    "tick": "5s",
    "time": {"column": "when", "format": "unix_s"},
    "columns": {"volts": {"channel": "near", "unit": "V"}},
    "group_column": "site",
}


@pytest.fixture(scope="session")
def real(tmp_path_factory):
    folder = tmp_path_factory.mktemp("real")
    lines = ["when,volts,site"]
    for site in ("yard", "hill"):
        for tick in range(240):
            volts = 5.0 if site == "yard" and 600 <= tick * 5 < 900 else 0.1
            lines.append(f"{1.7e9 + tick * 5:.0f},{volts},{site}")
    (folder / "log.csv").write_text("\n".join(lines) + "\n")
    return import_logs(ImportMap.parse(MAP), [folder / "log.csv"], folder / "data", SCHEMAS)


@pytest.fixture(scope="session")
def samples(real):
    windows = real.windows()
    ids = [f"{e}@{t}" for e, t in zip(windows.episode_id, windows.start_tick, strict=True)]
    return Samples(
        x=windows.features(),
        features=windows.feature_names(),
        y=windows.y,
        group=windows.group,
        unit=windows.episode_id,
        sample_id=np.array(ids),
        origin=np.full(len(windows), "simulated"),
        weight=np.full(len(windows), 2.0),
    )


@pytest.fixture(scope="session")
def task():
    return ModelTask(name="coin-window", negative="normal")


@pytest.fixture(scope="session")
def scope(real, task):
    return FeedbackScope.of(real, task, ("heads", "tails"))


@pytest.fixture(scope="session")
def yard(real):
    return next(episode.episode_id for episode in real if episode.group == "yard")


@pytest.fixture
def confirmed(yard):
    return {
        "episode_id": yard,
        "verdict": "confirmed",
        "event_type": "heads",
        "start_s": 600.0,
        "end_s": 900.0,
        "sensors": ["near"],
        "score": 0.9,
        "model": "coin-window@3",
        "reported_utc": "2026-11-22T18:00:00Z",
        "by": "patrol",
    }
