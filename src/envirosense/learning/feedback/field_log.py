"""What verdicts say of one version, group by group: did it see what was there, and was it quiet elsewhere?"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import DatasetError
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.files import storing, write_whole
from envirosense.learning.feedback.matching import matched
from envirosense.learning.feedback.record import FeedbackRecord
from envirosense.learning.samples import Samples

type Floats = npt.NDArray[np.float64]

FOLDER: Final = "feedback"  # of a loop
_SUFFIX: Final = ".json"


@dataclass(frozen=True, slots=True)
class FieldVerdict:
    """One verdict, laid over the samples.

    Attributes:
        is_event: Whether something was there.
        is_alarmed: Whether there was an alarm, of whatever class.
        n_samples: That it alone is about.
    """

    group: str
    is_event: bool
    is_alarmed: bool
    n_samples: int
    model: str = ""
    reported_utc: str | None = None

    def is_about(self, label: str, since: datetime) -> bool:
        """Whether it speaks of a version: by name, or because it was said since the version is at work."""
        return speaks_of(self.model, self.reported_utc, label, since)


@dataclass(frozen=True, slots=True)
class FieldAnswers:
    """How right a version was in the field.

    Attributes:
        seen: Share of the reported events that it had an alarm for, of each group with one, as they came.
        quiet: Share of the samples without an event that had no false alarm, of each recorded group.
        n_events: Reported events.
        n_false: Alarms that were false.
    """

    seen: Floats
    quiet: Floats
    n_events: int
    n_false: int


@dataclass(frozen=True, slots=True)
class FieldLog:
    """Verdicts on one dataset of recorded logs, and the samples recorded of each group."""

    n_samples: Mapping[str, int]
    verdicts: tuple[FieldVerdict, ...]

    @classmethod
    def of(cls, records: Iterable[FeedbackRecord], samples: Samples, dataset: Dataset) -> Self:
        """Log of records about a dataset.

        Raises:
            DatasetError: if a record is about no sample.
        """
        _, owner, words = matched(records, samples, dataset)
        group_of = {_episode(one): group for one, group in zip(samples.sample_id, samples.group, strict=True)}
        covered = np.bincount(owner, minlength=len(words)).tolist()
        names, counts = np.unique(samples.group, return_counts=True)
        return cls(
            dict(zip(names.tolist(), counts.tolist(), strict=True)),
            tuple(
                FieldVerdict(
                    group=str(group_of[one.episode_id]),
                    is_event=one.verdict != "false",
                    is_alarmed=one.verdict != "missed",
                    n_samples=n,
                    model=one.model,
                    reported_utc=one.reported_utc.isoformat() if one.reported_utc else None,
                )
                for one, n in zip(words, covered, strict=True)
            ),
        )

    def save(self, path: Path) -> Path:
        """Path of the file, written whole or not at all."""
        with storing(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, (json.dumps(asdict(self), indent=1) + "\n").encode())
        return path

    @classmethod
    def load(cls, path: Path) -> Self:
        """Log of a file.

        Raises:
            DatasetError: if it is missing or damaged.
        """
        try:
            told: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return cls(told["n_samples"], tuple(FieldVerdict(**one) for one in told["verdicts"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DatasetError(
                f"{path}: no verdicts can be read ({error}); give the feedback file again"
            ) from None


def field_logs(root: Path) -> tuple[FieldLog, ...]:
    """Everything that was said in the field of a loop's alarms, by name of the dataset."""
    return tuple(FieldLog.load(path) for path in log_files(root))


def log_files(root: Path) -> list[Path]:
    """Files of `field_logs`."""
    return sorted((root / FOLDER).glob(f"*{_SUFFIX}"))


def answers_of(logs: Iterable[FieldLog], label: str, since: datetime) -> FieldAnswers:
    """How right a version was, by what was said of it.

    An alarm of which nobody spoke counts as quiet, and so does a group where it was not at work yet: both
    hide a fall and make none up. Without a word about it nothing is known, of quiet either.
    """
    events: dict[str, list[bool]] = {}
    samples: dict[str, int] = {}
    false: dict[str, int] = {}
    n_false = 0
    for log in logs:
        for group, n in log.n_samples.items():
            samples[group] = samples.get(group, 0) + n
        for one in log.verdicts:
            if one.is_event:  # whoever saw it, there was something
                samples[one.group] -= one.n_samples
            if not one.is_about(label, since):
                continue
            if one.is_event:
                events.setdefault(one.group, []).append(one.is_alarmed)
            else:
                n_false += 1
                false[one.group] = false.get(one.group, 0) + one.n_samples
    said = bool(events or n_false)
    quiet = [1.0 - false.get(group, 0) / n for group, n in samples.items() if n > 0] if said else []
    return FieldAnswers(
        seen=np.asarray([np.mean(one) for one in events.values()], dtype=np.float64),
        quiet=np.asarray(quiet, dtype=np.float64),
        n_events=sum(len(one) for one in events.values()),
        n_false=n_false,
    )


def speaks_of(model: str, reported_utc: datetime | str | None, label: str, since: datetime) -> bool:
    """Whether a verdict is about a version: by name, or else because it was said since it is at work."""
    if model:
        return model == label
    when = datetime.fromisoformat(reported_utc) if isinstance(reported_utc, str) else reported_utc
    return when is not None and when >= since


def _episode(sample_id: str) -> str:
    episode, is_named, _ = sample_id.partition(":")  # first: a name may hold an @
    return episode if is_named else sample_id.partition("@")[0]
