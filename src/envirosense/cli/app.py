"""Every command by name. Nothing heavy is imported before a command runs."""

import shlex
from collections.abc import Sequence
from typing import Annotated

import typer

from envirosense.cli import (
    ab,
    dataset,
    demo,
    doctor,
    feedback,
    generate,
    library,
    lineage,
    live,
    loop,
    models,
    registry,
    retrain,
    scenario_pages,
    scenarios,
    show,
    world,
)
from envirosense.cli.failures import CommandLine, Failure

app = typer.Typer(
    cls=CommandLine,
    help="Simulate things that carry sensors, and turn the result into labelled datasets and detectors.",
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("demo")(demo.demo)
app.add_typer(generate.commands, name="generate")
app.add_typer(dataset.commands, name="dataset")
app.command("show")(show.show)
app.command("lineage")(lineage.lineage)
app.add_typer(world.commands, name="world")
app.add_typer(live.commands, name="live")
app.command("train")(models.train)
app.command("evaluate")(models.evaluate)
app.command("loop")(loop.loop)
app.command("retrain")(retrain.retrain)
app.command("feedback")(feedback.feedback)
registry.commands.command("ab")(ab.ab)
app.add_typer(registry.commands, name="registry")
app.command("promote")(registry.promote)
app.command("rollback")(registry.rollback)
app.command("duel")(registry.duel)
app.add_typer(library.sensors, name="sensors")
scenario_pages.attach(scenarios.commands)
app.add_typer(scenarios.commands, name="scenarios")
app.add_typer(library.parts, name="parts")
app.command("doctor")(doctor.doctor)


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    """Simulate things that carry sensors, and turn the result into labelled datasets and detectors."""
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"envirosense {installed('envirosense')}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())
    else:
        from envirosense.core.logs import configure_logging

        configure_logging()


def run(args: Sequence[str]) -> int:
    """Exit code of a command line, after running it: 0 only when everything asked for was delivered."""
    try:
        code = app(args=list(args), prog_name="envirosense", standalone_mode=False)
    except Failure as failure:
        typer.echo(failure.format_message(), err=True)
        return failure.exit_code
    except typer.TyperException as misuse:
        said = shlex.join(["envirosense", *args])
        typer.echo(f"error: {misuse.format_message().rstrip('.')}; see --help; given: {said}", err=True)
        return misuse.exit_code
    except typer.Abort:
        return 1
    return code if isinstance(code, int) else 0
