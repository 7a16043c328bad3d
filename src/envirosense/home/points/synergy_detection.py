"""Pairs of devices that a detector judged, with what is true of them: food of a graph network."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, Literal

import pyarrow as pa
from pydantic import Field, NonNegativeFloat, NonNegativeInt

from envirosense.core.config import FrozenModel
from envirosense.factory.collection.export import read_export
from envirosense.factory.collection.point import CollectionPoint, Exporter, ExportFile, Row
from envirosense.factory.collection.records import Collected
from envirosense.factory.collection.rules import FilterRule
from envirosense.home.model import Home
from envirosense.home.patterns.synergies import Synergy

type Share = Annotated[float, Field(ge=0.0, le=1.0)]
type Complexity = Literal["low", "medium", "high"]

_DISCOUNT: Final = {"low": 0.0, "medium": 0.1, "high": 0.3}  # of the benefit, homes.md 2


class EntityRow(FrozenModel):
    """An entity as the network knows it."""

    entity_id: str
    area_id: str | None = None
    friendly_name: str


class PairRecord(FrozenModel):
    """A synergy as homes.md 2 has it; numbers come from the stream, not from the rooms."""

    synergy_id: str
    synergy_type: str = "device_pair"
    devices: tuple[str, str]
    trigger_entity: str | None = None
    trigger_name: str = ""
    action_entity: str | None = None
    action_name: str = ""
    area: str | None = None
    impact_score: Share
    complexity: Complexity = "low"
    confidence: Share | None = None
    rationale: str = ""
    synergy_depth: int = Field(default=2, ge=2, le=4)
    chain_devices: tuple[str, ...] = ()
    pattern_support_score: Share | None = None
    validated_by_patterns: bool = False
    supporting_pattern_ids: tuple[str, ...] = ()


class RelationshipRecord(FrozenModel):
    """How the two belong together.

    Attributes:
        name: Such as `motion_light`, or `unrelated`.
    """

    name: str
    benefit: Share
    is_same_area: bool


class SynergyPrediction(FrozenModel):
    """Verdict of the detector.

    Attributes:
        confidence: In the verdict, whichever it is; None where it states none.
    """

    is_synergy: bool
    confidence: Share | None = None


class SynergyTruth(FrozenModel):
    """What is true of a pair, from the home's rules and all of its events."""

    status: Literal["used", "latent", "none"] | None = None
    n_triggers: NonNegativeInt | None = None
    n_followed: NonNegativeInt | None = None
    follow_rate: Share | None = None
    chance: Share | None = None
    delay_s: NonNegativeFloat | None = None


class SynergyDetectionRecord(FrozenModel):
    """A pair, its relationship, the prediction and the truth.

    Attributes:
        entities: The trigger and the action.
    """

    synergy: PairRecord
    relationship: RelationshipRecord
    prediction: SynergyPrediction
    truth: SynergyTruth = SynergyTruth()
    entities: tuple[EntityRow, ...] = ()


def impact_score(benefit: float, complexity: Complexity) -> float:
    """What a pair is worth, less for what is hard to set up."""
    return benefit * (1.0 - _DISCOUNT[complexity])


def entity_row(home: Home, entity: int) -> EntityRow:
    """An entity of a home by its number."""
    found = home.entities[entity]
    return EntityRow(entity_id=found.entity_id, area_id=found.area_id, friendly_name=found.name)


def synergy_truth(true: Synergy) -> SynergyTruth:
    """What is true of a pair, as the record has it."""
    evidence = true.evidence
    return SynergyTruth(
        status=true.status.value,
        n_triggers=evidence.n_triggers,
        n_followed=evidence.n_followed,
        follow_rate=evidence.follow_rate,
        chance=evidence.chance,
        delay_s=evidence.delay_s if evidence.n_followed and evidence.delay_s >= 0.0 else None,
    )


RULES: Final = (
    FilterRule(code="confidence_missing", test="filled", fields=("prediction.confidence",)),
    FilterRule(code="confidence_low", test="at_least", fields=("prediction.confidence",), value=0.6),
    FilterRule(code="trigger_missing", test="filled", fields=("synergy.trigger_entity",)),
    FilterRule(code="action_missing", test="filled", fields=("synergy.action_entity",)),
    FilterRule(code="same_entity", test="differ", fields=("synergy.trigger_entity", "synergy.action_entity")),
    FilterRule(code="entities_missing", test="filled", fields=("entities.*.entity_id",)),
    FilterRule(code="truth_missing", test="filled", fields=("truth.status",)),
)

_PAIRS: Final = pa.schema(
    [
        ("data_id", pa.string()),
        ("home_id", pa.string()),
        ("synergy_id", pa.string()),
        ("device_ids", pa.list_(pa.string())),
        ("impact_score", pa.float64()),
        ("confidence", pa.float64()),
        ("area", pa.string()),
        ("validated_by_patterns", pa.bool_()),
        ("status", pa.string()),
    ]
)
_ENTITIES: Final = pa.schema(
    [
        ("home_id", pa.string()),
        ("entity_id", pa.string()),
        ("area_id", pa.string()),
        ("friendly_name", pa.string()),
    ]
)


def _pair(one: Collected) -> Row:
    synergy = one.record["synergy"]
    kept = {name: synergy[name] for name in ("synergy_id", "impact_score", "confidence", "area",
                                             "validated_by_patterns")}  # fmt: skip
    pair = [synergy["trigger_entity"], synergy["action_entity"]]
    status = one.record["truth"]["status"]
    return {"data_id": one.data_id, "home_id": one.source.site, "device_ids": pair, **kept, "status": status}


def _synergies(found: Sequence[Collected]) -> list[Row]:
    """Pairs that are synergies in truth, whatever was predicted."""
    return [row for row in map(_pair, found) if row["status"] != "none"]


def _negatives(found: Sequence[Collected]) -> list[Row]:
    """Pairs that are none in truth: better than pairs drawn at random, some of which would be."""
    return [row for row in map(_pair, found) if row["status"] == "none"]


def _entities(found: Sequence[Collected]) -> list[Row]:
    rows = {
        (one.source.site, entity["entity_id"]): {"home_id": one.source.site, **entity}
        for one in reversed(found)
        for entity in one.record["entities"]
    }
    return [rows[key] for key in sorted(rows)]


def _counts(found: Sequence[Collected]) -> dict[str, int]:
    return {
        "positives": len(_synergies(found)),
        "negatives": len(_negatives(found)),
        "entities": len(_entities(found)),
        "distinct_pairs": len({(row["home_id"], *row["device_ids"]) for row in map(_pair, found)}),
    }


GNN_SYNERGY: Final = Exporter(
    "gnn_synergy",
    (
        ExportFile("synergies.json", _synergies, targets=("device_ids",)),
        ExportFile("negatives.json", _negatives, targets=("device_ids",)),
        ExportFile("entities.json", _entities, targets=("entity_id",)),
        ExportFile("synergies.parquet", _synergies, _PAIRS, targets=("device_ids",)),
        ExportFile("negatives.parquet", _negatives, _PAIRS, targets=("device_ids",)),
        ExportFile("entities.parquet", _entities, _ENTITIES, targets=("entity_id",)),
    ),
    _counts,
)

POINT: Final = CollectionPoint(
    "synergy_detection",
    SynergyDetectionRecord,
    RULES,
    GNN_SYNERGY,
    event="synergy.synergy_id",
    opinions=("prediction",),
    note="detectors of synergies that run on a home's events",
)


def read_gnn_synergy(folder: Path | str) -> dict[str, list[Row]]:
    """Rows by file name of `training_data/cycle_N` or `training_data/aggregated`, checked."""
    return read_export(folder, GNN_SYNERGY)
