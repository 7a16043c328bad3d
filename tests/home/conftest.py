"""A small home made by hand: two people, seven rooms, an entity of most roles."""

from typing import Final

import pytest

from envirosense.datasets.dataset import Dataset
from envirosense.factory import generate
from envirosense.factory.executors import InlineExecutor
from envirosense.home.loop import HomeLoop, HomeLoopConfig
from envirosense.home.model import Area, Device, Entity, Floor, Group, Home, Label, Resident

ON_OFF: Final = ("off", "on")
WEATHER_STATES: Final = (
    "clear-night",
    "sunny",
    "partlycloudy",
    "cloudy",
    "rainy",
    "pouring",
    "snowy",
    "fog",
    "windy",
)
START_UTC: Final = "2026-01-05T00:00:00Z"  # a Monday

# area id, name, kind, floor, adjacent, floor area [m2], window area [m2], azimuth of the windows [deg]
AREAS: Final = (
    ("entryway", "Entryway", "entryway", "ground", ("hallway",), 5.0, 0.0, 180.0),
    (
        "hallway",
        "Hallway",
        "hallway",
        "ground",
        ("entryway", "living_room", "kitchen", "bathroom", "bedroom", "bedroom_2"),
        8.0,
        0.5,
        0.0,
    ),
    ("living_room", "Living Room", "living_room", "ground", ("hallway", "kitchen"), 26.0, 4.5, 180.0),
    ("kitchen", "Kitchen", "kitchen", "ground", ("hallway", "living_room"), 12.0, 1.8, 270.0),
    ("bathroom", "Bathroom", "bathroom", "ground", ("hallway",), 6.0, 0.5, 0.0),
    ("bedroom", "Bedroom", "bedroom", "ground", ("hallway",), 15.0, 2.0, 90.0),
    ("bedroom_2", "Second Bedroom", "bedroom", "ground", ("hallway",), 11.0, 1.6, 90.0),
)

# device id, name, type, area, `role` or `role:detail` of each entity
DEVICES: Final = (
    ("front_door", "Front Door Contact", "door_contact", "entryway", ("door", "battery", "lqi")),
    ("front_lock", "Front Door Lock", "lock", "entryway", ("lock", "battery")),
    ("entry_motion", "Entryway Motion", "motion_sensor", "entryway", ("motion", "battery", "lqi")),
    ("entry_light", "Entryway Light", "light", "entryway", ("light",)),
    ("alarm", "Alarm Panel", "alarm_panel", "entryway", ("alarm",)),
    ("camera", "Doorbell Camera", "camera", "entryway", ("camera",)),
    ("hall_motion", "Hallway Motion", "motion_sensor", "hallway", ("motion", "illuminance", "battery")),
    ("hall_light", "Hallway Light", "light", "hallway", ("light",)),
    ("hall_smoke", "Smoke Detector", "smoke_detector", "hallway", ("smoke", "battery")),
    ("thermostat", "Thermostat", "thermostat", "living_room", ("climate", "temperature", "humidity")),
    ("living_motion", "Living Room Motion", "motion_sensor", "living_room", ("motion", "temperature")),
    ("living_light", "Living Room Light", "light", "living_room", ("light",)),
    ("living_lamp", "Living Room Lamp", "light", "living_room", ("light",)),
    ("living_blind", "Living Room Blind", "cover", "living_room", ("cover",)),
    ("living_window", "Living Room Window", "window_contact", "living_room", ("window", "battery")),
    ("tv_plug", "Television Plug", "plug", "living_room", ("appliance:tv", "power", "energy")),
    ("speaker", "Living Room Speaker", "media_player", "living_room", ("media",)),
    ("air_quality", "Air Quality Monitor", "co2_monitor", "living_room", ("co2", "temperature", "humidity")),
    ("vacuum", "Robot Vacuum", "vacuum", "living_room", ("vacuum", "battery")),
    ("kitchen_motion", "Kitchen Motion", "motion_sensor", "kitchen", ("motion", "temperature", "battery")),
    ("kitchen_light", "Kitchen Light", "light", "kitchen", ("light",)),
    ("coffee_plug", "Coffee Maker Plug", "plug", "kitchen", ("appliance:coffee_maker", "power", "energy")),
    ("oven", "Oven", "appliance", "kitchen", ("appliance:oven", "power", "energy")),
    ("dishwasher", "Dishwasher", "appliance", "kitchen", ("appliance:dishwasher", "power", "energy")),
    ("kitchen_leak", "Kitchen Leak Sensor", "leak_sensor", "kitchen", ("leak", "battery")),
    ("water_meter", "Water Meter", "water_meter", "kitchen", ("water",)),
    ("bath_motion", "Bathroom Motion", "motion_sensor", "bathroom", ("motion", "battery")),
    ("bath_light", "Bathroom Light", "light", "bathroom", ("light",)),
    (
        "bath_climate",
        "Bathroom Climate",
        "climate_sensor",
        "bathroom",
        ("temperature", "humidity", "battery"),
    ),
    ("bath_fan", "Bathroom Fan", "fan", "bathroom", ("fan",)),
    ("bath_door", "Bathroom Door", "door_contact", "bathroom", ("door:hallway", "battery")),
    ("washer", "Washing Machine", "appliance", "bathroom", ("appliance:washing_machine", "power", "energy")),
    ("bed_motion", "Bedroom Motion", "motion_sensor", "bedroom", ("motion", "battery")),
    ("bed_light", "Bedroom Light", "light", "bedroom", ("light",)),
    ("bed_window", "Bedroom Window", "window_contact", "bedroom", ("window", "battery")),
    ("bed_switch", "Bedside Switch", "plug", "bedroom", ("switch",)),
    ("bed_climate", "Bedroom Air", "climate_sensor", "bedroom", ("temperature", "humidity", "battery")),
    (
        "bed2_presence",
        "Second Bedroom Presence",
        "presence_sensor",
        "bedroom_2",
        ("occupancy", "illuminance"),
    ),
    ("bed2_light", "Second Bedroom Light", "light", "bedroom_2", ("light",)),
    ("desk_plug", "Desk Plug", "plug", "bedroom_2", ("appliance:computer", "power", "energy")),
    ("meter", "Electricity Meter", "meter", "entryway", ("home_energy",)),
)

# role: domain, device class, unit, states, places after the point of a number
ROLES: Final[dict[str, tuple[str, str | None, str | None, tuple[str, ...], int]]] = {
    "motion": ("binary_sensor", "motion", None, ON_OFF, 0),
    "occupancy": ("binary_sensor", "occupancy", None, ON_OFF, 0),
    "door": ("binary_sensor", "door", None, ON_OFF, 0),
    "window": ("binary_sensor", "window", None, ON_OFF, 0),
    "smoke": ("binary_sensor", "smoke", None, ON_OFF, 0),
    "leak": ("binary_sensor", "moisture", None, ON_OFF, 0),
    "light": ("light", None, None, ON_OFF, 0),
    "switch": ("switch", None, None, ON_OFF, 0),
    "appliance": ("switch", "outlet", None, ON_OFF, 0),
    "lock": ("lock", None, None, ("locked", "unlocked"), 0),
    "cover": ("cover", "blind", None, ("closed", "open"), 0),
    "media": ("media_player", None, None, ("off", "idle", "playing"), 0),
    "vacuum": ("vacuum", None, None, ("docked", "cleaning", "returning"), 0),
    "fan": ("fan", None, None, ON_OFF, 0),
    "climate": ("climate", None, None, ("off", "heat", "cool"), 0),
    "alarm": ("alarm_control_panel", None, None, ("disarmed", "armed_home", "armed_away"), 0),
    "camera": ("camera", None, None, ("idle", "recording"), 0),
    "person": ("person", None, None, ("not_home", "home"), 0),
    "tracker": ("device_tracker", None, None, ("not_home", "home"), 0),
    "sun": ("sun", None, None, ("below_horizon", "above_horizon"), 0),
    "weather": ("weather", None, None, WEATHER_STATES, 0),
    "temperature": ("sensor", "temperature", "°C", (), 1),
    "humidity": ("sensor", "humidity", "%", (), 1),
    "co2": ("sensor", "carbon_dioxide", "ppm", (), 0),
    "illuminance": ("sensor", "illuminance", "lx", (), 0),
    "power": ("sensor", "power", "W", (), 1),
    "energy": ("sensor", "energy", "kWh", (), 3),
    "home_energy": ("sensor", "energy", "kWh", (), 3),
    "water": ("sensor", "water", "L", (), 0),
    "battery": ("sensor", "battery", "%", (), 0),
    "lqi": ("sensor", None, "lqi", (), 0),
    "outdoor_temperature": ("sensor", "temperature", "°C", (), 1),
    "outdoor_humidity": ("sensor", "humidity", "%", (), 0),
    "carbon_intensity": ("sensor", None, "gCO2/kWh", (), 0),
    "electricity_price": ("sensor", None, "EUR/kWh", (), 4),
}
ROLE_NAMES: Final = {"lqi": "link_quality"}
TOTALS: Final = ("energy", "home_energy", "water")
DIAGNOSTIC: Final = ("battery", "lqi")
CHANGE: Final = {"temperature": 0.2, "humidity": 1.0, "co2": 30.0, "illuminance": 20.0, "power": 2.0}
ACTIVE_W: Final = {"appliance": 1500.0, "plug": 120.0, "light": 9.0, "speaker": 15.0, "fan": 25.0}


def entity(short: str, name: str, device_id: str | None, area_id: str | None, what: str) -> Entity:
    """One entity of the home; `what` is `role` or `role:detail`."""
    key, _, detail = what.partition(":")
    domain, device_class, unit, states, decimals = ROLES[key]
    end = "" if not device_id or states else f"_{ROLE_NAMES.get(key, key)}"
    capabilities: dict[str, object] = {}
    if key == "appliance":
        capabilities["appliance"] = detail
    elif key == "door":
        capabilities["between"] = [area_id, detail or "outside"]
    elif key in ("person", "tracker"):
        capabilities["resident"] = detail
    return Entity(
        entity_id=f"{domain}.{short}{end}",
        unique_id=f"{domain}-{short}{end}",
        role=ROLE_NAMES.get(key, key),
        name=name,
        device_id=device_id,
        area_id=area_id,
        device_class=device_class,
        unit=unit,
        state_class=None if states else ("total_increasing" if key in TOTALS else "measurement"),
        entity_category="diagnostic" if key in DIAGNOSTIC else None,
        states=states,
        decimals=decimals,
        report_s=None if states else (3600.0 if key in DIAGNOSTIC else 600.0),
        report_change=CHANGE.get(key, 0.0),
        capabilities=capabilities,
    )


def home_with(residents: tuple[Resident, ...]) -> Home:
    """The small home with these people in it."""
    devices = tuple(
        Device(
            device_id,
            name,
            kind,
            area_id,
            "Acme",
            kind.upper(),
            "1.0",
            active_w=ACTIVE_W.get(kind, 0.0),
            standby_w=0.5 if kind in ACTIVE_W else 0.0,
            is_battery_powered="battery" in parts,
        )
        for device_id, name, kind, area_id, parts in DEVICES
    )
    entities = [
        entity(device_id, name, device_id, area_id, part)
        for device_id, name, _, area_id, parts in DEVICES
        for part in parts
    ]
    for one in residents:
        entities.append(entity(one.resident_id, one.name, None, None, f"person:{one.resident_id}"))
        entities.append(
            entity(f"{one.resident_id}_phone", f"{one.name} Phone", None, None, f"tracker:{one.resident_id}")
        )
    entities.append(entity("sun", "Sun", None, None, "sun"))
    entities.append(entity("home", "Home", None, None, "weather"))
    entities.extend(
        entity(role, role.replace("_", " ").title(), None, None, role)
        for role in ("outdoor_temperature", "outdoor_humidity", "carbon_intensity", "electricity_price")
    )
    lights = tuple(
        each.entity_id for each in entities if each.role == "light" and each.area_id == "living_room"
    )
    return Home(
        home_id="home_0",
        name="Small home",
        home_type="apartment",
        size="medium",
        region="temperate",
        timezone="Europe/Berlin",
        latitude_deg=52.5,
        longitude_deg=13.4,
        language="en",
        currency="EUR",
        grid_zone="germany",
        tariff="awattar",
        floors=(Floor("ground", "Ground floor", 0),),
        areas=tuple(
            Area(area_id, name, kind, floor, adjacent, floor_m2, window_m2, azimuth_deg)
            for area_id, name, kind, floor, adjacent, floor_m2, window_m2, azimuth_deg in AREAS
        ),
        labels=(Label("lighting", "Lighting"), Label("energy", "Energy")),
        devices=devices,
        entities=tuple(entities),
        residents=residents,
        groups=(Group("light.living_room_all", lights),),
        has_guests=True,
        utc_offset_h=1.0,
    )


ANNA: Final = Resident("anna", "Anna", "adult", "office", 6.75, 22.75, "bedroom")
BEN: Final = Resident("ben", "Ben", "adult", "remote", 7.5, 23.5, "bedroom")


@pytest.fixture(scope="session")
def small_home() -> Home:
    """Anna works in an office, Ben at home; Berlin."""
    return home_with((ANNA, BEN))


@pytest.fixture(scope="session")
def stored_homes(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Six homes of the usual mix, every level, for three weeks, as the loop asks for them."""
    request = HomeLoop(HomeLoopConfig(days=21)).request(6, seed=5)
    folder = tmp_path_factory.mktemp("homes") / "dataset"
    return generate(request, folder, workers=1, executor=InlineExecutor())
