"""One kind of sensor on the device fails: it repeats itself, drifts, falls silent, saturates or is fouled."""

from typing import ClassVar, Final

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.instruments.faults import GENERIC_FAULTS
from envirosense.instruments.stages.faults import DRIFT_GROWTH_S
from envirosense.instruments.stages.spells import Spells
from envirosense.pole.scenarios.states import place_in, stated_place
from envirosense.pole.scenarios.system.spans import BEGIN, LENGTH, WORST, span_of
from envirosense.scenarios import (
    BaseRate,
    BaseScenario,
    Category,
    Choice,
    Conditional,
    Conditions,
    EventSubtype,
    EventType,
    Forcing,
    Grading,
    Labels,
    Parameter,
    ParameterSpace,
    Response,
    SensorFault,
    Uniform,
    active_only,
    graded_event,
)

# What each type can have beside the generic faults; a loose vibration sensor is `system/mount_loose`
OWN_KINDS: Final[dict[str, tuple[str, ...]]] = {
    "voc_array": ("fouled", "poisoned"),
    "particulate_matter": ("fouled", "blocked", "spider"),
    "temperature_humidity": ("fouled",),
    "barometer": ("blocked",),
    "wind_sensor": ("iced", "spider", "fouled"),
    "rain_gauge": ("iced", "fouled"),
    "lightning_detector": (),
    "emf_sensor": (),
    "acoustic_sensor": ("fouled", "iced"),
    "vibration_sensor": (),
    "battery_level": (),
    "solar_power": (),
    "internal_temperature": (),
    "thermal_camera": ("fouled", "spider", "iced", "ffc_stuck"),
}
SUBTYPES: Final = {
    "stuck": EventSubtype.SENSOR_STUCK,
    "ffc_stuck": EventSubtype.SENSOR_STUCK,
    "drifted": EventSubtype.SENSOR_DRIFTED,
    "disconnected": EventSubtype.SENSOR_DISCONNECTED,
    "saturated": EventSubtype.SENSOR_SATURATED,
}  # all others are something that covers the sensor
GRADING: Final = Grading(0.01, WORST, (("slight", 0.0), ("marked", 0.3), ("severe", 0.7)))


def fault_space(sensor_types: tuple[str, ...]) -> ParameterSpace:
    """Parameters of a fault of one of these types of sensor."""
    kinds = {name: Choice((*GENERIC_FAULTS, *OWN_KINDS[name])) for name in sensor_types}
    return ParameterSpace(
        {
            "sensor_type": Parameter(Choice(sensor_types), "1", "type of sensor that fails", "assumed"),
            "kind": Parameter(
                Conditional("sensor_type", kinds),
                "1",
                "what is wrong with it",
                "assumed: every kind is as likely",
            ),
            "severity": Parameter(
                Uniform(0.2, 1.0), "1", "how badly; stuck, silent and saturated have no degree", "assumed"
            ),
            "begin_fraction": BEGIN,
            "length_fraction": LENGTH,
        }
    )


class SensorFaultScenario(BaseScenario):
    """A fault of every sensor of one type."""

    name: ClassVar[str] = "sensor_fault"
    description: ClassVar[str] = "A sensor of the device sticks, drifts, falls silent, saturates or is fouled"
    category: ClassVar[Category] = Category.SYSTEM
    difficulty_level: ClassVar[str] = "unmeasured"
    expected_duration: ClassVar[float] = 3600.0
    phases: ClassVar[tuple[str, ...]] = GRADING.stage_names
    limits: ClassVar[str] = (
        "Both sensors of a pair fail alike; all but a drift are there at once. That a sensor which repeats "
        "itself no longer scatters does not count as observable."
    )
    rate: ClassVar[BaseRate] = BaseRate(
        0.3, 14 * 86400.0, "assumed: 16 sensors that fail once in 50 years each, and a visit in two weeks"
    )
    tags: ClassVar[tuple[str, ...]] = ("device",)
    space: ClassVar[ParameterSpace] = fault_space(tuple(OWN_KINDS))

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """The fault, and how far it has gone."""
        span = span_of(conditions.grid, self.number("begin_fraction"), self.number("length_fraction"))
        kind, severity = self.text("kind"), self.number("severity")
        spell, t_s = Spells(((*span, severity),)), conditions.grid.t_s
        gone = spell.progress(t_s, DRIFT_GROWTH_S) if kind == "drifted" else spell.severity(t_s)
        fault = SensorFault(self.text("sensor_type"), kind, *span, severity)
        place = stated_place(conditions.place.device_m, conditions.grid)
        return Forcing(sensor_faults=(fault,), states={"fault_severity": gone} | place)

    def labels(self, forcing: Forcing, response: Response, grid: TimeGrid) -> Labels:
        """One event while the fault lasts, whether or not the device carries such a sensor."""
        gone = response.states["fault_severity"]
        event = graded_event(
            gone,
            GRADING,
            EventType.SENSOR_SYSTEM,
            SUBTYPES.get(self.text("kind"), EventSubtype.SENSOR_FOULED),
            self.text("sensor_type"),
            self.number("severity"),
            "1",
            at=place_in(response.states),
            progress=np.maximum.accumulate(gone),
        )
        return Labels(active_only((event,)))
