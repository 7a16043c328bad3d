"""`registry ab`: what an A/B test in service found, and its end."""

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from envirosense.cli import registry as versions
from envirosense.cli.output import AsJson, report

if TYPE_CHECKING:
    from envirosense.learning.deployment.deployment import ModelDeployment, Trial
    from envirosense.learning.deployment.version import ModelVersion
    from envirosense.learning.judging.results import Comparison


def ab(
    name: versions.Name,
    outcomes: Annotated[
        Path, typer.Option(metavar="FILE", help="JSON lines of group, version and right, as they came.")
    ],
    on: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Held-out samples: say what falls, by class and slice."),
    ] = None,
    conclude: Annotated[
        bool, typer.Option("--conclude", help="Let the winner serve all groups; needs --on.")
    ] = False,
    units: Annotated[int, typer.Option(help="Outcomes of each group that count.")] = 10,
    alpha: Annotated[float, typer.Option(help="Chance of ever naming a winner of two alike.")] = 0.05,
    target: versions.Target = versions.PRODUCTION,
    who: versions.Who = "",
    home: versions.Home = None,
    as_json: AsJson = False,
) -> None:
    """Say who wins an A/B test that `promote --ab` began; asked as often as one likes.

    Without --conclude nothing is changed. A winner that falls too far in a class or slice is refused.
    """
    from envirosense.core.errors import ConfigError
    from envirosense.learning.deployment.ab import ABTest, read_outcomes

    if conclude and on is None:
        raise ConfigError("on", None, "--conclude asks what falls on held-out samples; name their file")
    deployment = versions.deployment_of(versions.registry_in(home), name, target)
    test = ABTest(deployment, units_per_group=units, alpha=alpha)
    told = read_outcomes(outcomes)
    verdict = test.verdict(told)
    champion, trial = test.sides()
    comparison, falls = _compared(deployment, champion, trial, on)
    row = None
    if conclude:
        row = test.conclude(told, who=who or getpass.getuser(), comparison=comparison)
    sides: dict[str, Any] = {
        "champion": champion.label,
        "challenger": trial.version.label,
        "share": trial.share,
    }
    data = {
        **sides,
        "verdict": verdict.to_json(),
        "falls": None if comparison is None else [str(one) for one in comparison.regressions],
        "deployment": row.to_json() if row else None,
    }
    head = f"{trial.version} on {trial.share:.0%} of the groups beside {champion}"
    report(data, "\n".join([head, verdict.reason, *falls, *([str(row)] if row else [])]), as_json)


def _compared(
    deployment: "ModelDeployment", champion: "ModelVersion", trial: "Trial", on: Path | None
) -> tuple["Comparison | None", tuple[str, ...]]:
    """Both on held-out samples, and what falls there in words."""
    from envirosense.learning.deployment.judgement import judge_versions, task_of
    from envirosense.learning.deployment.verdict import fall_words
    from envirosense.learning.samples import Samples

    if on is None:
        return None, ()
    task = task_of(deployment.registry, trial.version)
    judged = judge_versions(deployment.registry, champion, trial.version, Samples.load(on), task=task)
    found = judged.comparison
    return found, () if found is None else fall_words(found, task)
