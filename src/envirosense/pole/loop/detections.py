"""What the serving model says of every window, as records of the pole's collection point."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from envirosense.core.episode import EpisodeSpec
from envirosense.datasets.windows import Windows
from envirosense.factory.collection.collector import TrainingDataCollector
from envirosense.factory.collection.records import RecordSource
from envirosense.learning.models.bundle import ModelBundle, Scorer
from envirosense.learning.samples import Samples

POINT: Final = "detections"
_NO_EVENT: Final = -1


def feed_detections(
    cut: Sequence[tuple[EpisodeSpec, Windows]],
    samples: Samples,
    serving: Scorer | None,
    collector: TrainingDataCollector,
) -> None:
    """Hand in one record for each window, episode by episode.

    Args:
        cut: Episodes with all of their windows.
        samples: One for each of the windows, in the same order.
        serving: The deployed model; without one there are no scores and no alarms.
        collector: Takes the records in.
    """
    model = f"{serving.card.task}@{serving.model_id}" if isinstance(serving, ModelBundle) else None
    verdicts = _verdicts(serving, samples)
    first = 0
    for spec, windows in cut:
        own = range(first, first := first + len(windows))
        if own:
            site = str(samples.group[own[0]])
            shared = {"site": site, "sensors": _sensor_types(spec), "model": model}
            records = [_record(windows, at) | verdicts[row] | shared for at, row in enumerate(own)]
            made_by = () if model is None else (model,)
            collector.collect(POINT, records, RecordSource(site, spec.episode_id, made_by=made_by))


def _verdicts(serving: Scorer | None, samples: Samples) -> list[dict[str, Any]]:
    """What a model says of each sample; nothing without one."""
    if serving is None:
        return [{"scores": None, "alarm": None}] * len(samples)
    scores = np.clip(serving.score(samples), 0.0, 1.0)
    alarm = 1.0 - scores[:, serving.classes.index(serving.negative)] > serving.threshold
    return [
        {"scores": dict(zip(serving.classes, row, strict=True)), "alarm": is_alarm}
        for row, is_alarm in zip(scores.tolist(), alarm.tolist(), strict=True)
    ]


def _record(windows: Windows, at: int) -> dict[str, Any]:
    """What is known of a window without any detector."""
    episode_id, event = str(windows.episode_id[at]), int(windows.event_id[at])
    return {
        "scenario": str(windows.scenario[at]),
        "episode_id": episode_id,
        "tick": int(windows.start_tick[at]),
        "window_s": windows.length_s,
        "truth_class": str(windows.y[at]),
        "detectable": bool(windows.detectable[at] or not windows.is_event[at]),
        "event_id": None if event == _NO_EVENT else f"{episode_id}:{event}",
    }


def _sensor_types(spec: EpisodeSpec) -> tuple[str, ...]:
    sensors: Any = spec.sensing.get("sensors", ())
    return tuple(sorted({str(one["sensor_type"]) for one in sensors if one.get("enabled", True)}))
