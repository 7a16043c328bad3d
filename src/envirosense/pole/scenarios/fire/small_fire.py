"""A small fire in litter or leaves: how fast it burns, and what it gives off."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array, Position
from envirosense.physics.fire.combustion import flame_heat_w
from envirosense.physics.gas.source_courses import passage, ramp
from envirosense.physics.particles.relaxation_kernels import relax
from envirosense.physics.sound.acoustics import REFERENCE_W, db_of_energy, energy_of_db
from envirosense.physics.sound.sound_machines import sounding_db
from envirosense.pole.scenarios.rated_sources import rated_emission
from envirosense.scenarios import Emission, Noise

FLAME_SHARE: Final = 0.7  # of the fuel burns as the front passes: MCE .93 in all # assumed
AFTERGLOW_S: Final = 600.0  # time constant of what smoulders on behind the front # assumed
SPOT_RISE_S: Final = 300.0  # until a spot smoulders at its full rate # assumed
DYING_S: Final = 300.0  # of a front that finds no more fuel # assumed
SMALLEST_M: Final = 0.15  # standard deviation of the smallest source region: a hand-sized patch # assumed
CRACKLE: Final = 1e-10  # sound power over heat: a camp fire of 50 kW at 3 m makes some 45 dB # assumed
# Its spectrum by band of `acoustics.BANDS`: pops of twigs about 2 kHz, little ultrasound # assumed
CRACKLE_DB: Final = np.array([-30.0, -25.0, -18.0, -10.0, -4.0, 0.0, -2.0, -6.0, -20.0, -28.0, -36.0, -45.0])


@dataclass(frozen=True, slots=True)
class SmallFire:
    """Dry fuel burnt, means over ticks, (time,) [g/s]: without and with a flame."""

    smoulder_g_s: Array
    flame_g_s: Array


def smouldering_spot(
    grid: TimeGrid, begin_s: float, growth_s: float, burning_s: float, peak_g_s: float
) -> SmallFire:
    """A spot that only smoulders: it grows, stays and dies."""
    course = passage(grid.t_s, grid.dt_s, begin_s, growth_s, burning_s, DYING_S)
    return SmallFire(peak_g_s * course, np.zeros(grid.n))


def spreading_fire(
    grid: TimeGrid, begin_s: float, flares_s: float, spot_g_s: float, course: Array, peak_g_s: float
) -> SmallFire:
    """A spot that smoulders from `begin_s` and flares up at `flares_s`; `course` is the front's, (time,).

    Part of the fuel burns in the flame, the rest smoulders on behind it.
    """
    t_s, dt_s = grid.t_s, grid.dt_s
    spot = np.maximum(ramp(t_s, dt_s, begin_s, SPOT_RISE_S) - ramp(t_s, dt_s, flares_s, AFTERGLOW_S), 0.0)
    front_g_s = peak_g_s * course
    afterglow_g_s = np.empty(grid.n)
    relax((1.0 - FLAME_SHARE) * front_g_s, np.full(grid.n, 1.0 / AFTERGLOW_S), dt_s, 0.0, afterglow_g_s)
    return SmallFire(spot_g_s * spot + afterglow_g_s, FLAME_SHARE * front_g_s)


def burnt_radius_m(peak_g_s: float, growth_s: float, load_g_m2: float) -> float:
    """Radius of a circle whose edge, moving evenly, burns `peak_g_s` when it is `growth_s` old [m].

    The edge burns 2 pi w v^2 t, which solved for v gives r = v t = sqrt(p t / (2 pi w)).
    """
    return math.sqrt(peak_g_s * growth_s / (2.0 * math.pi * load_g_m2))


def fire_smoke(
    name: str, grid: TimeGrid, at: Position, fire: SmallFire, radius_m: float
) -> tuple[Emission, ...]:
    """Gas, smoke and heat of smoulder and of flame, each with the make-up of its own burning."""
    size_m = max(0.5 * radius_m, SMALLEST_M)
    rates = {"smouldering_wood": fire.smoulder_g_s, "flaming_wood": fire.flame_g_s}
    return tuple(
        rated_emission(source, f"{name}_{source.removesuffix('_wood')}", grid, at, rate_g_s, size_m)
        for source, rate_g_s in rates.items()
        if rate_g_s.any()
    )


def crackle(name: str, at: Position, flame_g_s: Array) -> tuple[Noise, ...]:
    """Crackling of a flame in step with its heat; smoulder is silent."""
    if not flame_g_s.any():
        return ()
    sound_pw = CRACKLE / REFERENCE_W * float(flame_heat_w(1.0))  # of a gram a second
    shares = energy_of_db(CRACKLE_DB)
    levels_db = db_of_energy(sound_pw * shares / shares.sum())
    return (Noise(name, at, sounding_db(levels_db, flame_g_s)),)
