"""`scenarios difficulty`: the reference detector against every scenario."""

from pathlib import Path
from typing import Annotated

import typer

from envirosense.cli.output import AsJson, report, say, table


def difficulty(
    patterns: Annotated[list[str] | None, typer.Argument(metavar="PATTERN...", help="Default: all.")] = None,
    draws: Annotated[int, typer.Option(min=1, help="Episodes of each scenario.")] = 8,
    seed: Annotated[int, typer.Option(min=0, help="Of the draws.")] = 0,
    out: Annotated[Path | None, typer.Option(help="File to write, such as difficulty.yaml.")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure how long the reference detector takes to find what some sensor could see."""
    from dataclasses import asdict
    from fnmatch import fnmatchcase

    import yaml

    from envirosense.cli.world import check_page
    from envirosense.core.errors import UnknownNameError
    from envirosense.datasets.files import write_whole
    from envirosense.pole.difficulty import calibrated_reference, document, measured_difficulty
    from envirosense.scenarios import SCENARIOS

    if out is not None:
        check_page(out)
    wanted = patterns or ["*"]
    chosen = [name for name in SCENARIOS if any(fnmatchcase(name, pattern) for pattern in wanted)]
    if not chosen:
        raise UnknownNameError("scenario", wanted[0], SCENARIOS)
    typer.echo("calibrating the reference detector on normal days", err=True)
    detector = calibrated_reference(seed)
    found = measured_difficulty(chosen, detector, draws, seed, lambda name: typer.echo(name, err=True))
    whole = document(found, detector, draws, seed)
    if out is None:
        return report(whole, table({"scenario": name, **asdict(row)} for name, row in found.items()), as_json)
    write_whole(out, yaml.safe_dump(whole, sort_keys=False).encode())
    return say(str(out))
