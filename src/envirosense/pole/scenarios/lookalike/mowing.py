"""Somebody mows the grass near the pole: leaf vapours, petrol exhaust, dust and noise.

Cut leaves go on giving off vapour after the engine has stopped.
"""

from dataclasses import replace
from typing import ClassVar

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.physics.particles.relaxation_kernels import relax
from envirosense.physics.sound.sound_machines import MOWER_DB, power_levels_db, sounding_db
from envirosense.pole.matter.sources import emission
from envirosense.pole.scenarios.lookalike.courses import flicker, lingering, presence
from envirosense.pole.scenarios.lookalike.lookalike import BEARING, LookalikeScenario
from envirosense.scenarios import (
    BaseRate,
    Conditions,
    Emission,
    EventSubtype,
    Forcing,
    Grading,
    LogUniform,
    Noise,
    Parameter,
    ParameterSpace,
    Uniform,
)

PART_G_S = 30.0  # grass of the part's typical mower
LEAF_VAPOURS = ("hexenal", "hexenol", "methanol", "acetaldehyde", "acetone")
DRYING_S = 2400.0  # time in which wounded leaves close; assumed
DRYING_SHARE = 0.5  # of the leaves' vapour comes after the cut; assumed
LAWN_M = 5.0  # standard deviation of where the mower is; assumed
TURN_TAU_S, TURN = 20.0, 0.4  # it turns and meets thick grass; assumed
FIRING_HZ, FIRING_DEPTH = 25.0, 0.5  # one cylinder of four strokes at 3000 turns a minute; depth assumed


class MowingScenario(LookalikeScenario):
    """A petrol mower on the verge."""

    name: ClassVar[str] = "mowing"
    description: ClassVar[str] = "Somebody mows the grass with a petrol engine near the pole"
    expected_duration: ClassVar[float] = 3600.0
    subtype: ClassVar[EventSubtype] = EventSubtype.MOWING
    course: ClassVar[str] = "mowing_g_s"
    grading: ClassVar[Grading] = Grading(0.3, 60.0, (("drying", 0.0), ("mowing", 5.0)), "log")
    phases: ClassVar[tuple[str, ...]] = grading.stage_names
    source: ClassVar[str] = "mower"
    strength: ClassVar[tuple[str, str]] = ("grass_g_s", "g/s")
    height_m: ClassVar[float] = 0.3
    limits: ClassVar[str] = "One place with the size of the lawn stands for the mower's way."
    rate: ClassVar[BaseRate] = BaseRate(
        15.0, 2400.0, "assumed: every two or three weeks of the growing season"
    )
    tags: ClassVar[tuple[str, ...]] = ("vapour", "noise", "near")
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "distance_m": Parameter(LogUniform(4.0, 40.0), "m", "from the pole's foot", "assumed"),
            "bearing_deg": BEARING,
            "grass_g_s": Parameter(LogUniform(10.0, 60.0), "g/s", "fresh grass cut", "assumed"),
            "power_dba": Parameter(
                Uniform(92.0, 100.0), "dB(A)", "sound power", "assumed: limits for mowers lie near 96"
            ),
            "onset_fraction": Parameter(
                Uniform(0.02, 0.5), "1", "when it begins, as a fraction of the episode", "assumed"
            ),
            "mowing_s": Parameter(LogUniform(300.0, 3600.0), "s", "with the engine running", "assumed"),
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Engine and blades while it mows, cut leaves afterwards."""
        grid = conditions.grid
        begin_s = np.array([self.number("onset_fraction") * grid.duration_s])
        running = presence(grid, begin_s, self.number("mowing_s"))
        cutting = running * flicker(grid, rng, TURN_TAU_S, TURN)
        drying = _relaxed(grid, cutting)
        levels_db = power_levels_db(self.number("power_dba"), MOWER_DB)
        sound = Noise("mowing", self.at, sounding_db(levels_db, running), FIRING_HZ, FIRING_DEPTH)
        grass_g_s = self.number("grass_g_s") * (cutting + DRYING_SHARE * drying)
        wind_m_s = conditions.weather.wind_m_s
        states = {self.course: lingering(grid, grass_g_s, wind_m_s, self.number("distance_m"))}
        plumes = (self._mower(grid, cutting), self._leaves(grid, drying))
        return Forcing(emissions=plumes, noises=(sound,), states=states)

    def _mower(self, grid: TimeGrid, cutting: Array) -> Emission:
        plume = emission("lawn_mowing", grid, self.at, cutting, self.number("grass_g_s") / PART_G_S)
        fresh = {name: rate * _fresh_share(name) for name, rate in plume.gas_g_s.items()}
        return replace(plume, name="mowing", gas_g_s=fresh, size_m=LAWN_M)

    def _leaves(self, grid: TimeGrid, drying: Array) -> Emission:
        strength = DRYING_SHARE * self.number("grass_g_s") / PART_G_S
        plume = emission("lawn_mowing", grid, self.at, drying, strength)
        leaves = {name: plume.gas_g_s[name] for name in LEAF_VAPOURS}
        return Emission("mowing_cut_grass", self.at, leaves, size_m=LAWN_M)


def _fresh_share(gas: str) -> float:
    return 1.0 - DRYING_SHARE if gas in LEAF_VAPOURS else 1.0


def _relaxed(grid: TimeGrid, cutting: Array) -> Array:
    """The cut, spread over the time in which leaves dry, tick means (time,) [1]; its integral is the same."""
    mean = np.empty(grid.n)
    relax(cutting, np.full(grid.n, 1.0 / DRYING_S), grid.dt_s, 0.0, mean)
    return mean
