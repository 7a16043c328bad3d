"""The table of what people use devices for, read from `activity_devices.yaml` and checked."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any, Final

FILE: Final = "activity_devices.yaml"
PLACES: Final = ("same_area", "home")


@dataclass(frozen=True, slots=True)
class DeviceUse:
    """One line of the table; see the head of the file for the meaning of its columns.

    Raises:
        ValueError: if a figure is out of its range.
    """

    name: str
    role: str
    activities: tuple[str, ...]
    place: str
    share: float
    delay_s: float
    appliance: str | None = None
    is_a: str | None = None
    is_not: str | None = None
    in_kinds: tuple[str, ...] = ()
    minutes: tuple[float, float] | None = None
    per_day: int = 1000
    above_c: float = -1000.0
    below_c: float = 1000.0
    stops_itself: bool = False

    def __post_init__(self) -> None:
        if self.place not in PLACES:
            raise ValueError(f"{FILE}: {self.name}: place is one of {', '.join(PLACES)}, not {self.place!r}")
        if not 0.0 <= self.share <= 1.0 or self.delay_s < 0.0 or self.per_day < 1:
            raise ValueError(f"{FILE}: {self.name}: share, delay_s or per_day is out of its range")
        if self.minutes is not None and not 0.0 < self.minutes[0] <= self.minutes[1]:
            raise ValueError(f"{FILE}: {self.name}: minutes must be two rising positive numbers")


def read_uses(text: str) -> tuple[DeviceUse, ...]:
    """Lines of a table in YAML.

    Raises:
        ValueError: if a line has an unknown column, lacks one, or two have one name.
    """
    import yaml

    document = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    uses = tuple(_use(row) for row in document["uses"])
    if len({use.name for use in uses}) < len(uses):
        raise ValueError(f"{FILE}: two uses have the same name")
    return uses


@cache
def device_uses() -> tuple[DeviceUse, ...]:
    """The table that comes with the library, read once."""
    return read_uses((files(__package__) / FILE).read_text(encoding="utf-8"))


def _use(row: Mapping[str, Any]) -> DeviceUse:
    named = {"is_a" if key == "is" else key: value for key, value in row.items()}
    unknown = named.keys() - {field.name for field in fields(DeviceUse)}
    if unknown:
        raise ValueError(f"{FILE}: {row.get('name')}: unknown columns {', '.join(sorted(unknown))}")
    listed: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in named.items()
    }
    try:
        return DeviceUse(**listed)
    except TypeError as error:
        raise ValueError(f"{FILE}: {row.get('name')}: {error}") from error
