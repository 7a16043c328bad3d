"""What a cycle enters in lineage: datasets to samples, samples to model."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from envirosense.datasets.dataset import Dataset
from envirosense.factory.collection.report import CollectionReport
from envirosense.factory.lineage import LineageTracker
from envirosense.factory.lineage_graph import Artifact
from envirosense.learning.deployment.version import ModelVersion
from envirosense.learning.loop.config import LoopConfig
from envirosense.learning.loop.folder import LoopFolder
from envirosense.learning.retraining.loop_collection import SAMPLES, cycles_in
from envirosense.learning.samples import Samples


def samples_name(subject: str, cycle: int) -> str:
    """Name of a cycle's samples in the catalogue."""
    return f"{subject}-cycle-{cycle}"


def record_samples(
    tracker: LineageTracker,
    subject: str,
    cycle: int,
    samples: Samples,
    path: Path,
    datasets: Sequence[Dataset],
    report: CollectionReport,
) -> None:
    """Enter the samples of a cycle, what they were collected from, and what the filters let pass."""
    points = {one.point: one.to_json() for one in report.points}
    facts = {
        "cycle": cycle,
        "accepted": sum(one.n_accepted for one in report.points),
        "rejected": sum(one.n_rejected for one in report.points),
        "refused_for": ", ".join(f"{code} {n}" for one in report.points for code, n in one.reasons.items()),
        "filters": points,
    }
    with tracker.activity("collect", used=datasets, facts=facts) as run:
        run.generated("samples", samples_name(subject, cycle), path, samples.content_hash)


def record_held_out(
    tracker: LineageTracker, subject: str, role: str, samples: Samples, path: Path, dataset: Dataset
) -> None:
    """Enter the samples of groups that nothing is trained on: those of `validation` or of `test`."""
    with tracker.activity("hold_out", used=[dataset], facts={"role": role}) as run:
        run.generated("samples", f"{subject}-{role}", path, samples.content_hash)


def record_model(
    tracker: LineageTracker,
    subject: str,
    version: ModelVersion,
    folder: LoopFolder,
    config: LoopConfig,
    cycle: int,
) -> None:
    """Enter a version and what it was made from: samples of every cycle, real ones, and its validation."""
    paths = {samples_name(subject, one): folder.cycle(one) / "samples.parquet" for one in range(1, cycle + 1)}
    paths[f"{subject}-validation"] = folder.validation
    if config.real_samples is not None:
        paths[f"{subject}-real"] = config.real_samples
    _record(tracker, version, paths, cycle, config.trainer)


def record_plain_model(
    tracker: LineageTracker,
    version: ModelVersion,
    folder: Path,
    cycle: int,
    trainer: str | Sequence[str] | None = None,
) -> None:
    """The same for a folder that holds samples of cycles and no loop; the folder's name is theirs.

    Where the samples came from nobody wrote down: lineage ends at the files, with what they held.
    """
    numbers = [one for one in cycles_in(folder) if one <= cycle]
    paths = {samples_name(folder.name, one): folder / f"cycle_{one}" / SAMPLES for one in numbers}
    paths[f"{folder.name}-validation"] = LoopFolder(folder).validation
    for name, path in paths.items():
        with tracker.activity("import") as run:
            run.generated("samples", name, path, Samples.load(path).content_hash)
    _record(tracker, version, paths, cycle, trainer)


def _record(
    tracker: LineageTracker,
    version: ModelVersion,
    paths: Mapping[str, Path | str],
    cycle: int,
    trainer: str | Sequence[str] | None = None,
) -> None:
    used = [
        Artifact(f"samples:{path}", "samples", name, str(path), Samples.load(path).content_hash)
        for name, path in paths.items()
    ]
    chosen = trainer or version.facts.get("task", {}).get("trainer", "")
    said = chosen if isinstance(chosen, str) else " ".join(chosen)
    with tracker.activity("train", used=used, facts={"cycle": cycle, "trainer": said}) as run:
        run.generated("model", version.label, version.path, version.model_id, version.facts)
