"""The report of a loop as one self-contained page."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib.resources import files
from typing import Any, Final

from envirosense.learning import svg
from envirosense.learning.intervals import Estimate
from envirosense.learning.loop.report import LoopReport, Point
from envirosense.learning.tasks import Metric
from envirosense.learning.wording import interval_text, share, value_text

type Facts = Mapping[str, Any]

_WIDTH, _HEIGHT = 520.0, 330.0
_ARMS: Final = {"even": "even draws alone", "asked": "asked for weak spots"}
_SHOWN: Final[Mapping[Metric, str]] = {"pr_auc": "Area under precision-recall", "recall": "Recall"}
_STYLE: Final = """
svg .band{stroke:none;opacity:.13}svg .band.asked{fill:var(--model)}svg .band.even{fill:var(--control)}
svg .curve.asked{stroke:var(--model);stroke-width:2.75}
svg .curve.even{stroke:var(--control);stroke-dasharray:6 3}
svg .dot.asked{fill:var(--model)}svg .dot.even{fill:var(--control)}
.key .asked i{border-color:var(--model)}.key .even i{border-top-style:dashed}
td.words{white-space:normal;min-width:17em}th,td{text-align:left}td.yes{color:var(--good)}td.no{color:var(--bad)}
"""


def render(report: LoopReport) -> str:
    """HTML page without any outside file."""
    style = (files("envirosense.learning") / "report.css").read_text(encoding="utf-8") + _STYLE
    body = "".join((
        _header(report), _facts(report), _curves(report), _cycles(report), _spots(report), _points(report),
        _slices(report), _log(report), _limits(report),
    ))  # fmt: skip
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Loop {escape(report.subject)}</title><style>{style}</style></head>"
        f"<body><main>{body}</main></body></html>\n"
    )


def _header(report: LoopReport) -> str:
    n = len(report.cycles)
    served = f"{report.serving} serves" if report.serving else "no model serves yet"
    return (
        f'<header><p class="kicker">EnviroSense loop report · {escape(report.subject)} · '
        f"seed {report.seed}</p>"
        f"<h1>{escape(served)} after {n} cycle{'' if n == 1 else 's'}</h1>"
        f'<p class="lede">Each cycle generates {report.episodes} episodes, collects what the consumers find, '
        f"trains {escape(report.task)}, judges it on a frozen test set of held-out groups, and asks the "
        "simulator for what the model lacks.</p></header>"
    )


def _shown(report: LoopReport) -> tuple[str, Facts]:
    """Label and evaluation of the version that serves; of the latest where another loop's serves."""
    judged = {
        one["trained"]["version"]: one["judged"]["evaluation"]
        for one in report.cycles
        if one["judged"].get("evaluation")
    }
    if not judged:
        return "", {}
    label = report.serving if report.serving in judged else list(judged)[-1]
    return str(label), judged[label]


def _facts(report: LoopReport) -> str:
    label, latest = _shown(report)
    if not latest:
        return '<p class="notice">No model could be trained yet.</p>'
    overall = {name: Estimate(**one) for name, one in latest["overall"].items()}
    shown = (
        ("Recall", share(overall["recall"]), interval_text(overall["recall"], "share")),
        ("False alarms", share(overall["false_alarms"]), "of quiet units; "
         + interval_text(overall["false_alarms"], "share")),
        ("Area under precision-recall", value_text(overall["pr_auc"]), interval_text(overall["pr_auc"], "")),
        ("Calibration error", f"{latest['reliability']['error']:.3f}", "mean distance of score and share"),
        ("Latency, one sample", f"{latest['latency_ms']:.1f} ms",
         f"{latest['n_bytes'] / 1e6:.2f} MB on disk"),
    )  # fmt: skip
    cards = "".join(
        f'<div class="fact"><span class="what">{escape(what)}</span><b>{escape(value)}</b>'
        f"<span>{escape(below)}</span></div>"
        for what, value, below in shown
    )
    units = f"{latest['n_units']} units of {latest['n_groups']} groups"
    return (
        f'<section class="facts">{cards}</section><p class="sub">{escape(label)} on the frozen test set, '
        f"{escape(units)}; intervals are of 95 %, whole groups drawn again.</p>"
    )


def _curves(report: LoopReport) -> str:
    has_even = bool(report.curve("even", "pr_auc"))
    arms = ("even", "asked") if has_even else ("asked",)
    key = "".join(f'<li class="{arm}"><i></i>{_ARMS[arm]}</li>' for arm in reversed(arms))
    charts = "".join(
        f'<div class="panel"><h3>{title}</h3>{_curve_chart(report, metric, title, arms)}</div>'
        for metric, title in _SHOWN.items()
    )
    return f'<h2>Learning curve</h2><ul class="key">{key}</ul><div class="pair">{charts}</div>'


def _curve_chart(report: LoopReport, metric: Metric, title: str, arms: Sequence[str]) -> str:
    curves = {arm: [one for one in report.curve(arm, metric) if one.found.value is not None] for arm in arms}
    ends = [value for curve in curves.values() for one in curve for value in _ends(one)]
    if not ends:
        return '<p class="empty">No model yet.</p>'
    low, high = min(ends), max(ends)
    margin = max((high - low) * 0.08, 0.01)
    x = svg.Scale(0, report.episodes * (len(report.cycles) + 0.15), 52, _WIDTH - 14)
    y = svg.Scale(max(low - margin, 0.0), min(high + margin, 1.0), _HEIGHT - 46, 28)
    parts = svg.frame(x, y, "episodes generated", title)
    for arm, curve in curves.items():
        parts += _arm(arm, curve, x, y)
    return svg.drawing(_WIDTH, _HEIGHT, parts, f"{title} against episodes, by arm")


def _arm(arm: str, curve: Sequence[Point], x: svg.Scale, y: svg.Scale) -> list[str]:
    middle = [(x(one.episodes), y(float(one.found.value or 0.0))) for one in curve]
    upper = [(x(one.episodes), y(_ends(one)[1])) for one in curve]
    lower = [(x(one.episodes), y(_ends(one)[0])) for one in reversed(curve)]
    parts = [svg.path([*upper, *lower], f"band {arm}"), svg.path(middle, f"curve {arm}")]
    return parts + [
        svg.circle(px, py, 3.5, f"dot {arm}", f"{_ARMS[arm]}: {one.found.value:.3f}")
        for (px, py), one in zip(middle, curve, strict=True)
    ]


def _ends(one: Point) -> tuple[float, float]:
    value = float(one.found.value or 0.0)
    low, high = one.found.low, one.found.high
    return (value if low is None else low), (value if high is None else high)


def _cycles(report: LoopReport) -> str:
    rows = [
        [
            str(row["cycle"]), str(row["episodes"]), row["version"] or "–", _number(row["pr_auc"]),
            _number(row["even pr_auc"]), _number(row["recall"]), _number(row["false alarms"]),
            row["outcome"], row["serving"] or "–",
        ]
        for row in report.rows()
    ]  # fmt: skip
    head = (
        "cycle", "episodes", "version", "PR-AUC", "PR-AUC, even draws", "recall", "false alarms", "outcome",
        "serving",
    )  # fmt: skip
    reasons = "".join(
        f"<li>Cycle {one['cycle']}: {escape(_why(one))}</li>" for one in report.cycles if _why(one)
    )
    return f'<h2>Cycles</h2>{_table(head, rows)}<ul class="limits">{reasons}</ul>'


def _why(cycle: Facts) -> str:
    if cycle["trained"]["version"] is None:
        run = cycle["trained"]["run"]
        return f"{run['status']}: {'; '.join(run['reasons'])}"
    verdict = cycle["judged"].get("verdict")
    return " ".join(verdict["reasons"]) if verdict else ""


def _spots(report: LoopReport) -> str:
    rows = [
        [str(one["cycle"]), spot["words"], f"{spot['error']:.2f}", f"{spot['error_outside']:.2f}",
         f"{spot['p']:.2g}", str(spot["n_cases"]), _origin(spot),
         _outcome(spot, is_last=one is report.cycles[-1])]
        for one in report.cycles
        for spot in one["asked"]["weak_spots"]
    ]  # fmt: skip
    if not rows:
        why = "None that can be told from chance." if _shown(report)[1] else "No model to look at yet."
        return f'<h2>Weak spots</h2><p class="empty">{why}</p>'
    head = ("cycle", "where", "error", "elsewhere", "p, corrected", "units", "seen in", "what came of it")
    return (
        "<h2>Weak spots</h2><p>Found on validation groups, searched on one half and tested on the other, or "
        "reported of alarms on real devices (from feedback; units are reports); the next cycle asks for them."
        f"</p>{_table(head, rows, words=1)}"
    )


def _origin(spot: Facts) -> str:
    return "from feedback" if spot.get("origin") == "feedback" else "validation"


def _outcome(spot: Facts, is_last: bool) -> str:
    if spot["refusal"]:
        return f"not asked for: {spot['refusal']}"
    less = f", but for {'; '.join(spot['left_out'])}" if spot["left_out"] else ""
    return ("to be asked for next" if is_last else "asked for") + less


def _points(report: LoopReport) -> str:
    rows = [
        [str(one["cycle"]), name, point["status"], str(point["n_accepted"]), str(point["n_rejected"]),
         str(point["n_duplicates"]), ", ".join(f"{code} {n}" for code, n in point["reasons"].items()) or "–"]
        for one in report.cycles
        for name, point in one["collected"]["points"].items()
    ]  # fmt: skip
    head = ("cycle", "collection point", "status", "accepted", "rejected", "duplicates", "reasons")
    return f"<h2>Collected</h2>{_table(head, rows)}"


def _slices(report: LoopReport) -> str:
    label, latest = _shown(report)
    if not latest:
        return ""
    slices = [one for one in latest["slices"] if one["metrics"]["recall"]["value"] is not None]
    slices.sort(key=lambda one: one["metrics"]["recall"]["value"])
    rows = [
        [
            one["name"],
            str(one["n_units"]),
            *(_of(one, name) for name in ("recall", "false_alarms", "precision")),
        ]
        for one in slices[:20]
    ]
    head = ("slice", "units", "recall", "false alarms", "precision")
    return f"<h2>Slices of {escape(label)}, least recall first</h2>{_table(head, rows)}"


def _of(one: Facts, metric: str) -> str:
    found = Estimate(**one["metrics"][metric])
    return "–" if found.value is None else f"{found.value:.2f} ({interval_text(found, '')})"


def _log(report: LoopReport) -> str:
    if not report.deployments:
        return ""
    head = ("time", "what", "from", "to", "who", "why")
    keys = ("at_utc", "kind", "from_version", "to_version", "who", "reason")
    rows = [[str(one[key] or "nothing") for key in keys] for one in report.deployments]
    return f"<h2>Deployments</h2>{_table(head, [[row[0][:19], *row[1:]] for row in rows], words=5)}"


def _limits(report: LoopReport) -> str:
    found = [*_shown(report)[1].get("limits", ()),
             "Every duel has its own chance of a false promotion; the frozen test set is the same for all.",
             "Curves are of one seed: the benchmark compares the two ways over many."]  # fmt: skip
    return f'<h2>Limits</h2><ul class="limits">{"".join(f"<li>{escape(one)}</li>" for one in found)}</ul>'


def _table(head: Iterable[str], rows: Iterable[Sequence[str]], words: int | None = None) -> str:
    names = list(head)
    top = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join(
        "<tr>"
        + "".join(
            f'<td data-head="{escape(name)}"{" class=words" if at == words else ""}>{escape(cell)}</td>'
            for at, (name, cell) in enumerate(zip(names, row, strict=True))
        )
        + "</tr>"
        for row in rows
    )
    return f'<div class="scroll"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
