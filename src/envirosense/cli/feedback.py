"""`feedback`: what people said of a loop's alarms on real devices."""

from pathlib import Path
from typing import Annotated

import typer

from envirosense.cli.output import AsJson, report


def feedback(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Records, JSON lines or Parquet.")],
    dataset: Annotated[
        Path, typer.Option(metavar="DIR", help="Recorded logs that they are about, from `dataset import`.")
    ],
    loop: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the loop of that model.")],
    as_json: AsJson = False,
) -> None:
    """Give a loop what people said of alarms: counts, weak spots to ask for, samples to train on.

    The version before returns by itself where it was right about them and the one that serves was not.
    """
    from envirosense.datasets import Dataset
    from envirosense.learning.loop.field import take_feedback

    found = take_feedback(loop.expanduser().absolute(), Dataset.open(dataset), file)
    report(found.to_json(), str(found), as_json)
