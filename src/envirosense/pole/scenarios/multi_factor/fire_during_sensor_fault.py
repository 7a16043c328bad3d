"""Wood chars at the pole while a sensor that should notice is out of order."""

from typing import ClassVar, Final

from envirosense.pole.scenarios.fire.cellulose_pyrolysis import CellulosePyrolysisScenario
from envirosense.pole.scenarios.system.sensor_fault import SensorFaultScenario, fault_space
from envirosense.scenarios import Category, ParameterSpace
from envirosense.scenarios.acts import ActOf
from envirosense.scenarios.compose import CompositeScenario

WATCHING: Final = ("voc_array", "thermal_camera", "particulate_matter")  # what shows a fire before its flame


class WatchingSensorFaultScenario(SensorFaultScenario):
    """A fault of one of the sensors that watch for fire."""

    space: ClassVar[ParameterSpace] = fault_space(WATCHING)


class FireDuringSensorFaultScenario(CompositeScenario):
    """Pyrolysis that one of the sensors misses, or shows wrongly."""

    name: ClassVar[str] = "fire_during_sensor_fault"
    description: ClassVar[str] = "Wood chars under a fitting while a sensor that watches for fire is faulty"
    category: ClassVar[Category] = Category.MULTI_FACTOR
    limits: ClassVar[str] = "The fault has nothing to do with the fire. " + SensorFaultScenario.limits
    tags: ClassVar[tuple[str, ...]] = ("fire", "device")
    acts: ClassVar[tuple[ActOf, ...]] = (
        ActOf("fault", WatchingSensorFaultScenario),
        ActOf("fire", CellulosePyrolysisScenario),
    )
