"""What is drawn of severe weather: its kind, when it comes, how long it stays and how strong it is."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from envirosense.pole.scenarios.environmental.weather_kinds import CAUSES
from envirosense.scenarios import Choice, Conditional, Follows, LogUniform, Parameter, Uniform

HOUR_S, DAY_S = 3600.0, 86_400.0
# How often each comes in a year, inland south-east of the US; all assumed
PER_YEAR: Final = {
    "wind": 5.0, "rain": 50.0, "heat_wave": 5.0, "cold_snap": 5.0, "front": 50.0, "thunderstorm": 45.0,
    "fog": 30.0, "dust": 0.5,
}  # fmt: skip
LENGTHS: Final = {
    "wind": LogUniform(0.5 * HOUR_S, 8.0 * HOUR_S),
    "rain": LogUniform(600.0, 1.5 * HOUR_S),
    "heat_wave": LogUniform(2.0 * DAY_S, 7.0 * DAY_S),
    "cold_snap": LogUniform(2.0 * DAY_S, 5.0 * DAY_S),
    "front": LogUniform(HOUR_S, 3.0 * HOUR_S),
    "thunderstorm": LogUniform(0.5 * HOUR_S, HOUR_S),
    "fog": LogUniform(0.5 * HOUR_S, 6.0 * HOUR_S),
    "dust": LogUniform(600.0, 3.0 * HOUR_S),
}

WEATHER_PARAMETERS: Final[Mapping[str, Parameter]] = MappingProxyType(
    {
        "kind": Parameter(
            Choice(tuple(CAUSES), tuple(PER_YEAR[kind] for kind in CAUSES)), "1", "what comes", "assumed"
        ),
        "onset_fraction": Parameter(
            Uniform(0.03, 0.5),
            "1",
            "when it sets in, or a front passes or a storm is nearest, as a fraction of the episode",
            "assumed",
        ),
        "length_s": Parameter(
            Conditional("kind", LENGTHS),
            "s",
            "from its first sign to its end; of a front the cooling, of a storm its cell's life",
            "assumed; cells last 30 to 60 min (from memory)",
        ),
        "since_fraction": Parameter(
            Uniform(0.15, 0.8), "1", "share of a heat wave or cold snap that has passed before", "assumed"
        ),
        "wind_m_s": Parameter(
            Follows(LogUniform(12.0, 30.0), "wind_m_s", 0.4),
            "m/s",
            "mean wind at 10 m, if wind or dust",
            "assumed: about the warnings' thresholds, 14 to 25 m/s",
        ),
        "rain_mm_h": Parameter(
            Follows(LogUniform(6.0, 60.0), "relative_humidity", 0.4),
            "mm/h",
            "mean rate of the rain, if rain",
            "assumed: about the threshold of heavy rain, 7.6 mm/h",
        ),
        "warming_k": Parameter(
            Follows(Uniform(4.0, 12.0), "air_k", 0.4),
            "K",
            "over the ordinary air, if a heat wave",
            "assumed: about the 5 K of a warm spell",
        ),
        "cooling_k": Parameter(
            Uniform(4.0, 14.0),
            "K",
            "fall of the air's temperature, if a cold snap or a front",
            "assumed: fronts 5 to 12 K",
        ),
        "flashes_per_min": Parameter(
            LogUniform(0.5, 10.0), "1/min", "at the cell's peak, if a thunderstorm", "assumed"
        ),
        "closest_m": Parameter(
            Uniform(0.0, 20_000.0), "m", "distance at which the cell passes, likewise", "assumed"
        ),
        "bearing_deg": Parameter(
            Uniform(0.0, 360.0), "deg", "of that point, clockwise from north", "assumed: any"
        ),
        "speed_m_s": Parameter(Uniform(5.0, 20.0), "m/s", "of the cell", "assumed"),
        "fog_g_m3": Parameter(
            LogUniform(0.02, 0.3), "g/m3", "liquid water at the thickest, if fog", "assumed: 0.01 to 0.4"
        ),
        "dust_ug_m3": Parameter(
            LogUniform(100.0, 8000.0), "ug/m3", "PM10 at the thickest, if dust", "assumed"
        ),
    }
)
