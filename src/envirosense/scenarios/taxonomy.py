"""Event types, categories and levels of the Grid Guardian: one vocabulary for labels and alerts.

Families, types and levels follow the device's alert taxonomy; a scenario's category is where
it sits in the library, an event's type is what happens.
"""

from enum import IntEnum, StrEnum

import numpy as np
import numpy.typing as npt


class Category(StrEnum):
    """Shelf of the scenario library."""

    FIRE = "fire"
    ELECTRICAL = "electrical"
    NORMAL = "normal"
    ENVIRONMENTAL = "environmental"
    MULTI_FACTOR = "multi_factor"
    LOOKALIKE = "lookalike"
    SYSTEM = "system"


class Family(StrEnum):
    """First level of the alert taxonomy."""

    FIRE = "fire"
    ELECTRICAL = "electrical"
    ENVIRONMENTAL = "environmental"
    SYSTEM = "system"
    BENIGN = "benign"  # ours, not the device's: what looks like trouble and must not alarm


class EventType(StrEnum):
    """Second level of the alert taxonomy: the class a detector predicts."""

    FIRE_PRECURSOR = "fire_precursor"
    FIRE_RISK = "fire_risk"
    FIRE_ACTIVE = "fire_active"
    ARCING = "arcing"
    CORONA = "corona"
    OVERHEATING = "overheating"
    INSULATION_DEGRADATION = "insulation_degradation"
    MECHANICAL = "mechanical"
    SEVERE_WEATHER = "severe_weather"
    LINE_CONTAMINANT = "line_contaminant"
    VEGETATION_ENCROACHMENT = "vegetation_encroachment"
    WILDLIFE = "wildlife"
    POWER_SYSTEM = "power_system"
    SENSOR_SYSTEM = "sensor_system"
    COMMUNICATION_SYSTEM = "communication_system"
    PROCESSING_SYSTEM = "processing_system"
    PHYSICAL_INTEGRITY = "physical_integrity"
    BENIGN_SOURCE = "benign_source"

    @property
    def family(self) -> Family:
        """Family the type belongs to."""
        return _FAMILIES[self]

    @property
    def subtypes(self) -> tuple["EventSubtype", ...]:
        """What exactly can happen when it is of this type."""
        return _SUBTYPES[self]


_FAMILIES = {
    **dict.fromkeys((EventType.FIRE_PRECURSOR, EventType.FIRE_RISK, EventType.FIRE_ACTIVE), Family.FIRE),
    **dict.fromkeys(
        (
            EventType.ARCING,
            EventType.CORONA,
            EventType.OVERHEATING,
            EventType.INSULATION_DEGRADATION,
            EventType.MECHANICAL,
        ),
        Family.ELECTRICAL,
    ),
    **dict.fromkeys(
        (
            EventType.SEVERE_WEATHER,
            EventType.LINE_CONTAMINANT,
            EventType.VEGETATION_ENCROACHMENT,
            EventType.WILDLIFE,
        ),
        Family.ENVIRONMENTAL,
    ),
    **dict.fromkeys(
        (
            EventType.POWER_SYSTEM,
            EventType.SENSOR_SYSTEM,
            EventType.COMMUNICATION_SYSTEM,
            EventType.PROCESSING_SYSTEM,
            EventType.PHYSICAL_INTEGRITY,
        ),
        Family.SYSTEM,
    ),
    EventType.BENIGN_SOURCE: Family.BENIGN,
}


class EventSubtype(StrEnum):
    """Third level of the alert taxonomy: what exactly happens."""

    # fire
    PYROLYSIS = "pyrolysis"
    COMBUSTION_PRODUCTS = "combustion_products"
    THERMAL_ANOMALY = "thermal_anomaly"
    WEATHER = "weather"
    VEGETATION = "vegetation"
    COMBINED = "combined"
    SMOKE = "smoke"
    FLAME = "flame"
    RAPID_RISE = "rapid_rise"
    # electrical
    JOINT = "joint"
    TRANSFORMER = "transformer"
    SERIES_ARC = "series_arc"
    FAULT_ARC = "fault_arc"
    GAP_SPARK = "gap_spark"
    SURFACE_DISCHARGE = "surface_discharge"
    HARDWARE_CORONA = "hardware_corona"
    PARTIAL_DISCHARGE = "partial_discharge"
    TRACKING = "tracking"
    FLASHOVER = "flashover"
    ARRESTER = "arrester"
    DOWNED_CONDUCTOR = "downed_conductor"
    BROKEN_NEUTRAL = "broken_neutral"
    CONDUCTOR_SLAP = "conductor_slap"
    STRIKE = "strike"
    DECAY = "decay"
    # environmental
    WIND = "wind"
    RAIN = "rain"
    HEAT_WAVE = "heat_wave"
    COLD_SNAP = "cold_snap"
    FRONT = "front"
    THUNDERSTORM = "thunderstorm"
    FOG = "fog"
    DUST = "dust"
    CONTAMINATION = "contamination"
    BRANCH_CONTACT = "branch_contact"
    ANIMAL_CONTACT = "animal_contact"
    # system
    BATTERY_LOW = "battery_low"
    PANEL_COVERED = "panel_covered"
    SENSOR_STUCK = "sensor_stuck"
    SENSOR_DRIFTED = "sensor_drifted"
    SENSOR_DISCONNECTED = "sensor_disconnected"
    SENSOR_SATURATED = "sensor_saturated"
    SENSOR_FOULED = "sensor_fouled"
    LINK_LOST = "link_lost"
    RESTART = "restart"
    MOUNT_LOOSE = "mount_loose"
    # benign
    COOKING_SMOKE = "cooking_smoke"
    EXHAUST = "exhaust"
    CREOSOTE = "creosote"
    MOWING = "mowing"
    FIREWORKS = "fireworks"
    PRESCRIBED_BURN = "prescribed_burn"
    WILDFIRE_SMOKE = "wildfire_smoke"
    ROAD_DUST = "road_dust"
    SUN_GLINT = "sun_glint"
    SHINY_HARDWARE = "shiny_hardware"
    RAIN_NOISE = "rain_noise"
    INSECTS = "insects"


_SUBTYPES = {
    EventType(kind): tuple(map(EventSubtype, names.split()))
    for kind, names in {
        "fire_precursor": "pyrolysis combustion_products thermal_anomaly smoke",
        "fire_risk": "weather vegetation thermal_anomaly combined",
        "fire_active": "smoke flame rapid_rise combustion_products",
        "arcing": "series_arc fault_arc gap_spark flashover",
        "corona": "surface_discharge hardware_corona partial_discharge",
        "overheating": "joint transformer thermal_anomaly",
        "insulation_degradation": "partial_discharge tracking arrester surface_discharge",
        "mechanical": "downed_conductor broken_neutral conductor_slap strike decay",
        "severe_weather": "wind rain heat_wave cold_snap front thunderstorm fog dust",
        "line_contaminant": "contamination dust",
        "vegetation_encroachment": "branch_contact",
        "wildlife": "animal_contact",
        "power_system": "battery_low panel_covered",
        "sensor_system": "sensor_stuck sensor_drifted sensor_disconnected sensor_saturated sensor_fouled",
        "communication_system": "link_lost",
        "processing_system": "restart",
        "physical_integrity": "mount_loose strike",
        "benign_source": (
            "cooking_smoke exhaust creosote mowing fireworks prescribed_burn wildfire_smoke road_dust "
            "sun_glint shiny_hardware rain_noise insects smoke fog dust"
        ),
    }.items()
}


class Level(IntEnum):
    """Alert severities of the device."""

    INFORMATION = 1
    ADVISORY = 2
    WARNING = 3
    CRITICAL = 4
    EMERGENCY = 5


LEVEL_EDGES = (0.2, 0.4, 0.6, 0.8)  # severity at which the next level starts


def level_of(severity: npt.ArrayLike) -> npt.NDArray[np.int8]:
    """Level 1-5 of a severity in 0..1, same shape."""
    return (np.searchsorted(LEVEL_EDGES, severity, side="right") + 1).astype(np.int8)
