"""Gas at any point around the pole: ambient background and the plumes of heated wood.

Concentrations add: without a source there is no excess, whatever the seed. One set of eddies
moves every plume, and it is the wind that the anemometer feels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from envirosense.core.parts import load_part
from envirosense.core.protocols import Array, Position
from envirosense.core.rng import stream
from envirosense.core.species import species as species_named
from envirosense.core.units import GAS_CONSTANT_J_MOL_K
from envirosense.physics.airflow import (
    dissipation_m2_s3,
    ou_path,
    sigma_theta_rad,
    turbulence_sigmas_m_s,
)
from envirosense.physics.background import (
    LN_TAU_S,
    SYNOPTIC_TAU_S,
    BackgroundLevels,
    background_levels,
    background_ppb,
    blend_paths,
)
from envirosense.physics.dispersion import (
    fluctuating_chi_s_m3,
    plume_rise_m,
    plume_spread,
    split_spread,
    unit_gamma,
)
from envirosense.pole.atmosphere import Atmosphere

SOURCE_SIZE_M = 0.25  # wake of fitting and crossarm that the gas first fills; assumed
IN_PLUME_INTENSITY = 0.4  # i_r of 0.3-0.6 at near range [YeeWilson2000] (from memory)
IN_PLUME_TAU_S = 1.0  # 0.3-1 s times plume width over wind [YeeWilson2000] (from memory)


@cache
def _levels(place: str) -> BackgroundLevels:
    part = load_part(f"background/{place}")
    names = tuple(part.group("levels"))
    columns = {
        kind: np.array([part.group(kind)[name] for name in names], dtype=np.float64)
        for kind in ("levels", "local_share", "gsd", "loading")
    }
    pattern = tuple(part.group("patterns")[name] for name in names)
    return background_levels(
        names, pattern, columns["levels"], columns["local_share"], columns["gsd"], columns["loading"]
    )


class Background:
    """Ambient gas over an episode, the same everywhere around one pole."""

    def __init__(self, place: str, atmosphere: Atmosphere, world_seed: int) -> None:
        """Draw the wander of each species and keep the courses."""
        levels = _levels(place)
        grid, weather = atmosphere.grid, atmosphere.weather
        paths = [_wander(world_seed, name, grid.n, grid.dt_s) for name in ("shared", *levels.species)]
        self.names = levels.species
        self.ppb = background_ppb(
            atmosphere.hour_local,
            float(atmosphere.hour_of_year[0]) / 24.0,
            weather.air_k,
            weather.ghi_w_m2,
            weather.wind_m_s,
            levels,
            np.stack(paths, axis=1),
        )


def _wander(world_seed: int, name: str, n: int, dt_s: float) -> Array:
    def path(kind: str, tau_s: float) -> Array:
        rng = stream(world_seed, "background", name, kind)
        return np.asarray(ou_path(rng.standard_normal(n), dt_s, tau_s, float(rng.standard_normal())))

    return blend_paths(path("hourly", LN_TAU_S), path("synoptic", SYNOPTIC_TAU_S))


@dataclass(frozen=True, slots=True)
class Plume:
    """One source of gas: where it is and what leaves it at the ticks."""

    name: str
    at: Position
    species: tuple[str, ...]
    rate_g_s: Array  # (time, species)
    heat_w: Array  # (time,) convected heat, which lifts the plume


def chi_s_m3(plume: Plume, atmosphere: Atmosphere, eddies: Array, at: Position, world_seed: int) -> Array:
    """Concentration per unit emission at a point, fluctuating, (time,) [s/m3], and zero upwind."""
    grid, air = atmosphere.grid, atmosphere.stability
    east, north = at[0] - plume.at[0], at[1] - plume.at[1]
    flow = atmosphere.downwind
    downwind_m = east * flow[:, 0] + north * flow[:, 1]
    crosswind_m = north * flow[:, 0] - east * flow[:, 1]
    wind = atmosphere.mean_wind_m_s(plume.at[2])
    sigmas = turbulence_sigmas_m_s(air.friction_velocity_m_s, air.inv_obukhov_per_m, plume.at[2])
    release_m = plume.at[2] + plume_rise_m(plume.heat_w, np.maximum(downwind_m, 0.0), wind)
    spread = plume_spread(
        downwind_m,
        release_m,
        air.friction_velocity_m_s,
        air.inv_obukhov_per_m,
        atmosphere.roughness_m,
        sigma_theta_rad(sigmas.v, wind),
        SOURCE_SIZE_M,
    )
    dissipation = dissipation_m2_s3(air.friction_velocity_m_s, plume.at[2], air.inv_obukhov_per_m)
    relative = split_spread(spread, SOURCE_SIZE_M, dissipation)
    inside = stream(world_seed, "plume", plume.name, "inside")
    gaussian = ou_path(
        inside.standard_normal(grid.n), grid.dt_s, IN_PLUME_TAU_S, float(inside.standard_normal())
    )
    in_plume = unit_gamma(gaussian, IN_PLUME_INTENSITY)
    chi = fluctuating_chi_s_m3(
        crosswind_m, at[2], release_m, spread, relative, eddies[:, 1], eddies[:, 2], in_plume
    )
    return np.asarray(chi)


def excess_ppb(
    plume: Plume, chi: Array, atmosphere: Atmosphere, wanted: Sequence[str], distance_m: float
) -> Array:
    """Mole fractions that one plume adds, (time, species) [ppb]; gas arrives after its travel time."""
    grid, weather = atmosphere.grid, atmosphere.weather
    wind = atmosphere.mean_wind_m_s(plume.at[2])
    left_s = np.maximum(grid.t_s - distance_m / wind, 0.0)
    mol_per_m3 = weather.pressure_pa / (GAS_CONSTANT_J_MOL_K * weather.air_k)
    excess = np.zeros((grid.n, len(wanted)))
    for column, name in enumerate(wanted):
        if name in plume.species:
            rate_g_s = np.interp(left_s, grid.t_s, plume.rate_g_s[:, plume.species.index(name)])
            molar = species_named(name).molar_mass_g_mol
            excess[:, column] = 1e9 * rate_g_s * chi / (molar * mol_per_m3)
    return excess
