"""YAML and JSON read with the line and column of every value, as YAML 1.2 reads plain words."""

import re
from collections.abc import Hashable
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, Final

import yaml

from envirosense.core.errors import ConfigError
from envirosense.scenarios.faults import Path

MOST_VALUES: Final = 100_000  # of a file with its aliases written out


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a file, counted from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class ScenarioFileError(ConfigError):
    """A mistake in a scenario file, with its place."""

    def __init__(self, place: Place, field: str, value: object, fix: str) -> None:
        self.place = place
        super().__init__(field, value, fix)
        self.args = (f"{place}: {self.args[0]}",)

    def __reduce__(self) -> tuple[type["ScenarioFileError"], tuple[Place, str, object, str]]:  # type: ignore[override]
        return type(self), (self.place, self.field, self.value, self.fix)


@dataclass(frozen=True)
class Marked:
    """Plain data of a file, and where every value and every key stands."""

    file: str
    data: dict[str, Any]
    values: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)

    def place(self, path: Path, *, of_key: bool = False) -> Place:
        """Place of a value, or of the nearest above it."""
        known = self.known(path)
        places = self.keys if of_key and known in self.keys else self.values
        return places[known]

    def known(self, path: Path) -> Path:
        """The steps of a path that are in the file; others name forms of a value, or what is missing."""
        known: Path = ()
        for step in path:
            if (*known, step) in self.values:
                known = (*known, step)
        return known


class _Loader(yaml.SafeLoader):
    """Plain words as in YAML 1.2: `on` and `no` are text, `1e-3` is a number, dates are text."""


# Kind of a plain word, what it looks like, and the characters it may start with
PLAIN_WORDS: Final = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ("~", "n", "N", "")),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+0123456789."),
    ("float", r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", "-+."),
)


def add_plain_words(kind: type[yaml.SafeLoader] | type[yaml.SafeDumper]) -> None:
    """Teach a reader, or a writer that must put quotes, what plain words mean."""
    for tag, pattern, first in PLAIN_WORDS:
        kind.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), list(first))


_Loader.yaml_implicit_resolvers = {}
add_plain_words(_Loader)


def read_marked(path: FilePath) -> Marked:
    """Mapping in a YAML or JSON file with its places.

    Raises:
        ConfigError: if the file cannot be read.
        ScenarioFileError: for broken syntax, a key given twice, or anything but plain data.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError("file", str(path), f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError("file", str(path), "is not text in UTF-8") from None
    return marked(text, str(path))


def marked(text: str, file: str) -> Marked:
    """Mapping in a text, as `read_marked`."""
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file, 1, 1)
        raise ScenarioFileError(place, "syntax", error.problem, "not valid YAML; correct it here") from None
    except yaml.reader.ReaderError as error:
        raise ScenarioFileError(Place(file, 1, 1), "character", error.position, f"{error.reason}") from None
    if not isinstance(node, yaml.MappingNode):
        raise ScenarioFileError(Place(file, 1, 1), "file", None, "must hold a mapping of fields to values")
    found = Marked(file, {})
    found.data.update(_Reader(loader, found).value(node, ()))
    return found


class _Reader:
    def __init__(self, loader: _Loader, found: Marked) -> None:
        self._loader = loader
        self._found = found
        self._open: list[yaml.Node] = []

    def value(self, node: yaml.Node, path: Path) -> Any:
        """Plain data of a node."""
        place = self._place(node)
        self._found.values[path] = place
        if node in self._open or len(self._found.values) > MOST_VALUES:
            raise ScenarioFileError(place, ".".join(map(str, path)), "*", "an alias that holds itself")
        self._open.append(node)
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, path)
            if isinstance(node, yaml.SequenceNode):
                return [self.value(item, (*path, i)) for i, item in enumerate(node.value)]
            return self._scalar(node, path, place)
        finally:
            self._open.pop()

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            place = self._place(key_node)
            key = key_node.value
            if not isinstance(key, Hashable) or not isinstance(key, str):
                raise ScenarioFileError(place, "key", "...", "keys are single words")
            if key in data:
                raise ScenarioFileError(place, key, f"line {place.line}", "key given twice; keep one")
            self._found.keys[(*path, key)] = place
            data[key] = self.value(value_node, (*path, key))
        return data

    def _scalar(self, node: yaml.Node, path: Path, place: Place) -> Any:
        try:
            return self._loader.construct_object(node)
        except (yaml.YAMLError, ValueError):
            where = ".".join(map(str, path))
            raise ScenarioFileError(place, where, node.value, f"tag {node.tag} is not plain data") from None

    def _place(self, node: yaml.Node) -> Place:
        mark = node.start_mark
        return Place(self._found.file, mark.line + 1, mark.column + 1)
