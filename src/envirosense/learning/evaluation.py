"""Evaluation of fitted detectors on windows that they never saw."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import DatasetError
from envirosense.core.rng import stream
from envirosense.datasets.window_events import NORMAL
from envirosense.datasets.windows import Windows
from envirosense.learning import limits, metrics
from envirosense.learning.base_rates import year_at_one_device, year_text
from envirosense.learning.detectors import Detector
from envirosense.learning.examples import choose_examples
from envirosense.learning.intervals import Estimate, by_group, median_by_group, poisson_rate, proportion
from envirosense.learning.results import (
    RESOLVING_DEVICE_DAYS,
    ConfusionTable,
    DetectorResult,
    EvaluationReport,
    Exposure,
    ScenarioResult,
)

type Floats = npt.NDArray[np.float64]
type Bools = npt.NDArray[np.bool_]

_CURVE_POINTS = 160


@dataclass(frozen=True, slots=True)
class Entrant:
    """A fitted detector and the threshold chosen for it elsewhere."""

    role: str
    detector: Detector
    threshold: float


@dataclass(frozen=True, slots=True)
class Scored:
    """What an entrant says about the windows."""

    entrant: Entrant
    classes: Floats  # (window, class)
    score: Floats  # (window,)
    alarm: Bools
    quiet: Bools
    outcomes: metrics.Outcomes


def score_entrant(entrant: Entrant, windows: Windows) -> Scored:
    """Scores, alarms and event outcomes of one entrant."""
    classes = entrant.detector.score(windows)
    score = 1.0 - classes[:, entrant.detector.classes.index(NORMAL)]
    alarm = score > entrant.threshold
    quiet = metrics.quiet_windows(windows)
    return Scored(entrant, classes, score, alarm, quiet, metrics.event_outcomes(windows, alarm))


def evaluate_detectors(
    entrants: tuple[Entrant, ...],
    windows: Windows,
    *,
    seed: int,
    budget_per_device_day: float = 1.0,
    split: str = "test",
    provenance: Mapping[str, Any] | None = None,
    importances: Mapping[str, float] | None = None,
    threshold_device_days: float | None = None,
    seen_episodes: Collection[str] = (),
    per_year: Mapping[str, float] | None = None,
) -> EvaluationReport:
    """Every entrant on the same windows; the first is the model that examples and confusion are about.

    Args:
        entrants: fitted detectors with thresholds chosen on other windows.
        windows: held-out windows.
        seed: of the bootstrap.
        budget_per_device_day: false alarms that the thresholds were chosen for.
        split: name of the held-out split.
        provenance: facts that lead back to data, seeds and versions.
        importances: weight of each feature in the model.
        threshold_device_days: quiet time on which the thresholds were chosen [device-day].
        per_year: how often each scenario happens at one device, by id.
        seen_episodes: ids that fitting or the choice of thresholds used; those among the windows are counted.

    Raises:
        DatasetError: if there is nothing to evaluate.
    """
    if not len(windows):
        raise DatasetError(f"split {split!r} holds no windows; generate longer episodes or more groups")
    scored = tuple(score_entrant(entrant, windows) for entrant in entrants)
    exposure = measure_exposure(windows)
    judged = tuple(_judge(one, windows, seed) for one in scored)
    year = year_at_one_device(judged[0].by_scenario, judged[0].false_alarms_per_device_day, per_year or {})
    n_seen = len(set(windows.episode_id.tolist()) & set(seen_episodes))
    return EvaluationReport(
        split=split,
        budget_per_device_day=budget_per_device_day,
        exposure=exposure,
        detectors=judged,
        confusion=_confusion(scored[0], windows),
        examples=choose_examples(windows, scored[0].score, scored[0].alarm, scored[0].outcomes),
        importances=dict(importances or {}),
        limits=(
            *limits.seen_limits(n_seen, exposure.n_episodes),
            *limits.exposure_limits(exposure),
            *limits.threshold_limits(threshold_device_days, budget_per_device_day),
            *limits.early_limits(scored[0].outcomes, windows.events.detectable),
        ),
        provenance=dict(provenance or {}),
        n_seen_episodes=n_seen,
        in_life="" if year is None else year_text(year),
    )


def measure_exposure(windows: Windows) -> Exposure:
    """How much time, and how many events, the windows hold."""
    quiet = metrics.quiet_windows(windows)
    positive = windows.is_event & windows.detectable
    scored = int(positive.sum() + quiet.sum())
    events = windows.events
    return Exposure(
        n_episodes=len(np.unique(windows.episode_id)),
        n_groups=len(np.unique(windows.group)),
        n_windows=len(windows),
        n_quiet_windows=int(quiet.sum()),
        n_event_windows=int(windows.is_event.sum()),
        n_events=len(events),
        n_detectable_events=int(events.detectable.sum()),
        n_ignitions=int(np.isfinite(events.ignition_s).sum()),
        n_detectable_ignitions=int((events.detectable & np.isfinite(events.ignition_s)).sum()),
        quiet_device_days=metrics.device_days(windows, quiet),
        device_days=metrics.device_days(windows, np.ones(len(windows), dtype=bool)),
        prevalence=float(positive.sum() / scored) if scored else 0.0,
    )


def false_alarm_rate(windows: Windows, alarm: Bools, quiet: Bools) -> Estimate:
    """False alarms per device-day; marked where the exposure cannot resolve them."""
    days = metrics.device_days(windows, quiet)
    rate = poisson_rate(metrics.count_false_alarms(windows, alarm, quiet), days)
    if days >= RESOLVING_DEVICE_DAYS:
        return rate
    note = f"not resolved: {days:.2f} device-days without events, {RESOLVING_DEVICE_DAYS:g} needed"
    return Estimate(rate.value, rate.low, rate.high, rate.n, note)


def _judge(scored: Scored, windows: Windows, seed: int) -> DetectorResult:
    role, events, found = scored.entrant.role, windows.events, scored.outcomes
    seen = events.detectable
    lead_s = np.where(seen, found.lead_s, np.nan)
    used = scored.quiet | (windows.is_event & windows.detectable)
    positive = windows.is_event[used]
    lit = seen & np.isfinite(events.ignition_s)
    rng = stream(seed, "evaluation", role, "bootstrap")
    score = scored.score[used]
    return DetectorResult(
        role=role,
        name=scored.entrant.detector.name,
        threshold=_finite(scored.entrant.threshold),
        pr_auc=by_group(lambda w: metrics.average_precision(score, positive, w), windows.group[used], rng),
        recall=proportion(int((found.alarmed & seen).sum()), int(seen.sum())),
        false_alarms_per_device_day=false_alarm_rate(windows, scored.alarm, scored.quiet),
        delay_s=_median(found.delay_s, events.group, rng),
        lead_s=_median(lead_s, events.group, rng),
        alarmed_before_ignition=proportion(int((lead_s[lit] > 0).sum()), int(lit.sum())),
        curve=_curve(score, positive),
        delays_s=_known(found.delay_s),
        leads_s=_known(lead_s),
        by_scenario=tuple(_scenario(scored, windows, str(name), rng) for name in np.unique(windows.scenario)),
    )


def _scenario(scored: Scored, windows: Windows, scenario: str, rng: np.random.Generator) -> ScenarioResult:
    events, found = windows.events, scored.outcomes
    ours, here = events.scenario == scenario, windows.scenario == scenario
    seen = ours & events.detectable
    return ScenarioResult(
        scenario=scenario,
        n_episodes=len(np.unique(windows.episode_id[here])),
        n_events=int(ours.sum()),
        n_detectable=int(seen.sum()),
        recall=proportion(int((found.alarmed & seen).sum()), int(seen.sum())),
        delay_s=_median(found.delay_s[ours], events.group[ours], rng),
        lead_s=_median(found.lead_s[seen], events.group[seen], rng),
        false_alarms_per_device_day=false_alarm_rate(windows, scored.alarm & here, scored.quiet & here),
    )


def _median(values: Floats, group: npt.NDArray[np.str_], rng: np.random.Generator) -> Estimate:
    known = np.isfinite(values)
    return median_by_group(values[known], group[known], rng)


def _known(values: Floats) -> tuple[float, ...]:
    return tuple(np.sort(values[np.isfinite(values)]).tolist())


def _finite(threshold: float) -> float:
    return float(min(threshold, 1.0))  # no quiet window to choose on: never alarm


def _curve(score: Floats, positive: Bools) -> tuple[tuple[float, float], ...]:
    if not positive.any():
        return ()
    curve = metrics.precision_recall(score, positive)
    at = np.unique(np.linspace(0, len(curve.recall) - 1, _CURVE_POINTS).round().astype(int))
    return tuple(zip(curve.recall[at].tolist(), curve.precision[at].tolist(), strict=True))


def _confusion(scored: Scored, windows: Windows) -> ConfusionTable:
    """Classes said at the threshold: normal without an alarm, else the likeliest other class."""
    classes = scored.entrant.detector.classes
    others = [name for name in classes if name != NORMAL]
    columns = [classes.index(name) for name in others]
    likeliest = np.asarray(others)[scored.classes[:, columns].argmax(axis=1)]
    said = np.where(scored.alarm, likeliest, NORMAL)
    used = scored.quiet | (windows.is_event & windows.detectable)
    names = (NORMAL, *sorted((set(windows.y[used].tolist()) | set(others)) - {NORMAL}))
    counts = metrics.confusion(windows.y[used], said[used], names)
    return ConfusionTable(names, tuple(tuple(row) for row in counts.tolist()))
