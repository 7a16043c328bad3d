"""`generate run`: everything that a manifest asks for."""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from envirosense.cli.cost import START_S, about_bytes, about_seconds
from envirosense.cli.output import AsJson, report, say, say_json, table

if TYPE_CHECKING:
    from envirosense.factory.pipeline import MLTrainingPipeline

Dask = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Scheduler of a Dask cluster, tcp://host:port.")
]


def run_manifest(
    manifest: Annotated[Path, typer.Argument(metavar="MANIFEST", help="Manifest, YAML or JSON.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder of the run; default: the target or the name in the manifest.")
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes; default: one per core.")] = None,
    dask: Dask = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what every stage would cost.")] = False,
    as_json: AsJson = False,
) -> None:
    """Deliver what a manifest asks for; the same command goes on with a run that was stopped.

    Exit code 1 where episodes are in quarantine, more than the manifest allows, or a rule fails.
    """
    from envirosense.factory.pipeline import DeliveryIncomplete, MLTrainingPipeline
    from envirosense.factory.pipeline.reporting import ConsoleStages

    pipeline = MLTrainingPipeline(manifest, out)
    if dry_run:
        return _say_cost(pipeline, workers, as_json)
    with executor_of(dask) as executor:
        try:
            found = pipeline.run(workers=workers, executor=executor, progress=ConsoleStages())
        except DeliveryIncomplete as incomplete:
            report(incomplete.delivery.plain, str(incomplete.delivery), as_json)
            raise
    return report(found.plain, str(found), as_json)


@contextmanager
def executor_of(dask: str | None) -> Iterator[Executor | None]:
    """Executor of the cluster at an address, None for our own processes."""
    if dask is None:
        yield None
        return
    from envirosense.factory.dask_executor import dask_cluster

    with dask_cluster(dask) as executor:
        yield executor


def _say_cost(pipeline: "MLTrainingPipeline", workers: int | None, as_json: bool) -> None:
    """Print episodes, hours, gigabytes and minutes of every stage."""
    cost = pipeline.cost(workers)
    total: dict[str, Any] = {
        "episodes": cost.episodes,
        "hours": cost.hours,
        "minutes": cost.minutes + START_S / 60.0,
        "peak_gigabytes": cost.peak_gigabytes,
    }
    if as_json:
        return say_json({"stages": [asdict(stage) for stage in cost.stages], **total})
    say(table(
        {
            "stage": stage.stage,
            "episodes": stage.episodes or None,
            "simulated h": round(stage.hours, 2) or None,
            "disk": about_bytes(1e9 * stage.gigabytes) if stage.gigabytes else None,
            "time": about_seconds(60.0 * stage.minutes),
        }
        for stage in cost.stages
    ))  # fmt: skip
    return say(
        f"\nin all {total['episodes']} episodes, {total['hours']:.2f} simulated h, "
        f"{about_bytes(1e9 * cost.peak_gigabytes)} of disk, {about_seconds(60.0 * total['minutes'])}"
    )
