"""Lightning detector: strokes within its reach, and what a loop at 500 kHz makes of them and of noise.

The chip hears what the line and its loads radiate too: radio noise far above the usual raises the rate
of disturbers, and above its noise floor it is deaf.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar, Final, Literal, Protocol

import numpy as np
import numpy.typing as npt
from pydantic import Field

from envirosense.core.protocols import Array, Position
from envirosense.instruments.base import BaseSensor
from envirosense.instruments.channels import Channel
from envirosense.instruments.conditions import Conditions, SensorWorld
from envirosense.instruments.memory import SensorMemory
from envirosense.instruments.sensor_config import SensorConfig
from envirosense.instruments.stages import AnyStage, ClipQuantise
from envirosense.instruments.status import Status
from envirosense.physics.storms.lightning import Strikes, stroke_band_t2_s
from envirosense.pole.fields.electric import RADIO_BANDS_HZ
from envirosense.pole.sensors.lightning_counts import Counter, DisturberCount
from envirosense.pole.sensors.lightning_stages import (
    DISTANCE,
    ENERGY,
    OUT_OF_RANGE_KM,
    STRIKES,
    DeadTime,
    DetectionEfficiency,
    EnergyScatter,
    LightningConditions,
    StormDistance,
    events_of_ticks,
    with_events,
)

RESONANCE_HZ: Final = 500e3  # of the loop; AS3935 data sheet
BAND: Final = next(i for i, (low, high) in enumerate(RADIO_BANDS_HZ) if low <= RESONANCE_HZ <= high)
REFERENCE_KA: Final = 30.0  # stroke that gives `energy.at_reference`
REFERENCE_KM: Final = 10.0  # at this distance
USUAL_SETTING: Final = 2  # of watchdog, spike rejection and noise floor; defaults of the chip


class LightningWorld(SensorWorld, Protocol):
    """A world with thunderstorms and radio noise."""

    def strikes(self) -> Strikes:
        """Lightning strokes within these ticks; times since the episode's start."""
        ...

    def radio_t(self, at: Position) -> Array:
        """Magnetic noise in each radio band, rms, (time, band) [T]."""
        ...


class LightningConfig(SensorConfig):
    """Settings of the chip's registers beside those of any sensor."""

    watchdog: Annotated[int, Field(ge=0, le=10)] = USUAL_SETTING
    spike_rejection: Annotated[int, Field(ge=0, le=11)] = USUAL_SETTING
    noise_floor: Annotated[int, Field(ge=0, le=7)] = USUAL_SETTING
    least_strikes: Literal[1, 5, 9, 16] = 1  # within 17 min, before anything is reported


@dataclass(frozen=True, slots=True)
class Heard:
    """Strokes within reach, (stroke,) each; ticks count from the block's first."""

    time_s: Array
    current_ka: Array
    km: Array
    tick: npt.NDArray[np.int64]


class LightningDetector(BaseSensor[LightningConfig, LightningWorld]):
    """Lightning events, the storm's distance, their energy and disturbers, (time, 4).

    The ideal reading of a tick is about its own strokes: their number within reach, distance of the nearest
    (63 km without any) and energy of the strongest. A perfect detector takes nothing for man-made: its
    count of disturbers is 0, and what this one counts is an artefact of the radio noise around it.
    """

    sensor_type: ClassVar[str] = "lightning_detector"
    part_kind: ClassVar[str] = "lightning_detector"
    config_type: ClassVar[type[SensorConfig]] = LightningConfig

    @cached_property
    def channels(self) -> tuple[Channel, ...]:
        """Events, distance, energy, disturbers."""
        scatter_km = self.values.number("distance.scatter", "ln") * REFERENCE_KM
        return (
            Channel("strikes", "1", "lightning events since the report before", 1.0, 1.0),
            Channel("distance_km", "km", "estimated distance to the storm; 63 out of range", 1.0, scatter_km),
            # without unit or physical meaning: 0 says that it tells no strength
            Channel("energy", "1", "energy register of the last event", 1.0, 0.0),
            Channel(
                "disturbers",
                "1",
                "noise taken for events since the report before",
                1.0,
                1.0,
                is_artefact=True,
            ),
        )

    def respond(self, world: LightningWorld) -> Array:
        """Strokes within reach by tick, (time, 4); no disturbers."""
        return self._ideal(self._heard(world), world.grid.n)

    def _ideal(self, heard: Heard, n: int) -> Array:
        y = np.zeros((n, len(self.channels)))
        y[:, STRIKES] = np.bincount(heard.tick, minlength=n)
        y[:, DISTANCE] = OUT_OF_RANGE_KM
        np.minimum.at(y[:, DISTANCE], heard.tick, heard.km)
        np.maximum.at(y[:, ENERGY], heard.tick, self._energy(heard.current_ka, heard.km))
        return y

    def _heard(self, world: LightningWorld) -> Heard:
        strokes = world.strikes()
        east_m, north_m, _ = self.position_3d
        km = np.hypot(strokes.x_m - east_m, strokes.y_m - north_m) / 1e3
        near = km <= self.values.number("range.reach", "km")
        time_s = strokes.time_s[near]
        return Heard(time_s, strokes.peak_current_ka[near], km[near], _ticks(time_s, world))

    def _energy(self, current_ka: Array, km: Array) -> Array:
        strength = np.abs(current_ka) / REFERENCE_KA * (REFERENCE_KM / np.maximum(km, 1e-3))
        return np.asarray(self.values.number("energy.at_reference", "1") * np.square(strength))

    def _noise_t(self, world: LightningWorld) -> Array:
        """Radio noise at the loop without the lightning in it, rms, (time,) [T]."""
        strokes = world.strikes()
        square = np.square(world.radio_t(self.position_3d)[:, BAND])
        if strokes.time_s.size:
            distance_m = np.hypot(strokes.x_m, strokes.y_m)  # the world's own reckoning, from the pole
            current_a = 1e3 * np.abs(strokes.peak_current_ka)
            energy_t2_s = stroke_band_t2_s(current_a, distance_m, (RADIO_BANDS_HZ[BAND],))[:, 0]
            np.subtract.at(square, _ticks(strokes.time_s, world), energy_t2_s / world.grid.dt_s)
        return np.sqrt(np.maximum(square, 0.0))

    def _loudness(self, noise_t: Array) -> Array:
        """How far noise brings disturbers, 0 in a usual place to 1, (time,)."""
        loud = (noise_t / self.values.number("disturbers.onset", "T")) ** 4
        return np.asarray(loud / (1.0 + loud))

    def _conditions(
        self, world: LightningWorld, memory: SensorMemory, powered: npt.NDArray[np.bool_] | None = None
    ) -> Conditions:
        heard, n = self._heard(world), world.grid.n
        first_s, last_s = np.full(n, np.inf), np.full(n, -np.inf)
        np.minimum.at(first_s, heard.tick, heard.time_s)
        np.maximum.at(last_s, heard.tick, heard.time_s)
        known = super()._conditions(world, memory, powered)
        return LightningConditions.of(known, first_s, last_s, self._loudness(self._noise_t(world)))

    def draw_unit(self, unit_rng: np.random.Generator) -> float:
        """Gain of this unit's antenna over the nominal."""
        return float(np.exp(self.values.number("antenna.gain_spread", "ln") * unit_rng.standard_normal()))

    def transduce(self, world: LightningWorld, unit: Any) -> tuple[Array, Array]:
        """Ideal reading, and the events of a chip that is deaf in noise, (time, 4)."""
        heard = self._heard(world)
        ideal = self._ideal(heard, world.grid.n)
        if unit is None:
            return ideal, ideal
        noise_t = self._noise_t(world)
        events = events_of_ticks(heard.time_s, heard.tick, noise_t.size, self.values.number("dead.time", "s"))
        signal = with_events(ideal, np.where(self._is_deaf(unit * noise_t), 0.0, events))
        signal[:, ENERGY] *= unit**2
        return ideal, signal

    def _is_deaf(self, noise_t: Array) -> npt.NDArray[np.bool_]:
        floors_uv = self.values.numbers("noise_floor.levels", "uV", 8)
        noise_uv = self.values.number("antenna.gain", "uV/T") * noise_t
        return np.asarray(noise_uv > floors_uv[self.config.noise_floor])

    def status_flags(
        self, world: LightningWorld, conditions: Conditions, reading: Array
    ) -> npt.NDArray[np.uint16]:
        """DISTURBED where the noise floor is exceeded, (time,)."""
        return self._is_deaf(self._noise_t(world)).astype(np.uint16) * np.uint16(Status.DISTURBED)

    def stages(self) -> tuple[AnyStage, ...]:
        """Dead time, efficiency, statistics of the storm, disturbers, counters, output."""
        v, spike_steps = self.values, self.config.spike_rejection - USUAL_SETTING
        watchdog_steps = self.config.watchdog - USUAL_SETTING
        half_km = (
            v.number("efficiency.half_distance", "km")
            + v.number("efficiency.per_watchdog_step", "km") * watchdog_steps
            + v.number("efficiency.per_spike_rejection_step", "km") * spike_steps
        )
        return (
            DeadTime("dead_time", v.number("dead.time", "s")),
            DetectionEfficiency(
                "efficiency", v.number("efficiency.best", "1"), half_km, v.number("efficiency.width", "km")
            ),
            self._storm_distance(),
            EnergyScatter("energy", v.number("energy.scatter", "ln"), v.number("distance.scatter", "ln")),
            DisturberCount(
                "disturbers",
                per_day=v.number("disturbers.per_day", "1/day"),
                noisy_factor=v.number("disturbers.noisy_factor", "1"),
                share=v.number("disturbers.share_per_step", "1") ** spike_steps,
            ),
            Counter("counter", self.config.interval_s),
            *self.fault_stages(),
            self._output(),
        )

    def _output(self) -> ClipQuantise:
        step, low, high = (
            self.values.numbers(f"range.{name}", "reading", 4) for name in ("resolution", "low", "high")
        )
        high[DISTANCE] += step[DISTANCE]  # the code for out of range is a message, not the end of a scale
        return ClipQuantise("digital", step, low, high)

    def _storm_distance(self) -> StormDistance:
        v = self.values
        reference_ka = v.number("distance.reference_current", "kA")
        return StormDistance(
            "storm_distance",
            scatter_ln=v.number("distance.scatter", "ln"),
            weak_bias=v.number("distance.weak_bias", "1"),
            energy_km2=float(self._energy(np.array([reference_ka]), np.ones(1))[0]),
            median_s=v.number("distance.median_over", "s"),
            forget_s=v.number("distance.forget", "s"),
            least_events=self.config.least_strikes,
            steps_per_event=v.number("distance.bins_per_event", "1"),
        )


def _ticks(time_s: Array, world: LightningWorld) -> npt.NDArray[np.int64]:
    """Tick of each time, from the block's first."""
    tick = np.floor(time_s / world.grid.dt_s).astype(np.int64) - world.first_tick
    return np.clip(tick, 0, world.grid.n - 1)
