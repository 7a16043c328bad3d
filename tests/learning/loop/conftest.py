"""A loop over the coin twin: windows of two probes, heads or tails."""

import numpy as np
import pytest

from envirosense.core.config import FrozenModel
from envirosense.core.errors import ConfigError
from envirosense.datasets.window_sources import stored_streams
from envirosense.datasets.windows import Windows, windows_of_episode
from envirosense.factory.collection.point import COLLECTION_POINTS, CollectionPoint, Exporter, ExportFile
from envirosense.factory.collection.records import RecordSource
from envirosense.factory.collection.rules import FilterRule
from envirosense.factory.request import GenerationRequest
from envirosense.factory.twins import TWINS
from envirosense.learning.detectors import trainable
from envirosense.learning.loop.subject import LoopSizes
from envirosense.learning.retraining.sufficiency import SufficiencyNeeds
from envirosense.learning.samples import Samples
from envirosense.learning.tasks import ModelTask
from envirosense.testing.twins import CoinTwin
from tests.learning.loop.field_world import recorded_field

if "coin" not in TWINS:
    TWINS.register("coin")(CoinTwin)


class Guess(FrozenModel):
    episode_id: str
    truth: str
    score: float | None = None


if "coin/guesses" not in COLLECTION_POINTS:
    COLLECTION_POINTS.register("coin/guesses")(
        CollectionPoint(
            name="guesses",
            record=Guess,
            rules=(FilterRule(code="truth_missing", test="filled", fields=("truth",)),),
            exporter=Exporter(
                "guesses", (ExportFile("guesses.json", lambda found: [one.record for one in found]),)
            ),
        )
    )


class CoinLoop:
    """Which windows of an episode see the level rise."""

    name = "coin"
    sizes = LoopSizes(cycle=24, validation=24, test=40)
    needs = SufficiencyNeeds()

    def __init__(self, noise: float = 0.5) -> None:
        self.task = ModelTask(name="coin-window", negative="normal", slice_by=("scenario", "height"))
        self.noise = noise

    def request(self, episodes: int, seed: int) -> GenerationRequest:
        return GenerationRequest.parse({
            "twin": "coin", "episodes": episodes, "duration_s": 600.0, "dt_s": 5.0, "seed": seed,
            "n_groups": max(episodes // 3, 4), "options": {"sensing": {"noise": self.noise}}, "name": "coin",
        })  # fmt: skip

    def request_for(self, spot, episodes, seed):
        if set(spot.parameters) - {"scenario"}:
            raise ConfigError("parameters", sorted(spot.parameters), "the coin draws from no range")
        return self.request(episodes, seed).model_copy(update={"scenarios": (spot.scenario,)})

    def samples(self, dataset) -> Samples:
        kept = []
        for episode in dataset:
            windows = trainable(windows_of_episode(episode, streams=stored_streams(episode)))
            kept.append((episode.spec, windows))
        windows = Windows.concat([one for _, one in kept])
        counts = [len(one) for _, one in kept]
        seed = dataset.manifest.seed
        return Samples(
            x=np.nan_to_num(windows.features()),
            features=windows.feature_names(),
            y=windows.y.astype(np.str_),
            group=np.array([f"{seed}-{one}" for one in windows.group.tolist()]),
            unit=windows.episode_id.astype(np.str_),
            sample_id=np.char.add(np.char.add(windows.episode_id, "@"), windows.start_tick.astype(str)),
            origin=np.full(len(windows), "simulated"),
            weight=np.ones(len(windows)),
            slices={
                "scenario": np.repeat([spec.scenario for spec, _ in kept], counts),
                "height": np.repeat([float(spec.params.get("height", np.nan)) for spec, _ in kept], counts),
            },
            slice_units={"height": "V"},
        )  # fmt: skip

    def feed(self, dataset, samples, serving, collector) -> None:
        for episode in dataset:
            guess = None if serving is None else float(serving.score(samples).mean())
            record = {"episode_id": episode.episode_id, "truth": episode.scenario, "score": guess}
            collector.collect("guesses", [record], RecordSource(episode.group, episode.episode_id, "coin"))


@pytest.fixture
def coin():
    return CoinLoop()


@pytest.fixture(autouse=True)
def own_catalogue(tmp_path, monkeypatch):
    """Keep the catalogue of a test inside its folder."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def field(tmp_path_factory):
    """Sites whose level rises for five minutes."""
    return recorded_field(tmp_path_factory.mktemp("field"))
