"""What a recorded log holds and how it becomes a dataset: a map, written by hand as YAML."""

from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, PositiveFloat, model_validator

from envirosense.core.config import FrozenModel, load_yaml
from envirosense.core.errors import ConfigError
from envirosense.core.units import duration_s
from envirosense.datasets.plan import NAME_PATTERN

_SCENARIO_PATTERN = r"^[a-z][a-z0-9_]*/[a-z][a-z0-9_]*$"


def _seconds(value: object) -> object:
    return duration_s(value) if isinstance(value, str) else value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError("unknown time zone; write a name such as Europe/Berlin or UTC") from None
    return value


type Seconds = Annotated[PositiveFloat, BeforeValidator(_seconds)]
type Zone = Annotated[str, AfterValidator(_zone)]


class TimeMap(FrozenModel):
    """Where the time stands and how it is written.

    `format` is `iso8601`, `unix_s`, `unix_ms`, or directives as in `strptime`. `timezone` is needed where
    the times carry no offset. `sort` allows rows out of order.
    """

    column: str
    format: str = "iso8601"
    timezone: Zone | None = None
    sort: bool = False


class ColumnMap(FrozenModel):
    """One column of the log: the channel it holds, and the unit its numbers are in.

    `new` allows a channel that the twin does not have; `description` says what it is.
    """

    channel: Annotated[str, Field(min_length=1)]
    unit: str
    new: bool = False
    description: str = ""


class EpisodeMap(FrozenModel):
    """Where an episode ends: at a gap, where a column changes, or when it is long enough."""

    gap: Seconds = 600.0
    column: str | None = None
    longest: Seconds | None = None


class EventsMap(FrozenModel):
    """A table of what happened: columns with onset and clearance times, and the type.

    An empty clearance means not over. `types` gives the classes of the words in the table, `severity` a
    column 0..1. `outside` says whether events without any reading are refused.
    """

    file: str
    onset: str
    type: str
    clearance: str | None = None
    ignition: str | None = None
    severity: str | None = None
    group: str | None = None
    types: dict[str, str] = Field(default_factory=dict)
    outside: Literal["refuse", "ignore"] = "refuse"


class MakerMap(FrozenModel):
    """What only the maker of a log can say, for the datasheet of the card."""

    purpose: str = ""
    contact: str = ""
    license: str = ""
    distribution: str = ""
    maintenance: str = ""


class ImportMap(FrozenModel):
    """How recorded logs become a dataset.

    Args:
        twin: twin that the device is one of.
        tick: length of a tick, a text such as `1s` or seconds.
        columns: by name in the log.
        like: folder of a dataset whose channels the new one gets, so that its models can read it; it is
            looked up beside the map.
        missing: texts that stand for no value.
        within_tick: what counts where several rows fall into one tick; directions always take the last.
        group: name of the site or device, or `group_column` where the log holds several.
        split: split of all groups, or by group.
        maker: what the card shall say of purpose, contact, licence, distribution and maintenance.
    """

    schema_version: Literal[1] = 1
    twin: str
    name: Annotated[str, Field(pattern=NAME_PATTERN)] = "recorded"
    scenario: Annotated[str, Field(pattern=_SCENARIO_PATTERN)] = "recorded/log"
    tick: Seconds
    time: TimeMap
    columns: Annotated[dict[str, ColumnMap], Field(min_length=1)]
    like: str | None = None
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    missing: tuple[str, ...] = ("", "NA", "N/A", "NaN", "nan", "null", "None")
    within_tick: Literal["last", "mean", "refuse"] = "last"
    episodes: EpisodeMap = EpisodeMap()
    group: str | None = None
    group_column: str | None = None
    split: Annotated[str, Field(pattern=NAME_PATTERN)] | dict[str, str] = "test"
    events: EventsMap | None = None
    maker: MakerMap | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.group is None) == (self.group_column is None):
            raise ValueError("give group, the name of the site, or group_column, not both")
        channels = [one.channel for one in self.columns.values()]
        for channel in channels:
            if channels.count(channel) > 1:
                raise ValueError(f"two columns are mapped to channel {channel!r}; keep one")
        if self.time.column in self.columns:
            raise ValueError(f"the time column {self.time.column!r} cannot be a channel")
        return self

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Map in a YAML or JSON file; `like` and the events table are looked up beside it.

        Raises:
            ConfigError: for the first fault, with its field.
        """
        file = Path(path)
        found = cls.parse(load_yaml(file), str(file))
        changes: dict[str, object] = {}
        if found.like is not None:
            changes["like"] = str(file.parent / found.like)
        if found.events is not None:
            changes["events"] = found.events.model_copy(update={"file": str(file.parent / found.events.file)})
        return found.model_copy(update=changes)

    def split_of(self, group: str) -> str:
        """Split of a group.

        Raises:
            ConfigError: if the map names splits by group and not this one.
        """
        if isinstance(self.split, str):
            return self.split
        if group not in self.split:
            raise ConfigError("split", group, "the log holds this group; give its split, or one for all")
        return self.split[group]

    @property
    def log_columns(self) -> tuple[str, ...]:
        """Columns of the log that hold numbers."""
        return tuple(self.columns)

    @property
    def text_columns(self) -> tuple[str, ...]:
        """Columns of the log that hold names."""
        return tuple(name for name in (self.group_column, self.episodes.column) if name is not None)
