"""Manifests read with the line and column of every mistake, and held to what is installed."""

import difflib
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, TypeAliasType, get_args

from pydantic import BaseModel, ValidationError

from envirosense.core.config import config_error, load_yaml
from envirosense.core.errors import NEAR, ConfigError
from envirosense.factory.monitoring.config import MonitoringConfig
from envirosense.factory.pipeline.checks import WasTried, check_manifest
from envirosense.factory.pipeline.manifest import PipelineManifest
from envirosense.scenarios.base import SCENARIOS
from envirosense.scenarios.definition import scenario_id
from envirosense.scenarios.faults import Fault, at
from envirosense.scenarios.io import is_scenario_file, loaded
from envirosense.scenarios.marks import Marked, read_marked
from envirosense.scenarios.mistakes import placed


def read_manifest(path: Path | str, was_tried: WasTried | None = None) -> PipelineManifest:
    """Manifest in a YAML or JSON file, checked; files that it names are looked for beside it.

    Raises:
        ScenarioFileError: with file, line and column of the first mistake.
        ConfigError: if the file cannot be read.
    """
    file = Path(path).expanduser()
    whole = read_marked(file)
    try:
        return manifest_of(whole.data, file.parent, was_tried)
    except Fault as fault:
        raise placed(_known(fault, whole), whole) from None


def manifest_of(
    data: Mapping[str, Any], beside: Path | None = None, was_tried: WasTried | None = None
) -> PipelineManifest:
    """Manifest of plain data, checked; files that it names are looked for in the folder `beside`.

    Raises:
        Fault: naming field, value and fix.
    """
    resolved = _with_files(deepcopy(dict(data)), beside or Path())
    try:
        manifest = PipelineManifest.model_validate(resolved)
    except ValidationError as error:
        raise _fault(error) from None
    check_manifest(manifest, was_tried)
    return manifest


def _known(fault: Fault, whole: Marked) -> Fault:
    """The fault, its path cut to what the file holds where it names a form of a value."""
    path = fault.path if fault.value is None else whole.known(fault.path) or fault.path
    return Fault(path, fault.value, fault.fix)


def _with_files(data: dict[str, Any], beside: Path) -> dict[str, Any]:
    """The data with the scenarios, guardians and recipes of the files that it names."""
    library: dict[str, Any] = dict(data.get("library") or {})
    for path, asked in _scenario_lists(data):
        with at(*path):
            asked["scenarios"] = _scenarios(asked.get("scenarios"), beside, library)
    for place, part in enumerate(_mappings(data.get("parts"))):
        if isinstance(part.get("imperfections"), str):
            with at("parts", place, "imperfections"):
                part["imperfections"] = load_yaml(beside / part["imperfections"])
    augment = data.get("augment")
    if isinstance(augment, dict) and isinstance(augment.get("recipe"), str):
        with at("augment", "recipe"):
            augment["recipe"] = load_yaml(beside / augment["recipe"])
    quality = data.get("quality")
    if isinstance(quality, dict) and isinstance(quality.get("rules"), str):
        with at("quality", "rules"):
            quality["rules"] = load_yaml(beside / quality["rules"]).get("rules")
    if isinstance(data.get("alerts"), str):
        with at("alerts"):
            data["alerts"] = MonitoringConfig.load(beside / data["alerts"])
    return {**data, "library": library} if library else data


def _scenario_lists(data: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    for place, part in enumerate(_mappings(data.get("parts"))):
        yield ("parts", place, "scenarios"), part
    for name in ("edge_cases", "balance"):
        if isinstance(data.get(name), dict):
            yield (name, "scenarios"), data[name]


def _mappings(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _scenarios(asked: Any, beside: Path, library: dict[str, Any]) -> Any:
    """Patterns in which the id of its scenario stands for every file; the library gets the definition."""
    named = [name.strip() for name in asked.split(",")] if isinstance(asked, str) else asked
    if not isinstance(named, list) or not any(is_scenario_file(str(name)) for name in named):
        return asked
    found = []
    for name in named:
        if is_scenario_file(str(name)):
            definition, scenario, _ = loaded(beside / str(name))
            file, name = name, scenario_id(scenario)
            if name in SCENARIOS:
                fix = f"its id {name} is taken by the library; give it another name"
                raise ConfigError("scenarios", file, fix)
            library[name] = definition.plain()
        found.append(name)
    return found


def _fault(error: ValidationError) -> Fault:
    """First mistake; a misspelt field before the one that is missing for it."""
    faults = error.errors(include_url=False)
    first = next((one for one in faults if one["type"] == "extra_forbidden"), faults[0])
    path = first["loc"]
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, ConfigError):
        own = (int(step) if step.isdigit() else step for step in cause.field.split("."))
        return Fault((*path, *own), cause.value, cause.fix)
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(path[-1]), _fields_at(path[:-1]), n=1, cutoff=NEAR)
        return Fault(path, first["input"], f"unknown field; did you mean {near[0]!r}?" if near
                     else "unknown field; remove it")  # fmt: skip
    if first["type"] == "missing":
        return Fault(path, None, "required field is missing; add it")
    if first["type"] == "too_short":
        return Fault(path, first["input"], "must not be empty; name at least one")
    said = config_error(error) if first is faults[0] else None
    return Fault(path, first["input"], said.fix if said else first["msg"])


def _fields_at(path: tuple[int | str, ...]) -> tuple[str, ...]:
    """Names of the fields that may stand at a path of a manifest."""
    models: list[type[BaseModel]] = [PipelineManifest]
    for step in path:
        fields = [
            field
            for model in models
            for name, field in model.model_fields.items()
            if step in (name, field.alias)
        ]
        models = [inner for field in fields for inner in _models_in(field.annotation)] if fields else models
    return tuple(field.alias or name for model in models for name, field in model.model_fields.items())


def _models_in(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if isinstance(annotation, TypeAliasType):
        return _models_in(annotation.__value__)
    return [inner for part in get_args(annotation) for inner in _models_in(part)]
