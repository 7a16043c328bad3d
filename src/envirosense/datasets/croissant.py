"""Description of a dataset in Croissant, JSON-LD for machine-learning data."""

import json
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from envirosense.datasets.dataset import Dataset
from envirosense.datasets.files import write_whole
from envirosense.datasets.frames import frame_planes
from envirosense.datasets.manifest import EPISODES

CROISSANT: Final = "croissant.json"
_PARQUET: Final = "application/x-parquet"
_CONTEXT: Final[dict[str, Any]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_KIND: Final = {"simulated": "simulated", "real": "recorded"}
_LICENSES: Final = {"apache-2.0": "https://www.apache.org/licenses/LICENSE-2.0"}


def croissant(dataset: Dataset, title: str, license_id: str) -> dict[str, Any]:
    """JSON-LD: every Parquet file with its checksum, every stream as a record set."""
    manifest = dataset.manifest
    made_by = f"{title}, made with EnviroSense {manifest.code_version}"
    record_sets = [_record_set(name, dataset.schema(name), "fileSet") for name in dataset.streams]
    record_sets.append(_record_set("episodes", dataset.table.schema, "fileObject", EPISODES))
    document: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": manifest.name,
        "description": (
            f"{title}: {manifest.counts['ok']} {_KIND[manifest.origin]} episodes, readings and labels."
        ),
        "license": _LICENSES.get(license_id, license_id),
        "url": f"urn:sha256:{manifest.logical_hash}",
        "version": "1.0.0",
        "citeAs": f"{made_by}, logical hash {manifest.logical_hash}",
        "distribution": [*_files(dataset), *(_file_set(stream) for stream in dataset.streams)],
        "recordSet": record_sets,
    }
    if published := _date_published(dataset.folder):
        document["datePublished"] = published
    return document


def _date_published(folder: Path) -> str:
    path = folder / "run.json"
    return str(json.loads(path.read_bytes()).get("finished_utc", ""))[:10] if path.exists() else ""


def _files(dataset: Dataset) -> list[dict[str, Any]]:
    return [
        {
            "@type": "cr:FileObject",
            "@id": place,
            "name": place,
            "contentUrl": place,
            "contentSize": f"{file.bytes} B",
            "encodingFormat": _PARQUET,
            "sha256": file.sha256,
        }
        for place, file in dataset.manifest.files.items()
    ]


def _file_set(stream: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": f"{stream}-files",
        "name": f"{stream}-files",
        "encodingFormat": _PARQUET,
        "includes": f"{stream}/*.parquet",
    }


def _record_set(name: str, schema: pa.Schema, source_type: str, source: str = "") -> dict[str, Any]:
    origin = {source_type: {"@id": source or f"{name}-files"}}
    planes = frame_planes(schema)
    fields = [_field(name, column, origin) for column in schema if column.name not in planes]
    return {"@type": "cr:RecordSet", "@id": name, "name": name, "field": fields}


def _field(record_set: str, column: pa.Field, origin: dict[str, Any]) -> dict[str, Any]:
    facts = {key.decode(): value.decode() for key, value in (column.metadata or {}).items()}
    unit = f" [{facts['unit']}]" if facts.get("unit") not in (None, "", "1") else ""
    return {
        "@type": "cr:Field",
        "@id": f"{record_set}/{column.name}",
        "name": f"{record_set}/{column.name}",
        "description": facts.get("description", column.name) + unit,
        "dataType": _data_type(column.type),
        "source": {**origin, "extract": {"column": column.name}},
    }


def _data_type(kind: pa.DataType) -> str:
    if pa.types.is_integer(kind):
        return "sc:Integer"
    if pa.types.is_floating(kind):
        return "sc:Float"
    if pa.types.is_boolean(kind):
        return "sc:Boolean"
    return "sc:DateTime" if pa.types.is_timestamp(kind) else "sc:Text"


def write_croissant(dataset: Dataset, title: str, license_id: str) -> Path:
    """Path of the croissant.json written."""
    path = dataset.folder / CROISSANT
    text = json.dumps(croissant(dataset, title, license_id), indent=1, ensure_ascii=False)
    write_whole(path, (text + "\n").encode())
    return path
