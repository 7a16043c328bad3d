"""Entities that belong to a home as a whole: sun, weather, grid, and the people with their phones."""

from collections.abc import Iterator, Sequence

from envirosense.home.building.naming import hex_id
from envirosense.home.catalog import Catalog
from envirosense.home.model import Entity, Resident


def service_entities(catalog: Catalog, currency: str, seed: int) -> tuple[Entity, ...]:
    """Sun, weather, carbon intensity and price of electricity."""
    price_unit = f"{currency}/kWh"
    return (
        _entity(catalog, "sun", "sun.sun", "Sun", hex_id(seed, "sun")),
        _entity(catalog, "weather", "weather.home", "Forecast Home", hex_id(seed, "weather")),
        _entity(
            catalog,
            "carbon_intensity",
            "sensor.grid_carbon_intensity",
            "Grid Carbon Intensity",
            hex_id(seed, "carbon_intensity"),
        ),
        _entity(
            catalog,
            "electricity_price",
            "sensor.grid_electricity_price",
            "Grid Electricity Price",
            hex_id(seed, "electricity_price"),
            price_unit,
        ),
    )


def person_entities(catalog: Catalog, residents: Sequence[Resident], seed: int) -> Iterator[Entity]:
    """A person and the phone that tells where it is, for each resident."""
    for one in residents:
        tracker = f"device_tracker.{one.resident_id}_phone"
        yield _entity(
            catalog,
            "person",
            f"person.{one.resident_id}",
            one.name,
            hex_id(seed, "person", one.resident_id),
            resident=one.resident_id,
            device_trackers=[tracker],
        )
        yield _entity(
            catalog,
            "tracker",
            tracker,
            f"{one.name} Phone",
            hex_id(seed, "tracker", one.resident_id),
            resident=one.resident_id,
        )


def _entity(
    catalog: Catalog,
    role_name: str,
    entity_id: str,
    name: str,
    unique_id: str,
    unit: str | None = None,
    **capabilities: object,
) -> Entity:
    role = catalog.roles[role_name]
    return Entity(
        entity_id=entity_id,
        unique_id=unique_id,
        role=role_name,
        name=name,
        device_class=role.device_class,
        unit=unit or role.unit,
        state_class=role.state_class,
        entity_category=role.entity_category,
        states=role.states,
        decimals=role.decimals,
        report_s=role.report_s,
        report_change=role.report_change,
        supported_features=role.supported_features,
        capabilities={**role.capabilities, **capabilities},
        labels=role.labels,
    )
