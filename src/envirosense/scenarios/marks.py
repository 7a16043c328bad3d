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
DEEPEST: Final = 60  # lists and mappings within one another; the deepest field of a scenario needs a dozen
MOST_CHARACTERS: Final = 300_000  # of a file; a whole scenario of the library takes some thousand
LONGEST: Final = 160  # characters of a value that an error repeats
PLAIN_TAGS: Final = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")  # of mappings and lists


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
        self.args = (f"{place}: {field}={_shown(value)}: {fix}",)

    def __reduce__(self) -> tuple[type["ScenarioFileError"], tuple[Place, str, object, str]]:  # type: ignore[override]
        return type(self), (self.place, self.field, self.value, self.fix)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


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
    """Plain words as in YAML 1.2: `on` and `no` are text, `1e-3` and `010` are numbers, dates are text."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """The next node.

        Raises:
            yaml.MarkedYAMLError: if it stands too deep.
        """
        self._depth += 1
        if self._depth > DEEPEST:
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(
                problem="too many lists and mappings within one another", problem_mark=mark
            )
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


_Loader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))


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
    except UnicodeDecodeError as error:
        place = _place_in(error.object[: error.start].decode(), str(path))
        raise ScenarioFileError(
            place, "file", error.object[error.start : error.end], "is not text in UTF-8"
        ) from None
    if len(text) > MOST_CHARACTERS:
        place = _place_in(text[:MOST_CHARACTERS], str(path))
        raise ScenarioFileError(
            place, "file", len(text), f"more than {MOST_CHARACTERS} characters; shorten it"
        )
    return marked(text, str(path))


def _place_in(text_before: str, file: str) -> Place:
    """Place of what stands after a text."""
    return Place(file, text_before.count("\n") + 1, len(text_before) - (text_before.rfind("\n") + 1) + 1)


def marked(text: str, file: str) -> Marked:
    """Mapping in a text, as `read_marked`."""
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file, 1, 1)
        raise ScenarioFileError(place, "syntax", error.problem, "not valid YAML; correct it here") from None
    except yaml.reader.ReaderError as error:
        place = _place_in(text[: error.position], file)
        raise ScenarioFileError(place, "character", chr(error.character), error.reason) from None
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
        field = ".".join(map(str, path))
        if node in self._open:
            raise ScenarioFileError(place, field, "*", "an alias that holds itself")
        if len(self._found.values) > MOST_VALUES:
            fix = f"more than {MOST_VALUES} values with aliases written out; no scenario needs as many"
            raise ScenarioFileError(place, field, "...", fix)
        if not isinstance(node, yaml.ScalarNode) and node.tag not in PLAIN_TAGS:
            raise ScenarioFileError(place, field, "...", f"tag {node.tag} is not plain data")
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
        where = ".".join(map(str, path))
        try:
            value = self._loader.construct_object(node)
        except ValueError:
            kind = node.tag.rpartition(":")[2]
            raise ScenarioFileError(place, where, node.value, f"cannot be read as {kind}") from None
        except yaml.YAMLError:
            value = node
        if not isinstance(value, str | int | float | None):
            raise ScenarioFileError(place, where, node.value, f"tag {node.tag} is not plain data")
        return value

    def _place(self, node: yaml.Node) -> Place:
        mark = node.start_mark
        return Place(self._found.file, mark.line + 1, mark.column + 1)
