"""`dataset`: look at, check and describe what is on disk."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from envirosense.cli.export import export
from envirosense.cli.generate import overview
from envirosense.cli.grow import extend, import_logs, merge, migrate
from envirosense.cli.home_assistant import home_assistant
from envirosense.cli.output import AsJson, report, say, say_json, table

if TYPE_CHECKING:
    from envirosense.datasets import Episode

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a dataset.")]
_UNREADABLE: Final = "unknown: files cannot be read"
commands = typer.Typer(help="Look at, check and describe a dataset.")
commands.command()(export)
commands.command()(extend)
commands.command()(merge)
commands.command("import")(import_logs)
commands.command()(migrate)
commands.command("home-assistant")(home_assistant)


@commands.command()
def info(folder: Folder, as_json: AsJson = False) -> None:
    """Print what a dataset holds."""
    from envirosense.datasets import Dataset

    found = Dataset.open(folder)
    kinds = _kinds(found.folder)
    lines = [f"{name:<9}{', '.join(f'{one} {n}' for one, n in some.items())}" for name, some in kinds.items()]
    report({**overview(found), "kinds": kinds}, "\n".join([found.summary(), *lines]), as_json)


def _kinds(folder: Path) -> dict[str, dict[str, int]]:
    """Episodes by what the twin drew for them, as counted when the card was written; empty without one."""
    import json

    from envirosense.datasets.stats import STATS

    if not (folder / STATS).is_file():
        return {}
    counted = json.loads((folder / STATS).read_bytes())["coverage"]["episodes_by"]
    return {name: some for name, some in counted.items() if name not in ("scenario", "category", "split")}


@commands.command()
def episodes(folder: Folder, as_json: AsJson = False) -> None:
    """List the episodes: id, scenario, split, events, and when a sensor could first see one."""
    from envirosense.datasets import Dataset
    from envirosense.datasets.coverage import kinds_of

    dataset = Dataset.open(folder)
    kinds = [kinds_of(one) for one in dataset]
    common = [name for name in kinds[0] if all(name in one for one in kinds)] if kinds else []
    rows = [
        {
            "episode": one.episode_id,
            "scenario": one.scenario,
            **{name: kind[name] for name in common},
            "split": one.split,
            "events": one.row_count("events"),
            "first detectable s": _first_detectable_s(one),
        }
        for one, kind in zip(dataset, kinds, strict=True)
    ]
    failed = [{"episode": one.episode_id, "reason": one.reason} for one in dataset.failed]
    text = table(rows) + ("\n\nfailed\n" + table(failed) if failed else "")
    report({"episodes": rows, "failed": failed}, text, as_json)


def _first_detectable_s(episode: "Episode") -> float | None:
    if not episode.row_count("observability"):
        return None
    column = episode.table("observability", ["first_detectable_s"])["first_detectable_s"]
    return min((time_s for time_s in column.to_pylist() if time_s is not None), default=None)


@commands.command()
def verify(
    folder: Folder,
    repair: Annotated[
        bool, typer.Option("--repair", help="Make damaged files again, from the specs in the dataset.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check every file, row and hash against the manifest; exit code 1 where one differs."""
    from envirosense.datasets import verify as check

    if repair:
        return _repair(folder, as_json)
    found = check(folder)
    size = f"{found.n_files} files, {found.n_bytes / 1e6:.1f} MB"
    faults = [str(finding) for finding in found.findings]
    summary = f"{folder}: whole, {size}" if found.is_ok else f"{folder}: {len(faults)} faults, {size}"
    report(
        {"path": str(folder), "ok": found.is_ok, "faults": faults, "logical_hash": found.logical_hash},
        "\n".join([*faults, summary, f"hash {found.logical_hash or _UNREADABLE}"]),
        as_json,
    )
    if not found.is_ok:
        raise typer.Exit(1)
    return None


def _repair(folder: Path, as_json: bool) -> None:
    from envirosense.factory.upkeep import repair

    found = repair(folder)
    left = [str(finding) for finding in found.left]
    lines = [*(f"{place}: made again" for place in found.repaired), *left]
    lines.append(f"{folder}: whole" if found.is_ok else f"{folder}: {len(left)} faults left")
    report(
        {
            "path": str(folder),
            "ok": found.is_ok,
            "repaired": found.repaired,
            "faults": left,
            "logical_hash": found.logical_hash,
        },
        "\n".join([*lines, f"hash {found.logical_hash or _UNREADABLE}"]),
        as_json,
    )
    if not found.is_ok:
        raise typer.Exit(1)


@commands.command()
def reshard(
    folder: Folder,
    out: Annotated[Path, typer.Option(help="Folder of the new dataset.")],
    episodes_per_shard: Annotated[int, typer.Option(help="Episodes in a shard; the last may hold fewer.")],
    workers: Annotated[int | None, typer.Option(help="Worker processes; default: one per core.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write the same dataset in shards of another length; no sample and no hash changes."""
    from envirosense.factory import TWINS, console_progress, describe_dataset
    from envirosense.factory.upkeep import reshard as write_again

    made = write_again(folder, out, episodes_per_shard, workers=workers, progress=console_progress())
    if made.manifest.twin in TWINS:
        describe_dataset(made)
    report(overview(made), f"{made.summary()}\nin       {made.folder}", as_json)


@commands.command("hash")
def logical_hash(folder: Folder, as_json: AsJson = False) -> None:
    """Compute the logical hash from the stored rows; it is the last line printed."""
    from envirosense.core.errors import DatasetError
    from envirosense.datasets import Dataset, recompute_logical_hash

    found, stated = recompute_logical_hash(folder), Dataset.open(folder).logical_hash
    if found != stated:
        raise DatasetError(
            f"{folder}: the rows hash to {found}, the manifest says {stated}; generate the dataset again"
        )
    report({"path": str(folder), "logical_hash": found}, found, as_json)


@commands.command()
def validate(folder: Folder, as_json: AsJson = False) -> None:
    """Check the rows against the twin's quality rules and write quality.json; exit code 1 on an error."""
    from envirosense.datasets import Dataset
    from envirosense.factory import check_quality

    dataset = Dataset.open(folder)
    found = check_quality(dataset)
    if as_json:
        say_json(found.to_json())
    else:
        say(str(found))
    found.write(dataset.folder)
    if not found.is_ok:
        raise typer.Exit(1)


@commands.command()
def card(folder: Folder, as_json: AsJson = False) -> None:
    """Check the rows and write the dataset's card, README.md, anew."""
    from envirosense.datasets import Dataset
    from envirosense.factory import describe_dataset

    path = describe_dataset(Dataset.open(folder))
    report({"card": str(path)}, str(path), as_json)


@commands.command()
def resense(
    folder: Folder,
    config: Annotated[Path, typer.Option(help="A guardian, or `changes` of sensors; YAML or JSON.")],
    out: Annotated[Path, typer.Option(help="Folder of the new dataset.")],
    sensing_seed: Annotated[int | None, typer.Option(help="Another seed for the noise.", min=0)] = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes; default: one per core.")] = None,
    as_json: AsJson = False,
) -> None:
    """Sense the same worlds with other sensors, ages or faults: truth and labels stay, readings change."""
    from envirosense.core.config import load_yaml
    from envirosense.factory import GenerationFailed, console_progress, describe_dataset
    from envirosense.factory import resense as sense_again

    sensing, progress = load_yaml(config), console_progress()
    try:
        made = sense_again(
            folder, sensing, out, sensing_seed=sensing_seed, workers=workers, progress=progress
        )
    except GenerationFailed as failure:
        describe_dataset(failure.dataset)
        raise
    describe_dataset(made)
    report(overview(made), f"{made.summary()}\nin       {made.folder}", as_json)
