"""Devices and entities for the areas of a home, usable without the rest of the twin."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from envirosense.core.errors import ConfigError
from envirosense.core.rng import stream
from envirosense.home.building.device_groups import draw_groups
from envirosense.home.building.device_making import DeviceMaker
from envirosense.home.building.placement import place_devices
from envirosense.home.catalog import Catalog, default_catalog
from envirosense.home.model import Area, Device, Entity, Floor, Group, Resident

HUBS_FIRST: Final = "infrastructure"  # category that others speak through


class Furnishing(NamedTuple):
    """What stands in a home."""

    devices: tuple[Device, ...]
    entities: tuple[Entity, ...]
    groups: tuple[Group, ...]


class SyntheticDeviceGenerator:
    """Furnishes areas with devices of a catalogue."""

    def __init__(self, catalog: Catalog | None = None) -> None:
        self.catalog = catalog or default_catalog()

    def furnish(
        self,
        areas: Sequence[Area],
        floors: Sequence[Floor],
        residents: Sequence[Resident],
        size: str,
        seed: int,
        region: str | None = None,
    ) -> Furnishing:
        """Devices, their entities and groups; as many devices as the size has, drawn evenly.

        Args:
            areas: Rooms and places outside, one at least.
            floors: Storeys of the areas.
            residents: Who sleeps where and who works at home.
            size: Key of the catalogue: `small`, `medium`, `large`, `extra_large`.
            seed: The same seed and areas give the same devices.
            region: Climate; some devices are rare or common there. None for no difference.

        Raises:
            UnknownNameError: for a size that the catalogue has not; lists those it has.
            ConfigError: without any area, or where the catalogue has no room for so many devices.
        """
        if not areas:
            raise ConfigError("areas", [], "give one area at least")
        low, high = self.catalog.size(size).devices
        n_devices = int(stream(seed, "home", "n_devices").integers(low, high + 1))
        places = place_devices(areas, residents, n_devices, self.catalog, seed, region)
        kinds = self.catalog.devices
        places.sort(key=lambda place: kinds[place[0]].category != HUBS_FIRST)  # stable: hubs, then as bought
        maker = DeviceMaker(self.catalog, areas, seed)
        made = [maker.make(device_type, areas[at]) for device_type, at in places]
        entities = tuple(entity for _, own in made for entity in own)
        return Furnishing(tuple(device for device, _ in made), entities, draw_groups(areas, floors, entities))
