"""Carbon monoxide, carbon dioxide and nitrogen dioxide: two electrochemical cells and an infrared cell.

The device's telemetry has these gases, its bill of materials no part for them: this sensor is an option, of
bought parts that stand in.
"""

from functools import cached_property
from typing import Any, ClassVar, Final

import numpy as np

from envirosense.core.protocols import Array
from envirosense.core.species import species
from envirosense.instruments import stages as st
from envirosense.instruments.base import BaseSensor
from envirosense.instruments.channels import Channel
from envirosense.instruments.conditions import SensorWorld
from envirosense.instruments.sensor_config import SensorConfig
from envirosense.instruments.stages.kernels import mix
from envirosense.pole.sensors.gas_stages import CellGain, PressureGain
from envirosense.pole.sensors.voc_linear_stages import Electrolyte

TARGETS: Final = ("carbon_monoxide", "carbon_dioxide", "nitrogen_dioxide")
UNITS: Final = ("ppm", "ppm", "ppb")
NAMES: Final = ("co_ppm", "co2_ppm", "no2_ppb")
PER_PPB: Final = np.array([1e-3, 1e-3, 1.0])  # reading of one ppb


class GasSensor(BaseSensor[SensorConfig]):
    """CO [ppm], CO2 [ppm] and NO2 [ppb], (time, 3)."""

    sensor_type: ClassVar[str] = "gas_sensor"
    part_kind: ClassVar[str] = "gas_sensor"

    @cached_property
    def _sensitivity(self) -> dict[str, Array]:
        rows = self.values.table("cross_sensitivity", "ppb/ppb", len(TARGETS))
        return {species(name).name: row for name, row in rows.items()}

    @cached_property
    def _matrix(self) -> Array:
        """Reading per ppb of each gas, (gas, channel)."""
        return np.ascontiguousarray(np.stack(list(self._sensitivity.values())) * PER_PPB)

    @property
    def gases(self) -> tuple[str, ...]:
        """Gases that any channel answers, in the order of the truth."""
        return tuple(self._sensitivity)

    def _per_channel(self, name: str, unit: str = "reading") -> Array:
        return self.values.numbers(name, unit, len(TARGETS))

    @cached_property
    def channels(self) -> tuple[Channel, ...]:
        """The three gases in the units of the telemetry."""
        density = self._per_channel("white.density", "reading/sqrt(Hz)")
        sigmas = np.asarray(st.white_sigma(density, self.config.interval_s)).tolist()
        steps = self._per_channel("range.resolution").tolist()
        return tuple(
            Channel(name, unit, f"{target} equivalent", step, sigma)
            for name, unit, target, step, sigma in zip(NAMES, UNITS, TARGETS, steps, sigmas, strict=True)
        )

    @property
    def truth_channels(self) -> tuple[Channel, ...]:
        """Every gas of the cross-sensitivity table."""
        return tuple(Channel(f"{name}_ppb", "ppb", f"{name} at the inlet", 0.0, 0.0) for name in self.gases)

    def truth(self, world: SensorWorld) -> Array:
        """Gas at the inlet, (time, gas) [ppb]."""
        return np.ascontiguousarray(world.gas_ppb(self.gases, self.position_3d))

    def respond(self, world: SensorWorld) -> Array:
        """Target equivalents of the mixture by the nominal cross-sensitivities, (time, 3)."""
        return mix(self.truth(world), self._matrix)

    def draw_unit(self, unit_rng: np.random.Generator) -> Array:
        """Cross-sensitivities of this unit, lognormal around the part's; its ozone filter has aged."""
        spread = self._per_channel("cross_spread", "ln")
        factor = np.exp(spread * unit_rng.standard_normal(self._matrix.shape))
        for channel, target in enumerate(TARGETS):
            factor[self.gases.index(target), channel] = 1.0  # calibrated on it
        unit = self._matrix * factor
        unit[self.gases.index("ozone"), 2] += self._ozone_leak * PER_PPB[2]
        return np.ascontiguousarray(unit)

    @property
    def _ozone_leak(self) -> float:
        """Share of the ozone that an aged filter lets through to the NO2 cell, beyond that of a fresh one."""
        spent = self.used_days / self.values.number("filter.life", "day")
        return float(-np.expm1(-(spent ** self.values.number("filter.steepness", "1"))))

    def transduce(self, world: SensorWorld, unit: Any) -> tuple[Array, Array]:
        """Ideal reading and that of this unit's own cross-sensitivities, (time, 3)."""
        gas_ppb = self.truth(world)
        ideal = mix(gas_ppb, self._matrix)
        return ideal, ideal if unit is None else mix(gas_ppb, unit)

    def stages(self) -> tuple[st.AnyStage, ...]:
        """Inlet, cells, surroundings, noise, output."""
        v = self.values
        inlet_s, response_s = v.number("inlet.tau", "s"), self._per_channel("response.tau", "s")
        return (
            st.Lag("inlet", inlet_s, inlet_s),
            st.Calibration(
                "calibration",
                gain_spread_ln=self._per_channel("calibration.gain_spread", "ln"),
                offset_spread=self._per_channel("calibration.offset_spread"),
            ),
            st.Lag("response", response_s, response_s),
            *self._ageing_stages(),
            *self._surroundings_stages(),
            st.WhiteNoise("white", self._per_channel("white.density", "reading/sqrt(Hz)")),
            *self.warm_up_stages(),
            *self.fault_stages(),
            st.ClipQuantise(
                "digital",
                self._per_channel("range.resolution"),
                self._per_channel("range.low"),
                self._per_channel("range.high"),
            ),
        )

    def _ageing_stages(self) -> tuple[st.AnyStage, ...]:
        return (
            st.SharedGainDrift(
                "sensitivity",
                per_day=self._per_channel("drift.gain_rate", "ln/day"),
                spread_per_day=self._per_channel("drift.gain_rate_spread", "ln/day"),
                walk_per_sqrt_day=self._per_channel("drift.gain_walk", "ln/sqrt(day)"),
                group=(0, 1, 0),  # the cells are of one kind
                shares=(0.0, 0.5, 0.5),
                is_log=np.zeros(len(TARGETS), dtype=np.bool_),
                age_days=self.drift_days,
            ),
            st.Drift(
                "drift",
                spread_per_day=self._per_channel("drift.zero_spread", "reading/day"),
                age_days=self.drift_days,
            ),
        )

    def _surroundings_stages(self) -> tuple[st.AnyStage, ...]:
        v = self.values
        points = len(v.part["cell.gain_at"])
        cells = self._per_channel("cell.has_cell", "1") > 0.0
        least_loss, most_loss = v.numbers("cell.extreme_loss", "ln/day", 2).tolist()
        return (
            PressureGain(
                "pressure",
                self._per_channel("pressure.exponent", "1"),
                v.number("pressure.reference", "Pa"),
                v.number("pressure.residual", "1"),
            ),
            CellGain(
                "cell_gain",
                v.numbers("cell.gain_at", "K", points),
                v.numbers("cell.gain", "1", points),
                v.number("cell.gain_residual", "1"),
                cells.astype(np.float64),
            ),
            Electrolyte(
                "electrolyte",
                cells,
                v.number("cell.dry", "1"),
                v.number("cell.damp", "1"),
                (least_loss, most_loss),
            ),
            st.ElectrochemicalZero(
                "cell_zero",
                self._per_channel("cell.zero"),
                v.number("cell.residual", "1"),
                v.number("cell.scale", "K"),
            ),
            st.HumidityTransient(
                "cell_humidity", self._per_channel("cell.humidity"), v.number("cell.humidity_decay", "s")
            ),
            st.TemperatureError(
                "temperature",
                0.0,
                self._per_channel("temperature.spread", "reading/K"),
                v.number("temperature.reference", "K"),
            ),
        )
