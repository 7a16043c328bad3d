"""`train` and `evaluate`: detectors of a dataset, judged on episodes they never saw."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from envirosense.cli.output import AsJson, facts, report, table

if TYPE_CHECKING:
    from envirosense.learning.results import DetectorResult, EvaluationReport

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a dataset.")]


def train(
    folder: Folder,
    out: Annotated[Path, typer.Option(help="Folder for the model.")],
    seed: Annotated[int, typer.Option(help="Seed of the learner.")] = 0,
    learner: Annotated[str, typer.Option(help="forest or boosting.")] = "forest",
    window: Annotated[str, typer.Option(help="Length of a window.")] = "60s",
    stride: Annotated[str, typer.Option(help="Time between the starts of windows.")] = "60s",
    false_alarms: Annotated[float, typer.Option(help="False alarms allowed per device and day.")] = 1.0,
    as_json: AsJson = False,
) -> None:
    """Train a detector on the split `train`; its alarm threshold comes from `validation`."""
    from envirosense.cli.generate import seconds
    from envirosense.core.errors import UnknownNameError
    from envirosense.datasets import Dataset
    from envirosense.learning.training import train as fit

    if learner not in ("forest", "boosting"):
        raise UnknownNameError("learner", learner, ("forest", "boosting"))
    trained = fit(
        Dataset.open(folder),
        out,
        seed,
        learner=learner,  # type: ignore[arg-type]  # narrowed by the check above
        length_s=seconds(window, "window"),
        stride_s=seconds(stride, "stride"),
        budget_per_device_day=false_alarms,
    )
    card = trained.card
    shown = {
        "model": f"{card['name']} {card['version']}",
        "classes": ", ".join(trained.model.classes),
        "channels": len(trained.model.channels),
        "threshold": trained.thresholds["model"],
        "in": str(out),
    }
    report({**card, "path": str(out)}, facts(shown), as_json)


def evaluate(
    folder: Folder,
    model: Annotated[Path, typer.Option(help="Folder of a trained model.")],
    out: Annotated[Path | None, typer.Option(help="Page to write, for example report.html.")] = None,
    split: Annotated[str, typer.Option(help="Split that the model did not see.")] = "test",
    as_json: AsJson = False,
) -> None:
    """Judge a model on held-out groups, beside a plain threshold and a shuffled-label control."""
    from envirosense.datasets import Dataset
    from envirosense.learning.report import write_report
    from envirosense.learning.training import evaluate as judge

    found = judge(model, Dataset.open(folder), split, command=shlex.join(["envirosense", *sys.argv[1:]]))
    page = None if out is None else write_report(found, out)
    text = headline(found) + (f"\n\nreport {page}" if page else "")
    report({**found.to_json(), "report": None if page is None else str(page)}, text, as_json)


def headline(found: "EvaluationReport") -> str:
    """The figures that matter, one row a detector, and how much was looked at."""
    seen = found.exposure
    looked_at = (
        f"split {found.split}: {seen.n_episodes} episodes in {seen.n_groups} groups, "
        f"{seen.n_detectable_events} detectable of {seen.n_events} events, "
        f"{seen.quiet_device_days:.2f} device-days without events"
    )
    return f"{looked_at}\n\n{table(_row(one) for one in found.detectors)}\n\n" + "\n".join(found.limits)


def _row(one: "DetectorResult") -> dict[str, Any]:
    false_alarms = one.false_alarms_per_device_day
    return {
        "detector": one.role,
        "PR-AUC": _interval(one.pr_auc),
        "recall": _interval(one.recall),
        "false alarms/day": _interval(false_alarms, 1) + (" *" if false_alarms.note else ""),
        "delay s": _interval(one.delay_s, 0),
        "lead s": _interval(one.lead_s, 0),
    }


def _interval(estimate: Any, digits: int = 2) -> str:
    if estimate.value is None:
        return "-"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.{digits}f}"
    return f"{estimate.value:.{digits}f} ({estimate.low:.{digits}f}-{estimate.high:.{digits}f})"
