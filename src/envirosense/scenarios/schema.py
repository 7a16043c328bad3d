"""JSON Schema of a scenario file, for editors that complete and check while one writes."""

from collections.abc import Iterator
from typing import Any, Final

from envirosense.core.parts import part_ids
from envirosense.core.species import species_table
from envirosense.scenarios.base import SCENARIOS
from envirosense.scenarios.declared_matter import AirMassDefinition, EmissionDefinition
from envirosense.scenarios.document import ActDefinition, ScenarioDefinition

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
AEROSOLS: Final = "aerosols/"


def scenario_schema() -> dict[str, Any]:
    """JSON Schema of a scenario file, with the scenarios, gases and aerosols that are installed."""
    schema = ScenarioDefinition.model_json_schema()
    parts = schema["$defs"]
    whole = parts.get(ScenarioDefinition.__name__, schema)
    ids = {"enum": list(SCENARIOS)}
    for owner, field in ((whole, "model"), (parts[ActDefinition.__name__], "scenario")):
        owner["properties"][field] = {"anyOf": [ids, {"type": "null"}], "default": None}
    gases = {"enum": sorted(_gas_names())}
    aerosols = {"enum": [i.removeprefix(AEROSOLS) for i in part_ids() if i.startswith(AEROSOLS)]}
    keyed = {"gas": gases, "gas_ppb": gases, "particles": aerosols, "particle_ug_m3": aerosols}
    for model in (EmissionDefinition, AirMassDefinition):
        for field in keyed.keys() & model.model_fields.keys():
            parts[model.__name__]["properties"][field]["propertyNames"] = keyed[field]
    return {"$schema": DIALECT, "title": "EnviroSense scenario"} | schema


def _gas_names() -> Iterator[str]:
    for name, gas in species_table().items():
        yield name
        yield from gas.aliases
