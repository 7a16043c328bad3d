"""Eight-channel gas array: gas at the inlet to reported ppb of each channel's target.

Metal-oxide channels answer the logarithm of the whole mixture, so their imperfections work on
ln(G / G0); electrochemical cells and photoionisation lamps are linear. The imperfections of
both work on one *signal*, whose unit is ln on the first and ppb on the others.
"""

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import ConfigError
from envirosense.core.protocols import Array
from envirosense.core.species import species
from envirosense.instruments import stages as st
from envirosense.instruments.base import BaseSensor
from envirosense.instruments.channels import Channel
from envirosense.instruments.conditions import Conditions, SensorWorld
from envirosense.instruments.faults import GENERIC_FAULTS
from envirosense.instruments.memory import SensorMemory
from envirosense.instruments.sensor_config import SensorConfig
from envirosense.pole.sensors import voc_chain as chain
from envirosense.pole.sensors.blockage import BlockedLag
from envirosense.pole.sensors.voc_chain import N_CHANNELS
from envirosense.pole.sensors.voc_response import GasResponse
from envirosense.pole.sensors.voc_stages import INHIBITORS, SILOXANES, GasConditions

TECHNOLOGIES = ("mox", "electrochemical", "pid")


class VOCArraySensor(BaseSensor[SensorConfig]):
    """Mole fraction of each channel's target as the array believes it, (time, channel) [ppb]."""

    sensor_type: ClassVar[str] = "voc_array"
    part_kind: ClassVar[str] = "voc_array"
    fault_kinds: ClassVar[tuple[str, ...]] = (*GENERIC_FAULTS, "fouled", "poisoned")

    @property
    def gases(self) -> tuple[str, ...]:
        """Gases that any channel answers, in the order of the truth."""
        return tuple(self._sensitivity)

    @cached_property
    def _sensitivity(self) -> dict[str, Array]:
        return {
            species(name).name: row
            for name, row in self.values.table("cross_sensitivity", "ppb/ppb", N_CHANNELS).items()
        }

    @cached_property
    def _is_mox(self) -> npt.NDArray[np.bool_]:
        technology = self.values.words("channel.technology")
        for name in technology:
            if name not in TECHNOLOGIES:
                raise ConfigError("channel.technology", name, f"must be one of {', '.join(TECHNOLOGIES)}")
        return np.array([name == "mox" for name in technology])

    def _per_channel(self, name: str, unit: str) -> Array:
        return self.values.numbers(name, unit, N_CHANNELS)

    @cached_property
    def response(self) -> GasResponse:
        """Law of the ideal array."""
        matrix = np.stack(list(self._sensitivity.values()))
        reduces = (matrix >= 0.0) | ~self._is_mox
        return GasResponse(
            reducing=np.where(reduces, matrix, 0.0),
            oxidising=np.where(reduces, 0.0, -matrix),
            k=self._per_channel("response.k", "ppb"),
            beta=self._per_channel("response.beta", "1"),
            oxidiser_beta=self._per_channel("response.oxidiser_beta", "1"),
            is_mox=self._is_mox,
        )

    @cached_property
    def channels(self) -> tuple[Channel, ...]:
        """Targets in ppb."""
        names, targets = (self.values.words(f"channel.{column}") for column in ("names", "targets"))
        technology = self.values.words("channel.technology")
        steps = self._per_channel("range.resolution", "ppb").tolist()
        return tuple(
            Channel(name, "ppb", f"{species(target).name} equivalent, {kind}", step, sigma)
            for name, target, kind, step, sigma in zip(
                names, targets, technology, steps, self._noise_ppb().tolist(), strict=True
            )
        )

    def _noise_ppb(self) -> Array:
        white = st.white_sigma(self._per_channel("white.density", "signal/sqrt(Hz)"), self.config.interval_s)
        signal = np.hypot(white, self._per_channel("flicker.allan_floor", "signal"))
        ppb_per_ln = self.response.k / self.response.beta  # slope of the inverse law in clean air
        return np.asarray(np.where(self._is_mox, signal * ppb_per_ln, signal))

    @property
    def truth_channels(self) -> tuple[Channel, ...]:
        """Every gas of the cross-sensitivity table."""
        return tuple(Channel(f"{name}_ppb", "ppb", f"{name} at the inlet", 0.0, 0.0) for name in self.gases)

    @cached_property
    def _asked(self) -> tuple[str, ...]:
        """Gases asked of the world, once for all: those of the truth first, then what harms the array."""
        return (*self.gases, *(name for name in (*SILOXANES, *INHIBITORS) if name not in self.gases))

    def _asked_ppb(self, world: SensorWorld) -> Array:
        return world.gas_ppb(self._asked, self.position_3d)

    def truth(self, world: SensorWorld) -> Array:
        """Gas at the inlet, (time, gas) [ppb]."""
        return np.ascontiguousarray(self._asked_ppb(world)[:, : len(self.gases)])

    def _conditions(
        self, world: SensorWorld, memory: SensorMemory, powered: npt.NDArray[np.bool_] | None = None
    ) -> Conditions:
        asked_ppb = self._asked_ppb(world)

        def total_ppb(names: tuple[str, ...]) -> Array:
            columns = [asked_ppb[:, self._asked.index(name)] for name in names]
            return np.asarray(sum(columns[1:], columns[0]))

        known = super()._conditions(world, memory, powered)
        return GasConditions.of(known, total_ppb(SILOXANES), total_ppb(INHIBITORS))

    def respond(self, world: SensorWorld) -> Array:
        """Target equivalent of the mixture by the nominal law, (time, channel) [ppb]."""
        return self.response.equivalent_ppb(self.truth(world))

    def draw_unit(self, unit_rng: np.random.Generator) -> GasResponse:
        """Law of this unit: cross-sensitivities off the target are lognormal around the part's.

        A filter in front of a cell lets more ozone through the longer it was used.
        """
        targets = [species(name).name for name in self.values.words("channel.targets")]
        draws = unit_rng.standard_normal((len(self.gases), N_CHANNELS))
        factor = np.exp(self._per_channel("cross_spread", "ln") * draws)
        for channel, target in enumerate(targets):
            factor[self.gases.index(target), channel] = 1.0  # calibrated on it
        if "filter.ozone" in self.values:
            spent_ln = self._per_channel("filter.ozone", "ln/day") * self.used_days
            factor[self.gases.index("ozone")] *= np.exp(spent_ln)
        return self.response.jittered(factor)

    def transduce(self, world: SensorWorld, unit: Any) -> tuple[Array, Array]:
        """Ideal reading and that of this unit's own cross-sensitivities, (time, channel) [ppb]."""
        gas_ppb = self.truth(world)
        ideal = self.response.equivalent_ppb(gas_ppb)
        return ideal, ideal if unit is None else unit.equivalent_ppb(gas_ppb)

    def stages(self) -> tuple[st.AnyStage, ...]:
        """Inlet, transducer, surroundings, noise, divider, output."""
        return (
            BlockedLag(
                "inlet",
                self.values.number("inlet.tau", "s"),
                self.values.number("inlet.blocked", "s"),
                self.faults("fouled"),
            ),
            st.Calibration("gain", gain_spread_ln=self._per_channel("calibration.gain_spread", "ln")),
            st.Compress("compress", self.response.k, self.response.beta, self._is_mox),
            *self._transducer_stages(),
            *self._surroundings_stages(),
            *self._noise_stages(),
            st.Saturation(
                "saturation",
                self._per_channel("response.knee", "signal"),
                self._per_channel("response.limit", "signal"),
            ),
            chain.divider(self.values, self._is_mox),
            st.Expand("expand", self.response.k, self.response.beta, self._is_mox),
            *self.fault_stages(),
            st.ClipQuantise(
                "digital",
                self._per_channel("range.resolution", "ppb"),
                self._per_channel("range.low", "ppb"),
                self._per_channel("range.high", "ppb"),
            ),
        )

    def _transducer_stages(self) -> Sequence[st.AnyStage]:
        exponent_spread = self._per_channel("response.beta_spread", "1") / self.response.beta
        return (
            st.Calibration("exponent", gain_spread_ln=np.where(self._is_mox, exponent_spread, 0.0)),
            chain.layer(self.values, self.response, self.used_days, self.faults("poisoned")),
            chain.inhibition(self.values, self._is_mox),
            st.SharedGainDrift(
                "sensitivity",
                per_day=self._per_channel("drift.gain_rate", "ln/day"),
                spread_per_day=self._per_channel("drift.gain_rate_spread", "ln/day"),
                walk_per_sqrt_day=self._per_channel("drift.gain_walk", "ln/sqrt(day)"),
                group=tuple(int(group) for group in self._per_channel("drift.group", "")),
                shares=tuple(self.values.numbers("drift.shares", "1", 3).tolist()),
                is_log=self._is_mox,
                age_days=self.drift_days,
            ),
        )

    def _surroundings_stages(self) -> Sequence[st.AnyStage]:
        v = self.values
        always = (
            st.TemperatureError(
                "temperature",
                self._per_channel("temperature.per_k", "signal/K"),
                self._per_channel("temperature.spread", "signal/K"),
                v.number("temperature.reference", "K"),
            ),
            st.HumidityError(
                "humidity",
                self._per_channel("humidity.per_ln", "signal"),
                self._per_channel("humidity.spread", "signal"),
                v.number("humidity.reference", "g/m3"),
            ),
            st.FlowError(
                "flow",
                self._per_channel("flow.per_m_s", "signal/(m/s)"),
                self._per_channel("flow.spread", "signal/(m/s)"),
            ),
        )
        return always if "cell.zero" not in v else (*chain.linear_stages(v, self.drift_days), *always)

    def _noise_stages(self) -> Sequence[st.AnyStage]:
        v = self.values
        return (
            *self.warm_up_stages(),
            chain.burn_in(self.values, self._is_mox),
            st.Calibration("zero", offset_spread=self._per_channel("calibration.offset_spread", "signal")),
            *self._zero_drift_stages(),
            st.RandomWalk(
                "walk",
                self._per_channel("walk.step", "signal/sqrt(s)"),
                v.number("walk.pull_back", "s") or math.inf,
                v.number("walk.unit_spread", "ln"),
            ),
            st.FlickerNoise(
                "flicker",
                self._per_channel("flicker.allan_floor", "signal"),
                v.number("flicker.shortest", "s"),
                v.number("flicker.longest", "s"),
            ),
            st.WhiteNoise("white", self._per_channel("white.density", "signal/sqrt(Hz)")),
        )

    def _zero_drift_stages(self) -> tuple[st.AnyStage, ...]:
        """Slow zero of lamps and cells; that of metal oxides is in their walk."""
        per_day = self._per_channel("drift.zero_spread", "signal/day")
        return (
            (st.Drift("zero_drift", spread_per_day=per_day, age_days=self.drift_days),)
            if per_day.any()
            else ()
        )
