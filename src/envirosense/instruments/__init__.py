"""Instruments: the sensor contract, imperfection stages, and the settings of a guardian.

`BaseSensor` and `SensorConfig` are what a new sensor is written with (docs: add a sensor);
`SensorConfiguration` is one guardian, and `SENSORS` the classes it may name.
"""

from envirosense.instruments.base import BaseSensor
from envirosense.instruments.channels import Channel
from envirosense.instruments.conditions import Conditions, RainField, SensorWorld, conditions_at
from envirosense.instruments.configuration import SensorConfiguration
from envirosense.instruments.faults import Fault
from envirosense.instruments.memory import SensorBlock, SensorMemory
from envirosense.instruments.part_values import PartValues
from envirosense.instruments.registry import SENSORS, build_sensor
from envirosense.instruments.sensor_change import SensorChange
from envirosense.instruments.sensor_config import SensorConfig
from envirosense.instruments.status import Status

__all__ = [
    "SENSORS",
    "BaseSensor",
    "Channel",
    "Conditions",
    "Fault",
    "PartValues",
    "RainField",
    "SensorBlock",
    "SensorChange",
    "SensorConfig",
    "SensorConfiguration",
    "SensorMemory",
    "SensorWorld",
    "Status",
    "build_sensor",
    "conditions_at",
]
