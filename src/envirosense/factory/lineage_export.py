"""Lineage as PROV-JSON and as OpenLineage events, for tools that read those; plain JSON, no packages."""

import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from envirosense.datasets.catalog import GENERATED_BY, USED
from envirosense.datasets.files import write_whole
from envirosense.factory.lineage_graph import DERIVED_FROM, PART_OF, Activity, Artifact, Lineage

type Json = dict[str, Any]

PREFIX: Final = "es"
_NAMESPACE: Final = "urn:envirosense:"
_EPOCH: Final = "1970-01-01T00:00:00+00:00"
_OPENLINEAGE: Final = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
_FACETS: Final = "https://openlineage.io/spec/facets"
_RUN_NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, _NAMESPACE)
_PROV_RELATIONS: Final = {  # our relation: PROV-JSON section, role of the source, role of the target
    GENERATED_BY: ("wasGeneratedBy", "prov:entity", "prov:activity"),
    USED: ("used", "prov:activity", "prov:entity"),
    DERIVED_FROM: ("wasDerivedFrom", "prov:generatedEntity", "prov:usedEntity"),
    PART_OF: ("hadMember", "prov:entity", "prov:collection"),
}


def to_prov_json(graph: Lineage) -> Json:
    """PROV-JSON document: entities, activities, the software as agent, and how they hang together."""
    document: Json = {
        "prefix": {PREFIX: _NAMESPACE},
        "entity": {_name(key): _entity(one) for key, one in graph.artifacts.items()},
        "activity": {_name(key): _activity(one) for key, one in graph.activities.items()},
    }
    for at, edge in enumerate(graph.edges):
        section, source, target = _PROV_RELATIONS[edge.relation]
        relation = {source: _name(edge.source), target: _name(edge.target)}
        if edge.at_utc and section in ("used", "wasGeneratedBy"):
            relation["prov:time"] = edge.at_utc
        document.setdefault(section, {})[f"_:r{at}"] = relation
    for at, one in enumerate(graph.activities.values()):
        agent = _name(f"software:{one.code_version}")
        document.setdefault("agent", {})[agent] = {
            "prov:type": {"$": "prov:SoftwareAgent", "type": "prov:QUALIFIED_NAME"},
            "prov:label": f"envirosense {one.code_version}",
        }
        pair = {"prov:activity": _name(one.activity_id), "prov:agent": agent}
        document.setdefault("wasAssociatedWith", {})[f"_:a{at}"] = pair
    return {section: content for section, content in document.items() if content}


def _name(node: str) -> str:
    return f"{PREFIX}:{quote(node, safe='')}"


def _entity(one: Artifact) -> Json:
    facts = {"prov:label": one.name, f"{PREFIX}:kind": one.kind, "prov:location": one.path}
    told = {**facts, f"{PREFIX}:sha256": one.content_hash, f"{PREFIX}:facts": _text(one.facts)}
    return {name: value for name, value in told.items() if value}


def _activity(one: Activity) -> Json:
    times = {"prov:startTime": one.started_utc, "prov:endTime": one.finished_utc}
    told = {**times, "prov:label": one.kind, f"{PREFIX}:facts": _text(one.facts)}
    return {name: value for name, value in told.items() if value}


def _text(facts: Mapping[str, Any]) -> str:
    return json.dumps(facts, sort_keys=True, default=str) if facts else ""


def to_openlineage(graph: Lineage, namespace: str = "envirosense") -> list[Json]:
    """OpenLineage run events, two an activity (START and COMPLETE), earliest first.

    The datasets are whole artifacts; shards, episodes and samples have no place in that model. An activity
    gets the same run id each time it is exported.
    """
    found = [one for activity in graph.activities.values() for one in _events(graph, activity, namespace)]
    return sorted(found, key=lambda event: str(event["eventTime"]))


def _events(graph: Lineage, activity: Activity, namespace: str) -> list[Json]:
    inputs = [e.target for e in graph.edges if e.relation == USED and e.source == activity.activity_id]
    outputs = [
        e.source for e in graph.edges if e.relation == GENERATED_BY and e.target == activity.activity_id
    ]
    times = {"START": activity.started_utc, "COMPLETE": activity.finished_utc}
    return [
        {
            "eventType": kind,
            "eventTime": at_utc or activity.finished_utc or activity.started_utc or _EPOCH,
            "producer": _producer(activity),
            "schemaURL": _OPENLINEAGE,
            "run": {"runId": str(uuid.uuid5(_RUN_NAMESPACE, activity.activity_id)), "facets": _run(activity)},
            "job": {"namespace": namespace, "name": activity.kind, "facets": {}},
            "inputs": [_dataset(graph.artifacts[one], namespace, activity) for one in inputs],
            "outputs": [_dataset(graph.artifacts[one], namespace, activity) for one in outputs],
        }
        for kind, at_utc in times.items()
    ]


def _producer(activity: Activity) -> str:
    return f"{_NAMESPACE}software:{activity.code_version}"


def _facet(activity: Activity, schema: str, **content: object) -> Json:
    return {"_producer": _producer(activity), "_schemaURL": f"{_FACETS}/{schema}", **content}


def _run(activity: Activity) -> Json:
    engine = {"name": "envirosense", "version": activity.code_version}
    return {
        "processing_engine": _facet(
            activity, "1-1-1/ProcessingEngineRunFacet.json#/$defs/ProcessingEngineRunFacet", **engine
        )
    }


def _dataset(one: Artifact, namespace: str, activity: Activity) -> Json:
    version = _facet(
        activity,
        "1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet",
        datasetVersion=one.content_hash,
    )
    place = {
        "dataSource": _facet(
            activity,
            "1-0-1/DatasourceDatasetFacet.json#/$defs/DatasourceDatasetFacet",
            name=one.path,
            uri=Path(one.path).as_uri(),
        )
    }
    facets = {"version": version, **(place if one.path else {})}
    return {"namespace": namespace, "name": one.path or one.artifact_id, "facets": facets}


def write_prov_json(graph: Lineage, path: Path) -> Path:
    """File of a PROV-JSON document."""
    write_whole(path, (json.dumps(to_prov_json(graph), indent=1) + "\n").encode())
    return path


def write_openlineage(graph: Lineage, path: Path) -> Path:
    """File of OpenLineage events, one a line, as its file transport writes them."""
    lines = (json.dumps(event, default=str) + "\n" for event in to_openlineage(graph))
    write_whole(path, "".join(lines).encode())
    return path
