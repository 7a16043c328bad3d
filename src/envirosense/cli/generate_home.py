"""`generate home`: smart homes and their history."""

import math
from pathlib import Path
from typing import Annotated

import typer

from envirosense.cli.manifest_run import Dask
from envirosense.cli.output import AsJson

DT_S = 900.0  # step of the series of a home


def generate_home(
    out: Annotated[Path, typer.Option(help="Folder of the dataset: new, empty, or of the same run.")],
    homes: Annotated[int, typer.Option(help="Homes; types and sizes keep their shares.")],
    days: Annotated[int, typer.Option(help="Days of history of each home.")] = 30,
    seed: Annotated[int, typer.Option(help="Seed of every random choice.")] = 0,
    level: Annotated[
        str, typer.Option(help="How hard patterns are to find: easy, standard, hard.")
    ] = "standard",
    home_type: Annotated[
        str | None, typer.Option(help="Only homes of this type: apartment, studio, townhouse ...")
    ] = None,
    size: Annotated[str | None, typer.Option(help="Only small, medium, large or extra_large homes.")] = None,
    region: Annotated[
        str | None, typer.Option(help="Only temperate, continental, tropical or arctic homes.")
    ] = None,
    faults: Annotated[float, typer.Option(help="Failures of a home in a month.")] = 1.0,
    delivery: Annotated[
        str | None, typer.Option(help="Shares of messages dropped,duplicated,late: 0.005,0.003,0.001.")
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes; default: one per core.")] = None,
    dask: Dask = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would cost.")] = False,
    allow_failures: Annotated[
        bool, typer.Option("--allow-failures", help="Exit with 0 even where homes failed.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a dataset of smart homes; the same command resumes an interrupted run."""
    from envirosense.cli.generate import report_dataset
    from envirosense.factory import GenerationRequest

    _require(homes, days, level, faults)
    options: dict[str, object] = {
        "home_type": home_type,
        "size": size,
        "region": region,
        "faults_per_month": faults,
    }
    options["delivery"] = None if delivery is None else _delivery(delivery)
    request = GenerationRequest.parse({
        "twin": "home",
        "scenarios": [f"home/{level}"],
        "episodes": homes,
        "n_groups": homes,
        "duration_s": 86_400.0 * days,
        "dt_s": DT_S,
        "seed": seed,
        "name": "home",
        "options": {name: value for name, value in options.items() if value is not None},
    })  # fmt: skip
    if dry_run:
        from envirosense.cli.cost import say_cost

        return say_cost(request, workers, as_json)
    return report_dataset(request, out, workers, allow_failures, dask, as_json)


def _require(homes: int, days: int, level: str, faults: float) -> None:
    """Refuse in the words of the command line what the request would refuse in its own."""
    from envirosense.core.errors import ConfigError

    for field, number in (("homes", homes), ("days", days)):
        if number < 1:
            raise ConfigError(field, number, "must be 1 at least")
    if not 0.0 <= faults < math.inf:
        raise ConfigError("faults", faults, "must be 0 at least")
    if level not in ("easy", "standard", "hard"):
        raise ConfigError("level", level, "must be easy, standard or hard")


def _delivery(text: str) -> dict[str, float]:
    """Three shares with commas."""
    from envirosense.core.errors import ConfigError

    names = ("dropped", "duplicated", "late")
    try:
        return dict(zip(names, (float(part) for part in text.split(",")), strict=True))
    except ValueError:
        fix = "give three shares with commas: dropped,duplicated,late, for example 0.005,0.003,0.001"
        raise ConfigError("delivery", text, fix) from None
