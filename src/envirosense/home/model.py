"""A home as Home Assistant knows it: floors, areas, devices, entities, and the people who live there.

Tuples are in the order in which the home lists them; an entity's place in `Home.entities` is the number that
every array of the home twin calls it by.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

UNAVAILABLE: Final = -1  # state code of an entity that does not answer
UNKNOWN: Final = -2  # and of one that has not said anything yet
UNAVAILABLE_TEXT, UNKNOWN_TEXT = "unavailable", "unknown"


@dataclass(frozen=True, slots=True)
class Floor:
    """A storey; the ground floor is level 0."""

    floor_id: str
    name: str
    level: int
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Area:
    """A room, or a place outside.

    Attributes:
        kind: What it is used as, a key of the catalogue (`kitchen`, `bedroom`, `hallway` ...).
        adjacent: Ids of the areas that a door or an opening leads to, in both directions.
        window_azimuth_deg: Where its windows face, clockwise from north.
    """

    area_id: str
    name: str
    kind: str
    floor_id: str
    adjacent: tuple[str, ...]
    floor_m2: float
    window_m2: float = 0.0
    window_azimuth_deg: float = 180.0
    is_outdoor: bool = False
    aliases: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Label:
    """A tag of Home Assistant."""

    label_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Group:
    """Entities that are switched together; `entity_id` is the group's own."""

    entity_id: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Device:
    """A thing with a plug or a battery.

    Attributes:
        device_type: Key of the device catalogue.
        active_w: Power while it works, 0 where it runs on a battery [W].
        standby_w: Power while it does not [W].
    """

    device_id: str
    name: str
    device_type: str
    area_id: str
    manufacturer: str
    model: str
    sw_version: str
    active_w: float = 0.0
    standby_w: float = 0.0
    is_battery_powered: bool = False
    via_device_id: str | None = None
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entity:
    """What a device says or does.

    Attributes:
        role: What it is in the simulation, a key of the catalogue: `motion`, `light`, `temperature`,
            `battery` ... Two entities of one role differ in place alone.
        states: Names of its states in the order of their codes; empty for one that gives a number.
        decimals: Places after the point that a number is reported with.
        report_s: Longest time between two reports of a number; None where only a change is reported [s].
        report_change: Least change of a number that is reported at once, in its unit.
    """

    entity_id: str
    unique_id: str
    role: str
    name: str
    device_id: str | None = None
    area_id: str | None = None
    device_class: str | None = None
    unit: str | None = None
    state_class: str | None = None
    entity_category: str | None = None
    states: tuple[str, ...] = ()
    decimals: int = 1
    report_s: float | None = None
    report_change: float = 0.0
    supported_features: int = 0
    capabilities: Mapping[str, object] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()

    @property
    def domain(self) -> str:
        """Part of the id before the point."""
        return self.entity_id.partition(".")[0]

    @property
    def is_numeric(self) -> bool:
        """Whether it gives a number rather than one of a few states."""
        return not self.states

    def code(self, state: str) -> int:
        """Code of a state.

        Raises:
            ValueError: if it has no such state.
        """
        return self.states.index(state)


@dataclass(frozen=True, slots=True)
class Resident:
    """Somebody who lives there.

    Attributes:
        kind: `adult`, `child`, `senior`.
        work: `office`, `night_shift`, `remote`, `school`, `none`.
        wake_h: Hour at which a working day begins, local time [h].
        sleep_h: Hour at which it ends [h].
    """

    resident_id: str
    name: str
    kind: str
    work: str
    wake_h: float
    sleep_h: float
    bedroom: str  # area id


@dataclass(frozen=True)
class Home:
    """One home, complete.

    Attributes:
        size: `small`, `medium`, `large`, `extra_large`, by the number of devices.
        region: Climate, a key of the catalogue.
        grid_zone: Where its electricity comes from: carbon intensity.
        tariff: What it costs.
        pets: Kinds of its pets.
        has_guests: Whether guests come to stay now and then.
        utc_offset_h: Of the standard time of its time zone, east positive [h].
    """

    home_id: str
    name: str
    home_type: str
    size: str
    region: str
    timezone: str
    latitude_deg: float
    longitude_deg: float
    language: str
    currency: str
    grid_zone: str
    tariff: str
    floors: tuple[Floor, ...]
    areas: tuple[Area, ...]
    labels: tuple[Label, ...]
    devices: tuple[Device, ...]
    entities: tuple[Entity, ...]
    residents: tuple[Resident, ...]
    groups: tuple[Group, ...] = ()
    pets: tuple[str, ...] = ()
    has_guests: bool = False
    utc_offset_h: float = 0.0

    @cached_property
    def entity_index(self) -> Mapping[str, int]:
        """Number of each entity by its id."""
        return {entity.entity_id: number for number, entity in enumerate(self.entities)}

    @cached_property
    def area_index(self) -> Mapping[str, int]:
        """Number of each area by its id."""
        return {area.area_id: number for number, area in enumerate(self.areas)}

    @cached_property
    def device_by_id(self) -> Mapping[str, Device]:
        """Each device by its id."""
        return {device.device_id: device for device in self.devices}

    @cached_property
    def _by_role(self) -> Mapping[tuple[str, str | None], tuple[int, ...]]:
        found: dict[tuple[str, str | None], list[int]] = {}
        for number, entity in enumerate(self.entities):
            found.setdefault((entity.role, entity.area_id), []).append(number)
            found.setdefault((entity.role, None), []).append(number)
        return {key: tuple(dict.fromkeys(numbers)) for key, numbers in found.items()}

    def with_role(self, role: str, area_id: str | None = None) -> tuple[int, ...]:
        """Numbers of the entities of one role, in one area or in all of the home."""
        return self._by_role.get((role, area_id), ())
