"""Sounds of an ordinary neighbourhood: cars on a road, an aircraft now and then, a dog."""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Position
from envirosense.physics.sound.sound_everyday import AIRCRAFT_DB, AIRCRAFT_DBA, CAR_DBA, DOG_DB, DOG_DBA
from envirosense.physics.sound.sound_machines import TYRES_DB, power_levels_db, sounding_db
from envirosense.pole.scenarios.lookalike.courses import presence, times_s
from envirosense.pole.scenarios.lookalike.road import Road, visits
from envirosense.scenarios import BaseScenario, LogUniform, Noise, Parameter, Uniform

CAR_M_S: Final = 14.0  # assumed
CAR_UP_M: Final = 0.5
AIRCRAFT_AWAY_M, AIRCRAFT_UP_M = 500.0, 200.0  # highest place of the world
AIRCRAFT_S: Final = 40.0  # that it is heard # assumed
BOUT_S: Final = 30.0  # of barking # assumed
BARKS_HZ, BARKS_DEPTH = 2.0, 0.9  # assumed
DOG_UP_M: Final = 0.5

NEIGHBOURHOOD: Final[Mapping[str, Parameter]] = MappingProxyType(
    {
        "road_m": Parameter(LogUniform(8.0, 150.0), "m", "of the road from the pole", "assumed"),
        "road_bearing_deg": Parameter(
            Uniform(0.0, 360.0), "deg", "of its nearest point, clockwise from north", "assumed: any"
        ),
        "cars_per_h": Parameter(LogUniform(1.0, 200.0), "1/h", "cars that pass", "assumed"),
        "aircraft_per_h": Parameter(LogUniform(0.05, 4.0), "1/h", "aircraft heard", "assumed"),
        "bouts_per_h": Parameter(LogUniform(0.1, 10.0), "1/h", "bouts of barking", "assumed"),
        "dog_m": Parameter(LogUniform(10.0, 150.0), "m", "of the dog from the pole", "assumed"),
        "dog_bearing_deg": Parameter(
            Uniform(0.0, 360.0), "deg", "of the dog, clockwise from north", "assumed: any"
        ),
    }
)


def neighbourhood_noises(
    scenario: BaseScenario, grid: TimeGrid, rng: np.random.Generator
) -> tuple[Noise, ...]:
    """Noises of a scenario with `NEIGHBOURHOOD`; what does not come at all is left out."""
    noises = _cars(scenario, grid, rng)
    overhead_s = times_s(rng, scenario.number("aircraft_per_h") / 3600.0, -AIRCRAFT_S, grid.duration_s)
    if overhead_s.size:
        at = _towards(float(rng.uniform(0.0, 360.0)), AIRCRAFT_AWAY_M, AIRCRAFT_UP_M)
        levels_db = power_levels_db(AIRCRAFT_DBA, AIRCRAFT_DB)
        heard = presence(grid, overhead_s, AIRCRAFT_S)
        noises.append(Noise(f"{scenario.name}_aircraft", at, sounding_db(levels_db, heard)))
    barks_s = times_s(rng, scenario.number("bouts_per_h") / 3600.0, -BOUT_S, grid.duration_s)
    if barks_s.size:
        at = _towards(scenario.number("dog_bearing_deg"), scenario.number("dog_m"), DOG_UP_M)
        levels_db = sounding_db(power_levels_db(DOG_DBA, DOG_DB), presence(grid, barks_s, BOUT_S))
        noises.append(Noise(f"{scenario.name}_dog", at, levels_db, BARKS_HZ, BARKS_DEPTH))
    return tuple(noises)


def _cars(scenario: BaseScenario, grid: TimeGrid, rng: np.random.Generator) -> list[Noise]:
    come_s = times_s(rng, scenario.number("cars_per_h") / 3600.0, 0.0, grid.duration_s)
    if not come_s.size:
        return []
    road = Road(scenario.number("road_m"), scenario.number("road_bearing_deg"))
    levels_db, passing = power_levels_db(CAR_DBA, TYRES_DB), visits(grid, come_s, CAR_M_S)
    places = road.stations(CAR_UP_M)
    return [
        Noise(f"{scenario.name}_cars_{i}", place, sounding_db(levels_db, share))
        for i, (place, share) in enumerate(zip(places, passing, strict=True))
    ]


def _towards(bearing_deg: float, away_m: float, up_m: float) -> Position:
    angle = math.radians(bearing_deg)
    return away_m * math.sin(angle), away_m * math.cos(angle), up_m
