"""`feedback`: what people said of a loop's alarms on real devices."""

from pathlib import Path
from typing import Annotated

import typer

from envirosense.cli.output import AsJson, report

Told = Annotated[
    Path | None,
    typer.Option(
        "--feedback", metavar="FILE", help="First take what people said of alarms, as `feedback` does."
    ),
]
Logs = Annotated[
    Path | None, typer.Option("--dataset", metavar="DIR", help="Recorded logs that --feedback is about.")
]


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


def take_first(folder: Path, file: Path | None, dataset: Path | None) -> None:
    """Give a loop the file of `--feedback`, where there is one, before anything else is done; told on stderr.

    Raises:
        ConfigError: if the file or the dataset is given alone.
    """
    from envirosense.core.errors import ConfigError
    from envirosense.datasets import Dataset
    from envirosense.learning.loop.field import take_feedback

    if file is None and dataset is None:
        return
    if file is None or dataset is None:
        missing = "dataset" if dataset is None else "feedback"
        raise ConfigError(missing, None, "--feedback FILE and --dataset DIR go together; give both")
    found = take_feedback(folder.expanduser().absolute(), Dataset.open(dataset), file)
    typer.echo(str(found), err=True)
