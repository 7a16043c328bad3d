"""What automations are made from: entities of a home by what they are for, and named draws."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from envirosense.core.rng import stream
from envirosense.home.automations.automation_plans import Action, Script, State, Trigger
from envirosense.home.model import Area, Entity, Home

MINUTE_S, HOUR_S = 60.0, 3600.0
WORKDAYS = 0b001_1111


@dataclass(frozen=True, slots=True)
class Ground:
    """A home and the root of the draws."""

    home: Home
    seed: int

    def rng(self, kind: str, place: str) -> np.random.Generator:
        """Generator of the options of one automation."""
        return stream(self.seed, "home", "automations", kind, place, "options")

    def state(self, number: int, state: str) -> State:
        """An entity in a state."""
        return State(number, self.home.entities[number], state)

    def all(self, state: str, *roles: str, area: Area | None = None) -> tuple[State, ...]:
        """Entities of some roles in one state, in one area or in all of the home."""
        place = None if area is None else area.area_id
        return tuple(self.state(n, state) for role in roles for n in self.home.with_role(role, place))

    def triggers(self, state: str, *roles: str, area: Area | None = None,
                 hold_s: float = 0.0) -> tuple[Trigger, ...]:  # fmt: skip
        """Triggers of entities of some roles that come into one state."""
        return tuple(Trigger(one, hold_s) for one in self.all(state, *roles, area=area))

    def actions(self, state: str, *roles: str, area: Area | None = None) -> tuple[Action, ...]:
        """Actions that put all entities of some roles into one state."""
        return tuple(Action(one) for one in self.all(state, *roles, area=area))

    def lights_in(self, kinds: Sequence[str], state: str) -> tuple[Action, ...]:
        """All lights of areas of some kinds, in the order of the kinds."""
        areas = sorted(
            (one for one in self.home.areas if one.kind in kinds), key=lambda one: kinds.index(one.kind)
        )
        return tuple(action for area in areas for action in self.actions(state, "light", area=area))

    @property
    def dark(self) -> tuple[State, ...]:
        """The sun below the horizon."""
        return self.all("below_horizon", "sun")

    @property
    def nobody_home(self) -> tuple[State, ...]:
        """Every person away."""
        return self.all("not_home", "person")

    def somebody(self, rng: np.random.Generator) -> tuple[State, ...]:
        """One of the persons at home; automations of several people often ask for one of them."""
        persons = self.all("home", "person")
        return (persons[int(rng.integers(len(persons)))],) if persons else ()

    def appliances(self, state: str, *kinds: str) -> tuple[State, ...]:
        """Appliances of some kinds."""
        found = self.all(state, "appliance")
        return tuple(one for one in found if one.entity.capabilities.get("appliance") in kinds)

    def area_of(self, one: State) -> Area | None:
        """Where an entity stands."""
        at = one.entity.area_id
        return None if at is None else self.home.areas[self.home.area_index[at]]

    def outer_doors(self, state: str) -> tuple[State, ...]:
        """Doors that lead outside."""
        found = self.all(state, "door")
        return tuple(one for one in found if "outside" in _between(one.entity))


def _between(door: Entity) -> Iterable[object]:
    between = door.capabilities.get("between")
    return between if isinstance(between, list | tuple) else ()


def some(rng: np.random.Generator, options: Sequence[float]) -> float:
    """One of a few numbers."""
    return float(options[int(rng.integers(len(options)))])


def moment(rng: np.random.Generator, first_h: float, last_h: float) -> Trigger:
    """A time between two hours, on a quarter of an hour as people set it."""
    quarters = rng.integers(round(first_h * 4), round(last_h * 4) + 1)
    return Trigger(at_s=float(quarters % 96) * 15 * MINUTE_S)


def sunset(rng: np.random.Generator) -> Trigger:
    """Sunset, or a little before or after."""
    return Trigger(at_s=some(rng, (-30, -15, 0, 0, 15, 30)) * MINUTE_S, is_at_sunset=True)


def calling(domain: str, name: str, actions: tuple[Action, ...], key: str) -> Script:
    """A script or a scene, which gets its number when the home has it."""
    states = ("unknown",) if domain == "scene" else ("off", "on")
    entity = Entity(f"{domain}.new", key, domain, name, states=states)
    return Script(State(-1, entity, states[-1]), actions)


def dimmed(
    actions: tuple[Action, ...], rng: np.random.Generator, levels: Sequence[float]
) -> tuple[Action, ...]:
    """Lights switched on to one of some levels where they can be dimmed."""
    value = some(rng, levels)
    return tuple(
        Action(one.to, value if _is_dimmable(one.to.entity) else float("nan"), one.delay_s) for one in actions
    )


def _is_dimmable(entity: Entity) -> bool:
    modes = entity.capabilities.get("supported_color_modes", ("brightness",))
    return isinstance(modes, list | tuple) and "onoff" not in modes
