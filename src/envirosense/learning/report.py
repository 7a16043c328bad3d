"""The evaluation as one self-contained page."""

from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Final

from envirosense.datasets.files import write_whole
from envirosense.learning import report_charts as charts
from envirosense.learning.intervals import Estimate
from envirosense.learning.results import DetectorResult, EvaluationReport, ScenarioResult

ROLES: Final = {"model": "Trained model", "threshold": "Plain threshold", "control": "Shuffled labels"}
_WHY: Final = {
    "model": "what this report is about",
    "threshold": "greatest departure from the episode's own baseline",
    "control": "the same learner on permuted labels; must guess",
}
_MARKS: Final = {
    "onset": "onset of the cause",
    "detectable": "a sensor could see it",
    "alarm": "first alarm",
    "ignition": "ignition",
    "budget": "alarm threshold",
}


def write_report(report: EvaluationReport, path: Path) -> Path:
    """The path, after writing the page to it."""
    write_whole(path, render_report(report).encode())
    return path


def render_report(report: EvaluationReport) -> str:
    """HTML page without any outside file."""
    style = (files("envirosense.learning") / "report.css").read_text(encoding="utf-8")
    body = "".join((
        _header(report), _facts(report), _comparison(report), _ranking(report), _times(report),
        _scenarios(report), _examples(report), _inside(report), _limits(report), _provenance(report),
    ))  # fmt: skip
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Detector report</title><style>{style}</style></head>"
        f"<body><main>{body}</main></body></html>\n"
    )


def share(found: Estimate) -> str:
    """A proportion in per cent."""
    return "–" if found.value is None else f"{100 * found.value:.0f} %"


def duration(seconds: float | None) -> str:
    """A time in the unit a person would use."""
    if seconds is None:
        return "–"
    size = abs(seconds)
    if size < 120:
        shown = f"{size:.0f}\u00a0s"
    else:
        shown = f"{size / 60:.1f}\u00a0min" if size < 7200 else f"{size / 3600:.1f}\u00a0h"
    return f"−{shown}" if seconds < 0 and not shown.startswith("0\u00a0") else shown


def interval_text(found: Estimate, form: str) -> str:
    """Interval of an estimate as a `share`, a `time` or a plain number, or why there is none."""
    if found.low is None or found.high is None:
        return found.note or "no interval"
    if form == "share":
        return f"{100 * found.low:.0f} to {100 * found.high:.0f} %"
    if form == "time":
        return f"{duration(found.low)} to {duration(found.high)}"
    return f"{found.low:.2f} to {found.high:.2f}"


def _header(report: EvaluationReport) -> str:
    model, seen = report.model, report.exposure
    caught = "–" if model.recall.value is None else str(round(model.recall.value * model.recall.n))
    return (
        f'<header><p class="kicker">EnviroSense detector report · split {escape(report.split)}</p>'
        f"<h1>{caught} of {model.recall.n} detectable events raised an alarm, "
        f"typically {duration(model.delay_s.value)} after a sensor could first see them</h1>"
        f'<p class="lede">{seen.n_episodes} simulated episodes of {seen.n_groups} groups{_novelty(report)}: '
        f"{seen.device_days:.2f} device-days, {seen.n_events} events. The alarm threshold was chosen for "
        f"{report.budget_per_device_day:g} false alarm per device-day.</p></header>"
    )


def _novelty(report: EvaluationReport) -> str:
    n_seen, n = report.n_seen_episodes, report.exposure.n_episodes
    if n_seen:
        return f", {n_seen} of the {n} used for fitting or for the threshold"
    return " that neither fitting nor the choice of the threshold ever saw"


def _facts(report: EvaluationReport) -> str:
    model, chance = report.model, report.exposure.prevalence
    delay = model.delay_s
    alarms = model.false_alarms_per_device_day
    resolved = alarms.is_resolved
    rate = "–" if alarms.value is None else f"{alarms.value:.2f}"
    return "".join((
        '<section class="facts">',
        _fact("Recall of detectable events", share(model.recall), interval_text(model.recall, "share")),
        _fact("Delay of the alarm, median", duration(delay.value), interval_text(delay, "time")),
        _fact(
            "Alarm before ignition, median",
            duration(model.lead_s.value),
            f"{interval_text(model.lead_s, 'time')}; {share(model.alarmed_before_ignition)} of "
            f"{model.alarmed_before_ignition.n} ignitions alarmed before",
        ),
        _fact(
            "Area under precision-recall",
            value_text(model.pr_auc),
            f"{interval_text(model.pr_auc, '')}; guessing {chance:.2f}",
        ),
        _fact(
            "False alarms per device-day",
            rate if resolved else "not resolved",
            f"{interval_text(alarms, '')}; {alarms.n} in {report.exposure.quiet_device_days:.2f} quiet days",
            "" if resolved else "open",
        ),
        "</section>",
    ))  # fmt: skip


def value_text(found: Estimate) -> str:
    """Value of an estimate with two decimals."""
    return "–" if found.value is None else f"{found.value:.2f}"


def _fact(what: str, value: str, below: str, kind: str = "") -> str:
    return (
        f'<div class="fact {kind}"><span class="what">{escape(what)}</span><b>{escape(value)}</b>'
        f"<span>{escape(below)}</span></div>"
    )


def _cell(value: str, below: str, kind: str = "") -> str:
    return f'<td class="{kind}">{escape(value)}<small>{escape(below)}</small></td>'


def _comparison(report: EvaluationReport) -> str:
    heads = (
        "Detector", "Area under precision-recall", "Recall of detectable events",
        "False alarms per device-day", "Delay, median", "Lead before ignition, median",
    )  # fmt: skip
    rows = "".join(_comparison_row(found) for found in report.detectors)
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    return (
        "<h2>Beside a plain rule and a control</h2>"
        '<p class="sub">A model is worth its keep if it beats the plain threshold, and is honest if the same '
        "learner on shuffled labels falls to guessing. Small print: 95 % intervals.</p>"
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _comparison_row(found: DetectorResult) -> str:
    alarms = found.false_alarms_per_device_day
    return (
        f'<tr class="{"lead" if found.role == "model" else ""}"><td><i class="swatch {found.role}"></i>'
        f"{ROLES[found.role]}<small>{escape(_WHY[found.role])}</small></td>"
        + _cell(value_text(found.pr_auc), interval_text(found.pr_auc, ""))
        + _cell(share(found.recall), interval_text(found.recall, "share"))
        + _cell(value_text(alarms), interval_text(alarms, "") + (" · not resolved" if alarms.note else ""))
        + _cell(duration(found.delay_s.value), interval_text(found.delay_s, "time"))
        + _cell(duration(found.lead_s.value), interval_text(found.lead_s, "time"))
        + "</tr>"
    )


def _key() -> str:
    items = "".join(f'<li><i class="swatch {role}"></i>{name}</li>' for role, name in ROLES.items())
    return f'<ul class="key">{items}</ul>'


def _panel(title: str, below: str, chart: str) -> str:
    return f'<div class="panel"><h3>{escape(title)}</h3><p class="sub">{escape(below)}</p>{chart}</div>'


def _ranking(report: EvaluationReport) -> str:
    chance = report.exposure.prevalence
    curve = charts.precision_recall_chart(report.detectors, chance)
    table = charts.confusion_chart(report.confusion)
    return (
        f"<h2>Windows: how well scores rank and name them</h2>{_key()}<div class='pair'>"
        + _panel(
            "Precision and recall",
            "Windows of detectable events against quiet windows, every threshold.",
            curve,
        )
        + _panel(
            "What was said", "Share of each true class at the alarm threshold, and window counts.", table
        )
        + "</div>"
    )


def _times(report: EvaluationReport) -> str:
    rise = charts.time_to_alarm_chart(report.detectors, report.exposure.n_detectable_events)
    model = report.model
    lead = charts.lead_chart(model)
    return (
        f"<h2>Events: how soon the alarm comes</h2>{_key()}<div class='pair'>"
        + _panel("Time to alarm", "Each step is one event; the height reached is the recall.", rise)
        + _panel(
            "Lead before ignition, trained model",
            f"One dot per alarmed event that ignited ({len(model.leads_s)}); left of the line is too late.",
            lead,
        )
        + "</div>"
    )


def _scenarios(report: EvaluationReport) -> str:
    heads = ("Scenario", "Episodes", "Events", "Detectable", "Recall", "Delay, median", "Lead, median",
             "False alarms per device-day")  # fmt: skip
    head = "".join(f"<th>{name}</th>" for name in heads)
    rows = "".join(_scenario_row(row) for row in report.model.by_scenario)
    return (
        "<h2>By scenario</h2>"
        + f'<div class="panel alone">{charts.scenario_chart(report.model.by_scenario)}</div>'
        + f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _scenario_row(row: ScenarioResult) -> str:
    alarms = row.false_alarms_per_device_day
    counts = "".join(f"<td>{count}</td>" for count in (row.n_episodes, row.n_events, row.n_detectable))
    return (
        f"<tr><td>{escape(row.scenario)}</td>{counts}"
        + _cell(share(row.recall), interval_text(row.recall, "share") if row.recall.n else "")
        + _cell(duration(row.delay_s.value), interval_text(row.delay_s, "time") if row.delay_s.n else "")
        + _cell(duration(row.lead_s.value), interval_text(row.lead_s, "time") if row.lead_s.n else "")
        + _cell(value_text(alarms), "not resolved" if alarms.note else interval_text(alarms, ""))
        + "</tr>"
    )


def _examples(report: EvaluationReport) -> str:
    key = "".join(f'<li class="{name}"><i></i>{text}</li>' for name, text in _MARKS.items())
    cards = "".join(
        f'<div class="example"><h3>{escape(one.kind[:1].upper() + one.kind[1:])}</h3>'
        f'<p class="sub">{escape(one.scenario)} · <code>{escape(one.episode_id)}</code></p>'
        f"{charts.example_chart(one, report.model.threshold)}</div>"
        for one in report.examples
    )
    return (
        "<h2>Episodes the model met</h2>"
        '<p class="sub">Score of the model, and the channels that left their baseline most, window means.</p>'
        f'<ul class="key">{key}</ul><div class="examples">{cards}</div>'
    )


def _inside(report: EvaluationReport) -> str:
    chart = charts.importance_chart(report.importances)
    return (
        "<h2>What the model leaned on</h2>"
        '<p class="sub">Mean decrease of impurity by feature; correlated features share their weight.</p>'
        f'<div class="panel alone">{chart}</div>'
    )


def _limits(report: EvaluationReport) -> str:
    items = "".join(f"<li>{escape(limit)}</li>" for limit in report.limits)
    return f'<h2>Limits</h2><ul class="limits">{items}</ul>'


def _provenance(report: EvaluationReport) -> str:
    rows = []
    for name, value in report.provenance.items():
        if value in ("", None):
            continue
        if isinstance(value, dict):
            value = ", ".join(f"{key} {item}" for key, item in value.items())
        rows.append(f"<dt>{escape(name.replace('_', ' '))}</dt><dd><code>{escape(str(value))}</code></dd>")
    return f"<h2>Where this comes from</h2><dl>{''.join(rows)}</dl>"
