"""Frozen configuration models, program settings, and YAML read strictly."""

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any, Self, get_args

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from envirosense.core.errors import NEAR, ConfigError


class FrozenModel(BaseModel):
    """Immutable pydantic model that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @classmethod
    def parse(cls, data: Mapping[str, Any], where: str = "") -> Self:
        """Model from plain data; a fault becomes one line naming field, value and fix.

        Raises:
            ConfigError: for the first field that does not fit.
        """
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise config_error(error, where, cls) from None


def config_error(
    error: ValidationError, where: str = "", model: type[BaseModel] | None = None
) -> ConfigError:
    """First fault of a pydantic error in our one-line form; `model` gives the names to suggest."""
    import difflib

    fault = error.errors(include_url=False)[0]
    cause = fault.get("ctx", {}).get("error")
    if isinstance(cause, ConfigError):
        return cause
    path = ".".join(str(part) for part in fault["loc"])
    field = ".".join(part for part in (where, path) if part) or "value"
    text = fault["msg"].removeprefix("Value error, ")
    message = text[:1].lower() + text[1:]
    if fault["type"] == "extra_forbidden":
        known = _field_names(model, fault["loc"][:-1]) if model else ()
        near = difflib.get_close_matches(str(fault["loc"][-1]), known, n=1, cutoff=NEAR)
        message = "unknown field" + (f"; did you mean {near[0]!r}?" if near else "; remove it")
    if fault["type"] == "missing":
        return ConfigError(field, None, "required field is missing; add it")
    return ConfigError(field, fault["input"], message)


def _field_names(model: type[BaseModel], path: tuple[int | str, ...]) -> tuple[str, ...]:
    """Field names of the models found at a path below `model`."""
    models = [model]
    for step in path:
        fields = [m.model_fields[step] for m in models if isinstance(step, str) and step in m.model_fields]
        models = [inner for field in fields for inner in _models_in(field.annotation)] if fields else models
    return tuple(name for inner in models for name in inner.model_fields)


def _models_in(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [inner for part in get_args(annotation) for inner in _models_in(part)]


_MERGE_TAG = "tag:yaml.org,2002:merge"  # the key `<<`


class _StrictLoader(yaml.SafeLoader):
    """Safe loader in which a key given twice is an error."""


def _mapping_without_repeats(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Hashable, Any]:
    seen: set[Hashable] = set()
    for key_node, _ in node.value:
        if key_node.tag == _MERGE_TAG:
            continue
        key = loader.construct_object(key_node)
        if not isinstance(key, Hashable):
            break  # construct_mapping below says where
        if key in seen:
            raise ConfigError(str(key), f"line {key_node.start_mark.line + 1}", "key given twice; keep one")
        seen.add(key)
    return loader.construct_mapping(node)


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping_without_repeats)


def load_yaml(path: Path) -> dict[str, Any]:
    """Mapping in a YAML or JSON file; duplicate keys and broken syntax are errors with a line number."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError("file", str(path), f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError("file", str(path), "is not text in UTF-8") from None
    try:
        data = yaml.load(text, Loader=_StrictLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise ConfigError(str(path), f"line {line}", f"not valid YAML: {error.problem}") from None
    except yaml.reader.ReaderError as error:
        raise ConfigError(str(path), f"character {error.position}", f"not text: {error.reason}") from None
    if not isinstance(data, dict):
        raise ConfigError(str(path), type(data).__name__, "must hold a mapping of fields to values")
    return data


__all__ = ["FrozenModel", "config_error", "load_yaml"]
