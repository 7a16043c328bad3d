"""A branch that current heats: what chars off it as smoke and resin, and the flame that may follow."""

from dataclasses import dataclass

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array, Position
from envirosense.physics.electric.vegetation import Branch
from envirosense.physics.fire.combustion import CRITICAL_FLUX_G_M2_S
from envirosense.pole.scenarios.environmental.branch_on_wire import LeakingBranch
from envirosense.pole.scenarios.rated_sources import rated_emission
from envirosense.scenarios import Emission

DRY_KG_M3 = 500.0  # of branch wood; assumed
VOLATILE_SHARE = 0.75  # of the dry wood that can leave it; assumed
LOST_W_M = 150.0  # that a branch gives to the air below the heat at which wood decomposes; assumed
CHARS_J_G = {"dry": 2.5e3, "green": 4.5e3, "wet_green": 6e3}  # heat that frees a gram; water first; assumed
LIGHTS_S = 5.0  # of enough vapour until sparks light it; assumed
BURNS_S = 120.0  # time constant of a burning branch; assumed
RESIN_G_G = 0.005  # terpenes driven out with each gram of smoke of fresh wood; assumed
RESIN = {"alpha_pinene": 0.5, "beta_pinene": 0.3, "limonene": 0.2}  # its make-up by mass; assumed


@dataclass(frozen=True, slots=True)
class CharringBranch:
    """Wood that leaves the branch, means over ticks, (time,) [g/s]."""

    smoked_g_s: Array
    flamed_g_s: Array


def charring_branch(leak: LeakingBranch, branch: Branch, diameter_m: float) -> CharringBranch:
    """What the heat of a branch drives off, until all that is volatile is gone.

    Below `LOST_W_M` wind and radiation carry the heat away and nothing chars. The sparks at its ends light
    the vapour once enough leaves the surface; steam of wet wood thins it in proportion to its heat.
    """
    grid, heat_j_g = leak.grid, CHARS_J_G[branch.moisture]
    volatile_g = 1e3 * VOLATILE_SHARE * DRY_KG_M3 * np.pi / 4.0 * diameter_m**2 * branch.length_m
    spare_w = np.maximum(leak.power_w - LOST_W_M * branch.length_m, 0.0)
    smoked_g = np.minimum(np.cumsum(grid.dt_s * spare_w / heat_j_g), volatile_g)
    surface_m2 = np.pi * diameter_m * branch.length_m
    lights_g_s = CRITICAL_FLUX_G_M2_S * surface_m2 * heat_j_g / CHARS_J_G["dry"]
    lit_s = np.cumsum(grid.dt_s * (np.diff(smoked_g, prepend=0.0) >= lights_g_s * grid.dt_s))
    flamed_g = np.zeros(grid.n)
    if lit_s[-1] >= LIGHTS_S:
        lit = int(np.searchsorted(lit_s, LIGHTS_S))
        smoked_g[lit:] = smoked_g[lit]
        since_s = np.maximum(grid.t_s - grid.t_s[lit], 0.0)
        flamed_g = (volatile_g - smoked_g[lit]) * -np.expm1(-since_s / BURNS_S)
    smoke, flame = (leak.to_ticks(np.diff(mass, prepend=0.0) / grid.dt_s) for mass in (smoked_g, flamed_g))
    return CharringBranch(smoke, flame)


def branch_smoke(
    name: str, grid: TimeGrid, at: Position, charring: CharringBranch, moisture: str
) -> tuple[Emission, ...]:
    """Smoke, resin and flame of that branch as sources; none where nothing leaves it."""
    found = []
    if charring.smoked_g_s.any():
        found.append(rated_emission("smouldering_wood", f"{name}_smoke", grid, at, charring.smoked_g_s))
        if moisture != "dry":
            resin = {gas: RESIN_G_G * share * charring.smoked_g_s for gas, share in RESIN.items()}
            found.append(Emission(f"{name}_resin", at, resin, size_m=0.15))
    if charring.flamed_g_s.any():
        found.append(rated_emission("flaming_wood", f"{name}_flame", grid, at, charring.flamed_g_s))
    return tuple(found)
