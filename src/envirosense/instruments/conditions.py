"""What surrounds a sensor while it works, and the world it reads."""

from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import AirField, Array, GasField, Position, SunField


class SensorWorld(AirField, GasField, SunField, Protocol):
    """A block of a world in which instruments of this package can stand."""

    first_tick: int


@runtime_checkable
class RainField(Protocol):
    """Rain, over the ticks of a block; a world without it is dry."""

    def rain_mm_h(self) -> Array:
        """Rain rate, (time,) [mm/h]."""
        ...


@runtime_checkable
class BodyField(Protocol):
    """Temperature inside the device, over the ticks of a block; without it devices are like the air."""

    def board_k(self) -> Array:
        """Temperature of the board inside the device, (time,) [K]."""
        ...


@runtime_checkable
class KeepsConditions(Protocol):
    """A block of a world that never changes, where sensors at one place need to ask only once."""

    kept_conditions: "dict[Position, Conditions]"


_OPTIONAL = ("rain_mm_h", "inside_k", "on_s")


@dataclass(frozen=True, slots=True)
class Conditions:
    """Surroundings at the sensor over one block; arrays are (time,).

    `first_tick` counts from the start of the episode, `t_s` likewise [s]; air temperature [K],
    relative humidity 0..1, static pressure [Pa], wind speed [m/s], global irradiance [W/m2],
    rain [mm/h]. A reading's white noise is that of a mean over `averaged_s`, or over a tick where
    that is longer. `inside_k` is the device's board [K] and `on_s` the time since the sensor was switched
    on [s]; None for a body like air and for a sensor long on.
    """

    first_tick: int
    dt_s: float
    t_s: Array
    air_k: Array
    relative_humidity: Array
    pressure_pa: Array
    wind_m_s: Array
    ghi_w_m2: Array
    rain_mm_h: Array | None = None
    averaged_s: float = 0.0
    inside_k: Array | None = None
    on_s: Array | None = None

    def at(self, rows: npt.NDArray[np.intp]) -> "Conditions":
        """The same at some of the ticks."""
        arrays = {
            name: value[rows]
            for name in (
                "t_s",
                "air_k",
                "relative_humidity",
                "pressure_pa",
                "wind_m_s",
                "ghi_w_m2",
                *_OPTIONAL,
            )
            if (value := getattr(self, name)) is not None
        }
        return replace(self, **arrays)

    @property
    def body_k(self) -> Array:
        """Temperature of the electronics inside the device, (time,) [K]."""
        return self.air_k if self.inside_k is None else self.inside_k


def conditions_at(
    world: SensorWorld, at: Position, averaged_s: float = 0.0, on_s: Array | None = None
) -> Conditions:
    """Surroundings at a place over the ticks of a world block, for readings averaged over a time."""
    if not isinstance(world, KeepsConditions):
        return replace(_asked(world, at), averaged_s=averaged_s, on_s=on_s)
    if at not in world.kept_conditions:
        world.kept_conditions[at] = _asked(world, at)
    return replace(world.kept_conditions[at], averaged_s=averaged_s, on_s=on_s)


def _asked(world: SensorWorld, at: Position) -> Conditions:
    u, v, w = (np.ascontiguousarray(axis) for axis in world.wind_m_s(at).T)
    dt_s = world.grid.dt_s
    return Conditions(
        first_tick=world.first_tick,
        dt_s=dt_s,
        t_s=np.arange(world.first_tick, world.first_tick + world.grid.n) * np.float64(dt_s),
        air_k=np.ascontiguousarray(world.air_k(at)),
        relative_humidity=np.ascontiguousarray(world.relative_humidity(at)),
        pressure_pa=np.ascontiguousarray(world.pressure_pa(at)),
        wind_m_s=np.sqrt(u * u + v * v + w * w),
        ghi_w_m2=np.ascontiguousarray(world.irradiance_w_m2()),
        rain_mm_h=world.rain_mm_h() if isinstance(world, RainField) else None,
        inside_k=np.ascontiguousarray(world.board_k()) if isinstance(world, BodyField) else None,
    )
