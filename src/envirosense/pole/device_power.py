"""What the device draws with the sensors it has, what it gives up as its battery empties, and what follows.

Switched on by `power_coupling = "on"`. Without it the device draws what its firmware says of each mode,
whatever sensors it has, and every sensor is always on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.parts import Part, load_part
from envirosense.core.protocols import Array
from envirosense.instruments.part_values import PartValues
from envirosense.instruments.power_draw import mean_power_w
from envirosense.instruments.sensor_config import SensorConfig
from envirosense.physics.energy.power_modes import FULL, MODES, PowerMode
from envirosense.pole.fields.power import DevicePower, Energy

POWER_PART: Final = "power_modes/grid_guardian"
ALL_MODES: Final = (*MODES, FULL)  # order of the lists in the part
HIBERNATE: Final = MODES[-1]
_RATE_OF: Final = {"standard": 0, "full": 1}  # column of the part's rates; saving in the other modes
_SAVING: Final = 2


@dataclass(frozen=True, slots=True)
class DeviceLoads:
    """Power that a device draws from its battery in each of `ALL_MODES` [W]; sensors by their id."""

    load_w: tuple[float, ...]
    sensor_w: Mapping[str, tuple[float, ...]]  # before the converters' losses; 0 where not supplied
    is_supplied: Mapping[str, tuple[bool, ...]]

    @property
    def by_mode(self) -> dict[str, float]:
        """Load by the name of the mode [W]."""
        return {mode.name: load for mode, load in zip(ALL_MODES, self.load_w, strict=True)}

    def shed(self, mode: PowerMode) -> tuple[str, ...]:
        """Sensors that get no supply in a mode, in the order of the device."""
        rank = ALL_MODES.index(mode)
        return tuple(sensor for sensor, on in self.is_supplied.items() if not on[rank])


@dataclass(frozen=True, slots=True)
class DeviceEnergy:
    """Energy of a device over the ticks of an episode, and which of its sensors had power."""

    energy: Energy
    powered: Mapping[str, npt.NDArray[np.bool_]]  # by sensor id, (time,)
    load_w: Array  # asked of panel and battery, (time,)


def constant_loads(load_w: float) -> DeviceLoads:
    """Loads of a device without modes: the same power always, no sensor told apart."""
    return DeviceLoads((load_w,) * len(ALL_MODES), {}, {})


def device_loads(sensors: Iterable[SensorConfig], own_rates: bool = False) -> DeviceLoads:
    """Loads of a device with these sensors; one that is disabled draws nothing.

    Each sensor draws the mean of its part's power over its `interval_s`, or over the intervals that the
    firmware gives its type in each mode (`own_rates`).

    Raises:
        UnknownNameError: if a sensor's part does not say what it draws; it names the part.
    """
    part, sensors = load_part(POWER_PART), tuple(sensors)
    supplied = {s.sensor_id: tuple(_is_supplied(part, s, mode) for mode in ALL_MODES) for s in sensors}
    drawn_w = {}
    for sensor in sensors:
        values = PartValues(load_part(sensor.part), sensor.overrides)
        drawn_w[sensor.sensor_id] = tuple(
            mean_power_w(values, _interval_s(part, sensor, mode, own_rates)) if on and sensor.enabled else 0.0
            for mode, on in zip(ALL_MODES, supplied[sensor.sensor_id], strict=True)
        )
    base_w = np.add(part["base.processor"], part["base.radio"])
    total_w = base_w + np.sum([*drawn_w.values()] or np.zeros((1, len(ALL_MODES))), axis=0)
    load_w = tuple(float(watts) for watts in total_w / part["base.efficiency"])
    return DeviceLoads(load_w, drawn_w, supplied)


def _is_supplied(part: Part, sensor: SensorConfig, mode: PowerMode) -> bool:
    if mode is HIBERNATE:
        return sensor.sensor_type in part["watch.types"]
    return sensor.sensor_type not in part[f"shed.{mode.name}"]


def _interval_s(part: Part, sensor: SensorConfig, mode: PowerMode, own_rates: bool) -> float:
    rate = f"rate.{sensor.sensor_type}"
    if not own_rates or rate not in part:
        return sensor.interval_s
    return float(part[rate][_RATE_OF.get(mode.name, _SAVING)])


def device_energy(power: DevicePower, sensors: Iterable[SensorConfig]) -> DeviceEnergy:
    """Energy of a device with these sensors under the panel and battery of a world, over all its ticks.

    The mode follows the charge that the cold lets the device draw, at every hour of the clock, and the modes'
    loads empty the battery: sun, case and the charge at the start are those of the world's own `Energy`.

    Raises:
        UnknownNameError: if a sensor's part does not say what it draws; it names the part.
    """
    loads = device_loads(sensors)
    energy = power.under(loads.load_w[: len(MODES)], knows_cold=True)
    powered = {
        sensor_id: energy.is_powered & np.array(on)[energy.mode]
        for sensor_id, on in loads.is_supplied.items()
    }
    return DeviceEnergy(energy, powered, np.array(loads.load_w)[energy.mode])
