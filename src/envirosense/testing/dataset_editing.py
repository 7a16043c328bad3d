"""Changes to a finished dataset that leave it whole in form: files, hashes and manifest agree again."""

import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from envirosense.datasets.dataset import Dataset
from envirosense.datasets.episode import Episode
from envirosense.datasets.files import file_sha256
from envirosense.datasets.hashing import FAILED, content_hash, logical_hash
from envirosense.datasets.manifest import EPISODES, MANIFEST, StreamFacts
from envirosense.datasets.shard import FileRecord
from envirosense.datasets.store import parquet_writer


class DatasetEditor:
    """Edits of one dataset, kept in memory until `save`."""

    def __init__(self, folder: Path) -> None:
        self.dataset = Dataset.open(folder)
        self._rows: list[dict[str, Any]] = self.dataset.episodes.to_pylist()
        self._changed: dict[tuple[str, str], pa.Table] = {}

    def table(self, episode: Episode, stream: str) -> pa.Table:
        """Rows of a stream of an episode, changes included."""
        changed = self._changed.get((episode.episode_id, stream))
        return episode.table(stream) if changed is None else changed

    def put(self, episode: Episode, stream: str, table: pa.Table) -> None:
        """Other rows for a stream of an episode."""
        self._changed[episode.episode_id, stream] = table

    def move(self, episode: Episode, split: str) -> None:
        """An episode in another split; its files stay where they are."""
        for row in self._rows:
            if row["episode_id"] == episode.episode_id:
                row["split"] = split

    def save(self) -> None:
        """Write the changed files, the episode table and the manifest."""
        by_place: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for episode_id, stream in self._changed:
            place = self.dataset.episode(episode_id).locations[stream]["file"]
            by_place[place].append((episode_id, stream))
        files = dict(self.dataset.manifest.files)
        for place in by_place:
            files[place] = self._rewrite(place)
        files[EPISODES] = self._write_episodes()
        self._write_manifest(files)
        self.dataset = Dataset.open(self.dataset.folder)

    def _rewrite(self, place: str) -> FileRecord:
        """Write a file with its changed episodes; every other row group stays as it was."""
        stream, path = place.partition("/")[0], self.dataset.folder / place
        temporary, n_rows, n_groups = path.with_suffix(".new"), 0, 0
        rows = [r for r in self._rows if json.loads(r["locations"]).get(stream, {}).get("file") == place]
        with pq.ParquetFile(path) as old, parquet_writer(temporary, old.schema_arrow, None) as writer:
            for row in rows:
                pieces, found = self._pieces(old, row, stream)
                for piece in pieces:
                    writer.write_table(piece, row_group_size=piece.num_rows)
                count = sum(piece.num_rows for piece in pieces)
                found |= {"first_row_group": n_groups, "row_groups": len(pieces), "rows": count}
                self._note(row, stream, found)
                n_groups, n_rows = n_groups + len(pieces), n_rows + count
        temporary.replace(path)
        return FileRecord(rows=n_rows, bytes=path.stat().st_size, sha256=file_sha256(path))

    def _pieces(
        self, old: pq.ParquetFile, row: dict[str, Any], stream: str
    ) -> tuple[list[pa.Table], dict[str, Any]]:
        """Row groups of an episode as they shall be written, and its entry among the locations."""
        found = json.loads(row["locations"])[stream]
        first, n = found["first_row_group"], found["row_groups"]
        groups = [old.read_row_group(group) for group in range(first, first + n)]
        changed = self._changed.get((row["episode_id"], stream))
        if changed is None:
            return groups, found
        cuts = [group.num_rows for group in groups]
        if sum(cuts) != changed.num_rows:
            return ([changed] if changed.num_rows else []), found
        return [changed.slice(sum(cuts[:i]), cut) for i, cut in enumerate(cuts)], found

    def _note(self, row: dict[str, Any], stream: str, location: dict[str, Any]) -> None:
        locations, hashes = json.loads(row["locations"]), json.loads(row["content_hashes"])
        locations[stream] = location
        changed = self._changed.get((row["episode_id"], stream))
        if changed is not None:
            hashes[stream] = content_hash(changed)
        row["locations"], row["content_hashes"] = json.dumps(locations), json.dumps(hashes)

    def _write_episodes(self) -> FileRecord:
        path = self.dataset.folder / EPISODES
        table = pa.Table.from_pylist(self._rows, self.dataset.episodes.schema)
        pq.write_table(table, path, compression="zstd", row_group_size=1000)
        return FileRecord(rows=len(table), bytes=path.stat().st_size, sha256=file_sha256(path))

    def _write_manifest(self, files: dict[str, FileRecord]) -> None:
        old = self.dataset.manifest
        facts = {
            name: StreamFacts(
                rows=sum(file.rows for place, file in files.items() if place.startswith(f"{name}/")),
                bytes=sum(file.bytes for place, file in files.items() if place.startswith(f"{name}/")),
                columns=stream.columns,
                metadata=stream.metadata,
            )
            for name, stream in old.streams.items()
        }
        entries: list[tuple[str, ...]] = []
        for row in self._rows:
            if row["outcome"] == "failed":
                entries.append((row["episode_id"], FAILED))
            entries += [(row["episode_id"], *item) for item in json.loads(row["content_hashes"]).items()]
        splits = Counter(row["split"] for row in self._rows if row["outcome"] == "ok")
        new = old.model_copy(
            update={
                "files": files, "streams": facts, "logical_hash": logical_hash(entries),
                "splits": {name: splits.get(name, 0) for name in sorted({*old.splits, *splits})},
            }
        )  # fmt: skip
        text = json.dumps(new.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n"
        (self.dataset.folder / MANIFEST).write_text(text)
