"""Which functions make up each module of the world, so that a stopwatch can tell them apart.

A field's whole class belongs to its module, whoever asks it first. Time that a module spends inside another,
as a sound in the wind, is booked to the other one.
"""

import inspect
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

from envirosense.pole import run, settled, state, world
from envirosense.pole.atmosphere import Atmosphere
from envirosense.pole.fields.aerosols import Aerosols
from envirosense.pole.fields.electric import LineFields
from envirosense.pole.fields.motion import PoleMotion
from envirosense.pole.fields.power import DevicePower
from envirosense.pole.fields.sound import SoundScape
from envirosense.pole.fields.thunderstorms import Thunderstorms
from envirosense.pole.heat import heating
from envirosense.pole.heat.heating import HeatHistory
from envirosense.pole.matter import gases
from envirosense.pole.matter.gases import Background, GasField
from envirosense.pole.matter.plumes import PoleAir
from envirosense.pole.settled import Settled
from envirosense.pole.state import Environment3DState
from envirosense.pole.world import EnvironmentOrchestrator

type Place = tuple[Any, str]  # a class or module, and the name of what is timed in it
type Timer = Callable[[Callable[..., Any]], Callable[..., Any]]

MODULES: dict[str, tuple[Any, ...]] = {
    "air": (
        (world, "make_atmosphere"),
        (settled, "_air"),
        Atmosphere,
        (Settled, "wind_m_s"),
        (Settled, "pressure_pa"),
        (Settled, "cloud_drift_m_s"),
    ),
    "weather year and load": (
        (run, "weather_year"),
        (EnvironmentOrchestrator, "current_a"),
    ),
    "sun": ((EnvironmentOrchestrator, "sun"), (heating, "sun_at"), (Environment3DState, "sun_direction")),
    "heat network": (
        (settled, "build_components"),
        (world, "build_components"),
        (settled, "heat_history"),
        (settled, "drive_under"),
        HeatHistory,
        (Settled, "at_ticks"),
        (Environment3DState, "component_k"),
    ),
    "wood and discharge chemistry": ((settled, "burning_wood"), (settled, "discharge_outflow")),
    "gas plumes": (GasField, PoleAir, (gases, "carry")),
    "gas background": (Background,),
    "particles": (Aerosols,),
    "line fields": (LineFields,),
    "sound": (SoundScape,),
    "motion": (PoleMotion,),
    "lightning": (Thunderstorms,),
    "energy of the device": (DevicePower,),
    "scene and view": ((state, "site_view"), (state, "view_radiance_w_m2_sr")),
}


def places(module: str) -> Iterator[Place]:
    """Everything that is timed for a module: the functions named, and of a class all that it defines."""
    for entry in MODULES[module]:
        if inspect.isclass(entry):
            yield from ((entry, name) for name, member in vars(entry).items() if _is_timed(name, member))
        else:
            yield entry


def _is_timed(name: str, member: object) -> bool:
    is_asked = name == "__init__" or not name.startswith("_")
    return is_asked and (inspect.isfunction(member) or isinstance(member, property | cached_property))


def timed_member(owner: Any, name: str, timer: Timer) -> Any:
    """A function or property that does the same and is timed."""
    member = inspect.getattr_static(owner, name)
    if isinstance(member, cached_property):
        timed = cached_property(timer(member.func))
        timed.__set_name__(owner, name)
        return timed
    return property(timer(member.fget)) if isinstance(member, property) else timer(member)
