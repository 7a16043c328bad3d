"""When weather counts as severe: the state that each kind is judged by, its thresholds and its stages."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from envirosense.physics.air.precipitation import fog_water_of_sight_g_m3
from envirosense.scenarios import EventSubtype, Grading

SPELL_K: Final = 5.0  # over or under the ordinary air: a warm or cold spell, as of the WMO (from memory)
NEAR_M: Final = 10_000.0  # lightning within it is near: the 30-30 rule's six miles (from memory)
FOG_DROP_UM: Final = 12.1  # effective diameter of the droplets in parts/aerosols/fog
DENSE_FOG_M = 400.0  # sight of a US dense fog advisory (from memory); thinner fog is no severe weather
VERY_DENSE_FOG_M = 200.0  # assumed
THICKEST_M: Final = 0.1  # sight of severity 1, so that the thickest fog stays an advisory  # assumed


def _fog_g_m3(sight_m: float) -> float:
    return float(fog_water_of_sight_g_m3(sight_m, FOG_DROP_UM))


@dataclass(frozen=True, slots=True)
class Watch:
    """What of the weather is judged, and how; `strength` names the parameter and unit of the cause."""

    state: str
    grading: Grading
    strength: tuple[str, str]


# US weather service: wind advisory 31 mph, high wind warning 40 mph, storm 55 mph; hurricane 73 mph (memory)
WIND: Final = Watch(
    "wind_m_s",
    Grading(13.9, 32.7, (("wind_advisory", 0.0), ("high_wind", 17.9), ("storm", 24.5)), "log"),
    ("wind_m_s", "m/s"),
)
# Heavy rain 7.6 mm/h of the AMS, violent 50 mm/h of the Met Office (from memory); full scale: about
# the wettest hour on record (from memory)
RAIN: Final = Watch(
    "rain_mm_h",
    Grading(7.6, 300.0, (("heavy_rain", 0.0), ("violent_rain", 50.0)), "log"),
    ("rain_mm_h", "mm/h"),
)
# Classes of the US weather service's heat index, 80, 90, 103 and 125 degF (from memory)
HEAT: Final = Watch(
    "heat_index_c",
    Grading(
        26.7, 54.0,
        (("warm_spell", 0.0), ("caution", 26.7), ("extreme_caution", 32.2), ("danger", 39.4)),
        "log",
    ),
    ("warming_k", "K"),
)  # fmt: skip
# Depth of the wind chill under freezing: -27 degC takes skin in 30 min, -40 in 10 (from memory)
COLD: Final = Watch(
    "chill_below_freezing_k",
    Grading(0.0, 45.0, (("cold_spell", 0.0), ("bitter_cold", 27.0), ("frostbite_cold", 40.0))),
    ("cooling_k", "K"),
)
# Fall of the air's temperature within an hour; all assumed
FRONT: Final = Watch(
    "air_fall_k",
    Grading(2.0, 30.0, (("front_passes", 0.0), ("sharp_front", 5.0)), "log"),
    ("cooling_k", "K"),
)
# A flash in ten minutes near the pole; all assumed
LIGHTNING: Final = Watch(
    "near_flashes_per_min",
    Grading(0.1, 60.0, (("near_storm", 0.0), ("frequent_lightning", 2.0)), "log"),
    ("flashes_per_min", "1/min"),
)
FOG: Final = Watch(
    "fog_g_m3",
    Grading(
        _fog_g_m3(DENSE_FOG_M),
        _fog_g_m3(THICKEST_M),
        (("dense_fog", 0.0), ("very_dense_fog", _fog_g_m3(VERY_DENSE_FOG_M))),
        "log",
    ),
    ("fog_g_m3", "g/m3"),
)
# PM10 over the US daily limit, then hazardous air (from memory), of the moment here; rest assumed
DUST: Final = Watch(
    "dust_ug_m3",
    Grading(
        150.0, 1e4,
        (("dusty", 0.0), ("hazardous_dust", 425.0), ("dust_storm", 3000.0)),
        "log",
    ),
    ("dust_ug_m3", "ug/m3"),
)  # fmt: skip

WATCHES: Final = MappingProxyType(
    {
        EventSubtype.WIND: WIND,
        EventSubtype.RAIN: RAIN,
        EventSubtype.HEAT_WAVE: HEAT,
        EventSubtype.COLD_SNAP: COLD,
        EventSubtype.FRONT: FRONT,
        EventSubtype.THUNDERSTORM: LIGHTNING,
        EventSubtype.FOG: FOG,
        EventSubtype.DUST: DUST,
    }
)
