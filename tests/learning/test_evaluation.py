"""The evaluator: it must see skill, and must not see what is not there."""

import json
from dataclasses import replace

import numpy as np
import pytest

from envirosense.core.errors import DatasetError
from envirosense.learning.detectors import ThresholdDetector, alarm_score
from envirosense.learning.evaluation import Entrant, evaluate_detectors
from envirosense.learning.metrics import threshold_at_budget
from envirosense.learning.report import render_report, write_report
from envirosense.learning.results import EvaluationReport
from envirosense.learning.summary_table import comparison_table


def entrants(detectors, validation):
    return tuple(
        Entrant(role, one, min(threshold_at_budget(validation, alarm_score(one, validation), 1.0), 1.0))
        for role, one in detectors.items()
    )


@pytest.fixture(scope="module")
def report(fitted, validation_windows, test_windows):
    return evaluate_detectors(
        entrants(fitted, validation_windows),
        test_windows,
        seed=5,
        provenance={"dataset": "coin", "logical_hash": "f00d", "seed": 5, "versions": {"numpy": "2"}},
        importances=fitted["model"].importances(),
        threshold_device_days=0.1,
    )


def replaced(fitted, validation, windows, detector):
    return evaluate_detectors(entrants({"model": detector}, validation), windows, seed=5).model


class Noise(ThresholdDetector):
    """Scores drawn from nothing."""

    def score(self, windows):
        event = np.random.default_rng(7).uniform(size=len(windows))
        return np.stack([1 - event, event], axis=1)


class Constant(ThresholdDetector):
    """One score for all."""

    def score(self, windows):
        return np.full((len(windows), 2), 0.5)


def test_the_model_beats_guessing_beyond_its_interval(report):
    assert report.model.pr_auc.value > 0.95
    assert report.model.pr_auc.low > report.exposure.prevalence
    assert report.model.recall.value > 0.9


def test_noise_in_place_of_the_model_scores_as_guessing(fitted, validation_windows, test_windows, report):
    noise = replaced(fitted, validation_windows, test_windows, Noise())
    assert noise.pr_auc.low < report.exposure.prevalence + 0.1
    assert noise.pr_auc.high < report.model.pr_auc.low


def test_a_constant_in_place_of_the_model_catches_nothing(fitted, validation_windows, test_windows, report):
    constant = replaced(fitted, validation_windows, test_windows, Constant())
    assert constant.pr_auc.value == pytest.approx(report.exposure.prevalence)
    assert constant.recall.value == 0.0
    assert constant.delay_s.value is None
    assert constant.curve == ((1.0, pytest.approx(report.exposure.prevalence)),)


def test_shuffled_truth_takes_the_skill_away(fitted, validation_windows, test_windows, report):
    order = np.random.default_rng(8).permutation(len(test_windows))
    shuffled = evaluate_detectors(
        entrants(fitted, validation_windows), test_windows.relabelled(order), seed=5
    )
    assert abs(shuffled.model.pr_auc.value - shuffled.exposure.prevalence) < 0.1
    assert shuffled.model.pr_auc.value < report.model.pr_auc.low


def test_the_control_is_near_guessing(report):
    control = report.detector("control")
    assert control.pr_auc.value < report.exposure.prevalence + 0.35
    assert control.pr_auc.value < report.model.pr_auc.low


def test_delay_counts_from_the_first_detectable_instant(report, test_windows):
    seen = test_windows.events.detectable
    assert len(report.model.delays_s) == round(report.model.recall.value * seen.sum())
    assert report.model.delay_s.value == pytest.approx(np.median(report.model.delays_s))


def test_hidden_events_count_neither_way(report, test_windows):
    events = test_windows.events
    assert report.exposure.n_events == len(events)
    assert report.model.recall.n == events.detectable.sum() < len(events)
    hidden = len(events) - int(events.detectable.sum())
    assert any(limit.startswith(f"{hidden} of {len(events)} events were present") for limit in report.limits)


def test_short_exposure_is_not_resolved(report):
    assert not report.exposure.is_resolved
    for found in report.detectors:
        assert found.false_alarms_per_device_day.note.startswith("not resolved")
    assert report.limits[0].startswith("False-alarm rates are not resolved")


def test_scenarios_add_up(report):
    rows = report.model.by_scenario
    assert [row.scenario for row in rows] == ["normal/tails", "toss/heads"]
    assert sum(row.n_detectable for row in rows) == report.exposure.n_detectable_events
    assert rows[0].recall.value is None


def test_confusion_holds_every_scored_window(report, test_windows):
    total = sum(map(sum, report.confusion.counts))
    seen = (test_windows.is_event & test_windows.detectable).sum()
    assert total == report.exposure.n_quiet_windows + seen


def test_the_same_seed_gives_the_same_report(report, fitted, validation_windows, test_windows):
    again = evaluate_detectors(
        entrants(fitted, validation_windows), test_windows, seed=5, provenance=report.provenance,
        importances=report.importances, threshold_device_days=0.1,
    )  # fmt: skip
    assert again == report


def test_a_report_is_json(report, tmp_path):
    data = json.loads(report.write_json(tmp_path / "report.json").read_text())
    assert data["detectors"][0]["recall"]["n"] == report.model.recall.n
    assert isinstance(report, EvaluationReport)


def test_the_page_stands_alone(report, tmp_path):
    page = write_report(report, tmp_path / "report.html").read_text()
    assert "f00d" in page
    for outside in ("http:", "https:", "src=", "<link", "<script", "@import", "url("):
        assert outside not in page
    assert page.count("<svg") == page.count("</svg>") > 6


def test_the_page_escapes_names(report):
    page = render_report(replace(report, provenance={"dataset": "<script>alert(1)</script>"}))
    assert "<script" not in page


def test_episodes_without_events_can_be_reported(fitted, validation_windows, test_windows):
    quiet = test_windows.select(test_windows.scenario == "normal/tails")
    found = evaluate_detectors(entrants(fitted, validation_windows), quiet, seed=5)
    assert found.model.recall.value is None
    assert found.model.pr_auc.value is None
    assert "No scenario held a detectable event" in render_report(found)


def test_nothing_to_evaluate_is_an_error(fitted, validation_windows, test_windows):
    none = test_windows.select(np.zeros(len(test_windows), bool))
    with pytest.raises(DatasetError, match="holds no windows"):
        evaluate_detectors(entrants(fitted, validation_windows), none, seed=5)


def test_the_table_names_all_three(report):
    from rich.console import Console

    console = Console(width=160, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(comparison_table(report))
    text = console.export_text()
    console.file.close()
    for name in ("Trained model", "Plain threshold", "Shuffled labels", "not resolved"):
        assert name in text


class Always(ThresholdDetector):
    """Alarms whatever happens."""

    def score(self, windows):
        return np.tile([0.0, 1.0], (len(windows), 1))


def test_a_chance_alarm_in_a_hidden_event_gains_no_time(test_windows):
    events = test_windows.events
    lit = replace(events, ignition_s=events.onset_s + 300.0)  # hidden ones ignite as well
    always = (Entrant("model", Always(), 0.5),)
    found = evaluate_detectors(always, replace(test_windows, events=lit), seed=5)
    n_seen = int(events.detectable.sum())
    assert n_seen < len(events)
    assert len(found.model.leads_s) == found.model.lead_s.n == n_seen
    assert sum(row.lead_s.n for row in found.model.by_scenario) == n_seen


def test_alarms_before_any_sensor_could_see_the_event_are_counted(test_windows, report):
    events = test_windows.events
    late = replace(events, first_detectable_s=events.first_detectable_s + 600.0)
    always = (Entrant("model", Always(), 0.5),)
    found = evaluate_detectors(always, replace(test_windows, events=late), seed=5)
    n_seen = int(events.detectable.sum())
    assert any(limit.startswith(f"{n_seen} of {n_seen} alarmed events were") for limit in found.limits)
