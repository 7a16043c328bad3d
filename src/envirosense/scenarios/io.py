"""Scenario files: read with the place of every mistake, written, and made into scenarios.

A file that builds on others is read together with them, so that what comes out stands for itself.
"""

import json
from pathlib import Path
from typing import Any

import yaml

from envirosense.core.errors import ConfigError
from envirosense.scenarios import faults
from envirosense.scenarios.base import SCENARIOS, BaseScenario
from envirosense.scenarios.definition import definition_of, scenario_class
from envirosense.scenarios.document import SPREADS, ScenarioDefinition
from envirosense.scenarios.faults import Fault
from envirosense.scenarios.marks import Marked, ScenarioFileError, add_plain_words, read_marked
from envirosense.scenarios.mistakes import parsed, placed

SUFFIXES = (".yaml", ".yml", ".json")


def is_scenario_file(name: str) -> bool:
    """Whether a name is that of a file and not an id."""
    return Path(name).suffix in SUFFIXES


def load_scenario(path: Path) -> type[BaseScenario]:
    """Class of the scenario in a YAML or JSON file.

    Raises:
        ScenarioFileError: with file, line and column of the first mistake.
        ConfigError: if the file cannot be read.
    """
    return loaded(path)[1]


def read_definition(path: Path) -> ScenarioDefinition:
    """Definition in a file with everything it builds on, as `load_scenario`."""
    return loaded(path)[0]


def loaded(path: Path) -> tuple[ScenarioDefinition, type[BaseScenario], Marked]:
    """Definition, class and places of a file, as `load_scenario`."""
    return _loaded(path, ())


def yaml_text(definition: ScenarioDefinition) -> str:
    """YAML of a definition; reads back as the same definition."""
    return yaml.dump(definition.plain(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


def json_text(definition: ScenarioDefinition) -> str:
    """JSON of a definition; reads back as the same definition."""
    return json.dumps(definition.plain(), indent=1, ensure_ascii=False) + "\n"


class _Dumper(yaml.SafeDumper):
    """Lists of numbers and short mappings on one line."""


def _represent_list(dumper: _Dumper, data: list[Any]) -> yaml.Node:
    is_flat = all(not isinstance(item, dict | list) for item in data)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=is_flat)


_Dumper.add_representer(list, _represent_list)
add_plain_words(_Dumper)


def _loaded(path: Path, chain: tuple[Path, ...]) -> tuple[ScenarioDefinition, type[BaseScenario], Marked]:
    whole = read_marked(path)
    chain = (*chain, path.resolve())
    definition = _resolved(parsed(whole.data, whole), whole, path, chain)
    try:
        return definition, scenario_class(definition), whole
    except Fault as fault:
        raise placed(fault, whole) from None


def _resolved(
    definition: ScenarioDefinition, whole: Marked, path: Path, chain: tuple[Path, ...]
) -> ScenarioDefinition:
    """The definition with the file it extends, and those of its acts, read into it."""
    data: dict[str, Any] = definition.plain()
    for kind in ("overlay", "sequence"):
        for place, act in enumerate(data.get(kind, ())):
            if "file" in act:
                inner = _other(act.pop("file"), (kind, place, "file"), whole, path, chain)
                act["definition"] = inner.plain()
    if definition.extends is not None:
        base = _other(definition.extends, ("extends",), whole, path, chain)
        data = _merged(base.plain(), {name: x for name, x in data.items() if name != "extends"})
    return parsed(data, whole)


def _other(
    name: str, at: faults.Path, whole: Marked, path: Path, chain: tuple[Path, ...]
) -> ScenarioDefinition:
    field, place = ".".join(map(str, at)), whole.place(at)
    if not is_scenario_file(name):
        try:
            return definition_of(SCENARIOS[name])
        except ConfigError as error:
            raise ScenarioFileError(place, field, name, error.fix) from None
    other = path.parent / name
    if other.resolve() in chain:
        loop = " -> ".join(step.name for step in (*chain[chain.index(other.resolve()) :], other))
        raise ScenarioFileError(place, field, name, f"builds on itself: {loop}")
    if not other.is_file():
        raise ScenarioFileError(place, field, name, "no such file, looked for beside this one")
    return _loaded(other, chain)[0]


def _merged(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """The base with a child's fields over it; parameters one by one, constraints added."""
    parameters = dict(base.get("parameters", {}))
    for name, entry in own.get("parameters", {}).items():
        before = parameters.get(name)
        if isinstance(entry, dict) and isinstance(before, dict):
            kept = {key: value for key, value in before.items() if key not in (*SPREADS, "weights")}
            parameters[name] = kept | entry
        elif isinstance(before, dict):
            parameters[name] = {k: before[k] for k in ("unit", "description", "source") if k in before} | {
                "value": entry
            }
        else:
            parameters[name] = entry
    constraints = [*base.get("constraints", ()), *own.get("constraints", ())]
    merged = base | own | {"parameters": parameters}
    return merged | ({"constraints": constraints} if constraints else {})
