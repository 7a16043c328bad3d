"""`generate`: datasets of a twin."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from envirosense.cli.curriculum import DIFFICULTY_HELP, of_levels
from envirosense.cli.generate_home import generate_home
from envirosense.cli.manifest_run import Dask, executor_of, run_manifest
from envirosense.cli.output import AsJson, report

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from envirosense.core.errors import ConfigError
    from envirosense.datasets import Dataset
    from envirosense.factory import GenerationRequest

POLE_SCENARIOS: Final = "fire/*,electrical/*,normal/*"
CARD: Final = "README.md"
commands = typer.Typer(
    help="Make a dataset of a twin, or all that a manifest asks for.", no_args_is_help=True
)
commands.command("run")(run_manifest)
commands.command("home")(generate_home)


@commands.callback()
def which_twin() -> None:
    """Make a dataset of a twin, or all that a manifest asks for."""


@commands.command("pole")
def generate_pole(
    out: Annotated[Path, typer.Option(help="Folder of the dataset: new, empty, or of the same run.")],
    episodes: Annotated[int, typer.Option(help="Episodes in total, dealt round-robin over the scenarios.")],
    scenarios: Annotated[str, typer.Option(help="Ids, patterns or files, with commas.")] = POLE_SCENARIOS,
    difficulty: Annotated[str | None, typer.Option(help=DIFFICULTY_HELP)] = None,
    duration: Annotated[str, typer.Option(help="Length of an episode: 90s, 10m, 1h, 1h30m, 2d.")] = "1h",
    seed: Annotated[int, typer.Option(help="Seed of every random choice.")] = 0,
    workers: Annotated[int | None, typer.Option(help="Worker processes; default: one per core.")] = None,
    dask: Dask = None,
    dt: Annotated[str, typer.Option(help="Tick of the simulation.")] = "1s",
    sensors: Annotated[str | None, typer.Option(help="Only these sensors, ids or types with commas.")] = None,
    without: Annotated[str | None, typer.Option(help="All sensors but these.")] = None,
    guardian: Annotated[Path | None, typer.Option(help="Sensors of the guardian, YAML or JSON.")] = None,
    weather: Annotated[str | None, typer.Option(help="Weather year: file in TMY3 or EPW format.")] = None,
    site: Annotated[Path | None, typer.Option(help="Site file, YAML.")] = None,
    frames_every: Annotated[str | None, typer.Option(help="Time between camera frames.")] = None,
    profile: Annotated[
        str | None, typer.Option(help="Rates of the sensors: research (1 Hz), normal, alert, power_save.")
    ] = None,
    optional_sensors: Annotated[
        bool, typer.Option("--optional-sensors", help="Also gas (CO, CO2, NO2) and line current.")
    ] = False,
    power_coupling: Annotated[
        bool, typer.Option("--power-coupling", help="Sensors load the battery and are shed as it empties.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would cost.")] = False,
    allow_failures: Annotated[
        bool, typer.Option("--allow-failures", help="Exit with 0 even where episodes failed.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a dataset of labelled pole episodes; the same command resumes an interrupted run."""
    from envirosense.factory import GenerationRequest

    options = {
        "sensors": _names(sensors),
        "without": _names(without),
        "weather": weather,
        "site": None if site is None else str(site),
        "sensing": None if guardian is None else _guardian(guardian, frames_every),
        "frame_interval_s": None if frames_every is None else seconds(frames_every, "frames_every"),
        "profile": profile,
        "with_optional": optional_sensors or None,
        "power_coupling": "on" if power_coupling else None,
    }
    request = GenerationRequest.parse({
        "twin": "pole",
        **of_levels(_named_scenarios(scenarios), difficulty),
        "episodes": episodes,
        "duration_s": seconds(duration, "duration"),
        "dt_s": seconds(dt, "dt"),
        "seed": seed,
        "name": "pole",
        "options": {name: value for name, value in options.items() if value is not None},
    })  # fmt: skip
    if dry_run:
        from envirosense.cli.cost import say_cost

        return say_cost(request, workers, as_json)
    return report_dataset(request, out, workers, allow_failures, dask, as_json)


def report_dataset(
    request: "GenerationRequest",
    out: Path,
    workers: int | None,
    allow_failures: bool,
    dask: str | None,
    as_json: bool,
) -> None:
    """Make the dataset of a request and say what it is."""
    with executor_of(dask) as executor:
        made = make_dataset(request, out, workers, allow_failures, executor)
    report(overview(made), f"{made.summary()}\nin       {made.folder}", as_json)


def _named_scenarios(text: str) -> dict[str, Any]:
    """Patterns, with the scenario of every file under its id, and the library that those files make."""
    from envirosense.scenarios.definition import scenario_id
    from envirosense.scenarios.io import is_scenario_file, loaded

    patterns, library = [], {}
    for name in (part.strip() for part in text.split(",") if part.strip()):
        if is_scenario_file(name):
            definition, found, _ = loaded(Path(name))
            name = _new_id(scenario_id(found), name)
            library[name] = definition.plain()
        patterns.append(name)
    return {"scenarios": patterns, "library": library}


def _new_id(scenario: str, file: str) -> str:
    from envirosense.core.errors import ConfigError
    from envirosense.scenarios import SCENARIOS

    if scenario in SCENARIOS:
        raise ConfigError(
            "scenarios", file, f"its id {scenario} is taken by the library; give it another name"
        )
    return scenario


def seconds(text: str, field: str) -> float:
    """Length of a duration given on the command line [s].

    Raises:
        ConfigError: if it is not a positive number with a unit.
    """
    from envirosense.core.errors import ConfigError
    from envirosense.core.units import duration_s

    try:
        return duration_s(text)
    except ValueError as error:
        raise ConfigError(field, text, str(error)) from None


def make_dataset(
    request: "GenerationRequest",
    out: Path,
    workers: int | None = None,
    allow_failures: bool = False,
    executor: "Executor | None" = None,
) -> "Dataset":
    """Dataset of a request, checked and with its card; progress goes to stderr.

    Failed episodes are reported only when the dataset is described: what was delivered is usable.
    """
    from envirosense.core.errors import ConfigError
    from envirosense.factory import GenerationFailed, console_progress, describe_dataset, generate

    try:
        made = generate(request, out, workers, executor, console_progress(), allow_failures)
    except GenerationFailed as failure:
        describe_dataset(failure.dataset)
        raise
    except ConfigError as error:
        raise _with_cause(error, request, out) from None
    if not (made.folder / CARD).exists():  # the request may have been finished before
        describe_dataset(made)
    return made


def _with_cause(error: "ConfigError", request: "GenerationRequest", out: Path) -> "ConfigError":
    """The error, or one that names the scenarios that patterns match now and did not when `out` was made."""
    from envirosense.core.errors import ConfigError
    from envirosense.datasets import Dataset
    from envirosense.factory import TWINS, match_scenarios

    if "the episodes differ" not in error.fix:
        return error
    there = set(Dataset.open(out).short["scenario"].to_pylist())
    here = match_scenarios(request.scenarios, TWINS[request.twin]().scenarios())[: request.episodes]
    if not (new := sorted(set(here) - there)):
        return error
    patterns = ",".join(request.scenarios)
    cause = f"holds another dataset: {patterns!r} now also matches {', '.join(new)}"
    return ConfigError("out", str(out), f"{cause}; name the scenarios, or choose another folder")


def overview(made: "Dataset") -> dict[str, Any]:
    """What a dataset is, as plain data."""
    manifest = made.manifest
    return {
        "path": str(made.folder),
        "name": manifest.name,
        "twin": manifest.twin,
        "seed": manifest.seed,
        "episodes": manifest.counts,
        "hours": made.duration_s / 3600.0,
        "splits": manifest.splits,
        "streams": {
            name: {"rows": stream.rows, "columns": len(stream.columns), "bytes": stream.bytes}
            for name, stream in manifest.streams.items()
        },
        "logical_hash": made.logical_hash,
    }


def _guardian(path: Path, frames_every: str | None) -> dict[str, Any]:
    from envirosense.core.config import load_yaml
    from envirosense.core.errors import ConfigError

    if frames_every is not None:
        fix = "the guardian file says how often its camera takes a frame; write interval_s there"
        raise ConfigError("frames_every", frames_every, fix)
    return load_yaml(path)


def _names(text: str | None) -> list[str] | None:
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]
