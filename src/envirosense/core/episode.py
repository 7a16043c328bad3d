"""What an episode is asked to be, and what became of it."""

from typing import Any, Final, Literal

from pydantic import Field, JsonValue, NonNegativeInt, PositiveFloat

from envirosense.core.config import FrozenModel
from envirosense.core.fingerprint import fingerprint
from envirosense.core.grid import TimeGrid

SCHEMA_VERSION = 1
ID_DIGITS: Final = 16  # of the fingerprint, hexadecimal, are the id

type JsonObject = dict[str, JsonValue]


class EpisodeSpec(FrozenModel):
    """Everything an episode's bytes depend on, and nothing else.

    `site`, `weather`, `params` and `sensing` are plain data here; the twin that runs the
    episode holds their types. `importance_weight` says how a draw is to be counted; it is no part of the
    identity.
    """

    twin: str
    scenario: str
    params: JsonObject
    site: JsonObject
    weather: JsonObject
    sensing: JsonObject
    grid: TimeGrid
    world_seed: NonNegativeInt
    sensing_seed: NonNegativeInt
    group: str
    definition: JsonObject | None = None  # of a scenario that no package registers
    importance_weight: PositiveFloat = 1.0  # density of the scenario's own spread over that drawn from
    schema_version: int = SCHEMA_VERSION

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the whole spec; a weather file counts by its digest, wherever it lies."""
        return fingerprint(self._identity())

    @property
    def world_fingerprint(self) -> str:
        """SHA-256 of the spec without its sensing: equal worlds have equal ones."""
        return fingerprint(self._identity("sensing", "sensing_seed"))

    def _identity(self, *left_out: str) -> dict[str, Any]:
        data = self.model_dump(mode="json", exclude={"importance_weight", *left_out})
        if "digest" in data["weather"]:
            data["weather"].pop("path", None)
        return data

    @property
    def episode_id(self) -> str:
        """First 16 hexadecimal digits of the fingerprint."""
        return self.fingerprint[:ID_DIGITS]


class EpisodeSummary(FrozenModel):
    """What a finished episode reports about itself."""

    episode_id: str
    outcome: Literal["ok", "failed"] = "ok"
    reason: str = ""
    rows: dict[str, int] = Field(default_factory=dict)
    facts: dict[str, Any] = Field(default_factory=dict)
