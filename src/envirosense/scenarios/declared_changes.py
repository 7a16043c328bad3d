"""Causes of a scenario file that change the line, the pole, the weather or the device."""

from typing import Any, ClassVar, Final

import numpy as np

from envirosense.core.config import FrozenModel
from envirosense.core.protocols import Array
from envirosense.scenarios import forcing as f
from envirosense.scenarios.conditions import Conditions
from envirosense.scenarios.declared_places import ComponentName, Name
from envirosense.scenarios.declared_shapes import CourseDefinition
from envirosense.scenarios.declared_values import Number, Scope
from envirosense.scenarios.quantities import unit_of

PHASES: Final = ("a", "b", "c")


class LineDefinition(FrozenModel):
    """What a fault does to the line; a factor is given for all phases or for some of them."""

    current_factor: dict[f.Phase, CourseDefinition] | None = None
    voltage_factor: dict[f.Phase, CourseDefinition] | None = None
    neutral_share: CourseDefinition | None = None
    harmonic_factor: CourseDefinition | None = None

    def build(self, scope: Scope, conditions: Conditions) -> f.LineChange:
        """The cause in an episode."""

        def by_phase(given: dict[Any, Any] | None) -> Array | None:
            if given is None:
                return None
            return np.stack([scope.course(given.get(phase, 1.0)) for phase in PHASES], axis=1)

        return f.LineChange(
            current_factor=by_phase(self.current_factor),
            voltage_factor=by_phase(self.voltage_factor),
            neutral_share=_course(scope, self.neutral_share),
            harmonic_factor=_course(scope, self.harmonic_factor),
        )


class TransformerDefinition(FrozenModel):
    """State of the transformer."""

    load_factor: CourseDefinition | None = None
    internal_w: CourseDefinition | None = None
    oil_level: CourseDefinition | None = None
    saturation: CourseDefinition | None = None

    def build(self, scope: Scope, conditions: Conditions) -> f.Tank:
        """The cause in an episode."""
        return f.Tank(
            load_factor=_course(scope, self.load_factor),
            internal_w=_course(scope, self.internal_w, "W"),
            oil_level=_course(scope, self.oil_level),
            saturation=_course(scope, self.saturation),
        )


class StructureDefinition(FrozenModel):
    """Condition of the pole and its lines."""

    stiffness_factor: CourseDefinition | None = None
    tilt_north_rad: CourseDefinition | None = None
    tilt_east_rad: CourseDefinition | None = None
    tension_factor: CourseDefinition | None = None
    ice_kg_m: CourseDefinition | None = None

    def build(self, scope: Scope, conditions: Conditions) -> f.Structure:
        """The cause in an episode."""
        return f.Structure(
            stiffness_factor=_course(scope, self.stiffness_factor),
            tilt_north_rad=_course(scope, self.tilt_north_rad, "rad"),
            tilt_east_rad=_course(scope, self.tilt_east_rad, "rad"),
            tension_factor=_course(scope, self.tension_factor),
            ice_kg_m=_course(scope, self.ice_kg_m, "kg/m"),
        )


class WeatherDefinition(FrozenModel):
    """Departure from the weather year: added, or a factor."""

    air_k: CourseDefinition | None = None
    dew_point_k: CourseDefinition | None = None
    pressure_pa: CourseDefinition | None = None
    wind_factor: CourseDefinition | None = None
    wind_m_s: CourseDefinition | None = None
    veer_rad: CourseDefinition | None = None
    rain_mm_h: CourseDefinition | None = None
    sun_factor: CourseDefinition | None = None
    cloud_fraction: CourseDefinition | None = None
    UNITS: ClassVar = {
        "air_k": "K", "dew_point_k": "K", "pressure_pa": "Pa", "wind_factor": "1", "wind_m_s": "m/s",
        "veer_rad": "rad", "rain_mm_h": "mm/h", "sun_factor": "1", "cloud_fraction": "1",
    }  # fmt: skip

    def build(self, scope: Scope, conditions: Conditions) -> f.WeatherChange:
        """The cause in an episode."""
        found = {name: _course(scope, getattr(self, name), unit) for name, unit in self.UNITS.items()}
        return f.WeatherChange(**found)


class ImpactDefinition(FrozenModel):
    """A blow on the pole."""

    begin: Number  # fraction of the episode
    impulse_n_s: Number
    duration_s: Number
    height_m: Number
    azimuth_deg: Number = 0.0

    def build(self, scope: Scope, conditions: Conditions) -> f.Impact:
        """The cause in an episode."""
        return f.Impact(
            at_s=scope.number(self.begin) * conditions.grid.duration_s,
            impulse_n_s=scope.number(self.impulse_n_s, unit_of("N s")),
            duration_s=scope.number(self.duration_s, unit_of("s")),
            height_m=scope.number(self.height_m, unit_of("m")),
            azimuth_deg=scope.number(self.azimuth_deg, unit_of("deg")),
        )


class StormDefinition(FrozenModel):
    """A thunderstorm cell that passes."""

    name: Name
    closest: Number  # fraction of the episode at which it is nearest
    closest_m: Number
    bearing_deg: Number
    speed_m_s: Number
    peak_flashes_per_min: Number
    lifetime_s: Number

    def build(self, scope: Scope, conditions: Conditions) -> f.Storm:
        """The cause in an episode."""
        return f.Storm(
            name=self.name,
            closest_s=scope.number(self.closest) * conditions.grid.duration_s,
            closest_m=scope.number(self.closest_m, unit_of("m")),
            bearing_deg=scope.number(self.bearing_deg, unit_of("deg")),
            speed_m_s=scope.number(self.speed_m_s, unit_of("m/s")),
            peak_flashes_per_min=scope.number(self.peak_flashes_per_min, unit_of("1/min")),
            lifetime_s=scope.number(self.lifetime_s, unit_of("s")),
        )


class SurfaceDefinition(FrozenModel):
    """Surface of a component that is not the weathered one."""

    component: ComponentName
    emissivity: Number | None = None
    absorptivity: Number | None = None

    def build(self, scope: Scope, conditions: Conditions) -> f.Surface:
        """The cause in an episode."""
        shares = (None if x is None else scope.number(x) for x in (self.emissivity, self.absorptivity))
        return f.Surface(scope.text(self.component), *shares)


class SensorFaultDefinition(FrozenModel):
    """A fault of one kind of sensor; begin and end are fractions of the episode."""

    sensor_type: Name
    kind: Name
    begin: Number
    end: Number = 1.0
    severity: Number = 1.0

    def build(self, scope: Scope, conditions: Conditions) -> f.SensorFault:
        """The fault in an episode."""
        begin_s, end_s = (scope.number(x) * conditions.grid.duration_s for x in (self.begin, self.end))
        return f.SensorFault(self.sensor_type, self.kind, begin_s, end_s, scope.number(self.severity))


class DeviceDefinition(FrozenModel):
    """What happens to the device; off or silent while the course is at least one half."""

    is_off: CourseDefinition | None = None
    is_silent: CourseDefinition | None = None
    start_charge: Number | None = None
    panel_factor: CourseDefinition | None = None

    def build(self, scope: Scope, conditions: Conditions) -> f.DeviceChange:
        """The change in an episode."""
        off, silent = (_course(scope, course) for course in (self.is_off, self.is_silent))
        return f.DeviceChange(
            is_off=None if off is None else off >= 0.5,
            is_silent=None if silent is None else silent >= 0.5,
            start_charge=None if self.start_charge is None else scope.number(self.start_charge),
            panel_factor=_course(scope, self.panel_factor),
        )


def _course(scope: Scope, course: Any, unit: str = "1") -> Array | None:
    return None if course is None else scope.course(course, unit_of(unit))
