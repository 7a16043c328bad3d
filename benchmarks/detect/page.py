"""What `make bench-detect` found, as one self-contained page."""

from collections.abc import Mapping
from html import escape
from importlib.resources import files
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

from gate import LEAST_MONTHS, LEAST_RECALL, MOST_PER_MONTH, is_long, misses, passed
from page_parts import Cell, bar, fact, notes, table
from sets import DAYS_PER_MONTH

from envirosense.learning.intervals import proportion
from envirosense.learning.wording import counted, duration

NAMES: Final = {"trained": "Fire alarm", "plain rules": "Plain rules", "shuffled labels": "Shuffled labels"}
WHY: Final = {
    "trained": "what this page is about",
    "plain rules": "hot spot and smoke by the reference rules",
    "shuffled labels": "the same learner on windows with the answers of others; must not find fires",
}
HOW: Final = (
    "Every episode is simulated anew: a tick and a thermal picture every 10 s, the sensors of the device as "
    "it is sold. No reading is kept; an episode becomes windows of a minute, is scored and dropped.",
    "Training, tuning and test stand on sites of their own.",
    "Every episode is ordinary life: a course of the day, with weather, look-alikes, and trouble of the line "
    "and of the device as often as base rates and durations say, several at once where that happens. What "
    "began on an earlier day is acted as if it began now. No line is in trouble on a day with a fire.",
    "All places live through hours of the one typical year that ships with pvlib, at sites of their own.",
    "Training: days with a fire of each kind and days without; six-hour spells with more fires, and with "
    "look-alikes, weather and faults of the device oftener than they are met. A fire teaches the half of the "
    "alarm (smoke, heat) whose sensors could see it.",
    "Tuning: days without a fire set how much evidence each half needs. Nothing is chosen on the test.",
    "A fire is drawn out over its day: an early combustion that takes an hour elsewhere smoulders for some "
    "hours here, which makes it easier to see.",
    "An alarm in a window without a fire is false, also while the line is in trouble. Alarms closer than "
    "half an hour are one. The half hour after a fire is left out.",
    "A fire has up to four events: anomaly, pyrolysis, smoulder, flame. Recall is over events that at least "
    "one sensor could see for a minute: it counts each moment in whose last minute ten seconds stand above "
    "the detection limit, by the sensor's own noise and the scatter of its channel. An event is found "
    "if an alarm falls within it. Their interval comes from drawing whole fires again; the other intervals "
    "are exact. All are 95 %.",
)


def write_page(path: Path, report: Mapping[str, Any]) -> None:
    """Write the page of a report that `report.summary` made."""
    path.write_text(render(report), encoding="utf-8")


def render(report: Mapping[str, Any]) -> str:
    """HTML page without any outside file."""
    style = (files("envirosense.learning") / "report.css").read_text(encoding="utf-8")
    body = "".join((
        _header(report), _facts(report), _control(report), _scenarios(report), _not_asked(report),
        _visible_time(report), _false_days(report), _mix(report), f"<h2>How it was done</h2>{notes(HOW)}",
    ))  # fmt: skip
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Fire alarm report</title><style>{style}td svg{{width:190px;margin-left:auto}}"
        "td.words,th.words{text-align:left;white-space:normal}</style></head>"
        f"<body><main>{body}</main></body></html>\n"
    )


def _header(report: Mapping[str, Any]) -> str:
    one, missed = report["trained"], misses(report)
    gate = one["gate"]
    n_found = round((gate["recall"] or 0.0) * gate["events"])
    title = (
        f"{n_found} of {counted(gate['events'], 'precursor')} that a sensor could see raised an alarm, with "
        f"{counted(one['false_alarms'], 'false alarm')} in {report['pole_months']:.0f} pole-months"
    )
    notice = f'<p class="notice">Gate missed: {escape("; ".join(missed))}.</p>' if missed else ""
    return (
        '<header><p class="kicker">EnviroSense fire alarm · make bench-detect</p>'
        f'<h1>{escape(title)}</h1>{notice}<p class="lede">The gate: at least {100 * LEAST_RECALL:.0f}\u00a0% '
        "of the precursors of fire that a sensor could see for a minute, of scenarios of standard difficulty "
        f"or easier, at no more than {MOST_PER_MONTH:g} false alarm per pole-month, over {LEAST_MONTHS:g} "
        "pole-months of ordinary life or more. "
        f"{'' if missed else passed(one)}"
        "All episodes are simulated, on sites that neither training nor tuning has seen.</p></header>"
    )


def _facts(report: Mapping[str, Any]) -> str:
    one, n_months = report["trained"], report["pole_months"]
    fires = one["by_fire"]
    gate = one["gate"]
    is_found = gate["recall"] is not None and gate["recall"] >= LEAST_RECALL
    is_quiet = one["per_pole_month"] is not None and one["per_pole_month"] <= MOST_PER_MONTH
    facts = (
        (
            "Recall of precursors",
            share(gate["recall"]),
            f"{_recall(gate)[1]} of {gate['events']}; gate ≥ {100 * LEAST_RECALL:.0f}\u00a0%",
            is_found,
        ),
        (
            "False alarms per pole-month",
            _rate(one)[0],
            f"{_rate(one)[1]}; gate ≤ {MOST_PER_MONTH:g}",
            is_quiet,
        ),
        (
            "Pole-months without a fire",
            f"{n_months:.1f}",
            f"{_n_days(report):,} days; gate ≥ {LEAST_MONTHS:g}",
            is_long(report),
        ),
        ("Delay of the alarm, median", duration(one["median_delay_s"]), "after a sensor could see it", True),
        (
            "Lead before ignition, median",
            duration(one["median_lead_s"]),
            "of those that ignited and were found",
            True,
        ),
        (
            "Fires found",
            share(fires["recall"]),
            f"{_interval(fires['low'], fires['high'])} of {fires['fires']}",
            True,
        ),
        (
            "Fires found before ignition",
            share(fires["before_ignition"]),
            f"{_interval(fires['before_low'], fires['before_high'])} of {fires['ignited']} that ignited",
            True,
        ),
        (
            "All events found",
            share(one["recall"]),
            f"{_recall(one)[1]} of {one['events']}, hard ones too",
            True,
        ),
    )
    return f'<section class="facts">{"".join(fact(*one) for one in facts)}</section>'


def _control(report: Mapping[str, Any]) -> str:
    heads = (
        "Detector", "Recall", "False alarms per pole-month", "False half hours", "Delay, median",
        "Lead, median",
    )  # fmt: skip
    rows = [
        (
            (NAMES[role], WHY[role]),
            _recall(report[role]),
            _rate(report[role]),
            (str(report[role]["false_half_hours"]), ""),
            (duration(report[role]["median_delay_s"]), ""),
            (duration(report[role]["median_lead_s"]), ""),
        )
        for role in NAMES
    ]
    margins = ", ".join(f"{half} {value:.2f}" for half, value in report["trained"]["margins"].items())
    return (
        "<h2>Beside plain rules and shuffled labels</h2>"
        '<p class="sub">All had their margins set on the same tuning days. A false half hour: an alarm that '
        "lasts is counted again every half hour. Margins of the fire alarm, in natural log odds: "
        f"{escape(margins)}.</p>{table(heads, rows)}"
    )


def _scenarios(report: Mapping[str, Any]) -> str:
    heads = (
        "Scenario", "Events", "Asked for", "Recall", "0 to 1, 95 % interval", "Delay, median", "Lead, median",
    )  # fmt: skip
    rows = [
        (
            (row["scenario"], ""),
            (str(row["events"]), ""),
            (str(row["asked"]), ""),
            _recall(row, "low", "high"),
            bar(row["recall"], row["low"], row["high"], LEAST_RECALL),
            (duration(row["median_delay_s"]), ""),
            (duration(row["median_lead_s"]), ""),
        )
        for row in report["by_scenario"]
    ]
    return (
        "<h2>By scenario</h2>"
        '<p class="sub">Asked for: events that some sensor could see for a minute. The dashed line is the '
        "gate; it holds for all of them together. Delay and lead are over the events that were found. The "
        "events of one fire are found together, so these intervals are too narrow.</p>" + table(heads, rows)
    )


def _not_asked(report: Mapping[str, Any]) -> str:
    unseen = {row["scenario"]: row["events"] - row["asked"] for row in report["by_scenario"]}
    every = sum(row["events"] for row in report["by_scenario"])
    each = ", ".join(f"{escape(name)} {n}" for name, n in unseen.items() if n)
    return (
        "<h2>What is not asked for</h2>"
        f"<p>{sum(unseen.values())} of {counted(every, 'event')} could not be seen by any sensor for a "
        "minute: the wind carried the smoke elsewhere, and the camera looks another way or the heat is too "
        f"little. Their labels say so.{f' {each}.' if each else ''}</p>"
    )


def _visible_time(report: Mapping[str, Any]) -> str:
    found, rows = report["by_visible_time"], []
    for row, after in zip_longest(found, found[1:]):
        began = f"{row['from_s'] / 60:g}"
        name = f"{began} to {after['from_s'] / 60:g} min" if after else f"over {began} min"
        exact = proportion(round((row["recall"] or 0.0) * row["asked"]), row["asked"])
        recall = {"recall": exact.value, "low": exact.low, "high": exact.high}
        drawn = bar(exact.value, exact.low, exact.high, LEAST_RECALL)
        rows.append(((name, ""), (str(row["asked"]), ""), _recall(recall, "low", "high"), drawn))
    return (
        "<h2>By visible time</h2>"
        '<p class="sub">How long the sensor that saw an event longest could see it.</p>'
        + table(("Visible for", "Asked for", "Recall", "0 to 1, 95 % interval"), rows)
    )


def _false_days(report: Mapping[str, Any]) -> str:
    days = report["false_alarm_days"]
    said = f"{counted(len(days), 'day')} of {_n_days(report):,} had a false alarm."
    if not days:
        return f"<h2>False alarms</h2><p>{said}</p>"
    rows = [
        ((f"Day {one['day']}", ""), (str(one["false_alarms"]), ""), (", ".join(one["acts"]), ""))
        for one in days
    ]
    return (
        f'<h2>False alarms</h2><p class="sub">{said} What happened need not be what raised the alarm.</p>'
        + table(("Day", "False alarms", "What happened"), rows, words=2)
    )


def _mix(report: Mapping[str, Any]) -> str:
    with_false, n_false = report["false_alarm_days_with"], len(report["false_alarm_days"])
    rows = [
        ((name, ""), (_per_cent(of_days), ""), (str(with_false.get(name, 0)) if n_false else "–", ""))
        for name, of_days in sorted(report["mix_of_days"].items(), key=lambda one: -one[1])
    ]
    return (
        "<h2>What the days were made of</h2>"
        '<p class="sub">Each day has one ordinary course; all else is met as often as its rate and '
        "duration say. The last column counts the days with a false alarm.</p>"
        + table(("Scenario", "Share of all days", "Days with a false alarm"), rows)
    )


def share(value: float | None) -> str:
    """A proportion in per cent."""
    return "–" if value is None else f"{100 * value:.1f} %"


def _interval(low: float | None, high: float | None) -> str:
    return "–" if low is None or high is None else f"{100 * low:.0f} to {100 * high:.0f} %"


def _recall(one: Mapping[str, Any], low: str = "recall_low", high: str = "recall_high") -> Cell:
    if one["recall"] is None or one[low] is None or one[high] is None:
        return share(one["recall"]), ""
    return share(one["recall"]), f"{100 * one[low]:.0f} to {100 * one[high]:.0f} %"


def _rate(one: Mapping[str, Any]) -> Cell:
    if one["per_pole_month"] is None:
        return "–", ""
    return f"{one['per_pole_month']:.2f}", f"{one['low']:.2f} to {one['high']:.2f}"


def _per_cent(value: float) -> str:
    return f"{100 * value:.2g} %" if value < 0.1 else f"{100 * value:.0f} %"


def _n_days(report: Mapping[str, Any]) -> int:
    n_months: float = report["pole_months"]
    return round(n_months * DAYS_PER_MONTH)
