"""Microphone: band levels of every tick, and short recordings of what rises out of the quiet."""

from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, ClassVar, Protocol

import numpy as np
import numpy.typing as npt
from pydantic import Field, PositiveFloat, PositiveInt

from envirosense.core.errors import ConfigError
from envirosense.core.protocols import Array, SoundField
from envirosense.core.rng import derived_seed
from envirosense.instruments import stages as st
from envirosense.instruments.base import BaseSensor
from envirosense.instruments.channels import Channel
from envirosense.instruments.conditions import Conditions, SensorWorld, conditions_at
from envirosense.instruments.faults import GENERIC_FAULTS
from envirosense.instruments.memory import SensorBlock, SensorMemory
from envirosense.instruments.sensor_config import SensorConfig
from envirosense.instruments.status import Status
from envirosense.physics.sound.acoustics import BANDS, REFERENCE_PA, db_of_energy, energy_of_db
from envirosense.pole.sensors import acoustic_signal as signal
from envirosense.pole.sensors import acoustic_stages as ac
from envirosense.pole.sensors.acoustic_noise import BandNoise, ModulationNoise
from envirosense.pole.sensors.acoustic_waveform import EventWindow, Recorder, Trigger, band_response

N_BANDS = signal.N_BANDS
N_OCTAVES = 8  # of the bands, the first
TRIGGER = "trigger"  # of recordings, among the carries of the stages
OVER_FLOOR_DB = 3.0  # as much sound as noise; quieter, a reading is a bound
CUTTING_DB = 6.0  # below the overload point noise has peaks above it, at three standard deviations
CALIBRATION_DB = 94.0  # level at which sensitivity is stated


class AcousticConfig(SensorConfig):
    """Settings of a microphone; it records nothing unless `waveform_s` is above zero."""

    waveform_s: Annotated[float, Field(ge=0.0, le=60.0)] = 0.0  # length of a recording
    waveform_rate_hz: Annotated[float, Field(ge=8e3, le=1e6)] = 192e3
    waveform_rise_db: PositiveFloat = 10.0  # of 35-45 kHz above its slow course sets one off
    waveform_rise_dba: PositiveFloat = 15.0  # of the A-weighted level
    waveform_slow_s: PositiveFloat = 600.0  # time constant of the slow course
    waveforms_per_hour: PositiveInt = 6  # at most, in any hour


class AcousticWorld(SensorWorld, SoundField, Protocol):
    """A block of a world with sound in it."""


class AcousticSensor(BaseSensor[AcousticConfig, AcousticWorld]):
    """Levels and shares of modulation in one tick, (time, 15) [dB re 20 uPa, dB(A), 1].

    Imperfections follow the sound: wind on the housing, port, this unit's response, noise of the
    electronics, overload. The device corrects the part's own response, so only this unit's departure from it
    is left in the levels; the noise floor is that of the corrected signal.
    """

    sensor_type: ClassVar[str] = "acoustic_sensor"
    config_type: ClassVar[type[SensorConfig]] = AcousticConfig
    part_kind: ClassVar[str] = "acoustic_sensor"
    stream: ClassVar[str] = "acoustic"
    fault_kinds: ClassVar[tuple[str, ...]] = (*GENERIC_FAULTS, "fouled", "iced")

    @cached_property
    def channels(self) -> tuple[Channel, ...]:
        """Bands, A-weighted level, share of modulation of 1-8 kHz and of 35-45 kHz."""
        steps = self.values.numbers("range.resolution", "reading", signal.N_CHANNELS).tolist()
        sigmas = self._noise_sigmas().tolist()
        names = [f"level_{name}_db" for name in BANDS.names]
        about = [f"level of the band {name.replace('_', ' ')}" for name in BANDS.names]
        units = ["dB"] * N_BANDS + ["dB", "1", "1"]
        names += ["level_a_db", "modulation_audible", "modulation_ultrasonic"]
        swells = "of the energy that swells at twice the mains frequency"
        about += ["A-weighted level", f"share {swells}, 1 to 8 kHz", f"share {swells}, 35 to 45 kHz"]
        return tuple(
            Channel(name, unit, text, step, sigma)
            for name, unit, text, step, sigma in zip(names, units, about, steps, sigmas, strict=True)
        )

    def _noise_sigmas(self) -> Array:
        """Chance of steady noise at the floor over an interval, (channel,)."""
        floor = np.square(self._noise_density) * BANDS.width_hz
        floor *= signal.A_WEIGHTS
        lines = BANDS.width_hz * self.config.interval_s
        weighted = np.sqrt(np.sum(floor * floor / lines)) / floor.sum()
        levels = signal.DB_PER_NEPER * np.append(1.0 / np.sqrt(lines), weighted)
        return np.append(levels, st.white_sigma(self._modulation_density, self.config.interval_s))

    def stated_accuracy(self, reading: Array) -> Array | None:
        """Greatest error that the part states; any where a band stands at the microphone's own floor.

        Such a reading says that the sound is no louder than that, which is true whatever it is.
        """
        stated = super().stated_accuracy(reading)
        if stated is None:
            return None
        floor_db = db_of_energy(np.square(self._noise_density) * BANDS.width_hz)
        at_floor = reading[:, :N_BANDS] < floor_db + OVER_FLOOR_DB
        accuracy = np.array(np.broadcast_to(stated, reading.shape))
        accuracy[:, :N_BANDS][at_floor] = np.inf
        accuracy[at_floor[:, signal.ULTRASONIC].all(axis=1), -1] = np.inf
        return accuracy

    @cached_property
    def _modulation_density(self) -> Array:
        """Of the share in a flat spectrum, (2,) [1/sqrt(Hz)]."""
        return np.array([1.0 / np.sqrt(BANDS.width_hz[bands].sum()) for bands in signal.HEARD])

    @cached_property
    def _noise_density(self) -> Array:
        """Of the electronics, (band,) [20 uPa/sqrt(Hz)]."""
        return np.sqrt(energy_of_db(self._bands("noise.density")))

    def _bands(self, name: str) -> Array:
        return self.values.numbers(name, "dB", N_BANDS)

    def respond(self, world: AcousticWorld) -> Array:
        """Levels and shares of the sound at the microphone, (time, channel)."""
        level_db = world.sound_level_db(self.position_3d)
        share = world.mains_modulation(self.position_3d)
        y = np.empty((world.grid.n, signal.N_CHANNELS))
        energy = signal.energy(level_db)
        y[:, :N_BANDS] = level_db
        y[:, signal.A_COLUMN] = signal.a_weighted_level_db(energy)
        heard = energy[:, signal.AUDIBLE]
        y[:, signal.MODULATION.start] = (share[:, signal.AUDIBLE] * heard).sum(axis=1) / heard.sum(axis=1)
        y[:, signal.MODULATION.start + 1] = share[:, signal.ULTRASONIC].mean(axis=1)
        return y

    def observable(self, world: AcousticWorld) -> Array:
        """Levels over the noise of electronics and of the wind on the housing, (time, channel)."""
        y = self.respond(world)
        energy = signal.energy(y[:, :N_BANDS])
        for stage in self._sound_stages():
            if isinstance(stage, BandNoise):
                noise = stage.mean_energy(conditions_at(world, self.position_3d))
                energy[:, : noise.shape[1]] += noise
        y[:, :N_BANDS] = db_of_energy(energy)
        y[:, signal.A_COLUMN] = signal.a_weighted_level_db(energy)
        return y

    def stages(self) -> tuple[st.AnyStage, ...]:
        """Housing, port, transducer, electronics, output."""
        v = self.values
        return (
            signal.ToEnergy("to_energy"),
            *self._sound_stages(),
            ModulationNoise("modulation", self._modulation_density),
            ac.Overload("overload", v.number("overload.level", "dB"), band_response(*self._resonator)),
            signal.ToLevel("to_level"),
            ac.GainShift(
                "temperature",
                v.number("gain.per_k", "dB/K"),
                v.number("gain.per_k_spread", "dB/K"),
                v.number("gain.reference", "K"),
                "body",
            ),
            ac.GainDrift(
                "drift", spread_per_day=v.number("drift.rate_spread", "dB/day"), age_days=self.drift_days
            ),
            *self.warm_up_stages(),
            *self.fault_stages(),
            st.ClipQuantise(
                "digital",
                *(
                    v.numbers(f"range.{name}", "reading", signal.N_CHANNELS)
                    for name in ("resolution", "low", "high")
                ),
            ),
        )

    def _sound_stages(self) -> Sequence[st.AnyStage]:
        v = self.values
        return (
            BandNoise("wind", self._wind_density, self._wind),
            ac.Port(
                "port",
                dust_db=self._bands("port.dust_loss"),
                ice_db=self._bands("port.ice_loss"),
                dust_per_day=v.number("port.dust_rate", "1/day"),
                age_days=self.config.age_days,
                fouled=self.faults("fouled"),
                iced=self.faults("iced"),
            ),
            ac.Response(
                "response", v.number("response.common_spread", "dB"), self._bands("response.band_spread")
            ),
            BandNoise("electronics", self._noise_density),
        )

    @property
    def _wind_density(self) -> Array:
        """Of the wind on the housing at the reference wind, in the octaves, (octave,) [20 uPa/sqrt(Hz)]."""
        level_db = self.values.numbers("wind.level", "dB", N_OCTAVES)
        return np.sqrt(energy_of_db(level_db) / BANDS.width_hz[:N_OCTAVES])

    def _wind(self, conditions: Conditions) -> Array:
        """Energy of the wind on the housing over that at the reference wind, (time,) [1]."""
        ratio = conditions.wind_m_s / self.values.number("wind.reference", "m/s")
        return np.asarray(ratio ** self.values.number("wind.exponent", "1"))

    @property
    def _resonator(self) -> tuple[float, float]:
        v = self.values
        return v.number("response.resonance", "Hz"), v.number("response.peak", "dB")

    def status_flags(
        self, world: AcousticWorld, conditions: Conditions, reading: Array
    ) -> npt.NDArray[np.uint16]:
        """Disturbed where a band is so loud that peaks are being cut, (time,)."""
        high_db = self.values.number("overload.level", "dB") - CUTTING_DB
        cut = (reading[:, :N_BANDS] > high_db).any(axis=1)
        return np.where(cut, int(Status.DISTURBED), 0).astype(np.uint16)

    # --- recordings

    def start(self, sensing_seed: int, *names: str | int) -> SensorMemory:
        """Memory before the first tick."""
        memory = super().start(sensing_seed, *names)
        seed = derived_seed(sensing_seed, *names, self.sensor_id, "waveform")
        memory.carries[TRIGGER] = Trigger(seed)
        return memory

    def event_windows(
        self, world: AcousticWorld, block: SensorBlock, memory: SensorMemory
    ) -> list[EventWindow]:
        """Recordings that the readings of a block set off; call once for each block, after `run`.

        A recording begins with its tick and may reach into the next block; none leaves the episode.
        """
        c = self.config
        if c.waveform_s == 0.0:
            return []
        trigger: Trigger = memory.carries[TRIGGER]
        dt_s = world.grid.dt_s
        columns = [signal.N_BANDS - 2, signal.A_COLUMN]
        thresholds_db = np.array([c.waveform_rise_db, c.waveform_rise_dba])
        gain = float(-np.expm1(-dt_s / c.waveform_slow_s))
        windows = []
        for k in trigger.ticks(block.reading[:, columns], thresholds_db, gain).tolist():
            tick = world.first_tick + k
            if not trigger.may_take(tick * dt_s, c.waveforms_per_hour):
                continue
            try:
                sound_pa = world.sound_pa(self.position_3d, tick * dt_s, c.waveform_s, c.waveform_rate_hz)
            except ConfigError:  # the world refuses sound from after its end
                continue
            trigger.take(tick * dt_s, c.waveform_s)
            windows.append(self._recorded(sound_pa, world, k, memory))
        return windows

    def _recorded(self, sound_pa: Array, world: AcousticWorld, k: int, memory: SensorMemory) -> EventWindow:
        tick, rate_hz = world.first_tick + k, self.config.waveform_rate_hz
        recorder = self._recorder(world, k, memory)
        codes = recorder.codes(sound_pa, rate_hz, memory.carries[TRIGGER].noise_seed, tick)
        return EventWindow(tick, tick * world.grid.dt_s, rate_hz, codes, recorder.full_scale_pa)

    def _recorder(self, world: AcousticWorld, k: int, memory: SensorMemory) -> Recorder:
        """This unit at a tick of a block; stages that are switched off leave the recording alone too."""
        block = conditions_at(world, self.position_3d)
        gain_db, means = np.zeros(N_BANDS), {"wind": np.zeros(N_BANDS), "electronics": np.zeros(N_BANDS)}
        overload_db = np.inf
        for stage in self._active:
            if isinstance(stage, ac.Port | ac.Response | ac.GainShift | ac.GainDrift):
                gain_db += _row(stage.gain_db(memory.carries[stage.name], block), k)
            elif isinstance(stage, BandNoise):
                mean = _row(stage.mean_energy(block), k)
                means[stage.name][: mean.size] = mean
            elif isinstance(stage, ac.Overload):
                overload_db = stage.overload_db
        return Recorder(
            gain_db,
            means["wind"],
            means["electronics"],
            *self._resonator,
            overload_pa=peak_pa(overload_db),
            full_scale_pa=peak_pa(CALIBRATION_DB - self.values.number("digital.sensitivity", "dB")),
        )


def peak_pa(level_db: float) -> float:
    """Peak of a sine of a level [Pa]."""
    return float(np.sqrt(2.0) * REFERENCE_PA * 10.0 ** (0.05 * level_db))


def _row(values: Array, k: int) -> Array:
    """Row of tick k; a single row holds at all ticks."""
    return np.asarray(values[k if values.shape[0] > 1 else 0])
