"""A version of a model: its name and number, and where it lies."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from envirosense.core.errors import ConfigError
from envirosense.factory.lineage_graph import Artifact

KIND: Final = "model"  # of the artifact
_LABEL: Final = re.compile(r"([a-z][a-z0-9-]*)@([1-9][0-9]*)")


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One entry of the registry.

    Attributes:
        name: Of the task.
        number: Versions of a task count 1, 2, ...
        model_id: Content address: the same bytes are the same version.
        path: Folder of card and file.
        created_utc: When it was entered.
        facts: What whoever entered it wanted to keep; plain data.
        parent: Label of the version that it was to replace.
    """

    name: str
    number: int
    model_id: str
    path: Path
    created_utc: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    parent: str | None = None

    @property
    def label(self) -> str:
        """How it is called everywhere: `NAME@NUMBER`."""
        return f"{self.name}@{self.number}"

    @property
    def artifact(self) -> Artifact:
        """What lineage calls it; give it to whatever made or used it."""
        artifact_id = f"{KIND}:{self.model_id}:{self.path}"
        facts = {"parent": self.parent, **self.facts}
        return Artifact(artifact_id, KIND, self.label, str(self.path), self.model_id, self.created_utc, facts)

    def __str__(self) -> str:
        return self.label

    def to_json(self) -> dict[str, Any]:
        """All of it as plain data."""
        return {
            "version": self.label,
            "model_id": self.model_id,
            "path": str(self.path),
            "created_utc": self.created_utc,
            "parent": self.parent,
            "facts": dict(self.facts),
        }


def parse_label(label: str) -> tuple[str, int]:
    """Name and number of `NAME@NUMBER`.

    Raises:
        ConfigError: if it is no such thing.
    """
    found = _LABEL.fullmatch(label.removeprefix(f"{KIND}:"))
    if found is None:
        raise ConfigError("version", label, "must be NAME@NUMBER, such as pump-window@3")
    return found[1], int(found[2])
