"""What a scenario starts from, and what the world answers; both are given, never asked of sensors."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array, Position
from envirosense.physics.air.weather import WeatherSeries
from envirosense.physics.light.sunlight import SunTrack

# Quantities of the weather at an episode's start that a parameter may follow, by rank among the year's hours
WEATHER_RANKS = ("air_k", "relative_humidity", "wind_m_s", "ghi_w_m2", "rain_mm_h", "pressure_pa")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The place: what stands where. Metres east, north and up of the pole's foot."""

    components: Mapping[str, Position]
    device_m: Position
    line_azimuth_deg: float
    span_m: float  # to the next pole
    pole_height_m: float
    crossarm_height_m: float
    tree_m: Position  # foot of the nearest tree
    tree_height_m: float
    has_transformer: bool
    phase_voltage_v: float  # to ground
    peak_current_a: float

    def towards(self, bearing_deg: float, distance_m: float, up_m: float) -> Position:
        """Position at a compass bearing from the pole's foot."""
        angle = math.radians(bearing_deg)
        return distance_m * math.sin(angle), distance_m * math.cos(angle), up_m

    def along_line(self, distance_m: float, beside_m: float, up_m: float) -> Position:
        """Position along the conductors and to the right of them."""
        azimuth = math.radians(self.line_azimuth_deg)
        east, north = math.sin(azimuth), math.cos(azimuth)
        return distance_m * east + beside_m * north, distance_m * north - beside_m * east, up_m


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a scenario starts from; it may shape the cause, never a reading. Arrays are (time,)."""

    grid: TimeGrid
    current_a: Array  # mean of the phases
    weather: WeatherSeries  # as the year has it, before any cause
    hour_local: Array  # local standard time, 0..24
    place: Surroundings
    sun: SunTrack

    @property
    def air_k(self) -> Array:
        """Air temperature, (time,) [K]."""
        return self.weather.air_k

    @property
    def components(self) -> Mapping[str, Position]:
        """Where each component is."""
        return self.place.components


@dataclass(frozen=True, slots=True)
class Response:
    """What the world does under one forcing; all arrays are (time,).

    `healthy_k` is the same component in the same weather and load without the forcing; both are NaN for a
    forcing that acts on no component. `states` are those of the forcing: what its author says of the cause.
    """

    component_k: Array
    healthy_k: Array
    air_k: Array
    converted: Array  # fraction of the fuel's dry mass lost as gas and tar
    emission_g_s: Array  # gas and tar leaving the fuel
    states: Mapping[str, Array] = field(default_factory=dict)

    @classmethod
    def quiet(cls, grid: TimeGrid) -> "Response":
        """Answer to no cause at all."""
        unknown, nothing = np.full(grid.n, np.nan), np.zeros(grid.n)
        return cls(unknown, unknown, unknown, nothing, nothing)
