"""Something lies on the solar panel or stands before it: less light reaches its cells."""

from typing import ClassVar, Final

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.pole.scenarios.states import place_in, stated_place
from envirosense.pole.scenarios.system.spans import BEGIN, LENGTH, WORST
from envirosense.scenarios import (
    BaseRate,
    BaseScenario,
    Category,
    Choice,
    Conditional,
    Conditions,
    DeviceChange,
    EventSubtype,
    EventType,
    Forcing,
    Grading,
    Labels,
    Parameter,
    ParameterSpace,
    Response,
    Uniform,
    active_only,
    graded_event,
)

SNOW_LEAVES_K: Final = 275.15  # wet snow slides off a tilted panel above; assumed
COMES_S: Final = {"snow": 3600.0, "leaves": 600.0, "dust": 7200.0, "shade": 900.0}  # grows in; assumed
GRADING: Final = Grading(0.05, WORST, (("thin", 0.0), ("half", 0.3), ("covered", 0.8)))


class PanelCoveredScenario(BaseScenario):
    """Snow, leaves, dust or a shadow on the panel."""

    name: ClassVar[str] = "panel_covered"
    description: ClassVar[str] = "Snow, leaves, dust or shade keep sunlight from the solar panel"
    category: ClassVar[Category] = Category.SYSTEM
    difficulty_level: ClassVar[str] = "unmeasured"
    expected_duration: ClassVar[float] = 6 * 3600.0
    phases: ClassVar[tuple[str, ...]] = GRADING.stage_names
    limits: ClassVar[str] = (
        "All cells lose alike: no string with a bypassed cell. A shadow stands still. Snow is gone for good "
        "once the air is above 2 degC; whether any falls is not asked of the weather. Nothing shows at night."
    )
    rate: ClassVar[BaseRate] = BaseRate(4.0, 2 * 86400.0, "assumed: some snows, droppings and leaves a year")
    tags: ClassVar[tuple[str, ...]] = ("device", "energy")
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "cover": Parameter(
                Choice(("snow", "leaves", "dust", "shade"), (1.0, 2.0, 2.0, 2.0)),
                "1",
                "what covers the panel",
                "assumed",
            ),
            "covered_share": Parameter(
                Conditional(
                    "cover",
                    {
                        "snow": Uniform(0.5, 1.0),
                        "leaves": Uniform(0.2, 0.7),
                        "dust": Uniform(0.1, 0.4),
                        "shade": Uniform(0.3, 0.8),
                    },
                ),
                "1",
                "share of the light that it takes",
                "assumed",
            ),
            "begin_fraction": BEGIN,
            "length_fraction": LENGTH,
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Light that reaches the cells."""
        covered = self._covered(conditions)
        change = DeviceChange(panel_factor=1.0 - covered)
        place = stated_place(conditions.place.device_m, conditions.grid)
        return Forcing(device=(change,), states={"covered_share": covered} | place)

    def _covered(self, conditions: Conditions) -> Array:
        grid, kind = conditions.grid, self.text("cover")
        begin_s = self.number("begin_fraction") * grid.duration_s
        lasts_s = self.number("length_fraction") * grid.duration_s
        since_s = grid.t_s - begin_s
        grown = np.clip(since_s / min(COMES_S[kind], lasts_s), 0.0, 1.0)
        lies = since_s < lasts_s
        if kind == "snow":
            lies &= np.logical_and.accumulate((conditions.air_k < SNOW_LEAVES_K) | (since_s < 0.0))
        return np.where(lies, self.number("covered_share") * grown, 0.0)

    def labels(self, forcing: Forcing, response: Response, grid: TimeGrid) -> Labels:
        """One event, while a twentieth of the light or more is taken, by day and night."""
        covered = response.states["covered_share"]
        event = graded_event(
            covered,
            GRADING,
            EventType.POWER_SYSTEM,
            EventSubtype.PANEL_COVERED,
            "solar_power",
            self.number("covered_share"),
            "1",
            at=place_in(response.states),
            progress=np.maximum.accumulate(covered),
        )
        return Labels(active_only((event,)))
