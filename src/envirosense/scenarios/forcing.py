"""Causes over time that a scenario puts into the world, and the world's noise-free answer.

A cause is physical: a power, a resistance, a mass flow, a force. What each sensor makes of it is the
world's business, so one cause reaches every sensor that physics lets it reach.
Arrays over time have one value per tick of the episode.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Literal

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array, Position

type DischargeKind = Literal["corona", "internal", "surface", "floating", "gap", "arc"]
type Phase = Literal["a", "b", "c"]


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
    fault_current_a: Mapping[int, Array] = field(default_factory=dict)  # harmonic -> complex (time, phase)
    neutral_share: Array | None = None  # (time,) of the return current that flows in the neutral
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
class Forcing:
    """Everything one scenario does to the world."""

    heatings: tuple[Heating, ...] = ()
    joints: tuple[JointResistance, ...] = ()
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

    @property
    def is_empty(self) -> bool:
        """Whether nothing acts."""
        return not any(getattr(self, cause.name) for cause in fields(self))

    @property
    def component(self) -> str | None:
        """Component that the cause acts on; None for a scenario without a cause."""
        names = [heating.component for heating in self.heatings] + [joint.component for joint in self.joints]
        names += [d.component for d in self.discharges if d.component is not None]
        names += ["tank_oil"] * bool(self.tanks)
        return names[0] if names else None


@dataclass(frozen=True, slots=True)
class Response:
    """What the world does under one forcing; all arrays are (time,).

    `healthy_k` is the same component in the same weather and load without the forcing.
    """

    component_k: Array
    healthy_k: Array
    air_k: Array
    converted: Array  # fraction of the fuel's dry mass lost as gas and tar
    emission_g_s: Array  # gas and tar leaving the fuel


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a scenario starts from; it may shape the cause, never a reading."""

    grid: TimeGrid
    current_a: Array  # (time,)
    air_k: Array  # (time,)
    components: Mapping[str, Position]
