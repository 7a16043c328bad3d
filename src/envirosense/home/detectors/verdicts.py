"""Right or wrong: candidates held against the planted truth, afterwards and apart from what made them.

As `patterns.matching.compared`: a candidate is right where all that it says (kind, trigger, actions,
condition, delay or time of the day) is what was planted, or a link of that; wrong where it moves an entity of
the truth in another way. What moves anything else is not judged, for nobody planted it and yet much of it is
true: everyday life and automations. A synergy says only that one thing is followed by another; it is right
where a planted link joins the two.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from pydantic import TypeAdapter

from envirosense.datasets.episode import Episode
from envirosense.home.detectors.candidate import Candidate, DetectorKind
from envirosense.home.detectors.seen import SeenHome
from envirosense.home.engine.rules import DAY_S
from envirosense.home.patterns.matching import CLOCK_S, DELAY_FACTOR, LEAST_DELAY_S
from envirosense.home.patterns.observed import Change
from envirosense.home.patterns.truth_records import LinkRecord, NegativeRecord, PatternRecord, StateRecord

type Verdict = Literal["right", "wrong"]

_ROOM: Final = "room"
_BELOW: Final = "sun.sun=below_horizon"


@dataclass(frozen=True, slots=True)
class PlantedTruth:
    """What was planted in a home, as its dataset stores it."""

    patterns: tuple[PatternRecord, ...]
    negatives: tuple[NegativeRecord, ...]

    @classmethod
    def of(cls, episode: Episode) -> "PlantedTruth":
        """Truth of a stored home."""
        rows = episode.table("patterns", ["is_distractor", "definition"]).to_pylist()
        patterns, negatives = TypeAdapter(PatternRecord), TypeAdapter(NegativeRecord)
        return cls(
            tuple(patterns.validate_json(row["definition"]) for row in rows if not row["is_distractor"]),
            tuple(negatives.validate_json(row["definition"]) for row in rows if row["is_distractor"]),
        )

    @property
    def moved(self) -> frozenset[str]:
        """Entities that nothing but the truth moves."""
        links = {link.action.entity_id for one in self.patterns for link in one.links}
        return frozenset(links | {one.action.entity_id for one in self.negatives})


def verdict(candidate: Candidate, home: SeenHome, truth: PlantedTruth) -> Verdict | None:
    """Whether a candidate is right; None where the truth says nothing of it."""
    if any(_is_right(candidate, home, one) for one in truth.patterns):
        return "right"
    is_clock = candidate.kind is DetectorKind.TIME_OF_DAY
    actions = candidate.devices if is_clock else candidate.devices[1:]
    if any(home.entities[number].entity_id not in truth.moved for number in actions):
        return None
    return "wrong"


def matched(candidate: Candidate, home: SeenHome, truth: PlantedTruth) -> str | None:
    """Id of the planted pattern that a candidate is, None for none."""
    return next((one.pattern_id for one in truth.patterns if _is_right(candidate, home, one)), None)


def _is_right(candidate: Candidate, home: SeenHome, planted: PatternRecord) -> bool:
    if candidate.kind is DetectorKind.SYNERGY:
        return any(
            _text(link.trigger) + _text(link.action) == _texts(candidate, home) for link in planted.links
        )
    whole = [(link,) for link in planted.links] if planted.pattern_type == _ROOM else [planted.links]
    if any(_agrees(candidate, home, planted, links, planted.detector) for links in whole):
        return True
    is_chain = planted.pattern_type == DetectorKind.SEQUENCE.value
    return is_chain and any(
        _agrees(candidate, home, planted, (link,), DetectorKind.CO_OCCURRENCE.value) for link in planted.links
    )


def _agrees(
    candidate: Candidate, home: SeenHome, planted: PatternRecord, links: tuple[LinkRecord, ...], family: str
) -> bool:
    states = _text(links[0].trigger) + tuple(text for link in links for text in _text(link.action))
    if candidate.kind.value != family or states != _texts(candidate, home):
        return False
    if candidate.condition is not None:
        told = home.text(Change(candidate.condition.entity, candidate.condition.code))
        if told not in {*(text for one in planted.conditions for text in _text(one)), *_dark(planted)}:
            return False
    if links[0].trigger is None:
        return _is_on_time(candidate, links[0], planted)
    return _is_as_late(candidate, links[0])


def _dark(planted: PatternRecord) -> tuple[str, ...]:
    return (_BELOW,) if planted.only_dark else ()


def _text(state: StateRecord | None) -> tuple[str, ...]:
    return () if state is None else (f"{state.entity_id}={state.state}",)


def _texts(candidate: Candidate, home: SeenHome) -> tuple[str, ...]:
    return tuple(home.text(change) for change in candidate.changes)


def _is_as_late(candidate: Candidate, link: LinkRecord) -> bool:
    near = abs(candidate.delay_s - link.delay_s) <= LEAST_DELAY_S
    ratio = np.log(max(candidate.delay_s, 0.05) / max(link.delay_s, 0.05))
    return bool(near or abs(ratio) <= np.log(DELAY_FACTOR))


def _is_on_time(candidate: Candidate, link: LinkRecord, planted: PatternRecord) -> bool:
    """Compared in the middle of the days on which it was planted: a detector by the clock knows no drift."""
    middle = (planted.last_day - planted.first_day) / 2.0
    due_s = (link.at_s or 0.0) + link.drift_s_day * middle
    apart_s = (candidate.at_s - due_s + DAY_S / 2) % DAY_S - DAY_S / 2
    return bool(abs(apart_s) <= max(CLOCK_S, link.jitter_s))
