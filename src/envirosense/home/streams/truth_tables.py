"""Rows of the patterns of a home: the truth that finders are judged by."""

from typing import Any

import pyarrow as pa

from envirosense.home.history import HomeHistory
from envirosense.home.patterns.ground_truth import GroundTruthGenerator
from envirosense.home.patterns.synergies import synergies
from envirosense.home.patterns.truth_records import (
    GroundTruth,
    LinkRecord,
    NegativeRecord,
    PatternRecord,
    StateRecord,
)
from envirosense.home.streams.schemas import SCHEMAS
from envirosense.home.streams.tables import rows


def true_patterns(history: HomeHistory) -> GroundTruth:
    """What was planted, what became of it, and what the stream shows of it."""
    generator = GroundTruthGenerator.of(history.home, history.n_days, history.context)
    truth = generator.extract(history.planted, history.log, history.occurrences)
    return generator.annotate(truth, history.log)


def pattern_rows(history: HomeHistory) -> pa.RecordBatch:
    """Planted patterns, then what only looks like one."""
    truth = true_patterns(history)
    records = [_pattern(one) for one in truth.patterns] + [_negative(one) for one in truth.negatives]
    columns = {name: [record[name] for record in records] for name in SCHEMAS["patterns"].names}
    return rows("patterns", columns)


def synergy_rows(history: HomeHistory) -> pa.RecordBatch:
    """Pairs that belong together, and whether the home makes anything of it."""
    entities = history.home.entities
    found = synergies(history.home, history.rules, history.log, history.world_seed)
    return rows(
        "synergies",
        {
            "synergy_no": list(range(len(found))),
            "relationship": [one.relationship for one in found],
            "trigger": [entities[one.trigger_entity].entity_id for one in found],
            "action": [entities[one.action_entity].entity_id for one in found],
            "status": [one.status.value for one in found],
            "area_id": [one.area_id for one in found],
            "is_same_area": [one.is_same_area for one in found],
            "rules": [",".join(one.rules) for one in found],
            "follow_rate": [one.evidence.follow_rate for one in found],
            "lift": [one.evidence.lift for one in found],
            "n_triggers": [one.evidence.n_triggers for one in found],
        },
    )


def _pattern(pattern: PatternRecord) -> dict[str, Any]:
    first = pattern.links[0]
    return {
        "pattern_id": pattern.pattern_id,
        "kind": pattern.pattern_type,
        "is_distractor": False,
        "description": pattern.description,
        "trigger": _clock(first) if first.trigger is None else _state(first.trigger),
        "actions": ",".join(_state(link.action) for link in pattern.links),
        "probability": first.probability,
        "delay_s": None if first.trigger is None else first.delay_s,
        "n_triggers": first.n_triggers,
        "n_followed": first.n_followed,
        "confidence": first.confidence,
        "support": first.support,
        "lift": first.lift,
        "definition": pattern.model_dump_json(),
    }


def _negative(one: NegativeRecord) -> dict[str, Any]:
    return {
        "pattern_id": one.pattern_id,
        "kind": one.negative_type,
        "is_distractor": True,
        "description": "looks like a pattern and is none",
        "trigger": "" if one.trigger is None else _state(one.trigger),
        "actions": _state(one.action),
        "probability": one.probability,
        **dict.fromkeys(("delay_s", "n_triggers", "n_followed", "confidence", "support", "lift")),
        "definition": one.model_dump_json(),
    }


def _state(state: StateRecord) -> str:
    return f"{state.entity_id}={state.state}"


def _clock(link: LinkRecord) -> str:
    minutes = round((link.at_s or 0.0) / 60.0)
    return f"at {minutes // 60:02d}:{minutes % 60:02d}"
