"""What a dataset says of pairs of devices: its stream of synergies."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from envirosense.datasets.episode import Episode
from envirosense.home.points.synergy_detection import SynergyTruth

type PairKey = tuple[str, str]  # entity ids of trigger and action


@dataclass(frozen=True, slots=True)
class TruePair:
    """What is true of one pair; numbers are None where nobody counted."""

    relationship: str
    status: Literal["used", "latent", "none"]
    is_same_area: bool
    n_triggers: int | None = None
    follow_rate: float | None = None
    lift: float | None = None

    @property
    def record(self) -> SynergyTruth:
        """The same as the collection point has it."""
        rate, n = self.follow_rate, self.n_triggers
        return SynergyTruth(
            status=self.status,
            n_triggers=n,
            n_followed=None if rate is None or n is None else round(rate * n),
            follow_rate=rate,
            chance=rate / self.lift if rate is not None and self.lift else None,
        )


def true_pairs(episode: Episode) -> Mapping[PairKey, TruePair]:
    """Pairs of a stored home by their entities."""
    rows = episode.table("synergies").to_pylist()
    return {
        (row["trigger"], row["action"]): TruePair(
            row["relationship"],
            row["status"],
            row["is_same_area"],
            row["n_triggers"],
            row["follow_rate"],
            row["lift"],
        )
        for row in rows
    }
