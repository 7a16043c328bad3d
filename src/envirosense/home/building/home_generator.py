"""Whole homes, drawn from the catalogue: floors, rooms, people, devices and entities."""

from typing import Final

from envirosense.core.rng import derived_seed, stream
from envirosense.home.building.area_plan import draw_areas, draw_floors
from envirosense.home.building.device_generator import SyntheticDeviceGenerator
from envirosense.home.building.home_services import person_entities, service_entities
from envirosense.home.building.residents_plan import draw_has_guests, draw_pets, draw_residents
from envirosense.home.catalog import Catalog, default_catalog
from envirosense.home.model import Home, Label

LABELS: Final = ("security", "climate", "energy", "holiday", "kids", "entertainment", "health")
AROUND_DEG: Final = 0.05  # how far from the middle of its town a home lies, assumed


class SyntheticHomeGenerator:
    """Draws homes of a catalogue; what happens in them is drawn elsewhere."""

    def __init__(self, catalog: Catalog | None = None) -> None:
        self.catalog = catalog or default_catalog()

    def draw(self, home_type: str, size: str, region: str, seed: int, home_id: str = "home-0000") -> Home:
        """One home, complete but for its automations: the same arguments give the same home.

        Args:
            home_type: Key of the catalogue: `single_family_house`, `apartment`, `condo` ...
            size: `small`, `medium`, `large` or `extra_large`, by the number of devices.
            region: `tropical`, `temperate`, `continental` or `arctic`.
            seed: Root of every draw, together with the id.
            home_id: Name of the home in its set.

        Raises:
            UnknownNameError: for a type, size or region that the catalogue has not; lists those it has.
        """
        plan, climate = self.catalog.home_type(home_type), self.catalog.region(region)
        self.catalog.size(size)
        root = derived_seed(seed, "home", home_id)
        place = climate.places[int(stream(root, "home", "place").integers(len(climate.places)))]
        north_deg, east_deg = stream(root, "home", "where").uniform(-AROUND_DEG, AROUND_DEG, 2)
        tariff = place.tariffs[int(stream(root, "home", "tariff").integers(len(place.tariffs)))]
        floors = draw_floors(plan, self.catalog)
        areas = draw_areas(plan, self.catalog, root)
        residents = draw_residents(areas, plan.residents, self.catalog, root)
        furniture = SyntheticDeviceGenerator(self.catalog).furnish(
            areas, floors, residents, size, root, region
        )
        return Home(
            home_id=home_id,
            name=f"{plan.name} in {place.name}",
            home_type=home_type,
            size=size,
            region=region,
            timezone=place.timezone,
            latitude_deg=round(place.latitude_deg + north_deg, 4),
            longitude_deg=round(place.longitude_deg + east_deg, 4),
            language=place.language,
            currency=place.currency,
            grid_zone=place.grid_zone,
            tariff=tariff,
            floors=floors,
            areas=areas,
            labels=tuple(Label(name, name.capitalize()) for name in LABELS),
            devices=furniture.devices,
            entities=(
                *service_entities(self.catalog, place.currency, root),
                *person_entities(self.catalog, residents, root),
                *furniture.entities,
            ),
            residents=residents,
            groups=furniture.groups,
            pets=draw_pets(self.catalog, root),
            has_guests=draw_has_guests(self.catalog, root),
            utc_offset_h=place.utc_offset_h,
        )
