"""A diesel lorry that passes or stands with its engine running: oxides of nitrogen, soot and noise."""

from dataclasses import replace
from typing import ClassVar

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array, Position
from envirosense.physics.sound.sound_machines import DIESEL_DB, power_levels_db, sounding_db
from envirosense.pole.matter.sources import emission
from envirosense.pole.scenarios.lookalike.courses import lingering, presence
from envirosense.pole.scenarios.lookalike.lookalike import BEARING, LookalikeScenario
from envirosense.pole.scenarios.lookalike.road import STATION_M, STRETCH_M, Road, visits
from envirosense.scenarios import (
    BaseRate,
    Choice,
    Conditional,
    Conditions,
    Emission,
    EventSubtype,
    Forcing,
    Grading,
    LogUniform,
    Noise,
    Parameter,
    ParameterSpace,
    Uniform,
)

PART_G_S = 3.0  # fuel of the part's typical lorry
POWER_DBA = {"passing": 106.0, "idling": 95.0}  # heavy lorry; assumed
FIRING_HZ = {"passing": 75.0, "idling": 35.0}  # six cylinders at 1500 and 700 turns a minute, computed
FIRING_DEPTH = 0.3  # of the sound's envelope; assumed


class DieselTruckScenario(LookalikeScenario):
    """One lorry on the road beside the pole."""

    name: ClassVar[str] = "diesel_truck"
    description: ClassVar[str] = "A diesel lorry passes, or idles beside the pole"
    expected_duration: ClassVar[float] = 1800.0
    subtype: ClassVar[EventSubtype] = EventSubtype.EXHAUST
    course: ClassVar[str] = "diesel_truck_g_s"
    grading: ClassVar[Grading] = Grading(0.02, 8.0, (("trace", 0.0), ("plume", 0.2)), "log")
    phases: ClassVar[tuple[str, ...]] = grading.stage_names
    source: ClassVar[str] = "lorry"
    strength: ClassVar[tuple[str, str]] = ("fuel_g_s", "g/s")
    limits: ClassVar[str] = (
        "No ground vibration and no hot exhaust in the picture; five places stand for a drive."
    )
    rate: ClassVar[BaseRate] = BaseRate(400.0, 60.0, "assumed: one old lorry a day near half of the poles")
    tags: ClassVar[tuple[str, ...]] = ("exhaust", "noise", "near")
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "mode": Parameter(Choice(("passing", "idling")), "1", "whether it drives on", "assumed"),
            "distance_m": Parameter(LogUniform(5.0, 60.0), "m", "of the road from the pole", "assumed"),
            "bearing_deg": BEARING,
            "fuel_g_s": Parameter(
                Conditional("mode", {"passing": Uniform(2.0, 8.0), "idling": Uniform(0.4, 1.0)}),
                "g/s",
                "fuel burnt",
                "assumed: 1 idling, 8 climbing",
            ),
            "stay_s": Parameter(
                Conditional("mode", {"passing": LogUniform(10.0, 60.0), "idling": LogUniform(60.0, 1800.0)}),
                "s",
                "time near the pole",
                "assumed: 10 to 60 s passing",
            ),
            "onset_fraction": Parameter(
                Uniform(0.05, 0.8), "1", "when it comes, as a fraction of the episode", "assumed"
            ),
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Exhaust and noise where the lorry is."""
        grid, mode = conditions.grid, self.text("mode")
        come_s = np.array([self.number("onset_fraction") * grid.duration_s])
        places, shares = self._whereabouts(grid, come_s)
        levels_db = power_levels_db(POWER_DBA[mode], DIESEL_DB)
        exhaust = tuple(
            self._exhaust(f"diesel_truck_{i}", grid, place, share)
            for i, (place, share) in enumerate(zip(places, shares, strict=True))
        )
        noises = tuple(
            Noise(f"diesel_truck_{i}", place, sounding_db(levels_db, share), FIRING_HZ[mode], FIRING_DEPTH)
            for i, (place, share) in enumerate(zip(places, shares, strict=True))
        )
        fuel_g_s = self.number("fuel_g_s") * shares.sum(axis=0)
        wind_m_s = conditions.weather.wind_m_s
        states = {self.course: lingering(grid, fuel_g_s, wind_m_s, self.number("distance_m"))}
        return Forcing(emissions=exhaust, noises=noises, states=states)

    def _whereabouts(self, grid: TimeGrid, come_s: Array) -> tuple[tuple[Position, ...], Array]:
        """Places, and the lorry's share of each tick there, (place, time)."""
        if self.text("mode") == "idling":
            return (self.at,), presence(grid, come_s, self.number("stay_s"))[None, :]
        road = Road(self.number("distance_m"), self.number("bearing_deg"))
        return road.stations(self.height_m), visits(grid, come_s, STRETCH_M / self.number("stay_s"))

    def _exhaust(self, name: str, grid: TimeGrid, at: Position, share: Array) -> Emission:
        plume = emission("diesel_truck", grid, at, share, self.number("fuel_g_s") / PART_G_S)
        moved_m = STATION_M if self.text("mode") == "passing" else 0.0
        return replace(plume, name=name, size_m=float(np.hypot(plume.size_m, moved_m)))
