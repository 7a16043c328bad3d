"""Candidates as records for the collection points, with what is true of them.

What the truth says nothing of is not handed in: a record without an answer teaches nobody anything.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Final

import numpy as np

from envirosense.home.detectors.candidate import Candidate, DetectorKind
from envirosense.home.detectors.features import trend_per_week
from envirosense.home.detectors.judged import JudgedHome
from envirosense.home.detectors.seen import SeenHome
from envirosense.home.detectors.true_pairs import TruePair
from envirosense.home.detectors.verdicts import matched
from envirosense.home.patterns.observed import Change
from envirosense.home.patterns.synergies import RELATIONSHIPS
from envirosense.home.people.lives import DAY_US
from envirosense.home.points import pattern_detection as p
from envirosense.home.points import synergy_detection as s

MADE_BY: Final = "home-detectors@1"
MINED: Final = "mined"  # relationship of a pair that no table names
_MINED_BENEFIT: Final = 0.5  # assumed: the least of the table
_STEADY: Final = 0.1  # change of the count a week, as a share of its mean, that is no trend; assumed

type Quality = Mapping[str, float]  # probability that a candidate is right, by its id


def pattern_records(found: JudgedHome, quality: Quality) -> Iterator[p.PatternDetectionRecord]:
    """Candidates of patterns that the truth speaks of, with the deployed model's score where there is one."""
    planted = {one.pattern_id: one for one in found.truth.patterns}
    for one, told, name in zip(found.candidates, found.verdicts, found.ids, strict=True):
        if told is None or one.kind is DetectorKind.SYNERGY:
            continue
        pattern_id = matched(one, found.home, found.truth)
        yield p.PatternDetectionRecord(
            pattern=_pattern(one, found),
            is_right=told == "right",
            expected=p.expected_pattern(planted[pattern_id]) if pattern_id else None,
            metrics=p.DetectionMetrics(lift=one.lift, quality=quality.get(name)),
        )


def synergy_records(found: JudgedHome, quality: Quality) -> Iterator[s.SynergyDetectionRecord]:
    """Synergies that the truth speaks of, judged by the deployed model, before the first by the detector."""
    support = _support(found)
    for one, told, name in zip(found.candidates, found.verdicts, found.ids, strict=True):
        if one.kind is not DetectorKind.SYNERGY:
            continue
        trigger, action = (found.home.entities[number] for number in one.devices)
        true = found.pairs.get((trigger.entity_id, action.entity_id))
        if true is None and told is not None:
            true = TruePair(MINED, "used" if told == "right" else "none", trigger.area_id == action.area_id)
        if true is not None:
            yield s.SynergyDetectionRecord(
                synergy=_synergy(one, found.home, true, support[one.changes]),
                relationship=s.RelationshipRecord(
                    name=true.relationship, benefit=_benefit(true), is_same_area=true.is_same_area
                ),
                prediction=_prediction(one, quality.get(name)),
                truth=true.record,
                entities=tuple(
                    s.EntityRow(entity_id=each.entity_id, area_id=each.area_id, friendly_name=each.name)
                    for each in (trigger, action)
                ),
            )


def _prediction(one: Candidate, quality: float | None) -> s.SynergyPrediction:
    if quality is None:
        return s.SynergyPrediction(is_synergy=True, confidence=one.confidence)
    return s.SynergyPrediction(is_synergy=quality > 0.5, confidence=max(quality, 1.0 - quality))


def _benefit(true: TruePair) -> float:
    known = RELATIONSHIPS.get(true.relationship)
    if known is not None:
        return known.benefit
    return _MINED_BENEFIT if true.relationship == MINED else 0.0


def _support(found: JudgedHome) -> dict[tuple[Change, ...], list[Candidate]]:
    """Candidates of patterns by the pair that they begin with."""
    by_pair: dict[tuple[Change, ...], list[Candidate]] = defaultdict(list)
    for one in found.candidates:
        if one.kind in (DetectorKind.CO_OCCURRENCE, DetectorKind.CONTEXTUAL):
            by_pair[one.changes].append(one)
    return by_pair


def _synergy(one: Candidate, home: SeenHome, true: TruePair, support: list[Candidate]) -> s.PairRecord:
    trigger, action = (home.entities[number] for number in one.devices)
    return s.PairRecord(
        synergy_id=one.name(home),
        devices=(trigger.entity_id, action.entity_id),
        trigger_entity=trigger.entity_id,
        trigger_name=trigger.name,
        action_entity=action.entity_id,
        action_name=action.name,
        area=action.area_id,
        impact_score=s.impact_score(_benefit(true), "low"),
        confidence=one.confidence,
        rationale=f"{one.occurrences} times within {one.window_s:g} s, {one.lift:.1f} times chance",
        pattern_support_score=max((each.confidence for each in support), default=None),
        validated_by_patterns=bool(support),
        supporting_pattern_ids=tuple(each.name(home) for each in support),
    )


def _pattern(
    one: Candidate, found: JudgedHome
) -> p.TimeOfDayPattern | p.CoOccurrencePattern | p.SequencePattern | p.ContextualPattern:
    names = tuple(found.home.entities[number].entity_id for number in one.devices)
    trend = trend_per_week(one.t_us, found.home.n_days)
    seen = [(found.start_utc + timedelta(microseconds=int(at))).isoformat() for at in one.t_us[[0, -1]]]
    facts = {
        "device_id": "+".join(names),
        "occurrences": one.occurrences,
        "total_events": max(one.occurrences, min(one.n_triggers, one.n_actions)),
        "confidence": one.confidence,
        "raw_confidence": one.confidence,
        "first_seen": seen[0],
        "last_seen": seen[1],
        "trend_direction": "steady" if abs(trend) < _STEADY else "rising" if trend > 0 else "falling",
        "trend_strength": abs(trend),
    }
    if one.kind is DetectorKind.TIME_OF_DAY:
        return p.TimeOfDayPattern.parse({**facts, **_clock(one)})
    lag = {"metadata": _lag(one, found.home.n_days)}
    if one.kind is DetectorKind.SEQUENCE:
        return p.SequencePattern.parse({**facts, **lag, "devices": names})
    pair = {"device1": names[0], "device2": names[1]}
    if one.condition is None:
        return p.CoOccurrencePattern.parse({**facts, **lag, **pair})
    under = found.home.entities[one.condition.entity]
    context = {
        "entity_id": under.entity_id,
        "state": under.states[one.condition.code],
        "contrast": one.condition_contrast,
    }
    return p.ContextualPattern.parse({**facts, **lag, **pair, "context": context})


def _clock(one: Candidate) -> dict[str, object]:
    minutes = int(one.at_s // 60.0)
    told = {
        "avg_time_decimal": one.at_s / 3600.0,
        "std_minutes": one.clock_spread_s / 60.0,
        "occurrence_ratio": one.confidence,
    }
    return {"hour": minutes // 60, "minute": minutes % 60, "metadata": told}


def _lag(one: Candidate, n_days: int) -> dict[str, object]:
    """How the last thing follows; the average is the median, which a late one does not move."""
    return {
        "window_minutes": one.window_s / 60.0,
        "support": np.unique(one.t_us // DAY_US).size / max(n_days, 1),
        "device1_count": one.n_triggers,
        "device2_count": one.n_actions,
        "avg_time_delta_seconds": one.delay_s,
    }
