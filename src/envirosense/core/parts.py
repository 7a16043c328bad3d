"""Datasheet and literature numbers from `parts/**/*.toml`: value, unit, source."""

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

from envirosense.core.errors import ConfigError, UnknownNameError

GROUP = "envirosense.parts"  # entry points of packages whose folder holds KIND/NAME.toml
ORIGINS: Final = ("published", "from memory", "in-house", "stand-in", "assumed")
_IN_HOUSE: Final = ("bill of materials", "design document", "firmware specification", "computed:")


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number of a part with its unit and where it comes from."""

    name: str
    value: Any
    unit: str
    source: str
    note: str = ""

    @property
    def origin(self) -> str:
        """How far to trust the number, one of `ORIGINS`.

        `from memory` was published but not looked up again, `in-house` comes from our own documents
        or sums, `stand-in` belongs to a similar part, and nobody published what is `assumed`.
        """
        if self.source == "assumed":
            return "assumed"
        if self.source.startswith("stand-in"):
            return "stand-in"
        if "from memory" in self.source:
            return "from memory"
        return "in-house" if any(words in self.source for words in _IN_HOUSE) else "published"


@dataclass(frozen=True, slots=True)
class Part:
    """One parts file."""

    name: str
    kind: str
    summary: str
    quantities: Mapping[str, Quantity]

    def __getitem__(self, key: str) -> Any:
        if key not in self.quantities:
            raise UnknownNameError(f"part {self.name}", key, self.quantities)
        return self.quantities[key].value

    def __contains__(self, key: object) -> bool:
        return key in self.quantities

    @property
    def origins(self) -> dict[str, int]:
        """How many values have each origin, in the order of `ORIGINS`."""
        found = Counter(quantity.origin for quantity in self.quantities.values())
        return {origin: found[origin] for origin in ORIGINS}

    def group(self, prefix: str) -> dict[str, Any]:
        """Values whose names start with `prefix.`, by the rest of the name, in file order."""
        start = prefix + "."
        return {
            name.removeprefix(start): quantity.value
            for name, quantity in self.quantities.items()
            if name.startswith(start)
        }


def _quantities(table: Mapping[str, Any], where: str, prefix: str = "") -> Iterator[Quantity]:
    for key, entry in table.items():
        name = f"{prefix}{key}"
        if not isinstance(entry, Mapping):
            raise ConfigError(f"{where}:{name}", entry, "write a table with value, unit and source")
        if "value" not in entry:
            yield from _quantities(entry, where, name + ".")
            continue
        missing = {"unit", "source"} - entry.keys()
        unknown = entry.keys() - {"value", "unit", "source", "note"}
        if missing or unknown:
            raise ConfigError(
                f"{where}:{name}", sorted(missing | unknown), "needs exactly value, unit, source, note"
            )
        texts = {"source": entry["source"], "note": entry.get("note", "-")}
        if not isinstance(entry["unit"], str):  # words and indices have the empty unit
            raise ConfigError(f"{where}:{name}.unit", entry["unit"], "must be text; empty for none")
        for field, text in texts.items():
            if not isinstance(text, str) or not text.strip():
                raise ConfigError(f"{where}:{name}.{field}", text, "must be text and not empty")
        yield Quantity(name, entry["value"], entry["unit"], entry["source"], entry.get("note", ""))


def part_from_text(text: str, where: str) -> Part:
    """Part described by TOML text.

    Raises:
        ConfigError: if the text is not TOML, or an entry lacks value, unit or source.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(where, "TOML", f"damaged part file: {error}") from None
    head = {}
    for key in ("name", "kind", "summary"):
        if not isinstance(data.get(key), str):
            raise ConfigError(
                f"{where}:{key}", data.get(key), "a part file starts with name, kind and summary"
            )
        head[key] = data.pop(key)
    found = {quantity.name: quantity for quantity in _quantities(data, where)}
    return Part(**head, quantities=found)


def _toml_files(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.is_dir():
            yield from _toml_files(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".toml") and entry.name != "species.toml":
            yield prefix + entry.name.removesuffix(".toml"), entry


@cache
def _index() -> dict[str, Traversable]:
    """Part files by id: ours, and those of packages that name theirs in the group `envirosense.parts`."""
    found = dict(_toml_files(files("envirosense") / "parts"))
    for point in entry_points(group=GROUP):
        for part_id, entry in _toml_files(files(point.value)):
            if part_id in found:
                raise ConfigError("part", part_id, f"{point.value} names a part that exists; rename it")
            found[part_id] = entry
    return found


def part_ids() -> tuple[str, ...]:
    """Ids `kind/name` of every part installed, sorted."""
    return tuple(sorted(_index()))


@cache
def load_part(part_id: str) -> Part:
    """Part with the id `kind/name`, for example `thermal_camera/lepton_2_5`."""
    if part_id not in _index():
        raise UnknownNameError("part", part_id, _index())
    where = f"parts/{part_id}.toml"
    try:
        text = _index()[part_id].read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ConfigError(where, "no text", "damaged part file: it is not UTF-8; install it again") from None
    return part_from_text(text, where)
