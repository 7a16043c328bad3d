"""Datasets drawn from weak spots: one request each, put together, and counted."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from envirosense.core.errors import DatasetError
from envirosense.core.fingerprint import fingerprint
from envirosense.core.rng import derived_seed
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.files import write_whole
from envirosense.datasets.merge import merge
from envirosense.factory.generator import generate
from envirosense.factory.quotas import Unit, require_count
from envirosense.factory.weak_spots import WeakSpot, episodes_of_spots
from envirosense.learning.active.modifications import Drawable

COUNTS: Final = "targeted.json"


@dataclass(frozen=True, slots=True)
class Part:
    """Episodes of one spot."""

    spot: WeakSpot
    n_episodes: int
    n_samples: int


@dataclass(frozen=True, slots=True)
class Targeted:
    """A dataset of draws from weak spots; `n_samples` are labelled ticks of usable episodes."""

    dataset: Path
    parts: tuple[Part, ...]

    @property
    def n_episodes(self) -> int:
        """Usable episodes."""
        return sum(one.n_episodes for one in self.parts)

    @property
    def n_samples(self) -> int:
        """Labelled ticks."""
        return sum(one.n_samples for one in self.parts)


def generate_parts(
    subject: Drawable, spots: Sequence[WeakSpot], count: int, unit: Unit, folder: Path, seed: int,
    workers: int | None = None,
) -> Targeted:  # fmt: skip
    """Dataset with draws from spots, dealt by their weights; the same call goes on after a kill.

    Raises:
        ConfigError: for a count below 1, or a spot that the subject cannot draw from.
    """
    require_count("num_samples", count)
    usual = subject.request_for(spots[0], 1, seed)
    ticks = max(round(usual.duration_s / usual.dt_s), 1)
    episodes = count if unit == "episodes" else -(-count // ticks)
    counts = episodes_of_spots([one.weight for one in spots], episodes)
    asked = [(spot, n) for spot, n in zip(spots, counts, strict=True) if n]
    key = fingerprint([[spot.model_dump(mode="json"), n] for spot, n in asked] + [seed, subject.name])[:16]
    place = folder / "targeted" / key
    made = [
        generate(
            subject.request_for(spot, n, derived_seed(seed, key, at)), place / "parts" / f"{at:02d}", workers,
            allow_failures=True,
        )
        for at, (spot, n) in enumerate(asked)
    ]  # fmt: skip
    parts = tuple(_part(spot, one) for (spot, _), one in zip(asked, made, strict=True))
    found = Targeted(_together(made, place).folder, parts)
    write_whole(place / COUNTS, (json.dumps(_told(found), indent=1) + "\n").encode())
    return found


def _part(spot: WeakSpot, dataset: Dataset) -> Part:
    ticks = [episode.spec.grid.n for episode in dataset]
    return Part(spot, len(ticks), sum(ticks))


def _together(made: Sequence[Dataset], place: Path) -> Dataset:
    """One dataset of all parts; shards are links."""
    whole = made[0]
    for at, other in enumerate(made[1:], start=1):
        name = "dataset" if at == len(made) - 1 else f"joined-{at:02d}"
        whole = merge(whole, other, place / name, resplit=True)
    return whole


def _told(found: Targeted) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "dataset": str(found.dataset),
        "n_episodes": found.n_episodes,
        "n_samples": found.n_samples,
        "parts": [
            {
                "spot": one.spot.model_dump(mode="json"),
                "n_episodes": one.n_episodes,
                "n_samples": one.n_samples,
            }
            for one in found.parts
        ],
    }


def targeted_counts(dataset: Path | str) -> dict[str, Any]:
    """Episodes, labelled ticks and parts of a dataset that `generate_targeted_samples` made.

    Raises:
        DatasetError: if it is none.
    """
    folder = Path(dataset)
    for place in (folder.parent, folder.parent.parent):
        if (place / COUNTS).exists():
            found: dict[str, Any] = json.loads((place / COUNTS).read_text(encoding="utf-8"))
            return found
    raise DatasetError(f"{folder}: not made from weak spots ({COUNTS} is missing)")
