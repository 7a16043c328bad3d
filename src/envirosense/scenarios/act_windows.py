"""The part of an episode in which one act of a composed scenario takes place.

An act is written for an episode of its own, so it is given the weather and load of its window alone. What it
does is then laid into the whole episode: a table says of every field of a cause what holds outside.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.physics.air.weather import WeatherSeries
from envirosense.physics.light.sunlight import SunTrack
from envirosense.scenarios.conditions import Conditions, Response
from envirosense.scenarios.forcing import (
    AirMass,
    DeviceChange,
    Discharge,
    Emission,
    Forcing,
    Heating,
    Impact,
    JointResistance,
    LineChange,
    Mirror,
    Noise,
    SensorFault,
    Storm,
    Structure,
    Surface,
    Tank,
    WeatherChange,
    WoodFuel,
)
from envirosense.scenarios.labels import EventLabels

SILENT_DB: Final = -200.0  # re 1 pW, far below any ear; numerical choice
# States that stay as the act left them, damage and not flow: by unit, or by a word in their name
LASTING_UNITS: Final = ("ohm", "rad", "m", "kg")
LASTING_WORDS: Final = frozenset(
    {"stiffness", "tension", "level", "lost", "covered", "looseness", "deposit", "charred"}
)
LASTING_NAMES: Final = frozenset({"down"})  # a wire on the ground, not a link


@dataclass(frozen=True, slots=True)
class Window:
    """Ticks `first` to before `stop` of an episode."""

    grid: TimeGrid
    first: int
    stop: int

    @classmethod
    def of(cls, grid: TimeGrid, begin: float, end: float) -> "Window":
        """Window between two fractions of an episode, at least one tick long."""
        first = min(round(begin * grid.n), grid.n - 1)
        return cls(grid, first, max(round(end * grid.n), first + 1))

    @property
    def ticks(self) -> slice:
        """Ticks of the window."""
        return slice(self.first, self.stop)

    @property
    def begin_s(self) -> float:
        """Its start since that of the episode [s]."""
        return self.first * self.grid.dt_s

    def conditions(self, whole: Conditions) -> Conditions:
        """What the act starts from: weather and load of the window, as if it were an episode."""
        return replace(
            whole,
            grid=self._grid(self.stop),
            current_a=whole.current_a[self.ticks],
            weather=self._cut(whole.weather),
            hour_local=whole.hour_local[self.ticks],
            sun=self._cut(whole.sun),
        )

    @property
    def label_grid(self) -> TimeGrid:
        """From the window's start to the episode's end: what an act leaves hot stays labelled."""
        return self._grid(self.grid.n)

    def response(self, whole: Response) -> Response:
        """The world's answer over `label_grid`."""
        cut = {f.name: getattr(whole, f.name)[self.first :] for f in fields(whole) if f.name != "states"}
        states = {name: values[self.first :] for name, values in whole.states.items()}
        return Response(**cut, states=states)

    def event(self, event: EventLabels) -> EventLabels:
        """An event over `label_grid` as one of the whole episode: nothing before the window."""
        courses = ("active", "stage", "severity", "progress", "ignited")
        padded: dict[str, Any] = {name: self._after_nothing(getattr(event, name)) for name in courses}
        return replace(event, **padded)

    def _after_nothing(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.concatenate([np.zeros(self.first, values.dtype), values])

    def _cut[T: (WeatherSeries, SunTrack)](self, series: T) -> T:
        return replace(series, **{f.name: getattr(series, f.name)[self.ticks] for f in fields(series)})

    def _grid(self, stop: int) -> TimeGrid:
        start_utc = self.grid.start_utc + timedelta(seconds=self.begin_s)
        return TimeGrid(start_utc=start_utc, dt_s=self.grid.dt_s, n=stop - self.first)


@dataclass(frozen=True, slots=True)
class Course:
    """What a field over time is outside its window: `neutral`, or the act's first or last value held."""

    neutral: float
    before: Literal["neutral", "held"] = "neutral"
    after: Literal["neutral", "held"] = "neutral"


KEPT: Final = "kept"  # the same whatever the window
NAMED: Final = "named"  # prefixed with the act's name: it names random streams
MOMENT: Final = "moment"  # seconds since the start, of the act and then of the episode
type Rule = Course | Literal["kept", "named", "moment"]

NOTHING: Final = Course(0.0)
UNCHANGED: Final = Course(1.0)
DAMAGE: Final = Course(1.0, before="held", after="held")  # grows slowly, and nobody mends it in an episode
SHIFT: Final = Course(0.0, before="held", after="held")
SWITCHED: Final = Course(1.0, after="held")  # a line that an act leaves dead stays dead
LEFT_BEHIND: Final = Course(0.0, after="held")

OUTSIDE: Final[Mapping[type[Any], Mapping[str, Rule]]] = {
    Heating: {"component": KEPT, "power_w": NOTHING},
    JointResistance: {"component": KEPT, "resistance_ohm": DAMAGE},
    Surface: {"component": KEPT, "emissivity": KEPT, "absorptivity": KEPT},
    Mirror: {
        "component": KEPT, "normal": KEPT, "area_m2": KEPT, "reflectance": KEPT, "slope_rad": KEPT,
    },
    WoodFuel: {"component": KEPT, "dry_mass_g": KEPT, "yield_scale": KEPT},
    Emission: {
        "name": NAMED, "at": KEPT, "gas_g_s": NOTHING, "particle_g_s": NOTHING, "heat_w": NOTHING,
        "size_m": KEPT,
    },
    AirMass: {"name": NAMED, "gas_ppb": NOTHING, "particle_ug_m3": NOTHING},
    Discharge: {
        "name": NAMED, "at": KEPT, "kind": KEPT, "power_w": NOTHING, "pulses_per_s": NOTHING,
        "charge_c": KEPT, "phase": KEPT, "component": KEPT, "heat_share": KEPT,
    },
    LineChange: {
        "current_factor": SWITCHED, "voltage_factor": SWITCHED, "fault_current_a": NOTHING,
        "neutral_share": SWITCHED, "harmonic_factor": UNCHANGED,
    },
    Tank: {
        "load_factor": UNCHANGED, "internal_w": NOTHING, "oil_level": DAMAGE, "saturation": UNCHANGED,
    },
    Impact: {
        "at_s": MOMENT, "impulse_n_s": KEPT, "duration_s": KEPT, "height_m": KEPT, "azimuth_deg": KEPT,
    },
    Structure: {
        "stiffness_factor": DAMAGE, "tilt_north_rad": SHIFT, "tilt_east_rad": SHIFT,
        "tension_factor": DAMAGE, "ice_kg_m": LEFT_BEHIND,
    },
    Noise: {
        "name": NAMED, "at": KEPT, "power_level_db": Course(SILENT_DB), "modulation_hz": KEPT,
        "modulation_depth": KEPT,
    },
    WeatherChange: {
        "air_k": NOTHING, "dew_point_k": NOTHING, "pressure_pa": NOTHING, "wind_factor": UNCHANGED,
        "wind_m_s": NOTHING, "veer_rad": NOTHING, "rain_mm_h": NOTHING, "sun_factor": UNCHANGED,
        "cloud_fraction": NOTHING,
    },
    Storm: {
        "name": NAMED, "closest_s": MOMENT, "closest_m": KEPT, "bearing_deg": KEPT, "speed_m_s": KEPT,
        "peak_flashes_per_min": KEPT, "lifetime_s": KEPT,
    },
    SensorFault: {
        "sensor_type": KEPT, "kind": KEPT, "begin_s": MOMENT, "end_s": MOMENT, "severity": KEPT,
    },
    DeviceChange: {
        "is_off": NOTHING, "is_silent": NOTHING, "start_charge": KEPT, "panel_factor": SWITCHED,
    },
}  # fmt: skip


def placed(forcing: Forcing, window: Window, act: str) -> Forcing:
    """An act's forcing laid into the whole episode, its random streams called after the act."""
    causes: dict[str, Any] = {
        f.name: tuple(_placed_cause(cause, window, act) for cause in found)
        for f in fields(forcing)
        if isinstance(found := getattr(forcing, f.name), tuple)
    }
    states = {name: _over(values, _of_state(name, values), window) for name, values in forcing.states.items()}
    return replace(forcing, **causes, states=states)


def _placed_cause[T](cause: T, window: Window, act: str) -> T:
    rules = OUTSIDE[type(cause)]
    new: dict[str, Any] = {}
    for name, rule in rules.items():
        value = getattr(cause, name)
        if value is None or rule == KEPT:
            continue
        if rule == NAMED:
            new[name] = f"{act}.{value}"
        elif rule == MOMENT:
            new[name] = value + window.begin_s
        elif isinstance(rule, Course):
            new[name] = _each(value, rule, window)
    return replace(cause, **new)  # type: ignore[type-var]


def _each(value: Any, rule: Course, window: Window) -> Any:
    if isinstance(value, Mapping):
        return {key: _over(course, rule, window) for key, course in value.items()}
    return _over(value, rule, window)


def _over(values: Array, rule: Course, window: Window) -> Array:
    before = values[:1] if rule.before == "held" else np.full_like(values[:1], rule.neutral)
    after = values[-1:] if rule.after == "held" else np.full_like(values[:1], rule.neutral)
    lead, tail = window.first, window.grid.n - window.stop
    return np.concatenate([np.repeat(before, lead, axis=0), values, np.repeat(after, tail, axis=0)])


def _of_state(name: str, values: Array) -> Course:
    """Damage stays; anything else is again what it was before the act began to move it."""
    words = name.split("_")
    lasts = words[-1] in LASTING_UNITS or name in LASTING_NAMES or not LASTING_WORDS.isdisjoint(words)
    return Course(float(values[0]), before="held", after="held" if lasts else "neutral")
