"""Steady plumes of the mock world."""

import math
from typing import Final

import numpy as np
from pydantic import Field, NonNegativeFloat, PositiveFloat

from envirosense.core.config import FrozenModel
from envirosense.core.protocols import Array, Position
from envirosense.core.species import species as species_named

type Levels = dict[str, NonNegativeFloat]  # by gas or aerosol

SMOKE_PPB: Final = {"carbon_monoxide": 2000.0, "formaldehyde": 200.0, "guaiacol": 60.0, "acetic_acid": 300.0}


class MockSource(FrozenModel):
    """A steady plume: excess = strength (w0 / w)^2 exp(-r^2 / 2 w^2), w = w0 + growth x.

    x is the distance downwind, r the distance from the axis; there is nothing upwind.
    """

    at_m: Position
    strength_ppb: Levels = Field(default_factory=lambda: dict(SMOKE_PPB))
    particle_ug_m3: Levels = Field(default_factory=lambda: {"smoke_fresh": 100.0})  # dry mass, by aerosol
    width_m: PositiveFloat = 0.25
    growth: NonNegativeFloat = 0.1

    def share(self, at: Position, flow: Array) -> float:
        """Share of the strength that reaches a point; `flow` is the unit vector of the wind."""
        way = np.subtract(at, self.at_m)
        downwind_m = float(way @ flow)
        if downwind_m < 0.0:
            return 0.0
        width_m = self.width_m + self.growth * downwind_m
        off_axis2 = max(float(way @ way) - downwind_m**2, 0.0)
        return (self.width_m / width_m) ** 2 * math.exp(-0.5 * off_axis2 / width_m**2)

    def ppb(self, name: str, at: Position, flow: Array) -> float:
        """Excess of a gas at a point [ppb]."""
        strength = sum(v for own, v in self.strength_ppb.items() if species_named(own).name == name)
        return self.share(at, flow) * strength

    def ug_m3(self, name: str, at: Position, flow: Array) -> float:
        """Excess of an aerosol at a point [ug/m3]."""
        return self.share(at, flow) * self.particle_ug_m3.get(name, 0.0)
