"""What `make bench-detect` counts, and the report and the page that it leaves."""

import json
import sys
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from envirosense.datasets.window_events import EventTable
from envirosense.datasets.windows import Windows
from envirosense.learning import metrics
from envirosense.pole.detectors.fire_alarm import FireAlarm

DETECT = Path(__file__).parents[2] / "benchmarks" / "detect"
MINUTE_S, DAY_WINDOWS = 60.0, 1440


def imported(name: str) -> Any:
    """A module of the benchmark."""
    sys.path.insert(0, str(DETECT))
    try:
        return import_module(name)
    finally:
        sys.path.remove(str(DETECT))


sets, task, report, gate, page = (imported(name) for name in ("sets", "task", "report", "gate", "page"))
PLACE = sets.Place("try", 9, 4)


def table(rows: list[tuple[str, int, str, str, float, float, float, float]]) -> EventTable:
    """Events: episode, id, type, scenario, onset, end, first seen, seen for; lit an hour after onset."""
    columns = [np.array(column) for column in zip(*rows, strict=True)] if rows else [np.empty(0)] * 8
    episode, event_id, kind, scenario, onset_s, end_s, first_s, seen_s = columns
    return EventTable(
        episode.astype(str), event_id.astype(np.int32), kind.astype(str), scenario.astype(str),
        episode.astype(str), onset_s, end_s, onset_s + 3600.0, first_s, seen_s,
    )  # fmt: skip


def cut(episodes: int, n: int, events: EventTable, prefix: str = "day") -> Windows:
    """Windows of a minute without readings, labelled by their events."""
    episode_id = np.repeat([f"{prefix}{at:02d}" for at in range(episodes)], n)
    tick = np.tile(np.arange(n), episodes)
    y, owner = np.full(len(tick), "normal", dtype="<U32"), np.full(len(tick), -1)
    for at in range(len(events)):
        inside = (episode_id == events.episode_id[at]) & (tick * MINUTE_S < events.clearance_s[at])
        inside &= (tick + 1) * MINUTE_S > events.onset_s[at]
        y[inside], owner[inside] = events.event_type[at], events.event_id[at]
    is_event = y != "normal"
    return Windows(
        x=np.empty((len(y), 6, 0), np.float32), baseline=np.empty((len(y), 0), np.float32), channels=(),
        units=(), dt_s=10.0, stride_s=MINUTE_S, y=y, event_id=owner.astype(np.int32),
        severity=is_event.astype(np.float32), time_to_ignition_s=np.full(len(y), np.nan), detectable=is_event,
        episode_id=episode_id, scenario=episode_id, category=episode_id, group=episode_id,
        start_tick=tick * 6, start_s=tick * MINUTE_S, events=events,
    )  # fmt: skip


def fires() -> Windows:
    """Four episodes of ten hours: a long fire, a short one, one nobody could see, and arcing."""
    hour = 3600.0
    return cut(4, 600, table([
        ("fire00", 0, "fire_precursor", "fire/a", 2 * hour, 8 * hour, 2.5 * hour, 9000.0),
        ("fire01", 0, "fire_active", "fire/a", 2 * hour, 8 * hour, 3 * hour, 240.0),
        ("fire02", 0, "fire_precursor", "fire/b", 2 * hour, 8 * hour, np.nan, 0.0),
        ("fire03", 0, "arcing", "electrical/c", 2 * hour, 8 * hour, 2 * hour, 600.0),
    ]), "fire")  # fmt: skip


def alarmed(windows: Windows, **rows: list[int]) -> np.ndarray:
    """Evidence of both halves, -1 but for the smoke of the named rows of an episode, (half, window)."""
    evidence = np.full((2, len(windows)), -1.0)
    for episode, places in rows.items():
        evidence[0, np.flatnonzero(windows.episode_id == episode)[places]] = 1.0
    return evidence


def test_only_fires_are_asked_for() -> None:
    asked = task.fire_task(fires())
    assert set(asked.y.tolist()) == {"normal", "fire"}
    assert set(asked.events.scenario.tolist()) == {"fire/a", "fire/b"}
    assert not asked.is_event[asked.episode_id == "fire03"].any()
    assert (asked.event_id[~asked.is_event] == -1).all()


def test_an_alarm_that_goes_on_is_one_until_half_an_hour_without_it() -> None:
    quiet_day = cut(2, DAY_WINDOWS, table([]))
    alarm = np.zeros(len(quiet_day), dtype=bool)
    alarm[100:220] = True  # two hours at a stretch
    alarm[[400, 429, 458]] = True  # each within half an hour of the one before
    alarm[DAY_WINDOWS + 5] = True
    quiet = metrics.quiet_windows(quiet_day)
    assert task.false_alarms(quiet_day, alarm, quiet) == 3
    assert metrics.count_false_alarms(quiet_day, alarm, quiet) == 4 + 2 + 1
    assert task.false_alarms(quiet_day, alarm, np.zeros_like(quiet)) == 0


@pytest.mark.parametrize("allowed", [0, 1, 3])
def test_margins_keep_the_false_alarms_of_each_half_within_what_is_allowed(allowed: int) -> None:
    days = cut(3, 300, table([]))
    evidence = np.random.default_rng(3).standard_normal((2, len(days)))
    alarm = FireAlarm()
    task.choose_margins(alarm, days, evidence, {"smoke": allowed, "heat": allowed})
    quiet = metrics.quiet_windows(days)
    for half, one in zip(alarm.heads, evidence, strict=True):
        assert task.false_alarms(days, one > alarm.margins[half], quiet) <= allowed
        assert alarm.margins[half] in one
    assert allowed or alarm.margins == {
        half: one.max() for half, one in zip(alarm.heads, evidence, strict=True)
    }


@pytest.fixture
def judged() -> tuple[Any, Windows, Windows, np.ndarray]:
    """Outcome over the four fires and three days, the windows of both, and the score of the days."""
    days, events = cut(3, DAY_WINDOWS, table([])), task.fire_task(fires())
    quiet_evidence = alarmed(days, day01=[10, 20, 900], day02=[7])
    evidence = alarmed(events, fire00=[160, 200], fire01=[30], fire02=[200], fire03=[200])
    alarm = FireAlarm()
    return (
        task.judged(alarm, days, quiet_evidence, events, evidence),
        days,
        events,
        alarm.score(quiet_evidence),
    )


def test_a_detector_is_judged_on_events_that_could_be_seen(judged: Any) -> None:
    one = judged[0]
    assert (one.n_asked, one.n_found, one.n_false, one.n_half_hours) == (2, 1, 3, 3)
    assert one.found.tolist() == [True, False, True]  # an alarm before the onset finds nothing
    assert one.asked.tolist() == [True, True, False]
    assert one.is_early.tolist() == [True, False, False]
    assert one.delay_s[0] == 161 * MINUTE_S - 2.5 * 3600.0
    assert one.lead_s[0] == 3 * 3600.0 - 161 * MINUTE_S


@pytest.fixture
def found(judged: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The report of that outcome, as the trained detector and as its control."""
    monkeypatch.setattr(report, "stored_level", {"fire/a": "easy", "fire/b": "hard"}.get)
    one, days, events, score = judged
    acts = (("normal/x",), ("normal/x", "lookalike/<b>"), ("normal/y",))
    jobs = [sets.Job(PLACE, names, at) for at, names in enumerate(acts)]
    made: dict[str, Any] = report.summary([one, one, one], events, days, score, jobs, sets.shares(acts))
    return made


def test_the_report_says_what_was_found(found: dict[str, Any]) -> None:
    trained = found["trained"]
    assert found["pole_months"] == pytest.approx(3 / sets.DAYS_PER_MONTH)
    assert trained["per_pole_month"] == pytest.approx(3 / found["pole_months"])
    assert trained["low"] < trained["per_pole_month"] < trained["high"]
    assert (trained["recall"], trained["events"]) == (0.5, 2)
    assert (trained["recall_low"], trained["recall_high"]) == (0.0, 1.0)  # two fires drawn again
    assert (trained["precursor_recall"], trained["precursors"]) == (1.0, 1)
    gate = trained["gate"]
    assert (gate["recall"], gate["events"]) == (1.0, 1)  # the precursor of fire/a; fire/b is hard
    assert (gate["all_found"], gate["all_events"]) == (1, 1)
    by_fire = trained["by_fire"]
    assert (by_fire["fires"], by_fire["recall"]) == (2, 0.5)
    assert (by_fire["ignited"], by_fire["before_ignition"]) == (2, 0.5)
    rows = {row["scenario"]: row for row in found["by_scenario"]}
    assert [(rows[name]["events"], rows[name]["asked"]) for name in ("fire/a", "fire/b")] == [(2, 2), (1, 0)]
    assert rows["fire/b"]["recall"] is None
    assert [row["asked"] for row in found["by_visible_time"]] == [1, 0, 0, 1]
    assert [row["recall"] for row in found["by_visible_time"]] == [0.0, None, None, 1.0]


def test_stages_of_one_fire_widen_the_interval() -> None:
    """Nine events of three fires, found together or not, tell no more than three."""
    asked, found = np.ones(9, dtype=bool), np.repeat([True, True, False], 3)
    nowhere = np.full(9, np.nan)
    one = task.Judged({}, 0, 0, asked, found, ~asked, nowhere, nowhere)
    alone = report._recall_interval(one, np.arange(9).astype(str))
    together = report._recall_interval(one, np.repeat(["a", "b", "c"], 3))
    assert together == (0.0, 1.0)
    assert alone[0] > 0.2
    assert alone[1] - alone[0] < 0.8


def test_the_report_names_days_with_false_alarms_and_what_happened_on_them(found: dict[str, Any]) -> None:
    days = found["false_alarm_days"]
    assert [(day["day"], day["false_alarms"]) for day in days] == [(1, 2), (2, 1)]
    assert found["false_alarm_days_with"] == {"normal/x": 1, "lookalike/<b>": 1, "normal/y": 1}


def test_the_report_is_plain_data_and_text(
    found: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report.write_report(tmp_path, found)
    assert json.loads((tmp_path / "report.json").read_text()) == found
    report.print_report(found)
    said = capsys.readouterr().out
    assert "of all events 0.500" in said
    assert "precursors 1.000" in said


class Balance(HTMLParser):
    """Counts open tags and collects text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(text: str) -> str:
    """Text of a page whose tags all close."""
    balance = Balance()
    balance.feed(text)
    assert not balance.open
    return " ".join("".join(balance.text).split())


def test_the_page_is_whole_and_stands_alone(found: dict[str, Any], tmp_path: Path) -> None:
    page.write_page(tmp_path / "report.html", found)
    source = (tmp_path / "report.html").read_text(encoding="utf-8")
    said = read(source)
    assert "http" not in source
    assert "<b>" not in source.partition("What the days were made of")[2]  # names are escaped
    for words in (
        "1 of 1 precursor", "3 false alarms", "fire/b", "Shuffled labels", "over 120 min", "lookalike/<b>",
        "Plain rules", "1 of 3 events could not be seen", "2 days of 3 had a false alarm",
        "prefers-color-scheme:dark",
    ):  # fmt: skip
        assert words in said


def test_the_page_tells_a_missed_gate(found: dict[str, Any]) -> None:
    missed = found["trained"] | {"gate": found["trained"]["gate"] | {"recall": 0.89}}
    said = read(page.render(found | {"trained": missed}))
    assert "Gate missed: recall below 90 %; more than 1 false alarm per pole-month; fewer than 20" in said
    good = found | {
        "pole_months": sets.months(round(20 * sets.DAYS_PER_MONTH)),
        "trained": found["trained"] | {"per_pole_month": 0.9},
    }
    assert gate.misses(good) == []
    assert "This run passes it" in read(page.render(good))


@pytest.mark.parametrize(
    ("recall_low", "high", "said"),
    [
        (0.91, 0.99, "This run passes it, with its 95 % intervals."),
        (0.87, 0.99, "of the 95 % intervals that of recall reaches past it."),
        (0.87, 1.48, "that of recall and that of false alarms reach past it."),
    ],
)
def test_a_passed_gate_says_which_intervals_reach_past_it(recall_low: float, high: float, said: str) -> None:
    one = {"gate": {"recall_low": recall_low}, "high": high}
    assert said in " ".join(gate.passed(one).split())


def test_the_page_of_a_run_without_events_or_false_alarms_is_whole(judged: Any) -> None:
    days = judged[1]
    none = np.full((2, len(days)), -1.0)
    unseen = task.fire_task(fires().select(fires().episode_id == "fire02"))
    one = task.judged(FireAlarm(), days, none, unseen, alarmed(unseen))
    jobs = [sets.Job(PLACE, ("normal/x",), at) for at in range(3)]
    calm = report.summary([one, one, one], unseen, days, none.max(axis=0), jobs, {"normal/x": 1.0})
    said = read(page.render(calm))
    assert "0 days of 3 had a false alarm" in said
    assert "0 of 0 precursors" in said
