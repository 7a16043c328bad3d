"""`train` and `evaluate`: detectors of a dataset, judged on episodes they never saw."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from envirosense.cli.output import AsJson, facts, report, say, say_json, say_table

if TYPE_CHECKING:
    from envirosense.learning.results import EvaluationReport

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
    from envirosense.factory import base_rates
    from envirosense.learning.report import write_report
    from envirosense.learning.training import evaluate as judge

    dataset, command = Dataset.open(folder), shlex.join(["envirosense", *sys.argv[1:]])
    found = judge(model, dataset, split, command, base_rates(dataset))
    page = None if out is None else write_report(found, out)
    if as_json:
        return say_json({**found.to_json(), "report": None if page is None else str(page)})
    say_evaluation(found)
    if page:
        say(f"report {page}")
    return None


def say_evaluation(found: "EvaluationReport") -> None:
    """Print the figures that matter, each with its interval, and what they cannot say."""
    from envirosense.learning.summary_table import comparison_table

    say_table(comparison_table(found))
    say("\n".join(found.limits))
