"""A dry wind: the weather in which a spark becomes a wildfire. An act of composed scenarios."""

from typing import ClassVar, Final

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.physics.air.humidity import relative_humidity
from envirosense.physics.fire.fire_weather import fosberg_index
from envirosense.pole.scenarios.states import place_in, stated_place
from envirosense.scenarios import (
    BaseRate,
    BaseScenario,
    Category,
    Conditions,
    EventSubtype,
    EventType,
    Forcing,
    Grading,
    Labels,
    Parameter,
    ParameterSpace,
    Response,
    Uniform,
    WeatherChange,
    active_only,
    graded_event,
)

RISES_S: Final = 1800.0  # until it blows in full; assumed
WET_MM_H: Final = 0.1  # rain that wets fine fuel at once; assumed
GRADING: Final = Grading(50.0, 100.0, (("elevated", 0.0), ("critical", 65.0), ("extreme", 80.0)))  # assumed


class DryWindScenario(BaseScenario):
    """A strong wind of dry, warm air."""

    name: ClassVar[str] = "dry_wind"
    description: ClassVar[str] = "A strong, dry, warm wind: fire weather"
    category: ClassVar[Category] = Category.ENVIRONMENTAL
    difficulty_level: ClassVar[str] = "unmeasured"
    expected_duration: ClassVar[float] = 3600.0
    phases: ClassVar[tuple[str, ...]] = GRADING.stage_names
    limits: ClassVar[str] = (
        "The index follows the air of the moment: no drought and no kind of fuel. On a wet or cold day the "
        "wind may blow and no fire weather come of it."
    )
    rate: ClassVar[BaseRate] = BaseRate(
        5.0, 8 * 3600.0, "assumed: some days of fire weather a year where wind and drought meet"
    )
    tags: ClassVar[tuple[str, ...]] = ("weather", "wind")
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "wind_m_s": Parameter(
                Uniform(6.0, 18.0),
                "m/s",
                "added to the mean wind at 10 m",
                "assumed: fire weather begins at 11 m/s",
            ),
            "drier_k": Parameter(Uniform(6.0, 20.0), "K", "fall of the dew point", "assumed: foehn"),
            "warmer_k": Parameter(Uniform(0.0, 8.0), "K", "rise of the air temperature", "assumed: foehn"),
            "begin_fraction": Parameter(
                Uniform(0.0, 0.3), "1", "start, as a fraction of the episode", "assumed"
            ),
            "end_fraction": Parameter(Uniform(0.6, 1.3), "1", "end, as a fraction of the episode", "assumed"),
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """The wind, and how fire-prone the weather becomes."""
        blows = self._blows(conditions.grid)
        change = WeatherChange(
            air_k=self.number("warmer_k") * blows,
            dew_point_k=-self.number("drier_k") * blows,
            wind_m_s=self.number("wind_m_s") * blows,
        )
        states = {"fire_weather": self._fire_weather(conditions, change)}
        place = stated_place(conditions.place.device_m, conditions.grid)
        return Forcing(weather=(change,), states=states | place)

    def _blows(self, grid: TimeGrid) -> Array:
        """Share of the full wind, (time,), 0..1."""
        begin, end = self.number("begin_fraction"), self.number("end_fraction")
        rises_s = min(RISES_S, 0.3 * (end - begin) * grid.duration_s)
        since_s, left_s = grid.t_s - begin * grid.duration_s, end * grid.duration_s - grid.t_s
        return np.clip(np.minimum(since_s, left_s) / rises_s, 0.0, 1.0)

    def _fire_weather(self, conditions: Conditions, change: WeatherChange) -> Array:
        """Index of the changed weather, (time,), 0..100."""
        weather, n = conditions.weather, conditions.grid.n
        added = [np.zeros(n) if x is None else x for x in (change.air_k, change.dew_point_k, change.wind_m_s)]
        air_k = weather.air_k + added[0]
        dew_point_k = np.minimum(weather.dew_point_k + added[1], air_k)
        humidity = relative_humidity(air_k, dew_point_k)
        index = fosberg_index(air_k, humidity, weather.wind_m_s + added[2])
        return np.where(weather.rain_mm_h < WET_MM_H, index, 0.0)

    def labels(self, forcing: Forcing, response: Response, grid: TimeGrid) -> Labels:
        """One event, while the index stands at 50 or above."""
        index = response.states["fire_weather"]
        event = graded_event(
            index,
            GRADING,
            EventType.FIRE_RISK,
            EventSubtype.WEATHER,
            "air",
            self.number("wind_m_s"),
            "m/s",
            at=place_in(response.states),
        )
        return Labels(active_only((event,)))
