"""What a detector's alarms would be worth at the frequencies of life.

A dataset holds rare things as often as common ones, so that a detector can learn them. Its precision says
little about a year at one device; base rates give that back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from envirosense.learning.intervals import Estimate
from envirosense.learning.results import ScenarioResult

DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class YearAtOneDevice:
    """Expected counts of a year, of the scenarios that were judged."""

    events: float
    alarmed: float  # of the events, by the recall of each scenario over all its events
    false_alarms: Estimate

    @property
    def precision(self) -> float | None:
        """Share of the alarms that would be true; None where nothing alarms."""
        false = self.false_alarms.value
        if false is None or self.alarmed + false <= 0.0:
            return None
        return self.alarmed / (self.alarmed + false)


def year_at_one_device(
    scenarios: Sequence[ScenarioResult], false_alarms_per_day: Estimate, per_year: Mapping[str, float]
) -> YearAtOneDevice | None:
    """A year at one device; None where no rate of a scenario with events is known.

    Args:
        scenarios: results by scenario; an event that no sensor could see counts as not alarmed.
        false_alarms_per_day: of the same detector.
        per_year: how often each scenario happens at one device, by id.
    """
    known = [row for row in scenarios if row.n_events and row.scenario in per_year]
    if not known:
        return None
    events = sum(per_year[row.scenario] for row in known)
    alarmed = sum(
        per_year[row.scenario] * (row.recall.value or 0.0) * row.n_detectable / row.n_events for row in known
    )
    false = false_alarms_per_day
    value, low, high = (
        None if x is None else DAYS_PER_YEAR * x for x in (false.value, false.low, false.high)
    )
    return YearAtOneDevice(events, alarmed, Estimate(value, low, high, false.n, false.note))


def year_text(year: YearAtOneDevice) -> str:
    """The year in a sentence."""
    false = year.false_alarms
    if false.value is None:
        return f"At their base rates one device would meet {year.events:.2g} of these events a year."
    sure = "" if not false.note else ", not resolved"
    interval = "" if false.low is None else f" ({false.low:.3g} to {false.high:.3g}{sure})"
    return (
        f"At their base rates one device would meet {year.events:.2g} of these events a year; "
        f"{year.alarmed:.2g} would be alarmed, beside {false.value:.3g}{interval} false alarms."
    )
