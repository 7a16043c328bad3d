"""Imperfection settings of a training set: what the sensors are, while worlds and labels stay."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from pydantic import JsonValue

from envirosense.core.episode import EpisodeSpec, JsonObject
from envirosense.core.errors import ConfigError
from envirosense.core.protocols import Resenser, Twin


@dataclass(frozen=True, slots=True)
class Imperfections:
    """How sensing is set: by an option of the draw, or by changes to the sensing that was drawn."""

    options: JsonObject = field(default_factory=dict)
    changes: JsonObject = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Mapping[str, JsonValue] | None, twin: Twin) -> Self:
        """Settings as a user gives them: the twin's own `sensing` option, or `changes` of the sensors drawn.

        Raises:
            ConfigError: for `changes` of a twin that cannot change sensing, or beside anything else.
        """
        if settings is None:
            return cls()
        if "changes" not in settings:
            return cls(options={"sensing": dict(settings)})
        if more := sorted(set(settings) - {"changes"}):
            raise ConfigError("imperfection_settings", more, "cannot stand beside `changes`; give either")
        if not isinstance(twin, Resenser):
            raise ConfigError(
                "imperfection_settings.changes", twin.name, "this twin cannot change its sensing"
            )
        return cls(changes=dict(settings))

    @property
    def asked(self) -> JsonObject:
        """What the plan says besides the options of the draw."""
        return {"imperfection_settings": self.changes} if self.changes else {}

    def applied(self, twin: Twin, spec: EpisodeSpec) -> EpisodeSpec:
        """The spec with its sensing changed."""
        if not self.changes or not isinstance(twin, Resenser):
            return spec
        return twin.resensed(spec, self.changes)
