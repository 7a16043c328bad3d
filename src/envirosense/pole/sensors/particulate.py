"""Particle counter: mass and number by size, as an optical counter with a small fan believes them.

Ideal is what a reference would say: particles dried, weighed below the cuts of PM1, 2.5, 4 and 10, and
counted from 0.3 um up. Water that the counter takes for particles is its error, droplets of fog and rain
included.
"""

import math
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array, ParticleField
from envirosense.instruments import stages as st
from envirosense.instruments.base import BaseSensor
from envirosense.instruments.channels import Channel
from envirosense.instruments.conditions import Conditions, SensorWorld
from envirosense.instruments.faults import GENERIC_FAULTS
from envirosense.instruments.sensor_config import SensorConfig
from envirosense.instruments.status import Status
from envirosense.physics.particles.aerosol import Mode
from envirosense.pole.sensors.counting_kernels import weigh
from envirosense.pole.sensors.particulate_gain import Cleaning, LaserGain, StrayLight
from envirosense.pole.sensors.particulate_optics import (
    Optics,
    counted_columns,
    dry_columns,
    inlet_humidity,
    unit_table,
    unlike_ordinary,
    with_typical_size,
)
from envirosense.pole.sensors.particulate_rain import Splash
from envirosense.pole.sensors.particulate_spiders import Spider
from envirosense.pole.sensors.particulate_stages import (
    Coincidence,
    Counting,
    Extrapolation,
    Wear,
)

N_CHANNELS = 10
CHANNELS = (
    ("pm1_ug_m3", "ug/m3", "mass of particles below 1 um"),
    ("pm2_5_ug_m3", "ug/m3", "mass of particles below 2.5 um"),
    ("pm4_ug_m3", "ug/m3", "mass of particles below 4 um"),
    ("pm10_ug_m3", "ug/m3", "mass of particles below 10 um"),
    ("n0_5_per_cm3", "1/cm3", "particles of 0.3 to 0.5 um"),
    ("n1_per_cm3", "1/cm3", "particles of 0.3 to 1 um"),
    ("n2_5_per_cm3", "1/cm3", "particles of 0.3 to 2.5 um"),
    ("n4_per_cm3", "1/cm3", "particles of 0.3 to 4 um"),
    ("n10_per_cm3", "1/cm3", "particles of 0.3 to 10 um"),
    ("typical_size_um", "um", "mean diameter of the particles counted"),
)


class ParticleWorld(SensorWorld, ParticleField, Protocol):
    """World with particles in it."""


class ParticulateMatterSensor(BaseSensor[SensorConfig, ParticleWorld]):
    """Mass [ug/m3], number [1/cm3] and mean size [um] of particles, (time, 10)."""

    sensor_type: ClassVar[str] = "particulate_matter"
    part_kind: ClassVar[str] = "particulate_matter"
    fault_kinds: ClassVar[tuple[str, ...]] = (*GENERIC_FAULTS, "fouled", "blocked", "spider")

    def _numbers(self, name: str, unit: str = "reading") -> Array:
        return self.values.numbers(name, unit, N_CHANNELS)

    @cached_property
    def channels(self) -> tuple[Channel, ...]:
        """Masses, numbers, size; the noise is that of street air."""
        steps = self._numbers("range.resolution").tolist()
        sigmas = self._scatter_at_one * np.sqrt(self._numbers("counting.street"))
        return tuple(
            Channel(name, unit, description, step, sigma)
            for (name, unit, description), step, sigma in zip(CHANNELS, steps, sigmas.tolist(), strict=True)
        )

    @cached_property
    def _scatter_at_one(self) -> Array:
        """Scatter of a settled reading over its root, (channel,)."""
        window_s = self.values.number("counting.window", "s")
        per_root = self._numbers("counting.scatter", "reading^0.5")
        return per_root * math.sqrt(self.values.number("counting.at", "s") / window_s)

    @cached_property
    def optics(self) -> Optics:
        """Law of the part."""
        v = self.values
        own, smaller, two_smaller, larger = v.numbers("optics.neighbours", "1", 4).tolist()
        return Optics(
            d50_um=v.number("optics.d50", "um"),
            seen_ln=v.number("optics.seen_width", "ln"),
            coarse_um=v.number("optics.coarse", "um"),
            coarse_power=v.number("optics.coarse_power", "1"),
            warmer_k=v.number("inlet.warming", "K"),
            droplet_loss_um2=v.number("inlet.droplet_loss", "um2"),
            neighbours=(own, smaller, two_smaller, larger),
            calibrated_on=Mode(
                v.number("calibration.count_median", "um"),
                v.number("calibration.geometric_standard_deviation", "1"),
                v.number("calibration.density", "g/cm3"),
                kappa=0.0,
            ),
        )

    def respond(self, world: ParticleWorld) -> Array:
        """Dried particles at the sensor, (time, 10)."""
        return self._ideal(world, self._mass_ug_m3(world))

    def _mass_ug_m3(self, world: ParticleWorld) -> Array:
        return np.ascontiguousarray(world.particle_ug_m3(self.position_3d))

    def _ideal(self, world: ParticleWorld, mass_ug_m3: Array) -> Array:
        dry = dry_columns(tuple(world.aerosols))
        table = np.stack((dry, dry))
        return with_typical_size(weigh(mass_ug_m3, np.zeros(mass_ug_m3.shape[0]), table))

    def draw_unit(self, unit_rng: np.random.Generator) -> Optics:
        """Law of this unit: where its detection sets in and how warm it runs scatter around the part's."""
        d50, warmth = unit_rng.standard_normal(2)
        v, part = self.values, self.optics
        return replace(
            part,
            d50_um=part.d50_um * math.exp(v.number("optics.d50_spread", "ln") * d50),
            warmer_k=max(part.warmer_k + v.number("inlet.spread", "K") * warmth, 0.0),
        )

    def transduce(self, world: ParticleWorld, unit: Any) -> tuple[Array, Array]:
        """Ideal reading, and what this unit's inlet and optics make of the aerosol, (time, 10)."""
        mass_ug_m3 = self._mass_ug_m3(world)
        ideal = self._ideal(world, mass_ug_m3)
        if unit is None:
            return ideal, ideal
        at = self.position_3d
        humidity = inlet_humidity(world.air_k(at), world.relative_humidity(at), unit.warmer_k)
        table = unit_table(unit, self.optics, tuple(world.aerosols))
        return ideal, with_typical_size(counted_columns(mass_ug_m3, humidity, table))

    def stages(self) -> tuple[st.AnyStage, ...]:
        """Flow and light, particles told apart, counts, the counter's arithmetic, gain, output."""
        v = self.values
        return (
            self._wear,
            *self._beam_stages(),
            Counting(
                "counting",
                volume_cm3_s=v.number("counting.volume", "cm3/s"),
                window_s=v.number("counting.window", "s"),
                sigma_at_one=self._scatter_at_one,
            ),
            Extrapolation(
                "extrapolation",
                ratio=v.number("extrapolation.ratio", "1"),
                power=v.number("extrapolation.power", "1"),
                most=v.number("extrapolation.most", "1"),
                near_share=v.number("extrapolation.near_share", "1"),
                unlike=unlike_ordinary(self.optics) if self._is_as_built else np.zeros(N_CHANNELS),
            ),
            *self._electronics_stages(),
            *self.warm_up_stages(),
            self._cleaning,
            *self.fault_stages(),
            st.ClipQuantise(
                "digital",
                self._numbers("range.resolution"),
                self._numbers("range.low"),
                self._numbers("range.high"),
            ),
        )

    @cached_property
    def _wear(self) -> Wear:
        v = self.values
        return Wear(
            "wear",
            flow_loss_per_day=v.number("fan.loss", "1/day"),
            loss_low=v.number("fouling.loss_low", "m3/(mg h)"),
            loss_high=v.number("fouling.loss_high", "m3/(mg h)"),
            usual_ug_m3=v.number("fouling.usual", "ug/m3"),
            used_days=self.used_days,
            fouled_gain=v.number("fouling.fouled_gain", "1"),
            blocked=self.faults("blocked"),
            fouled=self.faults("fouled"),
        )

    @cached_property
    def _cleaning(self) -> Cleaning:
        v = self.values
        every_s, lasts_s = v.number("cleaning.every", "s"), v.number("cleaning.lasts", "s")
        return Cleaning("cleaning", every_s, lasts_s, self.used_days)

    def _beam_stages(self) -> tuple[st.AnyStage, ...]:
        v = self.values
        return (
            Spider(
                "spider",
                between_s=v.number("spider.between", "s"),
                infested_s=v.number("spider.infested", "s"),
                stay_s=v.number("spider.stay", "s"),
                median_ug_m3=v.number("spider.median", "ug/m3"),
                spread_ln=v.number("spider.spread", "ln"),
                shape=self._numbers("spider.shape", "reading/(ug/m3)"),
                infested=self.faults("spider"),
            ),
            Splash(
                "splash",
                per_mm=v.number("splash.per_mm", "1/mm"),
                dose=v.number("splash.dose", "ug/m3 s"),
                spread_ln=v.number("splash.spread", "ln"),
                shape=self._numbers("splash.shape", "reading/(ug/m3)"),
                mean_over_s=v.number("counting.window", "s"),
            ),
            Coincidence("coincidence", v.number("coincidence.scale", "ug/m3")),
        )

    def _electronics_stages(self) -> tuple[st.AnyStage, ...]:
        v = self.values
        return (
            LaserGain(
                "gain",
                spread_ln=v.number("gain.spread", "ln"),
                drift_ln_per_day=v.number("gain.drift", "ln/day"),
                wander_ln=v.number("gain.wander", "ln"),
                wander_s=v.number("gain.wander_time", "s"),
                age_days=self.drift_days,
            ),
            StrayLight(
                "zero",
                offset_spread=v.number("zero.spread", "ug/m3"),
                per_day=v.number("zero.rise", "ug/m3/day"),
                spread_per_day=v.number("zero.rise_spread", "ug/m3/day"),
                age_days=self.drift_days,
            ),
        )

    def status_flags(
        self, world: ParticleWorld, conditions: Conditions, reading: Array
    ) -> npt.NDArray[np.uint16]:
        """MAINTENANCE while the fan cleans itself, DISTURBED while it notices a slow fan, (time,)."""
        t_s = conditions.t_s
        slow = self._wear.flow(t_s) < self.values.number("fan.noticed_below", "1")
        cleans = self._cleaning.runs(t_s) > 0.0
        return (slow * int(Status.DISTURBED) | cleans * int(Status.MAINTENANCE)).astype(np.uint16)
