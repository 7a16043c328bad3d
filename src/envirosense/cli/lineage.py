"""`lineage`: where something came from, and what was made of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from envirosense.cli.output import AsJson, report

if TYPE_CHECKING:
    from envirosense.factory.lineage_graph import Lineage

_WHAT = (
    "Folder of a dataset; DIR:train-00000, DIR:EPISODE or DIR:EPISODE@TICK; model:NAME@VERSION; or the start "
    "of a logical hash, an episode, a name or an artifact id in the catalogue."
)


def lineage(
    what: Annotated[str, typer.Argument(metavar="WHAT", help=_WHAT)],
    up: Annotated[bool, typer.Option("--up", help="What it was made from; this is the default.")] = False,
    down: Annotated[bool, typer.Option("--down", help="What was made of it.")] = False,
    prov: Annotated[Path | None, typer.Option(help="Also write it as PROV-JSON to this file.")] = None,
    openlineage: Annotated[
        Path | None, typer.Option(help="Also write it as OpenLineage events to this file, one a line.")
    ] = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="First enter all datasets beside WHAT in the catalogue anew.")
    ] = False,
    as_of: Annotated[
        str | None, typer.Option(help="Leave out what came later than this time, ISO with a zone.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what a dataset, shard, episode, tick or model was made from, and what was made of it."""
    from envirosense.datasets.catalog import rebuild as enter_all
    from envirosense.factory.lineage import LineageTracker
    from envirosense.factory.lineage_export import write_openlineage, write_prov_json

    folder = _folder(what)
    if rebuild:
        enter_all(folder.parent)
    tracker = LineageTracker.beside(folder)
    found: list[Lineage] = []
    if up or not down:
        found.append(tracker.upstream(what))
    if down:
        found.append(tracker.downstream(what))
    if as_of is not None:
        _require_existed(found[0], _time(as_of))
        found = [one.as_of(_time(as_of)) for one in found]
    for path, write in ((prov, write_prov_json), (openlineage, write_openlineage)):
        if path is not None:
            write(_joined(found), path)
    report(_plain(found), "\n\n".join(str(one) for one in found), as_json)


def _require_existed(graph: "Lineage", when_utc: str) -> None:
    """Refuse a question about something that was made later."""
    from datetime import datetime

    from envirosense.core.errors import ConfigError

    focus = graph.artifacts[graph.focus]
    made = focus.created_utc
    if made is not None and datetime.fromisoformat(made) > datetime.fromisoformat(when_utc):
        raise ConfigError(
            "as_of", when_utc, f"{focus.kind} {focus.name} did not exist then, only from {made[:19]}"
        )


def _time(text: str) -> str:
    """Time in ISO form; without a zone it is UTC."""
    from datetime import UTC, datetime

    from envirosense.core.errors import ConfigError

    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError("as_of", text, "is no time; write it like 2026-11-20T12:00:00+00:00") from None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).isoformat()


def _folder(what: str) -> Path:
    """Folder of the dataset that is named, or one in the current folder."""
    before = Path(what.rpartition(":")[0] or what).expanduser()
    chosen = next((one for one in (Path(what).expanduser(), before) if one.is_dir()), Path("dataset"))
    return chosen.absolute()


def _joined(found: list["Lineage"]) -> "Lineage":
    from envirosense.factory.lineage_graph import Lineage

    first = found[0]
    return Lineage(
        first.focus,
        first.direction,
        {key: one for graph in found for key, one in graph.artifacts.items()},
        {key: one for graph in found for key, one in graph.activities.items()},
        tuple(dict.fromkeys(edge for graph in found for edge in graph.edges)),
    )


def _plain(found: list["Lineage"]) -> dict[str, object]:
    return {graph.direction: graph.to_json() for graph in found}
