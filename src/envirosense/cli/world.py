"""`world`: look at the world of one episode."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from envirosense.cli.generate import seconds
from envirosense.cli.output import AsJson, report

if TYPE_CHECKING:
    from envirosense.pole.worldpage import WorldMoment

commands = typer.Typer(help="Look at the world of one episode.")


@commands.callback(invoke_without_command=True)
def which_view(context: typer.Context) -> None:
    """Look at the world of one episode."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@commands.command("render")
def render(
    scenario: Annotated[str, typer.Option(help="Scenario id.")],
    at: Annotated[str, typer.Option(help="Moment since the episode's start: 90s, 12m, 1h.")] = "12m",
    out: Annotated[Path, typer.Option(help="Page to write.")] = Path("world.html"),
    seed: Annotated[int, typer.Option(help="Seed of every random choice.", min=0)] = 0,
    duration: Annotated[str, typer.Option(help="Length of the episode: 10m, 1h, 1h30m.")] = "1h",
    dt: Annotated[str, typer.Option(help="Tick of the simulation.")] = "1s",
    site: Annotated[Path | None, typer.Option(help="Site file, YAML.")] = None,
    weather: Annotated[str | None, typer.Option(help="Weather year: a name, or a TMY3 or EPW file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Draw plume, fields, heat and courses of a scenario's world around one moment on one page."""
    from envirosense.datasets.files import write_whole
    from envirosense.pole.worldpage import STEPS, open_moment, world_page

    check_page(out)
    given = {"site": site, "weather": weather}
    options = {name: str(value) for name, value in given.items() if value is not None}
    lengths_s = seconds(duration, "duration"), seconds(dt, "dt")
    with _progress(STEPS + 1) as tell:
        moment = open_moment(scenario, moment_s(at), seed, *lengths_s, options)
        tell()
        write_whole(out, world_page(moment, tell).encode())
    report(_facts(moment, out), str(out), as_json)


@commands.command("energy")
def energy(
    weather: Annotated[str | None, typer.Option(help="Weather year: a name, or a TMY3 or EPW file.")] = None,
    site: Annotated[Path | None, typer.Option(help="Site file, YAML.")] = None,
    guardian: Annotated[Path | None, typer.Option(help="Sensors of the guardian, YAML or JSON.")] = None,
    load: Annotated[float | None, typer.Option(help="One power [W] instead of sensors.", min=0.0)] = None,
    step: Annotated[str, typer.Option(help="Step; at most 300s, and a part of the hour.")] = "300s",
    as_json: AsJson = False,
) -> None:
    """Run panel and battery through a year: charge, dark days, what is shed. Rates are the firmware's own."""
    from envirosense.core.config import load_yaml
    from envirosense.core.errors import ConfigError
    from envirosense.instruments import SensorConfiguration
    from envirosense.pole import Site, default_configuration
    from envirosense.pole.energy_year import energy_year
    from envirosense.pole.weather_ref import weather_ref, weather_year

    if load is not None and guardian is not None:
        raise ConfigError("load", load, "give sensors or one power, not both")
    place = Site() if site is None else Site.parse(load_yaml(site), "site")
    device = (
        default_configuration(place)
        if guardian is None
        else SensorConfiguration.parse(load_yaml(guardian), "guardian")
    )
    year = weather_year(weather_ref(weather))
    found = energy_year(place, year, device.sensors if load is None else load, seconds(step, "step"))
    report(found.summary(), found.table(), as_json)


def check_page(out: Path) -> None:
    """Refuse a page that could not be written, before the seconds that it takes to draw.

    Raises:
        ConfigError: if it is a folder, or its folder does not exist or cannot be written to.
    """
    from envirosense.core.errors import ConfigError

    if out.is_dir():
        raise ConfigError("out", str(out), f"is a folder; name a file in it, such as {out / 'world.html'}")
    if not out.parent.is_dir():
        raise ConfigError("out", str(out), f"there is no folder {out.parent}; make it or choose another")
    if not os.access(out.parent, os.W_OK):
        raise ConfigError("out", str(out), f"no permission to write to {out.parent}; choose another folder")


def moment_s(text: str) -> float:
    """Time since the start of the episode [s]; `0s` is its first tick.

    Raises:
        ConfigError: if it is not a time.
    """
    return 0.0 if text.strip() in {"0", "0s", "0m", "0h"} else seconds(text, "at")


def _facts(moment: "WorldMoment", out: Path) -> dict[str, object]:
    spec = moment.run.spec
    return {
        "page": str(out),
        "scenario": spec.scenario,
        "at_s": moment.at_s,
        "params": spec.params,
        "sources": [plume.name for plume in moment.gases.plumes],
        "clamps": moment.run.world.clamps,
    }


@contextmanager
def _progress(total: int) -> Iterator[Callable[[], None]]:
    """A bar on a terminal; elsewhere nothing, since it takes seconds."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = TextColumn("drawing the world"), BarColumn(), TimeElapsedColumn()
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("world", total=total)
        yield lambda: bar.advance(task)
