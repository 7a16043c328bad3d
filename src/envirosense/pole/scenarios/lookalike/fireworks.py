"""Fireworks in the neighbourhood: bangs, and smoke that is high up or down in the street.

Where the episode covers an evening they are let off then.
"""

from dataclasses import replace
from typing import ClassVar, Final

import numpy as np

from envirosense.core.protocols import Array
from envirosense.physics.sound.sound_machines import BURST_DB, loud_levels_db, sounding_db
from envirosense.pole.matter.sources import emission
from envirosense.pole.scenarios.lookalike.courses import lingering, presence, times_s
from envirosense.pole.scenarios.lookalike.lookalike import BEARING, LookalikeScenario
from envirosense.scenarios import (
    BaseRate,
    Choice,
    Conditional,
    Conditions,
    EventSubtype,
    Forcing,
    Grading,
    LogUniform,
    Noise,
    Parameter,
    ParameterSpace,
    Uniform,
)

PART_G_S = 5.0  # mixture of the part's typical source
EVENING_H: Final = (20.0, 24.0)  # local hours of fireworks; assumed
BURST_S: Final = 1.0  # in which a shell burns; assumed
BURST_J_G: Final = 3000.0  # heat of flash powder and stars; assumed
CLOUD_M: Final = {"shells": 10.0, "street": 2.0}  # standard deviation of fresh smoke; assumed
HEIGHT_M: Final = {"shells": 70.0, "street": 1.5}  # assumed


class FireworksScenario(LookalikeScenario):
    """Shells over the roofs or bangers in the street."""

    name: ClassVar[str] = "fireworks"
    description: ClassVar[str] = "Fireworks bang and smoke near the pole"
    expected_duration: ClassVar[float] = 3600.0
    subtype: ClassVar[EventSubtype] = EventSubtype.FIREWORKS
    course: ClassVar[str] = "fireworks_g_s"
    grading: ClassVar[Grading] = Grading(0.01, 50.0, (("smoke", 0.0), ("volley", 1.0)), "log")
    phases: ClassVar[tuple[str, ...]] = grading.stage_names
    source: ClassVar[str] = "fireworks"
    strength: ClassVar[tuple[str, str]] = ("charge_g", "g")
    limits: ClassVar[str] = "All bursts at one place; no light, no blast on the pole, no falling embers."
    rate: ClassVar[BaseRate] = BaseRate(3.0, 1800.0, "assumed: New Year and two holidays")
    tags: ClassVar[tuple[str, ...]] = ("noise", "smoke", "near")
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "kind": Parameter(Choice(("shells", "street")), "1", "high up or on the ground", "assumed"),
            "distance_m": Parameter(
                Conditional("kind", {"shells": LogUniform(60.0, 600.0), "street": LogUniform(10.0, 100.0)}),
                "m",
                "from the pole's foot",
                "assumed",
            ),
            "bearing_deg": BEARING,
            "charge_g": Parameter(
                Conditional("kind", {"shells": LogUniform(50.0, 500.0), "street": LogUniform(1.0, 30.0)}),
                "g",
                "mixture of one burst",
                "assumed",
            ),
            "per_min": Parameter(LogUniform(1.0, 20.0), "1/min", "bursts a minute", "assumed"),
            "sound_share": Parameter(
                LogUniform(3e-4, 3e-3), "1", "of a burst's heat that becomes sound", "assumed"
            ),
            "onset_fraction": Parameter(
                Uniform(0.02, 0.6), "1", "when they begin, as a fraction of the evening or episode", "assumed"
            ),
            "lasting_s": Parameter(LogUniform(300.0, 2400.0), "s", "from first to last", "assumed"),
        }
    )

    @property
    def at(self) -> tuple[float, float, float]:
        """Where they burst."""
        east, north, _ = super().at
        return east, north, HEIGHT_M[self.text("kind")]

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Smoke and bangs of every burst."""
        grid, kind = conditions.grid, self.text("kind")
        begin_s = self._begin_s(conditions)
        end_s = begin_s + self.number("lasting_s")
        bursts_s = times_s(rng, self.number("per_min") / 60.0, begin_s, end_s)
        burning = presence(grid, bursts_s, BURST_S)
        charge_g = self.number("charge_g")
        smoke_g_s = charge_g / BURST_S * burning
        smoke = emission("fireworks", grid, self.at, smoke_g_s / PART_G_S)
        smoke = replace(smoke, size_m=CLOUD_M[kind])
        sound_w = self.number("sound_share") * BURST_J_G * charge_g / BURST_S
        levels_db = loud_levels_db(sound_w, BURST_DB)
        bangs = Noise("fireworks", self.at, sounding_db(levels_db, burning))
        wind_m_s = conditions.weather.wind_m_s
        states = {self.course: lingering(grid, smoke_g_s, wind_m_s, self.number("distance_m"))}
        return Forcing(emissions=(smoke,), noises=(bangs,), states=states)

    def _begin_s(self, conditions: Conditions) -> float:
        """Onset within the evening hours of the episode, or within the episode where it has none."""
        low_h, high_h = EVENING_H
        hours, grid = conditions.hour_local, conditions.grid
        evening_s: Array = grid.t_s[(hours >= low_h) & (hours < high_h)]
        share = self.number("onset_fraction")
        if evening_s.size == 0:
            return share * grid.duration_s
        return float(evening_s[0] + share * (evening_s[-1] + grid.dt_s - evening_s[0]))
