"""`show`: one episode as a page."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from envirosense.cli.output import AsJson, report

if TYPE_CHECKING:
    from envirosense.datasets import Dataset


def show(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a dataset.")],
    episode: Annotated[
        str | None, typer.Option(help="Episode id, or its first digits; default: the first with an event.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Page to write.")] = Path("episode.html"),
    as_json: AsJson = False,
) -> None:
    """Draw an episode on one page: every channel of a pole with its truth, or a week of a home."""
    from envirosense.datasets import Dataset

    dataset = Dataset.open(folder)
    path = write_page(dataset, first_event_episode(dataset) if episode is None else episode, out)
    report({"page": str(path)}, str(path), as_json)


def first_event_episode(dataset: "Dataset") -> str:
    """Id of the first episode in which something happened, or of the first one there is.

    Raises:
        DatasetError: if the dataset has no usable episode.
    """
    from envirosense.core.errors import DatasetError

    ids = [episode.episode_id for episode in dataset]
    if not ids:
        raise DatasetError(f"{dataset.folder}: has no usable episode")
    return next((one.episode_id for one in dataset if one.row_count("events")), ids[0])


def write_page(dataset: "Dataset", episode_id: str, path: Path) -> Path:
    """The path, after writing the page of the episode whose id starts so to it."""
    from envirosense.datasets.files import write_whole

    write_whole(path, _page(dataset, episode_id).encode())
    return path


def _page(dataset: "Dataset", episode_id: str) -> str:
    """Page of one episode, as its twin draws it."""
    if dataset.manifest.twin == "home":
        from envirosense.home.weekpage import week_page

        return week_page(dataset, episode_id)
    from envirosense.pole.page import episode_page

    return episode_page(dataset, episode_id)
