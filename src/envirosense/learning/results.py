"""What an evaluation found, as frozen data that turns into JSON."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from envirosense.datasets.files import write_whole
from envirosense.learning.intervals import Estimate

FEWEST_EVENTS, FEWEST_GROUPS = 5, 3  # below either, which detector is better is chance  # assumed
RESOLVING_DEVICE_DAYS = 5.0  # least time without events that can say something about one alarm a day


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """One scenario under the model's alarms."""

    scenario: str
    n_episodes: int
    n_events: int
    n_detectable: int
    recall: Estimate  # alarmed of the detectable events
    delay_s: Estimate
    lead_s: Estimate
    false_alarms_per_device_day: Estimate


@dataclass(frozen=True, slots=True)
class DetectorResult:
    """One detector at the threshold it was given before it saw these windows."""

    role: str  # model, threshold or control
    name: str
    threshold: float
    pr_auc: Estimate  # windows of detectable events against quiet windows
    recall: Estimate  # detectable events with an alarm
    false_alarms_per_device_day: Estimate
    delay_s: Estimate  # alarm after the first instant a sensor could see the event, median
    lead_s: Estimate  # alarm before ignition, median
    alarmed_before_ignition: Estimate  # of detectable events with an observed ignition
    curve: tuple[tuple[float, float], ...]  # recall, precision
    delays_s: tuple[float, ...]
    leads_s: tuple[float, ...]
    by_scenario: tuple[ScenarioResult, ...]


@dataclass(frozen=True, slots=True)
class ConfusionTable:
    """Window counts at the model's threshold, (true class, predicted class)."""

    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """One channel of an example, window means."""

    channel: str
    unit: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """One episode as the model saw it; times in seconds since its start."""

    episode_id: str
    scenario: str
    kind: str  # why it was chosen
    t_s: tuple[float, ...]
    score: tuple[float, ...]
    onset_s: float | None
    detectable_s: float | None
    ignition_s: float | None
    alarm_s: float | None
    traces: tuple[Trace, ...]


@dataclass(frozen=True, slots=True)
class Exposure:
    """How much was looked at."""

    n_episodes: int
    n_groups: int
    n_windows: int
    n_quiet_windows: int
    n_event_windows: int
    n_events: int
    n_detectable_events: int
    n_ignitions: int
    n_detectable_ignitions: int
    quiet_device_days: float
    device_days: float
    prevalence: float  # detectable event windows of those scored: the PR-AUC of guessing

    @property
    def is_resolved(self) -> bool:
        """Whether there is enough quiet time to speak about false alarms."""
        return self.quiet_device_days >= RESOLVING_DEVICE_DAYS

    @property
    def is_small(self) -> bool:
        """Whether there are too few detectable events or groups to judge a detector by."""
        return self.n_detectable_events < FEWEST_EVENTS or self.n_groups < FEWEST_GROUPS


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """Three detectors on windows that none of them saw, and where all of it comes from."""

    split: str
    budget_per_device_day: float
    exposure: Exposure
    detectors: tuple[DetectorResult, ...]
    confusion: ConfusionTable
    examples: tuple[Example, ...]
    importances: dict[str, float]
    limits: tuple[str, ...]
    provenance: dict[str, Any]
    n_seen_episodes: int = 0  # of those judged, used to fit the model or to choose its threshold
    in_life: str = ""  # what the model's alarms would be worth at base rates

    @property
    def model(self) -> DetectorResult:
        """The trained detector."""
        return self.detector("model")

    def detector(self, role: str) -> DetectorResult:
        """The detector with a role: model, threshold or control."""
        return next(found for found in self.detectors if found.role == role)

    def to_json(self) -> dict[str, Any]:
        """All of it as plain data."""
        return asdict(self)

    def write_json(self, path: Path) -> Path:
        """The path, after writing the plain data to it."""
        write_whole(path, (json.dumps(self.to_json(), indent=1, allow_nan=False) + "\n").encode())
        return path
