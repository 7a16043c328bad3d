"""The device restarts: once by its watchdog, or again and again while its supply browns out."""

from typing import ClassVar, Final

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.pole.scenarios.states import place_in, stated_place
from envirosense.pole.scenarios.system.spans import BEGIN, LENGTH, WORST, Span, span_of, touched
from envirosense.scenarios import (
    BaseRate,
    BaseScenario,
    Category,
    Choice,
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
    active_only,
    graded_event,
)

ONCE: Final = 0.5  # weight of a single restart against a loop of them; assumed
GRADING: Final = Grading(0.01, WORST, (("watchdog", 0.0), ("brown_out_loop", 0.9)))


class RestartScenario(BaseScenario):
    """Sensors without power while the device boots, and cold afterwards."""

    name: ClassVar[str] = "restart"
    description: ClassVar[str] = "The device restarts, once or in a loop; its sensors warm up again"
    category: ClassVar[Category] = Category.SYSTEM
    difficulty_level: ClassVar[str] = "unmeasured"
    expected_duration: ClassVar[float] = 3600.0
    phases: ClassVar[tuple[str, ...]] = GRADING.stage_names
    limits: ClassVar[str] = (
        "The battery is not relieved while the device is off; a brown-out here comes from a bad contact, not "
        "from the charge; the clock of the device keeps its time."
    )
    rate: ClassVar[BaseRate] = BaseRate(2.0, 120.0, "assumed: two restarts a year")
    tags: ClassVar[tuple[str, ...]] = ("device",)
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "cause": Parameter(
                Choice(("watchdog", "brown_out")), "1", "one restart, or one after another", "assumed"
            ),
            "boot_s": Parameter(
                Uniform(20.0, 120.0),
                "s",
                "time without power for the sensors",
                "assumed: a small Linux boots",
            ),
            "mean_run_s": Parameter(
                LogUniform(60.0, 1200.0), "s", "mean time between two restarts of a brown-out", "assumed"
            ),
            "begin_fraction": BEGIN,
            "length_fraction": LENGTH,
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Ticks without power; a reading needs it all through its tick."""
        grid = conditions.grid
        boots = self._boots(grid, rng)
        whole = (boots[0][0], boots[-1][1])
        place = stated_place(conditions.place.device_m, grid)
        weight = ONCE if self.text("cause") == "watchdog" else 1.0
        states = {"restarting": np.where(touched(grid, (whole,)), weight, 0.0)} | place
        return Forcing(device=(DeviceChange(is_off=touched(grid, boots)),), states=states)

    def _boots(self, grid: TimeGrid, rng: np.random.Generator) -> list[Span]:
        begin_s, end_s = span_of(grid, self.number("begin_fraction"), self.number("length_fraction"))
        boot_s = self.number("boot_s")
        found = [(begin_s, begin_s + boot_s)]
        while self.text("cause") == "brown_out":
            at_s = found[-1][1] + self.number("mean_run_s") * float(rng.exponential())
            if at_s >= end_s:
                break
            found.append((at_s, at_s + boot_s))
        return found

    def labels(self, forcing: Forcing, response: Response, grid: TimeGrid) -> Labels:
        """One event from the first loss of power to the end of the last boot."""
        weight = response.states["restarting"]
        event = graded_event(
            weight,
            GRADING,
            EventType.PROCESSING_SYSTEM,
            EventSubtype.RESTART,
            "device",
            self.number("boot_s"),
            "s",
            at=place_in(response.states),
            progress=np.maximum.accumulate(weight),
        )
        return Labels(active_only((event,)))
