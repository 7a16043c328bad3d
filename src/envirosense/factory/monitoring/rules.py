"""Alert rules as data: when a run deserves somebody's attention."""

import fnmatch
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Annotated, Final, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from envirosense.core.config import FrozenModel
from envirosense.factory.progress import Standing

RUNS_COMPARED: Final = 5

type Share = Annotated[float, Field(gt=0.0, le=1.0)]


@dataclass(frozen=True, slots=True)
class RunState:
    """What rules look at: a run now, and how the finished ones before it went, newest first."""

    name: str
    folder: Path
    standing: Standing
    elapsed_s: float = 0.0
    is_over: bool = False
    failed_by_scenario: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # failed, of how many
    pass_rates: Mapping[str, float] = field(default_factory=dict)  # by quality rule; empty until checked
    earlier_rates: Sequence[Mapping[str, float]] = ()  # pass rates of runs of the same name
    earlier_paces: Sequence[float] = ()  # simulated hours a second of runs of the same name

    @property
    def pace(self) -> float:
        """Simulated hours a second, without what an earlier run stored."""
        hours = (self.standing.done - self.standing.resumed) * self.standing.episode_hours
        return hours / self.elapsed_s if self.elapsed_s > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says of one subject; the same rule and subject are one alert until it clears."""

    rule: str
    subject: str
    is_broken: bool
    value: float
    limit: float
    text: str


class _Rule(FrozenModel):
    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    severity: Literal["warning", "critical"] = "warning"

    def _finding(self, subject: str, value: float, limit: float, is_broken: bool, text: str) -> Finding:
        return Finding(self.name, subject, is_broken, value, limit, text)


class FailureShare(_Rule):
    """More than `above` of the episodes failed, once `min_episodes` are done."""

    kind: Literal["failure_share"] = "failure_share"
    above: Annotated[float, Field(ge=0.0, lt=1.0)]
    min_episodes: PositiveInt = 10
    per_scenario: bool = False  # judged for each scenario alone, when the run is over

    def findings(self, state: RunState) -> Iterator[Finding]:
        """One finding, or one a scenario; none while too little is done."""
        counts = {str(state.folder): (state.standing.failed, state.standing.done)}
        if self.per_scenario:
            counts = {f"{state.folder} {name}": pair for name, pair in state.failed_by_scenario.items()}
        for subject, (failed, of) in counts.items():
            if of and (of >= self.min_episodes or state.is_over):
                share, text = failed / of, f"{failed} of {of} episodes failed"
                yield self._finding(subject, share, self.above, share > self.above, text)


class PassRateDrop(_Rule):
    """The pass rate of a quality rule is more than `drop` below the median of the runs before."""

    kind: Literal["pass_rate_drop"] = "pass_rate_drop"
    quality_rule: str = "*"  # name or pattern
    drop: Share
    runs: PositiveInt = RUNS_COMPARED

    def findings(self, state: RunState) -> Iterator[Finding]:
        """One finding for each quality rule that earlier runs checked too."""
        for name in fnmatch.filter(state.pass_rates, self.quality_rule):
            earlier = [rates[name] for rates in state.earlier_rates[: self.runs] if name in rates]
            if not earlier:
                continue
            rate, limit = state.pass_rates[name], median(earlier) - self.drop
            text = f"{name} passes {rate:.4g}, median of {len(earlier)} earlier runs {median(earlier):.4g}"
            yield self._finding(f"{state.name} {name}", rate, limit, rate < limit, text)


class ThroughputDrop(_Rule):
    """The run simulates more than the share `drop` slower than the median of the runs before."""

    kind: Literal["throughput_drop"] = "throughput_drop"
    drop: Annotated[float, Field(gt=0.0, lt=1.0)]
    runs: PositiveInt = RUNS_COMPARED
    after_s: NonNegativeFloat = 60.0  # workers need time to start

    def findings(self, state: RunState) -> Iterator[Finding]:
        """One finding, once the run is old enough and there are earlier ones."""
        earlier = [pace for pace in state.earlier_paces[: self.runs] if pace > 0]
        if not earlier or state.standing.done == state.standing.resumed or state.elapsed_s < self.after_s:
            return
        limit = median(earlier) * (1.0 - self.drop)
        text = f"{state.pace:.3g} simulated h/s, median of {len(earlier)} earlier runs {median(earlier):.3g}"
        yield self._finding(state.name, state.pace, limit, state.pace < limit, text)


class DiskLow(_Rule):
    """Less than `below_gb` is free where the dataset is written."""

    kind: Literal["disk_low"] = "disk_low"
    below_gb: PositiveFloat

    def findings(self, state: RunState) -> Iterator[Finding]:
        """One finding."""
        free_gb = free_bytes(state.folder) / 1e9
        text = f"{free_gb:.2f} GB are free for {state.folder}"
        place = str(_existing(state.folder))
        yield self._finding(place, free_gb, self.below_gb, free_gb < self.below_gb, text)


type AlertRule = Annotated[
    FailureShare | PassRateDrop | ThroughputDrop | DiskLow, Field(discriminator="kind")
]


def free_bytes(folder: Path) -> int:
    """Free space where a folder is or will be [byte]."""
    return shutil.disk_usage(_existing(folder)).free


def _existing(folder: Path) -> Path:
    return next(one for one in (folder, *folder.parents) if one.exists())
