"""Measured difficulty: incidents, delays that are censored, levels, and the document."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from envirosense.core.errors import ConfigError
from envirosense.datasets.window_events import EventTable
from envirosense.datasets.windows import Windows
from envirosense.pole import difficulty, difficulty_levels
from envirosense.pole.difficulty import Incident, document, incidents, level_of, measured_difficulty, summary
from envirosense.pole.difficulty_levels import (
    measured_by,
    measured_row,
    outcome_text,
    shown_level,
    stored_document,
    stored_level,
)
from envirosense.pole.twin import PHYSICS_VERSION
from envirosense.scenarios import SCENARIOS

N = 60  # windows of a minute
NEVER = np.nan


def events(*rows):
    """Events from (onset, clearance, first detectable) [s]."""
    onset, clearance, first = np.array(rows, dtype=float).reshape(-1, 3).T
    n = len(onset)
    text = np.full(n, "e", dtype=np.str_)
    return EventTable(
        episode_id=text, event_id=np.arange(n, dtype=np.int32), event_type=text, scenario=text, group=text,
        onset_s=onset, clearance_s=clearance, ignition_s=np.full(n, np.nan), first_detectable_s=first,
        detectable_s=np.zeros(n),
    )  # fmt: skip


def windows(*rows):
    start = np.arange(N) * 60.0
    table = events(*rows)
    is_event = np.zeros(N, bool)
    for on, off, _ in rows:
        is_event |= (start + 60.0 > on) & (start < (off if np.isfinite(off) else np.inf))
    text = np.full(N, "e", dtype=np.str_)
    return Windows(
        x=np.zeros((N, 6, 0), np.float32), baseline=np.zeros((N, 0), np.float32), channels=(), units=(),
        dt_s=10.0, stride_s=60.0, y=np.where(is_event, "arcing", "normal"),
        event_id=np.where(is_event, 0, -1).astype(np.int32), severity=np.zeros(N, np.float32),
        time_to_ignition_s=np.full(N, np.nan), detectable=is_event, episode_id=text, scenario=text,
        category=text, group=text, start_tick=np.arange(N) * 6, start_s=start, events=table,
    )  # fmt: skip


def alarms(*at):
    """Alarms in the windows that are complete at these minutes."""
    raised = np.zeros(N, bool)
    raised[np.array(at, dtype=int) - 1] = True
    return raised


def test_delay_runs_from_the_first_sight_to_the_end_of_the_alarming_window():
    (one,) = incidents(windows((600.0, 3000.0, 900.0)), alarms(25))
    assert one == Incident(first_s=900.0, end_s=3000.0, alarm_s=1500.0)
    assert one.delay_s == 600.0
    assert one.difficulty == pytest.approx(600.0 / 2100.0)


def test_no_alarm_is_censored_at_the_end_and_counts_as_one():
    (one,) = incidents(windows((600.0, 3000.0, 900.0)), alarms())
    assert (one.delay_s, one.difficulty) == (2100.0, 1.0)


@pytest.mark.parametrize("minute", [5, 12, 55])
def test_alarms_before_the_first_sight_or_after_the_end_do_not_count(minute):
    (one,) = incidents(windows((600.0, 3000.0, 900.0)), alarms(minute))
    assert one.alarm_s is None


def test_an_alarm_that_stands_at_the_first_sight_has_no_delay():
    (one,) = incidents(windows((600.0, 3000.0, 900.0)), alarms(15))
    assert (one.delay_s, one.difficulty) == (0.0, 0.0)


def test_a_blow_that_is_over_at_once_is_found_by_the_window_that_holds_it():
    (one,) = incidents(windows((610.0, 620.0, 610.0)), alarms(11))
    assert one.delay_s == 50.0
    assert one.difficulty == pytest.approx(50.0 / 600.0)


def test_an_event_that_does_not_end_ends_with_the_episode():
    (one,) = incidents(windows((600.0, NEVER, 900.0)), alarms())
    assert one.end_s == N * 60.0


def test_what_no_sensor_sees_has_no_difficulty():
    (one,) = incidents(windows((600.0, 3000.0, NEVER)), alarms(20))
    assert (one.first_s, one.delay_s, one.difficulty) == (None, None, None)


def test_overlapping_events_are_one_incident_and_apart_ones_two():
    together = windows((600.0, 1500.0, NEVER), (1200.0, 3000.0, 1300.0), (1400.0, 1450.0, 1410.0))
    (one,) = incidents(together, alarms(40))
    assert (one.first_s, one.end_s, one.alarm_s) == (1300.0, 3000.0, 2400.0)
    apart = windows((2400.0, 3000.0, 2400.0), (600.0, 1200.0, 660.0))
    first, second = incidents(apart, alarms(45))
    assert first.alarm_s is None
    assert second.alarm_s == 2700.0


def test_summary_counts_what_it_says():
    found = summary(
        [
            (windows((600.0, 1200.0, 600.0)), alarms(11)),
            (windows((600.0, 1200.0, 600.0)), alarms(1, 2)),
            (windows((600.0, 1200.0, NEVER)), alarms()),
        ]
    )
    assert (found.n_events, found.n_incidents) == (3, 3)
    assert found.share_detectable == pytest.approx(2 / 3, abs=1e-4)
    assert found.share_found == 0.5
    assert found.median_delay_s == 0.5 * (60.0 + 600.0)
    assert found.difficulty == pytest.approx(0.5 * (0.1 + 1.0))
    assert found.false_alarm_share == pytest.approx(2 / (3 * 50), abs=1e-4)
    assert found.level == "hard"


def test_levels_have_fixed_edges():
    assert [level_of(4, d) for d in (0.0, 0.0999, 0.1, 0.4999, 0.5, 1.0)] == [
        "easy", "easy", "standard", "standard", "hard", "hard",
    ]  # fmt: skip
    assert level_of(0, None) == "no_events"
    assert level_of(3, None) == "not_detectable"


class Always:
    """Detector that is sure of one answer."""

    name, version, classes = "always", "1", ("normal", "arcing")

    def __init__(self, sure):
        self.sure = sure

    def fit(self, train, rng):
        return self

    def score(self, windows):
        return np.tile([1.0 - self.sure, self.sure], (len(windows), 1))


@pytest.fixture(scope="module")
def measured():
    names = ("electrical/tracking", "normal/diurnal_cycle")
    told = []
    found = {sure: measured_difficulty(names, Always(sure), 1, 5, told.append) for sure in (0.0, 1.0)}
    assert told == [*names, *names]
    return found


def test_a_deaf_detector_finds_all_hard_and_a_shouting_one_all_easy(measured):
    deaf, shouting = (measured[sure]["electrical/tracking"] for sure in (0.0, 1.0))
    assert deaf.share_found == 0.0
    assert (deaf.difficulty, deaf.level) == (1.0, "hard")
    assert shouting.share_found == 1.0
    assert shouting.level == "easy"
    assert (deaf.n_events, deaf.share_detectable) == (shouting.n_events, shouting.share_detectable)


def test_a_normal_day_has_no_difficulty_but_false_alarms(measured):
    quiet, loud = (measured[sure]["normal/diurnal_cycle"] for sure in (0.0, 1.0))
    assert (quiet.level, quiet.difficulty, quiet.n_events) == ("no_events", None, 0)
    assert (quiet.false_alarm_share, loud.false_alarm_share) == (0.0, 1.0)


def test_the_document_survives_yaml_and_says_how_it_was_measured(measured):
    whole = document(measured[1.0], Always(1.0), 1, 5)
    text = yaml.safe_dump(whole, sort_keys=False)
    assert yaml.safe_load(text) == whole
    assert whole["version"] == 3
    assert (whole["measured"]["seed"], whole["measured"]["draws"]) == (5, 1)
    assert text == yaml.safe_dump(document(measured[1.0], Always(1.0), 1, 5), sort_keys=False)


def test_levels_are_read_back_only_for_the_version_measured(measured, monkeypatch):
    whole = document(measured[1.0], Always(1.0), 1, 5)
    monkeypatch.setattr(difficulty_levels, "stored_document", lambda: whole)
    assert stored_level("electrical/tracking") == "easy"
    assert stored_level("fire/cellulose_pyrolysis") == "unmeasured"
    monkeypatch.setattr(SCENARIOS["electrical/tracking"], "version", 99)
    assert stored_level("electrical/tracking") == "unmeasured"
    assert shown_level(SCENARIOS["electrical/tracking"]) == "unmeasured"


def test_the_library_has_been_measured_as_it_is():
    whole = stored_document()
    assert whole["measured"]["physics_version"] == PHYSICS_VERSION
    assert whole["measured"]["edges"] == {name: edge for edge, name in difficulty_levels.EDGES}
    assert set(whole["scenarios"]) == set(SCENARIOS)
    for name, row in whole["scenarios"].items():
        assert row["scenario_version"] == SCENARIOS[name].version, name
        assert row["level"] == level_of(row["n_incidents"], row["difficulty"]) == stored_level(name), name


def test_the_page_of_detectors_shows_what_was_measured():
    expected = []
    for name, row in stored_document()["scenarios"].items():
        if row["difficulty"] is not None:
            seen = round(row["share_detectable"] * row["n_incidents"])
            found = round(row["share_found"] * seen)
            counts = f"{row['n_incidents']} | {seen} | {found} | {row['median_delay_s']:g} s"
            expected.append(f"| {name} | {counts} | {row['difficulty']:.3g} | {row['level']} |")
    page = (Path(__file__).parents[2] / "docs" / "detectors.md").read_text(encoding="utf-8")
    measured = page.split("## Measured")[1].splitlines()
    assert [line for line in measured if line.startswith("|") and "/" in line] == expected


def test_false_alarms_are_as_rare_as_the_page_of_detectors_says():
    rows = stored_document()["scenarios"]
    normal, alike = (
        {name: row["false_alarm_share"] for name, row in rows.items() if name.startswith(shelf)}
        for shelf in ("normal/", "lookalike/")
    )
    assert (len(normal), max(normal.values())) == (3, 0.0)
    assert (len(alike), alike["lookalike/fireworks"]) == (13, max(alike.values())) == (13, 0.0031)
    assert np.mean(list(alike.values())) == pytest.approx(4e-4, abs=5e-5)


def test_the_document_is_read_once(monkeypatch):
    first = stored_document()
    monkeypatch.setattr(difficulty_levels, "FILE", "gone.yaml")
    assert stored_document() is first


def test_what_was_measured_is_not_told_of_another_scenario_of_the_same_id():
    own = SCENARIOS["electrical/tracking"]
    same_id = type("Other", (own,), {"difficulty_level": "hard"})
    assert (measured_row(same_id), shown_level(same_id)) == (None, "hard")
    assert shown_level(own) == measured_row(own)["level"] == "easy"


def test_an_outcome_in_words_says_what_there_was_to_find():
    rows = stored_document()["scenarios"]
    texts = {name: outcome_text(rows[name]) for name in rows}
    fire = rows["fire/lignin_decomposition"]
    for number in (f"{fire['share_found']:.0%} of them found", f"{fire['median_delay_s']:g} s"):
        assert number in texts["fire/lignin_decomposition"]
    unseen = {"n_incidents": 16, "share_detectable": 0.0, "difficulty": None}
    assert outcome_text(unseen) == "0% of 16 incidents detectable"
    assert texts["lookalike/barbecue"].startswith("no event to find; false alarms in ")
    assert measured_by() == "reference_rules 1, 16 draws, version 3"


def test_the_reference_is_calibrated_on_draws_that_are_not_measured():
    detector = difficulty.calibrated_reference(3, n_days=1, day_s=3600.0)
    assert all(part.channels for part in detector.parts)


def test_nothing_drawn_is_refused():
    with pytest.raises(ConfigError, match="draws"):
        measured_difficulty(["electrical/tracking"], Always(0.0), 0)


def test_events_of_other_episodes_do_not_leak():
    base = windows((600.0, 1200.0, 600.0))
    assert incidents(replace(base, events=events()), alarms(11)) == ()
