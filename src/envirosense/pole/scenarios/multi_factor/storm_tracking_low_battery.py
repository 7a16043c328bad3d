"""A storm wets a salty insulator, which tracks, while the battery of the device that watches is low."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar, Final

import numpy as np

from envirosense.pole.scenarios.electrical.tracking import TrackingScenario
from envirosense.pole.scenarios.multi_factor.passing_storm import PassingStormScenario
from envirosense.pole.scenarios.system.battery_low import BatteryLowScenario
from envirosense.pole.storms import storm_change
from envirosense.pole.weather_changes import changed_weather
from envirosense.scenarios import Category, Conditions, Forcing
from envirosense.scenarios.acts import ActOf
from envirosense.scenarios.compose import CompositeScenario

# The storm alone wets the insulator; how a wet spell of its own would go is of no matter
BY_STORM: Final[Mapping[str, float | str]] = {
    "wetting": "natural",
    "saturation": 0.9,
    "wet_onset_fraction": 0.1,
    "wet_fraction": 0.5,
}

TRACE_MM_H: Final = 0.1  # the far skirts of a cell's rain wet nothing; assumed


class StormTrackingLowBatteryScenario(CompositeScenario):
    """Rain, leakage and a device that must save power."""

    name: ClassVar[str] = "storm_tracking_low_battery"
    description: ClassVar[str] = "A storm wets a salty insulator that tracks, while the battery runs low"
    category: ClassVar[Category] = Category.MULTI_FACTOR
    limits: ClassVar[str] = (
        "Heavy rain washes the salt off as it wets it, so a strong storm may end the tracking. "
        + BatteryLowScenario.limits
    )
    tags: ClassVar[tuple[str, ...]] = ("weather_dependent", "device")
    acts: ClassVar[tuple[ActOf, ...]] = (
        ActOf("storm", PassingStormScenario),
        ActOf("insulator", TrackingScenario, fixed=BY_STORM, parent="storm"),
        ActOf("battery", BatteryLowScenario),
    )

    def act_conditions(self, act: ActOf, conditions: Conditions, earlier: Sequence[Forcing]) -> Conditions:
        """The insulator stands in the storm's rain."""
        if act.name != "insulator":
            return conditions
        wind_from_rad = conditions.weather.wind_from_rad
        changes = [
            storm_change(storm, conditions.grid, wind_from_rad)
            for forcing in earlier
            for storm in forcing.storms
        ]
        weather = changed_weather(conditions.weather, changes)
        rain_mm_h = np.where(weather.rain_mm_h < TRACE_MM_H, 0.0, weather.rain_mm_h)
        return replace(conditions, weather=replace(weather, rain_mm_h=rain_mm_h))
