"""Foreign detectors beside ours."""

import numpy as np
import pytest

from envirosense.core.errors import DatasetError
from envirosense.factory import TWINS, GenerationRequest, generate
from envirosense.factory.executors import InlineExecutor
from envirosense.learning.foreign import PythonDetector, judge_detector
from envirosense.testing.twins import CoinTwin

if "coin" not in TWINS:
    TWINS.register("coin")(CoinTwin)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    request = GenerationRequest(twin="coin", episodes=32, duration_s=900.0, dt_s=5.0, seed=4, n_groups=16)
    return generate(request, tmp_path_factory.mktemp("judge") / "data", executor=InlineExecutor())


def of_channel(dataset, name):
    at = dataset["train"].windows().channels.index(name)

    def level(x):
        heads = 1 / (1 + np.exp(-(np.nanmean(x[:, :, at], axis=1) - 1.5)))
        return np.stack([heads, 1 - heads], axis=1)

    return level


def noise(x):
    event = np.random.default_rng(0).uniform(size=len(x))
    return np.stack([event, 1 - event], axis=1)


def test_a_foreign_detector_is_judged_beside_the_rule(dataset):
    good = PythonDetector(of_channel(dataset, "near"), ("heads", "normal"), view="raw", name="mine")
    report = judge_detector(good, dataset)
    assert [one.role for one in report.detectors] == ["model", "threshold"]
    assert report.model.pr_auc.value > 0.9
    assert report.provenance["detector"] == "mine@1"
    assert report.n_seen_episodes == 0
    bad = judge_detector(PythonDetector(noise, ("heads", "normal")), dataset)
    assert bad.model.pr_auc.value < 0.7
    assert bad.detector("threshold") == report.detector("threshold")


def test_a_split_that_is_not_there_is_named(dataset):
    with pytest.raises(DatasetError, match="no split 'holiday'"):
        judge_detector(PythonDetector(noise, ("heads", "normal")), dataset, split="holiday")
