"""Pairs of devices that belong together, and whether the home makes anything of it.

A pair is used where a rule or a planted pattern links it, or where one follows the other so surely that
somebody must be doing it; latent where the two are active together and nothing links them; none where they
are not, and for pairs that have nothing to do with each other. Strength is measured in the stream.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from envirosense.core.rng import derived_seed
from envirosense.home.engine.rules import Rule
from envirosense.home.log import EventLog
from envirosense.home.model import Home
from envirosense.home.patterns.synergy_evidence import Evidence, measured_pairs

UNRELATED: Final = "unrelated"
USED_RATE: Final = 0.5  # share followed from which somebody must be doing it, assumed
USED_LIFT: Final = 5.0  # over chance, assumed
LATENT_LIFT: Final = 1.3  # over chance from which two are active together, assumed
LEAST_TRIGGERS: Final = 10  # of which anything can be said
_NEGATIVES: Final = 0.5  # unrelated pairs, as a share of the related ones
_LEAST_NEGATIVES: Final = 8


class SynergyStatus(StrEnum):
    """What the home makes of a pair."""

    USED = "used"
    LATENT = "latent"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Relationship:
    """How two kinds of entities belong together (homes.md 2).

    Attributes:
        triggers: Roles that start it.
        actions: Roles that follow.
        benefit: What it is worth, from HomeIQ's table.
        window_s: Time in which the action must come; assumed.
        is_anywhere: Whether the two need not be near each other.
    """

    triggers: tuple[str, ...]
    actions: tuple[str, ...]
    benefit: float
    window_s: float = 60.0
    is_anywhere: bool = False


RELATIONSHIPS: Final[Mapping[str, Relationship]] = {
    "motion_light": Relationship(("motion",), ("light",), 0.7),
    "occupancy_light": Relationship(("occupancy",), ("light",), 0.7),
    "door_light": Relationship(("door",), ("light",), 0.6),
    "door_lock": Relationship(("door",), ("lock",), 1.0, 300.0),
    "door_notify": Relationship(("door",), ("siren", "camera"), 0.8, 60.0),
    "temp_climate": Relationship(("temperature",), ("climate",), 0.5, 1800.0),
    "motion_climate": Relationship(("motion", "occupancy"), ("climate",), 0.6, 600.0),
    "window_climate": Relationship(("window",), ("climate",), 0.8, 600.0),
    "light_media": Relationship(("light",), ("media",), 0.5, 300.0),
    "temp_fan": Relationship(("temperature",), ("fan",), 0.6, 1800.0),
    "humidity_fan": Relationship(("humidity",), ("fan",), 0.6, 1800.0),
    "presence_light": Relationship(("person",), ("light",), 0.7, 120.0, True),
    "presence_climate": Relationship(("person",), ("climate",), 0.6, 600.0, True),
    "light_switch": Relationship(("light",), ("switch", "appliance"), 0.5, 300.0),
    "motion_switch": Relationship(("motion", "occupancy"), ("switch", "appliance"), 0.6),
}


@dataclass(frozen=True, slots=True)
class Synergy:
    """One pair with what was measured of it.

    Attributes:
        relationship: Key of `RELATIONSHIPS`, or `unrelated`.
        area_id: Area of the action.
        rules: Names of the rules and patterns that link the two.
    """

    relationship: str
    trigger_entity: int
    action_entity: int
    area_id: str | None
    is_same_area: bool
    status: SynergyStatus
    benefit: float
    evidence: Evidence
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Candidate:
    relationship: str
    trigger: int
    action: int
    is_same_area: bool


def synergies(home: Home, rules: Iterable[Rule], log: EventLog, seed: int) -> tuple[Synergy, ...]:
    """Every related pair of the home in the same area or next door, and some that are not related.

    Args:
        home: The home.
        rules: All rules that ran: automations, habits, planted patterns.
        log: What happened.
        seed: Of the choice of unrelated pairs.
    """
    links: dict[tuple[int, int], list[str]] = {}
    for rule in rules:
        if rule.trigger_entity >= 0 and rule.trigger_entity != rule.action_entity:
            links.setdefault((rule.trigger_entity, rule.action_entity), []).append(rule.name)
    related = list(_related(home))
    wanted = [*related, *_unrelated(home, related, seed)]
    windows = [RELATIONSHIPS[one.relationship].window_s if one.relationship in RELATIONSHIPS else 60.0
               for one in wanted]  # fmt: skip
    evidence = measured_pairs(home, log, [(one.trigger, one.action) for one in wanted], windows)
    return tuple(
        _synergy(home, one, tuple(links.get((one.trigger, one.action), ())), found)
        for one, found in zip(wanted, evidence, strict=True)
    )


def _synergy(home: Home, one: _Candidate, rules: tuple[str, ...], evidence: Evidence) -> Synergy:
    is_related = one.relationship in RELATIONSHIPS
    return Synergy(
        one.relationship,
        one.trigger,
        one.action,
        home.entities[one.action].area_id,
        one.is_same_area,
        _status(is_related, bool(rules), evidence),
        RELATIONSHIPS[one.relationship].benefit if is_related else 0.0,
        evidence,
        rules,
    )


def _status(is_related: bool, is_linked: bool, evidence: Evidence) -> SynergyStatus:
    if is_linked:
        return SynergyStatus.USED
    if not is_related or evidence.n_triggers < LEAST_TRIGGERS or not evidence.n_followed:
        return SynergyStatus.NONE
    if evidence.follow_rate >= USED_RATE and evidence.lift >= USED_LIFT:
        return SynergyStatus.USED
    return SynergyStatus.LATENT if evidence.is_beyond(LATENT_LIFT) else SynergyStatus.NONE


def _related(home: Home) -> Iterator[_Candidate]:
    """Pairs of the table, each once: under the first relationship that names it."""
    seen: set[tuple[int, int]] = set()
    for name, relation in RELATIONSHIPS.items():
        for trigger, action in _pairs_of(home, relation):
            if (trigger, action) not in seen and trigger != action:
                seen.add((trigger, action))
                near = home.entities[trigger].area_id == home.entities[action].area_id
                yield _Candidate(name, trigger, action, near)


def _pairs_of(home: Home, relation: Relationship) -> Iterator[tuple[int, int]]:
    for role in relation.triggers:
        for trigger in home.with_role(role):
            area_id = home.entities[trigger].area_id
            for other in relation.actions:
                for action in home.with_role(other):
                    if relation.is_anywhere or _are_near(home, area_id, home.entities[action].area_id):
                        yield trigger, action


def _are_near(home: Home, one: str | None, other: str | None) -> bool:
    if one is None or other is None:
        return False
    return one == other or other in home.areas[home.area_index[one]].adjacent


def _unrelated(home: Home, related: list[_Candidate], seed: int) -> list[_Candidate]:
    """Pairs of the same kinds of entities that are neither near each other nor of one table.

    Each has its own lot: an entity more takes the place of some and leaves the others.
    """
    taken = {(one.trigger, one.action) for one in related}
    triggers = sorted({one.trigger for one in related if home.entities[one.trigger].area_id})
    actions = sorted({one.action for one in related})
    free = [
        (trigger, action)
        for trigger in triggers
        for action in actions
        if trigger != action
        and (trigger, action) not in taken
        and not _are_near(home, home.entities[trigger].area_id, home.entities[action].area_id)
    ]
    n = min(len(free), max(_LEAST_NEGATIVES, round(_NEGATIVES * len(related))))
    names = [one.entity_id for one in home.entities]
    lots = sorted(free, key=lambda pair: derived_seed(seed, "unrelated", names[pair[0]], names[pair[1]]))
    return [_Candidate(UNRELATED, trigger, action, False) for trigger, action in sorted(lots[:n])]
