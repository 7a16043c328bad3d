"""Turns a request into a dataset, whatever the twin."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Final

from pydantic import JsonValue

from envirosense.core.episode import EpisodeSpec, JsonObject
from envirosense.core.errors import EnviroSenseError
from envirosense.core.protocols import Twin
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.finish import finish
from envirosense.datasets.memory import MemorySink
from envirosense.datasets.output import Output, prepare_output
from envirosense.datasets.packed_specs import PackedSpecs
from envirosense.datasets.plan import Plan
from envirosense.datasets.planned_episodes import PlannedEpisodes
from envirosense.datasets.splits import assign_splits
from envirosense.factory.executors import InlineExecutor, WorkerPool, worker_count
from envirosense.factory.planning import (
    draw_spec,
    draw_specs,
    estimate,
    match_scenarios,
    require_space,
)
from envirosense.factory.progress import ProgressReporter, SilentProgress, Standing
from envirosense.factory.request import GenerationRequest
from envirosense.factory.shards import ShardRun
from envirosense.factory.twins import TWINS, TwinFactory

_REASONS_SHOWN: Final = 3


class GenerationFailed(EnviroSenseError):
    """Some episodes could not be simulated; the dataset is finished and holds the others."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        failed = dataset.failed
        reasons = "; ".join(
            f"{one.episode_id} {one.scenario}: {one.reason}" for one in failed[:_REASONS_SHOWN]
        )
        super().__init__(
            f"{len(failed)} of {dataset.manifest.counts['episodes']} episodes failed ({reasons}); "
            f"the rest is in {dataset.folder}; allow failures to accept it"
        )


class GenerationInterrupted(EnviroSenseError, KeyboardInterrupt):
    """The run was stopped; finished shards stay."""

    def __init__(self, folder: Path, done: int, total: int) -> None:
        self.folder = folder
        super().__init__(
            f"stopped: {done} of {total} episodes are stored in {folder}; "
            "run the same command again to resume"
        )


def make_plan(request: GenerationRequest, twin: Twin, workers: int = 1) -> Plan:
    """Plan of a request: every spec drawn, every group in one split."""
    return plan_of(request, twin, draw_specs(request, twin), workers)


def plan_of(request: GenerationRequest, twin: Twin, specs: Iterable[EpisodeSpec], workers: int = 1) -> Plan:
    """Plan of given specs, split by group."""
    packed = PackedSpecs.of(specs)
    split = assign_splits(packed.groups, seed=request.seed, categories=packed.categories)
    size = estimate(request, twin).gigabytes
    return Plan.build(
        name=request.name,
        twin=request.twin,
        seed=request.seed,
        episodes=PlannedEpisodes(packed, [split[group] for group in packed.groups]),
        settings=request.model_dump(mode="json"),
        code_version=version("envirosense"),
        physics_version=str(twin.describe().get("physics_version", "")),
        bytes_per_episode=int(size * 1e9 / request.episodes),
        workers=workers,
    )


def generate(
    request: GenerationRequest,
    out: Path | str,
    workers: int | None = None,
    executor: Executor | None = None,
    progress: ProgressReporter | None = None,
    allow_failures: bool = False,
) -> Dataset:
    """Dataset of a request, in the folder `out`; an interrupted run of the same request is resumed.

    Args:
        request: what to generate.
        out: folder of the dataset, new, empty, or holding the same run.
        workers: worker processes; by default one per core, or as many as a Dask executor's cluster has.
        executor: runs the shards instead of our own processes, on workers that see the same file system;
            Dask's `Client.get_executor()` is one.
        progress: hears how far the run is; by default nobody.
        allow_failures: whether a dataset with failed episodes is good enough.

    Raises:
        GenerationFailed: if episodes failed and that is not allowed; the dataset is complete without them.
        GenerationInterrupted: on Ctrl-C; what is finished stays.
        StorageError: if the disk has no room for it, or refuses in the middle.
    """
    make_twin = TWINS[request.twin]
    count, twin = worker_count(workers, executor), make_twin()
    require_space(request, twin, out)
    plan = make_plan(request, twin, count)
    return run_plan(plan, make_twin, out, count, executor, progress, allow_failures)


def run_plan(
    plan: Plan,
    make_twin: TwinFactory,
    out: Path | str,
    workers: int,
    executor: Executor | None = None,
    progress: ProgressReporter | None = None,
    allow_failures: bool = False,
    facts: Mapping[str, JsonValue] | None = None,
) -> Dataset:
    """Dataset of a plan; see `generate`. `facts` go to run.json, outside all hashes."""
    with prepare_output(plan, out) as output:
        if output.pending:
            _run_pending(output, make_twin, workers, executor, progress or SilentProgress())
        finish(output, {"workers": workers, **(facts or {})})
    dataset = Dataset.open(output.folder)
    if dataset.failed and not allow_failures:
        raise GenerationFailed(dataset)
    return dataset


def _run_pending(
    output: Output,
    make_twin: TwinFactory,
    workers: int,
    executor: Executor | None,
    progress: ProgressReporter,
) -> None:
    """Write every pending shard."""
    total = len(output.plan.episodes)
    stored = Counter(one.summary.outcome for record in output.records() for one in record.episodes)
    resumed, failed = stored.total(), stored["failed"]
    hours = output.plan.episodes.duration_s / 3600.0 / total
    done = resumed
    abreast = 1 if isinstance(executor, InlineExecutor) else min(workers, len(output.pending))

    def beat(running: int) -> None:
        progress.update(Standing(total, resumed, done + running, failed, hours, abreast))

    progress.start(Standing(total, resumed, done, failed, hours, abreast))
    try:
        with _executor(executor, make_twin, min(workers, len(output.pending))) as chosen:
            window = 1 if isinstance(chosen, InlineExecutor) else 2 * workers
            run = ShardRun(output.folder, make_twin, chosen, window, output.ticket)
            try:
                for record in run.results(output.pending, beat):
                    done += len(record.episodes)
                    failed += sum(one.summary.outcome == "failed" for one in record.episodes)
            except BaseException:
                if executor is not None:  # it goes on after this call; our own pool is killed
                    run.abandon()
                raise
    except KeyboardInterrupt:
        raise GenerationInterrupted(output.folder, done, total) from None
    finally:
        progress.stop()


@contextmanager
def _executor(given: Executor | None, make_twin: TwinFactory, workers: int) -> Iterator[Executor]:
    """The given executor, or a pool of our own that is stopped at once when the run breaks off."""
    if given is not None:
        yield given
        return
    readies = getattr(make_twin, "preload", ())  # modules whose import readies a worker for this twin
    with WorkerPool(workers, preload=(make_twin.__module__, *readies)) as pool:
        yield pool


def simulate(twin: str, scenario: str, seed: int = 0, *, index: int = 0, duration_s: float = 3600.0,
             dt_s: float = 1.0, options: JsonObject | None = None) -> MemorySink:  # fmt: skip
    """One episode in memory: `.spec`, `.streams`, `.table(stream)`, `.frames(stream)`.

    The episode equals the one at `index` of a dataset with one group.
    """
    request = GenerationRequest.parse({
        "twin": twin, "episodes": 1, "seed": seed, "duration_s": duration_s, "dt_s": dt_s, "n_groups": 1,
        "options": options or {},
    })  # fmt: skip
    model = TWINS[twin]()
    (name,) = match_scenarios((scenario,), model.scenarios())
    spec = draw_spec(request, model, name, index)
    sink = MemorySink(spec)
    model.simulate(spec, sink)
    return sink
