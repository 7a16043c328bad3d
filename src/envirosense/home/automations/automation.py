"""The automations that a home has before anybody looks for patterns in it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from envirosense.core.rng import stream
from envirosense.home.automations.automation_ground import Ground
from envirosense.home.automations.automation_kinds import WEIGHTS, candidates
from envirosense.home.automations.automation_plans import Action, Plan, Script, config_of, rules_of, sequence
from envirosense.home.building.naming import UniqueNames, hex_id, slug
from envirosense.home.engine.rules import Rule
from envirosense.home.model import Entity, Home

# automations by the number of devices: least and most; assumed, beginners have few and large homes dozens
COUNTS = {"small": (3, 7), "medium": (6, 14), "large": (10, 22), "extra_large": (16, 34)}


@dataclass(frozen=True, slots=True)
class Automation:
    """One automation of the home; its scripts and scenes are its own.

    Attributes:
        entity_id: Of its own entity.
        unique_id: `id` in its configuration.
        mode: What a trigger does that comes before the last one is done with: `single`, `restart`.
        rules: What it does, for the engine; entity numbers are those of the home that it was made for.
        number: Of its own entity.
        plan: What rules and configuration were made from.
    """

    entity_id: str
    alias: str
    unique_id: str
    description: str
    mode: str
    rules: tuple[Rule, ...]
    number: int
    plan: Plan

    def config(self) -> dict[str, object]:
        """What `automations.yaml` says of it: the same as its rules."""
        return config_of(self.plan, self.unique_id)

    def script_configs(self) -> dict[str, dict[str, object]]:
        """Its scripts as `scripts.yaml` has them, by object id."""
        return {
            one.to.entity.entity_id.partition(".")[2]: {
                "alias": one.to.entity.name,
                "mode": "restart",
                "sequence": sequence(one.actions) or [_telling(self.alias)],
            }
            for one in self.plan.scripts
            if one.to.entity.domain == "script"
        }

    def scene_configs(self) -> list[dict[str, object]]:
        """Its scenes as `scenes.yaml` has them."""
        return [
            {
                "id": one.to.entity.unique_id,
                "name": one.to.entity.name,
                "entities": {action.to.entity.entity_id: _scene_state(action) for action in one.actions},
            }
            for one in self.plan.scripts
            if one.to.entity.domain == "scene"
        ]


def with_automations(
    home: Home, seed: int, reserved: frozenset[int] = frozenset()
) -> tuple[Home, tuple[Automation, ...]]:
    """The home with its automations, scripts and scenes as entities behind all others, and what they do.

    Which ones is drawn from those that its devices allow, by how common their kind is; every draw is named
    after the automation, so that another device leaves the others as they were. Nothing acts on entities in
    `reserved`.
    """
    allowed = [_without(plan, reserved) for plan in candidates(Ground(home, seed))]
    plans = _chosen([plan for plan in allowed if plan is not None], _number(home, seed), seed)
    names = UniqueNames()
    entities = [_entity("automation", plan.alias, f"{plan.kind}/{plan.place}", names, seed) for plan in plans]
    first = len(home.entities)
    n_scripts = first + len(plans)
    scripts: list[Entity] = []
    automations = []
    for at, (plan, entity) in enumerate(zip(plans, entities, strict=True)):
        placed = [
            _placed(script, n_scripts + len(scripts) + place, names, seed)
            for place, script in enumerate(plan.scripts)
        ]
        scripts += [one.to.entity for one in placed]
        known = {old.to.entity.unique_id: new.to for old, new in zip(plan.scripts, placed, strict=True)}
        actions = tuple(replace(one, to=known.get(one.to.entity.unique_id, one.to)) for one in plan.actions)
        plan = replace(plan, actions=actions, scripts=tuple(placed))
        automations.append(_automation(plan, entity, first + at))
    return replace(home, entities=(*home.entities, *entities, *scripts)), tuple(automations)


def _without(plan: Plan, reserved: frozenset[int]) -> Plan | None:
    """The plan without its actions on some entities, and without scripts that have none left."""

    def free(actions: Iterable[Action]) -> tuple[Action, ...]:
        return tuple(one for one in actions if one.to.number not in reserved)

    scripts = [(one, replace(one, actions=free(one.actions))) for one in plan.scripts]
    empty = {new.to.entity.unique_id for old, new in scripts if old.actions and not new.actions}
    actions = tuple(one for one in free(plan.actions) if one.to.entity.unique_id not in empty)
    kept = tuple(new for _, new in scripts if new.to.entity.unique_id not in empty)
    return replace(plan, actions=actions, scripts=kept) if actions else None


def _number(home: Home, seed: int) -> int:
    least, most = COUNTS[home.size]
    return int(stream(seed, "home", "automations", "number").integers(least, most + 1))


def _chosen(plans: Sequence[Plan], n: int, seed: int) -> list[Plan]:
    """The `n` that win a race at the speeds of their kinds."""

    def finish(plan: Plan) -> float:
        kind = plan.drawn_as or plan.kind
        draw = stream(seed, "home", "automations", kind, plan.place).random()
        return float(-np.log1p(-draw) / WEIGHTS[kind])

    return sorted(plans, key=finish)[:n]


def _automation(plan: Plan, entity: Entity, number: int) -> Automation:
    return Automation(
        entity_id=entity.entity_id,
        alias=plan.alias,
        unique_id=entity.unique_id,
        description=plan.description,
        mode=plan.mode,
        rules=rules_of(plan, entity.entity_id, number),
        number=number,
        plan=plan,
    )


def _placed(script: Script, number: int, names: UniqueNames, seed: int) -> Script:
    domain = script.to.entity.domain
    entity = _entity(domain, script.to.entity.name, script.to.entity.unique_id, names, seed)
    return replace(script, to=replace(script.to, number=number, entity=entity))


def _entity(domain: str, name: str, key: str, names: UniqueNames, seed: int) -> Entity:
    entity_id = f"{domain}.{names.take(f'{domain}.{slug(name)}', '_').partition('.')[2]}"
    return Entity(
        entity_id=entity_id,
        unique_id=hex_id(seed, domain, key),
        role=domain,
        name=name,
        states=("unknown",) if domain == "scene" else ("off", "on"),
    )


def _scene_state(action: Action) -> object:
    if np.isnan(action.value):
        return action.to.state
    return {"state": action.to.state, "brightness": round(action.value)}


def _telling(alias: str) -> dict[str, object]:
    return {"action": "persistent_notification.create", "data": {"message": alias}}
