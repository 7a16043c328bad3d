"""What people said of a loop's alarms on real devices, and what follows from it.

feedback/NAME.jsonl      the last word on every place of the recorded dataset NAME
feedback/NAME.parquet    its judged samples, of origin `real`, to train on with `--real`
feedback/NAME.json       what was said of each version there, for the trigger of a fall
feedback/refused.jsonl   files that were refused, with the reason
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
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
from envirosense.learning.feedback.field_log import FOLDER, FieldLog, speaks_of
from envirosense.learning.judging.units import unit_outcomes
from envirosense.learning.loop.folder import LoopFolder, read_config
from envirosense.learning.loop.subject import LOOPS, LoopSubject
from envirosense.learning.models.bundle import alarm_score
from envirosense.learning.samples import Samples
from envirosense.learning.tasks import ModelTask

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
            "weak_spots": [{"words": one.words, "p": one.p, "origin": one.origin} for one in self.weak_spots],
            "samples": str(self.samples),
            "rollback": self.rollback.to_json() if self.rollback else None,
        }

    def __str__(self) -> str:
        lines = [str(self.counts), "", f"{self.n_new} new records; judged samples in {self.samples}"]
        lines += [f"weak spot: {one}" for one in self.weak_spots]
        lines += [f"{self.rollback.to_version} serves again: {self.rollback.reason}"] if self.rollback else []
        return "\n".join(lines)


def take_feedback(
    root: Path | str, field: Dataset, path: Path | str, subject: LoopSubject | None = None
) -> FieldReport:
    """Report after adding a file of feedback to a loop.

    Where the version before is better on these logs than the one that serves, beyond chance, it returns
    (`ModelDeployment.auto_rollback`); a target that does not load changes nothing. People look where the one
    that serves raised an alarm; so what the other says where nobody looked counts against it.

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
        models = [one.label for one in ModelRegistry(folder.url).versions(chosen.task.name)]
        scope = FeedbackScope.of(field, chosen.task, classes, models)
        new = read_feedback(path, scope)
        samples = chosen.samples(field)
        feedback_samples(new, samples, field, chosen.task)  # refuses what is about no sample
        n_new = add_feedback(log, path, scope)
    except EnviroSenseError as error:
        _note_refusal(log.parent, Path(path), str(error))
        raise
    records = read_feedback(log, scope)
    place = log.with_suffix(".parquet")
    feedback_samples(records, samples, field, chosen.task).save(place)
    FieldLog.of(records, samples, field).save(log.with_suffix(".json"))
    return FieldReport(
        n_new=n_new,
        counts=feedback_counts(records),
        weak_spots=weak_in_the_field(records, config.active),
        samples=place,
        rollback=_returned(folder, chosen.task, records, samples, field),
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


def _returned(
    folder: LoopFolder, task: ModelTask, records: Sequence[FeedbackRecord], samples: Samples, field: Dataset
) -> Deployment | None:
    """The row of an automatic rollback, where what was said of the version at work asks for one."""
    deployment = ModelDeployment(ModelRegistry(folder.url), task.name)
    running, before = deployment.on_trial(), deployment.fallback()
    if running is None or before is None:
        return None
    models = [deployment.registry.load(version) for version in (running, before)]
    since = max(one.at_utc for one in deployment.history() if one.to_version == running.label)
    said = [one for one in records if _is_about(one, running.label, datetime.fromisoformat(since))]
    if not said or any(model.card.features != samples.features for model in models):
        return None  # nothing to go by, or consumers that changed since
    alarms = [alarm_score(model, samples) > model.threshold for model in models]
    judged = feedback_samples(said, samples, field, task)
    is_judged = np.isin(samples.sample_id, judged.sample_id)
    about_others = [one for one in records if one not in said]
    others = feedback_samples(about_others, samples, field, task).sample_id if about_others else ()
    y = np.full(len(samples), task.negative).astype(np.result_type(judged.y, np.asarray(task.negative)))
    y[is_judged] = judged.y  # both in the order of the samples
    # An alarm of the version at work on which nobody has spoken may be right or wrong.
    known = is_judged | (~alarms[0] & ~np.isin(samples.sample_id, others))
    # A log is long: each window counts, and the duel counts sites.
    told = replace(samples, y=y, unit=samples.sample_id).select(known)
    units = [unit_outcomes(told, alarm[known], task) for alarm in alarms]
    return deployment.auto_rollback(units[0].right, units[1].right, group=units[0].group)


def _is_about(record: FeedbackRecord, label: str, since: datetime) -> bool:
    """Whether a record speaks of a version: by name, or of events since it is at work."""
    return speaks_of(record.model, record.reported_utc, label, since)


def _note_refusal(folder: Path, path: Path, reason: str) -> None:
    with storing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / _REFUSED).open("a", encoding="utf-8") as refused:
            refused.write(json.dumps({"at_utc": recorded_utc(), "file": str(path), "reason": reason}) + "\n")
