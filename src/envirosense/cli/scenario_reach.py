"""`scenarios reach`: how far away any sensor could see a source, against its strength and the wind."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from envirosense.cli.output import AsJson, report, say, table
from envirosense.cli.sensor_pages import progress_bar

if TYPE_CHECKING:
    from envirosense.factory.executors import WorkerPool


def reach(
    scenario: Annotated[str, typer.Argument(metavar="ID|FILE")] = "fire/early_combustion",
    out: Annotated[Path | None, typer.Option(help="Page to write as well.")] = None,
    draws: Annotated[int, typer.Option(min=1, help="Episodes at each strength and distance.")] = 48,
    seed: Annotated[int, typer.Option(min=0, help="Of the draws.")] = 0,
    strength: Annotated[
        str | None, typer.Option(help="Parameter to sweep; default: the first in g/s, g or W.")
    ] = None,
    strengths: Annotated[str, typer.Option(help="Values of it, rising: 0.6,6,60. Default: five.")] = "",
    distances: Annotated[str, typer.Option(help="Metres, rising: 3,10,60. Default: six.")] = "",
    workers: Annotated[int | None, typer.Option(help="Processes; default: one per core.")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure how far, and how long before a flame, any sensor could see a source; what physics forbids."""
    from envirosense.cli.world import check_page
    from envirosense.datasets.files import write_whole
    from envirosense.pole.reach import measured_reach
    from envirosense.pole.reach_plan import plan_for
    from envirosense.pole.scenariopage.reach_numbers import forbidden_rows, reach_data, reach_rows
    from envirosense.pole.scenariopage.reach_page import reach_page
    from envirosense.scenarios import SCENARIOS
    from envirosense.scenarios.io import is_scenario_file, load_scenario

    if out is not None:
        check_page(out)
    found = load_scenario(Path(scenario)) if is_scenario_file(scenario) else SCENARIOS[scenario]
    levels, places_m = _numbers("strengths", strengths), _numbers("distances", distances)
    plan = plan_for(found, strength, levels, places_m, draws, seed)
    with _pool(workers) as pool, progress_bar("measuring reach", plan.n_episodes, "episodes") as tell:
        measured = measured_reach(plan, pool, tell)
    if out is not None:
        write_whole(out, reach_page(measured).encode())
    report(reach_data(measured), f"{table(reach_rows(measured))}\n\n{table(forbidden_rows())}", as_json)
    if out is not None and not as_json:
        say(str(out))


def _numbers(option: str, text: str) -> tuple[float, ...]:
    """Numbers between commas.

    Raises:
        ConfigError: if one is no number above 0.
    """
    from envirosense.core.errors import ConfigError

    try:
        found = tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError:
        found = (-1.0,)
    if not all(0.0 < value < float("inf") for value in found):
        raise ConfigError(option, text, "needs numbers above 0 between commas")
    return found


@contextmanager
def _pool(workers: int | None) -> "Iterator[WorkerPool | None]":
    """Worker processes; None for one, which is this."""
    from envirosense.factory.executors import WorkerPool, worker_count
    from envirosense.pole.twin import PoleTwin

    n = worker_count(workers)
    if n == 1:
        yield None
        return
    with WorkerPool(n, PoleTwin.preload) as pool:
        yield pool
