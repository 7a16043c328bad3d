"""The standard format of a home's true patterns: records that are written as JSON and checked when read."""

import json
from pathlib import Path
from typing import Final, Literal

from pydantic import Field

from envirosense.core.config import FrozenModel
from envirosense.core.errors import ConfigError, SchemaVersionError

SCHEMA_NAME: Final = "envirosense.home.truth"
SCHEMA_VERSION: Final = 1

type Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: Final[tuple[Day, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class StateRecord(FrozenModel):
    """An entity in a state."""

    entity_id: str = Field(pattern=r"^[a-z_]+\.[a-z0-9_]+$")
    state: str


class LinkRecord(FrozenModel):
    """A trigger and what follows it, with what is known of it before the episode and counted after.

    Attributes:
        trigger: None for one by the clock.
        at_s: Time of the day of one by the clock, on its first day [s].
        probability: Planted share of the allowed triggers that are followed.
        n_triggers: Allowed triggers of the episode.
        n_followed: Those that were followed, whether or not anything came of it.
        n_events: Those that changed a state.
        confidence: Share followed; None without a trigger.
        support: Events per day on which it lives.
        chance: Share that would be followed were the triggers at other times; None without any.
        lift: Share of the triggers (by the clock: days) followed in the stream over chance; None without.
    """

    trigger: StateRecord | None
    action: StateRecord
    at_s: float | None = None
    jitter_s: float = 0.0
    drift_s_day: float = 0.0
    delay_s: float = Field(default=0.0, ge=0.0)
    delay_sigma: float = Field(default=0.0, ge=0.0)
    probability: float = Field(ge=0.0, le=1.0)
    revert_s: float | None = None
    n_triggers: int = Field(default=0, ge=0)
    n_followed: int = Field(default=0, ge=0)
    n_events: int = Field(default=0, ge=0)
    confidence: float | None = Field(default=None, ge=0.0, le=1.0)
    support: float = Field(default=0.0, ge=0.0)
    chance: float | None = None
    lift: float | None = None


class PatternRecord(FrozenModel):
    """One planted pattern: pattern_id, pattern_type, devices and links are those of homes.md 2."""

    pattern_id: str
    pattern_type: str
    detector: str
    description: str
    devices: tuple[str, ...]
    links: tuple[LinkRecord, ...] = Field(min_length=1, max_length=2)
    conditions: tuple[StateRecord, ...] = ()
    only_dark: bool = False
    from_s: float = Field(default=0.0, ge=0.0, le=86_400.0)
    until_s: float = Field(default=86_400.0, ge=0.0, le=86_400.0)
    days: tuple[Day, ...] = DAYS
    first_day: int = Field(default=0, ge=0)
    last_day: int = Field(ge=0)


class NegativeRecord(FrozenModel):
    """Something that must not be found."""

    pattern_id: str
    negative_type: str
    trigger: StateRecord | None
    action: StateRecord
    probability: float = Field(ge=0.0, le=1.0)


class GroundTruth(FrozenModel):
    """All that is true of one home's patterns."""

    format: Literal["envirosense.home.truth"] = "envirosense.home.truth"
    schema_version: Literal[1] = 1
    home_id: str
    n_days: int = Field(gt=0)
    first_weekday: int = Field(ge=0, le=6)
    patterns: tuple[PatternRecord, ...]
    negatives: tuple[NegativeRecord, ...] = ()


def truth_text(truth: GroundTruth) -> str:
    """The truth as JSON, the same text for the same truth."""
    return json.dumps(truth.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n"


def write_truth(truth: GroundTruth, path: Path) -> None:
    """Write the truth; a reader sees all of it or the file before.

    Raises:
        StorageError: if the file cannot be written.
    """
    from envirosense.datasets.files import write_whole

    write_whole(path, truth_text(truth).encode())


def read_truth(path: Path) -> GroundTruth:
    """The truth of a file, checked.

    Raises:
        ConfigError: if it is no such file, or a field does not fit.
        SchemaVersionError: if a newer version has written it.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ConfigError("truth", str(path), f"not a readable JSON file ({error}); write it again") from None
    if not isinstance(data, dict) or data.get("format") != SCHEMA_NAME:
        raise ConfigError("truth", str(path), f"not a file of {SCHEMA_NAME}; give the right one")
    version = data.get("schema_version")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise SchemaVersionError(path, version, SCHEMA_VERSION)
    return GroundTruth.parse(data, str(path))
