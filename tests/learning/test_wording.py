"""What a report says, above all when there is little or nothing to say."""

import re
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from envirosense.learning.detectors import ThresholdDetector
from envirosense.learning.evaluation import Entrant, evaluate_detectors
from envirosense.learning.glossary import meanings
from envirosense.learning.intervals import Estimate, proportion
from envirosense.learning.report import render_report
from envirosense.learning.report_charts import confusion_chart, example_chart
from envirosense.learning.results import ConfusionTable, Example, Trace
from envirosense.learning.summary_table import comparison_table
from envirosense.learning.wording import guessing_text, lead_text, outcome_text, small_sample_text


@pytest.fixture(scope="module")
def rule(train_windows):
    return ThresholdDetector().fit(train_windows, np.random.default_rng(0))


@pytest.fixture(scope="module")
def report(rule, test_windows):
    roles = ("model", "threshold", "control")
    return evaluate_detectors(tuple(Entrant(role, rule, 0.9) for role in roles), test_windows, seed=1)


@pytest.fixture(scope="module")
def quiet(rule, test_windows):
    calm = test_windows.select(test_windows.scenario == "normal/tails")
    return evaluate_detectors((Entrant("model", rule, 0.9),), calm, seed=1)


def judged(report, recall, delay_s=None):
    model = replace(report.model, recall=recall, delay_s=Estimate(delay_s))
    return replace(report, detectors=(model, *report.detectors[1:]))


def printed(report):
    console = Console(width=160, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(comparison_table(report))
    console.file.close()
    return console.export_text()


@pytest.mark.parametrize(
    ("recall", "delay_s", "said"),
    [
        (proportion(0, 0), None, "No sensor could see an event in the split test: "
                                   "there was nothing to detect"),
        (proportion(0, 1), None, "The one detectable event raised no alarm"),
        (proportion(0, 9), None, "None of 9 detectable events raised an alarm"),
        (proportion(1, 1), 30.0, "The one detectable event raised an alarm, "
                                  "30 s after a sensor could first see it"),
        (proportion(7, 9), 180.0, "7 of 9 detectable events raised an alarm, "
                                  "typically 3.0 min after a sensor could first see them"),
        (proportion(7, 9), -60.0, "7 of 9 detectable events raised an alarm, "
                                  "typically 60 s before a sensor could first see them"),
        (proportion(7, 9), 0.0, "7 of 9 detectable events raised an alarm, "
                                "typically as soon as a sensor could first see them"),
    ],
)  # fmt: skip
def test_the_outcome_is_a_sentence_whatever_was_found(report, recall, delay_s, said):
    assert outcome_text(judged(report, recall, delay_s)).replace("\u00a0", " ") == said


@pytest.mark.parametrize(
    ("events", "sites", "said"),
    [
        (1, 1, "Too small to judge: 1 detectable event on 1 site"),
        (4, 9, "Too small to judge: 4 detectable events on 9 sites"),
        (50, 2, "Too small to judge: 50 detectable events on 2 sites"),
        (5, 3, ""),
    ],
)
def test_a_small_sample_is_said_in_page_and_table(report, events, sites, said):
    exposure = replace(report.exposure, n_detectable_events=events, n_groups=sites)
    small = replace(report, exposure=exposure)
    assert small_sample_text(exposure) == said
    for text in (render_report(small), printed(small)):
        assert ("Too small to judge" in text) == bool(said)
        assert said in text


def test_nothing_to_detect_leaves_no_dash_in_a_sentence(quiet):
    page = render_report(quiet)
    assert "Too small to judge: 0 detectable events on" in re.search("<h1>(.*?)</h1>", page)[1]
    for said in (
        "no ignition to warn of",
        "No window of a detectable event",
        "No event that a sensor could see",
    ):
        assert said in page
    assert "– of" not in page
    assert "typically –" not in page
    assert "PR-AUC of 0" not in printed(quiet)
    assert guessing_text(quiet.exposure) == "no window of a detectable event to rank"


def test_an_ignition_out_of_sight_is_told_apart_from_none(report):
    exposure = replace(report.exposure, n_ignitions=1, n_detectable_ignitions=0)
    model = replace(report.model, alarmed_before_ignition=proportion(0, 0), lead_s=Estimate(None))
    hidden = replace(report, exposure=exposure, detectors=(model,))
    assert lead_text(hidden) == "no ignition to warn of; 1 ignited undetectably"
    late = replace(hidden, detectors=(replace(model, alarmed_before_ignition=proportion(0, 2)),))
    assert lead_text(late) == "0 of 2 ignitions alarmed before"


def test_long_class_names_are_broken_and_never_cut():
    chart = confusion_chart(ConfusionTable(("normal", "fire_precursor_of_something"), ((5, 1), (2, 3))))
    assert "…" not in chart
    for part in ("fire_", "precursor_", "of_", "something"):
        assert chart.count(f">{part}</text>") == 2


def test_marks_of_an_example_leave_the_names_clear():
    traces = tuple(Trace(name, "degC", (1.0, 2.0)) for name in ("a", "b"))
    example = Example("id", "s/x", "missed", (60.0, 120.0), (0.1, 0.9), 70.0, 80.0, 90.0, 100.0, traces)
    chart = example_chart(example, 0.5)
    lines = [
        (float(y1), float(y2))
        for y1, y2 in re.findall(r'class="mark \w+" x1="\S+" y1="(\S+)" x2="\S+" y2="(\S+)"', chart)
    ]
    names = [float(y) for y in re.findall(r'class="note" x="8" y="(\S+)"', chart)]
    assert len(names) == 3
    assert len(lines) == 12
    assert all(bottom <= y - 12 or top >= y + 3 for y in names for top, bottom in lines)
    assert "a [°C]" in chart


def test_generic_words_are_explained_and_others_left_alone():
    found = meanings({"aim_east", "p99_9", "cam", "max_rise"})
    assert list(found) == ["p99_9", "max_rise", "…_east"]


def test_every_cell_of_the_page_names_its_column(report):
    page = render_report(report)
    assert page.count("<td ") == page.count("<td data-head=") > 18
    assert "<td>" not in page
