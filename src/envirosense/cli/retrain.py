"""`retrain`: look at the triggers of a loop, and train where one fires, once or as a service."""

import json
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from envirosense.cli.feedback import Logs, Told, take_first
from envirosense.cli.loop import Trainer, chosen_trainer
from envirosense.cli.output import AsJson, report, say

if TYPE_CHECKING:
    from envirosense.learning.retraining.config import RetrainingConfig
    from envirosense.learning.retraining.history import RetrainingRun
    from envirosense.learning.retraining.manager import RetrainingManager
    from envirosense.learning.tasks import ModelTask

_CONFIG = "retraining.yaml"
_STATE = "retraining"


def retrain(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a loop.")],
    task: Annotated[
        Path | None, typer.Option(help="YAML file of the task; default: the task of the loop's subject.")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(help=f"YAML file of triggers and needs; default: DIR/{_CONFIG}, or the loop's own."),
    ] = None,
    trainer: Trainer = None,
    reason: Annotated[str, typer.Option(help="Train for this reason, whatever the triggers say.")] = "",
    feedback: Told = None,
    dataset: Logs = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what each trigger says.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Go on as a service until stopped.")] = False,
    poll_s: Annotated[float, typer.Option(help="Time between looks of the service [s].")] = 10.0,
    as_json: AsJson = False,
) -> None:
    """Train a loop's model again where a trigger fires and there is enough to train on.

    A new version is evaluated and entered in the registry; what serves is left alone.
    """
    from envirosense.core.errors import ConfigError
    from envirosense.learning.retraining.loop_collection import collection_in

    folder = folder.expanduser().absolute()
    if dry_run and feedback is not None:
        raise ConfigError("dry-run", None, "writes nothing; give the file to `envirosense feedback` first")
    take_first(folder, feedback, dataset)
    manager = _manager(folder, _task(folder, task), _config(folder, config, trainer))
    if watch:
        return _serve(folder, manager, poll_s, as_json)
    if dry_run:
        decision = manager.explain(collection_in(folder), manual=reason)
        return report(decision.to_json(), str(decision), as_json)
    run = manager.after_collection(collection_in(folder), manual=reason)
    _trace(folder, manager, run)
    report(run.to_json(), str(run), as_json)
    if run.status in ("refused", "failed"):
        raise typer.Exit(1)
    return None


def _serve(folder: Path, manager: "RetrainingManager", poll_s: float, as_json: bool) -> None:
    from envirosense.learning.retraining.watch import watch

    for run in watch(folder, manager, poll_s, Event()):
        _trace(folder, manager, run)
        say(json.dumps(run.to_json(), allow_nan=False) if as_json else str(run))


def _trace(folder: Path, manager: "RetrainingManager", run: "RetrainingRun") -> None:
    """Enter what a new version was made from, as the loop in the folder does; without one by its files."""
    from envirosense.factory.lineage import LineageTracker
    from envirosense.learning.loop.folder import CONFIG, LoopFolder, read_config
    from envirosense.learning.loop.tracing import record_model, record_plain_model

    if run.version is None:
        return
    version, cycle = manager.registry.version(run.version), int(run.collection.removeprefix("cycle_"))
    tracker = LineageTracker.beside(folder)
    if not (folder / CONFIG).exists():
        return record_plain_model(tracker, version, folder, cycle, manager.config.trainer)
    config = read_config(folder).model_copy(update={"trainer": manager.config.trainer})
    record_model(tracker, config.subject, version, LoopFolder(folder), config, cycle)
    return None


def _manager(folder: Path, task: "ModelTask", config: "RetrainingConfig") -> "RetrainingManager":
    from envirosense.learning.deployment.deployment import ModelDeployment
    from envirosense.learning.deployment.registry import ModelRegistry
    from envirosense.learning.retraining.manager import RetrainingManager

    registry = ModelRegistry.beside(folder)
    return RetrainingManager(task, registry, ModelDeployment(registry, task.name), folder / _STATE, config)


def _task(folder: Path, path: Path | None) -> "ModelTask":
    from envirosense.core.config import load_yaml
    from envirosense.learning.tasks import ModelTask

    if path is not None:
        return ModelTask.parse(load_yaml(path), str(path))
    from envirosense.learning.loop.folder import read_config
    from envirosense.learning.loop.subject import LOOPS

    return LOOPS[read_config(folder).subject]().task


def _config(folder: Path, path: Path | None, trainer: str | None) -> "RetrainingConfig":
    from envirosense.learning.retraining.config import RetrainingConfig
    from envirosense.learning.retraining.trainer import TRAINERS

    chosen = path or folder / _CONFIG
    known = path is not None or chosen.exists()
    config = RetrainingConfig.read(chosen) if known else _of_loop(folder)
    own = chosen_trainer(trainer)
    if isinstance(own, str):
        TRAINERS[own]  # an unknown name is no failed run
    return config if own is None else config.model_copy(update={"trainer": own})


def _of_loop(folder: Path) -> "RetrainingConfig":
    """As the loop in the folder retrains; as usual where there is none."""
    from envirosense.learning.loop.engine import retraining_config
    from envirosense.learning.loop.folder import CONFIG, read_config
    from envirosense.learning.loop.subject import LOOPS
    from envirosense.learning.retraining.config import RetrainingConfig

    if not (folder / CONFIG).exists():
        return RetrainingConfig()
    config = read_config(folder)
    return retraining_config(LOOPS[config.subject](), config)
