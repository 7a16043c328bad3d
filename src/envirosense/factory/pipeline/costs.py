"""About what every stage of a run takes, and whether the disk has room for all of them together."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from envirosense.core.errors import StorageError
from envirosense.datasets.files import free_space, size_text
from envirosense.factory.pipeline.balanced import BALANCED, Balance
from envirosense.factory.pipeline.drawing import Drawing
from envirosense.factory.pipeline.manifest import DrawnEpisodes
from envirosense.factory.pipeline.sources import EDGE_CASES, batch_name
from envirosense.factory.pipeline.stage import Stage

# Seconds on one core for a gigabyte of a dataset. Rules and card were measured: 0.35 s for a simulated hour
# of 5.1 MB (`Cost.card_seconds`); that each takes half is
# assumed, as are the others.
CHECK_S_PER_GB: Final = 34.0
DESCRIBE_S_PER_GB: Final = 34.0
LINK_S_PER_GB: Final = 0.5  # shards are linked; only those with a rejected episode are written again
EXPORT_S_PER_GB: Final = 60.0  # assumed: written and read back
SEND_S_PER_GB: Final = 20.0  # assumed: a network of 400 Mbit/s
CANDIDATES: Final = 3.0  # assumed: episodes looked at for one that is chosen
STAGE_S: Final = (
    1.9  # of any stage, workers and files: the 14 of examples/factory.yaml take 33 s, their work 7 s
)
_TEXT: Final = ("csv", "json", "jsonl")
_TEXT_SIZE: Final = 4.0  # assumed: of an export in text over the dataset
_SPACE_MARGIN: Final = 1.05


@dataclass(frozen=True, slots=True)
class StageCost:
    """About what a stage takes."""

    stage: str
    episodes: int
    hours: float  # simulated or read
    gigabytes: float  # written
    minutes: float


@dataclass(frozen=True, slots=True)
class RunCost:
    """What a whole run takes."""

    stages: tuple[StageCost, ...]
    peak_gigabytes: float  # on disk at any time

    @property
    def episodes(self) -> int:
        """Episodes that are simulated for delivery."""
        return sum(stage.episodes for stage in self.stages)

    @property
    def hours(self) -> float:
        """Simulated hours."""
        return sum(stage.hours for stage in self.stages)

    @property
    def minutes(self) -> float:
        """Minutes in all."""
        return sum(stage.minutes for stage in self.stages)

    def episodes_of(self, stages: Sequence[Stage]) -> dict[str, int]:
        """About how many episodes each of some stages simulates; what simulates none is left out."""
        planned = {one.stage: one.episodes for one in self.stages if one.episodes}
        kinds = {stage.name: kind_of(stage.name, planned) for stage in stages}
        of_kind = Counter(kinds.values())
        return {name: planned[kind] // of_kind[kind] for name, kind in kinds.items() if kind}

    def seconds_of(self, names: Sequence[str]) -> dict[str, float]:
        """About how long each of some stages takes [s]; those of one kind share what it takes."""
        minutes = {one.stage: one.minutes for one in self.stages}
        kinds = {name: kind_of(name, minutes) for name in names}
        of_kind = Counter(kinds.values())
        return {name: 60.0 * minutes[kind] / of_kind[kind] if kind else 0.0 for name, kind in kinds.items()}


def kind_of(name: str, kinds: Collection[str]) -> str:
    """Kind of a stage, "" where there is none; `augmented-003` is of the kind `augmented`."""
    fitting = [kind for kind in kinds if name == kind or name.startswith(f"{kind}-")]
    return max(fitting, key=len, default="")


def run_cost(drawing: Drawing, workers: int) -> RunCost:
    """Cost of a manifest, stage by stage."""
    made = list(_sources(drawing, workers))
    size = sum(stage.gigabytes for stage in made)
    stages = [*made, _reading("check", size, CHECK_S_PER_GB)]
    stages.append(_reading("assemble", size, LINK_S_PER_GB))
    stages.append(_reading("describe", size, DESCRIBE_S_PER_GB))
    for export in drawing.manifest.formats:
        growth = _TEXT_SIZE if export.format in _TEXT else 1.0
        share = 1.0 if export.split is None else _share(drawing, export.split)
        stages.append(
            _reading(f"export-{export.label}", size * share, EXPORT_S_PER_GB * growth, size * share * growth)
        )
    exported = sum(stage.gigabytes for stage in stages if stage.stage.startswith("export"))
    if drawing.manifest.is_remote:
        stages.append(_reading("upload", size + exported, SEND_S_PER_GB))
    started = (replace(stage, minutes=stage.minutes + STAGE_S / 60.0) for stage in stages)
    return RunCost(tuple(started), size + exported)


def _share(drawing: Drawing, split: str) -> float:
    shares = drawing.manifest.splits.shares
    return shares[split] / sum(shares.values())


def _reading(name: str, size: float, seconds_per_gb: float, written: float = 0.0) -> StageCost:
    return StageCost(name, 0, 0.0, written, size * seconds_per_gb / 60.0)


def _sources(drawing: Drawing, workers: int) -> Iterator[StageCost]:
    manifest = drawing.manifest
    parts = [drawing.cost(part, part.episodes) for part in manifest.parts]
    hours, size, minutes = (
        sum(getattr(one, name) for one in parts) for name in ("simulated_hours", "gigabytes", "minutes")
    )
    for batch in range(manifest.batches if parts else 0):
        share = 1.0 / manifest.batches
        n = (
            manifest.episodes * (batch + 1) // manifest.batches
            - manifest.episodes * batch // manifest.batches
        )
        yield StageCost(batch_name(batch), n, hours * share, size * share, minutes * share / workers)
    if (edge := manifest.edge_cases) is not None:
        yield _simulated(EDGE_CASES, drawing, edge, edge.count, workers)
    if (asked := manifest.balance) is not None:
        chosen = Balance(asked, drawing).most_episodes(asked.unit)
        found = _simulated(BALANCED, drawing, asked, chosen, workers)
        yield StageCost("choose-balanced", 0, CANDIDATES * found.hours, 0.0, CANDIDATES * found.minutes)
        yield found
    if (augment := manifest.augment) is not None and parts:
        share = augment.copies * sum(_share(drawing, s) for s in augment.splits or manifest.splits.shares)
        n = round(manifest.episodes * share)
        yield StageCost("augmented", n, hours * share, size * share, minutes * share / workers)


def _simulated(name: str, drawing: Drawing, asked: DrawnEpisodes, episodes: int, workers: int) -> StageCost:
    cost = drawing.cost(asked, episodes)
    return StageCost(name, episodes, cost.simulated_hours, cost.gigabytes, cost.minutes / workers)


def require_space(cost: RunCost, folder: Path) -> None:
    """Refuse a run that the disk has no room for, what it already wrote counting as room.

    Raises:
        StorageError: naming what is needed and what is free.
    """
    there = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder.exists() else 0
    free = free_space(folder)
    needed = 1e9 * cost.peak_gigabytes * _SPACE_MARGIN - there
    if needed > free:
        raise StorageError(
            f"{folder}: all stages together need about {size_text(needed)} but {size_text(free)} are "
            "free; free disk space, choose another folder, or ask for fewer episodes, copies or formats"
        )
