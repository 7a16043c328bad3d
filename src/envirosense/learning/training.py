"""Training on one split, thresholds on another, evaluation on a third."""

import math
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, Protocol

from envirosense.core.errors import ConfigError, DatasetError, UnknownNameError
from envirosense.core.rng import stream
from envirosense.datasets.windows import Windows
from envirosense.learning.detectors import (
    Detector,
    ThresholdDetector,
    WindowDetector,
    alarm_score,
    shuffled_labels,
)
from envirosense.learning.evaluation import Entrant, evaluate_detectors
from envirosense.learning.metrics import device_days, quiet_windows, threshold_at_budget
from envirosense.learning.model_file import TrainedModel, load_model, save_model
from envirosense.learning.results import EvaluationReport

_CONTROL_SIZE = 50  # trees that memorise noise are large and no worse when few
TRAIN, VALIDATION, TEST = "train", "validation", "test"


class SplitView(Protocol):
    """One split of a dataset."""

    def windows(self, length_s: float = 60.0, stride_s: float = 60.0) -> Windows:
        """Windows of every episode of the split."""
        ...


class SplitDataset(Protocol):
    """What training needs of a dataset."""

    @property
    def logical_hash(self) -> str:
        """Hash of its content."""
        ...

    @property
    def folder(self) -> Path:
        """Its folder."""
        ...

    @property
    def splits(self) -> tuple[str, ...]:
        """Names of its splits."""
        ...

    def __getitem__(self, split: str, /) -> SplitView:
        """One split."""
        ...


def train(
    dataset: SplitDataset,
    out: Path | str,
    seed: int = 0,
    *,
    learner: Literal["forest", "boosting"] = "forest",
    size: int = 200,
    length_s: float = 60.0,
    stride_s: float = 60.0,
    budget_per_device_day: float = 1.0,
) -> TrainedModel:
    """Model, threshold rule and shuffled-label control of a dataset, saved in `out`.

    Fitted on the split `train`; alarm thresholds come from `validation`; `test` is not opened.

    Raises:
        ConfigError: for a budget that is negative or endless.
        DatasetError: if a split is missing or holds too little to learn from.
        StorageError: if the folder cannot be written.
    """
    if not 0 <= budget_per_device_day < math.inf:
        raise ConfigError("budget_per_device_day", budget_per_device_day, "must be finite and not negative")
    cut = {"length_s": length_s, "stride_s": stride_s}
    windows = _split(dataset, TRAIN).windows(**cut)
    fitted = fit_all(windows, seed, learner, size)
    held_out = _split(dataset, VALIDATION).windows(**cut)
    thresholds = {
        role: min(threshold_at_budget(held_out, alarm_score(detector, held_out), budget_per_device_day), 1.0)
        for role, detector in fitted.items()
    }
    card = {
        "name": fitted["model"].name,
        "version": fitted["model"].version,
        "seed": seed,
        "windows": cut,
        "dt_s": windows.dt_s,
        "budget_per_device_day": budget_per_device_day,
        "validation_quiet_device_days": device_days(held_out, quiet_windows(held_out)),
        "dataset": {"name": dataset.folder.name, "logical_hash": dataset.logical_hash},
        "episodes": {TRAIN: _episode_ids(windows), VALIDATION: _episode_ids(held_out)},
        "versions": _versions(),
    }
    trained = _bundle(fitted, thresholds, card)
    save_model(trained, out)
    return trained


def _episode_ids(windows: Windows) -> list[str]:
    return sorted(set(windows.episode_id.tolist()))


def _split(dataset: SplitDataset, name: str) -> SplitView:
    if name in dataset.splits:
        return dataset[name]
    if name not in (TRAIN, VALIDATION, TEST):
        raise UnknownNameError("split", name, dataset.splits)
    known = ", ".join(dataset.splits)
    raise DatasetError(
        f"{dataset.folder}: no split {name!r} (it has {known}); generate at least three groups"
    )


def fit_all(
    windows: Windows, seed: int, learner: Literal["forest", "boosting"] = "forest", size: int = 200
) -> dict[str, Detector]:
    """The model, the threshold rule and the control, all fitted on the same windows."""
    shuffled = shuffled_labels(windows, stream(seed, "learning", "control", "shuffle"))
    return {
        "model": WindowDetector(learner, size).fit(windows, stream(seed, "learning", "model", "fit")),
        "threshold": ThresholdDetector().fit(windows, stream(seed, "learning", "threshold", "fit")),
        "control": WindowDetector(learner, min(size, _CONTROL_SIZE)).fit(
            shuffled, stream(seed, "learning", "control", "fit")
        ),
    }


def _bundle(
    fitted: Mapping[str, Detector], thresholds: Mapping[str, float], card: Mapping[str, Any]
) -> TrainedModel:
    model, control, rule = fitted["model"], fitted["control"], fitted["threshold"]
    assert isinstance(model, WindowDetector)
    assert isinstance(control, WindowDetector)
    assert isinstance(rule, ThresholdDetector)
    return TrainedModel(model, control, rule, thresholds, card)


def evaluate(
    model_dir: Path | str,
    dataset: SplitDataset,
    split: str = TEST,
    command: str = "",
    per_year: Mapping[str, float] | None = None,
) -> EvaluationReport:
    """The model of a folder on one split of a dataset, beside the threshold rule and the control.

    `per_year` tells how often each scenario happens at one device; `factory.base_rates` knows the twin's.

    Raises:
        DatasetError: if the dataset has another tick or other channels than the model was trained on.
    """
    trained = load_model(model_dir)
    card = trained.card
    windows = _split(dataset, split).windows(**card["windows"])
    if windows.dt_s != card.get("dt_s", windows.dt_s):
        raise DatasetError(
            f"{dataset.folder}: its tick is {windows.dt_s:g} s, the model's {card['dt_s']:g} s; "
            "use a dataset with the same tick or train again"
        )
    entrants = tuple(
        Entrant(role, detector, trained.thresholds[role])
        for role, detector in (
            ("model", trained.model),
            ("threshold", trained.threshold),
            ("control", trained.control),
        )
    )
    return evaluate_detectors(
        entrants,
        windows,
        seed=int(card["seed"]),
        budget_per_device_day=float(card["budget_per_device_day"]),
        split=split,
        per_year=per_year,
        importances=trained.model.importances(),
        threshold_device_days=float(card["validation_quiet_device_days"]),
        seen_episodes={one for ids in card.get("episodes", {}).values() for one in ids},
        provenance={
            "dataset": dataset.folder.name,
            "logical_hash": dataset.logical_hash,
            "trained_on": card["dataset"]["logical_hash"],
            "model": f"{card['name']} {card['version']}",
            "seed": card["seed"],
            "windows": card["windows"],
            "validation_quiet_device_days": card["validation_quiet_device_days"],
            "versions": _versions(),
            "command": command,
        },
    )


def _versions() -> dict[str, str]:
    packages = ("envirosense", "numpy", "scikit-learn", "pyarrow")
    return {"python": platform.python_version(), **{name: version(name) for name in packages}}
