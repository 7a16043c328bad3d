"""A live wire on the ground: what it draws there, and the dry grass that it sets on fire."""

import math
from dataclasses import dataclass

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array, Phasors, Position
from envirosense.physics.electric.arc import arc_power_w
from envirosense.physics.electric.harmonics import HARMONICS
from envirosense.physics.electric.high_impedance import (
    SURFACES,
    WANDER_MEMORY_S,
    burning_share,
    fault_current,
    wandering_path,
)
from envirosense.physics.electric.vegetation import IGNITION_A
from envirosense.physics.fire.ground_fire import ring_burnt_g_s
from envirosense.pole.scenarios.electrical.bursts import tick_means
from envirosense.pole.scenarios.rated_sources import rated_emission
from envirosense.scenarios import Emission

GROUND_ARC_M = 0.05  # all arcs of a lying wire together; the soil takes the rest of the voltage; assumed
BURNING_S, PAUSE_S = 20.0, 2.0  # of a fault on the ground, means; assumed
CATCHES_S = 5.0  # of fault current in dry grass until it burns: "seconds" (from memory); assumed
WANDER_STEP_S = WANDER_MEMORY_S / 2.0  # numerical choice
DRY_GRASS = ("dry_grass", "dry_sod")


@dataclass(frozen=True, slots=True)
class GroundFault:
    """Current of a wire into the ground, means over ticks."""

    phasors_a: Phasors  # (time, harmonic)
    burning: Array  # (time,) share of each tick in which it flows

    @property
    def current_a(self) -> Array:
        """Fundamental, (time,) [A]."""
        return np.abs(self.phasors_a[:, 0])

    @property
    def arc_w(self) -> Array:
        """Power of the arcs on the ground, (time,) [W]."""
        while_burning_a = self.current_a / np.maximum(self.burning, 1e-12)
        return self.burning * arc_power_w(while_burning_a, GROUND_ARC_M) * (self.burning > 0.0)


def ground_fault(
    surface: str, peak_v: float, live: Array, dt_s: float, rng: np.random.Generator
) -> GroundFault:
    """Fault of a wire that lies live for a share of each tick; on dry hard ground nothing flows.

    It wanders on a lattice of its own, so a coarse tick holds the mean of its fine ones.
    """
    n, ground = live.size, SURFACES[surface]
    if ground.current_a == 0.0:
        return GroundFault(np.zeros((n, len(HARMONICS)), np.complex128), np.zeros(n))
    burning = live * burning_share(n, dt_s, BURNING_S, PAUSE_S, rng)
    n_steps = math.ceil(n * dt_s / WANDER_STEP_S)
    path = wandering_path(ground, peak_v, n_steps, WANDER_STEP_S, rng)
    flowing_a = tick_means(fault_current(path, peak_v).phasors_a, WANDER_STEP_S, n, dt_s)
    return GroundFault(burning[:, None] * flowing_a, burning)


def burnt_grass_g_s(
    surface: str, fault: GroundFault, grid: TimeGrid, spread_m_s: float, radius_m: float
) -> Array:
    """Grass burnt once enough current has flowed for some seconds, (time,) [g/s]; none but on dry grass."""
    lights = grid.dt_s * fault.burning * (SURFACES[surface].current_a >= IGNITION_A)
    lit_s = np.concatenate([[0.0], np.cumsum(lights)])
    if surface not in DRY_GRASS or lit_s[-1] <= CATCHES_S:
        return np.zeros(grid.n)
    tick = int(np.searchsorted(lit_s, CATCHES_S)) - 1
    start_s = grid.dt_s * (tick + (CATCHES_S - lit_s[tick]) / (lit_s[tick + 1] - lit_s[tick]))
    return ring_burnt_g_s(grid.t_s, grid.dt_s, float(start_s), spread_m_s, radius_m)


def grass_smoke(
    name: str, grid: TimeGrid, at: Position, burnt_g_s: Array, radius_m: float
) -> tuple[Emission, ...]:
    """Smoke of that grass, with the make-up of a mixed fire in grass and litter; none where nothing burns."""
    if not burnt_g_s.any():
        return ()
    size_m = max(0.5 * radius_m, 0.25)  # of the whole patch, not of its edge as it grows
    return (rated_emission("prescribed_burn", name, grid, at, burnt_g_s, size_m),)
