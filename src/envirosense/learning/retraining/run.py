"""Running a trainer in a process of its own: what fails, hangs or returns rubbish there stays there."""

import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from envirosense.core.errors import ConfigError, EnviroSenseError
from envirosense.datasets.files import storing
from envirosense.learning.judging.evaluator import require_probabilities
from envirosense.learning.judging.units import unit_outcomes
from envirosense.learning.models.bundle import ModelBundle, load_bundle
from envirosense.learning.program import ProgramFailed, run_program, stderr_tail
from envirosense.learning.retraining.job import Job, write_job
from envirosense.learning.retraining.trainer import CONTRACT, TRAINERS
from envirosense.learning.samples import Samples
from envirosense.learning.tasks import ModelTask


class TrainingFailed(ProgramFailed):
    """A trainer that gave no usable model; nothing but its job folder was touched."""


def run_trainer(
    trainer: str | Sequence[str],
    train: Samples,
    validation: Samples,
    task: ModelTask,
    seed: int,
    folder: Path | str,
    timeout_s: float = 3600.0,
) -> ModelBundle:
    """Model that a trainer made of the samples, checked.

    Args:
        trainer: name in the registry of trainers, or a command; the job folder is appended to it.
        train: to fit on; samples of zero weight are left out.
        validation: to choose the alarm threshold on.
        task: what the model is for.
        seed: every draw comes from it.
        folder: of the job; the model of an earlier job in it is removed.
        timeout_s: time after which the trainer and all it started are killed [s].

    Raises:
        ConfigError: for an unknown trainer, an empty command, or weights that are negative or endless.
        TrainingFailed: if the trainer fails, hangs, or returns what is no model of this task.
    """
    folder = Path(folder).absolute()
    command, name = _command(trainer)
    used = _weighted(train)
    job = Job(trainer=name, task=task, seed=seed)
    with storing(folder):
        shutil.rmtree(folder / job.result, ignore_errors=True)
    write_job(folder, job, used, validation)
    _run([*command, str(folder)], folder, timeout_s)
    try:
        bundle = load_bundle(folder / job.result)
        require_fit(bundle, used, validation, task)
    except EnviroSenseError as error:
        raise TrainingFailed(f"the trainer returned no usable model: {error}", stderr_tail(folder)) from None
    facts = {
        **bundle.card.facts,
        "command": name or " ".join(command),
        "seed": seed,
        "contract": CONTRACT,
        "groups": list(used.groups),
        "trained_with": _sizes(used),
    }
    trained_on = (used.content_hash, validation.content_hash)
    return replace(bundle, card=bundle.card.model_copy(update={"facts": facts, "trained_on": trained_on}))


def require_fit(bundle: ModelBundle, train: Samples, validation: Samples, task: ModelTask) -> None:
    """Refuse a model that is not one of this task, or whose scores are none.

    Raises:
        ConfigError: naming what is wrong with the card or the threshold.
        DatasetError: if the scores are no probabilities.
    """
    card = bundle.card
    for field, found, wanted in (
        ("task", card.task, task.name),
        ("negative", card.negative, task.negative),
        ("classes", tuple(sorted(card.classes)), train.classes),
        ("features", card.features, train.features),
    ):
        if found != wanted:
            raise ConfigError(field, _brief(found), f"must be {_brief(wanted)}")
    scores = _scored(bundle, validation)
    require_probabilities(scores, len(validation), len(card.classes))
    alarm = 1.0 - scores[:, card.classes.index(card.negative)]
    units = unit_outcomes(validation, alarm > card.threshold, task)
    quiet = int(np.sum(~units.positive))
    allowed, alarms = int(task.alarm_share * quiet), int(np.sum(units.alarmed & ~units.positive))
    if alarms > allowed:
        raise ConfigError(
            "threshold",
            card.threshold,
            f"alarms on {alarms} of {quiet} negative validation units, {allowed} are allowed",
        )


def _scored(bundle: ModelBundle, validation: Samples) -> Any:
    try:
        return bundle.score(validation)
    except EnviroSenseError:
        raise
    except Exception as error:  # a foreign model may fail in any way; whatever it is, it cannot score
        raise ConfigError(
            "model", type(error).__name__, f"cannot score the validation set: {error}"
        ) from None


def _brief(value: object) -> str:
    text = ", ".join(value) if isinstance(value, tuple) else str(value)
    return text if len(text) <= 120 else f"{text[:117]}..."


def _weighted(train: Samples) -> Samples:
    if not np.all(np.isfinite(train.weight)) or np.any(train.weight < 0):
        raise ConfigError("weight", "a negative or endless number", "must be finite and not negative")
    return train.select(train.weight > 0)


def _sizes(samples: Samples) -> dict[str, Any]:
    names, counts = np.unique(samples.y, return_counts=True)
    return {
        "samples": len(samples),
        "units": len(np.unique(samples.unit)),
        "groups": len(samples.groups),
        "classes": dict(zip(names.tolist(), counts.tolist(), strict=True)),
    }


def _command(trainer: str | Sequence[str]) -> tuple[list[str], str]:
    if isinstance(trainer, str):
        TRAINERS[trainer]  # an unknown name is better said here
        return [sys.executable, "-m", "envirosense.learning.retraining.run_job"], trainer
    if not trainer:
        raise ConfigError("command", "", "is empty; give a program and its arguments")
    return list(trainer), ""


def _run(command: list[str], folder: Path, timeout_s: float) -> None:
    """Run to the end or to the time limit; whatever the command started is gone afterwards."""
    try:
        run_program(command, folder, timeout_s, "the trainer")
    except ProgramFailed as failed:
        raise TrainingFailed(failed.reason, failed.tail) from None
