"""What the shards of a finished run hold, gathered from one journal entry after the other."""

from collections import Counter
from dataclasses import dataclass, field

from envirosense.datasets.file_list import FileList
from envirosense.datasets.hashing import FAILED, LogicalHash
from envirosense.datasets.shard import ShardRecord


@dataclass(slots=True)
class Contents:
    """Facts of all shards together; of an episode only its hashes are kept."""

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)  # episodes by split and outcome
    files: FileList = field(default_factory=FileList)  # by path inside the dataset
    hashes: LogicalHash = field(default_factory=LogicalHash)
    failures: dict[str, str] = field(default_factory=dict)  # traceback by episode id
    wall_s: float = 0.0
    cpu_s: float = 0.0

    def add(self, record: ShardRecord) -> None:
        """Take in one journal entry."""
        split = record.name.rpartition("-")[0]
        for place, file in record.files.items():
            self.files.add(place, file)
        self.wall_s += record.wall_s
        self.cpu_s += record.cpu_s
        for episode in record.episodes:
            episode_id, outcome = episode.summary.episode_id, episode.summary.outcome
            self.outcomes[split, outcome] += 1
            if outcome == "failed":
                self.hashes.add(episode_id, FAILED)
            for stream, found in episode.streams.items():
                self.hashes.add(episode_id, stream, found.content_hash)
            if episode.traceback:
                self.failures[episode_id] = episode.traceback

    @property
    def counts(self) -> dict[str, int]:
        """Episodes, usable and failed ones."""
        by_outcome = {wanted: sum(n for (_, one), n in self.outcomes.items() if one == wanted)
                      for wanted in ("ok", "failed")}  # fmt: skip
        return {"episodes": self.outcomes.total(), **by_outcome}

    @property
    def splits(self) -> dict[str, int]:
        """Usable episodes by split."""
        return {split: self.outcomes[split, "ok"] for split in sorted({one for one, _ in self.outcomes})}
