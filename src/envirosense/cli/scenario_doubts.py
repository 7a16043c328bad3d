"""What is allowed in a scenario file and hardly meant."""

import re
from collections.abc import Iterator
from typing import Any

from envirosense.cli.scenario_trial import NAMED, trial_events
from envirosense.scenarios import SCENARIOS, BaseScenario
from envirosense.scenarios.definition import scenario_id
from envirosense.scenarios.document import ScenarioDefinition
from envirosense.scenarios.marks import Marked


def doubts(definition: ScenarioDefinition, scenario: type[BaseScenario], whole: Marked) -> list[str]:
    """A taken id, parameters that nothing uses, and events that no draw has."""
    found = []
    if scenario_id(scenario) in SCENARIOS:
        found.append(f"the library has {scenario_id(scenario)}; no dataset takes a second one, rename it")
    found += [
        f"line {whole.place(('parameters', name)).line}: nothing uses the parameter {name}; remove it"
        for name in _unused(whole)
    ]
    stated = {event.type.value: place for place, event in enumerate(definition.events)}
    happens = {kind for kind, _ in trial_events(scenario)} if stated else set()
    found += [
        f"line {whole.place(('events', place)).line}: none of {NAMED} draws has this event; "
        "compare begins with what it follows"
        for kind, place in stated.items()
        if kind not in happens
    ]
    return found


def _unused(whole: Marked) -> Iterator[str]:
    """Parameters of a file with causes of its own that no other place names."""
    if "causes" not in whole.data:
        return
    for name in whole.data.get("parameters", {}):
        own = ("parameters", name)
        texts = [_at(whole.data, path) for path in whole.values if path[:2] != own]
        is_used = any(isinstance(text, str) and re.fullmatch(rf"\$?{name}", text) for text in texts)
        is_key = any(path[-1:] == (name,) and path != own for path in whole.keys)
        if not is_used and not is_key:
            yield name


def _at(data: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        data = data[step]
    return data
