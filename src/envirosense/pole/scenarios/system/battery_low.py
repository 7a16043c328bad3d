"""The battery starts low and the sky is dark: the device falls back from one power mode to the next."""

from itertools import pairwise
from typing import ClassVar, Final

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.physics.energy.power_modes import MODES
from envirosense.pole.scenarios.states import place_in, stated_place
from envirosense.scenarios import (
    BaseRate,
    BaseScenario,
    Category,
    Conditions,
    DeviceChange,
    EventSubtype,
    EventType,
    Forcing,
    Grading,
    Labels,
    LogUniform,
    Parameter,
    ParameterSpace,
    Response,
    Uniform,
    WeatherChange,
    active_only,
    graded_event,
)

LOW: Final = MODES[0].lowest_charge  # the device leaves its standard mode below
PACK_J: Final = 200.0 * 3600.0  # full pack, from the device's documents
GRADING: Final = Grading(
    0.0,
    LOW,
    tuple((after.name, LOW - before.lowest_charge) for before, after in pairwise(MODES)),
)


class BatteryLowScenario(BaseScenario):
    """A battery that dark weeks have emptied, under a sky that does not fill it again."""

    name: ClassVar[str] = "battery_low"
    description: ClassVar[str] = "The battery starts low under a dark sky; the device saves power"
    category: ClassVar[Category] = Category.SYSTEM
    difficulty_level: ClassVar[str] = "unmeasured"
    expected_duration: ClassVar[float] = 6 * 3600.0
    phases: ClassVar[tuple[str, ...]] = GRADING.stage_names
    limits: ClassVar[str] = (
        "The label follows the charge at the loads of the firmware, whatever sensors the device has. Without "
        "power coupling the battery and panel sensors show it and no sensor is shed. The weeks before are "
        "not simulated."
    )
    rate: ClassVar[BaseRate] = BaseRate(1.0, 3 * 86400.0, "assumed: one dark spell in winter, some days long")
    tags: ClassVar[tuple[str, ...]] = ("device", "energy")
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "start_charge": Parameter(
                Uniform(0.05, LOW), "1", "charge of the battery at the start, of a full one", "assumed"
            ),
            "sun_share": Parameter(
                LogUniform(0.05, 0.5),
                "1",
                "what the clouds leave of the year's sunlight",
                "assumed: thick overcast passes 0.05 to 0.3",
            ),
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Charge at the start, and the dark sky.

        The world's answer replaces the charge without any sun that is stated here.
        """
        grid, start = conditions.grid, self.number("start_charge")
        sky = WeatherChange(sun_factor=np.full(grid.n, self.number("sun_share")))
        sunless = np.maximum(start - MODES[0].power_w * grid.t_s / PACK_J, 0.0)
        states = {"battery_charge": sunless} | stated_place(conditions.place.device_m, grid)
        return Forcing(setting=(sky,), device=(DeviceChange(start_charge=start),), states=states)

    def labels(self, forcing: Forcing, response: Response, grid: TimeGrid) -> Labels:
        """One event, while the charge is below what the standard mode needs."""
        lacking = LOW - response.states["battery_charge"]
        event = graded_event(
            lacking,
            GRADING,
            EventType.POWER_SYSTEM,
            EventSubtype.BATTERY_LOW,
            "battery_level",
            1.0 - self.number("start_charge"),
            "1",
            at=place_in(response.states),
        )
        return Labels(active_only((event,)))
