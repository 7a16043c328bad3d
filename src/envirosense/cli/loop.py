"""`loop`: generate, collect, train, judge, deploy, ask for better data, and again."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from envirosense.cli.feedback import Logs, Told, take_first
from envirosense.cli.output import AsJson, say, say_json, table

if TYPE_CHECKING:
    from envirosense.learning.loop.report import LoopReport

Trainer = Annotated[
    str | None,
    typer.Option(help="Name of a trainer, or the command line of your own; the job's folder is appended."),
]


def loop(
    twin: Annotated[str, typer.Argument(metavar="TWIN", help="pole or home.")],
    cycles: Annotated[int, typer.Option(help="Cycles in all; those that are done are not done again.")] = 3,
    seed: Annotated[int, typer.Option(help="Seed of everything that is drawn.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Folder of the loop; default: loop-TWIN.")] = None,
    episodes: Annotated[int | None, typer.Option(help="Episodes of a cycle.")] = None,
    validation: Annotated[int | None, typer.Option(help="Episodes for thresholds and weak spots.")] = None,
    test: Annotated[int | None, typer.Option(help="Episodes of the frozen test set.")] = None,
    trainer: Trainer = None,
    trainer_timeout: Annotated[
        float | None, typer.Option(help="Time after which a trainer is stopped [s]; default 900.")
    ] = None,
    real: Annotated[
        Path | None, typer.Option(help="Samples of real origin (Parquet) to train on too.")
    ] = None,
    real_weight: Annotated[float | None, typer.Option(help="What one of them counts; default 1.")] = None,
    feedback: Told = None,
    dataset: Logs = None,
    uniform: Annotated[
        bool, typer.Option("--uniform/--no-uniform", help="Also learn from even draws alone, to compare.")
    ] = True,
    workers: Annotated[int | None, typer.Option(help="Worker processes; default: one per core.")] = None,
    as_json: AsJson = False,
) -> None:
    """Run cycles of the loop of a twin; the same command goes on where it was stopped."""
    from envirosense.factory.progress import console_progress
    from envirosense.learning.loop.engine import loop_config, run_loop
    from envirosense.learning.loop.subject import LOOPS

    subject = LOOPS[twin]()
    folder = (out or Path(f"loop-{twin}")).expanduser()
    config = loop_config(
        subject,
        seed=seed,
        episodes=episodes,
        validation_episodes=validation,
        test_episodes=test,
        trainer=chosen_trainer(trainer),
        trainer_timeout_s=trainer_timeout,
        real_samples=None if real is None else str(real.absolute()),
        real_weight=real_weight,
        compare_uniform=uniform,
    )
    take_first(folder, feedback, dataset)
    report = run_loop(
        config,
        folder,
        cycles,
        workers=workers,
        progress=console_progress(),
        tell=lambda text: typer.echo(text, err=True),
        subject=subject,
    )
    _say(report, folder, as_json)


def chosen_trainer(text: str | None) -> str | tuple[str, ...] | None:
    """What `--trainer` says: a name of the registry, or the words of a command."""
    import shlex

    from envirosense.learning.retraining.trainer import TRAINERS

    words = shlex.split(text) if text else []
    if len(words) == 1 and (words[0] in TRAINERS or not Path(words[0]).exists()):
        return words[0]
    return tuple(words) or None


def _say(report: "LoopReport", folder: Path, as_json: bool) -> None:
    page = folder.absolute() / "report.html"
    if as_json:
        return say_json({**report.to_json(), "report": str(page)})
    say(table(report.rows()))
    say(f"serving  {report.serving or 'nothing'}")
    say(f"report   {page}")
    if report.serving is None:
        raise typer.Exit(1)
    return None
