"""Current of the phases that split-core transformers are clamped on.

Feeders carry more than the part's range, so a transformer with a ratio of its own may stand between line
and clamp: the reading is the current in the clamp's window, the truth that of the line.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, ClassVar, Final, Literal, Protocol

import numpy as np
from pydantic import Field, PositiveFloat

from envirosense.core.protocols import Array
from envirosense.instruments import stages as st
from envirosense.instruments.base import BaseSensor
from envirosense.instruments.channels import Channel
from envirosense.instruments.conditions import Conditions, SensorWorld
from envirosense.instruments.sensor_config import SensorConfig

PHASES: Final = ("a", "b", "c")


class CurrentWorld(SensorWorld, Protocol):
    """A world with a line that carries current."""

    def phase_current_a(self) -> Array:
        """Current of each phase at mains frequency, rms, (time, 3) [A]."""
        ...


class LineCurrentConfig(SensorConfig):
    """One clamp for each phase named; `ratio` is that of the transformer before it, 1 for none."""

    phases: Annotated[tuple[Literal["a", "b", "c"], ...], Field(min_length=1, max_length=3)] = ("a",)
    ratio: PositiveFloat = 4.0  # 400:100, above the 350 A that the default site carries


@dataclass(frozen=True, slots=True, eq=False)
class RatioError:
    """Current lost to magnetising the core, I = share * full scale * (I / full scale)^exponent.

    Flux grows with the current and permeability with the flux, so small currents lose the larger share.
    Shares of units are lognormal around `share`.
    """

    name: str
    share: float
    exponent: float
    full_scale: float
    spread_ln: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> Array:
        """Share lost at full scale by each clamp, (channel,)."""
        return np.asarray(self.share * np.exp(self.spread_ln * unit_rng.standard_normal(n_channels)))

    def apply(
        self, x: Array, carry: Array, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Current of the secondary as the line's, (time, channel)."""
        lost = carry * self.full_scale * (np.maximum(x, 0.0) / self.full_scale) ** self.exponent
        return np.where(x > 0.0, np.maximum(x - lost, 0.0), x), carry

    def spread(self, x: Array, carry: Array, conditions: Conditions) -> float:
        """What a common clamp loses at full scale, the most it does."""
        return self.share * self.full_scale

    def describe(self, carry: Array) -> st.Description:
        """Share lost at full scale by each clamp, and the exponent."""
        return st.as_description({"share": carry, "exponent": self.exponent})


class LineCurrentSensor(BaseSensor[LineCurrentConfig, CurrentWorld]):
    """Current in each clamp, rms, (time, clamp) [A].

    The part answers the rectified mean and is read as the rms of a sinusoid: the world gives the current at
    mains frequency only, so what harmonics would add is left out.
    """

    sensor_type: ClassVar[str] = "line_current"
    part_kind: ClassVar[str] = "line_current"
    config_type: ClassVar[type[SensorConfig]] = LineCurrentConfig

    @cached_property
    def channels(self) -> tuple[Channel, ...]:
        """One current for each clamp."""
        sigma = float(
            st.white_sigma(self.values.number("white.density", "A/sqrt(Hz)"), self.config.interval_s)
        )
        step = self.values.number("range.resolution", "A")
        return tuple(
            Channel(f"phase_{phase}_current_a", "A", f"rms current in clamp {phase}", step, sigma)
            for phase in self.config.phases
        )

    @property
    def truth_channels(self) -> tuple[Channel, ...]:
        """Current of the line's clamped phases."""
        return tuple(
            Channel(f"phase_{phase}_line_a", "A", f"rms current of phase {phase}", 0.0, 0.0)
            for phase in self.config.phases
        )

    def truth(self, world: CurrentWorld) -> Array:
        """Current of the clamped phases, (time, clamp) [A]."""
        clamped = [PHASES.index(phase) for phase in self.config.phases]
        return np.ascontiguousarray(world.phase_current_a()[:, clamped])

    def respond(self, world: CurrentWorld) -> Array:
        """Current in each clamp's window, (time, clamp) [A]."""
        return self.truth(world) / self.config.ratio

    def stages(self) -> tuple[st.AnyStage, ...]:
        """Core, burden, electronics, output."""
        v = self.values
        lag_s = v.number("response.tau", "s")
        return (
            RatioError(
                "magnetising",
                share=v.number("magnetising.share", "1"),
                exponent=v.number("magnetising.exponent", "1"),
                full_scale=v.number("range.high", "A"),
                spread_ln=v.number("magnetising.spread", "ln"),
            ),
            st.Calibration(
                "calibration",
                gain_spread_ln=v.number("calibration.gain_spread", "ln"),
                offset_spread=v.number("calibration.offset_spread", "A"),
            ),
            st.Saturation("saturation", v.number("saturation.knee", "A"), v.number("saturation.limit", "A")),
            st.Lag("response", lag_s, lag_s),
            st.TemperatureError(
                "temperature",
                0.0,
                v.number("temperature.spread", "A/K"),
                v.number("temperature.reference", "K"),
            ),
            st.Drift(
                "drift",
                spread_per_day=v.number("drift.rate_spread", "A/day"),
                age_days=self.drift_days,
            ),
            st.WhiteNoise("white", self.values.number("white.density", "A/sqrt(Hz)")),
            *self.warm_up_stages(),
            *self.fault_stages(),
            st.ClipQuantise(
                "digital",
                v.number("range.resolution", "A"),
                v.number("range.low", "A"),
                v.number("range.high", "A"),
            ),
        )
