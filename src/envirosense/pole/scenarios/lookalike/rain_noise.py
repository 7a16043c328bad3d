"""A shower drums on a healthy device: loud up to ultrasound, as tracking is, and nothing is wrong."""

from typing import ClassVar, Final

import numpy as np

from envirosense.physics.gas.source_courses import passage
from envirosense.pole.scenarios.lookalike.courses import flicker
from envirosense.pole.scenarios.lookalike.lookalike import LookalikeScenario
from envirosense.scenarios import (
    BaseRate,
    Conditions,
    EventSubtype,
    Forcing,
    Grading,
    LogUniform,
    Parameter,
    ParameterSpace,
    Uniform,
    WeatherChange,
)

BURST_TAU_S, BURST = 60.0, 0.5  # rain of a shower is uneven; assumed
DEPRESSION_LEFT: Final = 0.2  # of the dew point's depression in a shower; assumed
SUN_IN_SHOWER: Final = 0.25  # of sunlight that comes through; assumed
EDGE_S: Final = 120.0  # assumed
LIQUID_K: Final = 274.65  # colder showers are snow, which makes no noise; assumed
RAINING_MM_H: Final = 0.5  # assumed


class RainNoiseScenario(LookalikeScenario):
    """A shower of less than heavy rain."""

    name: ClassVar[str] = "rain_noise"
    description: ClassVar[str] = "A shower drums on the device of a healthy pole"
    expected_duration: ClassVar[float] = 2400.0
    subtype: ClassVar[EventSubtype] = EventSubtype.RAIN_NOISE
    course: ClassVar[str] = "rain_noise_mm_h"
    grading: ClassVar[Grading] = Grading(RAINING_MM_H, 120.0, (("light", 0.0), ("heavy", 10.0)), "log")
    phases: ClassVar[tuple[str, ...]] = grading.stage_names
    source: ClassVar[str] = "device"
    strength: ClassVar[tuple[str, str]] = ("rain_mm_h", "mm/h")
    height_m: ClassVar[float] = 9.0  # about the device's
    limits: ClassVar[str] = (
        "No gust, no cooling, no snow or hail with the shower; muggy afternoons may add their lightning."
    )
    rate: ClassVar[BaseRate] = BaseRate(40.0, 1200.0, "assumed: showers above 10 mm/h")
    tags: ClassVar[tuple[str, ...]] = ("noise", "weather")
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "rain_mm_h": Parameter(
                LogUniform(0.8, 7.5), "mm/h", "mean rate of the shower", "assumed: less than heavy rain, 7.6"
            ),
            "onset_fraction": Parameter(
                Uniform(0.02, 0.6), "1", "when it begins, as a fraction of the episode", "assumed"
            ),
            "lasting_s": Parameter(LogUniform(240.0, 3600.0), "s", "of full rain", "assumed"),
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Rain under a cloud."""
        grid, weather = conditions.grid, conditions.weather
        begin_s = self.number("onset_fraction") * grid.duration_s
        lasting_s = self.number("lasting_s")
        course = np.minimum(passage(grid.t_s, grid.dt_s, begin_s, EDGE_S, lasting_s, EDGE_S), 1.0)
        falling = course * flicker(grid, rng, BURST_TAU_S, BURST) * (weather.air_k > LIQUID_K)
        rain_mm_h = self.number("rain_mm_h") * falling
        depression_k = weather.air_k - weather.dew_point_k
        shower = WeatherChange(
            rain_mm_h=rain_mm_h,
            dew_point_k=course * (1.0 - DEPRESSION_LEFT) * depression_k,
            sun_factor=1.0 - (1.0 - SUN_IN_SHOWER) * course,
            cloud_fraction=course * (1.0 - weather.cloud_fraction),
        )
        return Forcing(weather=(shower,), states={self.course: rain_mm_h})
