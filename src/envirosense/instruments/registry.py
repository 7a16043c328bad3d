"""Sensor classes by name."""

from typing import Any, Final

from envirosense.core.registry import Registry
from envirosense.instruments.base import BaseSensor
from envirosense.instruments.sensor_config import SensorConfig

SENSORS: Final[Registry[type[BaseSensor[Any, Any]]]] = Registry("sensor", "envirosense.sensors")


def build_sensor(config: SensorConfig, sensing_seed: int = 0) -> BaseSensor[Any, Any]:
    """Sensor of the class that the configuration's type names."""
    return SENSORS[config.sensor_type](config, sensing_seed)
