"""What alarms are worth in a year at one device."""

import pytest

from envirosense.learning.base_rates import DAYS_PER_YEAR, year_at_one_device, year_text
from envirosense.learning.intervals import Estimate, poisson_rate, proportion
from envirosense.learning.results import ScenarioResult

NOTHING = Estimate(None)


def row(scenario, n_events, n_detectable, hits):
    recall = proportion(hits, n_detectable)
    return ScenarioResult(scenario, 10, n_events, n_detectable, recall, NOTHING, NOTHING, NOTHING)


def test_events_of_a_year_are_weighed_by_their_rates_and_unseen_ones_are_missed() -> None:
    rows = [row("fire/a", 10, 5, 4), row("fault/b", 20, 20, 10), row("calm/c", 0, 0, 0)]
    year = year_at_one_device(rows, poisson_rate(2, 10.0), {"fire/a": 0.1, "fault/b": 1.0, "calm/c": 300.0})
    assert year is not None
    assert year.events == pytest.approx(1.1)
    assert year.alarmed == pytest.approx(0.1 * 0.8 * 0.5 + 1.0 * 0.5)
    assert year.false_alarms.value == pytest.approx(0.2 * DAYS_PER_YEAR)
    assert year.precision == pytest.approx(0.54 / (0.54 + 73.05))
    assert "1.1 of these events a year; 0.54 would be alarmed, beside 73" in year_text(year)


def test_rare_events_make_a_good_detector_look_as_it_is() -> None:
    rows = [row("fire/a", 100, 100, 95)]
    common, rare = (
        year_at_one_device(rows, poisson_rate(1, 30.0), {"fire/a": rate}) for rate in (100.0, 1e-4)
    )
    assert common is not None
    assert rare is not None
    assert common.precision > 0.85  # type: ignore[operator]
    assert rare.precision < 1e-4  # type: ignore[operator]


def test_without_known_rates_or_events_nothing_is_said() -> None:
    assert year_at_one_device([row("fire/a", 3, 3, 3)], poisson_rate(0, 1.0), {}) is None
    assert year_at_one_device([row("calm/c", 0, 0, 0)], poisson_rate(0, 1.0), {"calm/c": 365.0}) is None


def test_an_unresolved_rate_of_false_alarms_is_said_to_be_one() -> None:
    noted = Estimate(0.0, 0.0, 36.9, 0, "not resolved: 0.1 device-days")
    year = year_at_one_device([row("fire/a", 3, 3, 3)], noted, {"fire/a": 0.5})
    assert year is not None
    assert "not resolved" in year_text(year)
    unknown = year_at_one_device([row("fire/a", 3, 3, 3)], Estimate(None), {"fire/a": 0.5})
    assert unknown is not None
    assert unknown.precision is None
    assert year_text(unknown).endswith("events a year.")
