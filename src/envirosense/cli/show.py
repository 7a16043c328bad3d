"""`show`: one episode as a page."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from envirosense.cli.output import AsJson, report

if TYPE_CHECKING:
    from envirosense.datasets import Dataset


def show(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a dataset.")],
    episode: Annotated[str, typer.Option(help="Episode id, or its first digits.")],
    out: Annotated[Path, typer.Option(help="Page to write.")] = Path("episode.html"),
    as_json: AsJson = False,
) -> None:
    """Draw every channel of an episode with truth, labels and camera frames on one page."""
    from envirosense.datasets import Dataset

    path = write_page(Dataset.open(folder), episode, out)
    report({"page": str(path)}, str(path), as_json)


def write_page(dataset: "Dataset", episode_id: str, path: Path) -> Path:
    """The path, after writing the page of the episode whose id starts so to it."""
    from envirosense.datasets.files import write_whole
    from envirosense.pole.page import episode_page

    write_whole(path, episode_page(dataset, episode_id).encode())
    return path
