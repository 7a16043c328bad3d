"""`demo`: the main job from end to end on this machine."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from envirosense.cli.output import AsJson, facts, say, say_json

if TYPE_CHECKING:
    from envirosense.datasets import Dataset
    from envirosense.learning.results import EvaluationReport

EPISODES: Final = 180  # about two minutes on two cores
FRAME_INTERVAL_S: Final = 5.0  # a frame a second would take five times the disk
# One of each kind: with more, a few dozen episodes would leave too few of any for a model to learn
DEMO_SCENARIOS = ("fire/cellulose_pyrolysis", "electrical/equipment_overheat", "normal/diurnal_cycle")
QUICK_EPISODES: Final = 36
QUICK_DURATION_S: Final = 900.0
SEED: Final = 7
_OWN: Final = {"dataset", "model", "report.html", "episode.html"}


def demo(
    out: Annotated[Path, typer.Option(help="Folder for dataset, model and report.")] = Path("demo"),
    episodes: Annotated[int, typer.Option(help="Episodes of one hour.")] = EPISODES,
    seed: Annotated[int, typer.Option(help="Seed of every random choice.")] = SEED,
    workers: Annotated[int | None, typer.Option(help="Worker processes; default: one per core.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A smoke test with a few short episodes.")] = False,
    as_json: AsJson = False,
) -> None:
    """Generate a dataset from real weather, train a detector, judge it on unseen groups, write a report."""
    _require_own(out)
    dataset = _generated(out / "dataset", episodes, seed, workers, quick)
    _step("check every file, row and hash")
    _verify(dataset)
    _step("train on the split train, judge on the split test")
    found = _judged(dataset, out, seed)
    page = _page(dataset, found, out / "episode.html")
    places = {
        "report": out / "report.html",
        "episode": page,
        "dataset": out / "dataset",
        "card": out / "dataset" / "README.md",
        "model": out / "model",
    }
    if as_json:
        named = {name: str(place) for name, place in places.items()}
        return say_json({**named, "logical_hash": dataset.logical_hash, "evaluation": found.to_json()})
    from envirosense.cli.models import say_evaluation

    if quick:
        say("Smoke test: the episodes are few and short, so the figures below mean nothing.\n")
    say_evaluation(found)
    return say("\n" + facts({**places, "hash": dataset.logical_hash}))


def _require_own(out: Path) -> None:
    """Refuse a folder with files that no demo wrote."""
    from envirosense.core.errors import ConfigError

    if out.exists() and not out.is_dir():
        raise ConfigError("out", str(out), "is a file; choose a folder")
    found = {entry.name for entry in out.iterdir() if entry.name[0] != "."} if out.exists() else set()
    if found - _OWN or (found and "dataset" not in found):
        name = min(found - _OWN or found)
        raise ConfigError("out", str(out), f"holds other files ({name}); choose a new or empty folder")


def _generated(folder: Path, episodes: int, seed: int, workers: int | None, quick: bool) -> "Dataset":
    from envirosense.cli.generate import make_dataset
    from envirosense.factory import GenerationRequest

    count = QUICK_EPISODES if quick else episodes
    request = GenerationRequest.parse({
        "twin": "pole",
        "scenarios": DEMO_SCENARIOS,
        "episodes": count,
        "duration_s": QUICK_DURATION_S if quick else 3600.0,
        "seed": seed,
        "name": "demo",
        "options": {"frame_interval_s": FRAME_INTERVAL_S},
    })  # fmt: skip
    _step(f"simulate {count} pole episodes in real weather")
    return make_dataset(request, folder, workers)


def _verify(dataset: "Dataset") -> None:
    from envirosense.datasets import verify

    verify(dataset.folder).raise_if_damaged()


def _judged(dataset: "Dataset", out: Path, seed: int) -> "EvaluationReport":
    from envirosense.factory import base_rates
    from envirosense.learning.report import write_report
    from envirosense.learning.training import evaluate, train

    train(dataset, out / "model", seed)
    command = shlex.join(["envirosense", *sys.argv[1:]])
    found = evaluate(out / "model", dataset, command=command, per_year=base_rates(dataset))
    write_report(found, out / "report.html")
    return found


def _page(dataset: "Dataset", found: "EvaluationReport", path: Path) -> Path:
    """Page of the first episode that the report shows as an example, or of the first one there is."""
    from envirosense.cli.show import write_page

    chosen = found.examples[0].episode_id if found.examples else next(iter(dataset)).episode_id
    return write_page(dataset, chosen, path)


def _step(text: str) -> None:
    typer.echo(f"== {text}", err=True)
