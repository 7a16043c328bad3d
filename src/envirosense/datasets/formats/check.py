"""Check of an export: every row read back and hashed."""

from dataclasses import dataclass
from pathlib import Path

from envirosense.core.errors import ConfigError, DatasetError
from envirosense.datasets.formats.base import Told, files_in, silent
from envirosense.datasets.formats.export import Export, ExportedEpisode
from envirosense.datasets.hashing import FAILED, LogicalHash, content_hash


@dataclass(frozen=True, slots=True)
class ExportCheck:
    """Outcome of a check."""

    export: Export
    findings: tuple[str, ...]
    found_hash: str  # from the rows read; "" where some could not be read

    @property
    def is_ok(self) -> bool:
        """Whether every row says what the dataset says."""
        return not self.findings

    def __str__(self) -> str:
        facts = self.export.facts
        if self.is_ok:
            said = f"{facts.format}: {facts.part}, read back with the same hash"
            return f"{said}\nhash {self.found_hash}"
        return "\n".join([*self.findings, f"{facts.format}: {len(self.findings)} faults"])


def check_export(export: Export | Path | str, on_episode: Told = silent) -> ExportCheck:
    """Faults of an export: files, rows or specs that differ from what was written.

    Raises:
        DatasetError: if there is no export, or its documents are damaged.
    """
    found = export if isinstance(export, Export) else Export.open(export)
    findings = [] if isinstance(export, Export) else _file_findings(found, Path(export))
    hashed = LogicalHash()
    for one in found.failed:
        hashed.add(one.episode_id, FAILED)
    is_read = True
    for done, episode in enumerate(found, start=1):
        for stream in episode.streams:
            try:
                said = content_hash(episode.table(stream))
            except DatasetError as error:
                findings.append(str(error))
                is_read = False
                continue
            hashed.add(episode.episode_id, stream, said)
            if said != episode.entry.streams[stream].content_hash:
                findings.append(
                    f"stream {stream!r} of episode {episode.episode_id}: rows differ from the dataset's"
                )
        findings += _spec_findings(episode)
        on_episode(done, len(found))
    computed = hashed.hexdigest() if is_read else ""
    if not findings and computed != found.facts.part_hash:
        findings.append(f"the rows hash to {computed}, export.json says {found.facts.part_hash}")
    return ExportCheck(found, tuple(findings), computed)


def _spec_findings(episode: ExportedEpisode) -> list[str]:
    try:
        _ = episode.spec
    except (DatasetError, ConfigError) as error:
        return [f"episode {episode.episode_id}: {error}"]
    return []


def _file_findings(export: Export, folder: Path) -> list[str]:
    """Files that are missing, changed or not of the export."""
    stated, found = export.facts.files, files_in(folder.expanduser().absolute())
    missing = [f"{place}: missing" for place in stated.keys() - found.keys()]
    strange = [f"{place}: not of the export" for place in found.keys() - stated.keys()]
    changed = [f"{place}: changed" for place in stated.keys() & found.keys() if stated[place] != found[place]]
    return sorted([*missing, *strange, *changed])
