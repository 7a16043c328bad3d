"""Where the pole's world is defined, and what may be put into it.

A cause is checked when it is added, so a mistake is named before anything is simulated.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from types import MappingProxyType
from typing import Any, Final, get_args

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Position
from envirosense.core.species import species
from envirosense.physics.electric.harmonics import HARMONICS
from envirosense.physics.sound.acoustics import BANDS
from envirosense.pole.heat.components import Components
from envirosense.pole.matter.aerosol_parts import aerosol_kind
from envirosense.pole.site import Site
from envirosense.scenarios import Discharge, Emission, Forcing, Noise
from envirosense.scenarios.forcing import DischargeKind, Phase

REACH_M: Final = 3000.0  # horizontally from the pole; plume laws are checked to 800 m
TOP_M: Final = 200.0  # surface-layer laws end about here
PHASES: Final = 3
# Greatest size of a course, where physics or the kernels' numbers end; all assumed
GREATEST: Final[Mapping[str, float]] = MappingProxyType(
    {
        "power_w": 1e9, "resistance_ohm": 1e6, "heat_w": 1e9, "gas_g_s": 1e5, "particle_g_s": 1e5,
        "gas_ppb": 1e8, "particle_ug_m3": 1e8, "pulses_per_s": 1e9, "power_level_db": 200.0,
        "current_factor": 100.0, "voltage_factor": 3.0, "fault_current_a": 1e5, "neutral_share": 1.0,
        "harmonic_factor": 20.0, "load_factor": 20.0, "internal_w": 1e9, "oil_level": 1.0, "saturation": 1e3,
        "stiffness_factor": 10.0, "tilt_north_rad": 1.6, "tilt_east_rad": 1.6, "tension_factor": 10.0,
        "ice_kg_m": 50.0, "air_k": 60.0, "dew_point_k": 60.0, "pressure_pa": 2e4, "wind_m_s": 70.0,
        "wind_factor": 10.0, "rain_mm_h": 1e3, "sun_factor": 3.0, "cloud_fraction": 1.0, "veer_rad": 20.0,
    }
)  # fmt: skip
# Fields of a change of the weather that may lower what they are added to
DEPARTURES: Final = (
    "air_k", "dew_point_k", "pressure_pa", "wind_m_s", "veer_rad", "rain_mm_h", "cloud_fraction",
)  # fmt: skip


def require_inside(at: Position, field: str = "at") -> None:
    """Refuse a point outside the world.

    Raises:
        ConfigError: if it is not three finite numbers, under ground, too high or too far away.
    """
    try:
        point = np.asarray(at, dtype=np.float64)
    except (TypeError, ValueError):
        point = np.empty(0)
    if point.shape != (3,) or not np.all(np.isfinite(point)):
        raise ConfigError(
            field, point.shape if point.ndim > 1 else at, "needs three finite coordinates east, north, up [m]"
        )
    east, north, up = point.tolist()
    if not 0.0 <= up <= TOP_M:
        raise ConfigError(field, at, f"height must lie within 0 to {TOP_M:g} m above ground")
    if max(abs(east), abs(north)) > REACH_M:
        raise ConfigError(field, at, f"must lie within {REACH_M:g} m east and north of the pole")


def require_new_names(forcing: Forcing, others: Iterable[Forcing]) -> None:
    """Refuse a cause whose name another one has: they would share their random streams.

    Raises:
        ConfigError: naming the cause.
    """
    taken = {pair for other in others for pair in _names(other)}
    for kind, name in _names(forcing):
        if (kind, name) in taken:
            raise ConfigError(f"{kind}.name", name, "is taken by another cause; choose another name")
        taken.add((kind, name))


def _names(forcing: Forcing) -> list[tuple[str, str]]:
    plumes = [cause.name for cause in forcing.emissions]
    plumes += [cause.name for cause in forcing.discharges]
    plumes += [fuel.component.removesuffix("_wood") for fuel in forcing.fuels]
    noises = [cause.name for cause in forcing.noises]
    storms = [cause.name for cause in forcing.storms]
    kinds = (("source", plumes), ("noise", noises), ("storm", storms))
    return [(kind, name) for kind, names in kinds for name in names]


def require_fuels(forcing: Forcing) -> None:
    """Refuse wood of no mass, before a heat network is built on it.

    Raises:
        ConfigError: naming the fuel.
    """
    for fuel in forcing.fuels:
        require_positive(f"{fuel.component}.dry_mass_g", fuel.dry_mass_g)
        require_positive(f"{fuel.component}.yield_scale", fuel.yield_scale)


def require_generator(rng: object) -> None:
    """Refuse anything but a generator of random numbers.

    Raises:
        ConfigError: for a seed, for example.
    """
    if not isinstance(rng, np.random.Generator):
        raise ConfigError("rng", rng, "needs a generator; make one with np.random.default_rng(seed)")


def gas_names(species_names: Sequence[str]) -> tuple[str, ...]:
    """Own names of gases called by names or aliases.

    Raises:
        UnknownNameError: if no gas has a name.
        ConfigError: if the names are one text.
    """
    if isinstance(species_names, str):
        raise ConfigError("species", species_names, f"give a tuple of names: ({species_names!r},)")
    return tuple(species(name).name for name in species_names)


def require_possible(forcing: Forcing, grid: TimeGrid, components: Components, site: Site) -> None:
    """Refuse a cause that cannot act on this world.

    Raises:
        UnknownNameError: if it names a component, joint, gas or aerosol that does not exist.
        ConfigError: if a place, a number or the shape of a course cannot be used; the message says which.
    """
    for name, values, shape, lowest in _courses(forcing, grid.n):
        _require_course(name, values, shape, lowest)
    for name, at in _places(forcing):
        require_inside(at, name)
    _require_components(forcing, components)
    for emission in forcing.emissions:
        _require_matter(emission.name, emission.gas_g_s, emission.particle_g_s)
        require_positive(f"{emission.name}.size_m", emission.size_m)
    for mass in forcing.air_masses:
        _require_matter(mass.name, mass.gas_ppb, mass.particle_ug_m3)
    if forcing.tanks and not site.has_transformer:
        raise ConfigError("tanks", "no transformer", "this site has none; choose one that has")
    for discharge in forcing.discharges:
        require_positive(f"{discharge.name}.charge_c", discharge.charge_c)
        _require_known(f"{discharge.name}.kind", discharge.kind, get_args(DischargeKind.__value__))
        _require_known(f"{discharge.name}.phase", discharge.phase, get_args(Phase.__value__))
        require_within(f"{discharge.name}.heat_share", discharge.heat_share, 0.0, 1.0)
    _require_moments(forcing, grid.duration_s, site.pole_height_m)
    for order in (order for change in forcing.line for order in change.fault_current_a):
        _require_known("line.fault_current_a", order, HARMONICS)
    for noise in forcing.noises:
        require_within(f"{noise.name}.modulation_hz", noise.modulation_hz, 0.0, 1e3)
        require_within(f"{noise.name}.modulation_depth", noise.modulation_depth, 0.0, 1.0)


def _require_moments(forcing: Forcing, duration_s: float, pole_height_m: float) -> None:
    """Blows and storms."""
    for impact in forcing.impacts:
        require_positive("impact.impulse_n_s", impact.impulse_n_s)
        require_positive("impact.duration_s", impact.duration_s)
        require_within("impact.at_s", impact.at_s, 0.0, duration_s)
        require_within("impact.height_m", impact.height_m, 0.0, pole_height_m)
        require_within("impact.azimuth_deg", impact.azimuth_deg, -720.0, 720.0)
    for storm in forcing.storms:
        require_within(f"{storm.name}.closest_s", storm.closest_s, -1e6, 1e6)
        require_within(f"{storm.name}.closest_m", storm.closest_m, 0.0, 1e6)
        require_within(f"{storm.name}.bearing_deg", storm.bearing_deg, -720.0, 720.0)
        for field in ("speed_m_s", "peak_flashes_per_min", "lifetime_s"):
            require_positive(f"{storm.name}.{field}", getattr(storm, field))


type Course = tuple[str, Any, tuple[int, ...], float]  # name, values, shape, lowest value


def _courses(forcing: Forcing, n: int) -> Iterator[Course]:
    free = -np.inf
    for heating in forcing.heatings:
        yield f"{heating.component}.power_w", heating.power_w, (n,), 0.0
    for joint in forcing.joints:
        yield f"{joint.component}.resistance_ohm", joint.resistance_ohm, (n,), 0.0
    for emission in forcing.emissions:
        yield from _each(emission.name, "gas_g_s", emission.gas_g_s, n)
        yield from _each(emission.name, "particle_g_s", emission.particle_g_s, n)
        if emission.heat_w is not None:
            yield f"{emission.name}.heat_w", emission.heat_w, (n,), 0.0
    for mass in forcing.air_masses:
        yield from _each(mass.name, "gas_ppb", mass.gas_ppb, n)
        yield from _each(mass.name, "particle_ug_m3", mass.particle_ug_m3, n)
    for discharge in forcing.discharges:
        yield f"{discharge.name}.power_w", discharge.power_w, (n,), 0.0
        yield f"{discharge.name}.pulses_per_s", discharge.pulses_per_s, (n,), 0.0
    for noise in forcing.noises:
        yield f"{noise.name}.power_level_db", noise.power_level_db, (n, len(BANDS)), free
    for change in forcing.line:
        yield from _set("line", change, {"current_factor": (n, PHASES), "voltage_factor": (n, PHASES)}, (n,))
        for order, current in change.fault_current_a.items():
            yield f"line.fault_current_a[{order}]", current, (n, PHASES), free
    for kind, causes in (("tank", forcing.tanks), ("structure", forcing.structures)):
        for cause in causes:
            yield from _set(kind, cause, {}, (n,), ("tilt_north_rad", "tilt_east_rad"))
    for weather in (*forcing.weather, *forcing.setting):
        yield from _set("weather", weather, {}, (n,), DEPARTURES)


def _each(name: str, field: str, courses: Mapping[str, Any], n: int) -> Iterator[Course]:
    for key, values in courses.items():
        yield f"{name}.{field}[{key}]", values, (n,), 0.0


def _set(
    kind: str,
    cause: Any,
    shapes: Mapping[str, tuple[int, ...]],
    default: tuple[int, ...],
    signed: tuple[str, ...] = (),
) -> Iterator[Course]:
    """Courses of a cause whose fields are arrays or None."""
    for field in fields(cause):
        values = getattr(cause, field.name)
        if values is None or isinstance(values, Mapping):
            continue
        lowest = -np.inf if field.name in signed else 0.0
        yield f"{kind}.{field.name}", values, shapes.get(field.name, default), lowest


def _require_course(name: str, values: Any, shape: tuple[int, ...], lowest: float) -> None:
    if not isinstance(values, np.ndarray) or values.dtype.kind not in _number_kinds(name):
        raise ConfigError(name, type(values).__name__, "needs a numpy array of numbers; use np.array")
    course: npt.NDArray[Any] = values
    if course.shape != shape:
        per = {(): "tick", (PHASES,): "tick and phase", (len(BANDS),): "tick and band"}[shape[1:]]
        raise ConfigError(name, course.shape, f"needs the shape {shape}: one value per {per}")
    if not np.all(np.isfinite(course)):
        raise ConfigError(name, "not finite", "needs finite numbers")
    if np.isfinite(lowest) and np.any(course < lowest):
        raise ConfigError(name, float(course.min()), f"must not fall below {lowest:g}")
    greatest = GREATEST[name.rsplit(".", 1)[-1].split("[")[0]]
    both_ways = lowest < 0.0 and not name.endswith("power_level_db")  # any silence is one
    if np.any((np.abs(course) if both_ways else course) > greatest):
        raise ConfigError(name, float(np.abs(course).max()), f"must not exceed {greatest:g}")


def _number_kinds(name: str) -> str:
    """Kinds of numpy's types that a course may have; only currents of faults are phasors."""
    return "biufc" if ".fault_current_a" in name else "biuf"


def _places(forcing: Forcing) -> Iterator[tuple[str, Position]]:
    placed: tuple[Emission | Discharge | Noise, ...] = (
        *forcing.emissions,
        *forcing.discharges,
        *forcing.noises,
    )
    for cause in placed:
        yield f"{cause.name}.at", cause.at


def _require_components(forcing: Forcing, components: Components) -> None:
    heated = (heating.component for heating in forcing.heatings)
    for name in (forcing.acts_on, *heated, *(discharge.component for discharge in forcing.discharges)):
        if name is not None:
            components.index(name)
    for joint in forcing.joints:
        if joint.component not in components.joints:
            raise UnknownNameError("joint", joint.component, components.joints)


def _require_matter(name: str, gases: Mapping[str, Any], particles: Mapping[str, Any]) -> None:
    for gas in gases:
        species(gas)
    for aerosol in particles:
        aerosol_kind(aerosol)
    if not gases and not particles:
        raise ConfigError(f"{name}.gas_g_s", {}, "name at least one gas or aerosol")


def require_positive(name: str, value: float) -> None:
    """Refuse zero and below, and what is not finite.

    Raises:
        ConfigError: naming the number.
    """
    if not (np.isfinite(value) and value > 0.0):
        raise ConfigError(name, value, "must be above 0 and finite")


def require_within(name: str, value: float, low: float, high: float) -> None:
    """Refuse a number out of its range, or none.

    Raises:
        ConfigError: naming the range.
    """
    if not low <= value <= high:
        raise ConfigError(name, value, f"must lie within {low:g} to {high:g}")


def _require_known(name: str, value: object, known: tuple[object, ...]) -> None:
    if value not in known:
        raise ConfigError(name, value, f"choose from {known}")
