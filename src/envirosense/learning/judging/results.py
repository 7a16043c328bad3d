"""What an evaluation of a model found, as frozen data that turns into JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from envirosense.learning.intervals import Estimate
from envirosense.learning.judging.ranking import Ranking
from envirosense.learning.judging.units import UnitOutcomes
from envirosense.learning.tasks import Metric

type Metrics = Mapping[Metric, Estimate]


@dataclass(frozen=True, slots=True, eq=False)
class SliceScore:
    """Metrics of the units of a class, a condition or an origin.

    Attributes:
        name: In words, such as `wind_speed_m_s 8 to 12 m/s`.
        variable: What it is a slice of: a condition, `class` or `origin`.
        n_units: Units in it.
    """

    name: str
    variable: str
    n_units: int
    metrics: Metrics
    chosen: npt.NDArray[np.bool_] | None = None  # of the units of the test set, (unit,)


@dataclass(frozen=True, slots=True)
class Reliability:
    """How often an alarm score came true, in bins of equal count.

    Attributes:
        score: Mean alarm score of each bin.
        share: Share of positive samples in it.
        n: Samples in it.
        error: Expected calibration error: mean distance of the two, weighted by `n`.
        brier: Mean squared distance of score and truth.
    """

    score: tuple[float, ...]
    share: tuple[float, ...]
    n: tuple[int, ...]
    error: float
    brier: float


@dataclass(frozen=True, slots=True, eq=False)
class ModelEvaluation:
    """One model on one frozen set of samples.

    Attributes:
        model_id: Content address, or a name for what is no stored model.
        test_hash: Of the samples.
        overall: Over all units; `accuracy` is of classes, the others of alarms.
        slices: Classes, conditions and origins apart.
        latency_ms: Median time to score one sample alone [ms].
        n_bytes: Size of the model file.
        units: What happened to each unit, for paired comparison; not stored.
        ranking: Alarm score of each sample, for the same; not stored.
    """

    task: str
    model_id: str
    test_hash: str
    n_samples: int
    n_units: int
    n_groups: int
    overall: Metrics
    slices: tuple[SliceScore, ...]
    reliability: Reliability
    latency_ms: float
    n_bytes: int
    limits: tuple[str, ...] = ()
    units: UnitOutcomes | None = None
    ranking: Ranking | None = None

    def value(self, metric: Metric) -> float | None:
        """Overall value of a metric; None where it is undefined."""
        return self.overall[metric].value

    def to_json(self) -> dict[str, Any]:
        """All of it as plain data, without what each unit and sample did."""
        slices = tuple(replace(one, chosen=None) for one in self.slices)
        told = asdict(replace(self, units=None, ranking=None, slices=slices))
        del told["units"], told["ranking"]
        for one in told["slices"]:
            del one["chosen"]
        return told


@dataclass(frozen=True, slots=True)
class Regression:
    """A gated metric that is worse than before by more than the task allows.

    Attributes:
        where: `overall`, or the name of a slice.
        fall: How much worse, relative to what it is held to; 0.06 is 6 %.
        held_to: The value before; of false alarms what the task allows, where that is more.
    """

    where: str
    metric: Metric
    before: float
    after: float
    fall: float
    held_to: float

    def __str__(self) -> str:
        base = "" if self.held_to == self.before else f" than the {self.held_to:.3f} allowed"
        place = "" if self.where == "overall" else f" in {self.where}"
        name = self.metric.replace("_", " ")
        return f"{name} {self.before:.3f} to {self.after:.3f}{place} ({self.fall:.0%} worse{base})"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A challenger against the running version on the same samples.

    Attributes:
        gains: Overall change of every metric, challenger less champion.
        regressions: What fell too far; empty where nothing did.
    """

    champion: str
    challenger: str
    gains: Mapping[Metric, float]
    regressions: tuple[Regression, ...]
