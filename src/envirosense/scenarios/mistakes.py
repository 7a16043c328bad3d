"""Mistakes of a scenario file with the line and column where they stand."""

import difflib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeAliasType, get_args

from pydantic import BaseModel, ValidationError

from envirosense.core.errors import NEAR, ConfigError
from envirosense.scenarios.document import ID, ScenarioDefinition
from envirosense.scenarios.faults import Fault, Path
from envirosense.scenarios.marks import Marked, ScenarioFileError
from envirosense.scenarios.taxonomy import Category

KEY: Final = "[key]"  # step of pydantic's paths that means the key itself
NAMED_BY: Final = (("name",), ("component",))  # last steps of paths whose values name an entry
FORMS: Final = (
    "shape",
    "product",
    "reference",
    "number",
    "spread",
    "name",
)  # steps that name a form of a value


def parsed(data: dict[str, Any], whole: Marked) -> ScenarioDefinition:
    """Definition in plain data.

    Raises:
        ScenarioFileError: for the first mistake; a misspelt field before the one that is missing for it.
    """
    try:
        return ScenarioDefinition.model_validate(data)
    except ValidationError as error:
        raise _of_validation(error, whole) from None


def placed(fault: Fault, whole: Marked) -> ScenarioFileError:
    """A mistake with its place in a file."""
    field = ".".join(map(str, fault.path)) or "file"
    path = fault.path if whole.known(fault.path) else _path_of_words(fault, whole)
    return ScenarioFileError(whole.place(path), field, fault.value, fault.fix)


@contextmanager
def located(whole: Marked) -> Iterator[None]:
    """Say of every ConfigError inside where in the file its cause stands, or a value like the refused one.

    Raises:
        ScenarioFileError: in its place.
    """
    try:
        yield
    except ScenarioFileError:
        raise
    except Fault as fault:
        raise placed(fault, whole) from None
    except ConfigError as error:
        path = _path_of(error, whole)
        place = whole.place(path, of_key=path in whole.keys and _is_weighted(path))
        field = ".".join(map(str, path[:-1])) if "choice" in path else error.field
        raise ScenarioFileError(place, field, error.value, error.fix) from None


def _path_of(error: ConfigError, whole: Marked) -> Path:
    """Path of the field that an error names with its value, of the only such value, or of what it names.

    Where no field has it, an option of a parameter does: the value comes from a draw.
    """
    alike = [path for path in whole.values if path and _is_same(_value(whole.data, path), error.value)]
    named = [path for path in alike if path[-1] == error.field.rpartition(".")[2]]
    if named or len(alike) == 1:
        return next(iter(named), alike[0])
    options = (path for path in alike if "choice" in path)
    weighted = (path for path in whole.keys if _is_weighted(path) and path[-1] == error.value)
    return next(options, next(weighted, _path_of_words(error, whole)))


def _path_of_words(error: ConfigError, whole: Marked) -> Path:
    """Path of what an error names where its value is worked out from a draw; the whole file if none is.

    The first word of its field is the name or the component of an entry, the last a field in there. A refused
    constraint that the file does not state itself names its parameters.
    """
    first, *others = re.findall(r"\w+", error.field)
    entries = [
        path[:-1] for path in whole.values if path[-1:] in NAMED_BY and _value(whole.data, path) == first
    ]
    inner = [
        path
        for entry in entries
        for path in whole.values
        if others and path[: len(entry)] == entry and path[-1] == others[-1]
    ]
    parameters = [path for path in whole.values if path[:-1] == ("parameters",)]
    meant = [path for path in parameters if path[-1] in re.findall(r"\w+", str(error.value))]
    constraint = meant if first == "constraints" else []
    return next(iter([*inner, *entries, *constraint]), ())


def _is_weighted(path: Path) -> bool:
    """Whether it is an option that stands as a key, before its weight."""
    return path[-2:-1] == ("choice",) and isinstance(path[-1], str)


def _is_same(value: Any, refused: Any) -> bool:
    return bool(value == refused) and isinstance(value, bool) == isinstance(refused, bool)


def _of_validation(error: ValidationError, whole: Marked) -> ScenarioFileError:
    faults = error.errors(include_url=False)
    fault = next((one for one in faults if one["type"] == "extra_forbidden"), faults[0])
    path, kind = fault["loc"], fault["type"]
    steps = whole.known(path) + path[-1:] * (kind == "missing")
    cause = fault.get("ctx", {}).get("error")
    text = fault["msg"].removeprefix("Value error, ")
    value, fix = fault["input"], text[:1].lower() + text[1:]
    if isinstance(cause, ConfigError):
        value, fix = cause.value, cause.fix
    elif kind == "string_pattern_mismatch" and fault["ctx"]["pattern"] == ID:
        fix = f"is category/name in small letters; category is one of {', '.join(Category)}"
    elif kind == "missing":
        value, fix = None, "required field is missing; add it"
    elif kind == "extra_forbidden":
        near = difflib.get_close_matches(str(path[-1]), _fields_at(path[:-1]), n=1, cutoff=NEAR)
        fix = f"unknown field; did you mean {near[0]!r}?" if near else "unknown field; remove it"
    if isinstance(value, dict):
        value = ", ".join(map(str, value))
    place = whole.place(path, of_key=kind == "extra_forbidden" or KEY in path)
    return ScenarioFileError(place, ".".join(map(str, steps)) or "file", value, fix)


def _fields_at(path: Path) -> tuple[str, ...]:
    """Names of the fields that may stand at a path of a scenario file."""
    models: list[type[BaseModel]] = [ScenarioDefinition]
    for step in path:
        fields = [m.model_fields[step] for m in models if isinstance(step, str) and step in m.model_fields]
        models = [inner for field in fields for inner in _models_in(field.annotation)] if fields else models
    return tuple(name for model in models for name in model.model_fields)


def _models_in(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if isinstance(annotation, TypeAliasType):
        return _models_in(annotation.__value__)
    return [inner for part in get_args(annotation) for inner in _models_in(part)]


def _value(data: Any, path: Path) -> Any:
    for step in path:
        data = data[step]
    return data
