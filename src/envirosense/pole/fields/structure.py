"""Mechanics of one pole: modes in two planes, what the wind catches, and the wires that hold it.

What differs between places and is not in `Site` is drawn from the place's name and height, so a pole stays
itself from episode to episode. All spreads are assumed unless a source is named.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from envirosense.core.protocols import Array
from envirosense.core.rng import stream
from envirosense.physics.motion.beam import Beam, Modes, beam_modes
from envirosense.physics.motion.vibration import POLE_DRAG
from envirosense.physics.motion.wires import span_stiffness_n_m
from envirosense.pole.site import Site

TAPER_M_PER_M = 0.0098  # of the diameter, 40 ft class 4 pole of ANSI O5.1 (from memory)
LEAST_TIP_SHARE = 0.4  # of the middle diameter, assumed
MODULUS_PA = 12.4e9  # southern pine (from memory)
DENSITY_KG_M3 = 750.0  # treated (from memory)
SOIL_N_M_RAD = 2e6  # backfilled hole, assumed
CROSSARM_KG = 45.0  # with insulators and ties, assumed
CROSSARM_FACE_M = 0.12  # height of the arm that the wind meets, assumed
TANK_KG = 150.0  # 25 kVA unit (from memory)
TANK_CENTRE_M = 0.5  # above its bottom, assumed
TANK_FACE_M2 = 0.4  # 0.45 m x 0.9 m, assumed
TANK_DRAG = 1.2  # short blunt body, assumed
WIRE_DRAG = 1.0  # stranded conductor, assumed
WIRES = 4  # three phases and the neutral
WIRE_KG_M = 0.689  # 336.4 kcmil ACSR (from memory)
WIRE_AXIAL_N = 1.6e7  # EA of that conductor, assumed
WIND_POWER = 0.16  # of the wind's profile over the pole, open country (from memory)
MODULUS_LN_SIGMA = 0.1  # between poles
SOIL_LN_SIGMA = 0.3
LINE_RISE = (1.1, 1.4)  # of the first frequency along the line over that of the pole alone
SPAN_M = (45.0, 75.0)
TENSION_N = (3000.0, 6000.0)
DAMPING = (0.01, 0.03)  # share of critical, pole alone; wires add to it
LINE_DAMPING = 0.01
HUM_M_S2 = (0.02, 0.1)  # rms at 120 Hz on the bracket: 2 to 10 mg
ARM_DROP_SHARE = 0.3  # sideways part of a force that wires put on the arm's end


@dataclass(frozen=True, slots=True)
class Plane:
    """Motion in one vertical plane, along or across the line; arrays (mode,)."""

    modes: Modes
    wire_share: Array  # part of the squared frequency that wires give
    gust_push: Array  # drag area times the wind's profile [m2 / sqrt(kg)]
    steady_push: Array  # the same with the profile squared
    gust_damping: Array  # as gust_push with the shape squared [m2 / kg]
    damping: float


@dataclass(frozen=True, slots=True)
class PoleStructure:
    """One pole with all it carries."""

    beam: Beam
    along: Plane
    across: Plane
    span_m: float
    tension_n: float
    moisture: float  # of the wood, kg/kg
    hum_m_s2: float

    def wire_stiffness_factor(self, tension_factor: Array) -> Array:
        """Hold of the wires along the line over that at normal tension, (time,)."""
        tension_n = self.tension_n * tension_factor
        loose = span_stiffness_n_m(self.span_m, tension_n, WIRE_KG_M, WIRE_AXIAL_N)
        return np.asarray(loose / span_stiffness_n_m(self.span_m, self.tension_n, WIRE_KG_M, WIRE_AXIAL_N))

    @property
    def bending_n_m2(self) -> float:
        """Bending stiffness EI at mid height."""
        middle_m = float(self.beam.diameter_m(self.beam.length_m / 2.0))
        return self.beam.modulus_pa * np.pi / 64.0 * middle_m**4

    @property
    def mass_kg_m(self) -> float:
        """Mass per length at mid height."""
        middle_m = float(self.beam.diameter_m(self.beam.length_m / 2.0))
        return self.beam.density_kg_m3 * np.pi / 4.0 * middle_m**2

    @property
    def total_kg(self) -> float:
        """Mass of the pole and all it carries."""
        return self.mass_kg_m * self.beam.length_m + sum(mass for mass, _ in self.beam.masses)


@lru_cache(maxsize=64)
def pole_structure(site: Site) -> PoleStructure:
    """Mechanics of a site's pole; its modes are found once."""
    rng = stream(0, "pole_structure", site.site_id, repr(site.pole_height_m))
    modulus, soil = np.exp(np.array([MODULUS_LN_SIGMA, SOIL_LN_SIGMA]) * rng.standard_normal(2))
    rise, span_m, tension_n, damping = (
        float(rng.uniform(*limits)) for limits in (LINE_RISE, SPAN_M, TENSION_N, DAMPING)
    )
    moisture, hum = float(rng.uniform(0.1, 0.2)), float(np.exp(rng.uniform(*np.log(HUM_M_S2))))
    half_taper_m = TAPER_M_PER_M * site.pole_height_m / 2.0
    tip_m = max(site.pole_diameter_m - half_taper_m, LEAST_TIP_SHARE * site.pole_diameter_m)
    arm_m = site.crossarm_height_m
    masses = [(CROSSARM_KG, arm_m)]
    if site.has_transformer:
        masses.append((TANK_KG, _tank_m(site)))

    def beam(spring_n_m: float) -> Beam:
        return Beam(
            site.pole_height_m,
            2.0 * site.pole_diameter_m - tip_m,
            tip_m,
            MODULUS_PA * float(modulus),
            DENSITY_KG_M3,
            SOIL_N_M_RAD * float(soil),
            tuple(masses),
            ((spring_n_m, arm_m),),
        )

    alone = beam_modes(beam(0.0))
    # one-mode estimate of the spring that raises the first frequency so
    along_n_m = (rise**2 - 1.0) * (2.0 * np.pi * alone.hz[0]) ** 2 / alone.at(arm_m)[0] ** 2
    across_n_m = 2.0 * WIRES * tension_n / span_m  # two taut strings a wire
    return PoleStructure(
        beam(0.0),
        _plane(site, beam(float(along_n_m)), float(along_n_m), damping + LINE_DAMPING),
        _plane(site, beam(across_n_m), across_n_m, damping),
        span_m,
        tension_n,
        moisture,
        hum,
    )


def _tank_m(site: Site) -> float:
    return min(site.transformer_height_m + TANK_CENTRE_M, site.pole_height_m)


def _plane(site: Site, beam: Beam, spring_n_m: float, damping: float) -> Plane:
    modes = beam_modes(beam)
    held = spring_n_m * modes.at(site.crossarm_height_m) ** 2 / (2.0 * np.pi * modes.hz) ** 2
    z = modes.node_m
    profile = (z / z[-1]) ** WIND_POWER
    points = [(CROSSARM_FACE_M * site.crossarm_length_m * TANK_DRAG, site.crossarm_height_m)]
    if site.has_transformer:
        points.append((TANK_FACE_M2 * TANK_DRAG, _tank_m(site)))

    def push(profile_power: float, shape_power: float) -> Array:
        weight = profile**profile_power * modes.shape**shape_power
        area = POLE_DRAG * np.trapezoid(beam.diameter_m(z) * weight, z, axis=1)
        rise = WIND_POWER * profile_power
        bodies = [a * (h / z[-1]) ** rise * modes.at(h) ** shape_power for a, h in points]
        return np.asarray(area + np.sum(bodies, axis=0))

    return Plane(modes, held, push(1.0, 1.0), push(2.0, 1.0), push(1.0, 2.0), damping)
