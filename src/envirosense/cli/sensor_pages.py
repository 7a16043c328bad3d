"""Pages with pictures of sensors, written by `sensors sheet` and `sensors show --plot`."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import typer

from envirosense.cli.output import report

_LINE_EVERY_S: Final = 5.0


def write_day(
    out: Path,
    scenario: str,
    seed: int,
    lengths_s: tuple[float, float],
    options: dict[str, Any],
    as_json: bool,
) -> None:
    """Day of a device, `lengths_s` long and at that tick, as a page."""
    from envirosense.cli.world import check_page
    from envirosense.datasets.files import write_whole
    from envirosense.pole.sheet import BLOCKS, day_page, open_day, watch_day

    check_page(out)
    with progress_bar("watching the day", BLOCKS + 2) as tell:
        run = open_day(scenario, seed, *lengths_s, options)
        tell()
        sheet = watch_day(run, tell)
        write_whole(out, day_page(sheet).encode())
    ids = list(run.device.sensors)
    grid = run.spec.grid
    facts = {
        "page": str(out),
        "bytes": out.stat().st_size,
        "scenario": scenario,
        "seed": seed,
        "start_utc": grid.start_utc,
        "ticks": grid.n,
        "sensors": ids,
    }
    report(facts, str(out), as_json)


def write_type(out: Path, sensor_type: str, part: str | None, as_json: bool) -> None:
    """One sensor type in depth as a page."""
    from envirosense.cli.world import check_page
    from envirosense.datasets.files import write_whole
    from envirosense.pole.sheet import STEPS, type_page

    check_page(out)
    with progress_bar("trying the sensor", STEPS + 1) as tell:
        write_whole(out, type_page(sensor_type, part, tell).encode())
    facts = {"page": str(out), "bytes": out.stat().st_size, "sensor": sensor_type}
    report(facts, str(out), as_json)


def progress_lines(begin: str, total: int, items: str, every_s: float = _LINE_EVERY_S) -> Callable[[], None]:
    """Call for each that is done: a line on stderr now and then, one at the begin and one at the end."""
    began_s = said_s = time.monotonic()
    done = 0
    typer.echo(begin, err=True)

    def tell() -> None:
        nonlocal done, said_s
        done += 1
        now_s = time.monotonic()
        if done < total and now_s - said_s < every_s:
            return
        said_s = now_s
        left_s = (now_s - began_s) / done * (total - done)
        left = f", about {left_s:.0f} s left" if done < total else ""
        typer.echo(f"{done} of {total} {items}{left}", err=True)

    return tell


@contextmanager
def progress_bar(what: str, total: int, items: str = "") -> Iterator[Callable[[], None]]:
    """A bar on a terminal; elsewhere lines that count `items`, or nothing where it takes seconds."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = TextColumn(what), BarColumn(), TimeElapsedColumn()
    console = Console(stderr=True)
    if items and not console.is_terminal:
        yield progress_lines(f"{what}: {total} {items}", total, items)
        return
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)
