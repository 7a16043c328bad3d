"""Causes over time that a scenario puts into the world.

A cause is physical: a power, a resistance, a mass flow, a force. What each sensor makes of it is the
world's business, so one cause reaches every sensor that physics lets it reach.
Arrays over time have one value per tick of the episode.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Literal

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array, Phasors, Position

type DischargeKind = Literal["corona", "internal", "surface", "floating", "gap", "arc"]
type Phase = Literal["a", "b", "c"]
type Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Heating:
    """Heat put into a component by something outside the heat network, (time,) [W]."""

    component: str
    power_w: Array


@dataclass(frozen=True, slots=True)
class JointResistance:
    """Contact resistance of a current-carrying joint at 20 degC, (time,) [ohm]."""

    component: str
    resistance_ohm: Array


@dataclass(frozen=True, slots=True)
class Surface:
    """Surface of a component through the whole episode, where it is not the weathered one; None leaves it."""

    component: str
    emissivity: float | None = None  # long wave: heat balance and the camera's band
    absorptivity: float | None = None  # of sunlight


@dataclass(frozen=True, slots=True)
class Mirror:
    """Flat smooth metal on a component, which throws an image of the sun one way."""

    component: str
    normal: Position  # unit vector east, north, up
    area_m2: float
    reflectance: float  # specular, 8 to 14 um
    slope_rad: float  # standard deviation of its slopes along one axis, which widens the beam


@dataclass(frozen=True, slots=True)
class WoodFuel:
    """Dry wood in contact with a component, which pyrolyses as the component heats."""

    component: str
    dry_mass_g: float
    yield_scale: float  # factor on every volatile yield


@dataclass(frozen=True, slots=True)
class Emission:
    """Gas and particles leaving one place; it disperses with the wind."""

    name: str  # tells its random streams from those of other sources
    at: Position
    gas_g_s: Mapping[str, Array]  # by species
    particle_g_s: Mapping[str, Array] = field(default_factory=dict)  # dry mass, by aerosol of parts/aerosols
    heat_w: Array | None = None  # convected heat, which lifts the plume
    size_m: float = 0.25  # standard deviation of the source region


@dataclass(frozen=True, slots=True)
class AirMass:
    """Air that arrives from far away, the same at every point of the site: smoke, dust, pollen, fog."""

    name: str
    gas_ppb: Mapping[str, Array]  # added to the background, by species
    particle_ug_m3: Mapping[str, Array] = field(default_factory=dict)  # dry mass, by aerosol


@dataclass(frozen=True, slots=True)
class Discharge:
    """Electrical discharge: light, sound, radio noise, heat and chemistry follow from its power."""

    name: str
    at: Position
    kind: DischargeKind
    power_w: Array  # electrical, mean over the tick
    pulses_per_s: Array
    charge_c: float  # apparent charge of a typical pulse
    phase: Phase = "a"
    component: str | None = None  # takes up `heat_share` of the power
    heat_share: float = 0.0


@dataclass(frozen=True, slots=True)
class LineChange:
    """What a fault does to the currents and voltages of the line at this pole.

    Factors act on what load and unbalance give; fault currents are added, rms phasors by harmonic order
    against the voltage of the phase they leave.
    """

    current_factor: Array | None = None  # (time, phase)
    voltage_factor: Array | None = None  # (time, phase)
    fault_current_a: Mapping[int, Phasors] = field(default_factory=dict)  # harmonic -> complex (time, phase)
    neutral_share: Array | None = None  # (time,) of the return current, most that the neutral carries
    harmonic_factor: Array | None = None  # (time,) on the current's distortion


@dataclass(frozen=True, slots=True)
class Tank:
    """State of the transformer that no load explains."""

    load_factor: Array | None = None  # (time,) on the unit's load
    internal_w: Array | None = None  # (time,) heat of a fault inside, into the oil
    oil_level: Array | None = None  # (time,) of the tank's height, 1 when full
    saturation: Array | None = None  # (time,) exciting current over its normal value


@dataclass(frozen=True, slots=True)
class Impact:
    """A blow on the pole."""

    at_s: float  # since the episode's start
    impulse_n_s: float
    duration_s: float
    height_m: float
    azimuth_deg: float  # direction of the push, clockwise from north


@dataclass(frozen=True, slots=True)
class Structure:
    """Condition of the pole and its lines; every field is (time,), None leaves it sound."""

    stiffness_factor: Array | None = None  # of the pole's modulus
    tilt_north_rad: Array | None = None
    tilt_east_rad: Array | None = None
    tension_factor: Array | None = None  # of the conductors
    ice_kg_m: Array | None = None  # on the conductors


@dataclass(frozen=True, slots=True)
class Noise:
    """Something that sounds at a place: traffic, insects, a mower."""

    name: str
    at: Position
    power_level_db: Array  # (time, band) re 1 pW, bands of physics.acoustics.BANDS
    modulation_hz: float = 0.0  # of the envelope
    modulation_depth: float = 0.0


@dataclass(frozen=True, slots=True)
class WeatherChange:
    """Departure from the weather year; every field is (time,), None leaves it alone."""

    air_k: Array | None = None  # added
    dew_point_k: Array | None = None  # added
    pressure_pa: Array | None = None  # added
    wind_factor: Array | None = None
    wind_m_s: Array | None = None  # added to the mean wind at 10 m, after the factor
    veer_rad: Array | None = None  # added to the direction that the wind comes from, clockwise
    rain_mm_h: Array | None = None  # added
    sun_factor: Array | None = None  # on all three irradiances
    cloud_fraction: Array | None = None  # added


@dataclass(frozen=True, slots=True)
class Storm:
    """A thunderstorm cell that moves past the pole in a straight line."""

    name: str
    closest_s: float  # when its centre is nearest, since the episode's start
    closest_m: float  # how near
    bearing_deg: float  # direction from the pole to the nearest point, clockwise from north
    speed_m_s: float
    peak_flashes_per_min: float
    lifetime_s: float  # from first to last flash, centred on closest_s


@dataclass(frozen=True, slots=True)
class SensorFault:
    """A fault of one kind of sensor on the device, from `begin_s` to `end_s` of the episode."""

    sensor_type: str
    kind: str  # one of the sensor's own fault kinds
    begin_s: float
    end_s: float
    severity: float = 1.0


@dataclass(frozen=True, slots=True)
class DeviceChange:
    """What happens to the device as a whole; every array is (time,), None leaves it alone."""

    is_off: Flags | None = None  # no sensor has power: a restart
    is_silent: Flags | None = None  # sensors work, nothing they say arrives
    start_charge: float | None = None  # of the battery at the episode's start, 0..1
    panel_factor: Array | None = None  # on the sunlight that reaches the panel's cells

    @property
    def changes_energy(self) -> bool:
        """Whether the device's own energy answers, which the world keeps."""
        return self.start_charge is not None or self.panel_factor is not None


@dataclass(frozen=True, slots=True)
class Forcing:
    """Everything one scenario does to the world, or to the device that watches it.

    `setting` is weather that the happening needs and does not make: it holds in the world without the cause
    too, so that no sensor is said to see the event because it sees the weather.
    `acts_on` names the component whose temperature answers; None takes the first that a cause names.
    `states` say what labels need to know of the cause and the world does not answer, each (time,), in SI
    units by suffix, such as `arc_power_w`. They are stored, so that labels can be made again.
    """

    heatings: tuple[Heating, ...] = ()
    joints: tuple[JointResistance, ...] = ()
    surfaces: tuple[Surface, ...] = ()
    mirrors: tuple[Mirror, ...] = ()
    fuels: tuple[WoodFuel, ...] = ()
    emissions: tuple[Emission, ...] = ()
    air_masses: tuple[AirMass, ...] = ()
    discharges: tuple[Discharge, ...] = ()
    line: tuple[LineChange, ...] = ()
    tanks: tuple[Tank, ...] = ()
    impacts: tuple[Impact, ...] = ()
    structures: tuple[Structure, ...] = ()
    noises: tuple[Noise, ...] = ()
    weather: tuple[WeatherChange, ...] = ()
    storms: tuple[Storm, ...] = ()
    sensor_faults: tuple[SensorFault, ...] = ()
    device: tuple[DeviceChange, ...] = ()
    setting: tuple[WeatherChange, ...] = ()
    acts_on: str | None = None
    states: Mapping[str, Array] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing acts on the world; faults of the device leave all but its energy alone."""
        acts = any(getattr(self, name) for name in WORLD_CAUSES)
        return not (acts or any(change.changes_energy for change in self.device))

    @property
    def component(self) -> str | None:
        """Component that the cause acts on; None where it acts on none."""
        if self.acts_on is not None:
            return self.acts_on
        names = [heating.component for heating in self.heatings] + [joint.component for joint in self.joints]
        names += [d.component for d in self.discharges if d.component is not None]
        names += ["tank_oil"] * bool(self.tanks)
        return names[0] if names else None


DEVICE_CAUSES = ("sensor_faults", "device")
WORLD_CAUSES = tuple(
    cause.name
    for cause in fields(Forcing)
    if cause.name not in (*DEVICE_CAUSES, "setting", "acts_on", "states")
)
