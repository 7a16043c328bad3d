"""Runs of the coin twin, and of one whose episodes can be spoilt."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from envirosense.core.episode import EpisodeSpec, JsonObject
from envirosense.factory.augmentation import AUGMENTATIONS, Augmentation
from envirosense.factory.executors import InlineExecutor
from envirosense.factory.pipeline import Delivery, MLTrainingPipeline
from envirosense.factory.pipeline.reporting import StageReporter
from envirosense.factory.twins import TWINS
from envirosense.testing.twins import CoinTwin

type Run = Callable[..., Delivery]


class BentTwin(CoinTwin):
    """A coin twin that reads NaN in the episodes whose index the option `bent` names."""

    name = "bent"

    def draw(self, scenario: str, request: Any) -> Any:
        spec = super().draw(scenario, request)
        if request.index not in request.options.get("bent", ()):
            return spec
        return spec.model_copy(update={"params": {**spec.params, "bent": True}})

    def simulate(self, spec: Any, out: Any) -> Any:
        return super().simulate(spec, _Bending(out) if spec.params.get("bent") else out)


class _Bending:
    def __init__(self, out: Any) -> None:
        self._out = out

    def write(self, stream: str, batch: pa.RecordBatch) -> None:
        if stream == "readings":
            near = pa.array(np.full(batch.num_rows, np.nan, np.float32))
            batch = batch.set_column(batch.schema.get_field_index("near"), batch.schema.field("near"), near)
        self._out.write(stream, batch)


class Noisier(Augmentation):
    """The same world, read through more noise."""

    def drawn(self, spec: EpisodeSpec, rng: np.random.Generator) -> JsonObject:
        return {"noise": float(rng.uniform(0.6, 0.9))}

    @classmethod
    def applied(cls, spec: EpisodeSpec, drawn: Mapping[str, Any]) -> EpisodeSpec:
        return spec.model_copy(update={"sensing": {"noise": drawn["noise"]}})


@pytest.fixture(autouse=True, scope="session")
def bent_twin() -> None:
    for name, twin in (("bent", BentTwin), ("coin", CoinTwin)):
        if name not in TWINS:
            TWINS.register(name)(twin)
    if "bent/noisier" not in AUGMENTATIONS:
        AUGMENTATIONS.register("bent/noisier")(Noisier)


def _asked(**changes: Any) -> dict[str, Any]:
    return {
        "name": "coins",
        "twin": "coin",
        "seed": 5,
        "groups": 4,
        "parts": [
            {"scenarios": "toss/heads", "episodes": 3, "duration": "1m"},
            {"scenarios": "normal/*", "episodes": 3, "duration": "1m"},
        ],
        "splits": {"train": 0.5, "test": 0.5},
        **changes,
    }


def _run_into(out: Path, manifest: dict[str, Any], progress: StageReporter | None = None) -> Delivery:
    return MLTrainingPipeline(manifest).run(out, 1, InlineExecutor(), progress)


@pytest.fixture(scope="session")
def asked() -> Callable[..., dict[str, Any]]:
    """A small manifest: three episodes of each scenario, with changes."""
    return _asked


@pytest.fixture(scope="session")
def run_into() -> Run:
    """Runs a manifest in this process."""
    return _run_into


@pytest.fixture(scope="session")
def everything() -> dict[str, Any]:
    """A manifest with batches, balance and exports."""
    return _asked(
        batches=2,
        balance={
            "scenarios": "*",
            "classes": {"head": "heads"},
            "target": {"head": 1, "normal": 2},
            "duration": "1m",
        },
        formats=["arrow", {"format": "jsonl", "split": "test", "streams": ["readings", "labels"]}],
    )


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory, everything: dict[str, Any]) -> Delivery:
    """A finished run of that manifest."""
    return _run_into(tmp_path_factory.mktemp("pipeline") / "run", everything)
