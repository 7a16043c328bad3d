"""What people said of a loop's alarms on real devices, and what follows from it.

feedback/NAME.jsonl      the last word on every place of the recorded dataset NAME
feedback/NAME.parquet    its judged samples, of origin `real`, to train on with `--real`
feedback/refused.jsonl   files that were refused, with the reason
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from envirosense.core.errors import EnviroSenseError
from envirosense.datasets.catalog import recorded_utc
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.files import storing
from envirosense.learning.active.evidence import slices_of_feedback
from envirosense.learning.active.settings import ActiveSettings
from envirosense.learning.active.slices import WeakSlice
from envirosense.learning.deployment.deployment import ModelDeployment
from envirosense.learning.deployment.log import Deployment
from envirosense.learning.deployment.registry import ModelRegistry
from envirosense.learning.feedback import (
    FeedbackCounts,
    FeedbackRecord,
    FeedbackScope,
    add_feedback,
    feedback_counts,
    feedback_samples,
    read_feedback,
)
from envirosense.learning.judging.units import unit_outcomes
from envirosense.learning.loop.folder import LoopFolder, read_config
from envirosense.learning.loop.subject import LOOPS, LoopSubject
from envirosense.learning.models.bundle import alarm_score
from envirosense.learning.samples import Bools, Samples

FOLDER: Final = "feedback"
_REFUSED: Final = "refused.jsonl"


@dataclass(frozen=True, slots=True)
class FieldReport:
    """What a file of feedback brought.

    Attributes:
        n_new: Records that the loop did not know.
        counts: Of all that is known of the dataset.
        weak_spots: Classes and sensors whose alarms are wrong more often than the others'.
        samples: File of the judged samples.
        rollback: Row of the log where the version before returned; None where the one that serves stays.
    """

    n_new: int
    counts: FeedbackCounts
    weak_spots: tuple[WeakSlice, ...]
    samples: Path
    rollback: Deployment | None

    def to_json(self) -> dict[str, Any]:
        """All of it as plain data."""
        total = self.counts.total
        return {
            "new": self.n_new,
            "confirmed": total.confirmed,
            "false": total.false,
            "missed": total.missed,
            "weak_spots": [{"words": one.words, "p": one.p} for one in self.weak_spots],
            "samples": str(self.samples),
            "rollback": self.rollback.to_json() if self.rollback else None,
        }

    def __str__(self) -> str:
        lines = [str(self.counts), "", f"{self.n_new} new records; judged samples in {self.samples}"]
        lines += [f"weak spot: {one.words}" for one in self.weak_spots]
        lines += [f"{self.rollback.to_version} serves again: {self.rollback.reason}"] if self.rollback else []
        return "\n".join(lines)


def take_feedback(
    root: Path | str, field: Dataset, path: Path | str, subject: LoopSubject | None = None
) -> FieldReport:
    """Report after adding a file of feedback to a loop.

    Where the version before was right about the judged units and the one that serves was not, beyond chance,
    it returns (`ModelDeployment.auto_rollback`); a target that does not load changes nothing.

    Args:
        root: folder of the loop.
        field: recorded logs that the feedback is about.
        path: JSON lines or Parquet, see `read_feedback`.
        subject: instead of the one that the loop names.

    Raises:
        ConfigError: if the folder holds no loop.
        LogError: for a record that cannot be used, such as one of an unknown class; that is recorded, and
            nothing else changes.
        DatasetError: if the dataset is simulated, or a record is about no sample of it.
    """
    folder, config = LoopFolder(root), read_config(Path(root))
    chosen = subject or LOOPS[config.subject]()
    log = folder.root / FOLDER / f"{field.folder.name}.jsonl"
    try:
        classes = Samples.load(folder.validation).classes
        scope = FeedbackScope.of(field, chosen.task, classes)
        new = read_feedback(path, scope)
        judged = feedback_samples(new, chosen.samples(field), field, chosen.task)
        n_new = add_feedback(log, path, scope)
    except EnviroSenseError as error:
        _note_refusal(log.parent, Path(path), str(error))
        raise
    records = read_feedback(log, scope)
    if n_new:
        judged = feedback_samples(records, chosen.samples(field), field, chosen.task)
    place = log.with_suffix(".parquet")
    judged.save(place)
    return FieldReport(
        n_new=n_new,
        counts=feedback_counts(records),
        weak_spots=weak_in_the_field(records, config.active),
        samples=place,
        rollback=_returned(folder, chosen, judged),
    )


def feedback_in(root: Path) -> list[FeedbackRecord]:
    """Every record that a loop was given, in the order of the datasets' names."""
    logs = sorted(path for path in (root / FOLDER).glob("*.jsonl") if path.name != _REFUSED)
    lines = (line for log in logs for line in log.read_text(encoding="utf-8").splitlines() if line)
    return [FeedbackRecord.parse(json.loads(line)) for line in lines]


def weak_in_the_field(records: Sequence[FeedbackRecord], settings: ActiveSettings) -> tuple[WeakSlice, ...]:
    """Classes and sensors whose alarms are wrong more often than the others', surest first."""
    found = feedback_counts(records)
    return slices_of_feedback(found.by_class, found.by_sensor, settings.alpha, settings.least_gap)


def _returned(folder: LoopFolder, subject: LoopSubject, judged: Samples) -> Deployment | None:
    """The row of an automatic rollback, where the judged units ask for one."""
    deployment = ModelDeployment(ModelRegistry(folder.url), subject.task.name)
    running, before = deployment.on_trial(), deployment.fallback()
    if running is None or before is None:
        return None
    right: list[Bools] = []
    for version in (running, before):
        model = deployment.registry.load(version)
        if model.card.features != judged.features:
            return None  # the consumers changed since; the two cannot be compared on these samples
        units = unit_outcomes(judged, alarm_score(model, judged) > model.threshold, subject.task)
        right.append(np.asarray(units.right))
    return deployment.auto_rollback(right[0], right[1], group=units.group)


def _note_refusal(folder: Path, path: Path, reason: str) -> None:
    with storing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / _REFUSED).open("a", encoding="utf-8") as refused:
            refused.write(json.dumps({"at_utc": recorded_utc(), "file": str(path), "reason": reason}) + "\n")
