"""What the makers of training data share: a twin, where to write, and who does the work."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import JsonValue

from envirosense.core.episode import EpisodeSpec, JsonObject
from envirosense.core.errors import ConfigError
from envirosense.core.protocols import Twin
from envirosense.core.rng import stream
from envirosense.datasets.dataset import Dataset
from envirosense.factory.dask_executor import is_lost
from envirosense.factory.delivery import delivered
from envirosense.factory.describe import describe_dataset
from envirosense.factory.executors import WorkerPool
from envirosense.factory.generator import GenerationFailed, run_plan
from envirosense.factory.imperfections import Imperfections
from envirosense.factory.noted import Note, Noting, derived_plan, modules_of
from envirosense.factory.planning import draw_spec, match_scenarios
from envirosense.factory.progress import ProgressReporter
from envirosense.factory.request import GenerationRequest
from envirosense.factory.shards import WorkerDied
from envirosense.factory.twins import TwinFactory


@dataclass(frozen=True, slots=True)
class Job:
    """One training set to make: episodes like those of `request`, in the folder `out`."""

    make_twin: TwinFactory
    request: GenerationRequest
    out: Path
    workers: int
    executor: Executor | None
    progress: ProgressReporter | None

    @contextmanager
    def at_work(self) -> Iterator[Executor]:
        """Executor of the caller, or worker processes of ours that end with the block."""
        try:
            if self.executor is not None:
                yield self.executor
                return
            with WorkerPool(self.workers, preload=modules_of(self.make_twin)) as pool:
                yield pool
        except Exception as error:
            if not (isinstance(error, BrokenExecutor) or is_lost(error)):
                raise
            fix = "use fewer workers or shorter episodes and run the same command again"
            raise WorkerDied(f"a worker died over a candidate ({error}); {fix}") from error

    def draws(self, patterns: Sequence[str], episodes: int, imperfections: JsonObject | None) -> "Draws":
        """Draws of the scenarios that patterns name.

        Args:
            patterns: ids or patterns.
            episodes: about how many there will be; sites are dealt accordingly.
            imperfections: what the sensors are.

        Raises:
            ConfigError: if there is no pattern, one fits nothing, or imperfections are none of the twin's.
        """
        if isinstance(patterns, str) or not patterns:
            raise ConfigError("scenarios", patterns, "name at least one scenario, in a list")
        twin = self.make_twin()
        ids = match_scenarios(patterns, twin.scenarios())
        sensing = Imperfections.of(imperfections, twin)
        update = {
            "scenarios": ids,
            "episodes": max(1, episodes),
            "options": {**self.request.options, **sensing.options},
        }
        return Draws(twin, ids, self.request.model_copy(update=update), sensing)

    def deliver(
        self,
        draws: "Draws",
        specs: Sequence[EpisodeSpec],
        kinds: Sequence[str],
        asked: Mapping[str, JsonValue],
        note: Note | None = None,
        output_format: str = "parquet",
    ) -> Path:
        """Folder of the dataset of given specs, or of its export.

        Args:
            draws: where the specs come from.
            specs: what to run; they are shuffled.
            kinds: kind of each, which every split gets its part of.
            asked: what was asked for, for the plan and the card.
            note: what is added to each episode.
            output_format: a format on disk.
        """
        return delivered(self.run(draws, specs, kinds, asked, note), output_format)

    def run(
        self,
        draws: "Draws",
        specs: Sequence[EpisodeSpec],
        kinds: Sequence[str],
        asked: Mapping[str, JsonValue],
        note: Note | None = None,
    ) -> Dataset:
        """Dataset of given specs, with its card; see `deliver`."""
        request = draws.request.model_copy(update={"episodes": len(specs)})
        order = stream(request.seed, "order").permutation(len(specs))  # else a place would name its kind
        settings = {**asked, **draws.sensing.asked}
        plan = derived_plan(request, draws.twin, specs, np.argsort(order), kinds, settings, self.workers)
        make_twin = self.make_twin if note is None else Noting(self.make_twin, note)
        try:
            dataset = run_plan(plan, make_twin, self.out, self.workers, self.executor, self.progress)
        except GenerationFailed as failure:
            describe_dataset(failure.dataset)
            raise
        describe_dataset(dataset)
        return dataset


@dataclass(frozen=True, slots=True)
class Draws:
    """Specs of some scenarios by turn; a spec depends on the seed, the scenarios and the turn alone."""

    twin: Twin
    ids: tuple[str, ...]
    request: GenerationRequest
    sensing: Imperfections

    def spec(self, scenario: str, turn: int, n_ticks: int | None = None) -> EpisodeSpec:
        """Spec of a scenario's draw number `turn`, of the request's length or of `n_ticks`."""
        index = turn * len(self.ids) + self.ids.index(scenario)
        request = self.request
        if n_ticks is not None:
            request = request.model_copy(update={"duration_s": n_ticks * request.dt_s})
        return self.sensing.applied(self.twin, draw_spec(request, self.twin, scenario, index, len(self.ids)))
