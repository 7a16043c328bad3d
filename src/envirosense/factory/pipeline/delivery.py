"""What a run delivered, and what it could not."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from envirosense.core.errors import EnviroSenseError
from envirosense.datasets.dataset import Dataset
from envirosense.factory.pipeline.stage import QUARANTINE_LIST

_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a run delivered."""

    folder: Path
    dataset: Dataset
    exports: Mapping[str, Path]  # by format
    asked: int  # episodes
    rejected: int  # of them in quarantine
    rules: Mapping[str, int]  # why, with the number of episodes
    errors: tuple[str, ...]  # rules that the delivered dataset fails
    urls: tuple[str, ...]

    def is_complete(self, max_rejected: float = 0.0) -> bool:
        """Whether everything asked for is there, but for a share of the episodes."""
        return not self.errors and self.rejected <= max_rejected * self.asked

    @property
    def plain(self) -> dict[str, Any]:
        """The delivery as plain data."""
        return {
            "path": str(self.folder),
            "dataset": str(self.dataset.folder),
            "logical_hash": self.dataset.logical_hash,
            "episodes": self.dataset.manifest.counts,
            "splits": self.dataset.manifest.splits,
            "asked": self.asked,
            "rejected": self.rejected,
            "rejected_by": dict(self.rules),
            "failed_rules": list(self.errors),
            "exports": {name: str(path) for name, path in self.exports.items()},
            "urls": list(self.urls),
        }

    def __str__(self) -> str:
        lines = [self.dataset.summary(), f"in       {self.dataset.folder}"]
        lines += [f"export   {name} in {path}" for name, path in self.exports.items()]
        lines += [f"sent to  {url}" for url in self.urls]
        if self.rejected:
            lines.append(f"quarantine holds {self.rejected} of {self.asked}: {self.folder / QUARANTINE_LIST}")
        return "\n".join(lines)


class DeliveryIncomplete(EnviroSenseError):
    """Some of what was asked for could not be delivered; the rest is there, checked and described."""

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery
        why = []
        if delivery.rejected:
            rules = ", ".join(f"{rule} {n}" for rule, n in list(delivery.rules.items())[:_SHOWN])
            why.append(
                f"{delivery.rejected} of {delivery.asked} episodes are in quarantine ({rules}); see "
                f"{delivery.folder / QUARANTINE_LIST}, or allow a share with quality.max_rejected"
            )
        if delivery.errors:
            why.append(
                f"the dataset fails {', '.join(delivery.errors)}; see {delivery.dataset.folder}/quality.json"
            )
        super().__init__("; ".join(why) or "incomplete")
