"""Causes of a scenario file that heat, give off matter, discharge or sound."""

from typing import Annotated, Final, Literal

import numpy as np
from pydantic import Field, model_validator

from envirosense.core.config import FrozenModel
from envirosense.physics.sound.acoustics import BANDS
from envirosense.scenarios import forcing as f
from envirosense.scenarios.conditions import Conditions
from envirosense.scenarios.declared_places import (
    AerosolName,
    ComponentName,
    GasNumbers,
    Name,
    Place,
    position_of,
)
from envirosense.scenarios.declared_shapes import CourseDefinition
from envirosense.scenarios.declared_values import Number, Scope
from envirosense.scenarios.quantities import unit_of

LEAST_STRENGTH: Final = 1e-20  # a noise of no strength is 200 dB below its level; numerical choice


class HeatingDefinition(FrozenModel):
    """Heat put into a component."""

    component: ComponentName
    power_w: CourseDefinition

    def build(self, scope: Scope, conditions: Conditions) -> f.Heating:
        """The cause in an episode."""
        return f.Heating(scope.text(self.component), scope.course(self.power_w, unit_of("W")))


class JointDefinition(FrozenModel):
    """Contact resistance of a joint at 20 degC."""

    component: ComponentName
    resistance_ohm: CourseDefinition

    def build(self, scope: Scope, conditions: Conditions) -> f.JointResistance:
        """The cause in an episode."""
        return f.JointResistance(
            scope.text(self.component), scope.course(self.resistance_ohm, unit_of("ohm"))
        )


class WoodDefinition(FrozenModel):
    """Dry wood at a component, which pyrolyses as it heats."""

    component: ComponentName
    dry_mass_g: Number
    yield_scale: Number = 1.0

    def build(self, scope: Scope, conditions: Conditions) -> f.WoodFuel:
        """The cause in an episode."""
        mass_g = scope.number(self.dry_mass_g, unit_of("g"))
        return f.WoodFuel(scope.text(self.component), mass_g, scope.number(self.yield_scale))


class EmissionDefinition(FrozenModel):
    """Gas, particles and heat leaving a place, as shares of one rate."""

    name: Name
    at: Place
    rate_g_s: CourseDefinition
    gas: GasNumbers = Field(default_factory=dict)  # g per g of the rate
    particles: dict[AerosolName, Number] = Field(default_factory=dict)
    heat_j_g: Number = 0.0  # convected, per g of the rate
    size_m: Number = 0.25

    @model_validator(mode="after")
    def _gives_off_something(self) -> "EmissionDefinition":
        if not self.gas and not self.particles:
            raise ValueError("name at least one gas or aerosol")
        return self

    def build(self, scope: Scope, conditions: Conditions) -> f.Emission:
        """The cause in an episode."""
        rate_g_s = scope.course(self.rate_g_s, unit_of("g/s"))
        heat_w = scope.number(self.heat_j_g, unit_of("J/g")) * rate_g_s
        return f.Emission(
            name=self.name,
            at=position_of(self.at, scope, conditions.place),
            gas_g_s={gas: scope.number(share) * rate_g_s for gas, share in self.gas.items()},
            particle_g_s={name: scope.number(share) * rate_g_s for name, share in self.particles.items()},
            heat_w=heat_w if np.any(heat_w) else None,
            size_m=scope.number(self.size_m, unit_of("m")),
        )


class AirMassDefinition(FrozenModel):
    """Air from far away, the same all over the site; the levels at strength 1."""

    name: Name
    strength: CourseDefinition
    gas_ppb: GasNumbers = Field(default_factory=dict)
    particle_ug_m3: dict[AerosolName, Number] = Field(default_factory=dict)

    def build(self, scope: Scope, conditions: Conditions) -> f.AirMass:
        """The cause in an episode."""
        strength = scope.course(self.strength)
        gas = {name: scope.number(x, unit_of("ppb")) * strength for name, x in self.gas_ppb.items()}
        dust = {name: scope.number(x, unit_of("ug/m3")) * strength for name, x in self.particle_ug_m3.items()}
        return f.AirMass(self.name, gas, dust)


class DischargeDefinition(FrozenModel):
    """Electrical discharge."""

    name: Name
    at: Place
    kind: f.DischargeKind
    power_w: CourseDefinition
    pulses_per_s: CourseDefinition
    charge_c: Number
    phase: Literal["a", "b", "c"] = "a"
    component: ComponentName | None = None
    heat_share: Number = 0.0

    def build(self, scope: Scope, conditions: Conditions) -> f.Discharge:
        """The cause in an episode."""
        return f.Discharge(
            name=self.name,
            at=position_of(self.at, scope, conditions.place),
            kind=self.kind,
            power_w=scope.course(self.power_w, unit_of("W")),
            pulses_per_s=scope.course(self.pulses_per_s, unit_of("1/s")),
            charge_c=scope.number(self.charge_c, unit_of("C")),
            phase=self.phase,
            component=None if self.component is None else scope.text(self.component),
            heat_share=scope.number(self.heat_share),
        )


class NoiseDefinition(FrozenModel):
    """Something that sounds: levels of the bands at strength 1, and a course of the strength (power)."""

    name: Name
    at: Place
    bands_db: Annotated[list[Number], Field(min_length=BANDS.centre_hz.size, max_length=BANDS.centre_hz.size)]
    strength: CourseDefinition
    modulation_hz: Number = 0.0
    modulation_depth: Number = 0.0

    def build(self, scope: Scope, conditions: Conditions) -> f.Noise:
        """The cause in an episode."""
        levels_db = np.array([scope.number(level, unit_of("dB")) for level in self.bands_db])
        strength_db = 10.0 * np.log10(np.maximum(scope.course(self.strength), LEAST_STRENGTH))
        return f.Noise(
            name=self.name,
            at=position_of(self.at, scope, conditions.place),
            power_level_db=strength_db[:, None] + levels_db,
            modulation_hz=scope.number(self.modulation_hz, unit_of("Hz")),
            modulation_depth=scope.number(self.modulation_depth),
        )
