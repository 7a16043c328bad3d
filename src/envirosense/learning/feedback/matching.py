"""Feedback laid over the samples of recorded episodes: what a model can be trained and sliced on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import ConfigError, DatasetError
from envirosense.datasets.dataset import Dataset
from envirosense.learning.feedback.reading import require_real
from envirosense.learning.feedback.record import FeedbackRecord, latest
from envirosense.learning.samples import Samples
from envirosense.learning.tasks import ModelTask

type Bools = npt.NDArray[np.bool_]
type Floats = npt.NDArray[np.float64]

_LEAST_SHARE: Final = 0.5  # of the shorter of window and span that the two must share  # assumed


@dataclass(frozen=True, slots=True, eq=False)
class _Places:
    """Where samples lie: episode, start [s], or name."""

    episode_id: npt.NDArray[np.str_]
    start_s: Floats  # NaN for what has a name
    name: npt.NDArray[np.str_]

    def under(self, record: FeedbackRecord, length_s: float) -> npt.NDArray[np.intp]:
        """Rows that a record is about."""
        ours = self.episode_id == record.episode_id
        if record.start_s is None or record.end_s is None:
            return np.flatnonzero(ours & (self.name == record.name))
        shared_s = np.minimum(self.start_s + length_s, record.end_s) - np.maximum(
            self.start_s, record.start_s
        )
        least_s = _LEAST_SHARE * min(length_s, record.end_s - record.start_s)
        return np.flatnonzero(ours & (shared_s >= least_s))


def feedback_samples(
    records: Iterable[FeedbackRecord],
    samples: Samples,
    dataset: Dataset,
    task: ModelTask,
    *,
    weight: float = 1.0,
    length_s: float = 60.0,
) -> Samples:
    """The samples that somebody judged, with what was found there as class, and of origin `real`.

    A window belongs to a record where they share half of the shorter one. What nobody judged is left out:
    silence is no verdict. Where records overlap, an event counts before a false alarm, then the later record.

    Args:
        records: as `read_feedback` gives them.
        samples: of the dataset, ids `EPISODE_ID@TICK` or `EPISODE_ID:NAME`.
        dataset: of recorded logs.
        task: says which class a false alarm is.
        weight: how much one of these counts against a simulated one of weight 1.
        length_s: of a window [s].

    Raises:
        ConfigError: for a weight or length that is not above zero.
        DatasetError: if the dataset is simulated, or a record is about no sample.
    """
    if not 0 < weight < float("inf"):
        raise ConfigError("weight", weight, "must be finite and above zero")
    rows, owner, words = matched(records, samples, dataset, length_s)
    classes = [
        task.negative if words[at].verdict == "false" else words[at].event_type for at in owner.tolist()
    ]
    chosen = samples.select(rows)
    return replace(
        chosen,
        y=np.asarray(classes, dtype=np.str_),
        origin=np.full(len(rows), "real"),
        weight=chosen.weight * weight,
    )


def feedback_errors(
    records: Iterable[FeedbackRecord], samples: Samples, dataset: Dataset, *, length_s: float = 60.0
) -> Bools:
    """Whether the model was wrong about each of the samples that `feedback_samples` gives, (sample,).

    Wrong is a false alarm, a missed event, and an event that was called another.
    """
    _, owner, words = matched(records, samples, dataset, length_s)
    return np.asarray([words[at].is_error for at in owner.tolist()], dtype=np.bool_)


def matched(
    records: Iterable[FeedbackRecord], samples: Samples, dataset: Dataset, length_s: float = 60.0
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], list[FeedbackRecord]]:
    """Rows of samples with a verdict, the place in the records of each, and the records.

    Raises:
        DatasetError: if the dataset is simulated, or a record is about no sample.
    """
    require_real(dataset)
    if not 0 < length_s < float("inf"):
        raise ConfigError("length_s", length_s, "must be finite and above zero")
    words, places = latest(records), _places(samples, dataset)
    owner = np.full(len(samples), -1, dtype=np.intp)
    for at in sorted(
        range(len(words)), key=lambda at: words[at].verdict != "false"
    ):  # events over false ones
        found = places.under(words[at], length_s)
        if not found.size:
            raise DatasetError(f"feedback on {_said(words[at])}: no sample lies there; mend its time or name")
        owner[found] = at
    rows = np.flatnonzero(owner >= 0)
    return rows, owner[rows], words


def _said(record: FeedbackRecord) -> str:
    where = repr(record.name) if record.name else f"{record.start_s:g} to {record.end_s:g} s"
    return f"episode {record.episode_id}, {where}"


def _places(samples: Samples, dataset: Dataset) -> _Places:
    ticks_s = _tick_lengths_s(dataset)
    episodes, starts_s, names = [], [], []
    for sample_id in samples.sample_id.tolist():
        episode, is_named, name = sample_id.partition(":")  # first: a name may hold an @
        tick = ""
        if not is_named:
            episode, _, tick = sample_id.partition("@")
        if episode not in ticks_s:
            raise DatasetError(f"sample {sample_id!r} is of no episode of {dataset.folder}")
        episodes.append(episode)
        starts_s.append(int(tick) * ticks_s[episode] if tick else float("nan"))
        names.append(name)
    return _Places(
        np.asarray(episodes, dtype=np.str_), np.asarray(starts_s), np.asarray(names, dtype=np.str_)
    )


def _tick_lengths_s(dataset: Dataset) -> Mapping[str, float]:
    rows = dataset.short.select(["episode_id", "dt_s"]).to_pylist()
    return {row["episode_id"]: row["dt_s"] for row in rows}
