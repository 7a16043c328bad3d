"""`registry`, `promote`, `rollback`, `duel`: versions of models and what serves."""

import getpass
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from envirosense.cli.output import AsJson, report, say, table

if TYPE_CHECKING:
    from envirosense.learning.deployment.deployment import ModelDeployment
    from envirosense.learning.deployment.judgement import Judgement
    from envirosense.learning.deployment.registry import ModelRegistry
    from envirosense.learning.deployment.version import ModelVersion

_HOME = "Folder of the catalogue; default: ENVIROSENSE_HOME, or .envirosense in the current folder."
_ON = "Held-out samples to judge on, a Parquet file that `Samples.save` wrote."
_GROUPS = "Count each group once: units of one group depend on one another."
Home = Annotated[Path | None, typer.Option(metavar="DIR", help=_HOME)]
Target = Annotated[str, typer.Option(help="Where models serve; `promote --new-target` opens another.")]
Who = Annotated[str, typer.Option(help="Who decides, for the log; default: the user of this machine.")]
Version = Annotated[str, typer.Argument(metavar="NAME@N", help="A version of a model.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of a model.")]
PRODUCTION = "production"
_TARGET = re.compile("[a-z][a-z0-9-]*")

commands = typer.Typer(help="Look at versions of models and at what served when.")


@commands.command("list")
def list_versions(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Only versions of this model.")] = None,
    target: Target = PRODUCTION,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """List versions: when they were entered, what they replaced, and which one serves."""
    registry = registry_in(home)
    versions = registry.versions(name)
    marks: dict[str, str] = {}
    for task in dict.fromkeys(one.name for one in versions):
        deployment = deployment_of(registry, task, target)
        serving, trial = deployment.serving(), deployment.canary()
        marks |= {serving.label: "serves"} if serving else {}
        marks |= {trial.version.label: f"{trial.kind} {trial.share:.0%}"} if trial else {}
    rows = [
        {
            "version": one.label,
            target: marks.get(one.label, ""),
            "entered": one.created_utc[:19],
            "replaces": one.parent,
            "model": one.model_id,
        }
        for one in versions
    ]
    report({"versions": rows}, table(rows) or "no versions yet", as_json)


@commands.command()
def show(version: Version, home: Home = None, as_json: AsJson = False) -> None:
    """Show a version: its card and where it lies, after a smoke test."""
    from envirosense.cli.version_page import version_page

    registry = registry_in(home)
    one = registry.version(version)
    card = registry.tested(one).card
    told: dict[str, object] = {
        **one.to_json(),
        "classes": ", ".join(card.classes),
        "features": len(card.features),
        "threshold": card.threshold,
        "trainer": card.trainer,
        "bytes": card.file.n_bytes,
        "smoke test": "passed",
    }
    report({**told, "card": card.model_dump(mode="json")}, version_page(one, card), as_json)


@commands.command()
def history(
    name: Name,
    target: Target = PRODUCTION,
    as_of: Annotated[
        str | None, typer.Option(help="Only say what served at this time, such as 2026-11-20T12:00Z.")
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Print who put which version in service, when and why; or what served at a time."""
    deployment = deployment_of(registry_in(home), name, target)
    if as_of is not None:
        served = deployment.as_of(_moment(as_of))
        label = served.label if served else None
        report({"as_of": as_of, "served": label}, label or "nothing served", as_json)
        return
    rows = deployment.history()
    text = "\n".join(map(str, rows)) or f"nothing was ever deployed for {name} on {target}"
    report({"history": [one.to_json() for one in rows]}, text, as_json)


@commands.command()
def mirror(
    to: Annotated[str, typer.Option(metavar="URI", help="Such as sqlite:////data/mlflow.sqlite.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Mirror versions and what serves into a model registry of MLflow; needs the extra `mlflow`."""
    from envirosense.learning.deployment.mlflow_mirror import mirror_to_mlflow

    found = mirror_to_mlflow(registry_in(home), to)
    lines = [f"added {len(found.added)} versions", *(f"{a} = {v}" for a, v in found.aliases.items())]
    report({"added": found.added, "aliases": found.aliases}, "\n".join(lines), as_json)


def promote(
    version: Version,
    reason: Annotated[str, typer.Option(help="Why, for the log.")],
    on: Annotated[Path | None, typer.Option(metavar="FILE", help=f"{_ON} Refuses what is no better.")] = None,
    by_group: Annotated[bool, typer.Option("--by-group", help=_GROUPS)] = False,
    share: Annotated[float, typer.Option(help="Share of the groups; below 1 is a canary.")] = 1.0,
    ab: Annotated[bool, typer.Option("--ab", help="The share is of an A/B test; see `registry ab`.")] = False,
    target: Target = PRODUCTION,
    new_target: Annotated[bool, typer.Option("--new-target", help="The target is a new one.")] = False,
    who: Who = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Put a version in service, after a smoke test and, with --on, only if it is better."""
    from envirosense.core.errors import ConfigError

    if ab and share >= 1:
        raise ConfigError("share", share, "must be below 1 with --ab: both versions serve")
    registry = registry_in(home)
    one = registry.version(version)
    deployment = deployment_of(registry, one.name, target, new_target)
    _require_reason(reason)
    verdict = None
    if on is not None:
        verdict = _judged(registry, deployment.serving(), one, on, 0.05, by_group).verdict
    row = deployment.promote(
        one, reason=reason, who=who or getpass.getuser(), verdict=verdict, share=share,
        kind="ab" if ab else "canary",
    )  # fmt: skip
    report(row.to_json(), str(row), as_json)


def rollback(
    name: Name,
    reason: Annotated[str, typer.Option(help="Why, for the log.")],
    to: Annotated[str | None, typer.Option(metavar="NAME@N", help="Default: the version before.")] = None,
    target: Target = PRODUCTION,
    who: Who = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """End a canary or return to the version before, after a smoke test of it."""
    _require_reason(reason)
    deployment = deployment_of(registry_in(home), name, target)
    row = deployment.rollback(reason=reason, who=who or getpass.getuser(), to=to)
    report(row.to_json(), str(row), as_json)


def duel(
    version: Version,
    on: Annotated[Path, typer.Option(metavar="FILE", help=_ON)],
    against: Annotated[str | None, typer.Option(metavar="NAME@M", help="Default: what serves.")] = None,
    alpha: Annotated[float, typer.Option(help="Chance of promoting what is no better.")] = 0.05,
    by_group: Annotated[bool, typer.Option("--by-group", help=_GROUPS)] = False,
    won: Annotated[float, typer.Option(help="Share of units it alone is right about, to plan for.")] = 0.07,
    lost: Annotated[float, typer.Option(help="Share the other alone is right about, to plan for.")] = 0.04,
    target: Target = PRODUCTION,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Judge a version against the one that serves, saying first how many units that needs."""
    from envirosense.learning.deployment.power import plan_duel

    plan = plan_duel(won, lost, alpha)
    if not as_json:
        say(str(plan))
    registry = registry_in(home)
    one = registry.version(version)
    other = registry.version(against) if against else deployment_of(registry, one.name, target).serving()
    found = _judged(registry, other, one, on, alpha, by_group)
    fought = found.duel.to_json() if found.duel else None
    told: dict[str, object] = {"plan": plan.to_json(), "duel": fought, "verdict": found.verdict.to_json()}
    report(told, "\n".join([*_chance(found, won, lost, alpha), str(found.verdict)]), as_json)


def _require_reason(reason: str) -> None:
    from envirosense.core.errors import ConfigError

    if not reason.strip():
        raise ConfigError("reason", reason, "say why: it is what the log is for")


def _chance(found: "Judgement", won: float, lost: float, alpha: float) -> list[str]:
    from envirosense.learning.deployment.power import duel_power

    if found.duel is None:
        return []
    power = duel_power(won, lost, found.duel.n, alpha, test="evidence")
    return [f"The file holds {found.duel.n} units: its chance to see that is {power:.0%}."]


def _judged(
    registry: "ModelRegistry",
    champion: "ModelVersion | None",
    challenger: "ModelVersion",
    on: Path,
    alpha: float,
    by_group: bool,
) -> "Judgement":
    from envirosense.learning.deployment.judgement import judge_versions
    from envirosense.learning.samples import Samples

    test = Samples.load(on)
    return judge_versions(registry, champion, challenger, test, alpha=alpha, by_group=by_group)


def deployment_of(
    registry: "ModelRegistry", name: str, target: str, is_new: bool = False
) -> "ModelDeployment":
    """What serves on a target that is known, or that is said to be new."""
    from envirosense.core.errors import ConfigError, UnknownNameError
    from envirosense.learning.deployment.deployment import ModelDeployment
    from envirosense.learning.deployment.log import targets_in

    known = (PRODUCTION,) if target == PRODUCTION and not is_new else targets_in(registry.url)
    if is_new and target in known:
        raise ConfigError("new-target", target, "is known already; leave --new-target out")
    if is_new and not _TARGET.fullmatch(target):
        raise ConfigError("target", target, "must be small letters, digits and hyphens, such as field-trial")
    if not is_new and target not in known:
        raise UnknownNameError("target", target, known)
    return ModelDeployment(registry, name, target)


def registry_in(home: Path | None) -> "ModelRegistry":
    """Registry of a folder that was named, or of where this command runs."""
    from envirosense.datasets.catalog import catalog_url
    from envirosense.learning.deployment.registry import ModelRegistry

    if home is None:
        return ModelRegistry(catalog_url(Path("dataset").absolute()))
    return ModelRegistry(f"sqlite:///{home.expanduser().absolute() / 'catalog.sqlite'}")


def _moment(text: str) -> Any:
    from datetime import datetime

    from envirosense.core.errors import ConfigError

    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError("as-of", text, "must be a time such as 2026-11-20T12:00Z") from None
    if when.tzinfo is None:
        raise ConfigError("as-of", text, "has no time zone; add Z for UTC")
    return when
