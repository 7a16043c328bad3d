"""Vehicles on a dry unpaved road: coarse dust in puffs, and the sound of tyres."""

from dataclasses import replace
from typing import ClassVar, Final

import numpy as np

from envirosense.physics.sound.sound_machines import TYRES_DB, power_levels_db, sounding_db
from envirosense.pole.matter.sources import emission
from envirosense.pole.scenarios.lookalike.courses import lingering, times_s
from envirosense.pole.scenarios.lookalike.lookalike import BEARING, LookalikeScenario
from envirosense.pole.scenarios.lookalike.road import STATION_M, STRETCH_M, Road, visits
from envirosense.scenarios import (
    BaseRate,
    Conditions,
    EventSubtype,
    Forcing,
    Grading,
    LogUniform,
    Noise,
    Parameter,
    ParameterSpace,
    Uniform,
)

PART_G_S = 1.0  # dust of the part's source
WET_MM_H: Final = 0.1  # rain that binds the dust; assumed
CAR_DBA: Final = 98.0  # sound power of a car on gravel at REFERENCE_M_S; assumed
REFERENCE_M_S: Final = 12.0
DBA_PER_DECADE: Final = 30.0  # of speed, tyre noise (from memory)


class RoadDustScenario(LookalikeScenario):
    """Traffic on a dry dirt road."""

    name: ClassVar[str] = "road_dust"
    description: ClassVar[str] = "Vehicles raise dust on an unpaved road 10 to 80 m away"
    expected_duration: ClassVar[float] = 3600.0
    subtype: ClassVar[EventSubtype] = EventSubtype.ROAD_DUST
    course: ClassVar[str] = "road_dust_g_s"
    grading: ClassVar[Grading] = Grading(0.05, 50.0, (("settling", 0.0), ("dusty", 1.0)), "log")
    phases: ClassVar[tuple[str, ...]] = grading.stage_names
    source: ClassVar[str] = "road"
    strength: ClassVar[tuple[str, str]] = ("dust_g_m", "g/m")
    limits: ClassVar[str] = (
        "All vehicles alike, one way; five places stand for the road; wet only while it rains."
    )
    rate: ClassVar[BaseRate] = BaseRate(60.0, 3600.0, "assumed: dry spells at one pole in six")
    tags: ClassVar[tuple[str, ...]] = ("dust", "near")
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "distance_m": Parameter(LogUniform(10.0, 80.0), "m", "of the road from the pole", "assumed"),
            "bearing_deg": BEARING,
            "dust_g_m": Parameter(
                LogUniform(0.05, 1.5),
                "g/m",
                "dust raised over a metre of road",
                "assumed: cars 1, lorries 10 to 100 g/s",
            ),
            "speed_m_s": Parameter(Uniform(6.0, 20.0), "m/s", "of the vehicles", "assumed"),
            "per_h": Parameter(LogUniform(4.0, 120.0), "1/h", "vehicles an hour", "assumed"),
            "onset_fraction": Parameter(
                Uniform(0.0, 0.4), "1", "of the first, as a fraction of the episode", "assumed"
            ),
            "end_fraction": Parameter(
                Uniform(0.6, 1.3), "1", "of the last, as a fraction of the episode", "assumed"
            ),
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Dust and sound along the road."""
        grid, weather, speed_m_s = conditions.grid, conditions.weather, self.number("speed_m_s")
        span_s = [
            min(self.number(name), 1.0) * grid.duration_s for name in ("onset_fraction", "end_fraction")
        ]
        come_s = times_s(rng, self.number("per_h") / 3600.0, span_s[0], span_s[1])
        road = Road(self.number("distance_m"), self.number("bearing_deg"))
        passing = visits(grid, come_s, speed_m_s)
        raised_g_s = self.number("dust_g_m") * speed_m_s * passing * (weather.rain_mm_h < WET_MM_H)
        levels_db = power_levels_db(CAR_DBA + DBA_PER_DECADE * np.log10(speed_m_s / REFERENCE_M_S), TYRES_DB)
        dust, noises = [], []
        for i, place in enumerate(road.stations(self.height_m)):
            plume = emission("road_dust", grid, place, raised_g_s[i] / PART_G_S)
            size_m = float(np.hypot(plume.size_m, STATION_M))
            dust.append(replace(plume, name=f"road_dust_{i}", size_m=size_m))
            noises.append(Noise(f"road_dust_{i}", place, sounding_db(levels_db, passing[i])))
        total_g_s = raised_g_s.sum(axis=0)
        states = {self.course: lingering(grid, total_g_s, weather.wind_m_s, STRETCH_M)}
        return Forcing(emissions=tuple(dust), noises=tuple(noises), states=states)
