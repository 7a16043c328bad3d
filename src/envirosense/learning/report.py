"""The evaluation as one self-contained page."""

from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Final

from envirosense.datasets.files import write_whole
from envirosense.learning import report_charts as charts
from envirosense.learning.glossary import meanings
from envirosense.learning.report_tables import comparison_table, scenario_table
from envirosense.learning.results import EvaluationReport
from envirosense.learning.wording import (
    ROLES,
    counted,
    duration,
    interval_text,
    lead_text,
    outcome_text,
    share,
    small_sample_advice,
    small_sample_text,
    value_text,
)

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


def _header(report: EvaluationReport) -> str:
    seen, outcome = report.exposure, outcome_text(report)
    small = small_sample_text(seen)
    notice = f'<p class="notice">{escape(outcome)}. {escape(small_sample_advice())}</p>' if small else ""
    return (
        f'<header><p class="kicker">EnviroSense detector report · split {escape(report.split)}</p>'
        f"<h1>{escape(small or outcome)}</h1>{notice}"
        f'<p class="lede">{counted(seen.n_episodes, "simulated episode")} on '
        f"{counted(seen.n_groups, 'site')}{_novelty(report)}: "
        f"{seen.device_days:.2f} device-days, {counted(seen.n_events, 'event')}. The alarm threshold was "
        f"chosen for {report.budget_per_device_day:g} false alarm per device-day. "
        f"{escape(report.in_life)}</p></header>"
    )


def _novelty(report: EvaluationReport) -> str:
    n_seen, n = report.n_seen_episodes, report.exposure.n_episodes
    if n_seen:
        return f", {n_seen} of the {n} used for fitting or for the threshold"
    return " that neither fitting nor the choice of the threshold ever saw"


def _facts(report: EvaluationReport) -> str:
    model, chance = report.model, report.exposure.prevalence
    alarms, delay, area = model.false_alarms_per_device_day, model.delay_s, model.pr_auc
    rate = value_text(alarms) if alarms.is_resolved else "not resolved"
    return "".join((
        '<section class="facts">',
        _fact(
            "Recall of detectable events",
            share(model.recall),
            "no detectable event" if model.recall.value is None else interval_text(model.recall, "share"),
        ),
        _fact(
            "Delay of the alarm, median",
            duration(delay.value),
            "no alarmed event" if delay.value is None else interval_text(delay, "time"),
        ),
        _fact("Alarm before ignition, median", duration(model.lead_s.value), lead_text(report)),
        _fact(
            "Area under precision-recall",
            value_text(area),
            "nothing to rank" if area.value is None else f"{interval_text(area, '')}; guessing {chance:.2g}",
        ),
        _fact(
            "False alarms per device-day",
            rate,
            f"{interval_text(alarms, '')}; {alarms.n} in {report.exposure.quiet_device_days:.2f} quiet days",
            "" if alarms.is_resolved else "open",
        ),
        "</section>",
    ))  # fmt: skip


def _fact(what: str, value: str, below: str, kind: str = "") -> str:
    return (
        f'<div class="fact {kind}"><span class="what">{escape(what)}</span><b>{escape(value)}</b>'
        f"<span>{escape(below)}</span></div>"
    )


def _comparison(report: EvaluationReport) -> str:
    small = small_sample_text(report.exposure)
    notice = f'<p class="notice">{escape(small)}. {escape(small_sample_advice())}</p>' if small else ""
    return (
        "<h2>Beside a plain rule and a control</h2>"
        '<p class="sub">A model is worth its keep if it beats the plain threshold, and is honest if the same '
        f"learner on shuffled labels falls to guessing. Small print: 95 % intervals.</p>{notice}"
        f"{comparison_table(report)}"
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
            "What was said",
            "Share of each true class at the alarm threshold, and window counts.",
            _wide(table),
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
    rows = report.model.by_scenario
    chart = _wide(charts.scenario_chart(rows))
    return f'<h2>By scenario</h2><div class="panel alone">{chart}</div>{scenario_table(rows)}'


def _wide(chart: str) -> str:
    """A chart with long names: on a narrow screen it keeps its size and is swiped."""
    return f'<p class="hint">Swipe sideways for the whole chart.</p><div class="swipe">{chart}</div>'


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
    names = [*report.importances, *(trace.channel for one in report.examples for trace in one.traces)]
    words = {part for name in names for part in name.split(".")}
    items = "".join(f"<dt>{name}</dt><dd>{escape(said)}</dd>" for name, said in meanings(words).items())
    return (
        "<h2>What the model leaned on</h2>"
        '<p class="sub">Mean decrease of impurity by feature; correlated features share their weight. A name '
        "reads instrument, channel, feature of one window. Values have the unit of their channel; a "
        "difference of temperatures is in K.</p>"
        f'<div class="panel alone">{_wide(chart)}</div><dl class="glossary">{items}</dl>'
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
            value = ", ".join(f"{key} {_plain(item)}" for key, item in value.items())
        rows.append(f"<dt>{escape(name.replace('_', ' '))}</dt><dd><code>{escape(_plain(value))}</code></dd>")
    return f"<h2>Where this comes from</h2><dl>{''.join(rows)}</dl>"


def _plain(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
