"""The loop: as many cycles as asked for, in a folder that can be gone on with."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from shutil import which

from envirosense.core.errors import ConfigError
from envirosense.factory.executors import WorkerPool, worker_count
from envirosense.factory.lineage import LineageTracker
from envirosense.factory.noted import modules_of
from envirosense.factory.progress import ProgressReporter
from envirosense.factory.twins import TWINS
from envirosense.learning.deployment.deployment import ModelDeployment
from envirosense.learning.deployment.registry import ModelRegistry
from envirosense.learning.judging.evaluator import ModelEvaluator
from envirosense.learning.loop.config import LoopConfig
from envirosense.learning.loop.cycle import Bench, Cycle
from envirosense.learning.loop.folder import LoopFolder
from envirosense.learning.loop.generation import Generation
from envirosense.learning.loop.pools import real_samples, require_apart
from envirosense.learning.loop.report import LoopReport, report_of
from envirosense.learning.loop.subject import LOOPS, LoopSubject
from envirosense.learning.loop.tracing import record_held_out
from envirosense.learning.retraining.config import RetrainingConfig
from envirosense.learning.retraining.manager import RetrainingManager
from envirosense.learning.retraining.trainer import TRAINERS
from envirosense.learning.samples import Samples


def loop_config(subject: LoopSubject, **said: object) -> LoopConfig:
    """Configuration of a loop; what is not said is as the subject has it.

    Raises:
        ConfigError: naming what does not fit.
    """
    sizes = subject.sizes
    given = {name: value for name, value in said.items() if value is not None}
    return LoopConfig.parse({
        "subject": subject.name, "episodes": sizes.cycle, "validation_episodes": sizes.validation,
        "test_episodes": sizes.test, **given,
    })  # fmt: skip


def run_loop(
    config: LoopConfig,
    folder: Path | str,
    cycles: int,
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    progress: ProgressReporter | None = None,
    tell: Callable[[str], None] = lambda _: None,
    subject: LoopSubject | None = None,
) -> LoopReport:
    """Report of a loop after `cycles` cycles in all; those that are done are not done again.

    Args:
        config: of the loop; the same as before where it is gone on with.
        folder: new, empty, or of this loop.
        cycles: in all.
        workers: worker processes; by default one per core.
        executor: runs the episodes instead of our own processes.
        progress: hears how far each dataset is.
        tell: hears what happens, a sentence each.
        subject: instead of the one that the configuration names.

    Raises:
        ConfigError: if the folder holds another loop or something else.
    """
    if cycles < 1:
        raise ConfigError("cycles", cycles, "must be at least 1")
    chosen = subject or LOOPS[config.subject]()
    place = LoopFolder(folder)
    require_trainer(config.trainer)
    real_samples(config)  # a file that cannot be used is better refused before anything is made
    place.claim(config)
    with _at_work(chosen, workers, executor) as pool:
        generation = Generation(chosen, config, place, pool, progress)
        bench = _bench(generation, tell)
        for number in range(1, cycles + 1):
            Cycle(bench, number).run()
            report = report_of(place, chosen, max(number, place.cycles_done()))
            report.write(place.root)
    return report


def _bench(generation: Generation, tell: Callable[[str], None]) -> Bench:
    folder, config, subject = generation.folder, generation.config, generation.subject
    tracker = LineageTracker(folder.url)
    test = _held_out(generation, tracker, "test", folder.test, config.test_episodes)
    validation = _held_out(generation, tracker, "validation", folder.validation, config.validation_episodes)
    for held_out in (test, validation):
        require_apart(real_samples(config), held_out)
    registry = ModelRegistry(folder.url)
    deployment = ModelDeployment(registry, subject.task.name)
    serving = deployment.serving()
    if serving is not None and not folder.cycles_done():
        tell(f"{serving} serves already; what this loop trains has to beat it")
    return Bench(
        generation=generation,
        evaluator=ModelEvaluator(subject.task, test, config.seed),
        validation=validation,
        registry=registry,
        deployment=deployment,
        retraining=RetrainingManager(
            subject.task, registry, deployment, folder.root / "retraining", retraining_config(subject, config)
        ),
        tracker=tracker,
        tell=tell,
    )


def _held_out(
    generation: Generation, tracker: LineageTracker, role: str, path: Path, episodes: int
) -> Samples:
    """Samples of groups that nothing is trained on, made once and entered in lineage."""

    def make() -> Samples:
        dataset = generation.dataset(generation.even(role, 0, episodes))
        samples = generation.subject.samples(dataset)
        record_held_out(tracker, generation.subject.name, role, samples, path, dataset)
        return samples

    return generation.folder.samples(path, make)


def require_trainer(trainer: str | tuple[str, ...] | None) -> None:
    """Refuse a trainer that is neither in the registry nor a program that is there.

    Raises:
        UnknownNameError: for a name that no trainer has.
        ConfigError: for a command that cannot be found.
    """
    if isinstance(trainer, str):
        TRAINERS[trainer]
    elif trainer is not None and (not trainer or which(trainer[0]) is None):
        raise ConfigError("trainer", " ".join(trainer), "is no program that can be started; give its path")


def retraining_config(subject: LoopSubject, config: LoopConfig) -> RetrainingConfig:
    """How the models of a loop are retrained."""
    return RetrainingConfig(
        triggers=config.retraining_triggers,
        needs=subject.needs,
        trainer=config.trainer,
        timeout_s=config.trainer_timeout_s,
        seed=config.seed,
    )


@contextmanager
def _at_work(subject: LoopSubject, workers: int | None, executor: Executor | None) -> Iterator[Executor]:
    """The given executor, or worker processes that serve the whole loop."""
    if executor is not None:
        yield executor
        return
    twin = subject.request(1, 0).twin
    with WorkerPool(worker_count(workers), preload=modules_of(TWINS[twin])) as pool:
        yield pool
