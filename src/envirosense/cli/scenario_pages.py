"""Pages of the scenario library: `scenarios render`, `scenarios gallery`, `scenarios table`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from envirosense.cli.failures import Failure
from envirosense.cli.generate import seconds
from envirosense.cli.output import AsJson, report, say
from envirosense.cli.scenario_difficulty import difficulty
from envirosense.cli.scenario_reach import reach
from envirosense.cli.sensor_pages import progress_bar

if TYPE_CHECKING:
    from envirosense.pole.signal_table import SignalTable
    from envirosense.scenarios import BaseScenario

DRAWS_HELP: Final = (
    "Episodes drawn of each, and up to 12 until a sensor sees an event; the clearest is shown."
)
Shelves = Annotated[
    list[str] | None, typer.Option("--category", help="Only this category; may be given more than once.")
]


def attach(commands: typer.Typer) -> None:
    """Add the commands to the group of scenarios."""
    commands.command("render")(render_scenario)
    commands.command("gallery")(build_gallery)
    commands.command("table")(tabulate_signals)
    commands.command("difficulty")(difficulty)
    commands.command("reach")(reach)


def render_scenario(
    scenario: Annotated[str, typer.Argument(metavar="ID|FILE")],
    out: Annotated[Path, typer.Option(help="Page to write.")] = Path("scenario.html"),
    seed: Annotated[int, typer.Option(help="Seed of every random choice.", min=0)] = 0,
    duration: Annotated[str, typer.Option(help="Length of the episode: 10m, 1h, 1h30m.")] = "1h",
    dt: Annotated[str, typer.Option(help="Tick of the simulation.")] = "10s",
    as_json: AsJson = False,
) -> None:
    """Draw one episode of a scenario: causes, labels, heat, sensors, who could see it, facts, on one page."""
    from envirosense.cli.world import check_page
    from envirosense.datasets.files import write_whole
    from envirosense.pole.scenariopage import draw_scenario, scenario_page
    from envirosense.scenarios import SCENARIOS
    from envirosense.scenarios.io import is_scenario_file, load_scenario

    check_page(out)
    found = load_scenario(Path(scenario)) if is_scenario_file(scenario) else SCENARIOS[scenario]
    drawn = draw_scenario(found, seed, seconds(duration, "duration"), seconds(dt, "dt"))
    write_whole(out, scenario_page(drawn).encode())
    facts = {
        "page": str(out),
        "bytes": out.stat().st_size,
        "scenario": drawn.scenario_id,
        "seed": seed,
        "episode": drawn.run.spec.episode_id,
        "params": drawn.run.spec.params,
        "events": [f"{e.event_type.value}/{e.event_subtype.value}" for e in drawn.events],
        "greatest_snr": drawn.greatest_snr,
    }
    report(facts, str(out), as_json)


def build_gallery(
    out: Annotated[Path, typer.Option(help="Folder of the gallery.")] = Path("gallery"),
    category: Shelves = None,
    draws: Annotated[int, typer.Option(help=DRAWS_HELP, min=1)] = 3,
    seed: Annotated[int, typer.Option(help="Another one draws other episodes.", min=0)] = 0,
    as_json: AsJson = False,
) -> None:
    """Draw every scenario of the library: a page of cards, and a sheet for each."""
    from envirosense.core.errors import ConfigError
    from envirosense.pole.scenariopage import write_gallery

    if out.is_file():
        raise ConfigError("out", str(out), "is a file; name a folder for the gallery")
    found = _shelved(category)
    with progress_bar("drawing the gallery", len(found), "scenarios") as tell:
        tiles = write_gallery(out, list(found.values()), draws, seed, lambda _: tell())
    index = out / "index.html"
    facts = {
        "index": str(index),
        "index_bytes": index.stat().st_size,
        "bytes": index.stat().st_size + sum(tile.n_bytes for tile in tiles),
        "scenarios": [
            {"scenario": t.scenario_id, "page": t.page, "seed": t.seed, "n_events": t.n_events} for t in tiles
        ],
    }
    report(facts, str(index), as_json)


def tabulate_signals(
    category: Shelves = None,
    draws: Annotated[int, typer.Option(help="Episodes of each scenario.", min=1)] = 4,
    seed: Annotated[int, typer.Option(help="Seed of the draws.", min=0)] = 0,
    out: Annotated[Path | None, typer.Option(help="Page to write as well.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print how far each scenario moves each sensor; fails where one is moved by none, or by all alike."""
    from envirosense.cli.world import check_page
    from envirosense.datasets.files import write_whole
    from envirosense.pole.scenariopage import table_page, table_text
    from envirosense.pole.signal_table import signal_table

    if out is not None:
        check_page(out)
    found = _shelved(category)
    with progress_bar("asking every sensor", len(found), "scenarios") as tell:
        table = signal_table(list(found), draws, seed, lambda _: tell())
    if out is not None:
        write_whole(out, table_page(table, draws).encode())
    problems = table.problems()
    report({"problems": list(problems), **_plain(table)}, table_text(table), as_json)
    if out is not None and not as_json:
        say(str(out))
    if problems:
        raise Failure("\n".join(f"error: {problem}" for problem in problems), 1)


def _plain(table: "SignalTable") -> dict[str, object]:
    rows = [
        {
            "scenario": row.scenario,
            "greatest_snr": [float(snr) for snr in row.greatest_snr],
            "n_events": row.n_events,
            "n_seen": [int(n) for n in row.n_seen],
            "n_unseen": row.n_unseen,
        }
        for row in table.rows
    ]
    return {"sensors": list(table.sensors), "scenarios": rows}


def _shelved(categories: list[str] | None) -> "dict[str, type[BaseScenario]]":
    """Scenarios of some shelves; of all of them by default."""
    from envirosense.core.errors import UnknownNameError
    from envirosense.scenarios import SCENARIOS, Category

    known = [shelf.value for shelf in Category]
    for name in categories or ():
        if name not in known:
            raise UnknownNameError("category", name, known)
    return {n: one for n, one in SCENARIOS.items() if not categories or one.category.value in categories}
